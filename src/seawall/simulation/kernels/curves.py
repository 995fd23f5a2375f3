"""Falling price curves with a formula: the price relative to the fundamental one after `sold` units.

One parameter each, `scale`; units sold are negative where the price was pushed up.
"""

from __future__ import annotations

import math

from seawall.simulation.kernels.compiling import inner

NONE, LOG_LINEAR, LINEAR, SQUARE_ROOT, PRODUCT = range(5)
"""Kinds, with price: 1; exp(-k s); 1 - k s; 1 - k sqrt(s); (R / (R + s))^2, R the reserve."""


@inner
def curve_sold(kind, scale, x):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the units sold at which the price is exp(-x)."""
    if kind == LOG_LINEAR:
        return x / scale
    if kind == PRODUCT:
        return math.expm1(0.5 * x) * scale
    drop = -math.expm1(-x) / scale
    return drop if kind == LINEAR else drop * abs(drop)


@inner
def curve_impact(kind, scale, sold):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return x where the price is exp(-x) after `sold` units: the inverse of `curve_sold`."""
    if kind == LOG_LINEAR:
        return scale * sold
    if kind == PRODUCT:
        return 2.0 * math.log1p(sold / scale)
    drop = sold if kind == LINEAR else math.copysign(math.sqrt(abs(sold)), sold)
    return -math.log1p(-scale * drop)


@inner
def curve_mean(kind, scale, start, end):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the average price between two places on the curve, in either order."""
    if kind == LOG_LINEAR:
        step = scale * (end - start)
        return math.exp(-scale * start) * (-math.expm1(-step) / step if step != 0.0 else 1.0)
    if kind == PRODUCT:
        return scale / (scale + start) * (scale / (scale + end))
    if kind == LINEAR:
        return 1.0 - 0.5 * scale * (start + end)
    a, b = math.sqrt(abs(start)), math.sqrt(abs(end))
    if start * end < 0.0:
        root = (b * b * b - a * a * a) / (end - start)
    else:  # (b^3 - a^3) / (b^2 - a^2) without cancellation
        root = (a * a + a * b + b * b) / (a + b) * (-1.0 if start + end < 0.0 else 1.0)
    return 1.0 - scale * 2.0 / 3.0 * root
