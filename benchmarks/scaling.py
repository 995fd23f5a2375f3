"""How speed changes with the book and the market: measured once, kept as a small document, drawn.

`python -m benchmarks scaling --out DIR` writes `scaling.json` and the pictures. Every point is a ratio of two
sides in turns, or a rate, by the processor's own time of one thread; where both sides run a storm
their totals must be the same to the last bit. Index and scan are the two detectors of `walk_paths`.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks import pictures, storm_books
from benchmarks.cascade import STEPS, ground_of
from benchmarks.measure import surroundings
from benchmarks.monitor import Rescan
from benchmarks.revaluation import shares_of
from seawall.simulation.engine import Detector, Ground, walk_paths
from seawall.simulation.kernels.compiling import kernel
from seawall.simulation.monitor import Monitor
from seawall.simulation.revaluation import revalue
from seawall.simulation.storm_book import StormBook
from seawall.simulation.totals import PathTotals

ROUNDS = 3
ENOUGH_S = 0.5
"""Of processor time for one point: the large ones are as steady after one round."""

DEPTH, VOL, ACCOUNTS = 0.3, 0.03, 100_000
SIZES = (1_000, 10_000, 100_000, 1_000_000)
VOLS = (0.01, 0.03, 0.08, 0.16, 0.32)
PATHS = (1, 2, 4, 8)
DIVISIONS = (24, 96, 288, 1_440)
KINDS = (1, 10, 100, 1_000, 20_000)
SCENARIOS = 1_000
STREAM, SIDE = 8_000_000, 1_000

BLAS_THREADS = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")
PRODUCT = """
import sys, time, numpy
a = numpy.random.default_rng(1).random((int(sys.argv[1]),) * 2).astype(sys.argv[2])
times = []
for _ in range(7):
    start = time.thread_time()
    a @ a
    times.append(time.thread_time() - start)
print(min(times))
"""

Row = dict[str, float]


def write(folder: Path) -> dict[str, Any]:
    """Measure everything, and write the document and the pictures into a folder.

    Raises:
        AssertionError: Index and scan gave other totals.
    """
    found = measured()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scaling.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    for name, text in pictures.drawn(found).items():
        (folder / name).write_text(text, encoding="utf-8")
    return found


def measured() -> dict[str, Any]:
    """Return all that the pictures show."""
    moves = storm_books.day_paths(2, STEPS, VOL)
    _compared(_ground(SIZES[0]), moves)  # compiles
    cells = [(size, vol) for size in SIZES for vol in VOLS]
    return {
        "surroundings": surroundings(),
        "size_and_vol": [_cell(size, vol) for size, vol in cells],
        "paths": [
            {"paths": count, **_compared(_ground(), storm_books.day_paths(count, STEPS, VOL))}
            for count in PATHS
        ],
        "steps": [
            {"steps": count, **_compared(_ground(), storm_books.day_paths(1, count, VOL))}
            for count in DIVISIONS
        ],
        "cohorts": [_of_kinds(kinds, moves) for kinds in KINDS],
        "threads": [_in_threads(threads) for threads in (1, 2)],
        "roofline": _roofline(),
    }


@dataclass(frozen=True)
class Timed:
    """Least processor time of one thread over the rounds [s], and what came of it."""

    seconds: float
    answer: Any


def best(*sides: Callable[[], Any]) -> list[Timed]:
    """Return the least time of each side; they take turns, until they have taken enough."""
    answers: list[Any] = [None for _ in sides]
    times: list[list[float]] = [[] for _ in sides]
    for number in range(ROUNDS):
        for which in range(len(sides))[:: 1 if number % 2 else -1]:
            gc.collect()
            start = time.thread_time()
            answers[which] = sides[which]()
            times[which].append(time.thread_time() - start)
        if sum(sum(each) for each in times) > ENOUGH_S:
            break
    return [Timed(min(each), answer) for each, answer in zip(times, answers, strict=True)]


def _ground(accounts: int = ACCOUNTS) -> Ground:
    return ground_of(accounts, DEPTH)


def _cell(size: int, vol: float) -> Row:
    paths = 8 if size < ACCOUNTS else 1
    found = _compared(_ground(size), storm_books.day_paths(paths, STEPS, vol))
    return {"accounts": size, "vol": vol, **found}


def _compared(ground: Ground, moves: NDArray[np.float64]) -> Row:
    def by(detector: Detector) -> Callable[[], PathTotals]:
        return lambda: walk_paths(ground, moves, detector=detector)

    index, scan = best(by("index"), by("scan"))
    assert np.array_equal(index.answer.recognised, scan.answer.recognised), "index and scan differ"
    assert np.array_equal(index.answer.end_move, scan.answer.end_move), "index and scan differ"
    liquidations = float(index.answer.count("liquidations").sum())
    paths, rows = len(moves), len(ground.storm)
    return {
        "cohorts": len(ground.storm.cohorts.width),
        "ms_a_path": 1e3 * index.seconds / paths,
        "scan_ms_a_path": 1e3 * scan.seconds / paths,
        "gain": scan.seconds / index.seconds,
        "liquidations_an_account": liquidations / paths / rows,
        "touched": float(index.answer.work[:, 3].sum()) / paths / rows,
        "evaluations_of_account_steps": float(index.answer.work[:, 1].sum()) / (moves[:, :, 0].size * rows),
    }


def _of_kinds(kinds: int, moves: NDArray[np.float64]) -> Row:
    # As many accounts, drawn from the largest cohorts alone: real legs, fewer kinds of accounts.
    whole = storm_books.multi_asset(SIZES[-1])
    chosen = np.argsort(-np.diff(whole.cohorts.first), kind="stable")[:kinds]
    ground = replace(_ground(), storm=drawn_from(whole, chosen, ACCOUNTS))
    return {"kinds": kinds, **_compared(ground, moves)}


def drawn_from(whole: StormBook, chosen: NDArray[np.intp], accounts: int) -> StormBook:
    """Return a book of accounts of the chosen cohorts, with replacement."""
    cohorts, chance = whole.cohorts, np.random.default_rng(9)
    rows = np.concatenate([np.arange(cohorts.first[each], cohorts.first[each + 1]) for each in chosen])
    row = chance.choice(rows, accounts)
    cohort = np.searchsorted(cohorts.first, row, side="right") - 1
    width = cohorts.width[cohort]
    first = cohorts.leg_first[cohort] + (row - cohorts.first[cohort]) * width
    ends = np.cumsum(width)
    leg = np.repeat(first - (ends - width), width) + np.arange(ends[-1])
    account = np.repeat(np.arange(accounts), width)
    return storm_books.laid_out(account, cohorts.code[leg].astype(np.int64), whole.q[leg], accounts)


def _in_threads(threads: int) -> Row:
    # Here the clock on the wall counts: what a second thread brings.
    ground, moves = _ground(), storm_books.day_paths(8, STEPS, VOL)
    walk_paths(ground, moves, threads=threads)
    times = []
    for _ in range(2 * ROUNDS):
        start = time.perf_counter()
        walk_paths(ground, moves, threads=threads)
        times.append(time.perf_counter() - start)
    return {"threads": threads, "ms_a_path": 1e3 * min(times) / len(moves)}


def _roofline() -> dict[str, Any]:
    a, b, c = (np.ones(STREAM) for _ in range(3))
    triad(a[:9], b[:9], c[:9])  # type: ignore[no-untyped-call]  # compiles, as do the next
    book = storm_books.multi_asset(SIZES[-1])
    monitor, shares = Monitor(book), shares_of(book)
    legs, rows = len(book.q) / len(book), len(book)
    rescan = Rescan(book)
    moves = storm_books.shocks(SCENARIOS, 0.05)
    rescan(monitor)
    revalue(storm_books.multi_asset(SIZES[0]), shares, moves[:64])
    stream, scan, plain, pruned = best(
        lambda: triad(a, b, c),  # type: ignore[no-untyped-call]  # compiled
        lambda: rescan(monitor),
        lambda: revalue(book, shares, moves, prune=False),
        lambda: revalue(book, shares, moves),
    )
    pairs = rows * SCENARIOS
    path = _compared(_ground(SIZES[-1]), storm_books.day_paths(1, STEPS, VOL))
    point = {"legs": legs, "bytes_a_look": 8 * legs, "operations_a_look": 2 * legs}
    return {
        "stream_bytes_a_s": 24 * STREAM / stream.seconds,
        "gemm_fp64_a_s": _product("float64"),
        "gemm_fp32_a_s": _product("float32"),
        **point,
        "scenarios": SCENARIOS,
        "looks_a_s": {
            "scan, one thread": rows / scan.seconds,
            "storm by scan": rows * STEPS / (path["scan_ms_a_path"] / 1e3),
            "storm by index": rows * STEPS / (path["ms_a_path"] / 1e3),
            "revaluation, every pair": pairs / plain.seconds,
            "revaluation, pruned": pairs / pruned.seconds,
        },
    }


def _product(precision: str) -> float:
    # In a process of its own, told beforehand to use one thread: operations a second.
    ran = subprocess.run(
        [sys.executable, "-c", PRODUCT, str(SIDE), precision],
        env={**os.environ, **dict.fromkeys(BLAS_THREADS, "1")},
        check=True,
        capture_output=True,
        text=True,
    )
    return 2 * SIDE**3 / float(ran.stdout)


@kernel
def triad(a, b, c):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Stream three arrays: a = b + 3 c."""
    for item in range(a.size):
        a[item] = b[item] + 3.0 * c[item]
