"""What the venue's liquidators and its engine trade, and what each trade leaves of the market.

Quantities of a code become whole units of the market that moves it: a coin-settled contract is a
fixed value, so its units depend on the price. Sales come one after the other, each at the impact
the last one left.
"""

from __future__ import annotations

import math
from typing import Any, NamedTuple

import numpy as np

from seawall.simulation.kernels.columns import Floats
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.impact import decayed, sell
from seawall.simulation.kernels.liquidator import best_part

DRIVER = np.dtype([(name, np.float64) for name in ("x", "fundamental", "depth", "quoted_at", "unit_price")])
"""State of one market on a path.

x: log distance below its fundamental price. fundamental: log move of the fundamental since the start.
depth: multiplier of its depth. quoted_at: log move of the market that the prices of the moment stand
for. unit_price: price of a whole unit at the start [base currency].
"""

PURSE = np.dtype(
    [
        ("slots", np.int64),
        ("slots_each", np.int64),
        ("spent", np.float64),
        ("repay_max", np.float64),
        ("gas", np.float64),
        ("profit_min", np.float64),
        ("premium", np.float64),
        ("asks", np.bool_),
        ("is_absent", np.bool_),
    ],
    align=True,
)
"""What all liquidators together ask for, and have left in this step.

slots, slots_each: calls left, and calls of a step. spent, repay_max: value repaid in this step, and the
most of it [base currency]. gas: cost of a call [base currency]. profit_min, premium: least profit and
premium for latency, per value repaid [1]. asks: whether a call must pay. is_absent: whether they are away.
"""


HALVINGS = 30
"""How often the part of a call that pays is narrowed down."""


class Desk(NamedTuple):
    """State of the markets and of the liquidators on one path.

    Attributes:
        market: By driver, shape (n_drivers,) of `DRIVER`.
        purse: Shape (1,) of `PURSE`.
        fee: Penalties by code in this step [quanta].
        pool: By asset, shape (n_assets,) of `kernels.pools.POOL`.
        funding: By code, shape (n_codes,) of `kernels.funding.FUNDING`.
        asked: Claims asked for by suppliers who leave, shape (n_exits, n_steps).
    """

    market: np.recarray[Any, Any]
    purse: np.recarray[Any, Any]
    fee: Floats
    pool: np.recarray[Any, Any]
    funding: np.recarray[Any, Any]
    asked: Floats


@inner
def start_trading(desk):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Put the markets back to the start of a path."""
    for driver in range(desk.market.size):
        desk.market[driver].x = 0.0
        desk.market[driver].fundamental = 0.0
    desk.fee[:] = 0.0


@inner
def begin_step(markets, desk, moves, depth, absent, step_s):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Move the fundamentals, let impact decay, and give liquidators their slots of this step."""
    for driver in range(desk.market.size):
        desk.market[driver].fundamental = moves[driver]
        desk.market[driver].depth = depth[driver]
        if desk.market[driver].x != 0.0:
            desk.market[driver].x = decayed(markets, driver, desk.market[driver].x, step_s)
    desk.purse[0].slots = desk.purse[0].slots_each
    desk.purse[0].is_absent = absent
    desk.purse[0].spent = 0.0


@inner
def market_moves(desk, traded):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill the log moves of the market prices: fundamental less impact."""
    for driver in range(traded.size):
        traded[driver] = desk.market[driver].fundamental - desk.market[driver].x
        desk.market[driver].quoted_at = traded[driver]


@inner
def quoted(codes, prices, markets, desk, code, quantity):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return (value, x after) of closing `quantity` quanta of a code at the volume-weighted price.

    The value keeps the sign of the quantity: selling brings in, buying back what is owed costs.
    """
    driver = codes.item[code].driver
    if driver < 0:
        return quantity * prices[code].market, 0.0
    if quantity == 0.0:
        return 0.0, desk.market[driver].x
    power = codes.item[code].power
    at_start = quantity * prices[code].scale
    if power < 0.0:
        at_start *= -math.exp(desk.market[driver].x - desk.market[driver].fundamental)
    factor, after = sell(
        markets,
        driver,
        desk.market[driver].x,
        at_start / desk.market[driver].unit_price,
        desk.market[driver].depth,
    )
    # From the price of the moment to the average: the code follows its driver by its power.
    now = prices[code].market * math.exp(
        power * (desk.market[driver].fundamental - desk.market[driver].x - desk.market[driver].quoted_at)
    )
    return quantity * now * math.exp(power * (math.log(factor) + desk.market[driver].x)), after


@inner
def close_for(codes, prices, markets, desk, code, quantity):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Close `quantity` quanta of a code in its market; return its value at the average price."""
    value, after = quoted(codes, prices, markets, desk, code, quantity)
    if codes.item[code].driver >= 0:
        desk.market[codes.item[code].driver].x = after
    return value


@inner
def is_bought(codes, markets, code):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether liquidators buy in a market what they repay of a debt."""
    driver = codes.item[code].driver
    return driver >= 0 and markets.item[driver].buys_debt


@inner
def buy_back(codes, prices, markets, desk, code, quantity):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Buy the debt that was repaid, where there is a market for it; its price goes up."""
    if is_bought(codes, markets, code):
        close_for(codes, prices, markets, desk, code, -quantity)


@inner
def cost_of(codes, prices, markets, desk, code, quantity):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what it costs to repay so much of a debt [base currency]."""
    if not is_bought(codes, markets, code):
        return quantity * prices[code].market
    value, _ = quoted(codes, prices, markets, desk, code, -quantity)
    return -value


@inner
def worth_buying(codes, prices, markets, desk, held_code, debt_code, share, repaid, got):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return which part of a call, at most `share`, its last unit of debt still pays for.

    Buying pushes the price of the debt up, and what is got for it is at most worth the price of the moment.
    """
    rate = 1.0 + desk.purse[0].profit_min + desk.purse[0].premium
    brings = got * prices[held_code].market
    low = 0.0
    high = share
    for tried in range(HALVINGS):
        middle = high if tried == 0 else 0.5 * (low + high)
        # The last hundredth of the part stands for its last unit.
        last = cost_of(codes, prices, markets, desk, debt_code, middle * repaid) - cost_of(
            codes, prices, markets, desk, debt_code, 0.99 * middle * repaid
        )
        if last * rate <= 0.01 * middle * brings:
            low = middle
            if tried == 0:
                break
        else:
            high = middle
    return low


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
    cost = cost_of(codes, prices, markets, desk, debt_code, repaid)
    share = 1.0
    if cost > desk.purse[0].repay_max - desk.purse[0].spent:
        share = max(0.0, (desk.purse[0].repay_max - desk.purse[0].spent) / cost)
    if share <= 0.0:
        return 0.0
    if desk.purse[0].asks:
        if is_bought(codes, markets, debt_code):
            share = worth_buying(codes, prices, markets, desk, held_code, debt_code, share, repaid, got)
            if share <= 0.0:
                return 0.0
            cost = cost_of(codes, prices, markets, desk, debt_code, share * repaid) / share
        share = share_that_pays(codes, prices, markets, desk, held_code, share, cost, got)
    desk.purse[0].spent += share * cost
    return repay if share == 1.0 else math.floor(share * repaid)


@inner
def share_that_pays(codes, prices, markets, desk, held_code, share, cost, got):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return which part of a call, at most `share`, a liquidator makes; 0 for none."""
    rate = 1.0 + desk.purse[0].profit_min + desk.purse[0].premium
    gas = desk.purse[0].gas
    driver = codes.item[held_code].driver
    # Sales only lower a price, so what does not pay at the price of the moment pays at no other.
    if share * got * prices[held_code].market < share * cost * rate + gas:
        return 0.0
    if driver < 0:
        return share
    x = desk.market[driver].x
    depth = desk.market[driver].depth
    units = got * prices[held_code].scale / desk.market[driver].unit_price
    price = desk.market[driver].unit_price * math.exp(
        desk.market[driver].fundamental + codes.item[held_code].gap
    )
    # No sale brings more a unit than the price at which it begins, pushed down by those before it.
    if share * units * price * math.exp(-x) * (1.0 + 1e-9) < share * cost * rate + gas:
        return 0.0
    return best_part(markets, driver, x, depth, price, units, cost * rate, gas, share)
