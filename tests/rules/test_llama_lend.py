"""LlamaLend's rate: a power of its two ends."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.units import WAD
from seawall.rules import (
    llama_lend,
)
from tests.rules.digits import exact_exp, exact_ln, within

YEAR = 31_536_000
PERCENT_A_YEAR = WAD // 100 // YEAR


@pytest.mark.parametrize("lent_out", [1, 100, 2_500, 5_000, 7_500, 9_000, 9_999, 10_000])
@pytest.mark.parametrize(("low", "high"), [("0.1", "1000"), ("0.5", "25"), ("2", "2")])
def test_a_semilogarithmic_rate_is_a_power_of_its_ends(lent_out: int, low: str, high: str) -> None:
    ends = [int(Fraction(percent) * WAD / 100 / YEAR) for percent in (low, high)]
    got = llama_lend.borrow_rate(10_000 - lent_out, lent_out, *ends)
    exact = ends[0] * exact_exp(exact_ln(Fraction(ends[1], ends[0])) * lent_out / 10_000)
    assert within(got, exact, 1e-11, 1)


@pytest.mark.parametrize(("debt", "is_least"), [(0, True), (1, False)])
def test_without_debt_the_least_semilogarithmic_rate_holds(debt: int, is_least: bool) -> None:
    rate = llama_lend.borrow_rate(1, debt, PERCENT_A_YEAR, 100 * PERCENT_A_YEAR)
    assert (rate == PERCENT_A_YEAR) is is_least


@given(st.integers(1, 10**40))
def test_the_logarithm_is_cut_down_at_every_step(value: int) -> None:
    """Whole digits of the power of two by bit length, then 59 binary digits by squaring."""
    x = value if value >= WAD else floor(Fraction(WAD * WAD, value))
    whole = (x // WAD).bit_length() - 1
    x, log2 = floor(Fraction(x, 2**whole)), whole * WAD
    for place in range(59):
        if x >= 2 * WAD:
            x, log2 = floor(Fraction(x, 2)), log2 + WAD // 2**place
        x = floor(Fraction(x * x, WAD))
    size = floor(Fraction(log2 * WAD, llama_lend.LOG2_E))
    assert llama_lend.ln(value) == (size if value >= WAD else -size)


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (WAD, 0),
        (2 * WAD, 693147180559945347),
        (WAD // 2, -693147180559945347),
        (575183623897258826, -553065943256561755),  # its inverse is cut down; cut up it would end in 8
    ],
)
def test_the_logarithm_is_that_of_the_contract_where_the_last_digits_are_not_the_true_ones(
    value: int, expected: int
) -> None:
    assert llama_lend.ln(value) == expected
