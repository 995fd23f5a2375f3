"""Portfolios and options in a storm: found exactly, by every detector, and one step is one `resolve`."""

from __future__ import annotations

import math
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seawall.adapters.synthetic import synthetic_options
from seawall.core.book import Book
from seawall.core.event import Event
from seawall.core.market import Mark, Market, Price
from seawall.core.portfolio import PortfolioTerms
from seawall.core.units import WAD
from seawall.resolution import resolve
from seawall.risk.options import model_worth, seconds_left
from seawall.simulation.binding import bound_grid, bound_walk
from seawall.simulation.engine import DETECTORS
from seawall.simulation.kernels import walk
from seawall.simulation.kernels.columns import WHOLE
from seawall.simulation.kernels.compiling import bound_to
from seawall.simulation.kernels.evaluate import first_keys, reprice
from seawall.simulation.kernels.near import asks_for_grid
from seawall.simulation.kernels.scan import detect_by_scan
from seawall.simulation.scenario import Scenario
from seawall.simulation.storm import Storm
from seawall.simulation.storm_book import StormBook, new_prices, storm_book
from seawall.simulation.totals import MICRO, WORK
from seawall.simulation.volatilities import Volatilities
from tests.risk.portfolios import AS_OF, ASSETS, INSTRUMENTS, MARKET, account
from tests.simulation.option_worlds import option_storm, option_world
from tests.simulation.test_storm import assert_same
from tests.simulation.test_storm_book import agrees
from tests.simulation.worlds import World

STEP_S = 6 * 3600
seeds = st.integers(0, 2**32)


@settings(max_examples=60)
@given(seeds)
@example(0)
def test_a_portfolio_is_flagged_as_the_exact_scan_flags_it(seed: int) -> None:
    agrees(*option_world(seed))


@settings(max_examples=25)
@given(seeds)
@example(0)
@example(1)
@example(3)
@example(10)
def test_every_detector_finds_the_same_storm_of_portfolios(seed: int) -> None:
    storm = option_storm(seed)
    by_scan = storm.run(0, 2, detector="scan")
    for detector in DETECTORS:
        assert_same(storm.run(0, 2, detector=detector), by_scan)


def test_the_drawn_storms_of_portfolios_reach_what_they_are_meant_to_reach() -> None:
    storms = [option_storm(seed) for seed in range(10)]
    totals = [storm.run(0, 2) for storm in storms]
    assert sum(bool(total.count("liquidations").any()) for total in totals) >= 8
    assert sum(bool(total.value("recognised").any()) for total in totals) >= 5
    assert sum(bool((total.count("first_deleverage_step") >= 0).any()) for total in totals) >= 1
    assert all(storm.book.codes.table.size for storm in storms)


def looks_at_the_grid(seed: int) -> list[bool]:
    """Return each answer whether a look needs the grid; called in a process without a compiler."""
    found = []

    def told(*arguments: Any) -> bool:
        found.append(bool(asks_for_grid(*arguments)))  # type: ignore[no-untyped-call]  # a kernel
        return found[-1]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(walk, "asks_for_grid", told)
        _bind_anew()  # a walk takes the names it calls as they stand when it is bound
        option_storm(seed).run(0, 1)
    _bind_anew()
    return found


def _bind_anew() -> None:
    bound_walk.cache_clear()
    bound_to.cache_clear()


def test_the_drawn_storms_of_portfolios_both_need_the_grid_and_do_without(
    interpreter: ProcessPoolExecutor,
) -> None:
    answers = [interpreter.submit(looks_at_the_grid, seed).result() for seed in range(8, 16)]
    assert sum(0 < sum(each) < len(each) for each in answers) >= 3
    assert sum(not each for every in answers for each in every) > 30


def test_on_a_day_that_reaches_few_the_index_looks_at_few_portfolios() -> None:
    run = {"n_paths": 2, "seed": 3, "horizon_s": 14_400, "step_s": 300}
    prices = {"kind": "gbm", "assets": {"BTC": {"vol": 2.5}, "ETH": {"vol": 2.5}}}
    markets = {"BTC": {"moves": ["BTC-PERP"]}, "ETH": {"moves": ["ETH-PERP"]}}
    scenario = Scenario.build({"run": run, "prices": prices, "markets": markets})
    storm = Storm.of(*synthetic_options(400), scenario)
    found = storm.run(0, 2)
    assert_same(storm.run(0, 2, detector="scan"), found)
    evaluations = int(found.work[:, WORK.index("evaluations")].sum())
    assert 0 < evaluations < 2 * storm.n_steps * len(storm.book) / 5


def shocked(world: World, seed: int) -> tuple[Market, Scenario]:
    """The market one step later, every option moved by the exact model, and the scenario of that step."""
    book, market, _ = world
    chance = np.random.default_rng([seed, 3])
    moves = {
        name: float(chance.choice([-0.4, -0.15, 0.0, 0.15, 0.4])) * chance.uniform(0.5, 1)
        for name in ("BTC", "ETH")
    }
    later = replace(market, as_of=market.as_of + STEP_S)
    vols = Volatilities(per_fall=float(chance.choice([0.0, 2.0])), most=3.0)
    marks: dict[str, Mark] = {}
    for item in book.instruments:
        mark = market.marks[item.id]
        if item.option is None:
            now = round((mark.mark or 0) * (1 + moves[item.underlying]))
            marks[item.id] = Mark(now, index=round((mark.index or 0) * (1 + moves[item.underlying])))
            continue
        forward = round((mark.forward or 0) * (1 + moves[item.underlying]))
        risen = (1 + moves[item.underlying]) ** -vols.per_fall
        vol = round((mark.vol or 0) * min(max(risen, 1 / vols.most), vols.most))
        before, after = (
            model_worth(item.option, each, at, seconds_left(item.option, seen), market.mark_decimals)
            for each, at, seen in ((mark.forward or 0, mark.vol or 0, market), (forward, vol, later))
        )
        moved = round((after - before) / WAD)
        marks[item.id] = Mark(max(0, (mark.mark or 0) + moved), forward=forward, vol=vol)
    price = market.prices["BTC"]
    prices = dict(market.prices) | {"BTC": Price(round((price.oracle or 0) * (1 + moves["BTC"])))}
    raw: dict[str, Any] = {
        "run": {"n_paths": 1, "horizon_s": STEP_S, "step_s": STEP_S},
        "prices": {"kind": "gbm", "assets": {name: {"vol": 0.0} for name in moves}},
        "shocks": [{"at_s": 0, "moves": moves}],
        "volatilities": vols.model_dump(),
        "markets": {"BTC": {"moves": ["BTC", "BTC-PERP", "BTC-COIN"]}, "ETH": {"moves": ["ETH-PERP"]}},
    }
    return replace(later, prices=prices, marks=marks), Scenario.build(raw)


def at_the_mark(world: World) -> World:
    """The storm closes at the market's price and the pipeline at the mark: so here they are one."""
    book, market, terms = world
    price = market.prices["BTC"]
    marks = {
        name: replace(
            mark, index=mark.index if mark.forward is None and mark.index == mark.mark else mark.mark
        )
        for name, mark in market.marks.items()
    }
    return (
        book,
        replace(market, prices=dict(market.prices) | {"BTC": Price(price.oracle)}, marks=marks),
        terms,
    )


def rounding(book: Book) -> float:
    """What the rounding of marks can move [base currency]."""
    units = {item.id: 10.0**item.quantity_decimals for item in book.instruments}
    sizes = (
        abs(position.quantity) / units[position.instrument] * 60_000
        for row in range(len(book))
        for position in book.account(row).positions
    )
    return 1e-7 * sum(sizes) + 1e-3


@settings(max_examples=60)
@given(seeds)
@example(0)
@example(1)
def test_one_step_of_the_storm_is_one_resolve_of_portfolios(seed: int) -> None:
    world = at_the_mark(option_world(seed, slippage_bps=15))
    book, _, terms = world
    market, scenario = shocked(world, seed)
    storm = Storm.of(*world, scenario)
    totals, done = storm.run(0, 1), resolve(book, market, terms, Event("shock", AS_OF + STEP_S))
    taken = [item for item in done.liquidations if item.takeover and not item.takeover.is_restored]
    assert int(totals.count("accounts_liquidated")[0]) == len(taken)
    lost: dict[str, float] = {}
    for each in done.defaults:
        value = (
            each.loss
            * (market.price(each.asset) or 0)
            / 10**market.price_decimals
            / book.asset(each.asset).unit
        )
        lost[each.asset] = lost.get(each.asset, 0.0) + value
    slack = rounding(book) + len(storm.book) * 1e-3
    for place, asset in enumerate(storm.assets):
        assert totals.recognised[0, place] / MICRO == pytest.approx(lost.get(asset, 0.0), abs=slack), asset


def priced(storm: StormBook, moves: Any, elapsed_s: float, *, at_market: bool = False) -> Any:
    """The prices after moves, and the table of the book filled."""
    prices = new_prices(storm.codes)
    basis = np.bool_(at_market)
    reprice(storm.codes, moves, moves, np.ones(2), basis, prices)  # type: ignore[no-untyped-call]  # a kernel
    bound_grid()(storm.codes, storm.grid, moves, moves, elapsed_s, basis, prices)
    return prices


def legs_of(storm: StormBook) -> list[slice]:
    """The legs of each row that is margined as a portfolio, the mark left out; of others none."""
    cohorts, found = storm.cohorts, []
    for cohort, width in enumerate(cohorts.width.tolist()):
        for place in range(int(cohorts.first[cohort + 1] - cohorts.first[cohort])):
            at = int(cohorts.leg_first[cohort]) + place * width
            is_whole = storm.codes.item.kind[cohorts.code[at + width - 1]] == WHOLE
            found.append(slice(at, at + width - 1 if is_whole else at))
    return found


def distances(storm: StormBook, prices: Any) -> Any:
    """How far prices may part before each row can fail, from where they are."""
    cohorts = storm.cohorts
    width = np.repeat(cohorts.width, np.diff(cohorts.first))
    first = np.concatenate([[0], np.cumsum(width)[:-1]])
    key = np.empty(len(storm))
    first_keys(storm.codes, prices, cohorts.code, storm.q, first, width, key)  # type: ignore[no-untyped-call]  # a kernel
    return key


def failing(storm: StormBook, prices: Any) -> set[int]:
    """The rows that fail at these prices."""
    found, closed = np.empty(len(storm) + 1, dtype=np.int64), np.zeros(len(storm), dtype=np.bool_)
    count = detect_by_scan(storm.cohorts, storm.codes, prices, storm.q, closed, found)  # type: ignore[no-untyped-call]  # a kernel
    return set(found[:count].tolist())


@settings(max_examples=100)
@given(seeds)
@example(0)
def test_no_portfolio_fails_while_prices_stay_within_its_distance(seed: int) -> None:
    """Wherever prices go within the bound, at any later moment, on either basis."""
    chance = np.random.default_rng([seed, 21])
    horizon_s = 86_400.0 * float(chance.choice([0.1, 1.0, 10.0, 100.0]))
    vols = Volatilities(
        per_fall=float(chance.choice([0.0, 1.0, 10.0])), most=float(chance.choice([1.5, 30.0]))
    )
    coin = str(chance.choice(["COIN", "BTC"]))
    driver_of = {"BTC-PERP": "BTC", "BTC-COIN": "BTC", "ETH-PERP": "ETH", "BTC": coin}
    drivers = ["BTC", "ETH", "COIN"]
    storm = storm_book(
        *option_world(seed), drivers=drivers, driver_of=driver_of, horizon_s=horizon_s, vols=vols
    )
    start, since_s = chance.normal(0, 0.2, 3), float(chance.uniform(0, horizon_s))
    prices = priced(storm, start, since_s)
    legs, before = legs_of(storm), prices.move.copy()
    already, distance = failing(storm, prices), distances(storm, prices)
    watched = [row for row in range(len(storm)) if legs[row].stop > legs[row].start and row not in already]
    assert all(0.0 <= distance[row] <= math.log(2.0) for row in watched)
    for _ in range(12):
        span = float(np.exp(chance.uniform(np.log(0.003), 0)))
        moves = start + chance.choice([-1.0, 1.0, 0.3], 3) * span * chance.choice([1.0, 0.5])
        elapsed_s = float(chance.choice([since_s, chance.uniform(since_s, horizon_s), horizon_s]))
        later = priced(storm, moves, elapsed_s, at_market=bool(chance.random() < 0.3))
        apart = later.move[storm.cohorts.code] - before[storm.cohorts.code]
        fails = failing(storm, later)
        for row in watched:
            here = apart[legs[row]]
            assert row not in fails or here.max() - here.min() >= distance[row]


def alone(name: str, size: int, cash: int, changes: dict[str, Any], **vols: float) -> tuple[StormBook, float]:
    """One position and dollars beside it, as a storm lays them out, and its distance."""
    terms = option_world(0)[2].model_copy(update={"portfolio": PortfolioTerms.model_validate(changes)})
    book = Book.of(
        [account("x", usdc=cash * 10**6, **{name.replace("-", "_"): size})],
        assets=ASSETS,
        instruments=INSTRUMENTS,
        venue="options",
        as_of=AS_OF,
    )
    storm = storm_book(
        book, MARKET, terms, drivers=["BTC"], driver_of={"BTC-PERP": "BTC"}, vols=Volatilities(**vols)
    )
    (distance,) = distances(storm, priced(storm, np.zeros(1), 0.0))
    assert 0 < distance < math.log(2.0)
    return storm, float(distance)


@pytest.mark.parametrize(
    ("name", "size", "cash", "changes", "reach"),
    [
        ("BTC-PERP", -1000, 90_000, {"price_moves_ppm": (-100_000, 100_000)}, 1.001),
        ("BTC-PERP", -1000, 90_000, {"price_moves_ppm": (0,), "future_ppm": 200_000}, 1.001),
        ("BTC-60-C", -100, 30_000, {"price_moves_ppm": (0,), "short_option_ppm": 300_000}, 2.0),
        ("BTC-60-C", -100, 30_000, {"price_moves_ppm": (0,), "short_option_floor_ppm": 300_000}, 2.0),
    ],
)
def test_a_future_fails_right_behind_its_distance_and_an_option_within_twice_of_it(
    name: str, size: int, cash: int, changes: dict[str, Any], reach: float
) -> None:
    """Where nothing offsets: the bound takes an option for its coin, though at the money it moves by half."""
    storm, distance = alone(name, size, cash, changes)
    assert not failing(storm, priced(storm, np.array([0.9999 * distance]), 0.0))
    assert failing(storm, priced(storm, np.array([reach * distance]), 0.0))


@pytest.mark.parametrize("per_fall", [0.0, 3.0, 10.0])
def test_a_written_put_is_safe_within_its_distance_though_volatility_rises_as_prices_fall(
    per_fall: float,
) -> None:
    """A steep volatility moves it by more than its coin moves: the bound of the coin alone is too far."""
    _, distance = alone("BTC-60-P", -100, 6_000, {"price_moves_ppm": (0,)})
    steep, nearer = alone("BTC-60-P", -100, 6_000, {"price_moves_ppm": (0,)}, per_fall=per_fall, most=30.0)
    assert bool(failing(steep, priced(steep, np.array([-0.9999 * distance]), 0.0))) == (per_fall == 10.0)
    assert not failing(steep, priced(steep, np.array([-0.9999 * nearer]), 0.0))
    assert nearer <= distance
