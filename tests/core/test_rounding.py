"""The leaves of all arithmetic, held to exact fractions."""

from fractions import Fraction
from math import ceil, floor, isqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.rounding import (
    mul_div_down,
    mul_div_half_up,
    mul_div_toward_zero,
    mul_div_up,
    pow_half_up,
    shift_down,
    sqrt_down,
)

signed = st.integers(-(2**130), 2**130)
unsigned = st.integers(0, 2**130)
positive = st.integers(1, 2**130)


@given(signed, signed, positive)
def test_down_is_the_floor_and_up_the_ceiling(a: int, b: int, divisor: int) -> None:
    exact = Fraction(a * b, divisor)
    assert mul_div_down(a, b, divisor) == floor(exact)
    assert mul_div_up(a, b, divisor) == ceil(exact)


@given(signed, signed, positive)
def test_toward_zero_drops_the_fraction_of_either_sign(a: int, b: int, divisor: int) -> None:
    exact = Fraction(a * b, divisor)
    assert mul_div_toward_zero(a, b, divisor) == (floor(exact) if exact >= 0 else ceil(exact))


@given(unsigned, unsigned, positive)
def test_half_up_is_the_nearest_and_takes_exact_halves_up(a: int, b: int, divisor: int) -> None:
    exact = Fraction(a * b, divisor)
    # Adding divisor // 2 rounds as (exact + 1/2) does: an odd divisor has no exact half.
    assert mul_div_half_up(a, b, divisor) == floor(exact + Fraction(1, 2))


@pytest.mark.parametrize(
    ("a", "divisor", "down", "half_up", "up", "toward_zero"),
    [
        (4, 4, 1, 1, 1, 1),
        (5, 4, 1, 1, 2, 1),
        (6, 4, 1, 2, 2, 1),
        (7, 4, 1, 2, 2, 1),
        (1, 3, 0, 0, 1, 0),
        (2, 3, 0, 1, 1, 0),
        (0, 7, 0, 0, 0, 0),
    ],
)
def test_quarters_and_thirds(
    a: int, divisor: int, down: int, half_up: int, up: int, toward_zero: int
) -> None:
    got = [leaf(a, 1, divisor) for leaf in (mul_div_down, mul_div_half_up, mul_div_up, mul_div_toward_zero)]
    assert got == [down, half_up, up, toward_zero]


@pytest.mark.parametrize("leaf", [mul_div_down, mul_div_up, mul_div_half_up, mul_div_toward_zero])
def test_a_zero_divisor_is_an_error_and_not_a_number(leaf) -> None:
    with pytest.raises(ZeroDivisionError):
        leaf(1, 1, 0)


@given(unsigned)
def test_root_is_the_largest_whole_number_whose_square_fits(value: int) -> None:
    root = sqrt_down(value)
    assert root == isqrt(value)
    assert root * root <= value < (root + 1) * (root + 1)


@given(st.integers(9 * 10**26, 11 * 10**26), st.integers(0, 64))
def test_power_is_off_by_half_a_unit_per_squaring_at_most(base: int, exponent: int) -> None:
    one = 10**27
    exact = Fraction(base, one) ** exponent * one
    roundings = 2 * exponent.bit_length()
    grown = max(Fraction(base, one) ** exponent, 1)
    assert abs(pow_half_up(base, exponent, one) - exact) <= roundings * grown * (exponent + 1)


@pytest.mark.parametrize(("exponent", "expected"), [(0, 10), (1, 25), (2, 63), (3, 158), (4, 397)])
def test_power_of_two_and_a_half_rounds_halves_up_at_each_squaring(exponent: int, expected: int) -> None:
    # In tenths: 2.5^2 = 6.25 -> 6.3; 2.5 * 6.3 = 15.75 -> 15.8; 6.3^2 = 39.69 -> 39.7.
    assert pow_half_up(25, exponent, 10) == expected


@pytest.mark.parametrize(
    ("base", "exponent", "expected"),
    [
        (2**128 - 1, 2, 2**256 - 2**129 + 1),
        (2**128, 2, None),  # the square itself has 257 bits
        (2**85, 3, 2**255),
        (2**86, 3, None),  # the square fits, its product with the first power does not
        (2**200, 1, 2**200),
        (2, 10**12, None),
    ],
)
def test_power_ends_at_the_first_product_that_does_not_fit_a_word(
    base: int, exponent: int, expected: int | None
) -> None:
    if expected is not None:
        assert pow_half_up(base, exponent, 1) == expected
        return
    with pytest.raises(OverflowError, match=r"at most 256 bits, got one of 2[5-9]"):
        pow_half_up(base, exponent, 1)


@given(st.integers(-(10**40), 10**40), st.integers(-150, 150))
def test_a_shift_is_the_floor_of_the_product_with_a_power_of_two(value: int, bits: int) -> None:
    assert shift_down(value, bits) == floor(Fraction(value) * Fraction(2) ** bits)
