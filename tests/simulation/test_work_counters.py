"""How much work a storm is: counters that repeat exactly, and gate what times on a shared machine cannot."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from benchmarks import cascade, storm_books
from benchmarks.revaluation import shares_of
from seawall.simulation.engine import walk_paths
from seawall.simulation.liquidators import Liquidators
from seawall.simulation.monitor import Monitor
from seawall.simulation.revaluation import revalue

ACCOUNTS, STEPS = 10_000, 288


@pytest.mark.parametrize(
    ("vol", "per_liquidation", "of_account_steps", "of_cohorts", "touched"),
    [(0.03, 12.5, 0.00016, 0.0008, 0.004), (0.16, 14.0, 0.0038, 0.016, 0.085)],
)
def test_a_storm_looks_at_few_accounts(
    vol: float, per_liquidation: float, of_account_steps: float, of_cohorts: float, touched: float
) -> None:
    """Each gate is what was counted, and a tenth to a quarter on top."""
    ground = cascade.ground_of(ACCOUNTS, 0.3)
    totals = walk_paths(ground, storm_books.day_paths(1, STEPS, vol))
    steps, evaluated, visits, changed = totals.work.sum(axis=0).tolist()
    assert steps == STEPS
    assert 0 < evaluated <= per_liquidation * totals.count("liquidations").sum()
    assert evaluated <= of_account_steps * ACCOUNTS * STEPS
    assert visits <= of_cohorts * STEPS * len(ground.storm.cohorts.width)
    assert changed <= touched * ACCOUNTS


def test_a_storm_that_runs_away_looks_at_no_more_than_the_scan_would() -> None:
    """An account looked at by the index costs as much as many that are scanned: so few of them by index."""
    ground = cascade.ground_of(ACCOUNTS, 0.003)
    totals = walk_paths(ground, storm_books.day_paths(1, STEPS, 0.08, 0.15))
    _, evaluated, visits, _ = totals.work.sum(axis=0).tolist()
    assert totals.count("liquidations").sum() > ACCOUNTS
    assert evaluated <= 0.4 * ACCOUNTS * STEPS
    assert visits <= 0.02 * STEPS * len(ground.storm.cohorts.width)


def test_a_book_takes_few_bytes_an_account() -> None:
    book = storm_books.multi_asset(ACCOUNTS)
    legs = len(book.q) / len(book)
    assert book.byte_count / len(book) <= 12 * legs + 20 + 50 * len(book.cohorts.width) / len(book)
    assert Monitor(book).byte_count / len(book) <= 8 * legs + 20 + 300 * len(book.cohorts.width) / len(book)


def test_pruned_scenarios_look_at_few_pairs() -> None:
    book = storm_books.multi_asset(ACCOUNTS)
    found = revalue(book, shares_of(book), storm_books.shocks(256, 0.05))
    pairs = 256 * len(book)
    assert found.looked_at <= 0.12 * pairs
    assert found.summed <= 0.002 * pairs


def test_a_tick_looks_at_accounts_near_the_edge_alone() -> None:
    monitor = Monitor(storm_books.multi_asset(ACCOUNTS))
    start, chance = monitor.work.evaluations, np.random.default_rng(1)
    for number in range(400):
        driver = 3 + number % 4
        monitor.tick(driver, float(monitor.seen[driver]) + chance.normal(0.0, 0.0005))
    assert np.array_equal(monitor.failing, monitor.rescan())
    assert (monitor.work.evaluations - start) / 400 <= 0.001 * ACCOUNTS


def test_who_waits_for_a_call_that_pays_is_hardly_looked_at() -> None:
    """Each gate is what was counted, and a tenth on top."""
    patient = replace(cascade.ground_of(ACCOUNTS, 0.3), liquidators=Liquidators(gas=2_000.0))
    totals = walk_paths(patient, storm_books.day_paths(1, STEPS, 0.16))
    _, evaluated, _, _ = totals.work.sum(axis=0).tolist()
    waited = int(totals.count("not_worth_it").sum())
    assert waited > 4 * ACCOUNTS
    assert evaluated <= 0.61 * waited
