"""Finished chunks of a simulation on disk: so that a run which was stopped can go on.

A file is a line of JSON (what run it belongs to, which paths, a SHA-256) and the bytes of the totals.
It is written under another name and then renamed; one that was torn all the same, or that belongs to
another run, is found by its hash and its paths are simulated again.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from seawall.simulation.totals import PathTotals

__all__ = ["Chunk", "ChunkStore", "chunks_of", "missing"]

_SUFFIX = ".chunk"
_ARRAYS = PathTotals.columns()


@dataclass(frozen=True, slots=True, order=True)
class Chunk:
    """Paths `first` to `first + count - 1`."""

    first: int
    count: int


def chunks_of(paths: Iterable[Chunk], size: int) -> list[Chunk]:
    """Cut ranges of paths into chunks of at most `size` paths.

    >>> chunks_of([Chunk(0, 5)], 2)
    [Chunk(first=0, count=2), Chunk(first=2, count=2), Chunk(first=4, count=1)]
    """
    return [
        Chunk(first, min(size, whole.first + whole.count - first))
        for whole in paths
        for first in range(whole.first, whole.first + whole.count, size)
    ]


def missing(n_paths: int, done: Iterable[Chunk]) -> list[Chunk]:
    """Return the ranges of `n_paths` paths that no finished chunk holds.

    >>> missing(10, [Chunk(2, 3), Chunk(7, 1)])
    [Chunk(first=0, count=2), Chunk(first=5, count=2), Chunk(first=8, count=2)]
    """
    found, place = [], 0
    for chunk in sorted(chunk for chunk in done if chunk.first < n_paths):
        if chunk.first > place:
            found.append(Chunk(place, chunk.first - place))
        place = max(place, chunk.first + chunk.count)
    if place < n_paths:
        found.append(Chunk(place, n_paths - place))
    return found


@dataclass(frozen=True, slots=True)
class ChunkStore:
    """Chunks of one run in one folder.

    Attributes:
        folder: Where they lie; made when the first is saved.
        key: Hash of all inputs of the run: chunks of another key are not of this run.
    """

    folder: Path
    key: str

    def save(self, totals: PathTotals) -> None:
        """Write the totals of a chunk, whole or not at all."""
        self.folder.mkdir(parents=True, exist_ok=True)
        body = _body(totals)
        head = {
            "key": self.key,
            "first": totals.first,
            "count": totals.drawn,
            "sha256": hashlib.sha256(body).hexdigest(),
        }
        path = self.folder / f"{totals.first:012d}{_SUFFIX}"
        scratch = path.with_suffix(".part")
        scratch.write_bytes(json.dumps(head, sort_keys=True).encode() + b"\n" + body)
        os.replace(scratch, path)

    def load(self, n_paths: int) -> tuple[list[PathTotals], int]:
        """Return the chunks of this run among its first `n_paths` paths, and how many files were unfit."""
        kept: list[PathTotals] = []
        unfit, end = 0, 0
        for path in sorted(self.folder.glob(f"*{_SUFFIX}")):
            found = self._read(path)
            if found is None or found.first < end or found.first + found.drawn > n_paths:
                unfit += 1
                continue
            kept.append(found)
            end = found.first + found.drawn
        return kept, unfit

    def _read(self, path: Path) -> PathTotals | None:
        head, _, body = path.read_bytes().partition(b"\n")
        try:
            told = json.loads(head)
            is_ours = told["key"] == self.key and told["sha256"] == hashlib.sha256(body).hexdigest()
            if not is_ours:
                return None
            totals = PathTotals(told["first"], told["count"], **dict(_arrays(body)))
        except (ValueError, KeyError, TypeError, EOFError):
            return None
        return totals if len(totals) <= totals.drawn else None


def _body(totals: PathTotals) -> bytes:
    out = io.BytesIO()
    for name in _ARRAYS:
        np.save(out, np.ascontiguousarray(getattr(totals, name)), allow_pickle=False)
    return out.getvalue()


def _arrays(body: bytes) -> Iterator[tuple[str, np.ndarray]]:
    source = io.BytesIO(body)
    for name in _ARRAYS:
        yield name, np.load(source, allow_pickle=False)
