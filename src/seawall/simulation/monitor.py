"""A book that is watched: each tick tells who became liquidatable and who is safe again.

The cost of a tick follows the accounts that could have changed sides, not the accounts held.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.errors import InputError, Problem
from seawall.simulation.kernels.columns import CodeSets
from seawall.simulation.kernels.compiling import for_types_of
from seawall.simulation.kernels.monitor import (
    BLOCK,
    EVALUATIONS,
    REFERENCES,
    SLOT,
    WAKES,
    Watch,
    take_all,
    take_rows,
    take_tick,
)
from seawall.simulation.kernels.scan import detect_by_scan
from seawall.simulation.storm_book import StormBook, new_prices, refuse_portfolios

__all__ = ["Changes", "Monitor", "Work"]

ROWS_PER_BLOCK = 64
"""Few enough that reading all their thresholds takes no longer than a heap; more make p99 worse."""

REFERENCES_PER_TICK = 128
"""Blocks that may be evaluated whole in one tick to get a nearer reference."""


@dataclass(frozen=True, eq=False)
class Changes:
    """Rows of the storm book that changed sides, in no order.

    Attributes:
        failing: Liquidatable now, and not before.
        safe: Not liquidatable any more.
    """

    failing: NDArray[np.int64]
    safe: NDArray[np.int64]


NOBODY = Changes(np.empty(0, dtype=np.int64), np.empty(0, dtype=np.int64))
"""What most ticks change."""


@dataclass(frozen=True, slots=True)
class Work:
    """What a monitor has done so far: accounts evaluated, blocks woken, blocks given a new reference."""

    evaluations: int
    wakes: int
    references: int


class Monitor:
    """The state of a watched book: prices, quantities, and what may happen before anybody fails.

    Indexes stand still: interest that accrues is told as a new layout of the book. An account that
    gets a leg of a kind it did not have needs a new layout too.

    Raises:
        UnsupportedFeature: The book has accounts margined as portfolios (`storm_portfolio`).
    """

    def __init__(
        self, storm: StormBook, *, rows_per_block: int = ROWS_PER_BLOCK, references: int = REFERENCES_PER_TICK
    ) -> None:
        refuse_portfolios(storm, "the monitor")
        self.storm = storm
        self.q = storm.q.copy()
        self.seen = np.zeros(len(storm.drivers))
        self.prices = new_prices(storm.codes)
        self._references = int(references)
        self._index = np.ones(int(storm.codes.item.index.max(initial=-1)) + 1)
        self._around = storm.codes._replace(item=storm.codes.item.copy())
        self._watch, self._block_first = _watch(storm, rows_per_block)
        state = (self._watch, self._around, self.prices, storm.cohorts.code, self.q, self.seen)
        take_all(*state, self._index)
        self._tick = for_types_of(take_tick, *state, self._index, 0, 0.0, self._references)
        nobody = np.empty(0, dtype=np.int64)
        self._replace = for_types_of(take_rows, *state, nobody, nobody)

    def tick(self, driver: int, move: float) -> Changes:
        """Take the new price of a market.

        Args:
            driver: Number of the market, as in `storm.drivers`.
            move: ln(price / price at the start).

        Raises:
            InputError: No such market, or a move that is not finite (`monitor_tick`).
        """
        if not (0 <= driver < len(self.seen) and math.isfinite(move)):
            message = (
                f"market {driver} moved to {move}, expected a market below {len(self.seen)}, a finite move"
            )
            raise InputError.of([Problem("monitor_tick", message, "tick")])
        count = self._tick(
            self._watch,
            self._around,
            self.prices,
            self.storm.cohorts.code,
            self.q,
            self.seen,
            self._index,
            int(driver),
            float(move),
            self._references,
        )
        return self._changes(count)

    def replace(self, rows: NDArray[np.int64], quantities: NDArray[np.float64]) -> Changes:
        """Take new quantities of accounts.

        Args:
            rows: Rows of the storm book, each once.
            quantities: Of all their legs, one account after the other [quanta]; 0 for a leg that is gone.

        Raises:
            InputError: Not one quantity for each leg, a sign that is not the leg's own kind, or a row
                that is not in the book (`monitor_rows`).
        """
        rows = np.ascontiguousarray(rows, dtype=np.int64)
        legs = self._legs_of(rows)
        if len(legs) != len(quantities) or not np.isfinite(quantities).all():
            message = f"{len(quantities)} quantities for {len(legs)} legs, expected a finite one for each"
            raise InputError.of([Problem("monitor_rows", message, "replace")])
        self.q[legs] = quantities
        which = np.searchsorted(self._block_first, rows, side="right") - 1
        code, prices = self.storm.cohorts.code, self.prices
        return self._changes(
            self._replace(self._watch, self._around, prices, code, self.q, self.seen, rows, which)
        )

    @property
    def failing(self) -> NDArray[np.int64]:
        """Rows that are liquidatable now, in order."""
        return np.flatnonzero(self._watch.is_failing)

    @property
    def work(self) -> Work:
        """What was done so far, the start included."""
        done = self._watch.counters
        return Work(int(done[EVALUATIONS]), int(done[WAKES]), int(done[REFERENCES]))

    @property
    def byte_count(self) -> int:
        """Bytes held beside the storm book."""
        return int(self.q.nbytes + sum(part.nbytes for part in self._watch))

    def rescan(self) -> NDArray[np.int64]:
        """Return the rows that are liquidatable now, every one evaluated: what all ticks must agree with."""
        found = np.empty(len(self.storm), dtype=np.int64)
        is_closed = np.zeros(len(self.storm), dtype=np.bool_)
        storm = self.storm
        count = detect_by_scan(storm.cohorts, storm.codes, self.prices, self.q, is_closed, found)
        return np.sort(found[:count])

    def _changes(self, count: int) -> Changes:
        if not count:
            return NOBODY
        rows = self._watch.changed[:count].copy()
        fails = self._watch.is_failing[rows]
        return Changes(rows[fails], rows[~fails])

    def _legs_of(self, rows: NDArray[np.int64]) -> NDArray[np.int64]:
        if len(rows) and not (rows.min() >= 0 and rows.max() < len(self.storm)):
            message = f"rows {rows.min()} to {rows.max()}, expected 0 to {len(self.storm) - 1}"
            raise InputError.of([Problem("monitor_rows", message, "replace")])
        cohorts = self.storm.cohorts
        cohort = np.searchsorted(cohorts.first, rows, side="right") - 1
        width = cohorts.width[cohort]
        first = cohorts.leg_first[cohort] + (rows - cohorts.first[cohort]) * width
        ends = np.cumsum(width)
        return np.repeat(first - (ends - width), width) + np.arange(ends[-1] if len(ends) else 0)


def _watch(storm: StormBook, rows_per_block: int) -> tuple[Watch, NDArray[np.int64]]:
    cohorts, rows = storm.cohorts, len(storm)
    size = np.diff(cohorts.first)
    blocks = -(-size // rows_per_block)
    cohort = np.repeat(np.arange(len(size)), blocks)
    part = np.arange(len(cohort)) - np.repeat(np.cumsum(blocks) - blocks, blocks)
    block = np.zeros(len(cohort), dtype=BLOCK).view(np.recarray)
    block.first = cohorts.first[cohort] + part * rows_per_block
    block.end = np.minimum(cohorts.first[cohort] + (part + 1) * rows_per_block, cohorts.first[cohort + 1])
    block.width = cohorts.width[cohort]
    block.leg = cohorts.leg_first[cohort] + part * rows_per_block * block.width
    block.is_plain = cohorts.is_plain[cohort]
    for_code, for_count = _members(storm.for_sets, cohorts.collateral_set[cohort])
    against_code, against_count = _members(storm.against_sets, cohorts.debt_set[cohort])
    ends = np.cumsum(for_count + against_count)
    block.slot_end, block.slot = ends, ends - for_count - against_count
    block.against = block.slot + for_count
    slot = np.zeros(int(ends[-1]) if len(ends) else 0, dtype=SLOT).view(np.recarray)
    slot.code[_places(block.slot, for_count)] = for_code
    slot.code[_places(block.against, against_count)] = against_code
    level_block, driver_first = _levels(storm, block, slot)
    watch = Watch(
        block=block,
        slot=slot,
        threshold=np.empty(rows),
        is_failing=np.zeros(rows, dtype=np.bool_),
        driver_first=driver_first,
        level_block=level_block,
        down=np.empty(len(level_block)),
        up=np.empty(len(level_block)),
        roughness=np.zeros(len(storm.drivers)),
        changed=np.empty(rows, dtype=np.int64),
        counters=np.zeros(3, dtype=np.int64),
    )
    return watch, np.ascontiguousarray(block.first)


def _members(sets: CodeSets, chosen: NDArray[np.int32]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    # The codes of the chosen sets, one after the other, and how many each has.
    widths = (np.arange(sets.member.shape[1]) < sets.reach[:, None]).sum(axis=0)
    count = widths[chosen].astype(np.int64)
    which = np.repeat(chosen, count)
    place = np.arange(len(which)) - np.repeat(np.cumsum(count) - count, count)
    return sets.member[place, which].astype(np.int64), count


def _places(first: NDArray[np.int64], count: NDArray[np.int64]) -> NDArray[np.int64]:
    # first, first + 1, ... `count` of them, for each.
    return np.repeat(first - (np.cumsum(count) - count), count) + np.arange(count.sum())


def _levels(
    storm: StormBook, block: np.recarray[Any, Any], slot: np.recarray[Any, Any]
) -> tuple[NDArray[np.int32], NDArray[np.int64]]:
    # One level for each market of each block, side by side by market; slots are told theirs.
    owner = np.tile(np.repeat(np.arange(len(block)), block.slot_end - block.slot), 2)
    item = storm.codes.item
    driver = np.concatenate([item.driver[slot.code], item.driver_too[slot.code]]).astype(np.int64)
    moved = driver >= 0
    pair, place = np.unique(driver[moved] * len(block) + owner[moved], return_inverse=True)
    level = np.full(len(driver), -1)
    level[moved] = place
    slot.level, slot.level_too = level[: len(slot)], level[len(slot) :]
    first = np.searchsorted(pair, np.arange(len(storm.drivers) + 1) * len(block))
    return (pair % len(block)).astype(np.int32), first.astype(np.int64)
