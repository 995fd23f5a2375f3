"""Logarithm, exponential and normal law in fixed point, for rules that need them.

Arguments and results [wad]; inside, numbers count 10^-36. Divisions go toward zero: what they lose, with
what the series leave out, is below 2e-15 of one, and less than the float twin loses. Nothing here moves
money; whoever does rounds the result once, and says how.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_toward_zero, sqrt_down
from seawall.core.units import WAD

ONE = 10**36
EXPONENT_MAX = 64 * 10**18
SIXTY_FOURTH = 15625 * 10**12  # of a wad, in 10^-36
CUT = 7071067811865475244  # 5 sqrt(2): from here on the tail is a continued fraction
SQRT_TWO_PI = 2506628274631000502415765284811045253
__all__ = ["cdf", "density", "exp", "ln"]


def ln(value: int) -> int:
    """Return the natural logarithm of a number above zero, to 2e-14 where it lies within 10^6 of one.

    ln x = 32 ln x^(1/32), and ln y = 2 atanh((y - 1) / (y + 1)) near one.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 4.1.27.
    """
    root = value * WAD
    root = sqrt_down(root * ONE)
    root = sqrt_down(root * ONE)
    root = sqrt_down(root * ONE)
    root = sqrt_down(root * ONE)
    root = sqrt_down(root * ONE)
    part = mul_div_toward_zero(root - ONE, ONE, root + ONE)
    square = mul_div_toward_zero(part, part, ONE)
    total = mul_div_toward_zero(ONE, 1, 31)
    for odd in (29, 27, 25, 23, 21, 19, 17, 15, 13, 11, 9, 7, 5, 3, 1):
        total = mul_div_toward_zero(total, square, ONE) + mul_div_toward_zero(ONE, 1, odd)
    return mul_div_toward_zero(mul_div_toward_zero(part, total, ONE) * 64, 1, WAD)


def exp(power: int) -> int:
    """Return e^x; a power beyond 64 on either side counts as 64.

    e^|x| = (e^(|x|/64))^64 by its series, which has no terms that cancel; its inverse for x below zero.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 4.2.1.
    """
    return mul_div_toward_zero(_exp(power), 1, WAD)


def density(x: int) -> int:
    """Return the density of the standard normal law.

    Source: Abramowitz and Stegun, Handbook of Mathematical Functions, 26.2.1.
    """
    return mul_div_toward_zero(_bell(x), WAD, SQRT_TWO_PI)


def cdf(x: int) -> int:
    """Return the distribution function of the standard normal law; cdf(x) + cdf(-x) is one, exactly.

    Source: Hart, Computer Approximations (1968), 5666; in double precision by West, Better
        Approximations to Cumulative Normal Functions (2005).
    """
    far = max(x, -x)
    tail = mul_div_toward_zero(_tail(far), 1, WAD)
    return WAD - tail if x > 0 else tail


def _exp(power: int) -> int:
    # e^x in 10^-36.
    small = min(max(power, -power), EXPONENT_MAX) * SIXTY_FOURTH
    total = ONE
    for order in (24, 23, 22, 21, 20, 19, 18, 17, 16, 15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1):
        total = ONE + mul_div_toward_zero(total, small, ONE * order)
    total = mul_div_toward_zero(total, total, ONE)
    total = mul_div_toward_zero(total, total, ONE)
    total = mul_div_toward_zero(total, total, ONE)
    total = mul_div_toward_zero(total, total, ONE)
    total = mul_div_toward_zero(total, total, ONE)
    total = mul_div_toward_zero(total, total, ONE)
    return total if power >= 0 else mul_div_toward_zero(ONE, ONE, total)


def _bell(x: int) -> int:
    # e^(-x^2/2) in 10^-36.
    return _exp(-mul_div_toward_zero(x, x, 2 * WAD))


def _tail(far: int) -> int:
    # The probability beyond `far` >= 0, in 10^-36.
    bell = _bell(far)
    at = far * WAD
    if far < CUT:
        return mul_div_toward_zero(bell, _numerator(at), _denominator(at))
    depth = at + mul_div_toward_zero(65, ONE, 100)
    depth = at + mul_div_toward_zero(4 * ONE, ONE, depth)
    depth = at + mul_div_toward_zero(3 * ONE, ONE, depth)
    depth = at + mul_div_toward_zero(2 * ONE, ONE, depth)
    depth = at + mul_div_toward_zero(ONE, ONE, depth)
    return mul_div_toward_zero(mul_div_toward_zero(bell, ONE, depth), ONE, SQRT_TWO_PI)


def _numerator(at: int) -> int:
    # Of Hart's function of the tail, highest power first.
    total = 0
    for coefficient in (
        35262496599891100000000000000000000,
        700383064443688000000000000000000000,
        6373962203531650000000000000000000000,
        33912866078383000000000000000000000000,
        112079291497871000000000000000000000000,
        221213596169931000000000000000000000000,
        220206867912376000000000000000000000000,
    ):
        total = mul_div_toward_zero(total, at, ONE) + coefficient
    return total


def _denominator(at: int) -> int:
    # The same.
    total = 0
    for coefficient in (
        88388347648318400000000000000000000,
        1755667163182640000000000000000000000,
        16064177579207000000000000000000000000,
        86780732202946100000000000000000000000,
        296564248779674000000000000000000000000,
        637333633378831000000000000000000000000,
        793826512519948000000000000000000000000,
        440413735824752000000000000000000000000,
    ):
        total = mul_div_toward_zero(total, at, ONE) + coefficient
    return total
