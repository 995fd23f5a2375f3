"""One path, step by step: the order in which things happen, and nothing else.

1 fundamental prices move, 2 impact decays, 3 the venue's oracle looks, 4 interest accrues, 5 failing
accounts are detected, 6 and liquidated in the order of the queue while it pays and slots last, each
sale moving the market, 7 what is recognised runs down the waterfall. 5 to 7 repeat within the step
while the oracle follows the market within it; else the next step begins.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seawall.simulation.kernels.absorb import absorb, fill, worth_of_funds
from seawall.simulation.kernels.close_out import close_out
from seawall.simulation.kernels.columns import COLLATERAL, DEBT, Floats, Ints
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.evaluate import equity, excess, is_open, reprice
from seawall.simulation.kernels.index import (
    EVALUATIONS,
    VISITS,
    detect_by_index,
    follow_moves,
    note_visit,
    put_back,
    reset_index,
)
from seawall.simulation.kernels.oracle import observe_markets, start_observing
from seawall.simulation.kernels.queue import sort_queue
from seawall.simulation.kernels.scan import detect_by_scan
from seawall.simulation.kernels.trade import begin_step, market_moves, start_trading

MICRO = 1e6
BY_SCAN, BY_INDEX, BY_INDEX_WITHOUT_EPOCHS = range(3)


class Venue(NamedTuple):
    """The policies of a rulebook, and how long a step is; plain numbers.

    Attributes:
        is_lending: A lending account is called, a margin account closed out.
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
        since, health: Step of detection (-1 none) and health of each row.
        cohort_of: Cohort of each row (read only).
        is_closed: Rows that can fail no more.
        is_changed, changed, changes: Rows to be restored for the next path.
        defaults: Loss by asset of one account [base currency].
        surplus: Surplus by code in one step [quanta].
        growth: Supply and debt indexes relative to the start, shape (2 n_assets,).
        seen, traded: Log moves of the drivers: what the venue sees, what the market trades at.
    """

    q: Floats
    queue: Ints
    since: NDArray[np.int32]
    health: Floats
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
    thread.changes[0] = 0
    thread.growth[:] = 1.0


@inner
def note_change(thread, row):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Remember that a row is to be restored."""
    if not thread.is_changed[row]:
        thread.is_changed[row] = True
        thread.changed[thread.changes[0]] = row
        thread.changes[0] += 1


@inner
def health_of(codes, prices, code, q, at, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return a number that orders failing accounts, lowest first: excess over what it owes or holds."""
    gross = 0.0
    for leg in range(at, at + width):
        if codes.item[code[leg]].kind != COLLATERAL:
            gross += abs(q[leg] * prices[code[leg]].value)
    return excess(codes, prices, code, q, at, width) / gross if gross > 0.0 else 0.0


@inner
def accrue(venue, rates, thread):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Let the indexes of supplies and debts grow by a step at their rates [per year]."""
    years = venue.step_s / 31_536_000.0
    for row in range(thread.growth.size):
        if rates[row] != 0.0:
            thread.growth[row] *= 1.0 + rates[row] * years


@inner
def keep_failing(cohorts, codes, prices, thread, index, queue_count, detector, use_epoch):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Drop the rows of the queue that are safe again at the prices of now; return how many stay."""
    kept = 0
    for which in range(queue_count):
        row = thread.queue[which]
        cohort = thread.cohort_of[row]
        at, width = legs_at(cohorts, cohort, row)
        index.counters[EVALUATIONS] += 1
        if excess(codes, prices, cohorts.code, thread.q, at, width) < 0.0:
            thread.queue[kept] = row
            kept += 1
        else:
            thread.since[row] = -1
            if detector != BY_SCAN:
                put_back(cohorts, codes, prices, thread.q, index, cohort, row, use_epoch)
    return kept


@inner
def detect(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    cohorts, codes, prices, thread, index, step, queue_count, detector, is_epoch, for_sets, against_sets
):  # fmt: skip
    """Bring the queue up to date: who failed before and still does, and who fails now; return how many."""
    use_epoch = detector == BY_INDEX
    if detector != BY_SCAN:
        follow_moves(codes, prices, for_sets, against_sets, index, is_epoch)
    kept = keep_failing(cohorts, codes, prices, thread, index, queue_count, detector, use_epoch)
    if detector == BY_SCAN:
        count = detect_by_scan(cohorts, codes, prices, thread.q, thread.is_closed, thread.queue)
    else:
        count = detect_by_index(
            cohorts, codes, prices, thread.q, index, is_epoch, use_epoch, thread.queue, kept
        )
    for which in range(count):
        row = thread.queue[which]
        if thread.since[row] < 0:
            thread.since[row] = step
            note_change(thread, row)
    return count


@inner
def is_blind(codes, code, at, width, is_stale):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether a price of the account may not be relied on: the venue then refuses every call."""
    for leg in range(at, at + width):
        driver = codes.item[code[leg]].driver
        if driver >= 0 and is_stale[driver]:
            return True
    return False


def serve_queue(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    cohorts, codes, prices, venue, markets, desk, pots, thread, index, account, is_stale, step,
    count, detector,
):  # fmt: skip
    """Liquidate the rows of the queue in order; return how many still fail and stay in it."""
    for which in range(count):
        row = thread.queue[which]
        at, width = legs_at(cohorts, thread.cohort_of[row], row)
        thread.health[row] = health_of(codes, prices, cohorts.code, thread.q, at, width)
    sort_queue(thread.queue, count, thread.since, thread.health, cohorts.rank)
    kept = 0
    for which in range(count):
        row = thread.queue[which]
        cohort = thread.cohort_of[row]
        at, width = legs_at(cohorts, cohort, row)
        if (
            desk.slots[0] > 0
            and not desk.is_absent[0]
            and not is_blind(codes, cohorts.code, at, width, is_stale)
        ):
            before = account.counts[0]
            if venue.is_lending:
                liquidate_lending(
                    venue, codes, prices, markets, desk, cohorts.code, thread.q, at, width, account,
                    thread.defaults,
                )  # fmt: skip
            else:
                close_out(
                    codes, prices, markets, desk, cohorts.code, thread.q, at, width, account,
                    thread.defaults, thread.surplus,
                )  # fmt: skip
            done = account.counts[0] - before
            desk.slots[0] -= done
            if done > 0:
                account.counts[1] += 1
            bear(pots, thread, account, step)
        if not is_open(codes, cohorts.code, thread.q, at, width):
            thread.is_closed[row] = True
            thread.since[row] = -1
        elif excess(codes, prices, cohorts.code, thread.q, at, width) < 0.0:
            thread.queue[kept] = row
            kept += 1
        else:
            thread.since[row] = -1
            if detector != BY_SCAN:
                put_back(cohorts, codes, prices, thread.q, index, cohort, row, detector == BY_INDEX)
    return kept


liquidate_lending: Any = None  # bound to a rule set


@inner
def bear(pots, thread, account, step):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Run the losses of one account down the waterfall, asset by asset."""
    for asset in range(thread.defaults.size):
        if thread.defaults[asset] <= 0.0:
            continue
        loss = math.ceil(thread.defaults[asset] * MICRO)
        thread.defaults[asset] = 0.0
        account.money[4] += int(loss)
        account.recognised[asset] += int(loss)
        if account.counts[4] < 0:
            account.counts[4] = step
        left, closed = absorb(pots, thread.seen, account.held, account.layers, asset, loss)
        account.money[5] += int(left)
        account.uncovered[asset] += int(left)
        if closed and account.counts[5] < 0:
            account.counts[5] = step


@inner
def collect(codes, pots, prices, desk, thread, account):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Let the fees and surpluses of a step flow into the funds that take them."""
    for code in range(codes.item.size):
        asset = codes.item[code].asset
        if desk.fee[code] > 0.0:
            account.money[8] += int(
                fill(pots, pots.fills_by_fee, thread.seen, prices, account.held, code, asset, desk.fee[code])
            )
            desk.fee[code] = 0.0
        if thread.surplus[code] > 0.0:
            account.money[9] += int(
                fill(
                    pots,
                    pots.fills_by_surplus,
                    thread.seen,
                    prices,
                    account.held,
                    code,
                    asset,
                    thread.surplus[code],
                )
            )
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
            mark += math.ceil(short * MICRO)
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
            exhausted += math.ceil(rest * MICRO)
    return mark, exhausted if venue.is_lending else mark


def walk_path(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    cohorts, codes, for_sets, against_sets, q_start, prices, venue, markets, oracles, rates, pots,
    thread, index, desk, oracle_state, account, moves, depth, absent, detector
):  # fmt: skip
    """Walk one path; `account` holds its totals afterwards.

    Args:
        moves: Log moves of the fundamentals since the start, shape (n_steps, n_drivers).
        depth: Depth of each market as a multiple of the start's, shape (n_steps, n_drivers).
        absent: Whether liquidators are away in a step, shape (n_steps,).
    """
    restore(cohorts, q_start, thread)
    reset_index(cohorts, index)
    start_trading(markets, desk)
    start_observing(oracles, oracle_state)
    account.held[0, :] = pots.start
    thread.seen[:] = 0.0
    account.money[10] = int(worth_of_funds(pots, thread.seen, account.held))
    count = np.int64(0)  # typed: a literal would have everything compiled once more
    never = np.bool_(False)
    for step in range(moves.shape[0]):
        account.held[1, :] = pots.most
        begin_step(markets, desk, moves[step], depth[step], absent[step], venue.step_s)
        accrue(venue, rates, thread)
        is_epoch = step > 0 and step % venue.epoch == 0
        for repeat in range(venue.repeats + 1):
            market_moves(desk, thread.traded)
            follows = observe_markets(oracles, oracle_state, thread.traded, thread.seen, step, repeat)
            if repeat > 0 and not follows:
                break
            reprice(codes, thread.seen, thread.traded, thread.growth, never, prices)
            count = detect(
                cohorts, codes, prices, thread, index, step, count, detector,
                is_epoch and repeat == 0 and detector == BY_INDEX, for_sets, against_sets,
            )  # fmt: skip
            if count == 0:
                break
            before = account.counts[0]
            count = serve_queue(
                cohorts,
                codes,
                prices,
                venue,
                markets,
                desk,
                pots,
                thread,
                index,
                account,
                oracle_state.is_stale,
                step,
                count,
                detector,
            )
            if account.counts[0] == before:
                break
        collect(codes, pots, prices, desk, thread, account)
        account.money[10] = min(account.money[10], int(worth_of_funds(pots, thread.seen, account.held)))
    finish(
        cohorts,
        codes,
        for_sets,
        against_sets,
        prices,
        venue,
        thread,
        index,
        desk,
        account,
        count,
        detector,
    )


@inner
def finish(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    cohorts, codes, for_sets, against_sets, prices, venue, thread, index, desk, account, count, detector
):  # fmt: skip
    """Add the gaps that are left at the end of a path, on both price bases."""
    account.counts[3] = count
    never = np.bool_(False)  # typed, as `start` is: a literal would have everything compiled once more
    start = np.int64(0)
    market_moves(desk, thread.traded)
    reprice(codes, thread.seen, thread.traded, thread.growth, never, prices)
    mark, exhausted = gaps(cohorts, codes, prices, venue, thread, count)
    account.money[0] = mark
    account.money[2] = exhausted
    reprice(codes, thread.seen, thread.traded, thread.growth, not never, prices)
    count = detect(
        cohorts, codes, prices, thread, index, start, count, detector, never, for_sets, against_sets
    )
    mark, exhausted = gaps(cohorts, codes, prices, venue, thread, count)
    account.money[1] = mark
    account.money[3] = exhausted


__all__ = ["VISITS", "Thread", "Venue", "note_visit", "walk_path"]
