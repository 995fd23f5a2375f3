"""LlamaLend: a semilogarithmic rate, its logarithm a line in utilisation.

Rates [wad per second], logarithms [wad], amounts [minor units]. Divisions go toward zero, as signed ones
do in the contract.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, mul_div_toward_zero, shift_down
from seawall.core.units import WAD
from seawall.rules.rational_exp import exp_toward_zero

LOG2_E = 1442695040888963328  # wad, 79 below what it is rounded to
EXP_MAX = 1000 * WAD

__all__ = ["borrow_rate", "ln"]


def ln(value: int) -> int:
    """Return the natural logarithm of a positive number [wad]: digit by digit of that to base two.

    A number below 1 is turned into its inverse, rounded down, and the sign of its logarithm with it.

    Source: curvefi/curve-stablecoin, SemilogMonetaryPolicy.vy `ln_int`.
    """
    x = value if value >= WAD else mul_div_down(WAD, WAD, value)
    log2 = 0
    for bits in (128, 64, 32, 16, 8, 4, 2, 1):
        if x >= shift_down(WAD, bits):
            x = shift_down(x, -bits)
            log2 += bits * WAD
    digit = WAD
    for _ in range(59):
        if x >= 2 * WAD:
            log2 += digit
            x = shift_down(x, -1)
        x = mul_div_down(x, x, WAD)
        digit = shift_down(digit, -1)
    found = mul_div_down(log2, WAD, LOG2_E)
    return found if value >= WAD else -found


def borrow_rate(cash: int, debt: int, rate_min: int, rate_max: int) -> int:
    """Return the borrow rate: e^(u (ln max - ln min) + ln min), u the part that is lent out.

    Without debt the least rate holds as it is; near it and near the most the logarithms lose some digits.

    Args:
        cash: Not lent out.

    Source: curvefi/curve-stablecoin, SemilogMonetaryPolicy.vy `calculate_rate`.
    """
    if debt == 0:
        return rate_min
    low = ln(rate_min)
    power = mul_div_toward_zero(debt, ln(rate_max) - low, cash + debt) + low
    return exp_toward_zero(power, EXP_MAX)
