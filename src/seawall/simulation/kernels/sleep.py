"""Rows that fail and wait sleep until prices can have changed the answer: do they fail, does a call pay?

A row in the queue is valued, sorted and offered to liquidators in every pass. Where no call on it pays for
the gas, all of that comes to nothing, pass after pass. Two bounds say that it still will. It fails while
prices have not moved for it by more than it stands below the boundary: the bound of the index, the other
way round. No call pays while its largest debt, times the most that a unit of debt can bring beyond its cost
at the prices of the pass, is below the gas. Both are looked up by code set, so a sleeper costs two
comparisons a pass and no look at its legs. Totals are those of a path on which nobody sleeps, as by scan
nobody does.

Only loans sleep, whose quantities nothing but a call changes: so not while borrowers act, nor where accounts
are handed over, and all wake when rows are rewritten at once.
"""

from __future__ import annotations

import numpy as np

from seawall.simulation.kernels.columns import COLLATERAL, DEBT
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.evaluate import far_apart, sum_plain
from seawall.simulation.kernels.index import MARGIN, least_of, most_of
from seawall.simulation.kernels.state import legs_at

SURE = 1e-9
"""Added to what a call brings per value repaid, beyond what rounding can take off it."""


@inner
def price_calls(codes, prices, bonus_unit, purse, for_sets, against_sets, sleepers):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill what a call brings and costs in this pass, by set of codes."""
    sleepers.gate[0].gas = purse[0].gas
    sleepers.gate[0].asks = purse[0].asks
    sleepers.gate[0].is_shut = purse[0].is_absent or purse[0].slots <= 0
    rate = 1.0 + purse[0].profit_min + purse[0].premium
    for code in range(prices.size):
        value = prices[code].value
        over_seen = prices[code].market / value if value > 0.0 else 0.0
        sleepers.brings[code] = codes.item[code].factor / bonus_unit * over_seen
        sleepers.costs[code] = over_seen * rate
        sleepers.grown[code] = value / codes.item[code].worth if value > 0.0 else 0.0
    most_of(sleepers.brings, for_sets, sleepers.most_for)
    least_of(sleepers.costs, against_sets, sleepers.least_cost)
    most_of(sleepers.grown, against_sets, sleepers.most_grown)


@inner
def is_left_alone(sleepers, owed, for_set, against_set):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether certainly nobody calls an account that owes so much, of these code sets, in this pass.

    Whoever repays r of a debt brings at most r * best - r * cost, with the best bonus at market prices: that
    is `lend.is_hopeless`, with the bounds of the sets in place of the account's own prices.
    """
    if sleepers.gate[0].is_shut:
        return True
    if owed < 0.0 or not sleepers.gate[0].asks:
        return False
    gain = sleepers.most_for[for_set] - sleepers.least_cost[against_set] + SURE
    return gain < 0.0 or owed * sleepers.most_grown[against_set] * gain < sleepers.gate[0].gas


@inner
def still_fails(index, reference, for_set, against_set, until):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether moves for an account, less those against it, surely stay below what would save it."""
    return index.high_for[reference, for_set] - index.low_against[reference, against_set] < until


@inner
def largest_debt(codes, prices, code, q, at, width, gas):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the largest debt of an account at the prices of the start [base currency].

    -1 where it says nothing: without collateral of any worth debt may be written off, and where
    gas is free, a debt of nothing is no debt that does not pay.
    """
    owed = 0.0
    has_collateral = False
    for leg in range(at, at + width):
        here = code[leg]
        if codes.item[here].kind == COLLATERAL:
            has_collateral = has_collateral or (q[leg] > 0.0 and prices[here].value > 0.0)
        elif codes.item[here].kind == DEBT:
            if gas == 0.0 and (q[leg] == 0.0 or prices[here].value == 0.0):
                return -1.0
            owed = max(owed, -q[leg] * codes.item[here].worth)
    return owed if has_collateral else -1.0


@inner
def doze(cohorts, codes, prices, thread, index, count):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Put to sleep who surely still fails and is surely left alone; return how many stay awake.

    `price_calls` and the moves of this pass come before.
    """
    sleepers = thread.sleepers
    awake = 0
    for which in range(count):
        row = np.int64(thread.queue[which])
        if not falls_asleep(cohorts, codes, prices, thread, index, sleepers, row):
            thread.queue[awake] = row
            awake += 1
    return awake


@inner
def falls_asleep(cohorts, codes, prices, thread, index, sleepers, row):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Put a failing row to sleep if that is safe, and say whether it was; the better reference is its own."""
    place = sleepers.asleep[0]
    cohort = thread.cohort_of[row]
    if place >= sleepers.item.size or not cohorts.is_plain[cohort]:
        return False
    for_set, against_set = cohorts.collateral_set[cohort], cohorts.debt_set[cohort]
    at, width = legs_at(cohorts, cohort, row)
    owed = largest_debt(codes, prices, cohorts.code, thread.q, at, width, sleepers.gate[0].gas)
    if not is_left_alone(sleepers, owed, for_set, against_set):
        return False
    _, positives, negatives = sum_plain(prices, cohorts.code, thread.q, at, width)
    margin = far_apart(negatives, positives)
    until = 0.0
    most = 0.0
    reference = -1
    for other in range(2):
        here = margin + index.low_for[other, for_set] - index.high_against[other, against_set] - MARGIN
        room = here - index.high_for[other, for_set] + index.low_against[other, against_set]
        if room > most:
            most, until, reference = room, here, other
    if reference < 0:
        return False
    sleepers.item[place].fails_until = until
    sleepers.item[place].owed = owed
    sleepers.item[place].row = row
    sleepers.item[place].reference = reference
    sleepers.item[place].for_set = for_set
    sleepers.item[place].against_set = against_set
    sleepers.asleep[0] += 1
    return True


@inner
def wake(thread, index, queue_count, everybody):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Put back into the queue who may be safe again or be called in this pass; return how many it holds."""
    sleepers = thread.sleepers
    still = 0
    for which in range(sleepers.asleep[0]):
        one = sleepers.item[which]
        if (
            not everybody
            and still_fails(index, one.reference, one.for_set, one.against_set, one.fails_until)
            and is_left_alone(sleepers, one.owed, one.for_set, one.against_set)
        ):
            sleepers.item[still] = one
            still += 1
        else:
            thread.queue[queue_count] = one.row
            queue_count += 1
    sleepers.asleep[0] = still
    return queue_count
