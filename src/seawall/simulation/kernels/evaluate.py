"""What one account is worth, needs and can bear before it fails: the canonical order of operations.

Both detectors and the liquidators call these, so that a float that decides is the same float
everywhere.
"""

from __future__ import annotations

import math

from seawall.simulation.kernels.columns import CASH, COLLATERAL, DEBT, LONG, SHORT
from seawall.simulation.kernels.compiling import inner, kernel
from seawall.simulation.kernels.portfolio import is_whole, portfolio_distance, portfolio_need, share_of

BOX = 1.5
"""How far above its price at the start the bound of a short position holds."""

NEVER = 1e300

TINY = 1e-12
"""Two values this near, relative to them, are one; and a quotient this near to whole lots is that many."""


@inner
def is_position(kind):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether a leg of this kind is a position."""
    return LONG <= kind <= SHORT  # membership in a tuple compiles slower


@inner
def requirement(codes, prices, code, notional):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what a position of this size needs [base currency]: the largest of the lines of its curve."""
    needed = 0.0
    for line in range(codes.item[code].first_line, codes.item[code].last_line):
        needed = max(needed, codes.line[line, 0] * notional - codes.line[line, 1] * prices[code].settle)
    return needed


@inner
def counted(codes, prices, code, quantity):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what a leg adds to margin equity [base currency]; no haircut on what is owed."""
    if quantity < 0.0 and codes.item[code].kind == CASH:
        return quantity * prices[code].value
    return quantity * prices[code].trigger


@inner
def excess(codes, prices, code, q, at, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return margin equity less requirement of the account at legs [at, at + width) [base currency].

    Negative means liquidatable; equality is safe.
    """
    total = 0.0
    has_position = False
    for leg in range(at, at + width):
        total += counted(codes, prices, code[leg], q[leg])
        has_position = has_position or is_position(codes.item[code[leg]].kind)
    if not has_position:
        return total
    if is_whole(codes, code, at, width):
        return total - portfolio_need(codes, code, q, at, width)
    for leg in range(at, at + width):
        if is_position(codes.item[code[leg]].kind):
            total -= requirement(codes, prices, code[leg], abs(q[leg] * prices[code[leg]].value))
    return total


@inner
def need_of_position(codes, prices, code, q, at, width, leg):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what a position needs by its own curve, in a portfolio its share [base currency]."""
    if is_whole(codes, code, at, width):
        return share_of(codes, code, q, at, width, leg)
    return requirement(codes, prices, code[leg], abs(q[leg] * prices[code[leg]].value))


@inner
def stand_of(codes, prices, code, q, at, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return (debt or size of positions, what counts for the account, margin needed) [base currency]."""
    owed = 0.0
    counted_for = 0.0
    needed = 0.0
    for leg in range(at, at + width):
        kind = codes.item[code[leg]].kind
        worth = q[leg] * prices[code[leg]].value
        if kind == DEBT:
            owed -= worth
            continue
        counted_for += counted(codes, prices, code[leg], q[leg])
        if is_position(kind):
            owed += abs(worth)
            needed += requirement(codes, prices, code[leg], abs(worth))
    if is_whole(codes, code, at, width):
        needed = portfolio_need(codes, code, q, at, width)
    return owed, counted_for, needed


@inner
def cash_leg_of(codes, code, at, width, position):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the leg of cash that a position settles in, -1 where the account has none."""
    if position < 0:
        return -1
    settle = codes.item[code[position]].settle
    for leg in range(at, at + width):
        if code[leg] == settle:
            return leg
    return -1


@inner
def cost_leg_of(codes, code, at, width, position):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the leg that holds what a position cost, -1 for none.

    It is the one the position settles in, unless that cash is cut: a cost is not, and has a leg of its own.
    """
    item = codes.item[code[position]]
    for leg in range(at, at + width):
        here = codes.item[code[leg]]
        if here.kind == CASH and here.asset == item.asset and code[leg] != item.settle:
            return leg
    return cash_leg_of(codes, code, at, width, position)


@inner
def sum_plain(prices, code, q, at, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return excess, what counts for, what counts against, of an account of collateral and debt alone.

    Added in the order of `excess`.
    """
    total, positive, negative = 0.0, 0.0, 0.0
    for leg in range(at, at + width):
        worth = q[leg] * prices[code[leg]].trigger
        total += worth
        if worth > 0.0:
            positive += worth
        else:
            negative -= worth
    return total, positive, negative


@inner
def far_apart(larger, smaller):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return a lower bound of ln(larger / smaller): ln(1 + y) >= 2 y / (2 + y) saves the logarithm."""
    if smaller <= 0.0:
        return NEVER
    y = (larger - smaller) / smaller
    if y <= 0.0:
        return -NEVER
    return 2.0 * y / (2.0 + y) - 1e-9


@inner
def spare_of(codes, prices, code, q, at, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the excess per value owed or held [1]: below 0 exactly where the account fails.

    Where nothing is worth anything, which short options far out of the money may be, it is the excess.
    """
    gross = 0.0
    for leg in range(at, at + width):
        if codes.item[code[leg]].kind != COLLATERAL:
            gross += abs(q[leg] * prices[code[leg]].value)
    over = excess(codes, prices, code, q, at, width)
    return over / gross if gross > 0.0 else over


@inner
def equity(prices, codes, code, q, at, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what the account is worth at the venue's price, without haircut or holds [base currency]."""
    total = 0.0
    for leg in range(at, at + width):
        kind = codes.item[code[leg]].kind
        if kind <= SHORT:
            total += q[leg] * prices[code[leg]].value
    return total


@inner
def distance(codes, prices, code, q, at, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how far prices may part before the account can fail, as ln(for / against), a lower bound.

    With F what counts for it and A what counts against it, each leg at its own weight, the account
    is safe while (largest move of a code against) - (smallest move of a code for) stays below
    ln(F / A): F then shrinks by no more, and A grows by no more, than the two stand apart.
    A long of notional n counts for with n - R(n): R(ln) <= l R(n) for l <= 1, and above R grows no
    faster than n. A short counts against with n (1 + r), r the rate at `BOX` times its first notional,
    and for with r n - R(n): together above n + R(n) as long as the price stays in the box. Both hold
    against moves that include the settle asset's own, whose cash code is in both sets.
    """
    if is_whole(codes, code, at, width):
        spare = excess(codes, prices, code, q, at, width)
        return portfolio_distance(codes, prices, code, q, at, width, spare)
    positive = 0.0
    negative = 0.0
    for leg in range(at, at + width):
        here = code[leg]
        kind = codes.item[here].kind
        worth = counted(codes, prices, here, q[leg])
        if kind == LONG:
            positive += worth - requirement(codes, prices, here, abs(worth))
        elif kind == SHORT:
            most = abs(q[leg]) * codes.item[here].worth * BOX * prices[here].settle
            needed = requirement(codes, prices, here, abs(worth))
            rate = marginal_rate(codes, prices, here, max(most, abs(worth)))
            negative += abs(worth) * (1.0 + rate)
            positive += rate * abs(worth) - needed
        elif worth > 0.0:
            positive += worth
        else:
            negative -= worth
    return far_apart(positive, negative)


@inner
def marginal_rate(codes, prices, code, notional):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the rate of the line that binds at a notional, the steeper one at an edge."""
    needed = 0.0
    rate = 0.0
    for line in range(codes.item[code].first_line, codes.item[code].last_line):
        here = codes.line[line, 0] * notional - codes.line[line, 1] * prices[code].settle
        if here >= needed:
            needed = here
            rate = max(rate, codes.line[line, 0])
    return rate


@inner
def is_open(codes, code, q, at, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether the account can ever fail: it owes something or holds a position."""
    for leg in range(at, at + width):
        kind = codes.item[code[leg]].kind
        if q[leg] != 0.0 and (kind != COLLATERAL) and (kind == DEBT or kind >= LONG or q[leg] < 0.0):
            return True
    return False


@kernel
def reprice(codes, seen, traded, index, at_market, prices):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill the prices of all codes.

    Args:
        seen, traded: ln(price now / at the start) of each driver: what the venue looks at, and the
            market's own.
        index: Index of supplies and debts relative to the start, shape (2 * n_assets,).
        at_market: Whether to value at the market's price in place of what the venue looks at.
    """
    for code in range(codes.item.size):
        one = codes.item[code]
        move = 0.0
        market_move = one.gap
        if one.driver >= 0:
            move += one.power * seen[one.driver]
            market_move += one.power * traded[one.driver]
        if one.driver_too >= 0:
            move += one.power_too * seen[one.driver_too]
            market_move += one.power_too * traded[one.driver_too]
        scale = codes.item[code].worth
        grown = 0.0
        if codes.item[code].index >= 0:
            scale *= index[codes.item[code].index]
            if index[codes.item[code].index] != 1.0:
                grown = math.log(index[codes.item[code].index])
        if at_market:
            move = market_move
        prices[code].scale = scale
        prices[code].value = scale * math.exp(move)
        prices[code].market = prices[code].value if market_move == move else scale * math.exp(market_move)
        prices[code].trigger = prices[code].value * codes.item[code].weight
        prices[code].move = move + grown
    for code in range(codes.item.size):
        settle = codes.item[code].settle
        prices[code].settle = math.exp(prices[settle].move) if settle >= 0 else 1.0


@kernel
def first_keys(codes, prices, code, q, first_leg, width, key):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill the key of every account at the start; -NEVER for one that fails already."""
    for account in range(key.size):
        key[account] = distance(codes, prices, code, q, first_leg[account], width[account])
