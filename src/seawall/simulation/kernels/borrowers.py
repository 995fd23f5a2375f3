"""Borrowers who watch their accounts: found as failing ones are, by a trigger further out.

An account is in its band where it would fail if it owed `trigger` times as much (if its margin lines
were `trigger` times as steep). For debt this moves the price of each code of debt by ln(trigger) and
nothing else, so the index finds the band with the same keys; margin lines are no move of a price, so
margin accounts are all looked at. Whoever fails is in its band, at the same prices, to the last bit.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seawall.simulation.kernels.columns import COLLATERAL, DEBT, LONG, QUANTA_MAX, SHORT, Codes, Floats
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.evaluate import cash_leg_of, is_position, stand_of
from seawall.simulation.kernels.pools import pay_in, pay_out, payable
from seawall.simulation.kernels.portfolio import CHARGES, GAIN
from seawall.simulation.kernels.queue import sort_queue
from seawall.simulation.kernels.state import legs_at, note_change, note_loose
from seawall.simulation.kernels.tally import BORROWER_ACTS, DELEVERED, PAID_BACK, TOPPED_UP, added, down
from seawall.simulation.kernels.together import count_row
from seawall.simulation.kernels.trade import close_for, quoted

TOP_UP, REPAY, DE_LEVER = range(3)
"""What they do."""

WATCH = np.dtype(
    [
        ("is_on", np.bool_),
        ("action", np.int64),
        ("delay", np.int64),
        ("trigger", np.float64),
        ("target", np.float64),
        ("share_max", np.float64),
        ("wallet", np.float64),
    ],
    align=True,
)
"""is_on: whether anybody acts. delay: steps from the fall below `trigger` to the act. share_max, wallet:
most spent, of the debt or the positions, and on a path [base currency]."""

mend: Any = None  # bound to `mend_loan` or `mend_margin`
settle: Any = None  # bound to a rule set


class People(NamedTuple):
    """Who watches, and what a thread knows of them.

    Attributes:
        setting: Shape (1,) of `WATCH`.
        watches: Whether somebody watches each row, shape (N,).
        room: What is left to spend for each row [base currency], -1 before the first act, shape (N,).
        codes: Codes with margin lines `trigger` times as steep.
        prices: Prices of the moment with debts worth `trigger` times as much.
    """

    setting: np.recarray[Any, Any]
    watches: NDArray[np.bool_]
    room: Floats
    codes: Codes
    prices: np.recarray[Any, Any]


@inner
def start_people(people, thread, band):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Forget what rows that the last path changed had done; `state.restore` comes after."""
    for which in range(thread.changes[0]):
        row = thread.changed[which]
        people.room[row] = -1.0
        band.since[row] = -1


@inner
def price_the_band(codes, prices, people):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill the prices at which an account in its band would fail."""
    trigger = people.setting[0].trigger
    moved = math.log(trigger)
    for code in range(prices.size):
        times = trigger if codes.item[code].kind == DEBT else 1.0
        people.prices[code].value = prices[code].value * times
        people.prices[code].trigger = prices[code].trigger * times
        people.prices[code].market = prices[code].market * times
        people.prices[code].move = prices[code].move + (moved if times != 1.0 else 0.0)
        people.prices[code].settle = prices[code].settle
        people.prices[code].scale = prices[code].scale
    for code in range(codes.table.shape[0]):
        for scenario in range(codes.table.shape[1] + CHARGES + 1):
            for column in range(codes.table.shape[2]):
                times = trigger if scenario == codes.table.shape[1] + CHARGES or column == GAIN else 1.0
                people.codes.table[code, scenario, column] = codes.table[code, scenario, column] * times


@inner
def drop_unwatched(people, band, count):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Keep the rows in the band that somebody watches; return how many."""
    kept = 0
    for which in range(count):
        row = band.queue[which]
        if people.watches[row]:
            band.queue[kept] = row
            kept += 1
    return kept


def act_all(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    cohorts, codes, prices, markets, desk, thread, people, band, tally, step, count
):  # fmt: skip
    """Let every borrower in the band whose delay is over act, longest in the band first, then worst."""
    sort_queue(band.queue, count, band.since, band.spare, cohorts.rank)
    action = people.setting[0].action
    for which in range(count):
        row = np.int64(band.queue[which])
        if step - band.since[row] < people.setting[0].delay:
            continue
        at, width = legs_at(cohorts, thread.cohort_of[row], row)
        owed, counted_for, needed = stand_of(codes, prices, cohorts.code, thread.q, at, width)
        if people.room[row] < 0.0:
            people.room[row] = min(people.setting[0].wallet, people.setting[0].share_max * owed)
        room = people.room[row]
        count_row(thread.together, codes, cohorts.code, thread.q, at, width, -1)
        spent = mend(
            codes, prices, markets, desk, thread, cohorts.code, at, width, tally, action,
            people.setting[0].target, owed, counted_for, needed, room,
        )  # fmt: skip
        count_row(thread.together, codes, cohorts.code, thread.q, at, width, 1)
        if spent > 0.0:
            people.room[row] = max(0.0, room - spent)
            tally.counts[BORROWER_ACTS] += 1
            note_change(thread, row)
            if action == DE_LEVER:
                note_loose(thread, row)


@inner
def mend_loan(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    codes, prices, markets, desk, thread, code, at, width, tally, action, target, owed, counted_for, needed,
    room,
):  # fmt: skip
    """Take a loan up to its target, as far as the purse goes; return what it cost."""
    missing = target * owed - counted_for
    if action == TOP_UP:
        return bring_collateral(codes, prices, desk, code, thread.q, at, width, tally, missing, room)
    if action == REPAY:
        return repay(codes, prices, desk, code, thread.q, at, width, tally, missing / target, room)
    return sell_collateral(
        codes, prices, markets, desk, code, thread.q, at, width, tally, target, missing, room
    )


def mend_margin(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    codes, prices, markets, desk, thread, code, at, width, tally, action, target, owed, counted_for, needed,
    room,
):  # fmt: skip
    """Take a margin account up to its target, as far as the purse goes; return what it cost."""
    wanted = target * needed
    if action == TOP_UP:
        return bring_cash(codes, prices, code, thread.q, at, width, tally, wanted - counted_for, room)
    if counted_for <= 0.0 or wanted <= counted_for or room <= 0.0:
        return 0.0
    part = min(1.0 - counted_for / wanted, room / owed)
    return close_part(codes, prices, markets, desk, thread, code, at, width, tally, part)


@inner
def largest(codes, prices, code, q, at, width, kind):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the leg of this kind that is worth most, -1 for none; the first of equals."""
    best = -1
    most = 0.0
    for leg in range(at, at + width):
        worth = abs(q[leg] * prices[code[leg]].value)
        if codes.item[code[leg]].kind == kind and worth > most:
            most = worth
            best = leg
    return best


@inner
def whole_quanta(wanted, most):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return `wanted` rounded up, at most `most` rounded down, and few enough to be counted."""
    return min(math.ceil(min(wanted, QUANTA_MAX)), math.floor(min(most, QUANTA_MAX)))


@inner
def bring_collateral(codes, prices, desk, code, q, at, width, tally, missing, room):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Add to the largest collateral until `missing` more counts, within the purse; return what it cost."""
    leg = largest(codes, prices, code, q, at, width, COLLATERAL)
    if leg < 0 or missing <= 0.0:
        return 0.0
    price = prices[code[leg]].value
    quantity = whole_quanta(missing / prices[code[leg]].trigger, room / price)
    q[leg] += quantity
    pay_in(codes, desk.pool, code[leg], quantity)
    tally.money[TOPPED_UP] = added(tally.money[TOPPED_UP], down(quantity * price))
    return quantity * price


@inner
def repay(codes, prices, desk, code, q, at, width, tally, missing, room):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Repay the largest debt by `missing`, as far as the debt and the purse go; return what it cost."""
    leg = largest(codes, prices, code, q, at, width, DEBT)
    if leg < 0 or missing <= 0.0:
        return 0.0
    price = prices[code[leg]].value
    quantity = min(-q[leg], whole_quanta(missing / price, room / price))
    q[leg] += quantity
    pay_in(codes, desk.pool, code[leg], quantity)
    tally.money[PAID_BACK] = added(tally.money[PAID_BACK], down(quantity * price))
    return quantity * price


@inner
def sell_collateral(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    codes, prices, markets, desk, code, q, at, width, tally, target, missing, room
):  # fmt: skip
    """Sell of the largest collateral and repay the largest debt with it; return how much debt that was.

    A value y sold brings rho y of debt at the prices of the moment and no longer counts with w y:
    the target is met at y = missing / (target rho - w), short of it by what the sale moves the price.
    """
    held = largest(codes, prices, code, q, at, width, COLLATERAL)
    debt = largest(codes, prices, code, q, at, width, DEBT)
    if held < 0 or debt < 0 or missing <= 0.0 or prices[code[debt]].market <= 0.0:
        return 0.0
    price = prices[code[held]].value
    per_market = prices[code[debt]].value / prices[code[debt]].market
    rho = prices[code[held]].market / price * per_market
    helps = target * rho - prices[code[held]].trigger / price
    if helps <= 0.0:
        return 0.0
    most = min(room, -q[debt] * prices[code[debt]].value) / rho
    quantity = min(q[held], whole_quanta(missing / helps / price, most / price))
    quantity = math.floor(quantity * payable(codes, desk.pool, code[held], quantity))
    value, _ = quoted(codes, prices, markets, desk, code[held], quantity)
    repaid = min(math.floor(value / prices[code[debt]].market), -q[debt])
    if repaid <= 0.0:
        return 0.0
    brought = close_for(
        codes, prices, markets, desk, code[held], pay_out(codes, desk.pool, code[held], quantity)
    )
    q[held] -= quantity
    q[debt] += repaid
    pay_in(codes, desk.pool, code[debt], repaid)
    note_sale(codes, code[held], tally, brought)
    return repaid * prices[code[debt]].value


@inner
def bring_cash(codes, prices, code, q, at, width, tally, missing, room):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Add cash in the settle asset of the largest position; return what it cost."""
    leg = cash_leg_of(codes, code, at, width, main_position(codes, prices, code, q, at, width))
    if leg < 0 or missing <= 0.0:
        return 0.0
    price = prices[code[leg]].value
    each = prices[code[leg]].trigger if q[leg] >= 0.0 else price
    quantity = whole_quanta(missing / each, room / price)
    q[leg] += quantity
    tally.money[TOPPED_UP] = added(tally.money[TOPPED_UP], down(quantity * price))
    return quantity * price


def close_part(codes, prices, markets, desk, thread, code, at, width, tally, part):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Close a part of every position in the market, into cash of its settle asset; return its value."""
    q = thread.q
    closed = 0.0
    for leg in range(at, at + width):
        cash = cash_leg_of(codes, code, at, width, leg)
        if cash < 0 or not is_position(codes.item[code[leg]].kind) or q[leg] == 0.0:
            continue
        quantity = min(math.ceil(part * abs(q[leg])), abs(q[leg]))  # above 0, as `part` is
        quantity = quantity if q[leg] > 0.0 else -quantity
        brought = close_for(codes, prices, markets, desk, code[leg], quantity)
        closed += abs(quantity * prices[code[leg]].value)
        note_sale(codes, code[leg], tally, abs(brought))
        if thread.winners.cost.size > 0:
            settle(codes, prices, code, thread, at, width, leg, -quantity, -brought / abs(quantity))
        else:  # nobody asks what the rest cost
            q[leg] -= quantity
            q[cash] += math.floor(brought / prices[code[cash]].value)
    return closed


@inner
def main_position(codes, prices, code, q, at, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the largest position of an account, -1 for none."""
    long = largest(codes, prices, code, q, at, width, LONG)
    short = largest(codes, prices, code, q, at, width, SHORT)
    if long < 0 or short < 0:
        return max(long, short)
    is_long = abs(q[long] * prices[code[long]].value) >= abs(q[short] * prices[code[short]].value)
    return long if is_long else short


@inner
def note_sale(codes, code, tally, brought):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Count what borrowers sold, in all and by market."""
    tally.money[DELEVERED] = added(tally.money[DELEVERED], down(brought))
    if codes.item[code].driver >= 0:
        tally.sold[codes.item[code].driver] = added(tally.sold[codes.item[code].driver], down(brought))
