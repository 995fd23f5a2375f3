"""Totals of made-up paths, and a job that makes them: what a path is depends on its number alone."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, fields
from typing import Any

import numpy as np

from seawall.core.terms import Terms
from seawall.runs.chunks import Chunk
from seawall.simulation.scenario import Scenario
from seawall.simulation.totals import COURSE, MICRO, MONEY, PathTotals

LAYERS, MARKETS, HOURS = 3, 2, 24
FUND = 500


def some_scenario(n_paths: int = 20, **run: int) -> Scenario:
    """Two markets, a day in hours."""
    settings = {"n_paths": n_paths, "horizon_s": 86_400, "step_s": 3600, **run}
    prices = {"kind": "gbm", "assets": {"ETH": {"vol": 0.8}, "BTC": {"vol": 0.6}}}
    return Scenario.build({"run": settings, "prices": prices, "markets": {"ETH": {}, "BTC": {}}})


def some_terms() -> Terms:
    """A fund, then holders, then nobody."""
    layers = [
        {"name": "fund", "kind": "insurance_fund", "account": "fund"},
        {"name": "holders", "kind": "mutualise"},
        {"name": "unassigned", "kind": "residual", "bearer": "unassigned"},
    ]
    return Terms.build(
        {"venue": "test", "family": "lending", "rules": "generic_lending@1", "waterfall": layers}
    )


def some_totals(first: int, count: int) -> PathTotals:
    """Every third path loses 100 times its number plus 100, all at once in the hour of its number.

    The fund bears 500, holders 1000 after it.
    """
    totals = PathTotals.empty(first, count, assets=2, layers=LAYERS, drivers=MARKETS, n_steps=HOURS)
    number = np.arange(first, first + count)
    loss = np.where(number % 3 == 0, 100 * (number + 1), 0) * MICRO
    fund = np.minimum(loss, 500 * MICRO)
    holders = np.minimum(loss - fund, 1000 * MICRO)
    rest = loss - fund - holders
    totals.layers[:] = np.column_stack([fund, holders, rest])
    for name, values in (("recognised", loss), ("uncovered", rest), ("repaid", 3 * loss)):
        totals.money[:, MONEY.index(name)] = values
    totals.counts[:] = number[:, None]
    first_loss = np.where(loss > 0, number % HOURS, -1)
    totals.counts[:, 4:] = first_loss[:, None]
    has_lost = (loss > 0)[:, None] & (np.arange(HOURS) >= first_loss[:, None])
    so_far = {"fund": FUND * MICRO - fund, "recognised": loss, "repaid": 3 * loss}
    for name, values in so_far.items():
        before = FUND * MICRO if name == "fund" else 0
        totals.course[:, :, COURSE.index(name)] = np.where(has_lost, values[:, None], before)
    totals.money[:, MONEY.index("fund_low")] = so_far["fund"]
    totals.end_move[:] = -0.01 * number[:, None]
    totals.work[:] = 1
    return totals


@dataclass
class MadeUp:
    """A job whose totals are `some_totals`."""

    scenario: Scenario = field(default_factory=some_scenario)
    storm: None = None
    wait_s: float = 0.0
    fails_at: int = -1

    def simulate(self, chunk: Chunk) -> PathTotals:
        """Return totals of a chunk, or fail at a path."""
        time.sleep(self.wait_s)
        if chunk.first <= self.fails_at < chunk.first + chunk.count:
            raise KeyboardInterrupt
        return some_totals(chunk.first, chunk.count)


def as_bytes(totals: PathTotals) -> dict[str, Any]:
    """Return everything in totals, to be compared."""
    names = [item.name for item in fields(PathTotals)]
    return {
        name: value.tobytes() if isinstance(value := getattr(totals, name), np.ndarray) else value
        for name in names
    }
