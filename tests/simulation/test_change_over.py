"""A path that reaches everybody changes over to the scan and back, and nothing but the work tells."""

from __future__ import annotations

from dataclasses import fields

import numpy as np
import pytest

from benchmarks import cascade, storm_books
from seawall.simulation.engine import DETECTORS, Walker, walk_paths
from seawall.simulation.kernels.index import TURNS
from seawall.simulation.storm import Storm
from seawall.simulation.totals import WORK, PathTotals
from tests.simulation.worlds import drawn_storm

RESULTS = [item.name for item in fields(PathTotals) if item.name not in ("first", "work")]
ACCOUNTS, STEPS = 10_000, 288


def turns_of(storm: Storm) -> int:
    """How often the first path of a storm changes over; the walker remembers its last path."""
    ground, moves = storm.ground, storm.scenario.moves(0, 1)
    walker = Walker(ground, storm.n_steps)
    totals = PathTotals.empty(
        0, 1, assets=ground.n_assets, layers=ground.layers, drivers=moves.shape[2], n_steps=storm.n_steps
    )
    here = np.zeros(storm.n_steps, dtype=np.bool_)
    walker.walk(totals, 0, moves[0], np.ones_like(moves[0]), here, DETECTORS["index"])
    return int(walker.index.turn[TURNS])


@pytest.mark.parametrize("family", ["lending", "exchange", "troves"])
def test_long_storms_change_over_and_back_and_find_the_same(family: str) -> None:
    storms = [drawn_storm(family, seed, n_steps=160) for seed in range(8)]
    turns = [turns_of(storm) for storm in storms]
    assert max(turns) >= 2
    for storm in storms:
        by_scan = storm.run(0, 3, detector="scan")
        for detector in ("index", "index_without_epochs"):
            found = storm.run(0, 3, detector=detector)
            for name in RESULTS:
                np.testing.assert_array_equal(getattr(found, name), getattr(by_scan, name), err_msg=name)


def test_a_storm_that_runs_away_changes_over_and_a_calm_one_does_not() -> None:
    """The scan counts every account as looked at: so the work tells which way a path took."""
    away, calm = cascade.ground_of(ACCOUNTS, 0.003), cascade.ground_of(ACCOUNTS, 0.3)
    looked = WORK.index("evaluations")
    raging = walk_paths(away, storm_books.day_paths(1, STEPS, 0.08, 0.15)).work[0, looked]
    assert ACCOUNTS * 20 < raging < ACCOUNTS * STEPS
    assert walk_paths(calm, storm_books.day_paths(1, STEPS, 0.03)).work[0, looked] < ACCOUNTS
