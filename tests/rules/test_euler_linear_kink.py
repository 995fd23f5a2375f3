"""Euler's linear kink: the yields of its own test, its year and its cap."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.units import RAY, WAD
from seawall.rules import (
    euler_linear_kink,
)
from tests.rules.digits import exact_exp, exact_ln

KINK = (0, 1406417851, 19050045013, 2**31)  # of the vault kit's own test


@pytest.mark.parametrize(
    ("part", "yearly", "unit"),
    [
        # Lent out [per cent], yield of a year, and the digits that the test compares.
        (100, "3", 10**12),
        (50, "0.1", 10**12),
        (25, "0.04880875385828198", 10**13),
        (75, "1.0976171289634036", 10**13),
    ],
)
def test_euler_gives_the_yields_of_its_own_test(part: int, yearly: str, unit: int) -> None:
    """Source: euler-xyz/euler-vault-kit, test/unit/irm/InterestRateLinearKink.t.sol."""
    cash = 0 if part == 100 else WAD
    borrows = WAD if part == 100 else cash * part // (100 - part)
    rate = euler_linear_kink.borrow_rate(euler_linear_kink.utilisation(cash, borrows), *KINK)
    a_second = exact_ln(1 + Fraction(yearly)) * RAY / euler_linear_kink.SECONDS_PER_YEAR
    assert rate // unit == floor(a_second / unit)


def test_euler_counts_a_gregorian_year_and_allows_a_million_percent() -> None:
    assert Fraction("365.2425") * 86_400 == euler_linear_kink.SECONDS_PER_YEAR
    most = exact_exp(exact_ln(Fraction(10_001)) / euler_linear_kink.SECONDS_PER_YEAR) - 1
    assert floor(most * RAY) == euler_linear_kink.RATE_MAX
    for beyond, expected in ((-1, -1), (0, 0), (1, 0)):
        got = euler_linear_kink.vault_rate(euler_linear_kink.RATE_MAX + beyond)
        assert got == euler_linear_kink.RATE_MAX + expected


@given(st.integers(0, 10**30), st.integers(0, 10**30))
def test_euler_utilisation_is_a_part_in_32_digits(cash: int, borrows: int) -> None:
    got = euler_linear_kink.utilisation(cash, borrows)
    assert got == (floor(Fraction(borrows * (2**32 - 1), cash + borrows)) if cash + borrows else 0)
