"""Serve the queue of failing accounts in its order, and run what they leave down the waterfall."""

from __future__ import annotations

from typing import Any

import numpy as np

from seawall.simulation.kernels.absorb import fill
from seawall.simulation.kernels.bear import bear
from seawall.simulation.kernels.columns import DEBT
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.evaluate import equity, excess, is_open, spare_of
from seawall.simulation.kernels.index import put_back
from seawall.simulation.kernels.pools import write_down
from seawall.simulation.kernels.queue import comes_before, sort_queue
from seawall.simulation.kernels.redistribute import redistribute
from seawall.simulation.kernels.rivals import OWNER, PASS
from seawall.simulation.kernels.state import BY_INDEX, BY_SCAN, legs_at
from seawall.simulation.kernels.tally import (
    ACCOUNTS_LIQUIDATED,
    FEE_INFLOW,
    LIQUIDATIONS,
    NOT_WORTH_IT,
    SURPLUS_INFLOW,
    added,
    up,
)

liquidate_lending: Any = None  # these four are bound to a rule set
hand_over: Any = None
close_out: Any = None
charge_waiting: Any = None


def serve_queue(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    cohorts, codes, prices, venue, markets, desk, pots, thread, index, tally, is_stale, step,
    count, detector,
):  # fmt: skip
    """Liquidate the rows of the queue in order; return how many still fail and stay in it."""
    sort_queue(thread.queue, count, thread.since, thread.spare, cohorts.rank)
    sees_all = has_all_prices(is_stale)
    thread.winners.counters[PASS] += 1
    kept = 0
    for which in range(count):
        row = thread.queue[which]
        cohort = thread.cohort_of[row]
        at, width = legs_at(cohorts, cohort, row)
        is_changed = False
        if (
            desk.purse[0].slots > 0
            and not desk.purse[0].is_absent
            and (sees_all or not is_blind(codes, cohorts.code, at, width, is_stale))
        ):
            before = tally.counts[LIQUIDATIONS]
            if venue.hands_over:
                is_changed = hand_over(
                    codes, prices, markets, desk, pots, thread, cohorts.code, at, width, tally, step
                )
            elif venue.is_lending:
                is_changed = liquidate_lending(
                    venue, codes, prices, markets, desk, cohorts.code, thread.q, at, width, tally,
                    thread.defaults,
                )  # fmt: skip
            else:
                thread.winners.counters[OWNER] = pots.rivals.owner[row] if pots.rivals.owner.size > 0 else -1
                close_out(cohorts, codes, prices, venue, markets, desk, pots, thread, at, width, tally, step)
                is_changed = True
            done = tally.counts[LIQUIDATIONS] - before
            desk.purse[0].slots -= done
            if done > 0:
                tally.counts[ACCOUNTS_LIQUIDATED] += 1
                if desk.purse[0].slots <= 0:
                    tally.counts[NOT_WORTH_IT] += passed_over(
                        cohorts, codes, prices, thread, is_stale, sees_all, row
                    )
            if is_changed:
                bear(pots, thread, tally, step)
        if not is_changed:
            thread.queue[kept] = row
            kept += 1
            continue
        if not is_open(codes, cohorts.code, thread.q, at, width):
            thread.is_closed[row] = True
            thread.since[row] = -1
        elif excess(codes, prices, cohorts.code, thread.q, at, width) < 0.0:
            thread.queue[kept] = row
            kept += 1
        else:
            thread.since[row] = -1
            if detector != BY_SCAN and not thread.is_loose[row]:
                put_back(cohorts, codes, prices, thread.q, index, cohort, row, detector == BY_INDEX)
    if desk.purse[0].slots > 0 and not desk.purse[0].is_absent:
        tally.counts[NOT_WORTH_IT] += passed_over(cohorts, codes, prices, thread, is_stale, sees_all, -1)
    charge_waiting(pots, cohorts, codes, prices, thread, tally, step)
    redistribute(cohorts, codes, prices, desk, pots, thread, tally, step)
    write_down(desk.pool, thread.growth, thread.shared, thread.seen)
    return kept


@inner
def passed_over(cohorts, codes, prices, thread, is_stale, sees_all, last):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how many sleepers would have been offered in this pass, and not be worth a call.

    Args:
        last: Row after which slots were used up, -1 where they were not: only whoever comes before it.
    """
    sleepers = thread.sleepers
    if sees_all and last < 0:
        return sleepers.asleep[0]
    total = 0
    for which in range(sleepers.asleep[0]):
        row = np.int64(sleepers.item[which].row)
        at, width = legs_at(cohorts, thread.cohort_of[row], row)
        if last >= 0:
            thread.spare[row] = spare_of(codes, prices, cohorts.code, thread.q, at, width)
            if not comes_before(row, last, thread.since, thread.spare, cohorts.rank):
                continue
        if sees_all or not is_blind(codes, cohorts.code, at, width, is_stale):
            total += 1
    return total


@inner
def has_all_prices(is_stale):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether the venue relies on the prices of all markets."""
    sees = True
    for driver in range(is_stale.size):
        sees = sees and not is_stale[driver]
    return sees


@inner
def is_blind(codes, code, at, width, is_stale):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether a price of the account may not be relied on: the venue then refuses every call."""
    for leg in range(at, at + width):
        driver = codes.item[code[leg]].driver
        settle_driver = codes.item[code[leg]].driver_too
        if (driver >= 0 and is_stale[driver]) or (settle_driver >= 0 and is_stale[settle_driver]):
            return True
    return False


@inner
def collect(codes, pots, prices, desk, thread, tally):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Let the fees and surpluses of a step flow into the funds that take them."""
    for code in range(codes.item.size):
        asset = codes.item[code].asset
        if desk.fee[code] > 0.0:
            worth = fill(
                pots, pots.fills_by_fee, thread.seen, prices, tally.held, code, asset, desk.fee[code]
            )
            tally.money[FEE_INFLOW] = added(tally.money[FEE_INFLOW], int(worth))
            desk.fee[code] = 0.0
        if thread.surplus[code] > 0.0:
            kept = thread.surplus[code]
            worth = fill(pots, pots.fills_by_surplus, thread.seen, prices, tally.held, code, asset, kept)
            tally.money[SURPLUS_INFLOW] = added(tally.money[SURPLUS_INFLOW], int(worth))
            thread.surplus[code] = 0.0


@inner
def gaps(cohorts, codes, prices, venue, thread, count):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return (mark gap, liquidation gap) of the rows in the queue at the values of now [millionths].

    Rounded up account by account; a surplus of one never covers another.
    """
    mark = 0
    exhausted = 0
    for which in range(count):
        row = thread.queue[which]
        at, width = legs_at(cohorts, thread.cohort_of[row], row)
        short = -equity(prices, codes, cohorts.code, thread.q, at, width)
        if short > 0.0:
            mark = added(mark, up(short))
        if not venue.is_lending:
            continue
        rest = 0.0
        for leg in range(at, at + width):
            code = cohorts.code[leg]
            worth = thread.q[leg] * prices[code].value
            if codes.item[code].kind == DEBT:
                rest -= worth
            else:
                rest -= worth * venue.bonus_unit / codes.item[code].factor
        if rest > 0.0:
            exhausted = added(exhausted, up(rest))
    return mark, exhausted if venue.is_lending else mark
