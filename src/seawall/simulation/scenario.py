"""A scenario: everything about a storm but the book it meets.

Prices, what pushes them, what fails and when, how many paths. Read from TOML and validated whole:
every problem at once, each with its dotted place.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, ValidationError

from seawall.core.curves import Model
from seawall.errors import InputError, Problem
from seawall.simulation.borrowers import Borrowers
from seawall.simulation.funding import FundingRate
from seawall.simulation.impact import Impact, NoImpact
from seawall.simulation.liquidators import Liquidators
from seawall.simulation.oracle import Oracle
from seawall.simulation.paths import Chosen, DepthPath, Factors, Paths, PriceModel, Shock, shock_moves
from seawall.simulation.sampling import Plain, Sampling
from seawall.simulation.scenario_parts import MarketSettings, Outage, RunSettings, StressSettings
from seawall.simulation.scenario_pools import Exit, FallTrigger, PoolRate, PoolSettings
from seawall.simulation.scenario_problems import field_names, problems_of
from seawall.simulation.volatilities import STANDING, Volatilities

__all__ = ["Scenario"]

Floats = NDArray[np.float64]


class Scenario(Model):
    """A storm without its book. Read one with `Scenario.parse`.

    Markets are the prices that move, in the order of the file; price models, shocks and depth name
    markets. What no market moves stands still.
    """

    title: str = Field(default="", description="what the pages call it")
    run: RunSettings = Field(default=RunSettings(), description="how many paths, how long")
    sampling: Sampling = Field(
        default=Plain(), description="which paths are walked, and what each stands for"
    )
    prices: PriceModel = Field(description="where fundamental prices go")
    markets: Mapping[str, MarketSettings] = Field(min_length=1, description="prices that move, by name")
    shocks: tuple[Shock, ...] = Field(
        default=(), strict=False, description="moves that are known beforehand, laid over every path"
    )
    depth: DepthPath = Field(default=DepthPath(), description="how deep the markets are over time")
    liquidators: Liquidators = Field(
        default=Liquidators(), description="who liquidates, and what they ask for"
    )
    rates: Mapping[str, PoolRate] = Field(default_factory=dict, description="interest, by asset")
    pools: PoolSettings = Field(default=PoolSettings(), description="whether pools can run out of cash")
    exits: tuple[Exit, ...] = Field(
        default=(), strict=False, description="suppliers who run for the exit, at most once for each asset"
    )
    funding: Mapping[str, FundingRate] = Field(
        default_factory=dict, description="what longs pay shorts, by instrument; nothing if left out"
    )
    volatilities: Volatilities = Field(
        default=STANDING, description="what volatilities of options do as prices move"
    )
    borrowers: Borrowers | None = Field(
        default=None, description="what users do for their own accounts; nothing if left out"
    )
    outages: tuple[Outage, ...] = Field(
        default=(), strict=False, description="times in which oracles or liquidators are out"
    )
    stress: StressSettings = Field(default=StressSettings(), description="what `seawall stress` tries")

    @classmethod
    def parse(cls, text: str, *, source: str = "scenario") -> Scenario:
        """Read a scenario from TOML text.

        Raises:
            InputError: With every problem found, each naming its dotted place.
        """
        try:
            raw = tomllib.loads(text.removeprefix("\ufeff"))
        except (ValueError, RecursionError) as error:  # tomllib lets numbers and nesting too large through
            raise InputError.of([Problem("toml_invalid", str(error)[:200], source)]) from error
        return cls.build(raw, source=source)

    @classmethod
    def build(cls, raw: Mapping[str, Any], *, source: str = "scenario") -> Scenario:
        """Validate a plain mapping as a scenario; see `parse`."""
        try:
            scenario = cls.model_validate(raw)
        except ValidationError as error:
            raise InputError.of(problems_of(error, raw, source=source, known=field_names(cls))) from error
        problems = scenario.check(source)
        if problems:
            raise InputError.of(problems)
        return scenario

    def check(self, source: str = "scenario") -> list[Problem]:
        """Return every problem of the scenario as a whole."""
        found = [*self._check_things(), *self._check_names()]
        if not found:
            found = list(self._check_draw())
        return [Problem(item.code, item.message, f"{source}:{item.where}") for item in found]

    @property
    def drivers(self) -> tuple[str, ...]:
        """Names of the markets, in the order of all arrays."""
        return tuple(self.markets)

    @property
    def driver_of(self) -> dict[str, str]:
        """Market of each asset and instrument that moves."""
        return {thing: name for name, market in self.markets.items() for thing in market.moves or (name,)}

    @property
    def impacts(self) -> dict[str, Impact]:
        """What sales do, of each market that they push."""
        return {
            name: market.impact
            for name, market in self.markets.items()
            if not isinstance(market.impact, NoImpact)
        }

    @property
    def oracles(self) -> dict[str, Oracle]:
        """The oracle of each market."""
        return {name: market.oracle for name, market in self.markets.items()}

    def factors(self) -> Factors:
        """Return what can be chosen of a path in place of drawn.

        Raises:
            InputError: Nothing can (`no_factors`).
        """
        run = self.run
        return self.prices.factors(self.drivers, n_steps=run.n_steps, step_s=float(run.step_s))

    def moves(self, first: int, count: int, *, chosen: Chosen | None = None) -> Floats:
        """Draw the log moves of the markets on some paths, shocks included.

        Args:
            first: Number of the first path.
            count: How many.
            chosen: What is not to be drawn, in the order of `factors`; everything is where None.

        Returns:
            Cumulative log moves at the end of each step, shape (count, n_steps, n_markets) [1].
        """
        run = self.run
        asked = Paths(self.drivers, run.seed, first, count, run.n_steps, float(run.step_s), chosen)
        moves = self.prices.draw(asked)
        return moves + self._shock_moves() if self.shocks else moves

    def depths(self, moves: Floats) -> Floats | None:
        """Return the multiplier of depth on these paths, shape of `moves` [1]; None where it stays 1."""
        if self.depth == DepthPath():
            return None
        return self.depth.multipliers(self.drivers, moves, step_s=float(self.run.step_s))

    def silent_oracles(self) -> NDArray[np.bool_]:
        """Return in which steps the oracle of each market is out, shape (n_steps, n_markets)."""
        columns = [
            self._out(item for item in self.outages if item.what == "oracle" and item.hits(name))
            for name in self.markets
        ]
        return np.column_stack(columns)

    def absences(self, first: int, count: int) -> NDArray[np.bool_]:
        """Return in which steps no liquidator is there, by chance or outage, shape (count, n_steps)."""
        run = self.run
        away = self.liquidators.absences(
            seed=run.seed, first=first, count=count, n_steps=run.n_steps, step_s=float(run.step_s)
        )
        return away | self._out(item for item in self.outages if item.what == "liquidators")

    def _out(self, outages: Iterable[Outage]) -> NDArray[np.bool_]:
        out = np.zeros(self.run.n_steps, dtype=np.bool_)
        for item in outages:
            out |= item.steps(self.run)
        return out

    def _check_things(self) -> Iterator[Problem]:
        moved_by: dict[str, str] = {}
        for name, market in self.markets.items():
            for thing in market.moves or (name,):
                if thing in moved_by:
                    message = f"{thing!r} is moved by {moved_by[thing]} already: name it in one market"
                    yield Problem("moved_twice", message, f"markets.{name}.moves")
                moved_by.setdefault(thing, name)

    def _check_names(self) -> Iterator[Problem]:
        named = [
            (f"outages.{number}.markets", name)
            for number, item in enumerate(self.outages)
            for name in item.markets
        ]
        for number, item in enumerate(self.outages):
            if item.from_s >= self.run.horizon_s:
                message = f"begins at {item.from_s} s, after the end of the run ({self.run.horizon_s} s)"
                yield Problem("outage_too_late", message, f"outages.{number}.from_s")
        yield from self._check_exits()
        named += [
            (f"exits.{number}.trigger.market", item.trigger.market)
            for number, item in enumerate(self.exits)
            if isinstance(item.trigger, FallTrigger)
        ]
        for place, name in named:
            if name not in self.markets:
                message = f"no market {name!r}, there are {', '.join(self.markets)}"
                yield Problem("unknown_market", message, place)

    def _check_exits(self) -> Iterator[Problem]:
        seen: set[str] = set()
        for number, item in enumerate(self.exits):
            if item.asset in seen:
                message = f"suppliers of {item.asset!r} run already: give one run for each asset"
                yield Problem("runs_twice", message, f"exits.{number}.asset")
            seen.add(item.asset)
            if item.from_s >= self.run.horizon_s:
                message = f"begins at {item.from_s} s, after the end of the run ({self.run.horizon_s} s)"
                yield Problem("exit_too_late", message, f"exits.{number}.from_s")

    def _shock_moves(self) -> Floats:
        run = self.run
        return shock_moves(self.shocks, self.drivers, n_steps=run.n_steps, step_s=float(run.step_s))

    def _check_draw(self) -> Iterator[Problem]:
        # The models know best what they cannot draw: one path tells, before anything long.
        still = np.zeros((1, self.run.n_steps, len(self.markets)))
        trials: tuple[tuple[str, Callable[[], object]], ...] = (
            ("prices", lambda: self.model_copy(update={"shocks": ()}).moves(0, 1)),
            ("shocks", self._shock_moves),
            ("depth", lambda: self.depths(still)),
            ("liquidators", lambda: self.absences(0, 1)),
        )
        for place, draw in trials:
            try:
                draw()
            except InputError as error:
                for item in error.problems or (Problem(error.code, str(error)),):
                    where = item.where if item.where.startswith(place) else f"{place}.{item.where}"
                    yield Problem(item.code, item.message, where.removesuffix("."))
