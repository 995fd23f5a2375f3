"""Contenders in turns: one process, interleaved rounds, the median of the ratios of each round.

Times of a shared machine differ by a factor of two from one minute to the next; the ratio of two
contenders within one round differs far less. So a claim is a ratio, and its spread is shown.
"""

from __future__ import annotations

import gc
import os
import platform
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from typing import Any

import numpy as np

ROUNDS = 7
PACKAGES = ("numpy", "numba", "pyarrow", "pydantic", "pyrevm")
NOISE = 0.8  # of the best memory speed seen: a slower round is left out


@dataclass(frozen=True)
class Contender:
    """One side of a claim: `run` is timed and returns what it computed, `prepare` is not timed.

    A side too slow to do the whole does a part of it: its time counts `times` over.
    """

    name: str
    run: Callable[[], Any]
    prepare: Callable[[], None] = lambda: None
    times: float = 1.0


@dataclass(frozen=True)
class Claim:
    """Ours against a peer that computes the same.

    Attributes:
        says: What is claimed, in one line.
        per: What one `run` does this many of: seconds are shown for one.
        differences: What the two outputs differ in, empty where they are the same.
        target: Least ratio aimed at; None where only the figure is of interest.
        is_favourable: False where the workload was chosen to be the worst for us.
        remark: What to say about our answer, beside the figures.
    """

    name: str
    says: str
    ours: Contender
    peer: Contender
    differences: Callable[[Any, Any], list[str]]
    per: int = 1
    target: float | None = None
    is_favourable: bool = True
    remark: Callable[[Any], str] = lambda answer: ""


@dataclass(frozen=True)
class Row:
    """A line of the table; `ratio` is peer / ours, above 1 where ours is faster (or smaller)."""

    name: str
    says: str
    unit: str
    ours: float | None = None
    peer: float | None = None
    ratio: float | None = None
    low: float | None = None
    high: float | None = None
    target: float | None = None
    rounds: int = 0
    is_favourable: bool = True
    differences: Sequence[str] = ()
    note: str = ""


def compare(claim: Claim, rounds: int = ROUNDS) -> Row:
    """Measure one claim: a warm-up whose outputs are compared, then rounds in alternating order."""
    answer = _timed(claim.ours)[1]
    found, remark = claim.differences(answer, _timed(claim.peer)[1]), claim.remark(answer)
    del answer
    times: list[tuple[float, float, float]] = []
    for number in range(rounds):
        speed = memory_speed()
        sides = [claim.ours, claim.peer] if number % 2 else [claim.peer, claim.ours]
        answers = {side.name: _timed(side) for side in sides}
        ours, peer = answers[claim.ours.name], answers[claim.peer.name]
        found = found or claim.differences(ours[1], peer[1])
        times.append((speed, ours[0], peer[0]))
        del answers, ours, peer
    quiet = [item for item in times if item[0] >= NOISE * max(speed for speed, _, _ in times)]
    is_noisy = 2 * len(quiet) < rounds
    kept = times if is_noisy else quiet
    ratios = [peer / ours for _, ours, peer in kept]
    return Row(
        claim.name,
        claim.says,
        "s",
        statistics.median(ours for _, ours, _ in kept) / claim.per,
        statistics.median(peer for _, _, peer in kept) / claim.per,
        statistics.median(ratios),
        min(ratios),
        max(ratios),
        claim.target,
        len(kept),
        claim.is_favourable,
        tuple(found[:5]),
        "; ".join(word for word in (remark, "noisy" if is_noisy else "") if word),
    )


def _timed(side: Contender) -> tuple[float, Any]:
    side.prepare()
    gc.collect()
    start = time.perf_counter()
    answer = side.run()
    return (time.perf_counter() - start) * side.times, answer


def memory_speed(count: int = 2_000_000) -> float:
    """Return how fast this machine streams memory just now [bytes per second]."""
    a, b = np.ones(count), np.ones(count)
    start = time.perf_counter()
    np.add(a, b, out=a)
    return 24 * count / (time.perf_counter() - start)


def surroundings() -> dict[str, Any]:
    """Return what a figure depends on: versions, processor, cores, load."""
    return {
        "date": time.strftime("%Y-%m-%d", time.gmtime()),
        "python": platform.python_version(),
        "packages": {name: found for name in PACKAGES if (found := _version(name))},
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)),
        "load_average": [round(load, 1) for load in os.getloadavg()],
        "system": f"{platform.system()} {platform.machine()}",
    }


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return ""


def _processor() -> str:
    with open("/proc/cpuinfo", encoding="utf-8") as lines:
        found = next((line for line in lines if line.startswith("model name")), ": unknown")
    return found.partition(":")[2].strip()
