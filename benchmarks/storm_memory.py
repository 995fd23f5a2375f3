"""Bytes that a storm holds, counted array by array: the book as laid out, and what each thread adds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from benchmarks.cascade import STEPS, ground_of
from benchmarks.measure import Row
from seawall.simulation.engine import Walker

ACCOUNTS, DEPTH, THREADS = 1_000_000, 0.3, 2
BOOKS, OF_A_THREAD = 3, 50
"""The limit: three times the book, and fifty bytes an account and thread."""


@dataclass(frozen=True)
class Held:
    """Bytes of a storm: the book and all that threads share, and what one thread adds."""

    accounts: int
    book: int
    shared: int
    thread: int

    def of(self, threads: int) -> int:
        """Return all bytes with this many threads."""
        return self.shared + threads * self.thread

    def limit(self, threads: int) -> int:
        """Return what is aimed at."""
        return BOOKS * self.book + OF_A_THREAD * threads * self.accounts


def held(accounts: int) -> Held:
    """Count the bytes of a storm over the synthetic book."""
    ground = ground_of(accounts, DEPTH)
    counted: dict[int, int] = {}
    book = sum(bytes_of(ground.storm, counted))
    shared = book + sum(bytes_of(ground, counted))
    return Held(accounts, book, shared, sum(bytes_of(Walker(ground, STEPS), counted)))


def bytes_of(thing: Any, counted: dict[int, int]) -> Iterator[int]:
    """Tell the bytes of every array in tuples, dataclasses and classes of ours, each buffer once.

    Args:
        counted: Buffers told before, and since.
    """
    if isinstance(thing, np.ndarray):
        while isinstance(thing.base, np.ndarray):
            thing = thing.base
        if id(thing) not in counted:
            counted[id(thing)] = thing.nbytes
            yield thing.nbytes
    elif isinstance(thing, tuple | list):
        for item in thing:
            yield from bytes_of(item, counted)
    elif is_dataclass(thing):
        for each in fields(thing):
            yield from bytes_of(getattr(thing, each.name), counted)
    elif type(thing).__module__.startswith("seawall"):
        for item in vars(thing).values():
            yield from bytes_of(item, counted)


def rows(rounds: int) -> Iterator[Row]:
    """Tell the bytes of a million accounts, with one thread and with two, beside the limit."""
    found = held(ACCOUNTS)
    for threads in (1, THREADS):
        yield Row(
            f"storm_memory.{threads}",
            f"{ACCOUNTS:,} accounts, {threads} threads: bytes counted, against three books and 50 an account",
            "GB",
            found.of(threads) / 1e9,
            found.limit(threads) / 1e9,
            found.limit(threads) / found.of(threads),
            target=1.0,
            note=(
                f"an account: {found.book / ACCOUNTS:.0f} bytes of the book, "
                f"{found.thread / ACCOUNTS:.0f} of each thread"
            ),
        )
