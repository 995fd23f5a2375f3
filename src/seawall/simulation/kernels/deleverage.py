"""Close what the engine took over against winners on the other side, in the order of their queue or all.

The dearest position first, the fewest whole lots that relieve the loss; a winner closes as many as its
equity at the mark can bear. It pays the price in whole quanta, what its position cost goes with the part
closed, and its place in the index is out of date from then on: it is looked at in every pass.

Relief, charge and price are those of `seawall.waterfall.deleverage`; scores are those before the answer.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from seawall.simulation.kernels.columns import LONG
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.evaluate import TINY, cash_leg_of, cost_leg_of, equity, is_open
from seawall.simulation.kernels.rivals import AT_MARK, AT_TAKEOVER, BY_QUEUE, OWNER, PASS
from seawall.simulation.kernels.state import legs_at, note_change, note_loose
from seawall.simulation.kernels.winners import rise, sink

CLOSED = -1
"""Stamp of an entry whose row was closed in part since it was asked."""

make_heap: Any = None  # these four are bound to a rule set
admit: Any = None
share_out: Any = None
closed_cost: Any = None


def deleverage(rivals, cohorts, codes, prices, thread, at, width, group, owed, budget):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Close lots of one default against winners; return what is owed in cash afterwards [base currency].

    Args:
        group: Leg of the account that stands for the default, see `in_group`.
        owed: Cash owed before; negative is at hand [base currency].
        budget: Most that may be relieved [base currency].
    """
    lots = thread.winners.lot
    for leg in range(at, at + width):
        other = rivals.code[cohorts.code[leg]].other
        is_asked = rivals.selection == BY_QUEUE and other >= 0 and lots[leg - at].left > 0.0
        if is_asked and in_group(rivals, codes, cohorts.code, group, leg):
            make_heap(rivals, cohorts, codes, prices, thread, np.int64(other))
    tried = 0
    while True:
        need = loss_of(rivals, codes, cohorts.code, lots, at, width, group, owed)
        dearest = next_lot(rivals, codes, cohorts.code, lots, at, width, group, tried, True)
        if dearest < 0 or need <= 0.0:
            break
        tried |= 1 << (dearest - at)
        lot = lots[dearest - at]
        code = cohorts.code[dearest]
        price = execution_value(rivals, codes, lot, code)
        noise = TINY * abs(lot.brought)
        if rivals.code[code].other < 0 or price < lot.brought - noise:
            continue  # there is nobody, or the market is better
        step = rivals.code[code].lot
        wanted = math.floor(lot.left / step) * step
        relief = (price - lot.brought) / lot.quanta
        if price > lot.brought + noise:
            lots_needed = (
                math.floor(budget / relief / step)
                if budget < need
                else math.ceil(need / relief / step * (1.0 - TINY))
            )
            wanted = min(wanted, lots_needed * step)
        is_long = codes.item[code].kind == LONG
        each, mark = price / lot.quanta, lot.worth / lot.quanta
        if rivals.selection == BY_QUEUE:
            closed, paid = fill(
                rivals, cohorts, codes, prices, thread, code, is_long, wanted, each, mark
            )  # fmt: skip
        else:
            closed, paid = share_out(rivals, cohorts, codes, prices, thread, code, wanted, each, mark)
        owed += closed / lot.quanta * lot.takeover - paid
        budget -= closed * relief
        lots[dearest - at].left -= closed
        lots[dearest - at].handed += closed
    return owed


def fill(rivals, cohorts, codes, prices, thread, code, is_long, wanted, price, mark):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Let winners close `wanted` quanta of a code; return (quanta closed, what they paid).

    Args:
        price, mark: Signed value of a quantum, as executed and at the mark [base currency].
    """
    winners = thread.winners
    other = np.int64(rivals.code[code].other)
    first, step = rivals.code[other].heap, rivals.code[code].lot
    count = winners.items[other]
    left = count
    closed = 0.0
    paid = 0.0
    while closed < wanted and left > 0:
        sink(winners.entry, first, left, cohorts.rank)
        left -= 1
        row = np.int64(winners.entry[first + left].row)
        if winners.entry[first + left].stamp != winners.stamp[row]:
            continue
        if winners.counters[OWNER] >= 0 and rivals.owner[row] == winners.counters[OWNER]:
            continue
        at, width = legs_at(cohorts, thread.cohort_of[row], row)
        leg = leg_of(cohorts.code, at, width, other)
        size = min(abs(thread.q[leg]), wanted - closed)
        if price > mark:
            own = equity(prices, codes, cohorts.code, thread.q, at, width)
            size = min(size, own / (price - mark))
        size = math.floor(size / step) * step
        if size <= 0.0:
            continue
        signed = size if is_long else -size
        paid += settle(codes, prices, cohorts.code, thread, at, width, leg, signed, price)
        closed += size
        winners.stamp[row] += 1
        winners.entry[first + left].stamp = CLOSED
        note_change(thread, row)
        if not is_open(codes, cohorts.code, thread.q, at, width):
            thread.is_closed[row] = True
        else:
            note_loose(thread, row)
    winners.items[other] = left
    ask_again(rivals, cohorts, codes, prices, thread, first + left, first + count, other)
    return closed, paid


def ask_again(rivals, cohorts, codes, prices, thread, begin, end, other):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Give those who were asked a place again; who was closed in part, in every queue it stands in."""
    winners = thread.winners
    for place in range(begin, end):
        score, row, stamp = winners.entry[place].score, winners.entry[place].row, winners.entry[place].stamp
        if stamp == winners.stamp[row]:
            first = rivals.code[other].heap
            rise(winners.entry, first, winners.items[other], score, row, stamp, cohorts.rank)
            winners.items[other] += 1
        elif stamp == CLOSED:
            at, width = legs_at(cohorts, thread.cohort_of[row], row)
            for leg in range(at, at + width):
                code = cohorts.code[leg]
                is_asked = winners.made[code] == winners.counters[PASS]
                if is_asked and codes.item[code].settle >= 0 and thread.q[leg] != 0.0:
                    admit(rivals, cohorts, codes, prices, thread, code, np.int64(row), leg)


def settle(codes, prices, cohort_code, thread, at, width, leg, signed, price):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Move lots and cash of one winner; return what it paid [base currency].

    What a position cost may have a leg of its own, see `cost_leg_of`.

    Args:
        leg: Its position.
        signed: What it receives [quanta], of the other sign.
        price: Signed value of a quantum [base currency].
    """
    q, cost = thread.q, thread.winners.cost
    code = cohort_code[leg]
    cash_code = codes.item[code].settle
    paid = math.ceil(abs(signed) * price / prices[cash_code].value)
    part = float(math.trunc(closed_cost(cost[leg], abs(q[leg]), abs(signed))))
    funded = 0.0  # a cost with a leg of its own has the funding due there
    if thread.winners.funding.size > 0:
        funded = math.floor(signed * thread.winners.funding[leg])
    q[leg] += signed
    cost[leg] -= part
    cash = cash_leg_of(codes, cohort_code, at, width, leg)
    own = cost_leg_of(codes, cohort_code, at, width, leg)
    if own != cash:
        q[own] -= part + funded
        if cash >= 0:
            q[cash] += part + funded - paid
    elif cash >= 0:
        q[cash] -= paid
    return paid * prices[cash_code].value


@inner
def leg_of(cohort_code, at, width, code):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the leg of an account that has a code."""
    for leg in range(at, at + width):
        if cohort_code[leg] == code:
            return leg
    return at


@inner
def in_group(rivals, codes, cohort_code, group, leg):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether two legs are positions of one default: of the same settle asset and pool."""
    one, other = cohort_code[group], cohort_code[leg]
    same = codes.item[one].settle == codes.item[other].settle and codes.item[one].settle >= 0
    return same and rivals.code[one].pool == rivals.code[other].pool


@inner
def loss_of(rivals, codes, cohort_code, lots, at, width, group, owed):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what a default would lose if all that is left of it went to the market [base currency]."""
    total = owed
    for leg in range(at, at + width):
        if in_group(rivals, codes, cohort_code, group, leg) and lots[leg - at].left > 0.0:
            total += cost_left(lots[leg - at])
    return total


@inner
def cost_left(lot):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what closing the rest of a lot in the market costs beyond what was credited for it."""
    return (lot.takeover - lot.brought) * (lot.left / lot.quanta)


@inner
def next_lot(rivals, codes, cohort_code, lots, at, width, group, tried, is_dearest):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the leg of the dearest, or cheapest, lot of a default not tried yet; -1 for none."""
    best = -1
    for leg in range(at, at + width):
        if (tried >> (leg - at)) & 1 or not in_group(rivals, codes, cohort_code, group, leg):
            continue
        if lots[leg - at].left <= 0.0:
            continue
        cost = cost_left(lots[leg - at])
        if best < 0 or (
            cost > cost_left(lots[best - at]) if is_dearest else cost < cost_left(lots[best - at])
        ):
            best = leg
    return best


@inner
def execution_value(rivals, codes, lot, code):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what all of a lot is closed at, signed [base currency]."""
    if rivals.execution == AT_TAKEOVER:
        return lot.takeover
    if rivals.execution == AT_MARK:
        return lot.worth
    return lot.worth * (rivals.threshold if codes.item[code].power > 0.0 else 1.0 / rivals.threshold)


__all__ = ["cost_left", "deleverage", "in_group", "loss_of", "next_lot"]
