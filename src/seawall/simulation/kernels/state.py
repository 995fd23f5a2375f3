"""What a path is walked with: the policies of the venue, and what a thread writes over and over."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seawall.simulation.kernels.bearers import Charged
from seawall.simulation.kernels.columns import Floats, Ints
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.rivals import Winners
from seawall.simulation.kernels.sleepers import Sleepers
from seawall.simulation.kernels.together import Together, start_together

CLOSE_FACTOR, FULL, TARGET_HEALTH = range(3)
"""Sizes of a liquidation."""

BY_SCAN, BY_INDEX, BY_INDEX_WITHOUT_EPOCHS = range(3)
YEAR_S = 31_536_000.0


class Venue(NamedTuple):
    """The policies of a rulebook, and how long a step is; plain numbers.

    Attributes:
        is_lending: A lending account is called, a margin account closed out.
        hands_over: A lending account is handed over whole in place of being called.
        size, target_health: Size policy; the health to reach [wad].
        recognises_empty, needs_call: Whether debt without collateral is written off, and only by a call.
        rounds_max: Most calls of one account in one go.
        price_scale, value_scale, bonus_unit: Units of the rules: 10 ** price_decimals, value units in one
            unit of base currency, and a bonus factor of 1.
        step_s: Length of a step [s].
        epoch: Steps after which thresholds refer to new prices.
        repeats: How often detection may repeat within a step.
    """

    is_lending: bool
    hands_over: bool
    size: int
    target_health: float
    recognises_empty: bool
    needs_call: bool
    rounds_max: int
    price_scale: float
    value_scale: float
    bonus_unit: float
    step_s: float
    epoch: int
    repeats: int


class Thread(NamedTuple):
    """What one thread writes over and over; allocated once.

    Attributes:
        q: Quantities now, the only copy of the book, shape (n_legs,).
        queue: Failing rows, shape (N + 1,).
        since: Step in which each row was detected, -1 none.
        spare: Excess of each row per value owed or held [1], below 0 where it fails.
        cohort_of: Cohort of each row (read only).
        is_closed: Rows that can fail no more.
        is_changed, changed, changes: Rows to be restored for the next path.
        defaults: Loss by asset of one account [base currency].
        surplus: Surplus by code in one step [quanta].
        growth: Supply and debt indexes relative to the start, shape (2 n_assets,).
        seen, traded: Log moves of the drivers: what the venue sees, what the market trades at.
        shared: What suppliers of each asset are to share of the losses of a pass [millionths].
        winners: Those whose positions are closed to bear the losses of others.
        together: Sums over all accounts, and what is spread over them.
        is_loose, loose, n_loose: Rows without a threshold, looked at in every pass, since they sold what they
            held or were closed in part: which, listed, and how many, shape (1,).
        sleepers: Rows that fail and wait for prices to change: not in `queue`, though `since` is theirs.
        charged: What accounts are charged for the losses of others.
        rewrites: How often all rows were changed at once on this path, shape (1,).
    """

    q: Floats
    queue: Ints
    since: NDArray[np.int32]
    spare: Floats
    cohort_of: NDArray[np.int32]
    is_closed: NDArray[np.bool_]
    is_changed: NDArray[np.bool_]
    changed: NDArray[np.int32]
    changes: Ints
    defaults: Floats
    surplus: Floats
    growth: Floats
    seen: Floats
    traded: Floats
    shared: Floats
    winners: Winners
    together: Together
    is_loose: NDArray[np.bool_]
    loose: NDArray[np.int32]
    n_loose: Ints
    sleepers: Sleepers
    charged: Charged
    rewrites: Ints


@inner
def legs_at(cohorts, cohort, row):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return (first leg, legs) of a row."""
    width = cohorts.width[cohort]
    return cohorts.leg_first[cohort] + (row - cohorts.first[cohort]) * width, width


@inner
def restore(cohorts, q_start, thread):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Put every row that the last path changed back to the start."""
    for which in range(thread.changes[0]):
        row = np.int64(thread.changed[which])
        at, width = legs_at(cohorts, thread.cohort_of[row], row)
        for leg in range(at, at + width):
            thread.q[leg] = q_start[leg]
        thread.is_changed[row] = False
        thread.is_closed[row] = False
        thread.since[row] = -1
        thread.is_loose[row] = False
    thread.changes[0] = 0
    thread.n_loose[0] = 0
    thread.rewrites[0] = 0
    thread.sleepers.asleep[0] = 0
    thread.growth[:] = 1.0
    start_together(thread.together)


@inner
def note_change(thread, row):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Remember that a row is to be restored."""
    if not thread.is_changed[row]:
        thread.is_changed[row] = True
        thread.changed[thread.changes[0]] = row
        thread.changes[0] += 1


@inner
def note_loose(thread, row):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Remember that a row sold, or was closed in part: its threshold says nothing now."""
    if not thread.is_loose[row]:
        thread.is_loose[row] = True
        thread.loose[thread.n_loose[0]] = row
        thread.n_loose[0] += 1


@inner
def note_rewrite(thread):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Remember that any row may have changed: all are to be restored, and no threshold says anything now.

    `walk.detect` has each index over these rows built anew before it is next asked.
    """
    for row in range(thread.since.size):
        note_change(thread, row)
    thread.rewrites[0] += 1
