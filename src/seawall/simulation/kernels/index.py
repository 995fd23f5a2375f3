"""Detection by safe distance: only accounts that prices could have reached are looked at.

Each account has a threshold: it is certainly safe while (largest move of a code against it) less
(smallest move of a code for it) stays below. In a cohort that difference is one number a step, so
the accounts to look at are a prefix: first those never looked at (sorted by key, a cursor), then
those looked at before (heaps). An account that is looked at is evaluated exactly, and goes back
with a new threshold; moves count from the start (heap 0) or from the last epoch (heap 1), where
prices that have drifted apart would make the first too loose.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seawall.simulation.kernels.columns import SHORT, Cohorts, Floats, Ints
from seawall.simulation.kernels.compiling import bounding, inner
from seawall.simulation.kernels.evaluate import BOX, NEVER, distance, excess, far_apart, sum_plain
from seawall.simulation.kernels.heap import pop, push

MARGIN = 1e-9
"""Taken off every bound, beyond what rounding can move it."""

EVALUATIONS, VISITS = range(2)
"""Places of `Index.counters`."""

LOOKED_AT, LOOKS, NEW, REGRET, SCANS, RETURNS, TURNS, REWRITES = range(8)
"""Places of `Index.turn`: accounts looked at, looks and accounts newly found in this step; what the way
taken has cost more than the other; whether the scan is at work, and whether the index takes over again;
how often the path has changed over; rewrites of all rows that its thresholds know of."""


class Index(NamedTuple):
    """What a thread remembers of thresholds; heaps lie in segments, one for each cohort.

    Attributes:
        threshold, row: The two heaps, shape (2, N).
        items: Items in each heap, shape (2, K).
        following: Threshold of the next account to look at, by reference, shape (2, K).
        cursor: First row of each cohort never looked at, shape (K,).
        was_visited, visited, visits: Cohorts to be put back for the next path.
        low_for, high_for, low_against, high_against: Moves of code sets, by reference.
        due: Cohorts to look at now, shape (K,).
        safe_until: By cohort, `travelled` up to which no account of it can have been reached, shape (K,).
        travelled: How far prices can have parted since the start of the path, all steps added up, shape (1,).
        last_move: Moves of all codes when `travelled` was last added to.
        epoch_move: Moves of all codes at the last epoch.
        move: Moves of all codes since each reference, shape (2, n_codes).
        held_threshold, held_row, held_reference: Accounts on their way back, shape (N,).
        counters: Work done, by the names above.
        turn: What the change-over to the scan and back is decided by, by the names above.
    """

    threshold: Floats
    row: NDArray[np.int32]
    items: NDArray[np.int32]
    following: Floats
    cursor: Ints
    was_visited: NDArray[np.bool_]
    visited: NDArray[np.int32]
    visits: Ints
    low_for: Floats
    high_for: Floats
    low_against: Floats
    high_against: Floats
    due: NDArray[np.int32]
    safe_until: Floats
    travelled: Floats
    last_move: Floats
    epoch_move: Floats
    move: Floats
    held_threshold: Floats
    held_row: NDArray[np.int32]
    held_reference: NDArray[np.int8]
    counters: Ints
    turn: Ints


def new_index(cohorts: Cohorts, n_codes: int, n_for: int, n_against: int) -> Index:
    """Return an index at its start: nothing looked at yet."""
    rows, count = len(cohorts.key), len(cohorts.width)
    widest = int(np.diff(cohorts.first).max(initial=1))
    following = np.full((2, count), NEVER)
    following[0] = cohorts.key[cohorts.first[:-1]]
    return Index(
        threshold=np.empty((2, rows)),
        row=np.empty((2, rows), dtype=np.int32),
        items=np.zeros((2, count), dtype=np.int32),
        following=following,
        cursor=cohorts.first[:-1].copy(),
        was_visited=np.zeros(count, dtype=np.bool_),
        visited=np.empty(count, dtype=np.int32),
        visits=np.zeros(1, dtype=np.int64),
        low_for=np.zeros((2, n_for)),
        high_for=np.zeros((2, n_for)),
        low_against=np.zeros((2, n_against)),
        high_against=np.zeros((2, n_against)),
        due=np.empty(count, dtype=np.int32),
        safe_until=np.zeros(count),
        travelled=np.zeros(1),
        last_move=np.zeros(n_codes),
        epoch_move=np.zeros(n_codes),
        move=np.zeros((2, n_codes)),
        held_threshold=np.empty(widest),
        held_row=np.empty(widest, dtype=np.int32),
        held_reference=np.empty(widest, dtype=np.int8),
        counters=np.zeros(2, dtype=np.int64),
        turn=np.zeros(8, dtype=np.int64),
    )


@inner
def reset_index(cohorts, index):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Put the cohorts that were looked at back to the start."""
    for which in range(index.visits[0]):
        cohort = index.visited[which]
        index.was_visited[cohort] = False
        index.items[0, cohort] = 0
        index.items[1, cohort] = 0
        index.cursor[cohort] = cohorts.first[cohort]
        index.following[0, cohort] = cohorts.key[cohorts.first[cohort]]
        index.following[1, cohort] = NEVER
    index.visits[0] = 0
    index.safe_until[:] = 0.0
    index.travelled[0] = 0.0
    index.last_move[:] = 0.0
    index.epoch_move[:] = 0.0
    index.turn[:] = 0


@bounding
def extremes(move, sets, low, high):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill the smallest and largest move of each set of codes."""
    for item in range(low.size):
        low[item] = move[sets.member[0, item]]
        high[item] = low[item]
    for place in range(1, sets.reach.size):
        for item in range(sets.reach[place]):
            here = move[sets.member[place, item]]
            low[item] = min(low[item], here)
            high[item] = max(high[item], here)


@bounding
def least_of(value, sets, least):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill the smallest value of each set of codes."""
    for item in range(least.size):
        least[item] = value[sets.member[0, item]]
    for place in range(1, sets.reach.size):
        for item in range(sets.reach[place]):
            least[item] = min(least[item], value[sets.member[place, item]])


@bounding
def most_of(value, sets, most):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill the largest value of each set of codes."""
    for item in range(most.size):
        most[item] = value[sets.member[0, item]]
    for place in range(1, sets.reach.size):
        for item in range(sets.reach[place]):
            most[item] = max(most[item], value[sets.member[place, item]])


@inner
def find_due(cohorts, index, is_epoch):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill `index.due` with the cohorts whose next account may have been reached; return how many.

    One that is not due says how far prices have yet to part, and is passed over until they can have. Only
    cohorts that were looked at before have anything in heap 1. At an epoch all of those are due.
    """
    positive, negative = cohorts.collateral_set, cohorts.debt_set
    high, low, following, items = index.high_against, index.low_for, index.following, index.items
    until, due = index.safe_until, index.due
    if is_epoch:
        for which in range(index.visits[0]):
            until[index.visited[which]] = 0.0
    travelled = index.travelled[0]
    least = MARGIN * (1.0 + travelled)
    count = 0
    for cohort in range(until.size):
        if until[cohort] > travelled:
            continue
        slack = following[0, cohort] - (high[0, negative[cohort]] - low[0, positive[cohort]])
        is_due = slack < 0.0
        if items[1, cohort] > 0:
            slack = min(slack, following[1, cohort] - (high[1, negative[cohort]] - low[1, positive[cohort]]))
            is_due = is_epoch or slack < 0.0
        if is_due:
            due[count] = cohort
            count += 1
        else:
            until[cohort] = travelled + slack - least
    return count


@inner
def travel(index):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Add to `travelled` the most that the bound of any cohort can have moved since it was last added to.

    By either reference a bound is a move against less a move for, and both references move alike.
    """
    up, down = 0.0, 0.0
    for code in range(index.last_move.size):
        change = index.move[0, code] - index.last_move[code]
        up, down = max(up, change), max(down, -change)
        index.last_move[code] = index.move[0, code]
    index.travelled[0] += up + down


@inner
def follow_moves(codes, prices, for_sets, against_sets, index, is_epoch):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Take the moves of this step into the bounds of all code sets, with the margin on the safe side."""
    boxed = np.log(BOX)
    for code in range(prices.size):
        here = prices[code].move
        if is_epoch:
            index.epoch_move[code] = here
        since = here - index.epoch_move[code]
        if codes.item[code].kind == SHORT and here - prices[codes.item[code].settle].move > boxed:
            here = NEVER  # the bound of a short holds no further: its cohorts are looked at every step
            since = NEVER  # (the cash code in the same set keeps the lowest move finite)
        index.move[0, code] = here
        index.move[1, code] = since
    travel(index)
    for reference in range(2):
        move = index.move[reference]
        extremes(move, for_sets, index.low_for[reference], index.high_for[reference])
        extremes(move, against_sets, index.low_against[reference], index.high_against[reference])
        for item in range(index.low_for.shape[1]):
            index.low_for[reference, item] -= MARGIN


@inner
def detect_by_index(cohorts, codes, prices, q, index, is_epoch, use_epoch, found, count):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Append the rows that fail now and are in no one's hands to `found`; return how many it holds.

    `follow_moves` comes before. At an epoch all items of heap 1 are looked at again. One function with
    its arrays at hand: the way into another one costs more than looking at an account.
    """
    due = find_due(cohorts, index, is_epoch)
    legs, keys, items, cursors = cohorts.code, cohorts.key, index.items, index.cursor
    old, old_row = index.threshold[0], index.row[0]
    new, new_row = index.threshold[1], index.row[1]
    held_threshold, held_row, held_reference = index.held_threshold, index.held_row, index.held_reference
    evaluations = 0
    visits = 0
    for which in range(due):
        cohort = index.due[which]
        visits += 1
        note_visit(index.was_visited, index.visited, index.visits, cohort)
        positive, negative = cohorts.collateral_set[cohort], cohorts.debt_set[cohort]
        reach = index.high_against[0, negative] - index.low_for[0, positive]
        reach_new = index.high_against[1, negative] - index.low_for[1, positive]
        slack = index.low_against[0, negative] - index.high_for[0, positive]
        slack_new = index.low_against[1, negative] - index.high_for[1, positive]
        at, end = cohorts.first[cohort], cohorts.first[cohort + 1]
        leg, width = cohorts.leg_first[cohort], cohorts.width[cohort]
        is_plain = cohorts.is_plain[cohort]
        n_old, n_new = np.int64(items[0, cohort]), np.int64(items[1, cohort])
        cursor = cursors[cohort]
        taken = 0
        held = 0
        positives, negatives = 0.0, 0.0
        while True:
            if is_epoch and taken < n_new:
                row = np.int64(new_row[at + taken])
                taken += 1
            elif not is_epoch and n_new > 0 and new[at] < reach_new:
                row = np.int64(new_row[at])
                pop(new, new_row, at, n_new)
                n_new -= 1
            elif n_old > 0 and old[at] < reach:
                row = np.int64(old_row[at])
                pop(old, old_row, at, n_old)
                n_old -= 1
            elif cursor < end and keys[cursor] < reach:
                row = cursor
                cursor += 1
            else:
                break
            evaluations += 1
            here = leg + (row - at) * width
            if is_plain:
                total, positives, negatives = sum_plain(prices, legs, q, here, width)
            else:
                total = excess(codes, prices, legs, q, here, width)
            if total < 0.0:
                found[count] = row
                count += 1
                continue
            if is_plain:
                margin = far_apart(positives, negatives)
            else:
                margin = distance(codes, prices, legs, q, here, width)
            if margin < NEVER:  # else nothing is owed: it cannot fail again
                reference, threshold = new_threshold(margin, reach, slack, slack_new, use_epoch)
                held_threshold[held] = threshold
                held_row[held] = row
                held_reference[held] = reference
                held += 1
        if is_epoch:
            n_new = np.int64(0)
        for item in range(held):
            if held_reference[item] == 0:
                push(old, old_row, at, n_old, held_threshold[item], held_row[item])
                n_old += 1
            else:
                push(new, new_row, at, n_new, held_threshold[item], held_row[item])
                n_new += 1
        items[0, cohort], items[1, cohort] = n_old, n_new
        cursors[cohort] = cursor
        following = keys[cursor] if cursor < end else NEVER
        index.following[0, cohort] = min(following, old[at]) if n_old > 0 else following
        index.following[1, cohort] = new[at] if n_new > 0 else NEVER
    index.counters[EVALUATIONS] += evaluations
    index.turn[LOOKED_AT] += evaluations
    index.counters[VISITS] += visits
    return count


@inner
def note_visit(was_visited, visited, visits, cohort):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Remember that a cohort is to be put back for the next path."""
    if not was_visited[cohort]:
        was_visited[cohort] = True
        visited[visits[0]] = cohort
        visits[0] += 1


@inner
def new_threshold(margin, reach, slack, slack_new, use_epoch):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return (reference, threshold) of an account that is safe by `margin` at the present moves.

    From here, (move against) <= high - low now, and (move for) >= low - high now: so the threshold by
    a reference is the margin plus (lowest move against) less (highest move for) at present, `slack`. The
    start is the reference while that keeps half of the margin.
    """
    threshold = margin + slack - MARGIN
    if use_epoch and threshold - reach < 0.5 * margin:
        return 1, margin + slack_new - MARGIN
    return 0, threshold


@inner
def put_back(cohorts, codes, prices, q, index, cohort, row, use_epoch):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Give a row that is safe again its place; it was in no heap since it failed."""
    positive, negative = cohorts.collateral_set[cohort], cohorts.debt_set[cohort]
    width, at = cohorts.width[cohort], cohorts.first[cohort]
    leg = cohorts.leg_first[cohort] + (row - at) * width
    margin = distance(codes, prices, cohorts.code, q, leg, width)
    if margin >= NEVER:
        return
    reference, threshold = new_threshold(
        margin,
        index.high_against[0, negative] - index.low_for[0, positive],
        index.low_against[0, negative] - index.high_for[0, positive],
        index.low_against[1, negative] - index.high_for[1, positive],
        use_epoch,
    )
    held = index.items[reference, cohort]
    push(index.threshold[reference], index.row[reference], at, held, threshold, row)
    index.items[reference, cohort] = held + 1
    index.following[reference, cohort] = min(index.following[reference, cohort], threshold)
    index.safe_until[cohort] = 0.0
