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

from seawall.simulation.kernels.compiling import kernel
from seawall.simulation.kernels.depth_curve import BOOK, price_at, sold_at, value_between

NONE, LOG_LINEAR, LINEAR, SQUARE_ROOT, PRODUCT = range(5)
SEGMENTS = 6
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
    kind = impact.kind[asset]
    fee = impact.fee[asset]
    if quantity == 0.0 or kind == NONE:
        return fee_of(quantity, fee) * math.exp(-x), x
    is_pool = kind == PRODUCT or kind == SEGMENTS
    entering = quantity * (1.0 - fee) if is_pool and quantity > 0.0 else quantity
    start = sold_when(impact, asset, x)
    limit = sold_when(impact, asset, X_MAX if quantity > 0.0 else -X_MAX)
    # The same trade in a market `depth` times as deep is a trade of quantity / depth in this one.
    wanted = entering / max(depth, 1e-12)
    moved = min(wanted, limit - start) if quantity > 0.0 else max(wanted, limit - start)
    bound = FLOOR if quantity > 0.0 else 1.0 / FLOOR
    inside = moved / wanted
    price = inside * mean_price(impact, asset, start, start + moved) if moved != 0.0 else 0.0
    if inside < 1.0:
        price += (1.0 - inside) * bound
        end = X_MAX if quantity > 0.0 else -X_MAX
    else:
        end = min(max(impact_when(impact, asset, start + moved), -X_MAX), X_MAX)
    return price * fee_of(quantity, fee), end


@kernel
def room(impact, asset, x, end, depth):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how many units move the log impact from x to `end`; negative for a purchase.

    Infinite where the market has no impact, 0 in a direction in which it stands at its bound.
    """
    x = min(max(x, -X_MAX), X_MAX)
    end = min(max(end, -X_MAX), X_MAX)
    if impact.kind[asset] == NONE:
        return 0.0 if end == x else math.copysign(math.inf, end - x)
    entering = (sold_when(impact, asset, end) - sold_when(impact, asset, x)) * depth
    is_pool = impact.kind[asset] == PRODUCT or impact.kind[asset] == SEGMENTS
    return entering / (1.0 - impact.fee[asset]) if is_pool and entering > 0.0 else entering


@kernel
def decayed(impact, asset, x, elapsed_s):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what is left of a log impact after a time: half after each half-life (0: nothing, inf: all)."""
    half_life_s = impact.half_life_s[asset]
    if half_life_s == 0.0:
        return x if elapsed_s == 0.0 else 0.0
    return x * 2.0 ** (-elapsed_s / half_life_s)


@kernel
def fee_of(quantity, fee):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what the fee makes of a price: less for a seller, more for a buyer."""
    return 1.0 - fee if quantity >= 0.0 else 1.0 / (1.0 - fee)


@kernel
def sold_when(impact, asset, x):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how far along its curve a market stands at log impact x: units sold, in full depth."""
    kind = impact.kind[asset]
    scale = impact.scale[asset]
    if kind == LOG_LINEAR:
        return x / scale
    if kind == LINEAR:
        return -math.expm1(-x) / scale
    if kind == SQUARE_ROOT:
        root = -math.expm1(-x) / scale
        return root * abs(root)
    if kind == PRODUCT:
        return math.expm1(0.5 * x) * scale
    price = math.exp(-x)
    if x >= 0.0:
        return sold_at(impact, asset, 0, price)
    return -sold_at(impact, asset, 1, price)


@kernel
def impact_when(impact, asset, sold):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the log impact after `sold` units: the inverse of `sold_when`."""
    kind = impact.kind[asset]
    scale = impact.scale[asset]
    if kind == LOG_LINEAR:
        return scale * sold
    if kind == LINEAR:
        return -math.log1p(-scale * sold)
    if kind == SQUARE_ROOT:
        return -math.log1p(-scale * math.copysign(math.sqrt(abs(sold)), sold))
    if kind == PRODUCT:
        return 2.0 * math.log1p(sold / scale)
    if sold == 0.0:
        return 0.0
    if sold > 0.0:
        return -math.log(price_at(impact, asset, 0, sold))
    return -math.log(price_at(impact, asset, 1, -sold))


@kernel
def mean_price(impact, asset, start, end):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the average price between two places on the curve, relative to the fundamental."""
    kind = impact.kind[asset]
    scale = impact.scale[asset]
    if kind == LOG_LINEAR:
        step = scale * (end - start)
        return math.exp(-scale * start) * (-math.expm1(-step) / step if step != 0.0 else 1.0)
    if kind == LINEAR:
        return 1.0 - 0.5 * scale * (start + end)
    if kind == PRODUCT:
        return scale / (scale + start) * (scale / (scale + end))
    if (start < 0.0) != (end < 0.0):  # each side of the start has its own formula
        below, above = min(start, end), max(start, end)
        weight = above / (above - below)
        return weight * one_sided(impact, asset, 0, 0.0, above) + (1.0 - weight) * one_sided(
            impact, asset, 1, 0.0, -below
        )
    side = 1 if start < 0.0 else 0
    return one_sided(impact, asset, side, min(abs(start), abs(end)), max(abs(start), abs(end)))


@kernel
def one_sided(impact, asset, side, near, far):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the average price between two distances from the start of the curve, on one side of it."""
    if far <= near:
        sold = far if side == 0 else -far
        return math.exp(-impact_when(impact, asset, sold))
    if impact.kind[asset] == SQUARE_ROOT:
        # 2/3 of the difference of the cubes of the roots, over that of their squares: no cancellation.
        a, b = math.sqrt(near), math.sqrt(far)
        mean_root = 2.0 / 3.0 * (a * a + a * b + b * b) / (a + b)
        return 1.0 + (impact.scale[asset] if side else -impact.scale[asset]) * mean_root
    return value_between(impact, asset, side, near, far) / (far - near)
