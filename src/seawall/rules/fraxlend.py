"""Fraxlend: a rate curve whose upper end moves with utilisation, a polynomial in time.

Utilisation [1e-5], rates [wad per second], times [s]. Every division rounds down.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down
from seawall.core.units import WAD

UTILISATION = 10**5
HALF_LIFE_SCALE = 10**36

__all__ = ["UTILISATION", "borrow_rate", "full_utilisation_rate", "vertex_rate"]


def full_utilisation_rate(
    utilisation: int,
    elapsed_s: int,
    rate_before: int,
    target_min: int,
    target_max: int,
    half_life_s: int,
    rate_min: int,
    rate_max: int,
) -> int:
    """Return the rate at full utilisation after some time.

    Above the target band it grows by (1 + d^2 t / half-life), below it falls by as much, d the distance
    from the band as a part of what lies beyond it; inside it stays. Linear in time, so two steps are not one.

    Source: FraxFinance/fraxlend, VariableInterestRate.sol `getFullUtilizationInterest`.
    """
    half_life = half_life_s * HALF_LIFE_SCALE
    new = rate_before
    if utilisation < target_min:
        below = mul_div_down(target_min - utilisation, WAD, target_min)
        new = mul_div_down(rate_before, half_life, half_life + below * below * elapsed_s)
    elif utilisation > target_max:
        above = mul_div_down(utilisation - target_max, WAD, UTILISATION - target_max)
        new = mul_div_down(rate_before, half_life + above * above * elapsed_s, half_life)
    return min(max(new, rate_min), rate_max)


def vertex_rate(full_rate: int, zero_rate: int, vertex_part: int) -> int:
    """Return the rate at the vertex: a part [wad] of the way from the rate at zero to that at full.

    Source: FraxFinance/fraxlend, VariableInterestRate.sol `getNewRate`.
    """
    return mul_div_down(full_rate - zero_rate, vertex_part, WAD) + zero_rate


def borrow_rate(utilisation: int, zero_rate: int, vertex_rate: int, full_rate: int, vertex: int) -> int:
    """Return the rate: one line up to the vertex, a second from there to full utilisation.

    Source: FraxFinance/fraxlend, VariableInterestRate.sol `getNewRate`.
    """
    if utilisation < vertex:
        return zero_rate + mul_div_down(utilisation, vertex_rate - zero_rate, vertex)
    return vertex_rate + mul_div_down(utilisation - vertex, full_rate - vertex_rate, UTILISATION - vertex)
