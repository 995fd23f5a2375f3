"""Rows that fail and wait may sleep: nothing but the work tells that they do."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest

from seawall.simulation.engine import DETECTORS, Detector, Walker
from seawall.simulation.kernels.compiling import kernel
from seawall.simulation.kernels.queue import MOVES, sort_queue
from seawall.simulation.liquidators import Liquidators
from seawall.simulation.storm import Storm
from seawall.simulation.totals import PathTotals
from tests.simulation.worlds import scenario_of, world_of

RESULTS = [item.name for item in fields(PathTotals) if item.name not in ("first", "work")]
ASKING: dict[str, dict[str, Any]] = {
    "for gas": {"gas": 2_000.0},
    "for more than the bonus": {"profit_min_bps": 600.0},
    "for little, at times away": {"gas": 20.0, "absent_share": 0.4, "absent_mean_s": 1800.0},
    "with two slots": {"gas": 500.0, "slots_max": 2},
    "with no slot": {"slots_max": 0},
}


def asking(seed: int, **wanted: Any) -> Storm:
    """A drawn pool without borrowers who act, whose liquidators want so much."""
    drawn = scenario_of("lending", seed, n_steps=60)
    wishes = {"liquidators": Liquidators(**wanted), "borrowers": None}
    return Storm.of(*world_of("lending", seed), drawn.model_copy(update=wishes))


@pytest.mark.parametrize("wanted", ASKING.values(), ids=ASKING.keys())
def test_a_storm_ends_as_one_in_which_nobody_sleeps(wanted: dict[str, Any]) -> None:
    """By scan nobody sleeps."""
    for seed in range(10):
        storm = asking(seed, **wanted)
        by_scan = storm.run(0, 2, detector="scan")
        for detector in ("index", "index_without_epochs"):
            found = storm.run(0, 2, detector=detector)
            for name in RESULTS:
                np.testing.assert_array_equal(getattr(found, name), getattr(by_scan, name), err_msg=name)


def slept(storm: Storm, detector: Detector = "index", *, are_there: bool = False) -> bool:
    """Whether anybody slept on the first path; the walker remembers its last path."""
    ground, moves = storm.ground, storm.scenario.moves(0, 1)
    walker = Walker(ground, storm.n_steps)
    totals = PathTotals.empty(
        0, 1, assets=ground.n_assets, layers=ground.layers, drivers=moves.shape[2], n_steps=storm.n_steps
    )
    absent = storm.scenario.absences(0, 1)[0] & (not are_there)
    walker.walk(totals, 0, moves[0], np.ones_like(moves[0]), absent, DETECTORS[detector])
    return bool((walker.thread.sleepers.item.owed != 0.0).any())


@pytest.mark.parametrize("wanted", ASKING.values(), ids=ASKING.keys())
def test_by_index_some_sleep_and_by_scan_nobody_does(wanted: dict[str, Any]) -> None:
    storms = [asking(seed, **wanted) for seed in range(6)]
    assert any(slept(storm) for storm in storms)
    assert not any(slept(storm, "scan") for storm in storms)


def test_nobody_sleeps_while_calls_need_not_pay() -> None:
    assert not any(slept(asking(seed, asks=False), are_there=True) for seed in range(6))


@kernel
def put_in_order(queue: Any, since: Any, spare: Any, rank: Any) -> None:
    sort_queue(queue, queue.size, since, spare, rank)  # type: ignore[no-untyped-call]  # compiled


@pytest.mark.parametrize("order", ["nearly", "backwards", "any"])
def test_a_queue_is_served_by_time_then_spare_then_id(order: str) -> None:
    """Nearly in order by inserting, else by a heap: beyond `MOVES` a row inserting gives up."""
    chance = np.random.default_rng(3)
    rows = 20 * MOVES
    since = chance.integers(0, 3, rows).astype(np.int32)
    spare = np.round(-chance.random(rows), 1)
    rank = chance.permutation(rows).astype(np.int32)
    right = np.lexsort((rank, spare, since))
    queue = {
        "nearly": np.concatenate([right[:5][::-1], right[5:]]),
        "backwards": right[::-1].copy(),
        "any": chance.permutation(rows),
    }[order]
    put_in_order(queue, since, spare, rank)
    np.testing.assert_array_equal(queue, right)
