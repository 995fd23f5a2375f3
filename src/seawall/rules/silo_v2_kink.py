"""Silo v2: a dynamic kink whose slope moves with utilisation, linearly in time, and stays as state.

Utilisation, corners and `alpha` [wad], `rmin` and slope `k` [wad per second], speeds of the slope (`c1`,
`c2`, `cminus`, `cplus`, `dmax`) [wad per second squared], times [s]. Divisions go toward zero, as signed
ones do in the contract.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, mul_div_toward_zero
from seawall.core.units import WAD
from seawall.rules.binary_exp import exp

SECONDS_PER_YEAR = 31_536_000
CURRENT_RATE_MAX = 10 * WAD  # a thousand percent a year
POWER_MAX = 11 * WAD

__all__ = [
    "compound_rate",
    "current_rate",
    "moved",
    "slope_area",
    "slope_speed",
    "utilisation",
    "weight",
]


def utilisation(collateral: int, debt: int) -> int:
    """Return the part of the deposits that is lent out, never above 1; zero without either.

    Source: silo-finance/silo-contracts-v2, SiloMathLib.sol `calculateUtilization`.
    """
    if collateral == 0 or debt == 0:
        return 0
    return min(mul_div_down(debt, WAD, collateral), WAD)


def slope_speed(
    utilisation: int, u1: int, u2: int, c1: int, c2: int, cminus: int, cplus: int, dmax: int
) -> int:
    """Return how fast the slope moves: down below `u1`, up above `u2` by at most `dmax`, else not.

    Source: silo-finance/silo-contracts-v2, DynamicKinkModel.sol `compoundInterestRate`.
    """
    if utilisation < u1:
        return -c1 - mul_div_down(cminus, u1 - utilisation, WAD)
    if utilisation > u2:
        return min(c2 + mul_div_down(cplus, utilisation - u2, WAD), dmax)
    return 0


def moved(k: int, speed: int, elapsed_s: int, kmin: int, kmax: int) -> int:
    """Return the slope after a time, within its bounds.

    Source: silo-finance/silo-contracts-v2, DynamicKinkModel.sol `compoundInterestRate`.
    """
    return min(max(k + speed * elapsed_s, kmin), kmax)


def slope_area(k: int, speed: int, elapsed_s: int, kmin: int, kmax: int) -> int:
    """Return the slope summed over a time: a trapezoid, or a triangle off the bound that it meets.

    Args:
        k: At the start, within its bounds.

    Source: silo-finance/silo-contracts-v2, DynamicKinkModel.sol `compoundInterestRate`.
    """
    end = k + speed * elapsed_s
    if end > kmax:
        return kmax * elapsed_s - mul_div_down(kmax - k, kmax - k, 2 * speed)
    if end < kmin:
        return kmin * elapsed_s + mul_div_down(k - kmin, k - kmin, -2 * speed)
    return mul_div_down(k + end, elapsed_s, 2)


def weight(utilisation: int, ulow: int, ucrit: int, alpha: int) -> int:
    """Return what the slope is multiplied by: the excess over `ulow`, and `alpha` times that over `ucrit`.

    Source: silo-finance/silo-contracts-v2, DynamicKinkModel.sol `currentInterestRate`.
    """
    if utilisation < ulow:
        return 0
    if utilisation < ucrit:
        return utilisation - ulow
    return utilisation - ulow + mul_div_down(alpha, utilisation - ucrit, WAD)


def current_rate(weight: int, k: int, rmin: int) -> int:
    """Return the rate of the moment [wad per year], at most ten.

    Args:
        k: After the time since the last call, by `moved`.

    Source: silo-finance/silo-contracts-v3, DynamicKinkModel.sol 3.14.0 `currentInterestRate`; earlier
        ones round the rate per second first.
    """
    rate = mul_div_down(weight * k, SECONDS_PER_YEAR, WAD) + rmin * SECONDS_PER_YEAR
    return min(rate, CURRENT_RATE_MAX)


def compound_rate(
    weight: int, area: int, end: int, elapsed_s: int, rmin: int, kmin: int, rate_max: int
) -> tuple[int, int]:
    """Return the interest on a debt over a time [wad], and the slope to keep.

    e^(rmin T + weight x area) - 1. What is above the most is cut to it, and the slope starts again at its
    least; so it does, without any interest, where the power is beyond 11. Without debt there is no
    interest either, and the slope moves the same.

    Args:
        area, end: By `slope_area` and `moved`.
        rate_max: The most for one second [wad per second].

    Source: silo-finance/silo-contracts-v3, DynamicKinkModel.sol 3.14.0 `compoundInterestRate`,
        `_getCompoundInterestRate`.
    """
    power = rmin * elapsed_s + mul_div_toward_zero(weight, area, WAD)
    if power > POWER_MAX:
        return 0, kmin
    interest = exp(power) - WAD
    if interest > rate_max * elapsed_s:
        return rate_max * elapsed_s, kmin
    return interest, end
