"""Compound v3 on prices of two tokens: credit at the liquidation factor, the store front's discount."""

from __future__ import annotations

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from seawall.rules import compound_v3_book as rules

USD = 10**8
amounts = st.integers(0, 10**24)
prices = st.integers(1, 10**13)


def test_all_collateral_is_credited_at_the_liquidation_factor() -> None:
    """10 ETH at 100 USD, bonus 125 %: the factor is 80 %, 1000 USD are credited as 800."""
    eth, usdc = 10**18, 10**6
    assert rules.seize(900 * usdc, 10 * eth, USD, usdc, 100 * USD, eth, 12_500, 0)[:2] == (
        800 * usdc,
        10 * eth,
    )
    assert rules.seize(800 * usdc, 10 * eth, USD, usdc, 100 * USD, eth, 12_500, 0)[:2] == (
        800 * usdc,
        10 * eth,
    )
    assert rules.seize(400 * usdc, 10 * eth, USD, usdc, 100 * USD, eth, 12_500, 0)[:2] == (
        400 * usdc,
        5 * eth,
    )


def test_a_debt_of_just_the_credit_takes_all_collateral() -> None:
    """105 are credited 99.99, cut to 99: that takes all, and 98 take 98 * 1.05 of it, cut."""
    assert rules.seize(100, 105, USD, 1, USD, 1, 10_500, 0)[:2] == (99, 105)
    assert rules.seize(99, 105, USD, 1, USD, 1, 10_500, 0)[:2] == (99, 105)
    assert rules.seize(98, 105, USD, 1, USD, 1, 10_500, 0)[:2] == (98, 102)


def test_the_liquidation_factor_is_cut_to_18_digits() -> None:
    """1 / 1.05 is 0.952380952380952380 there: 105e30 are credited a bit less than 100e30."""
    credited = 99_999_999_999_999_999_900 * 10**12
    assert rules.seize(10**32, 105 * 10**30, USD, 1, USD, 1, 10_500, 0)[:2] == (credited, 105 * 10**30)


def test_reserves_keep_what_the_store_front_does_not_give_away() -> None:
    """800 USD buy 10 ETH at 80 USD each where all of the penalty goes; at 90 USD, half of it, 8.89."""
    eth, usdc = 10**18, 10**6
    assert rules.seize(800 * usdc, 10 * eth, USD, usdc, 100 * USD, eth, 12_500, 0)[2] == 0
    kept = rules.seize(800 * usdc, 10 * eth, USD, usdc, 100 * USD, eth, 12_500, 5000)[2]
    assert kept == 10 * eth - 80 * eth // 9
    assert rules.seize(800 * usdc, 10 * eth, USD, usdc, 100 * USD, eth, 12_500, 10_000)[2] == 2 * eth


@given(amounts, amounts, prices, prices, st.integers(10_000, 12_500), st.integers(0, 10_000))
def test_what_is_taken_is_worth_what_is_credited(
    cover: int, balance: int, debt_price: int, price: int, factor: int, fee_bps: int
) -> None:
    repaid, seized, fee = rules.seize(cover, balance, debt_price, 10**18, price, 10**18, factor, fee_bps)
    assert 0 <= repaid <= cover
    assert 0 <= fee <= seized <= balance
    # Two units of value, and the 18 digits of the factor.
    whole = Fraction(balance * price * 10_000, debt_price * factor)
    cut = 2 + Fraction(2 * 10**18, debt_price) + Fraction(whole, 10**17)
    if seized == balance:
        assert repaid <= whole
        assert repaid == cover or whole - repaid <= cut
    else:
        taken = Fraction(seized * price * 10_000, debt_price * factor)
        assert repaid == cover
        assert abs(taken - repaid) <= cut + Fraction(price, debt_price)
