"""Close out a failing margin account: orders first, then everything, and who bears what that lacks.

Orders go first: what they held back is free again. If the account still fails, the engine takes all of
it over. What the market pays for its positions, less what the account was credited, is one loss or one
surplus for each settle asset and pool. A loss runs down the waterfall; where it comes to the layer that
closes positions of others, the lots that winners take are not sold.

    layers above      whole lots, the cheapest entry first, then cash
    winners           the dearest entry first, the fewest lots that relieve the loss
    the market        all that is left, in the order of the account's legs
    layers below      what is still owed, down to the first that charges accounts
    accounts          what all close-outs of a pass have left, once it is over (`charge`)

What the smaller sale brings beyond its share of the larger one lowers what is owed, and beyond that is a
surplus.
"""

from __future__ import annotations

import math
from typing import Any

from seawall.simulation.kernels.absorb import absorb, answers_for, room_of_pot
from seawall.simulation.kernels.bear import book_loss, book_rest
from seawall.simulation.kernels.bearers import NOBODY
from seawall.simulation.kernels.charge import bearable_of, charge_at_once, first_waiting
from seawall.simulation.kernels.columns import HOLD
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.deleverage import cost_left, in_group, loss_of, next_lot
from seawall.simulation.kernels.evaluate import excess
from seawall.simulation.kernels.state import TARGET_HEALTH
from seawall.simulation.kernels.tally import (
    FIRST_DELEVERAGE_STEP,
    LIQUIDATIONS,
    MAY_GIVE,
    MICRO,
    added,
    down,
    up,
)

reduce_account: Any = None  # these four are bound to a rule set
take_over: Any = None
deleverage: Any = None
sell_rest: Any = None


def close_out(cohorts, codes, prices, venue, markets, desk, pots, thread, at, width, tally, step):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Cancel orders, then close everything if that was not enough; run what is lost down the waterfall."""
    q, lots = thread.q, thread.winners.lot
    for leg in range(at, at + width):
        if codes.item[cohorts.code[leg]].kind == HOLD:
            q[leg] = 0.0
    if excess(codes, prices, cohorts.code, q, at, width) >= 0.0:
        return
    if venue.size == TARGET_HEALTH:
        reduce_account(
            pots.rivals, venue, codes, prices, markets, desk, cohorts.code, thread, at, width, tally
        )
        if excess(codes, prices, cohorts.code, q, at, width) >= 0.0:
            return
    tally.counts[LIQUIDATIONS] += 1
    main, whole = take_over(codes, prices, markets, desk, cohorts.code, q, at, width, tally, lots)
    if main < 0:
        code = most_owed(prices, cohorts.code, q, at, width)
        close_cash(cohorts, codes, prices, pots, thread, tally, code, whole, step)
    handed = 0.0
    for leg in range(at, at + width):
        if stands_for_default(pots.rivals, codes, cohorts.code, lots, at, leg):
            handed += run_down(cohorts, codes, prices, pots, thread, at, width, leg, tally, step)
    if handed > 0.0:
        sell_rest(codes, prices, markets, desk, cohorts.code, q, at, width, lots)
    for leg in range(at, at + width):
        code = cohorts.code[leg]
        size, part = lots[leg - at].quanta, lots[leg - at].handed
        if size > 0.0 and codes.item[code].driver >= 0:
            sold = abs(lots[leg - at].brought) * ((size - part) / size) + lots[leg - at].gain
            driver = codes.item[code].driver
            tally.sold[driver] = added(tally.sold[driver], down(sold))
        if stands_for_default(pots.rivals, codes, cohorts.code, lots, at, leg):
            settle_default(cohorts, codes, prices, pots, thread, at, width, leg, tally, step)
    for leg in range(at, at + width):
        q[leg] = 0.0
        if thread.winners.cost.size > 0:
            thread.winners.cost[leg] = 0.0


def run_down(cohorts, codes, prices, pots, thread, at, width, group, tally, step):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Run the loss of one default down to the layer that closes positions, and through it.

    What is left is noted on its lot: `owed`, negative for a surplus [base currency], and `rest`, the loss
    that no layer has borne yet [millionths].

    Args:
        group: Leg that stands for the default, see `in_group`.

    Returns:
        How much winners took [quanta].
    """
    rivals, lots = pots.rivals, thread.winners.lot
    code = cohorts.code[group]
    asset = codes.item[code].asset
    owed = 0.0
    for leg in range(at, at + width):  # what costs nobody anything is closed in the market at once
        lot = lots[leg - at]
        if lot.left > 0.0 and in_group(rivals, codes, cohorts.code, group, leg) and cost_left(lot) <= 0.0:
            owed += cost_left(lots[leg - at])
            lots[leg - at].left = 0.0
    net = loss_of(rivals, codes, cohorts.code, lots, at, width, group, owed)
    lots[group - at].owed = net
    lots[group - at].rest = 0
    if net <= 0.0:
        return 0.0
    rest = book_loss(tally, asset, net, step)
    above = stop_of(pots, code, asset)
    pool = rivals.code[code].pool
    room = 0
    has_charge = False
    for pot in range(above):
        if pays(pots, pot, asset):
            has_charge = has_charge or pots.bearers.by[pot] != NOBODY
            room += room_of_pot(pots, thread.seen, tally.held, pot, rest)
    if not has_charge and (room >= rest or above == pots.layer.size):
        rest, uncovered = absorb(pots, thread, tally, asset, pool, rest, 0, above, step)
        book_rest(tally, asset, uncovered)
        lots[group - at].owed = 0.0
        lots[group - at].rest = rest
        return 0.0
    rest, owed = pay_lots(
        cohorts, codes, prices, pots, thread, at, width, group, tally, step, 0, above, rest, owed
    )  # fmt: skip
    if above != rivals.pot:
        lots[group - at].rest = rest
        return 0.0
    budget = min(float(rest), tally.held[MAY_GIVE, rivals.pot]) / MICRO
    if budget < rest / MICRO:
        owed = deleverage(rivals, cohorts, codes, prices, thread, at, width, group, owed, budget)
    else:
        owed = deleverage(rivals, cohorts, codes, prices, thread, at, width, group, owed, math.inf)
    net = loss_of(rivals, codes, cohorts.code, lots, at, width, group, owed)
    after = min(rest, max(0, up(net)))
    relieve(pots, tally, rest - after)
    handed = 0.0
    for leg in range(at, at + width):
        if in_group(rivals, codes, cohorts.code, group, leg):
            handed += lots[leg - at].handed
    if handed > 0.0 and tally.counts[FIRST_DELEVERAGE_STEP] < 0:
        tally.counts[FIRST_DELEVERAGE_STEP] = step
    lots[group - at].owed = net
    lots[group - at].rest = after
    return handed


def settle_default(cohorts, codes, prices, pots, thread, at, width, group, tally, step):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Ask the layers below for what is left of a default, or keep what is over."""
    rivals, lots = pots.rivals, thread.winners.lot
    code = cohorts.code[group]
    gain = 0.0
    for leg in range(at, at + width):
        if in_group(rivals, codes, cohorts.code, group, leg):
            gain += lots[leg - at].gain
    rest = int(lots[group - at].rest)
    if rest > 0:
        lowered = min(rest, max(0, down(gain)))
        relieve(pots, tally, lowered)
        gain -= lowered / MICRO
        rest -= lowered
        asset, pool = codes.item[code].asset, rivals.code[code].pool
        below, wait = stop_of(pots, code, asset), first_waiting(pots, asset)
        if below < wait < pots.layer.size:  # who pays in between pays for lots, which nobody is charged for
            beside = lots[group - at].owed - lowered / MICRO
            owed = -loss_of(
                rivals, codes, cohorts.code, lots, at, width, group, -beside
            )  # less what lots cost
            rest, owed = pay_lots(
                cohorts, codes, prices, pots, thread, at, width, group, tally, step, below, wait, rest, owed
            )  # fmt: skip
            below = wait
        if rest > 0 and below == wait:
            name_lots(rivals, codes, cohorts.code, thread, at, width, group)
        rest, uncovered = absorb(pots, thread, tally, asset, pool, rest, below, pots.layer.size, step)
        book_rest(tally, asset, rest + uncovered)
    settle = codes.item[code].settle
    over = gain - min(0.0, lots[group - at].owed)
    if over > 0.0 and prices[settle].value > 0.0:
        thread.surplus[settle] += math.floor(over / prices[settle].value)


@inner
def stop_of(pots, code, asset):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the pot that closes positions for a default, or at which it waits for accounts to be charged."""
    if pots.rivals.pot >= 0 and pots.rivals.code[code].is_covered:
        return pots.rivals.pot
    return first_waiting(pots, asset)


@inner
def pays(pots, pot, asset):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether a pot pays for losses in an asset, without closing positions of others."""
    return answers_for(pots, pot, asset) and pot != pots.rivals.pot


@inner
def pay_lots(cohorts, codes, prices, pots, thread, at, width, group, tally, step, first, last, rest, owed):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Let each of the pots `first` to `last - 1` pay for the whole lots it affords, then for what is owed.

    Args:
        rest: Loss that no layer has borne [millionths].
        owed: Cash owed beside what closing lots costs; negative is at hand [base currency].

    Returns:
        `rest` and `owed` afterwards.
    """
    lots, code = thread.winners.lot, cohorts.code[group]
    asset, pool = codes.item[code].asset, pots.rivals.code[code].pool
    for pot in range(first, last):
        if rest <= 0 or not pays(pots, pot, asset):
            continue
        is_charge = pots.bearers.by[pot] != NOBODY
        bearable = 0.0
        if is_charge:
            able, bearable = bearable_of(pots, cohorts, codes, prices, thread, tally, pot, asset, pool, rest)
        else:
            able = room_of_pot(pots, thread.seen, tally.held, pot, rest)
        budget = able / MICRO
        owed = pay_for_lots(pots.rivals, codes, cohorts.code, lots, at, width, group, owed, budget)
        paid = min(budget, max(0.0, owed))
        owed -= paid
        taken = min(able, up(paid))
        if is_charge:
            rest -= charge_at_once(
                pots, cohorts, codes, prices, thread, tally, pot, asset, pool, taken, bearable
            )  # fmt: skip
        else:
            left, uncovered = absorb(pots, thread, tally, asset, pool, taken, pot, pot + 1, step)
            book_rest(tally, asset, uncovered)
            rest -= taken - left
    return rest, owed


@inner
def name_lots(rivals, codes, cohort_code, thread, at, width, group):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Note the contracts that nobody has answered for: who holds them may be charged for what they lack."""
    for leg in range(at, at + width):
        if in_group(rivals, codes, cohort_code, group, leg) and thread.winners.lot[leg - at].left > 0.0:
            thread.charged.is_named[cohort_code[leg]] = True


@inner
def stands_for_default(rivals, codes, cohort_code, lots, at, leg):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether a leg is the first lot of its default."""
    if lots[leg - at].quanta <= 0.0:
        return False
    for other in range(at, leg):
        if lots[other - at].quanta > 0.0 and in_group(rivals, codes, cohort_code, leg, other):
            return False
    return True


@inner
def close_cash(cohorts, codes, prices, pots, thread, tally, code, whole, step):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Book what an account without positions is worth: a surplus, or a loss that runs down all layers."""
    if whole >= 0.0:
        if prices[code].value > 0.0:
            thread.surplus[code] += math.floor(whole / prices[code].value)
        return
    asset = codes.item[code].asset
    rest = book_loss(tally, asset, -whole, step)
    no_pool = pots.bearers.no_pool
    for pot in range(pots.layer.size):
        if rest > 0 and answers_for(pots, pot, asset) and is_charged_at_once(pots, pot):
            able, bearable = bearable_of(
                pots, cohorts, codes, prices, thread, tally, pot, asset, no_pool, rest
            )  # fmt: skip
            rest -= charge_at_once(
                pots, cohorts, codes, prices, thread, tally, pot, asset, no_pool, able, bearable
            )  # fmt: skip
        else:
            rest, uncovered = absorb(pots, thread, tally, asset, no_pool, rest, pot, pot + 1, step)
            book_rest(tally, asset, uncovered)
    book_rest(tally, asset, rest)


@inner
def is_charged_at_once(pots, pot):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether a pot charges accounts for each default as it comes."""
    return pots.bearers.by[pot] != NOBODY and not pots.bearers.waits[pot]


@inner
def most_owed(prices, cohort_code, q, at, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the code of what an account without positions owes most of, the first where it owes nothing."""
    most = at
    for leg in range(at, at + width):
        if q[leg] * prices[cohort_code[leg]].value < q[most] * prices[cohort_code[most]].value:
            most = leg
    return cohort_code[most]


@inner
def pay_for_lots(rivals, codes, cohort_code, lots, at, width, group, owed, budget):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Close as many whole lots as a budget affords, the cheapest entry first; return what is owed then."""
    at_hand = budget + max(0.0, -owed)
    tried = 0
    while True:
        leg = next_lot(rivals, codes, cohort_code, lots, at, width, group, tried, False)
        if leg < 0:
            return owed
        tried |= 1 << (leg - at)
        lot = lots[leg - at]
        cost = cost_left(lot)
        units = lot.left
        if cost > at_hand:
            step = rivals.code[cohort_code[leg]].lot
            units = math.floor(lot.left * (at_hand / cost) / step) * step
            cost *= units / lot.left
        at_hand -= cost
        owed += cost
        lots[leg - at].left -= units


@inner
def relieve(pots, tally, amount):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Count what closing positions of others took off a loss [millionths]."""
    pot = pots.rivals.pot
    if pot >= 0:
        layer = pots.layer[pot]
        tally.layers[layer] = added(tally.layers[layer], amount)
        tally.held[MAY_GIVE, pot] -= amount


__all__ = ["close_out"]
