"""A watched book: after every tick and every update it says what a full rescan says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.terms import Terms
from seawall.errors import InputError
from seawall.simulation.kernels.columns import CASH
from seawall.simulation.monitor import Changes, Monitor
from seawall.simulation.storm_book import StormBook, storm_book
from tests.simulation.storm_worlds import laid_out
from tests.worlds import exchange_book, exchange_market, exchange_terms, short_btc, trader

families = st.sampled_from(["lending", "exchange"])
seeds = st.integers(0, 2**32)


def check(monitor: Monitor, before: set[int], changes: Changes) -> set[int]:
    """Changes lead from the rows that failed before to those of a full rescan."""
    now = set(monitor.rescan().tolist())
    assert set(monitor.failing.tolist()) == now
    assert set(changes.failing.tolist()) == now - before
    assert set(changes.safe.tolist()) == before - now
    return now


def redrawn(storm: StormBook, monitor: Monitor, chance: np.random.Generator) -> Changes:
    """Some accounts repay, deposit, close: every leg times a factor, some gone, some cash turned over."""
    rows = np.unique(chance.integers(0, len(storm), 3))
    cohorts = storm.cohorts
    legs: list[int] = []
    for row in rows.tolist():
        cohort = int(np.searchsorted(cohorts.first, row, side="right")) - 1
        width = int(cohorts.width[cohort])
        first = int(cohorts.leg_first[cohort]) + (row - int(cohorts.first[cohort])) * width
        legs.extend(range(first, first + width))
    quantities = np.floor(monitor.q[legs] * chance.choice([0.0, 0.8, 1.0, 1.25, 3.0], len(legs)))
    is_cash = storm.codes.item.kind[cohorts.code[legs]] == CASH
    quantities[is_cash & (chance.random(len(legs)) < 0.2)] *= -1.0
    return monitor.replace(rows, quantities)


@settings(max_examples=40)
@given(families, seeds, st.sampled_from([1, 3, 64]), st.sampled_from([0.0005, 0.01, 0.1]))
def test_a_monitor_agrees_with_a_full_rescan_after_every_tick(
    family: str, seed: int, rows_per_block: int, vol: float
) -> None:
    storm = laid_out(family, seed)
    chance = np.random.default_rng(seed)
    monitor = Monitor(storm, rows_per_block=rows_per_block, references=int(chance.integers(0, 3)))
    failing = set(monitor.rescan().tolist())
    assert set(monitor.failing.tolist()) == failing
    for _ in range(40):
        if chance.random() < 0.15:
            failing = check(monitor, failing, redrawn(storm, monitor, chance))
        driver = int(chance.integers(0, len(storm.drivers)))
        gap = chance.choice([1.0, 1.0, 1.0, 1.0, 20.0])
        move = float(monitor.seen[driver] + np.clip(chance.normal(0.0, vol * gap), -1.0, 1.0))
        failing = check(monitor, failing, monitor.tick(driver, move))


def test_a_tick_that_reaches_nobody_looks_at_nobody() -> None:
    storm = laid_out("lending", 11)
    monitor = Monitor(storm)
    for driver in range(len(storm.drivers)):  # away from the edge that blocks have just been measured at
        monitor.tick(driver, 1e-7)
        monitor.tick(driver, 0.0)
    before = monitor.work.evaluations
    changes = monitor.tick(0, 0.0)
    assert monitor.work.evaluations == before
    assert len(changes.failing) == len(changes.safe) == 0


def test_an_account_that_fails_and_recovers_is_told_twice() -> None:
    storm = laid_out("lending", 2)
    monitor = Monitor(storm)
    before = set(monitor.failing.tolist())
    eth = storm.drivers.index("ETH")
    fell = monitor.tick(eth, -0.5)
    back = monitor.tick(eth, 0.0)
    assert len(fell.failing) > 0
    assert set(fell.failing.tolist()) == set(back.safe.tolist())
    assert set(fell.safe.tolist()) == set(back.failing.tolist())
    assert set(monitor.failing.tolist()) == before


def test_an_account_that_repays_all_is_safe_for_good() -> None:
    storm = laid_out("lending", 2)
    monitor = Monitor(storm)
    monitor.tick(storm.drivers.index("ETH"), -0.5)
    row = monitor.failing[:1]
    cohort = int(np.searchsorted(storm.cohorts.first, row[0], side="right")) - 1
    width = int(storm.cohorts.width[cohort])
    assert monitor.replace(row, np.zeros(width)).safe.tolist() == row.tolist()
    for driver in range(len(storm.drivers)):
        assert row[0] not in monitor.tick(driver, -3.0).failing


@pytest.mark.parametrize("first", [0.0, 0.2, 0.41])
@pytest.mark.parametrize("then", [0.35, 0.42, 0.5])
def test_a_short_is_looked_at_before_its_margin_turns_steep(first: float, then: float) -> None:
    tiers = [{"floor": 0, "rate_ppm": 5_000}, {"floor": 160_000, "rate_ppm": 900_000}]
    curve = {"kind": "brackets", "tiers": tiers}
    terms = exchange_terms().model_dump()
    terms["instruments"]["*"]["maintenance"] = curve
    traders = [trader(f"t{cash}", cash * 1000, short_btc(2000, 50_000)) for cash in range(40, 240, 5)]
    storm = storm_book(exchange_book(*traders), exchange_market(), Terms.build(terms))
    monitor = Monitor(storm, rows_per_block=1)
    btc = storm.drivers.index("BTC-PERP")
    before = set(monitor.failing.tolist())
    failing = check(monitor, before, monitor.tick(btc, first))
    failing = check(monitor, failing, monitor.tick(btc, first + 1e-4))  # measured from here on
    failing = check(monitor, failing, monitor.tick(btc, first + then))
    assert 0 < len(failing) < len(traders)


@pytest.mark.parametrize(("driver", "move"), [(99, 0.0), (-1, 0.0), (0, float("nan"))])
def test_a_tick_of_no_market_is_refused(driver: int, move: float) -> None:
    with pytest.raises(InputError, match="expected a market below 3, a finite move"):
        Monitor(laid_out("lending", 1)).tick(driver, move)


@pytest.mark.parametrize(
    ("rows", "quantities", "says"),
    [([0], [], "a finite one for each"), ([10**6], [1.0], "expected 0 to"), ([-1], [1.0], "expected 0 to")],
)
def test_an_update_of_other_shape_is_refused(rows: list[int], quantities: list[float], says: str) -> None:
    monitor = Monitor(laid_out("lending", 1))
    with pytest.raises(InputError, match=says):
        monitor.replace(np.array(rows), np.array(quantities))
