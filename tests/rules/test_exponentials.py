"""Exponentials and the logarithm of contracts, against sixty digits."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.units import WAD
from seawall.rules import (
    binary_exp,
    llama_lend,
    rational_exp,
)
from tests.rules.digits import exact_exp, exact_ln, within


@given(st.integers(-50 * WAD, 135 * WAD))
def test_the_rational_exponential_is_good_to_its_last_places(power: int) -> None:
    exact = exact_exp(Fraction(power, WAD)) * WAD
    assert within(rational_exp.exp_down(power), exact, 2e-20, 2)
    assert within(rational_exp.exp_toward_zero(power, 0), exact, 2e-20 if power > 0 else 1e-11, 2)


@given(st.integers(0, 88 * WAD))
def test_the_binary_exponential_is_good_to_its_last_places(power: int) -> None:
    exact = exact_exp(Fraction(power, WAD)) * WAD
    assert within(binary_exp.exp(power), exact, 3e-17, 1)
    assert binary_exp.exp(0) == WAD


@given(st.integers(1, 10**40))
def test_the_logarithm_is_good_to_two_in_a_quadrillion(value: int) -> None:
    inverse = value if value >= WAD else Fraction(WAD * WAD // value)
    exact = exact_ln(Fraction(inverse, WAD)) * (1 if value >= WAD else -1) * WAD
    assert within(llama_lend.ln(value), exact, 1e-16, 3)


@pytest.mark.parametrize(
    ("power", "expected"),
    [(-41446531673892822314, 0), (-41446531673892822313, 0), (-41446531673892822312, 1)],
)
def test_an_exponential_below_one_wei_is_zero(power: int, expected: int) -> None:
    assert rational_exp.exp_down(power) == expected


@pytest.mark.parametrize(("beyond", "is_most"), [(-1, False), (0, True), (1, True)])
def test_an_exponential_beyond_its_width_is_the_most(beyond: int, is_most: bool) -> None:
    got = rational_exp.exp_toward_zero(rational_exp.POWER_END + beyond, 7)
    assert (got == 7) is is_most


def test_the_roots_are_those_of_the_library() -> None:
    """The first, the last, and the sum of all 64 that stand in its source."""
    assert binary_exp.ROOTS[0] == 0x16A09E667F3BCC908B2FB1366EA957D3E
    assert binary_exp.ROOTS[-1] == 0x10000000000000000B17217F7D1CF79AC
    assert sum(binary_exp.ROOTS) == 0x40C826939A7FD40F1C2B7C0B1EB6E7C2B8
