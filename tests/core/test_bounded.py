"""Numbers that carry their error: the bound holds, and what cannot be told is not told."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core import rounding
from seawall.core.bounded import BOUNDED_LEAVES, Bounded, Undecided

whole = st.integers(-(2**120), 2**120)
natural = st.integers(0, 2**120)
positive = st.integers(1, 2**120)


def holds(number: Bounded, exact: int) -> bool:
    return abs(Fraction(number.value) - exact) <= Fraction(number.error)


@given(whole, whole, whole)
def test_sums_and_products_stay_within_their_bound(a: int, b: int, c: int) -> None:
    x, y, z = Bounded.of(a), Bounded.of(b), Bounded.of(c)
    assert holds(x + y, a + b)
    assert holds(x - y, a - b)
    assert holds(x * y - z, a * b - c)
    assert holds(abs(-x) + 1, abs(a) + 1)
    assert holds(1 - 2 * x, 1 - 2 * a)


@pytest.mark.parametrize("name", ["mul_div_down", "mul_div_up", "mul_div_half_up", "mul_div_toward_zero"])
@given(a=natural, b=natural, divisor=positive)
def test_quotients_stay_within_their_bound(name: str, a: int, b: int, divisor: int) -> None:
    exact = getattr(rounding, name)(a, b, divisor)
    assert holds(BOUNDED_LEAVES[name](a, b, divisor), exact)


@given(natural)
def test_roots_stay_within_their_bound(value: int) -> None:
    assert holds(BOUNDED_LEAVES["sqrt_down"](value), rounding.sqrt_down(value))


@given(whole, st.integers(-130, 130))
def test_shifts_stay_within_their_bound(value: int, bits: int) -> None:
    assert holds(BOUNDED_LEAVES["shift_down"](value, bits), rounding.shift_down(value, bits))


def test_a_shift_by_bits_that_are_not_known_is_undecided() -> None:
    with pytest.raises(Undecided):
        BOUNDED_LEAVES["shift_down"](8, Bounded(2.0, 1.0))


@pytest.mark.parametrize(("most", "times"), [(1100, 550), (1015, 3000)])
@given(data=st.data())
def test_powers_stay_within_their_bound(data: st.DataObject, most: int, times: int) -> None:
    one = 10**27
    # What is larger does not fit the width of a word.
    base = data.draw(st.integers(9 * 10**26, most * 10**24))
    exponent = data.draw(st.integers(0, times))
    assert holds(
        BOUNDED_LEAVES["pow_half_up"](base, exponent, one), rounding.pow_half_up(base, exponent, one)
    )


@given(whole, whole)
def test_minimum_and_maximum_are_never_undecided(a: int, b: int) -> None:
    x, y = Bounded.of(a) * 3, Bounded.of(b) * 3
    assert holds(BOUNDED_LEAVES["min"](x, y), min(3 * a, 3 * b))
    assert holds(BOUNDED_LEAVES["max"](x, y), max(3 * a, 3 * b))


@pytest.mark.parametrize(("gap", "told"), [(0.9, False), (1.0, False), (1.1, True)])
def test_a_comparison_is_told_only_beyond_the_error(gap: float, told: bool) -> None:
    x, y = Bounded(10.0, 0.5), Bounded(10.0 + gap, 0.5)
    for compare in (lambda: x < y, lambda: y > x, lambda: x <= y, lambda: y >= x, lambda: x != y):
        if told:
            assert compare()
        else:
            with pytest.raises(Undecided):
                compare()


def test_numbers_without_error_are_compared_as_they_are() -> None:
    assert Bounded.of(7) == 7
    assert Bounded.of(7) != 8
    assert Bounded.of(7) <= 7 <= Bounded.of(7)
    assert not Bounded.of(7) < 7


def test_a_number_too_long_for_a_float_starts_with_its_error() -> None:
    assert Bounded.of(2**53 + 1).error == 1.0
    assert Bounded.of(10**27).error == abs(10**27 - int(1e27))


def test_a_divisor_that_may_be_zero_is_undecided() -> None:
    with pytest.raises(Undecided):
        BOUNDED_LEAVES["mul_div_down"](1, 1, Bounded(0.5, 0.5))
