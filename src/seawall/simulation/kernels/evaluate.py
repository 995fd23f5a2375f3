"""What one account is worth, needs and can bear before it fails: the canonical order of operations.

Both detectors and the liquidators call these, so that a float that decides is the same float
everywhere.
"""

from __future__ import annotations

import math

from seawall.simulation.kernels.columns import CASH, COLLATERAL, DEBT, LONG, SHORT
from seawall.simulation.kernels.compiling import kernel

BOX = 1.5
"""How far above its price at the start the bound of a short position holds."""

NEVER = 1e300


@kernel
def requirement(codes, prices, code, notional):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what a position of this size needs [base currency]: the largest of the lines of its curve."""
    needed = 0.0
    for line in range(codes.curve[code, 0], codes.curve[code, 1]):
        needed = max(needed, codes.rate[line] * notional - codes.cum[line] * prices.settle[code])
    return needed


@kernel
def counted(codes, prices, code, quantity):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what a leg adds to margin equity [base currency]; no haircut on what is owed."""
    if quantity < 0.0 and codes.kind[code] == CASH:
        return quantity * prices.value[code]
    return quantity * prices.trigger[code]


@kernel
def excess(codes, prices, code, q, at, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return margin equity less requirement of the account at legs [at, at + width) [base currency].

    Negative means liquidatable; equality is safe.
    """
    total = 0.0
    for leg in range(at, at + width):
        total += counted(codes, prices, code[leg], q[leg])
    for leg in range(at, at + width):
        kind = codes.kind[code[leg]]
        if kind == LONG or kind == SHORT:
            total -= requirement(codes, prices, code[leg], abs(q[leg] * prices.value[code[leg]]))
    return total


@kernel
def equity(prices, codes, code, q, at, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what the account is worth at the venue's price, without haircut or holds [base currency]."""
    total = 0.0
    for leg in range(at, at + width):
        kind = codes.kind[code[leg]]
        if kind <= SHORT:
            total += q[leg] * prices.value[code[leg]]
    return total


@kernel
def distance(codes, prices, code, q, at, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how far prices may part before the account can fail, as ln(for / against), a lower bound.

    With F what counts for it and A what counts against it, each leg at its own weight, the account
    is safe while (largest move of a code against) - (smallest move of a code for) stays below
    ln(F / A): F then shrinks by no more, and A grows by no more, than the two stand apart.
    A long of notional n counts for with n - R(n): R(ln) <= l R(n) for l <= 1, and above R grows no
    faster than n. A short counts against with n (1 + r), r the rate at `BOX` times its first notional,
    and for with r n - R(n): together above n + R(n) as long as the price stays in the box. Both hold
    against moves that include the settle asset's own, whose cash code is in both sets.
    ln(1 + y) >= 2 y / (2 + y) saves the logarithm.
    """
    positive = 0.0
    negative = 0.0
    for leg in range(at, at + width):
        here = code[leg]
        kind = codes.kind[here]
        worth = counted(codes, prices, here, q[leg])
        if kind == LONG:
            positive += worth - requirement(codes, prices, here, abs(worth))
        elif kind == SHORT:
            most = abs(q[leg]) * codes.worth[here] * BOX * prices.settle[here]
            needed = requirement(codes, prices, here, abs(worth))
            rate = marginal_rate(codes, prices, here, max(most, abs(worth)))
            negative += abs(worth) * (1.0 + rate)
            positive += rate * abs(worth) - needed
        elif worth > 0.0:
            positive += worth
        else:
            negative -= worth
    if negative <= 0.0:
        return NEVER
    y = (positive - negative) / negative
    if y <= 0.0:
        return -NEVER
    return 2.0 * y / (2.0 + y) - 1e-9


@kernel
def marginal_rate(codes, prices, code, notional):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the rate of the line that binds at a notional, the steeper one at an edge."""
    needed = 0.0
    rate = 0.0
    for line in range(codes.curve[code, 0], codes.curve[code, 1]):
        here = codes.rate[line] * notional - codes.cum[line] * prices.settle[code]
        if here >= needed:
            needed = here
            rate = max(rate, codes.rate[line])
    return rate


@kernel
def is_open(codes, code, q, at, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether the account can ever fail: it owes something or holds a position."""
    for leg in range(at, at + width):
        kind = codes.kind[code[leg]]
        if q[leg] != 0.0 and (kind != COLLATERAL) and (kind == DEBT or kind >= LONG or q[leg] < 0.0):
            return True
    return False


@kernel
def reprice(codes, gap, seen, traded, index, at_market, prices):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill the prices of all codes.

    Args:
        gap: ln(market price / price the venue looks at) of each code at the start.
        seen, traded: ln(price now / at the start) of each driver: what the venue looks at, and the
            market's own.
        index: Index of supplies and debts relative to the start, shape (2 * n_assets,).
        at_market: Whether to value at the market's price in place of what the venue looks at.
    """
    for code in range(codes.kind.size):
        move = 0.0
        market_move = gap[code]
        for which in range(2):
            driver = codes.driver[code, which]
            if driver >= 0:
                move += codes.power[code, which] * seen[driver]
                market_move += codes.power[code, which] * traded[driver]
        scale = codes.worth[code]
        grown = 0.0
        if codes.index[code] >= 0:
            scale *= index[codes.index[code]]
            grown = math.log(index[codes.index[code]])
        if at_market:
            move = market_move
        prices.scale[code] = scale
        prices.value[code] = scale * math.exp(move)
        prices.market[code] = scale * math.exp(market_move)
        prices.trigger[code] = prices.value[code] * codes.weight[code]
        prices.move[code] = move + grown
    for code in range(codes.kind.size):
        settle = codes.settle[code]
        prices.settle[code] = math.exp(prices.move[settle]) if settle >= 0 else 1.0
    for driver in range(traded.size):
        prices.traded[driver] = traded[driver]
        prices.seen[driver] = traded[driver] if at_market else seen[driver]


@kernel
def first_keys(codes, prices, code, q, first_leg, width, key):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill the key of every account at the start; -NEVER for one that fails already."""
    for account in range(key.size):
        key[account] = distance(codes, prices, code, q, first_leg[account], width[account])
