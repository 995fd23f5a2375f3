"""A venue meets a scenario: the storm, ready to walk any of its paths."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seawall.core.book import Book
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.errors import InputError, MissingData, Problem, UnsupportedFeature
from seawall.simulation.aim_settings import Importance, Sobol
from seawall.simulation.aimed import Aimed, found_aim
from seawall.simulation.binding import bound_walk
from seawall.simulation.engine import Detector, Ground, walk_paths
from seawall.simulation.funding import funding_of
from seawall.simulation.ground import Waterfall, venue_of, waterfall_of
from seawall.simulation.impact import Orders, impact_columns
from seawall.simulation.oracle import highest_shown, oracle_columns
from seawall.simulation.pilot import Pilot
from seawall.simulation.pools import check_pools, pools_of
from seawall.simulation.sampling import Sampler, Screened, Walks
from seawall.simulation.scenario import Scenario
from seawall.simulation.screening import Screen
from seawall.simulation.storm_book import StormBook, storm_book
from seawall.simulation.storm_grid import notes_on_options
from seawall.simulation.together import together_of
from seawall.simulation.totals import PathTotals

__all__ = ["WORTH_MAX", "Storm"]

WORTH_MAX = 5e11
"""Most that all balances and positions may be worth, added up without their signs, at prices of the start or
those that oracles show then [base currency]. What a path adds up may be nine times as much."""


@dataclass(frozen=True, eq=False)
class Storm:
    """Everything of a run but its paths; paths do not depend on one another, nor on who walks them.

    Attributes:
        scenario: Prices, markets, outages and how long.
        ground: Book, policies, markets and waterfall as the kernels read them.
        waterfall: The layers, and what the storm leaves out of them.
        assets: Ids, in the order of `PathTotals.recognised`.
        sampler: Which paths are walked.
    """

    scenario: Scenario
    ground: Ground
    waterfall: Waterfall
    assets: tuple[str, ...]
    sampler: Sampler

    @classmethod
    def of(
        cls,
        book: Book,
        market: Market,
        terms: Terms,
        scenario: Scenario,
        *,
        pilot: Pilot | None = None,
        threads: int = 1,
    ) -> Storm:
        """Lay a venue out for a scenario.

        Args:
            pilot: That of this very run, where one was made before; it is made if sampling takes one.
            threads: Of the pilot; what it finds is the same.

        Raises:
            InputError: Markets or rates that the book does not know, each with its place; or sampling that
                its price model does not take.
            MissingData: A market without a price at the start.
            UnsupportedFeature: A policy or a margin curve that the storm does not serve.
        """
        _check_names(book, scenario)
        if (
            scenario.borrowers is not None
            and scenario.borrowers.action == "repay"
            and terms.family != "lending"
        ):
            message = f"{terms.venue} lends nothing that could be repaid: choose top_up or de_lever"
            raise UnsupportedFeature.of([Problem("storm_policy", message, "borrowers.action")])
        prices = _prices_at_start(market, scenario)
        laid = storm_book(
            book,
            market,
            terms,
            drivers=scenario.drivers,
            driver_of=scenario.driver_of,
            horizon_s=float(scenario.run.horizon_s),
            vols=scenario.volatilities,
        )
        number = {name: place for place, name in enumerate(scenario.drivers)}
        moved_by = {thing: number[name] for thing, name in scenario.driver_of.items()}
        waterfall = waterfall_of(book, market, terms, laid, moved_by)
        run = scenario.run
        oracles = oracle_columns(
            scenario.oracles,
            scenario.drivers,
            prices,
            n_steps=run.n_steps,
            step_s=run.step_s,
            is_out=scenario.silent_oracles(),
        )
        _check_size(laid, highest_shown(oracles), book.venue)
        assets = tuple(asset.id for asset in book.assets)
        ground = Ground(
            storm=laid,
            venue=venue_of(market, terms, step_s=run.step_s),
            walk=bound_walk(terms.rules),
            markets=impact_columns(scenario.impacts, scenario.drivers, prices, orders=_orders(book, market)),
            unit_price=np.array(prices, dtype=np.float64),
            oracles=oracles,
            together=together_of(book, terms, laid),
            pools=pools_of(book, market, scenario, laid),
            exits=len(scenario.exits),
            funding=funding_of(laid, scenario.funding),
            pots=waterfall.pots,
            layers=len(waterfall.layers),
            n_assets=len(book.assets),
            names={
                "recognised": assets,
                "uncovered": assets,
                "layers": waterfall.layers,
                "sold": scenario.drivers,
            },
            liquidators=scenario.liquidators,
            borrowers=scenario.borrowers,
            watches=_watches(laid, len(book), scenario),
        )
        return cls(scenario, ground, waterfall, assets, _sampler(ground, scenario, pilot, threads))

    @property
    def pilot(self) -> Pilot | None:
        """What found the aim of the paths, if they are aimed."""
        return self.sampler.pilot if isinstance(self.sampler, Aimed) else None

    @property
    def book(self) -> StormBook:
        """The book as the kernels read it."""
        return self.ground.storm

    @property
    def notes(self) -> tuple[str, ...]:
        """What the storm leaves out, a sentence each."""
        return (*self.waterfall.notes, *notes_on_options(self.book.grid))

    @property
    def remarks(self) -> tuple[str, ...]:
        """What the storm does the long way, a sentence each."""
        remarks = []
        if self.scenario.borrowers is not None and not self.ground.venue.is_lending:
            remarks.append(
                "accounts near their margin are found by looking at all: margin lines have no index"
            )
        if self.ground.has_funding:
            remarks.append("funding changes accounts at every step: who fails is found by looking at all")
        return tuple(remarks)

    @property
    def drivers(self) -> tuple[str, ...]:
        """Markets, in the order of `PathTotals.sold` and `end_move`."""
        return self.scenario.drivers

    @property
    def layers(self) -> tuple[str, ...]:
        """Layers, in the order of `PathTotals.layers`."""
        return self.waterfall.layers

    @property
    def n_steps(self) -> int:
        """Steps of a path."""
        return self.scenario.run.n_steps

    def run(self, first: int, count: int, *, detector: Detector = "index", threads: int = 1) -> PathTotals:
        """Draw paths `first` to `first + count - 1`, and walk those that the scenario's sampling chooses.

        Args:
            detector: How failing accounts are found; the answer is the same.
            threads: How many to use; the answer is the same.
        """
        walks = self.sampler.walks(first, count)
        return walk_paths(
            self.ground,
            walks.moves,
            walks=walks,
            depth=self.scenario.depths(walks.moves),
            absent=self.scenario.absences(first, count)[walks.number - first],
            detector=detector,
            threads=threads,
        )


@dataclass(frozen=True)
class _All:
    # Plain sampling: whatever is drawn is walked.
    scenario: Scenario

    def walks(self, first: int, count: int) -> Walks:
        return Walks.of_all(first, self.scenario.moves(first, count))


def _sampler(ground: Ground, scenario: Scenario, pilot: Pilot | None, threads: int) -> Sampler:
    wanted = scenario.sampling
    if isinstance(wanted, Screened):
        return Screen.of(ground.storm, scenario, wanted.share)
    if isinstance(wanted, Importance | Sobol):
        return Aimed(scenario, pilot or found_aim(ground, scenario, wanted, threads=threads))
    return _All(scenario)


def _check_size(laid: StormBook, shown: NDArray[np.float64], base: str) -> None:
    # Money is whole millionths in 64 bits. What would not fit from the start is told before any path.
    item = laid.codes.item
    highest = np.where(item.driver >= 0, np.maximum(1.0, shown[item.driver]), 1.0)
    worth = float(np.abs(laid.q * (item.worth * highest)[laid.cohorts.code]).sum())
    if not worth <= WORTH_MAX:
        at = f", at prices up to {highest.max():.3g} times those of the start" if highest.max() > 1 else ""
        message = (
            f"balances and positions are worth {worth:.3g}{at}, and a storm counts millionths of up to"
            f" {WORTH_MAX:.0e}: give prices in a larger unit, or an oracle that shows lower ones"
        )
        raise InputError.of([Problem("book_too_large", message, base)])


def _check_names(book: Book, scenario: Scenario) -> None:
    known = {*book.asset_row, *book.instrument_row, *(item.follows for item in book.instruments)}
    problems = [
        Problem(
            "unknown_thing", f"no asset or instrument {thing!r} in the book: remove it", f"markets.{name}"
        )
        for thing, name in scenario.driver_of.items()
        if thing not in known and thing != name
    ]
    problems += check_pools(book, scenario)
    problems += [
        Problem("unknown_thing", f"no instrument {name!r} in the book: remove it", f"funding.{name}")
        for name in scenario.funding
        if name not in book.instrument_row
    ]
    if problems:
        raise InputError.of(problems)


def _watches(
    laid: StormBook, accounts: int, scenario: Scenario
) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    # Drawn for all accounts of the book, so that it does not depend on who can fail.
    if scenario.borrowers is None:
        return np.zeros(0, dtype=np.bool_)
    return scenario.borrowers.watched(scenario.run.seed, accounts)[laid.account]


def _prices_at_start(market: Market, scenario: Scenario) -> list[float]:
    # Of a whole unit of each market: of the asset or instrument of its name, else of the first it moves.
    things = {
        name: [name, *(thing for thing, by in scenario.driver_of.items() if by == name)]
        for name in scenario.drivers
    }
    prices = [_price(market, things[name]) for name in scenario.drivers]
    problems = [
        Problem(
            "no_price", f"no price above 0 of any of {', '.join(things[name])}: add one", f"markets.{name}"
        )
        for name, price in zip(scenario.drivers, prices, strict=True)
        if not price
    ]
    if problems:
        raise MissingData.of(problems)
    return prices


def _price(market: Market, things: Sequence[str]) -> float:
    for thing in things:
        price, mark = market.price(thing), market.mark(thing)
        if price or mark:
            return price / 10.0**market.price_decimals if price else (mark or 0) / 10.0**market.mark_decimals
    return 0.0


def _orders(book: Book, market: Market) -> dict[str, Orders]:
    return {
        name: Orders.of(
            depth,
            market.mark(name) or 0,
            mark_decimals=market.mark_decimals,
            quantity_decimals=book.instrument(name).quantity_decimals,
        )
        for name, depth in market.depth.items()
        if name in book.instrument_row and market.mark(name)
    }
