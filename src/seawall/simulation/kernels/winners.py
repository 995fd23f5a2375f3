"""Who is deleveraged first: winners of each side of each instrument, as heaps by the venue's own score.

A heap is made when a side is first asked in a pass, from the cohorts that hold it, and then followed:
who was closed in part is scored again, nobody else is. Only the head of the queue is ever ordered.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.evaluate import equity, is_position, need_of_position
from seawall.simulation.kernels.rivals import BINANCE, BITMEX, HYPERLIQUID, OKX, PASS, PNL, SCORED, SIZE
from seawall.simulation.kernels.state import legs_at

bitmex_score: Any = None  # these eight are bound to a rule set
binance_score: Any = None
okx_score: Any = None
hyperliquid_score: Any = None
pnl_score: Any = None
size_score: Any = None
leverage_score: Any = None
takeover_value: Any = None


@inner
def restore_costs(rivals, cohorts, thread):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Put what positions cost back to the start, before the rows themselves are restored."""
    thread.winners.counters[SCORED] = 0
    if thread.winners.cost.size == 0:
        return
    for which in range(thread.changes[0]):
        row = np.int64(thread.changed[which])
        at, width = legs_at(cohorts, thread.cohort_of[row], row)
        for leg in range(at, at + width):
            thread.winners.cost[leg] = rivals.cost[leg]


def score_of(rivals, codes, prices, cohort_code, q, winners, at, width, leg):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return (whether the leg is a winner of a solvent account, its score)."""
    code = cohort_code[leg]
    settle = prices[codes.item[code].settle].value
    worth = q[leg] * prices[code].value
    if worth + net_cost(winners, q, leg) * settle <= 0.0:
        return False, 0.0
    own = equity(prices, codes, cohort_code, q, at, width)
    if own < 0.0:
        return False, 0.0
    total = 0.0
    profits = 0.0
    for other in range(at, at + width):
        here = cohort_code[other]
        if is_position(codes.item[here].kind):
            value = q[other] * prices[here].value
            total += need_of_position(codes, prices, cohort_code, q, at, width, other)
            profits += value + net_cost(winners, q, other) * prices[codes.item[here].settle].value
    need = need_of_position(codes, prices, cohort_code, q, at, width, leg)
    unit = rivals.unit
    mark = worth * unit
    entry = -winners.cost[leg] * settle * unit
    base = (own - profits) * unit
    own *= unit
    total *= unit
    takeover = takeover_value(mark, own, need * unit, total)
    if rivals.score == BITMEX:
        above, below = bitmex_score(mark, entry, takeover, own, total, base)
    elif rivals.score == BINANCE:
        above, below = binance_score(mark, entry, takeover, own, total, base)
    elif rivals.score == OKX:
        above, below = okx_score(mark, entry, takeover, own, total, base)
    elif rivals.score == HYPERLIQUID:
        above, below = hyperliquid_score(mark, entry, takeover, own, total, base)
    elif rivals.score == PNL:
        above, below = pnl_score(mark, entry, takeover, own, total, base)
    elif rivals.score == SIZE:
        above, below = size_score(mark, entry, takeover, own, total, base)
    else:
        above, below = leverage_score(mark, entry, takeover, own, total, base)
    return True, above / below


def make_heap(rivals, cohorts, codes, prices, thread, code):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Put all winners that hold a code into its heap, unless that was done in this pass."""
    winners = thread.winners
    if winners.made[code] == winners.counters[PASS]:
        return
    winners.made[code] = winners.counters[PASS]
    winners.items[code] = 0
    for place in range(rivals.code[code].first, rivals.code[code].last):
        cohort = rivals.place[place].cohort
        offset = rivals.place[place].offset
        for row in range(cohorts.first[cohort], cohorts.first[cohort + 1]):
            at, _ = legs_at(cohorts, cohort, row)
            if thread.since[row] >= 0 or thread.q[at + offset] == 0.0:
                continue  # a failing account is next in line itself
            admit(rivals, cohorts, codes, prices, thread, code, row, at + offset)


def admit(rivals, cohorts, codes, prices, thread, code, row, leg):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Put a row into the heap of a code, if it wins there."""
    winners = thread.winners
    at, width = legs_at(cohorts, thread.cohort_of[row], row)
    wins, score = score_of(rivals, codes, prices, cohorts.code, thread.q, winners, at, width, leg)
    winners.counters[SCORED] += 1
    if not wins:
        return
    first, count = rivals.code[code].heap, winners.items[code]
    if count == rivals.code[code].room:  # as many as hold the code: some must be out of date
        count = weed(winners.entry, winners.stamp, first, count, cohorts.rank)
    rise(winners.entry, first, count, score, row, winners.stamp[row], cohorts.rank)
    winners.items[code] = count + 1


@inner
def net_cost(winners, q, leg):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what a position cost, less the funding that it owes [quanta of its settle asset]."""
    if winners.funding.size == 0:
        return winners.cost[leg]
    return winners.cost[leg] - q[leg] * winners.funding[leg]


@inner
def stands_before(score, row, other_score, other_row, rank):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether one row is asked before another: the higher score, then the id."""
    if score != other_score:
        return score > other_score
    return rank[row] < rank[other_row]


@inner
def rise(entry, first, count, score, row, stamp, rank):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Put a row into the heap of `count` entries that starts at `first`."""
    place = count
    while place > 0:
        above = (place - 1) >> 1
        if not stands_before(score, row, entry[first + above].score, entry[first + above].row, rank):
            break
        copy(entry, first + above, first + place)
        place = above
    entry[first + place].score = score
    entry[first + place].row = row
    entry[first + place].stamp = stamp


@inner
def sink(entry, first, count, rank):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Take the top off the heap of `count` entries and leave it right behind the others."""
    top, top_row, top_stamp = entry[first].score, entry[first].row, entry[first].stamp
    last = first + count - 1
    score, row, stamp = entry[last].score, entry[last].row, entry[last].stamp
    place = 0
    while True:
        below = 2 * place + 1
        if below >= count - 1:
            break
        one, two = first + below, first + below + 1
        if below + 1 < count - 1 and stands_before(
            entry[two].score, entry[two].row, entry[one].score, entry[one].row, rank
        ):
            below += 1
        if not stands_before(entry[first + below].score, entry[first + below].row, score, row, rank):
            break
        copy(entry, first + below, first + place)
        place = below
    entry[first + place].score, entry[first + place].row, entry[first + place].stamp = score, row, stamp
    entry[last].score, entry[last].row, entry[last].stamp = top, top_row, top_stamp


@inner
def weed(entry, stamp, first, count, rank):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Drop the entries that are out of date; return how many are left."""
    kept = 0
    for place in range(first, first + count):
        if entry[place].stamp == stamp[entry[place].row]:
            rise(entry, first, kept, entry[place].score, entry[place].row, entry[place].stamp, rank)
            kept += 1
    return kept


@inner
def copy(entry, source, target):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Copy one entry over another."""
    entry[target].score = entry[source].score
    entry[target].row = entry[source].row
    entry[target].stamp = entry[source].stamp


__all__ = ["admit", "make_heap", "net_cost", "restore_costs", "rise", "score_of", "sink"]
