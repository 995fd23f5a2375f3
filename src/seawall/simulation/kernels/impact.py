"""What a sale fetches and where it leaves the price: two prices, never mixed.

Every kind of market is one falling curve: the price, relative to the fundamental one, after `sold`
units in all. The log impact x says how far along the market stands (price = fundamental * exp(-x)),
so `sold` is recovered from x before each sale, and selling a, then b, is selling a + b. Purchases go
back along the same curve and, past its start, up.

Impact alone never takes a price below FLOOR or above 1 / FLOOR times the fundamental: what is traded
beyond that is traded at the bound. A trading fee is kept out of the curve: an automated pool takes it
from what comes in before it moves the price, any other market from what it pays.
"""

from __future__ import annotations

import math

from seawall.simulation.kernels.compiling import inner, kernel
from seawall.simulation.kernels.curves import NONE, PRODUCT, curve_impact, curve_mean, curve_sold
from seawall.simulation.kernels.depth_curve import BOOK, RANGES, table_price, table_sold, table_value

FLOOR = 1e-6
X_MAX = -math.log(FLOOR)


@kernel
def sell(impact, asset, x, quantity, depth):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Sell `quantity` of an asset at once.

    Args:
        impact: Markets of all assets, `simulation.impact.ImpactColumns`.
        asset: Row of the asset.
        x: Log distance of the market price below the fundamental one, before.
        quantity: Whole units, negative for a purchase.
        depth: Multiplier of all liquidity [1], >= 0: 0.5 is half as deep.

    Returns:
        (average price per unit relative to the fundamental, after the fee; x after the sale).
    """
    x = min(max(x, -X_MAX), X_MAX)
    kind = impact.item[asset].kind
    fee = impact.item[asset].fee
    keeps = 1.0 - fee if quantity >= 0.0 else 1.0 / (1.0 - fee)
    if quantity == 0.0 or kind == NONE:
        return keeps * math.exp(-x), x
    # The same trade in a market `depth` times as deep is a trade of quantity / depth in this one.
    wanted = quantity / max(depth, 1e-12)
    if quantity > 0.0 and (kind == PRODUCT or kind == RANGES):  # noqa: SIM109  # a tuple compiles slower
        wanted *= 1.0 - fee
    bound = X_MAX if quantity > 0.0 else -X_MAX
    start = sold_when(impact, asset, x)
    left = sold_when(impact, asset, bound) - start
    if abs(wanted) < abs(left):
        price, end = slide(impact, asset, start, start + wanted)
        return keeps * price, min(max(end, -X_MAX), X_MAX)
    inside = left / wanted
    price = math.exp(-bound) * (1.0 - inside)
    if inside > 0.0:
        price += inside * slide(impact, asset, start, start + left)[0]
    return keeps * price, bound


@kernel
def room(impact, asset, x, end, depth):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how many units move the log impact from x to `end`, fee included; negative for a purchase.

    Infinite where the market has no impact, 0 in a direction in which it stands at its bound.
    """
    x = min(max(x, -X_MAX), X_MAX)
    end = min(max(end, -X_MAX), X_MAX)
    kind = impact.item[asset].kind
    if kind == NONE:
        return 0.0 if end == x else math.copysign(math.inf, end - x)
    units = (sold_when(impact, asset, end) - sold_when(impact, asset, x)) * depth
    if units > 0.0 and (kind == PRODUCT or kind == RANGES):  # noqa: SIM109  # a tuple compiles slower
        units /= 1.0 - impact.item[asset].fee
    return units


@kernel
def decayed(impact, asset, x, elapsed_s):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what is left of a log impact after a time: half after each half-life (0: nothing, inf: all)."""
    half_life_s = impact.item[asset].half_life_s
    if half_life_s == 0.0:
        return x if elapsed_s == 0.0 else 0.0
    return x * 2.0 ** (-elapsed_s / half_life_s)


@inner
def sold_when(impact, asset, x):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how far along its curve a market stands at log impact x: units sold, in full depth."""
    kind = impact.item[asset].kind
    if kind < BOOK:
        return curve_sold(kind, impact.item[asset].scale, x)
    market, price = impact.item[asset], math.exp(-x)
    if x >= 0.0:
        first, last, rate = market.first_sale, market.last_sale, market.beyond_sales
        return table_sold(kind, impact.node, first, last, rate, price)
    first, last, rate = market.first_purchase, market.last_purchase, market.beyond_purchases
    return -table_sold(kind, impact.node, first, last, rate, price)


@inner
def slide(impact, asset, start, end):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return (average price, log impact at the end) of going along the curve, in either direction."""
    kind = impact.item[asset].kind
    scale = impact.item[asset].scale
    if kind < BOOK:
        return curve_mean(kind, scale, start, end), curve_impact(kind, scale, end)
    market, node = impact.item[asset], impact.node
    low, high = min(start, end), max(start, end)
    value = 0.0
    reached = 1.0
    if high > 0.0:
        first, last, rate = market.first_sale, market.last_sale, market.beyond_sales
        value += table_value(kind, node, first, last, rate, max(low, 0.0), high)
        if end > 0.0:
            reached = table_price(kind, node, first, last, rate, end)
    if low < 0.0:
        first, last, rate = market.first_purchase, market.last_purchase, market.beyond_purchases
        value += table_value(kind, node, first, last, rate, max(-high, 0.0), -low)
        if end < 0.0:
            reached = table_price(kind, node, first, last, rate, -end)
    # A trade too small to show on the curve is made at the price where it stands.
    return value / (high - low) if high > low else reached, -math.log(reached)
