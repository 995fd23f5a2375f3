"""Chance by name: each path draws each thing from a stream of its own.

A stream is named by (seed, name, path) and by nothing else. So a path is the same whatever chunk,
thread or worker computes it, and two runs that differ in one part of a model share the chance of
all other parts (common random numbers): more jumps leave the Brownian moves as they were.

The key of the generator is a hash of seed and name; the path number is the high word of its
counter, so the streams of a name are 2**192 draws apart and never meet.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import numpy as np
from numpy.random import Generator, Philox
from numpy.typing import NDArray

from seawall.errors import InputError

__all__ = ["PILOT_FIRST", "StreamFamily", "normals", "stream", "uniforms"]

PILOT_FIRST = 2**62
"""Number of the first path of a pilot: no run has so many."""

_PATHS_MAX = 2**64


class StreamFamily:
    """The streams of one seed and name, one per path; the hash is made once."""

    def __init__(self, seed: int, name: str) -> None:
        digest = hashlib.sha256(f"seawall stream 1\0{seed}\0{name}".encode()).digest()
        self._key = np.frombuffer(digest[:16], dtype="<u8").astype(np.uint64)

    def path(self, number: int) -> Generator:
        """Return the generator of one path, at its start.

        Raises:
            InputError: The path number is negative or does not fit 64 bits.
        """
        return next(self.paths((number,)))

    def paths(self, numbers: Iterable[int]) -> Iterator[Generator]:
        """Yield the generator of each path, at its start; it is that path's until the next is asked for.

        Raises:
            InputError: A path number is negative or does not fit 64 bits.
        """
        # Setting the state back takes a tenth of the time of a new generator.
        bits = Philox(key=self._key)
        generator, start = Generator(bits), bits.state
        for number in numbers:
            if not 0 <= number < _PATHS_MAX:
                raise InputError(f"path number is {number}, expected 0 to 2^64 - 1", code="out_of_range")
            start["state"]["counter"][3] = number
            bits.state = start
            yield generator


def stream(seed: int, name: str, path: int) -> Generator:
    """Return the generator of one named thing on one path.

    Args:
        seed: Of the run, any whole number.
        name: What is drawn: "moves", "jumps", ...
        path: Number of the path, from 0.

    Raises:
        InputError: The path number is negative or does not fit 64 bits.

    Source:
        Philox 4x64-10: Salmon et al., Parallel Random Numbers: As Easy as 1, 2, 3 (2011). What a
        generator makes of its bits belongs to NumPy and may change with its version.

    >>> stream(7, "moves", 3).integers(10**6) == stream(7, "moves", 3).integers(10**6)
    True
    """
    return StreamFamily(seed, name).path(path)


def normals(seed: int, name: str, *, first: int, count: int, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Draw standard normals for many paths, shape (count, *shape).

    Where the first axis of `shape` is time, a longer path begins with the shorter one.
    """
    drawn = np.empty((count, *shape))
    for row, generator in zip(
        drawn, StreamFamily(seed, name).paths(range(first, first + count)), strict=True
    ):
        generator.standard_normal(out=row)
    return drawn


def uniforms(seed: int, name: str, *, first: int, count: int, shape: tuple[int, ...]) -> NDArray[np.float64]:
    """Draw uniforms in [0, 1) for many paths, shape (count, *shape); see `normals`."""
    drawn = np.empty((count, *shape))
    for row, generator in zip(
        drawn, StreamFamily(seed, name).paths(range(first, first + count)), strict=True
    ):
        generator.random(out=row)
    return drawn
