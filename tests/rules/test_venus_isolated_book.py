"""Venus on prices of two tokens: half a debt or a small account whole, and what healing pays."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.rules import venus_isolated_book as rules

USD = 10**8
amounts = st.integers(0, 10**24)
prices = st.integers(10**4, 10**13)


@pytest.mark.parametrize(
    ("collateral_usd_cents", "repay"), [(9_999, 1001), (10_000, 1001), (10_001, 500), (10**9, 500)]
)
def test_half_may_be_repaid_but_all_against_small_collateral(collateral_usd_cents: int, repay: int) -> None:
    value = collateral_usd_cents * 10**6 * rules.VALUE_UNIT
    assert rules.max_repay(1001, value, value, value, 9 * 10**17, USD, 10**6) == repay


def test_the_protocol_keeps_its_part_of_what_is_repaid() -> None:
    """2000 repaid at 110 %: 2200 seized, of which half of the bonus is 5 % of the repayment."""
    assert rules.seize(2000, 9000, USD, 1, USD, 1, 11_000, 5000) == (2000, 2200, 100)
    assert rules.seize(2000, 9000, USD, 1, USD, 1, 11_000, 0) == (2000, 2200, 0)
    # Cut twice: 5 of 110 seized, 4 of those.
    assert rules.seize(100, 9000, USD, 1, USD, 1, 11_000, 5000) == (100, 110, 4)


def test_collateral_that_pays_for_half_repays_half() -> None:
    assert rules.seize(1000, 550, USD, 1, USD, 1, 11_000, 0) == (500, 550, 0)
    assert rules.seize(1000, 1100, USD, 1, USD, 1, 11_000, 0) == (1000, 1100, 0)
    assert rules.seize(1000, 1099, USD, 1, USD, 1, 11_000, 0) == (999, 1099, 0)


def test_collateral_that_is_seized_to_the_last_unit_is_not_yet_healing() -> None:
    """10 at 105 % seize 10.5, cut to 10: who holds 10 pays in full, who holds 9 pays 9 / 10.5 of it."""
    assert rules.seize(10, 10, USD, 1, USD, 1, 10_500, 0) == (10, 10, 0)
    assert rules.seize(10, 9, USD, 1, USD, 1, 10_500, 0) == (8, 9, 0)


@given(amounts, amounts, prices, prices, st.integers(10_000, 12_500))
def test_a_seizure_is_a_few_digits_from_the_rational_model(
    cover: int, balance: int, debt_price: int, price: int, factor: int
) -> None:
    repaid, seized, _ = rules.seize(cover, balance, debt_price, 10**18, price, 10**18, factor, 0)
    rate = Fraction(debt_price * factor, price * 10_000)
    assert 0 <= repaid <= cover
    assert 0 <= seized <= balance
    if repaid == cover:
        assert 0 <= cover * rate - seized < 2 + Fraction(cover, 10**18)
    else:
        # A unit of value, 1e-18 of a token's price, and 18 digits of the part.
        assert seized == balance
        least = balance / rate - 2 - Fraction(cover, 10**18) - Fraction(10**18, debt_price)
        assert least <= repaid <= balance / rate + 1 + Fraction(10**18, debt_price)
