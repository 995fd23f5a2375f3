"""Simulate all paths of a run: chunk by chunk, kept on disk if wanted, put together at the end."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from seawall.resolution import Progress
from seawall.runs.chunks import Chunk, ChunkStore, chunks_of, missing
from seawall.runs.execute import Gather, Job, in_threads
from seawall.simulation.scenario import Scenario
from seawall.simulation.totals import PathTotals

__all__ = ["chunk_size", "run_key", "simulate"]

_MOVES_AT_ONCE = 1 << 21
_CHUNK_MAX = 1 << 10


def simulate(
    job: Job,
    *,
    gather: Gather | None = None,
    size: int = 0,
    store: ChunkStore | None = None,
    progress: Progress | None = None,
) -> PathTotals:
    """Return the totals of all paths of the scenario.

    Args:
        gather: Who does it; threads of this process when None.
        size: Paths in a chunk, which changes nothing but how often chunks are kept; 0 chooses.
        store: Where finished chunks are kept, and found again; nowhere when None.
        progress: Called as progress("paths", done, total).
    """
    total = job.scenario.run.n_paths
    kept = store.load(total)[0] if store is not None else []
    parts = list(kept)
    done = sum(part.drawn for part in parts)
    left = missing(total, [Chunk(part.first, part.drawn) for part in parts])
    chunks = chunks_of(left, size or chunk_size(job.scenario))
    if progress:
        progress("paths", done, total)
    for totals in (gather or in_threads())(job, chunks) if chunks else ():
        if store is not None:
            store.save(totals)
        parts.append(totals)
        done += totals.drawn
        if progress:
            progress("paths", done, total)
    return PathTotals.joined(parts)


def chunk_size(scenario: Scenario) -> int:
    """Return how many paths make a chunk: about two million moves, and at least 32 chunks a run."""
    moves = scenario.run.n_steps * len(scenario.markets)
    return max(1, min(_CHUNK_MAX, _MOVES_AT_ONCE // moves, -(-scenario.run.n_paths // 32)))


def run_key(scenario: Scenario, inputs: Mapping[str, Any]) -> str:
    """Return the hash that chunks of a run carry: all that a path depends on, so not how many there are."""
    settings = scenario.model_dump(mode="json")
    settings["run"].pop("n_paths")
    text = json.dumps({"scenario": settings, "inputs": inputs}, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
