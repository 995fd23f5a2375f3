"""crvUSD: the borrow rate rises as a market's debt nears its ceiling.

Fractions and multipliers [wad], rates [wad per second]. Every division rounds down.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down
from seawall.core.units import WAD

__all__ = ["ceiling_multiplier", "rate_near_ceiling"]


def ceiling_multiplier(debt: int, ceiling: int, target_remainder: int) -> int:
    """Return the factor on the rate: 1 without debt, 1 + 9 r at a remainder of one tenth r, then steep.

    (1 - r) + r / (1 - f), f the part of the ceiling used, held a thousandth of r below 1.

    Args:
        ceiling: Of the market; none at 0, and then the factor is the largest.
        target_remainder: r.

    Source: curvefi/curve-stablecoin, AggMonetaryPolicy4.vy `calculate_rate`.
    """
    most = WAD - mul_div_down(target_remainder, 1, 1000)
    used = most
    if ceiling > 0:
        used = min(most, mul_div_down(debt, WAD, ceiling))
    return WAD - target_remainder + mul_div_down(target_remainder, WAD, WAD - used)


def rate_near_ceiling(rate: int, multiplier: int, rate_max: int) -> int:
    """Return the rate with its multiplier, never above the most.

    Source: curvefi/curve-stablecoin, AggMonetaryPolicy4.vy `calculate_rate`.
    """
    return min(mul_div_down(rate, multiplier, WAD), rate_max)
