"""Close what the engine took over against all who hold the other side, each the same part of its position.

    part = lots * weight / sum of weights       largest remainder, nobody beyond what its equity bears

Winners give up in proportion to their open profit or to their size, or everybody solvent to its size, as the
layer has it. Who is closed in part changes with all others: the index is built anew (`Thread.rewrites`).

Parts, caps and price are those of `seawall.waterfall.deleverage` and `tear_up`.
"""

from __future__ import annotations

import math
from typing import Any

from seawall.simulation.kernels.charge import rate_of
from seawall.simulation.kernels.columns import LONG
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.evaluate import equity, is_open
from seawall.simulation.kernels.rivals import ALL_BY_SIZE, OWNER, WINNERS_BY_PROFIT
from seawall.simulation.kernels.state import legs_at, note_change
from seawall.simulation.kernels.winners import net_cost, rise, sink

settle: Any = None  # bound to a rule set


def share_out(rivals, cohorts, codes, prices, thread, code, wanted, price, mark):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Let all on the other side of a code close `wanted` quanta; return (quanta closed, what they paid).

    Args:
        price, mark: Signed value of a quantum, as executed and at the mark [base currency].
    """
    cap = thread.charged.cap
    step = rivals.code[code].lot
    lots = min(
        math.floor(wanted / step), weigh_holders(rivals, cohorts, codes, prices, thread, code, price, mark)
    )
    if lots <= 0.0:
        return 0.0, 0.0
    to_whole_lots(rivals, cohorts, thread, code, lots)
    other = rivals.code[code].other
    closed = 0.0
    paid = 0.0
    for place in range(rivals.code[other].first, rivals.code[other].last):
        cohort, offset = rivals.place[place].cohort, rivals.place[place].offset
        for row in range(cohorts.first[cohort], cohorts.first[cohort + 1]):
            if cap[row] <= 0.0:
                continue
            at, width = legs_at(cohorts, cohort, row)
            size = cap[row] * step
            signed = size if codes.item[code].kind == LONG else -size
            paid += settle(codes, prices, cohorts.code, thread, at, width, at + offset, signed, price)
            closed += size
            note_change(thread, row)
            if not is_open(codes, cohorts.code, thread.q, at, width):
                thread.is_closed[row] = True
    thread.rewrites[0] += 1
    return closed, paid


@inner
def weigh_holders(rivals, cohorts, codes, prices, thread, code, price, mark):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill weights of all who hold the other side, and the lots that each can close; return all of them.

    Failing accounts are next in line themselves, and those under water can bear nothing.
    """
    weight, cap = thread.charged.weight, thread.charged.cap
    weight[:] = 0.0
    cap[:] = 0.0
    other = rivals.code[code].other
    step, owner = rivals.code[code].lot, thread.winners.counters[OWNER]
    total = 0.0
    for place in range(rivals.code[other].first, rivals.code[other].last):
        cohort, offset = rivals.place[place].cohort, rivals.place[place].offset
        for row in range(cohorts.first[cohort], cohorts.first[cohort + 1]):
            at, width = legs_at(cohorts, cohort, row)
            held = thread.q[at + offset]
            if held == 0.0 or thread.since[row] >= 0 or (owner >= 0 and rivals.owner[row] == owner):
                continue
            own = equity(prices, codes, cohorts.code, thread.q, at, width)
            settle_price = prices[codes.item[other].settle].value
            profit = (
                held * prices[other].value + net_cost(thread.winners, thread.q, at + offset) * settle_price
            )
            if own < 0.0 or (rivals.selection != ALL_BY_SIZE and profit <= 0.0):
                continue
            most = abs(held)
            if price > mark:
                most = min(most, own / (price - mark))
            cap[row] = math.floor(most / step)
            weight[row] = profit if rivals.selection == WINNERS_BY_PROFIT else abs(held)
            weight[row] = weight[row] if cap[row] > 0.0 else 0.0
            total += cap[row]
    return total


@inner
def to_whole_lots(rivals, cohorts, thread, code, lots):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Turn caps into the lots of each: rounded down, then one each to the largest remainders, ties by id."""
    weight, cap, entry = thread.charged.weight, thread.charged.cap, thread.winners.entry
    rate = rate_of(thread, 0.0, lots)
    first = rivals.code[rivals.code[code].other].heap
    count = 0
    given = 0.0
    for row in range(cap.size):
        due = rate * weight[row]
        if cap[row] > due:
            cap[row] = math.floor(due)
            rise(entry, first, count, due - cap[row], row, 0, cohorts.rank)
            count += 1
        given += cap[row]
    while given < lots and count > 0:
        sink(entry, first, count, cohorts.rank)
        count -= 1
        cap[entry[first + count].row] += 1.0
        given += 1.0


__all__ = ["share_out"]
