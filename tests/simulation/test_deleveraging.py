"""Positions that a storm closes for the losses of others: those that `resolve` closes, and nothing is lost.

A storm serves one failing account after the other; the pipeline is taken through its own parts in the same
order, and where only one account fails it is `resolve` as it stands.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from seawall.core.book import Book
from seawall.core.draft import Draft
from seawall.core.event import Event
from seawall.core.loss import Absorption, Default, Residual
from seawall.core.market import Market
from seawall.liquidation.liquidate import liquidate
from seawall.liquidation.sale import Desk
from seawall.resolution import resolve
from seawall.risk.detect import scan
from seawall.simulation.engine import DETECTORS, Detector, Walker
from seawall.simulation.kernels.columns import CASH, LONG, SHORT
from seawall.simulation.scenario import Scenario
from seawall.simulation.scenario_parts import MarketSettings
from seawall.simulation.storm import Storm
from seawall.simulation.totals import MICRO, PathTotals
from seawall.waterfall.waterfall import run_waterfall
from tests.simulation.rival_worlds import SCORES, funding_of, rivals
from tests.simulation.test_storm_against_resolve import shocked
from tests.simulation.worlds import scenario_of

Holdings = dict[tuple[str, str], float]
REDUCED = {"backing": 0.05, "target_bps": 11_000, "slippage_bps": 30}
CASES: list[tuple[int, int, dict[str, Any]]] = [
    *((seed, failing, {"score": score}) for score in SCORES for seed in range(4) for failing in (1, 3)),
    *((seed, 3, {"score": score, "is_funded": True}) for score in SCORES for seed in range(3)),
    *((seed, 3, {"execution": "mark", "slippage_bps": 30}) for seed in range(8)),
    *((seed, 3, {"exclude_same_owner": True}) for seed in range(6)),
    *((seed, 6, REDUCED) for seed in (3, 11, 40, 50, 52, 54)),
    *((seed, 3, {"execution": "threshold", "threshold_price_bps": 10_100}) for seed in range(8)),
]


@dataclass(frozen=True)
class After:
    """What a pass leaves: lots, and cash with the cost of positions in it; who bore what [base currency]."""

    failed: tuple[str, ...]
    lots: Holdings
    cash: Holdings
    layers: dict[str, float]
    lost: dict[str, float]
    uncovered: float
    defaults: int = 0


SHARED: list[tuple[int, int, dict[str, Any]]] = [
    *((seed, failing, {"selection": "pro_rata"}) for seed in range(8) for failing in (1, 3)),
    *((seed, 3, {"selection": "pro_rata", "is_funded": True}) for seed in range(8)),
    *((seed, 3, {"selection": "pro_rata", "score": "size"}) for seed in range(8)),
    *((seed, 3, {"selection": "pro_rata", "exclude_same_owner": True}) for seed in range(6)),
    *((seed, 3, {"kind": "tear_up", "execution": "takeover"}) for seed in range(8)),
    *((seed, 3, {"kind": "tear_up", "slippage_bps": 30}) for seed in range(12)),
]


def by_storm(seed: int, failing: int, changes: dict[str, Any]) -> After:
    """One step of the storm; also called in a process without a compiler."""
    world = rivals(seed, failing=failing, **changes)
    storm = Storm.of(*world, _sold_at_a_fee(shocked(world, seed)[1], changes.get("slippage_bps", 0)))
    walker, totals = walked(storm)
    return After(
        failed=served(storm, world[0], walker),
        lots=lots_of(storm, world[0], walker),
        cash=cash_of(storm, world[0], walker),
        layers=_named(storm.layers, totals.layers[0]),
        lost=_named((asset.id for asset in world[0].assets), totals.recognised[0]),
        uncovered=float(totals.value("uncovered")[0]),
    )


def _sold_at_a_fee(scenario: Scenario, fee_bps: int) -> Scenario:
    # The slippage of the pipeline: a market so deep that a sale moves nothing, which keeps a part of it.
    settings = {"impact": {"kind": "linear", "value": 1e30, "fee_bps": float(fee_bps)}}
    markets = {name: MarketSettings.model_validate(settings) for name in scenario.markets}
    return scenario.model_copy(update={"markets": markets}) if fee_bps else scenario


def walked(storm: Storm, detector: Detector = "index") -> tuple[Walker, PathTotals]:
    """Walk the first path and keep the thread that did."""
    ground, moves = storm.ground, storm.scenario.moves(0, 1)
    walker = Walker(ground, storm.n_steps)
    totals = PathTotals.empty(
        0, 1, assets=ground.n_assets, layers=ground.layers, drivers=moves.shape[2], n_steps=storm.n_steps
    )
    away = storm.scenario.absences(0, 1)[0]
    walker.walk(totals, 0, moves[0], np.ones_like(moves[0]), away, DETECTORS[detector])
    return walker, totals


def served(storm: Storm, book: Book, walker: Walker) -> tuple[str, ...]:
    """Return who was taken over, in the order in which they were served."""
    spare, cohorts, q = walker.thread.spare, storm.book.cohorts, walker.thread.q
    is_empty = np.add.reduceat(np.abs(q), _first_legs(storm)) == 0.0
    rows = sorted(np.flatnonzero((spare < 0.0) & is_empty), key=lambda row: (spare[row], cohorts.rank[row]))
    return tuple(str(book.accounts.id[storm.book.account[row]]) for row in rows)


def _first_legs(storm: Storm) -> NDArray[np.int64]:
    cohorts = storm.book.cohorts
    width = np.repeat(cohorts.width, np.diff(cohorts.first))
    return np.asarray(np.cumsum(width) - width)


def _legs(storm: Storm, book: Book, walker: Walker) -> Iterable[tuple[str, int, float]]:
    cohorts = storm.book.cohorts
    for row, cohort in enumerate(walker.thread.cohort_of.tolist()):
        at = cohorts.leg_first[cohort] + (row - cohorts.first[cohort]) * cohorts.width[cohort]
        for leg in range(at, at + cohorts.width[cohort]):
            name = str(book.accounts.id[storm.book.account[row]])
            yield name, int(cohorts.code[leg]), float(walker.thread.q[leg])


def lots_of(storm: Storm, book: Book, walker: Walker) -> Holdings:
    """Return the positions after a path, in quantity units."""
    found: Holdings = {}
    for name, code, quanta in _legs(storm, book, walker):
        if storm.book.codes.item.kind[code] in (LONG, SHORT) and quanta:
            item = book.instrument(storm.book.name[code])
            unit = storm.book.quantum[len(book.assets) + book.instrument_row[item.id]]
            found[name, item.id] = quanta * unit * (-1 if item.kind == "inverse" else 1)
    return found


def cash_of(storm: Storm, book: Book, walker: Walker) -> Holdings:
    """Return cash with the cost of positions in it, in minor units."""
    found: Holdings = {}
    for name, code, quanta in _legs(storm, book, walker):
        if storm.book.codes.item.kind[code] == CASH and quanta:
            asset = storm.book.name[code]
            unit = storm.book.quantum[book.asset_row[asset]]
            found[name, asset] = found.get((name, asset), 0.0) + quanta * unit
    return found


def _named(names: Iterable[str], values: Any) -> dict[str, float]:
    return {name: value / MICRO for name, value in zip(names, values.tolist(), strict=True) if value}


def by_parts(seed: int, failing: int, changes: dict[str, Any], order: Sequence[str]) -> After:
    """Take all over, then run default after default down the waterfall, in the order of the storm."""
    world = rivals(seed, failing=failing, **changes)
    book, _, terms = world
    market = shocked(world, seed)[0]
    failed = failing_in(seed, failing, changes)
    assert set(order) <= set(failed)
    draft, desk = Draft(book), Desk(book, market, terms)
    defaults: list[Default] = []
    for name in [*order, *(each for each in failed if each not in order)]:
        found = liquidate(draft, market, terms, desk, name, "liquidatable").defaults
        defaults += sorted(
            found, key=lambda each: min(book.instrument_row[lot.instrument] for lot in each.lots)
        )
    absorptions: list[Absorption] = []
    residuals: list[Residual] = []
    for number, default in enumerate(defaults):
        done = run_waterfall(draft, market, terms, [default], event=Event(f"shock {number}"))
        absorptions += done.absorptions
        residuals += done.residuals
    return after_of(order, draft.book_after(), market, defaults, absorptions, residuals)


def failing_in(seed: int, failing: int, changes: dict[str, Any]) -> list[str]:
    """Return who may be liquidated after the shock."""
    world = rivals(seed, failing=failing, **changes)
    book, _, terms = world
    market = shocked(world, seed)[0]
    return [each.account for each in scan(book, market, terms).failing(book, market, terms)]


def by_resolve(seed: int, changes: dict[str, Any]) -> After:
    """The same through `resolve`."""
    world = rivals(seed, **changes)
    book, _, terms = world
    market = shocked(world, seed)[0]
    done = resolve(book, market, terms, Event("shock"))
    order = tuple(each.account for each in done.liquidations)
    return after_of(order, done.after, market, done.defaults, done.absorptions, done.residuals)


def after_of(
    order: Sequence[str],
    book: Book,
    market: Market,
    defaults: Sequence[Default],
    absorptions: Sequence[Absorption],
    residuals: Sequence[Residual],
) -> After:
    """What the pipeline leaves, as a storm tells it."""

    def worth(asset: str, amount: int) -> float:
        return float(amount * (market.price(asset) or 0) / 10**market.price_decimals / book.asset(asset).unit)

    lots: Holdings = {}
    cash: Holdings = {}
    for account in book.rows():
        if account.kind != "user" or account.id == "external:market":
            continue
        for position in account.positions:
            settle = book.instrument(position.instrument).settle_asset
            if position.quantity:
                lots[account.id, position.instrument] = float(position.quantity)
            paid = position.cost - funding_of(book, position)
            cash[account.id, settle] = cash.get((account.id, settle), 0.0) + paid
        for balance in account.balances:
            cash[account.id, balance.asset] = cash.get((account.id, balance.asset), 0.0) + balance.scaled
    return After(
        failed=tuple(order),
        lots=lots,
        cash={key: amount for key, amount in cash.items() if amount},
        layers=_summed((each.layer, worth(each.rest.asset, each.taken)) for each in absorptions),
        lost=_summed((each.asset, worth(each.asset, each.loss)) for each in defaults),
        uncovered=sum(worth(each.asset, each.amount) for each in residuals),
        defaults=len(defaults),
    )


def _summed(parts: Iterable[tuple[str, float]]) -> dict[str, float]:
    total: dict[str, float] = {}
    for name, value in parts:
        if value:
            total[name] = total.get(name, 0.0) + value
    return total


def agree(storm: After, exact: After) -> None:
    """The same lots of everybody, and cash but for a unit for each fill and conversion.

    A unit of BTC, in which the pipeline splits the equity of an account over settle assets, is 500 of USDT.
    """
    assert storm.lots == exact.lots
    for key in storm.cash.keys() | exact.cash.keys():
        assert storm.cash.get(key, 0.0) == pytest.approx(exact.cash.get(key, 0.0), abs=512), key
    for name in storm.layers.keys() | exact.layers.keys():
        assert storm.layers.get(name, 0.0) == pytest.approx(exact.layers.get(name, 0.0), abs=0.05), name
    for name in storm.lost.keys() | exact.lost.keys():
        assert storm.lost.get(name, 0.0) == pytest.approx(exact.lost.get(name, 0.0), abs=0.05), name
    assert storm.uncovered == pytest.approx(exact.uncovered, abs=0.05)


def test_one_step_with_deleveraging_is_the_pipeline_default_by_default(
    interpreter: ProcessPoolExecutor,
) -> None:
    closed = paid = left = reduced = 0
    for seed, failing, changes in CASES:
        storm = interpreter.submit(by_storm, seed, failing, changes).result()
        if changes.get("slippage_bps") and any(
            each.startswith("w") for each in failing_in(seed, failing, changes)
        ):
            continue  # a fee is taken of what is bought, slippage added to it: sales alone are the same
        reduced += len(failing_in(seed, failing, changes)) > len(storm.failed)
        exact = by_parts(seed, failing, changes, storm.failed)
        agree(storm, exact)
        closed += exact.layers.get("adl", 0.0) > 0.0
        paid += exact.layers.get("insurance_fund", 0.0) > 0.0
        left += exact.uncovered > 0.0
    assert min(closed, paid, left) >= 20
    assert reduced >= 3


@pytest.mark.parametrize("changes", [{}, {"cap_per_event": "900"}])
def test_one_step_with_one_default_is_one_resolve(
    interpreter: ProcessPoolExecutor, changes: dict[str, Any]
) -> None:
    compared = 0
    for seed in range(25):
        exact = by_resolve(seed, changes)
        is_in_coins = "BTC" in exact.lost  # a cap is an amount of the asset, in a storm of base currency
        if exact.defaults == 1 and exact.layers.get("adl", 0.0) > 0.0 and not (is_in_coins and changes):
            agree(interpreter.submit(by_storm, seed, 1, changes).result(), exact)
            compared += 1
    assert compared >= 3


def test_who_is_closed_at_the_bankruptcy_price_keeps_all_lots_and_all_cash_among_users(
    interpreter: ProcessPoolExecutor,
) -> None:
    whole = 0
    for seed in range(30):
        before, after, sold = interpreter.submit(sums_around, seed).result()
        if sold:
            continue  # part of it went to the market, and left the venue
        whole += 1
        for thing in before:
            assert after[thing] == pytest.approx(before[thing], abs=16), thing
    assert whole >= 3


def sums_around(seed: int) -> tuple[dict[str, float], dict[str, float], int]:
    """Return lots by instrument and cash by asset, before and after, and how much was sold in markets."""
    world = rivals(seed)
    book = world[0]
    storm = Storm.of(*world, shocked(world, seed)[1])
    fresh = Walker(storm.ground, storm.n_steps)
    before = _sums(lots_of(storm, book, fresh), cash_of(storm, book, fresh))
    walker, totals = walked(storm)
    return (
        before,
        {**dict.fromkeys(before, 0.0), **_sums(lots_of(storm, book, walker), cash_of(storm, book, walker))},
        int(totals.sold.sum()),
    )


def _sums(*parts: Holdings) -> dict[str, float]:
    total: dict[str, float] = {}
    for part in parts:
        for (_, thing), amount in part.items():
            total[thing] = total.get(thing, 0.0) + amount
    return total


@pytest.mark.parametrize("detector", ["index", "index_without_epochs"])
def test_detectors_agree_where_others_are_closed(interpreter: ProcessPoolExecutor, detector: Any) -> None:
    seeds = (0, 1, 2, 15, 18, 28)  # in the last three, who was closed fails where the index would not look
    totals = [interpreter.submit(totals_of, seed, detector).result() for seed in seeds]
    scanned = [interpreter.submit(totals_of, seed, "scan").result() for seed in seeds]
    assert totals == scanned
    assert sum(layers["adl"] > 0 for _, layers in scanned) >= 3


def totals_of(
    seed: int, detector: Any, changes: dict[str, Any] | None = None
) -> tuple[list[int], dict[str, int]]:
    """Return the totals of a storm over many steps: whoever is closed may fail later."""
    world = rivals(seed, failing=4, others=24, **(changes or {}))
    scenario = scenario_of("exchange", seed, n_steps=30, n_paths=1)
    storm = Storm.of(*world, scenario)
    done = storm.run(0, 1, detector=detector)
    layers = dict(zip(storm.layers, done.layers[0].tolist(), strict=True))
    return [*done.money[0].tolist(), *done.counts[0].tolist(), *done.sold[0].tolist()], layers


def test_one_step_that_closes_the_same_part_of_all_is_the_pipeline(interpreter: ProcessPoolExecutor) -> None:
    closed: dict[str, int] = {}
    for seed, failing, changes in SHARED:
        storm = interpreter.submit(by_storm, seed, failing, changes).result()
        if changes.get("slippage_bps") and any(
            each.startswith("w") for each in failing_in(seed, failing, changes)
        ):
            continue  # as above
        exact = by_parts(seed, failing, changes, storm.failed)
        agree(storm, exact)
        closed[str(changes)] = closed.get(str(changes), 0) + (exact.layers.get("adl", 0.0) > 0.0)
    assert len(closed) == 6
    assert min(closed.values()) >= 3, closed


@pytest.mark.parametrize("detector", ["index", "index_without_epochs"])
@pytest.mark.parametrize("changes", [{"selection": "pro_rata"}, {"kind": "tear_up", "execution": "takeover"}])
def test_detectors_agree_where_the_same_part_of_all_is_closed(
    interpreter: ProcessPoolExecutor, detector: Any, changes: dict[str, Any]
) -> None:
    totals = [interpreter.submit(totals_of, seed, detector, changes).result() for seed in range(5)]
    scanned = [interpreter.submit(totals_of, seed, "scan", changes).result() for seed in range(5)]
    assert totals == scanned
    assert sum(layers["adl"] > 0 for _, layers in scanned) >= 3
