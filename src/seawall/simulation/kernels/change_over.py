"""When so many accounts are within reach that looking at everybody costs less, and the way back.

A look by index pays for every account it reaches what a scan pays for `SCANNED_PER_LOOK` of all accounts,
and to build the index anew is a look at everybody. So a path changes over once its way has cost more than
the other would have by as much as that, counted down in steps in which it cost less: whatever comes, it pays
at most a small multiple of the better of both. Only work is counted, never time: a path takes the same
turns on every machine, and what it finds does not depend on them.

Source: renting until the rent has reached the price: Karlin, Manasse, Rudolph and Sleator, Competitive
snoopy caching (1988).
"""

from __future__ import annotations

from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.evaluate import NEVER, distance
from seawall.simulation.kernels.heap import push
from seawall.simulation.kernels.index import (
    EVALUATIONS,
    LOOKED_AT,
    LOOKS,
    NEW,
    REGRET,
    RETURNS,
    REWRITES,
    SCANS,
    TURNS,
    new_threshold,
    note_visit,
)
from seawall.simulation.kernels.state import BY_SCAN

SCANNED_PER_LOOK = 24
LOOKS_PER_NEW = 8
"""Accounts an index looks at for each that fails: what it would have done while the scan is at work."""


@inner
def detector_now(index, detector, rows):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how this step finds who fails, by the work of all steps before; `index.turn` notes it."""
    if detector == BY_SCAN:
        return detector
    turn = index.turn
    by_scan = rows * turn[LOOKS]
    by_index = SCANNED_PER_LOOK * turn[LOOKED_AT]
    if turn[SCANS] == 1:
        by_index = SCANNED_PER_LOOK * (LOOKS_PER_NEW * turn[NEW] + turn[LOOKED_AT])
        turn[REGRET] = max(0, turn[REGRET] + by_scan - by_index)
    else:
        turn[REGRET] = max(0, turn[REGRET] + by_index - by_scan)
    turn[LOOKED_AT] = 0
    turn[LOOKS] = 0
    turn[NEW] = 0
    turn[RETURNS] = 0
    if turn[REGRET] > SCANNED_PER_LOOK * rows:
        turn[REGRET] = 0
        turn[RETURNS] = turn[SCANS]
        turn[SCANS] = 1 - turn[SCANS]
        turn[TURNS] += 1
    return BY_SCAN if turn[SCANS] == 1 else detector


@inner
def is_outdated(thread, index, rows):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether all rows changed since an index was last asked; from here on it is up to date.

    It costs the index a look at everybody, and a scan nothing: the choice between them takes that in.
    """
    if index.turn[REWRITES] == thread.rewrites[0]:
        return False
    index.turn[REWRITES] = thread.rewrites[0]
    index.turn[LOOKED_AT] += rows
    return True


@inner
def build_index(cohorts, codes, prices, thread, index, use_epoch):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Give all accounts thresholds at the prices of now, but those queued, closed or always looked at.

    `index.follow_moves` comes before, as at an epoch. One that fails unseen gets a threshold that any
    prices have reached, and is found by the look that follows.
    """
    index.safe_until[:] = 0.0
    for cohort in range(cohorts.width.size):
        note_visit(index.was_visited, index.visited, index.visits, cohort)
        positive, negative = cohorts.collateral_set[cohort], cohorts.debt_set[cohort]
        reach = index.high_against[0, negative] - index.low_for[0, positive]
        slack = index.low_against[0, negative] - index.high_for[0, positive]
        slack_new = index.low_against[1, negative] - index.high_for[1, positive]
        at, end = cohorts.first[cohort], cohorts.first[cohort + 1]
        leg, width = cohorts.leg_first[cohort], cohorts.width[cohort]
        index.items[0, cohort] = 0
        index.items[1, cohort] = 0
        index.cursor[cohort] = end
        index.following[0, cohort] = NEVER
        index.following[1, cohort] = NEVER
        for row in range(at, end):
            if thread.since[row] >= 0 or thread.is_closed[row] or thread.is_loose[row]:
                continue
            index.counters[EVALUATIONS] += 1
            margin = distance(codes, prices, cohorts.code, thread.q, leg + (row - at) * width, width)
            if margin >= NEVER:
                continue
            reference, threshold = new_threshold(margin, reach, slack, slack_new, use_epoch)
            held = index.items[reference, cohort]
            push(index.threshold[reference], index.row[reference], at, held, threshold, row)
            index.items[reference, cohort] = held + 1
            index.following[reference, cohort] = min(index.following[reference, cohort], threshold)
