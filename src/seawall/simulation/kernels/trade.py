"""What the venue's liquidators and its engine trade, and what each trade leaves of the market.

Quantities of a code become whole units of the market that moves it: a coin-settled contract is a
fixed value, so its units depend on the price. Sales come one after the other, each at the impact
the last one left.
"""

from __future__ import annotations

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seawall.simulation.kernels.columns import Floats, Ints
from seawall.simulation.kernels.compiling import kernel
from seawall.simulation.kernels.impact import decayed, sell

ROUNDS = 40


class Desk(NamedTuple):
    """State of the markets and of the liquidators on one path.

    Attributes:
        x: Log distance of each market below its fundamental price.
        fundamental: Log move of each fundamental since the start.
        depth: Multiplier of each market's depth.
        unit_price: Price of a whole unit of each driver at the start [base currency].
        fee: Penalties by code in this step [quanta].
        slots: Calls that may still be made in this step, shape (1,).
        gas: Not used for totals; how many calls were made, shape (1,).
        is_absent: Whether liquidators are away, shape (1,).
        terms: What a liquidator asks for, shape (4,): gas per call [base currency], least profit per value
            repaid, premium for latency per value, most value repaid per step.
        spent: Value repaid in this step, shape (1,) [base currency].
        asks: Whether liquidators ask for a profit at all, shape (1,).
        slots_each: Calls per step, shape (1,).
    """

    x: Floats
    fundamental: Floats
    depth: Floats
    unit_price: Floats
    fee: Floats
    slots: Ints
    gas: Floats
    is_absent: NDArray[np.bool_]
    terms: Floats
    spent: Floats
    asks: NDArray[np.bool_]
    slots_each: Ints


@kernel
def start_trading(markets, desk):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Put the markets back to the start of a path."""
    desk.x[:] = 0.0
    desk.fundamental[:] = 0.0
    desk.fee[:] = 0.0


@kernel
def begin_step(markets, desk, moves, depth, absent, step_s):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Move the fundamentals, let impact decay, and give liquidators their slots of this step."""
    for driver in range(desk.x.size):
        desk.fundamental[driver] = moves[driver]
        desk.depth[driver] = depth[driver]
        if desk.x[driver] != 0.0:
            desk.x[driver] = decayed(markets, driver, desk.x[driver], step_s)
    desk.slots[0] = desk.slots_each[0]
    desk.is_absent[0] = absent
    desk.spent[0] = 0.0


@kernel
def market_moves(desk, traded):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill the log moves of the market prices: fundamental less impact."""
    for driver in range(traded.size):
        traded[driver] = desk.fundamental[driver] - desk.x[driver]


@kernel
def quoted(codes, prices, markets, desk, code, quantity):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return (value, x after) of closing `quantity` quanta of a code at the volume-weighted price.

    The value keeps the sign of the quantity: selling brings in, buying back what is owed costs.
    """
    driver = codes.driver[code, 0]
    if driver < 0 or quantity == 0.0:
        return quantity * prices.market[code], 0.0
    power = codes.power[code, 0]
    at_start = quantity * prices.scale[code]
    if power < 0.0:
        at_start *= -math.exp(desk.x[driver] - desk.fundamental[driver])
    factor, after = sell(
        markets, driver, desk.x[driver], at_start / desk.unit_price[driver], desk.depth[driver]
    )
    # From the price of the moment to the average: the code follows its driver by its power.
    now = prices.market[code] * math.exp(
        power * (desk.fundamental[driver] - desk.x[driver] - prices.traded[driver])
    )
    return quantity * now * math.exp(power * (math.log(factor) + desk.x[driver])), after


@kernel
def close_for(codes, prices, markets, desk, code, quantity):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Close `quantity` quanta of a code in its market; return its value at the average price."""
    value, after = quoted(codes, prices, markets, desk, code, quantity)
    if codes.driver[code, 0] >= 0:
        desk.x[codes.driver[code, 0]] = after
    return value


@kernel
def net_of(codes, prices, markets, desk, held_code, debt_code, repaid, got):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what a liquidator is left with [base currency]: the sale, less repayment, gas and premium."""
    brought, _ = quoted(codes, prices, markets, desk, held_code, got)
    cost = repaid * prices.market[debt_code]
    return brought - cost * (1.0 + desk.terms[1] + desk.terms[2]) - desk.terms[0]


@kernel
def willing_to_repay(codes, prices, markets, desk, held_code, debt_code, repay, repaid, got):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how much of `repay` a liquidator repays [quanta], 0 when no size is worth it.

    All of it if that pays; else the size of the largest profit, found by golden section, as the
    profit is concave in size: the price falls with what is sold, all else is in proportion.
    """
    cost = repaid * prices.market[debt_code]
    share = 1.0
    if cost > desk.terms[3] - desk.spent[0]:
        share = max(0.0, (desk.terms[3] - desk.spent[0]) / cost)
    if share <= 0.0:
        return 0.0
    if (
        desk.asks[0]
        and net_of(codes, prices, markets, desk, held_code, debt_code, share * repaid, share * got) < 0.0
    ):
        low = 0.0
        high = share
        for _ in range(ROUNDS):
            left = high - 0.6180339887498949 * (high - low)
            right = low + 0.6180339887498949 * (high - low)
            if net_of(
                codes, prices, markets, desk, held_code, debt_code, left * repaid, left * got
            ) >= net_of(codes, prices, markets, desk, held_code, debt_code, right * repaid, right * got):
                high = right
            else:
                low = left
        share = 0.5 * (low + high)
        if net_of(codes, prices, markets, desk, held_code, debt_code, share * repaid, share * got) < 0.0:
            return 0.0
    desk.spent[0] += share * cost
    return repay if share == 1.0 else math.floor(share * repay)
