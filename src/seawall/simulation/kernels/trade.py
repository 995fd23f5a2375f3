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
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.impact import decayed, sell
from seawall.simulation.kernels.liquidator import profit_of, units_worth


class Desk(NamedTuple):
    """State of the markets and of the liquidators on one path.

    Attributes:
        x: Log distance of each market below its fundamental price.
        fundamental: Log move of each fundamental since the start.
        quoted_at: Log move of each market that the prices of the moment stand for.
        depth: Multiplier of each market's depth.
        unit_price: Price of a whole unit of each driver at the start [base currency].
        fee: Penalties by code in this step [quanta].
        slots: Calls that may still be made in this step, shape (1,).
        is_absent: Whether liquidators are away, shape (1,).
        terms: What a liquidator asks for, shape (4,): gas per call [base currency], least profit per value
            repaid, premium for latency per value, most value repaid per step.
        spent: Value repaid in this step, shape (1,) [base currency].
        asks: Whether liquidators ask for a profit at all, shape (1,).
        slots_each: Calls per step, shape (1,).
    """

    x: Floats
    fundamental: Floats
    quoted_at: Floats
    depth: Floats
    unit_price: Floats
    fee: Floats
    slots: Ints
    is_absent: NDArray[np.bool_]
    terms: Floats
    spent: Floats
    asks: NDArray[np.bool_]
    slots_each: Ints


@inner
def start_trading(markets, desk):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Put the markets back to the start of a path."""
    desk.x[:] = 0.0
    desk.fundamental[:] = 0.0
    desk.fee[:] = 0.0


@inner
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


@inner
def market_moves(desk, traded):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill the log moves of the market prices: fundamental less impact."""
    for driver in range(traded.size):
        traded[driver] = desk.fundamental[driver] - desk.x[driver]
        desk.quoted_at[driver] = traded[driver]


@inner
def quoted(codes, prices, markets, desk, code, quantity):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return (value, x after) of closing `quantity` quanta of a code at the volume-weighted price.

    The value keeps the sign of the quantity: selling brings in, buying back what is owed costs.
    """
    driver = codes.item[code].driver
    if driver < 0 or quantity == 0.0:
        return quantity * prices[code].market, 0.0
    power = codes.item[code].power
    at_start = quantity * prices[code].scale
    if power < 0.0:
        at_start *= -math.exp(desk.x[driver] - desk.fundamental[driver])
    factor, after = sell(
        markets, driver, desk.x[driver], at_start / desk.unit_price[driver], desk.depth[driver]
    )
    # From the price of the moment to the average: the code follows its driver by its power.
    now = prices[code].market * math.exp(
        power * (desk.fundamental[driver] - desk.x[driver] - desk.quoted_at[driver])
    )
    return quantity * now * math.exp(power * (math.log(factor) + desk.x[driver])), after


@inner
def close_for(codes, prices, markets, desk, code, quantity):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Close `quantity` quanta of a code in its market; return its value at the average price."""
    value, after = quoted(codes, prices, markets, desk, code, quantity)
    if codes.item[code].driver >= 0:
        desk.x[codes.item[code].driver] = after
    return value


@inner
def willing_to_repay(codes, prices, markets, desk, held_code, debt_code, repay, repaid, got):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how much of `repay` a liquidator repays [quanta], 0 when no size is worth it.

    All of it if that pays; else the size at which the last unit sold just pays for itself, if the whole
    then pays for the gas.

    Args:
        held_code, debt_code: Codes of the collateral and of the debt.
        repay: What the venue allows [quanta of the debt].
        repaid, got: What the venue's rule makes of it: debt repaid, collateral the liquidator gets [quanta].
    """
    cost = repaid * prices[debt_code].market
    share = 1.0
    if cost > desk.terms[3] - desk.spent[0]:
        share = max(0.0, (desk.terms[3] - desk.spent[0]) / cost)
    if share <= 0.0:
        return 0.0
    if desk.asks[0]:
        share = share_that_pays(codes, prices, markets, desk, held_code, share, cost, got)
    desk.spent[0] += share * cost
    return repay if share == 1.0 else math.floor(share * repay)


@inner
def share_that_pays(codes, prices, markets, desk, held_code, share, cost, got):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return which part of a call, at most `share`, a liquidator makes; 0 for none."""
    rate = 1.0 + desk.terms[1] + desk.terms[2]
    gas = desk.terms[0]
    driver = codes.item[held_code].driver
    if driver < 0:
        brought = share * got * prices[held_code].market
        return share if brought >= share * cost * rate + gas else 0.0
    x = desk.x[driver]
    depth = desk.depth[driver]
    units = got * prices[held_code].scale / desk.unit_price[driver]
    price = desk.unit_price[driver] * math.exp(desk.fundamental[driver] + codes.item[held_code].gap)
    if profit_of(markets, driver, x, depth, share * units, price, share * cost * rate + gas) >= 0.0:
        return share
    best = units_worth(markets, driver, x, depth, cost * rate / (units * price)) / units
    if not 0.0 < best < share:
        return 0.0
    pays = profit_of(markets, driver, x, depth, best * units, price, best * cost * rate + gas) >= 0.0
    return best if pays else 0.0
