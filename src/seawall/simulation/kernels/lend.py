"""Liquidate a lending account as its venue does, call by call, while somebody finds it worth it.

The amounts are those of the venue's rules, compiled from their one source: the names `max_repay`,
`seize`, `leaves_dust`, `health_factor`, `recognises` and `target_repay` below are bound to a rule set
when the engine is built. The order of legs is that of `seawall.liquidation`: the largest debt through
the largest collateral, then the next pair where a call is refused.
"""

from __future__ import annotations

import math
from typing import Any

from seawall.simulation.kernels.columns import COLLATERAL, DEBT
from seawall.simulation.kernels.evaluate import excess
from seawall.simulation.kernels.pools import pay_in, pay_out, payable, write_off
from seawall.simulation.kernels.state import CLOSE_FACTOR, TARGET_HEALTH
from seawall.simulation.kernels.tally import (
    CALLS_SHORT_OF_CASH,
    LIQUIDATIONS,
    NOT_WORTH_IT,
    REPAID,
    SEIZED,
    added,
    down,
)
from seawall.simulation.kernels.trade import buy_back, close_for, willing_to_repay

DONE, REFUSED, DOES_NOT_PAY = range(3)
BISECTIONS = 50

max_repay: Any = None  # these six are bound to a rule set
seize: Any = None
leaves_dust: Any = None
health_factor: Any = None
recognises: Any = None
target_repay: Any = None


def liquidate_lending(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    venue, codes, prices, markets, desk, cohort_code, q, at, width, tally, defaults
):  # fmt: skip
    """Call an account until it is safe, empty, refused, or worth no one's while; return whether it changed.

    Args:
        venue: Size and recognition policies, see `Venue`.
        desk: Impact of each market and what liquidators have left in this step; changed in place.
        at, width: Legs of the account.
        tally: Totals of the path, changed in place.
        defaults: Loss by asset of this account [base currency], changed in place.
    """
    if desk.purse[0].asks and is_hopeless(venue, codes, prices, desk, cohort_code, q, at, width):
        tally.counts[NOT_WORTH_IT] += 1
        return False
    is_changed = False
    for _ in range(venue.rounds_max):
        if excess(codes, prices, cohort_code, q, at, width) >= 0.0:
            break
        answer = call_once(venue, codes, prices, markets, desk, cohort_code, q, at, width, tally, defaults)
        if answer != DONE:
            if answer == DOES_NOT_PAY:
                tally.counts[NOT_WORTH_IT] += 1
            elif not venue.needs_call:
                done = recognise(venue, codes, prices, desk, cohort_code, q, at, width, defaults)
                is_changed = is_changed or done
            break
        is_changed = True
    return is_changed


def call_once(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    venue, codes, prices, markets, desk, cohort_code, q, at, width, tally, defaults
):  # fmt: skip
    """Make the first call that is allowed and worth it; return DONE, REFUSED or DOES_NOT_PAY."""
    collateral = 0.0
    weighted = 0.0
    owed = 0.0
    for leg in range(at, at + width):
        code = cohort_code[leg]
        if codes.item[code].kind == COLLATERAL:
            worth = q[leg] * prices[code].value * venue.value_scale
            collateral += worth
            weighted += worth * codes.item[code].threshold_bps
        else:
            owed -= q[leg] * prices[code].value * venue.value_scale
    health = health_factor(collateral, weighted, owed)
    answer = REFUSED
    tried_debt = 0
    while True:
        debt = next_largest(codes, prices, cohort_code, q, at, width, DEBT, tried_debt)
        if debt < 0:
            return answer
        tried_debt |= 1 << (debt - at)
        tried = 0
        while True:
            leg = next_largest(codes, prices, cohort_code, q, at, width, COLLATERAL, tried)
            if leg < 0:
                break
            tried |= 1 << (leg - at)
            repay = amount_to_repay(venue, codes, prices, cohort_code, q, leg, debt, weighted, owed, health)
            if repay <= 0.0:
                continue
            agreed = agree(venue, codes, prices, markets, desk, cohort_code, q, leg, debt, repay, tally)
            if agreed <= 0.0:
                answer = DOES_NOT_PAY
                continue
            carry_out(venue, codes, prices, markets, desk, cohort_code, q, leg, debt, agreed, tally)
            left = 0.0
            for other in range(at, at + width):
                if codes.item[cohort_code[other]].kind == COLLATERAL:
                    left += q[other]
            if left == 0.0 and venue.recognises_empty:
                recognise(venue, codes, prices, desk, cohort_code, q, at, width, defaults)
            return DONE


def is_hopeless(venue, codes, prices, desk, cohort_code, q, at, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether certainly no call on the account pays, at the prices of the moment and any lower ones.

    A call brings at most its repayment times the best of the bonuses at market prices; crumbs whose
    bonus never pays for the gas wait in the queue for long, and this is all that is asked of them.
    """
    best = 0.0
    for leg in range(at, at + width):
        code = cohort_code[leg]
        if codes.item[code].kind == COLLATERAL and q[leg] > 0.0 and prices[code].value > 0.0:
            brings = codes.item[code].factor / venue.bonus_unit * prices[code].market / prices[code].value
            best = max(best, brings * (1.0 + 1e-9))
    if best == 0.0:
        return False
    rate = 1.0 + desk.purse[0].profit_min + desk.purse[0].premium
    for leg in range(at, at + width):
        code = cohort_code[leg]
        if codes.item[code].kind == DEBT:
            owed = -q[leg]
            if owed * (prices[code].value * best - prices[code].market * rate) >= desk.purse[0].gas:
                return False
    return True


def next_largest(codes, prices, cohort_code, q, at, width, kind, tried):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the leg of this kind that is worth most and was not tried, -1 for none; the first of equals."""
    best = -1
    most = 0.0
    for leg in range(at, at + width):
        code = cohort_code[leg]
        if codes.item[code].kind != kind or (tried >> (leg - at)) & 1:
            continue
        worth = abs(q[leg] * prices[code].value)
        if worth > most:
            most = worth
            best = leg
    return best


def amount_to_repay(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    venue, codes, prices, cohort_code, q, leg, debt, weighted, owed, health
):  # fmt: skip
    """Return the largest repayment the venue allows on this pair [quanta of the debt], 0 when refused."""
    held_code = cohort_code[leg]
    debt_code = cohort_code[debt]
    amount = -q[debt]
    debt_price = prices[debt_code].value * codes.item[debt_code].unit * venue.price_scale
    allowed = amount
    if venue.size == CLOSE_FACTOR:
        allowed = max_repay(
            amount,
            amount * prices[debt_code].value * venue.value_scale,
            q[leg] * prices[held_code].value * venue.value_scale,
            owed,
            health,
            debt_price,
            codes.item[debt_code].unit,
        )
    allowed = min(allowed, amount)
    if is_dusty(venue, codes, prices, q, leg, debt, held_code, debt_code, allowed):
        low = 0.0
        high = allowed
        for _ in range(BISECTIONS):
            middle = 0.5 * (low + high)
            if is_dusty(venue, codes, prices, q, leg, debt, held_code, debt_code, middle):
                high = middle
            else:
                low = middle
        allowed = low
    if venue.size == TARGET_HEALTH:
        wanted = target_repay(
            amount,
            owed,
            weighted,
            venue.target_health,
            math.floor(codes.item[held_code].factor / venue.bonus_unit * 10000.0),
            codes.item[held_code].threshold_bps,
            debt_price,
            codes.item[debt_code].unit,
        )
        allowed = min(allowed, wanted)
    return allowed


def offer(venue, codes, prices, q, leg, held_code, debt_code, repay):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return (repaid, seized, fee) of a call in quanta, by the venue's rule."""
    return seize(
        repay,
        q[leg],
        prices[debt_code].value * codes.item[debt_code].unit * venue.price_scale,
        codes.item[debt_code].unit,
        prices[held_code].value * codes.item[held_code].unit * venue.price_scale,
        codes.item[held_code].unit,
        codes.item[held_code].factor,
        codes.item[held_code].fee_bps,
    )


def is_dusty(venue, codes, prices, q, leg, debt, held_code, debt_code, repay):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether the venue refuses a call for what it leaves."""
    repaid, seized, _ = offer(venue, codes, prices, q, leg, held_code, debt_code, repay)
    debt_left = max(0.0, -q[debt] - repaid)
    held_left = max(0.0, q[leg] - seized)
    return leaves_dust(
        debt_left,
        held_left,
        debt_left * prices[debt_code].value * venue.value_scale,
        held_left * prices[held_code].value * venue.value_scale,
    )


def agree(venue, codes, prices, markets, desk, cohort_code, q, leg, debt, repay, tally):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what a liquidator repays of `repay` [quanta of the debt], 0 when no size is worth it."""
    held_code = cohort_code[leg]
    debt_code = cohort_code[debt]
    repaid, seized, fee = offer(venue, codes, prices, q, leg, held_code, debt_code, repay)
    if repaid <= 0.0 or seized <= 0.0:
        return 0.0
    part = payable(codes, desk.pool, held_code, seized - fee)
    if part < 1.0:
        tally.counts[CALLS_SHORT_OF_CASH] += 1
        repay = math.floor(part * repaid)
        if repay <= 0.0:
            return 0.0
        repaid, seized, fee = offer(venue, codes, prices, q, leg, held_code, debt_code, repay)
    return willing_to_repay(codes, prices, markets, desk, held_code, debt_code, repay, repaid, seized - fee)


def carry_out(venue, codes, prices, markets, desk, cohort_code, q, leg, debt, repay, tally):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Move the quantities of a call and sell what the liquidator got; whole quanta, against the account."""
    held_code = cohort_code[leg]
    debt_code = cohort_code[debt]
    repaid, seized, fee = offer(venue, codes, prices, q, leg, held_code, debt_code, repay)
    paid = -q[debt] if repaid >= -q[debt] else math.floor(repaid)
    taken = q[leg] if seized >= q[leg] else math.floor(seized)
    cut = min(taken, math.floor(fee))
    q[debt] += paid
    q[leg] -= taken
    tally.counts[LIQUIDATIONS] += 1
    tally.money[REPAID] = added(tally.money[REPAID], down(paid * prices[debt_code].value))
    tally.money[SEIZED] = added(tally.money[SEIZED], down(taken * prices[held_code].value))
    desk.fee[held_code] += cut
    pay_in(codes, desk.pool, debt_code, paid)
    sold = pay_out(codes, desk.pool, held_code, taken - cut)
    brought = close_for(codes, prices, markets, desk, held_code, sold)
    if codes.item[held_code].driver >= 0:
        driver = codes.item[held_code].driver
        tally.sold[driver] = added(tally.sold[driver], down(brought))
    buy_back(codes, prices, markets, desk, debt_code, paid)


def recognise(venue, codes, prices, desk, cohort_code, q, at, width, defaults):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Write the debts of an account off, if the venue's rule says so; return whether it did."""
    collateral = 0.0
    owed = 0.0
    for leg in range(at, at + width):
        code = cohort_code[leg]
        if codes.item[code].kind == COLLATERAL:
            collateral += q[leg] * prices[code].value * venue.value_scale
        else:
            owed -= q[leg]
    if not venue.recognises_empty or not recognises(math.floor(collateral), owed):
        return False
    for leg in range(at, at + width):
        code = cohort_code[leg]
        if codes.item[code].kind == DEBT and q[leg] != 0.0:
            defaults[codes.item[code].asset] -= q[leg] * prices[code].value
            write_off(codes, desk.pool, code, -q[leg])
            q[leg] = 0.0
    return True


__all__ = ["liquidate_lending"]
