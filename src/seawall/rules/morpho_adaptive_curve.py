"""Morpho's adaptive curve: the rate at the target moves with the error, exponentially in time.

Rates [wad per second], utilisation, error, steepness [wad], speed [wad per second], times [s]. Divisions
go toward zero, as signed ones do in the contract.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, mul_div_toward_zero, shift_down
from seawall.core.units import WAD

LN_2 = 693147180559945309
LN_WEI = -41446531673892822312
EXP_MAX = 93859467695000404319
EXP_OF_MAX = 57716089161558943949701069502944508345128422502756744429568

__all__ = [
    "adapted",
    "average_rate_at_target",
    "borrow_rate",
    "curve",
    "error",
    "wad_exp",
]


def wad_exp(x: int) -> int:
    """Return e^x to second order: within 0.9 % of the true value.

    x = q ln 2 + r with |r| <= ln(2) / 2; 2^q (1 + r + r^2 / 2), and that rounded down for q < 0.

    Source: morpho-org/morpho-blue-irm, ExpLib.sol `wExp`.
    """
    if x < LN_WEI:
        return 0
    if x >= EXP_MAX:
        return EXP_OF_MAX
    half = mul_div_toward_zero(LN_2, 1, 2)
    q = mul_div_toward_zero(x + half if x >= 0 else x - half, 1, LN_2)
    r = x - q * LN_2
    return shift_down(WAD + r + mul_div_toward_zero(mul_div_toward_zero(r, r, WAD), 1, 2), q)


def error(utilisation: int, target: int) -> int:
    """Return how far utilisation is from its target, as a part of what lies on that side of it.

    Source: morpho-org/morpho-blue-irm, AdaptiveCurveIrm.sol `_borrowRate`.
    """
    if utilisation > target:
        return mul_div_toward_zero(utilisation - target, WAD, WAD - target)
    return mul_div_toward_zero(utilisation - target, WAD, target)


def adapted(start: int, adaptation: int, rate_min: int, rate_max: int) -> int:
    """Return the rate at target after an adaptation (speed times error times time), within its bounds.

    Source: morpho-org/morpho-blue-irm, AdaptiveCurveIrm.sol `_newRateAtTarget`.
    """
    return min(max(mul_div_down(start, wad_exp(adaptation), WAD), rate_min), rate_max)


def average_rate_at_target(
    start: int, error: int, elapsed_s: int, speed: int, initial: int, rate_min: int, rate_max: int
) -> tuple[int, int]:
    """Return the average rate at target over some time, by the trapezoid rule with one middle, and the last.

    Args:
        start: Rate at target kept from before; 0 before the first call, when the initial one holds.

    Source: morpho-org/morpho-blue-irm, AdaptiveCurveIrm.sol `_borrowRate`.
    """
    if start == 0:
        return initial, initial
    adaptation = mul_div_toward_zero(speed, error, WAD) * elapsed_s
    if adaptation == 0:
        return start, start
    end = adapted(start, adaptation, rate_min, rate_max)
    middle = adapted(start, mul_div_toward_zero(adaptation, 1, 2), rate_min, rate_max)
    return mul_div_toward_zero(start + end + 2 * middle, 1, 4), end


def curve(rate_at_target: int, error: int, steepness: int) -> int:
    """Return the rate that belongs to an error: steepness times that at target at full utilisation.

    Source: morpho-org/morpho-blue-irm, AdaptiveCurveIrm.sol `_curve`.
    """
    factor = steepness - WAD
    if error < 0:
        factor = WAD - mul_div_toward_zero(WAD, WAD, steepness)
    return mul_div_toward_zero(mul_div_toward_zero(factor, error, WAD) + WAD, rate_at_target, WAD)


def borrow_rate(
    utilisation: int,
    start: int,
    elapsed_s: int,
    target: int,
    steepness: int,
    speed: int,
    initial: int,
    rate_min: int,
    rate_max: int,
) -> tuple[int, int]:
    """Return the average borrow rate since the last call, and the rate at target to keep.

    Source: morpho-org/morpho-blue-irm, AdaptiveCurveIrm.sol `_borrowRate`.
    """
    off = error(utilisation, target)
    average, end = average_rate_at_target(start, off, elapsed_s, speed, initial, rate_min, rate_max)
    return curve(average, off, steepness), end
