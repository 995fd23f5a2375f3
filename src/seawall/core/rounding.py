"""The leaves of all arithmetic: every division, power and root in Seawall happens here.

Rules (`seawall.rules`) use `+ - *`, comparisons, `min`, `max` and these names, nothing
else. On Python ints they are exact and round as their name says; `core.compiled` gives
the same names a float64 meaning, so that one rule serves the ledger and the storm.

Rounding is toward minus infinity (`down`), plus infinity (`up`), zero (`toward_zero`),
or to the nearest with halves up (`half_up`, for a non-negative product).
"""

from __future__ import annotations

from math import isqrt


def mul_div_down(a: int, b: int, divisor: int) -> int:
    """Return floor(a * b / divisor), for divisor > 0."""
    return a * b // divisor


def mul_div_up(a: int, b: int, divisor: int) -> int:
    """Return ceil(a * b / divisor), for divisor > 0."""
    return -(-a * b // divisor)


def mul_div_half_up(a: int, b: int, divisor: int) -> int:
    """Return a * b / divisor to the nearest integer, halves up, for a * b >= 0 and divisor > 0.

    Source: Aave protocol, WadRayMath and PercentageMath (half-up by adding divisor // 2).
    """
    return (a * b + divisor // 2) // divisor


def mul_div_toward_zero(a: int, b: int, divisor: int) -> int:
    """Return a * b / divisor without its fraction, for divisor > 0."""
    product = a * b
    return product // divisor if product >= 0 else -(-product // divisor)


def pow_half_up(base: int, exponent: int, one: int) -> int:
    """Return base ** exponent in fixed point `one`, rounding half up at each squaring.

    Raises:
        OverflowError: A product on the way does not fit 256 bits, as in the contract; without an end to
            it the digits would double with each squaring.

    Source: MakerDAO dss, `rpow`.
    """
    result = base if exponent % 2 else one
    exponent //= 2
    while exponent:
        base = _within_a_word(base * base + one // 2) // one
        if exponent % 2:
            result = _within_a_word(result * base + one // 2) // one
        exponent //= 2
    return result


def _within_a_word(product: int) -> int:
    if product >> 256:
        raise OverflowError(f"expected a product of at most 256 bits, got one of {product.bit_length()}")
    return product


def sqrt_down(value: int) -> int:
    """Return floor(sqrt(value)), for value >= 0."""
    return isqrt(value)


def shift_down(value: int, bits: int) -> int:
    """Return floor(value * 2 ** bits), for bits of either sign."""
    return value << bits if bits >= 0 else value >> -bits
