"""The exponential of Silo's models: 2 to a binary fraction, one factor for each digit that is set.

Powers and results [wad]. The factors are the roots 2^(1/2), 2^(1/4), ... with 128 binary digits, to the
nearest, which are those of the library.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, mul_div_half_up, shift_down, sqrt_down
from seawall.core.units import WAD

LOG2_E = 1442695040888963407  # wad
DIGITS = 128
ONE = 2**128
HALF = 2**127
GUARDED = 2**1024  # the digits that roots are taken with

__all__ = ["exp"]


def _roots() -> tuple[int, ...]:
    # Each is the square root of the one before, and cut to its digits only when all is done.
    root = 2 * GUARDED
    found: tuple[int, ...] = ()
    for _ in range(64):
        root = sqrt_down(root * GUARDED)
        found = (*found, mul_div_half_up(root, ONE, GUARDED))
    return found


ROOTS = _roots()


def exp(power: int) -> int:
    """Return e^x for 0 <= x < 88.7 wad, to three in 10^17 and a unit.

    Source: PaulRBerg/prb-math version 1, PRBMathSD59x18.sol `exp`, PRBMathCommon.sol `exp2`.
    """
    binary = mul_div_down(mul_div_half_up(power, LOG2_E, WAD), ONE, WAD)
    whole = shift_down(binary, -DIGITS)
    rest = binary - shift_down(whole, DIGITS)
    result, digit = HALF, HALF
    for root in ROOTS:
        if rest >= digit:
            rest = rest - digit
            result = shift_down(result * root, -DIGITS)
        digit = shift_down(digit, -1)
    return mul_div_down(shift_down(result, whole + 1), WAD, ONE)
