"""Aave v2: the two-slope borrow rate, half-up in ray.

Rates and utilisation [ray per year, ray]; amounts [minor units].
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_half_up
from seawall.rules.aave_v3 import RAY

__all__ = ["utilisation", "variable_rate"]


def utilisation(debt: int, liquidity: int) -> int:
    """Return the part of the pool that is lent out [ray]; zero without debt.

    Source: Aave v2, DefaultReserveInterestRateStrategy `calculateInterestRates`.
    """
    if debt == 0:
        return 0
    return mul_div_half_up(debt, RAY, liquidity + debt)


def variable_rate(utilisation: int, optimal: int, base: int, slope1: int, slope2: int) -> int:
    """Return the variable borrow rate [ray per year]: one slope up to `optimal`, a second beyond.

    At exactly `optimal` the first slope holds.

    Source: Aave v2, DefaultReserveInterestRateStrategy `calculateInterestRates`.
    """
    if utilisation <= optimal:
        return base + mul_div_half_up(mul_div_half_up(utilisation, slope1, RAY), RAY, optimal)
    excess = mul_div_half_up(utilisation - optimal, RAY, RAY - optimal)
    return base + slope1 + mul_div_half_up(slope2, excess, RAY)
