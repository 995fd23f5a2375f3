"""One path, step by step: the order in which things happen, and nothing else.

1 fundamental prices move, 2 impact decays, interest accrues, 3 the venue's oracle looks, 4 suppliers
leave as far as pools can pay, funding is settled, and borrowers near failure act, 5 failing accounts are
detected, 6 and liquidated in the order of the queue while it pays and slots last, each sale moving the
market, 7 what is recognised runs down the waterfall. 5 to 7 repeat within the step while the oracle
follows the market within it; else the next step begins.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from seawall.simulation.kernels.absorb import worth_of_funds
from seawall.simulation.kernels.borrowers import drop_unwatched, price_the_band, start_people
from seawall.simulation.kernels.change_over import build_index, detector_now, is_outdated
from seawall.simulation.kernels.charge import start_charges
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.course import note_course
from seawall.simulation.kernels.evaluate import excess, reprice, spare_of
from seawall.simulation.kernels.funding import settle_funding
from seawall.simulation.kernels.grid import move_options
from seawall.simulation.kernels.index import (
    EVALUATIONS,
    LOOKS,
    NEW,
    RETURNS,
    detect_by_index,
    follow_moves,
    put_back,
    reset_index,
)
from seawall.simulation.kernels.near import asks_for_grid
from seawall.simulation.kernels.oracle import observe_markets, start_observing
from seawall.simulation.kernels.pools import accrue, close_pools, leave, share_losses, start_pools
from seawall.simulation.kernels.scan import detect_by_scan
from seawall.simulation.kernels.serve import collect, gaps
from seawall.simulation.kernels.sleep import doze, price_calls, wake
from seawall.simulation.kernels.state import BY_INDEX, BY_SCAN, legs_at, note_change, restore
from seawall.simulation.kernels.tally import (
    FAILING_AT_END,
    FUND_LOW,
    HOLDS,
    LIQUIDATION_GAP_MARKET,
    LIQUIDATION_GAP_ORACLE,
    LIQUIDATIONS,
    MARK_GAP_MARKET,
    MARK_GAP_ORACLE,
    MAY_GIVE,
)
from seawall.simulation.kernels.trade import begin_step, market_moves, start_trading
from seawall.simulation.kernels.weigh import note_marks
from seawall.simulation.kernels.winners import restore_costs

serve_queue: Any = None  # these five are bound to a rule set
act_all: Any = None
weigh: Any = None
price_grid: Any = None
price_all: Any = None


def walk_path(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    cohorts, codes, for_sets, against_sets, q_start, prices, grid, venue, markets, oracles, pots,
    thread, index, people, band, band_index, desk, oracle_state, tally, course, moves, depth, absent, detector
):  # fmt: skip
    """Walk one path; `tally` holds its totals afterwards, `course` its way there.

    Args:
        grid: Options and scenarios of portfolios; what they come to goes into `codes.table`.
        people: Borrowers who act; `band` and `band_index` find them as `thread` and `index` find who fails.
        moves: Log moves of the fundamentals since the start, shape (n_steps, n_drivers).
        depth: Depth of each market as a multiple of the start's, shape (n_steps, n_drivers).
        absent: Whether liquidators are away in a step, shape (n_steps,).
    """
    restore_costs(pots.rivals, cohorts, thread)
    they_act = people.setting[0].is_on
    if they_act:
        start_people(people, thread, band)
        reset_index(cohorts, band_index)
    restore(cohorts, q_start, thread)
    start_charges(pots, thread)
    reset_index(cohorts, index)
    start_trading(desk)
    start_pools(desk.pool)
    start_observing(oracles, oracle_state)
    for pot in range(pots.start.size):
        tally.held[HOLDS, pot] = pots.start[pot]
    thread.seen[:] = 0.0
    tally.money[FUND_LOW] = int(worth_of_funds(pots, thread.seen, tally.held))
    count = np.int64(0)  # typed: a literal would have everything compiled once more
    in_band = np.int64(0)
    never = np.bool_(False)
    way = np.int64(detector)
    may_sleep = venue.is_lending and not venue.hands_over and not they_act
    for step in range(moves.shape[0]):
        for pot in range(pots.most.size):
            tally.held[MAY_GIVE, pot] = pots.most[pot]
        if step == 0 and thread.charged.cut.size > 0:
            reprice(codes, thread.seen, thread.seen, thread.growth, never, prices)
            move_options(codes, grid, prices)
        if thread.charged.cut.size > 0:  # a calm pass has only moved options, and not priced them
            price_grid(codes, grid, thread.seen, thread.traded, step * venue.step_s, never, prices)
        note_marks(codes, prices, thread)
        begin_step(markets, desk, moves[step], depth[step], absent[step], venue.step_s)
        accrue(desk.pool, thread.growth, venue.step_s)
        way = detector_now(index, detector, cohorts.key.size)
        returns = index.turn[RETURNS] == 1
        is_epoch = step > 0 and step % venue.epoch == 0
        for repeat in range(venue.repeats + 1):
            market_moves(desk, thread.traded)
            follows = observe_markets(oracles, oracle_state, thread.traded, thread.seen, step, repeat)
            if repeat > 0 and not follows:
                break
            if repeat == 0:
                leave(desk.pool, desk.asked, thread.seen, tally, step)
            reprice(codes, thread.seen, thread.traded, thread.growth, never, prices)
            weigh(codes, prices, thread.together)
            move_options(codes, grid, prices)
            refers_anew = is_epoch and repeat == 0 and detector == BY_INDEX
            elapsed_s = (step + 1) * venue.step_s
            is_asked = they_act or refers_anew or (returns and repeat == 0) or asks_for_grid(
                cohorts, codes, prices, for_sets, against_sets, thread, index, way, count
            )  # fmt: skip
            if is_asked:
                price_grid(codes, grid, thread.seen, thread.traded, elapsed_s, never, prices)
            if repeat == 0 and not venue.is_lending:
                settle_funding(cohorts, codes, prices, desk, thread, tally, venue.step_s)
            if they_act:
                price_the_band(codes, prices, people)
                by = detector if venue.is_lending else np.int64(BY_SCAN)
                in_band = detect(
                    cohorts, people.codes, people.prices, band, band_index, step, in_band, by,
                    refers_anew and venue.is_lending, never, for_sets, against_sets,
                )  # fmt: skip
                in_band = drop_unwatched(people, band, in_band)
                if repeat == 0:
                    act_all(
                        cohorts, codes, prices, markets, desk, thread, people, band, tally, step, in_band
                    )  # fmt: skip
            if may_sleep and way != BY_SCAN:
                price_calls(
                    codes, prices, venue.bonus_unit, desk.purse, for_sets, against_sets, thread.sleepers
                )
            # Who is handed over is served worst first, whoever waits already.
            since = np.int64(0) if venue.hands_over else np.int64(step)
            count = detect(
                cohorts, codes, prices, thread, index, since, count, way, refers_anew,
                returns and repeat == 0, for_sets, against_sets,
            )  # fmt: skip
            if may_sleep and way != BY_SCAN:
                count = doze(cohorts, codes, prices, thread, index, count)
            if count + thread.sleepers.asleep[0] == 0:
                break
            if not is_asked:  # winners may be portfolios
                price_grid(codes, grid, thread.seen, thread.traded, elapsed_s, never, prices)
            before = tally.counts[LIQUIDATIONS]
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
                tally,
                oracle_state.is_stale,
                step,
                count,
                way,
            )
            if tally.counts[LIQUIDATIONS] == before:
                break
        collect(codes, pots, prices, desk, thread, tally)
        share_losses(desk.pool, tally)
        note_course(pots, thread, tally, course, step, moves.shape[0])
    close_pools(desk.pool, thread.seen, tally, moves.shape[0])
    finish(
        cohorts,
        codes,
        for_sets,
        against_sets,
        prices,
        grid,
        venue,
        thread,
        index,
        desk,
        tally,
        count,
        way,
        moves.shape[0] * venue.step_s,
    )


@inner
def detect(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    cohorts, codes, prices, thread, index, since, queue_count, detector, is_epoch, returns,
    for_sets, against_sets,
):  # fmt: skip
    """Bring the queue up to date: who failed before and still does, and who fails now; return how many.

    Args:
        since: What is noted as the time at which a row was found, and orders the queue.
        is_epoch: Whether moves count from now on.
        returns: Whether the index was not kept up and is to be built anew.
    """
    returns = is_outdated(thread, index, cohorts.key.size) or returns
    use_epoch = detector == BY_INDEX
    if detector != BY_SCAN:
        follow_moves(codes, prices, for_sets, against_sets, index, is_epoch or returns)
        if returns:
            build_index(cohorts, codes, prices, thread, index, use_epoch)
    queue_count = wake(thread, index, queue_count, is_epoch or returns or detector == BY_SCAN)
    kept = keep_failing(cohorts, codes, prices, thread, index, queue_count, detector, use_epoch)
    if detector == BY_SCAN:
        count = detect_by_scan(cohorts, codes, prices, thread.q, thread.is_closed, thread.queue)
        index.counters[EVALUATIONS] += cohorts.key.size
    else:
        count = detect_by_index(
            cohorts, codes, prices, thread.q, index, is_epoch and not returns, use_epoch, thread.queue, kept
        )
        if thread.n_loose[0] > 0:
            count = look_at_loose(cohorts, codes, prices, thread, index, kept, count)
    index.turn[LOOKS] += 1
    index.turn[NEW] += count - kept
    for which in range(count):
        row = thread.queue[which]
        if thread.since[row] < 0:
            at, width = legs_at(cohorts, thread.cohort_of[row], row)
            thread.spare[row] = spare_of(codes, prices, cohorts.code, thread.q, at, width)
            thread.since[row] = since
            note_change(thread, row)
    return count


@inner
def keep_failing(cohorts, codes, prices, thread, index, queue_count, detector, use_epoch):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Drop the rows of the queue that are safe again at the prices of now; return how many stay."""
    kept = 0
    for which in range(queue_count):
        row = thread.queue[which]
        cohort = thread.cohort_of[row]
        at, width = legs_at(cohorts, cohort, row)
        index.counters[EVALUATIONS] += 1
        spare = spare_of(codes, prices, cohorts.code, thread.q, at, width)
        if spare < 0.0:
            thread.spare[row] = spare
            thread.queue[kept] = row
            kept += 1
        else:
            thread.since[row] = -1
            if detector != BY_SCAN and not thread.is_loose[row]:
                put_back(cohorts, codes, prices, thread.q, index, cohort, row, use_epoch)
    return kept


@inner
def look_at_loose(cohorts, codes, prices, thread, index, kept, count):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Find who fails among the loose rows, each once; return how many fail in all.

    The index may still have a threshold of such a row, of what it held before: where that brings up a row
    of the queue, it is in it twice.
    """
    total = kept
    for which in range(kept, count):
        row = thread.queue[which]
        if not thread.is_loose[row]:
            thread.queue[total] = row
            total += 1
    for which in range(thread.n_loose[0]):
        row = np.int64(thread.loose[which])
        if thread.since[row] >= 0 or thread.is_closed[row]:
            continue
        at, width = legs_at(cohorts, thread.cohort_of[row], row)
        index.counters[EVALUATIONS] += 1
        if excess(codes, prices, cohorts.code, thread.q, at, width) < 0.0:
            thread.queue[total] = row
            total += 1
    return total


def finish(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    cohorts, codes, for_sets, against_sets, prices, grid, venue, thread, index, desk, tally, count, detector,
    elapsed_s,
):  # fmt: skip
    """Add the gaps that are left at the end of a path, on both price bases."""
    count = wake(thread, index, count, not np.bool_(False))
    tally.counts[FAILING_AT_END] = count
    never = np.bool_(False)  # typed, as `start` is: a literal would have everything compiled once more
    start = np.int64(0)
    market_moves(desk, thread.traded)
    reprice(codes, thread.seen, thread.traded, thread.growth, never, prices)
    weigh(codes, prices, thread.together)
    price_all(codes, grid, thread.seen, thread.traded, elapsed_s, never, prices)
    if venue.hands_over:  # the last pass may have put others under water, or have ended recovery mode
        count = detect(
            cohorts, codes, prices, thread, index, start, count, detector, never, never, for_sets,
            against_sets,
        )  # fmt: skip
        tally.counts[FAILING_AT_END] = count
    mark, exhausted = gaps(cohorts, codes, prices, venue, thread, count)
    tally.money[MARK_GAP_ORACLE] = mark
    tally.money[LIQUIDATION_GAP_ORACLE] = exhausted
    reprice(codes, thread.seen, thread.traded, thread.growth, not never, prices)
    weigh(codes, prices, thread.together)
    price_all(codes, grid, thread.seen, thread.traded, elapsed_s, not never, prices)
    count = detect(
        cohorts, codes, prices, thread, index, start, count, detector, never, never, for_sets, against_sets
    )
    mark, exhausted = gaps(cohorts, codes, prices, venue, thread, count)
    tally.money[MARK_GAP_MARKET] = mark
    tally.money[LIQUIDATION_GAP_MARKET] = exhausted
