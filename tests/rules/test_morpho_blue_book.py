"""Morpho Blue's seizure on prices of two tokens, and its incentive from a threshold in basis points."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.units import WAD
from seawall.rules import morpho_blue_book as rules
from seawall.rules.morpho_blue import PRICE_SCALE

limits = st.integers(0, 9999)
amounts = st.integers(0, 10**27)
prices = st.integers(1, 10**13)
units = st.integers(0, 18).map(lambda decimals: 10**decimals)


@pytest.mark.parametrize(
    ("threshold_bps", "factor"),
    [
        (9800, Fraction(1000, 994)),  # 1 / (1 - 0.3 * 0.02)
        (8600, Fraction(1000, 958)),
        (5653, Fraction(10**5, 10**5 - 3 * 4347)),  # 1.14996: just below the cap
        (5652, Fraction(115, 100)),  # 1.15001: capped
        (0, Fraction(115, 100)),
    ],
)
def test_the_incentive_follows_from_the_threshold(threshold_bps: int, factor: Fraction) -> None:
    assert rules.bonus_factor(threshold_bps, 10_000) == factor * WAD // 1
    assert rules.bonus_factor(threshold_bps, 12_000) == factor * WAD // 1


def test_what_all_collateral_costs_takes_all_of_it_and_no_more() -> None:
    """5 at a price of 0.01 are quoted 1 and cost 1, which at that price would buy 100."""
    factor = rules.bonus_factor(0, 10_000)
    assert rules.seize(1, 5, 100, 1, 1, 1, factor, 0) == (1, 5, 0)
    assert rules.seize(2, 5, 100, 1, 1, 1, factor, 0) == (1, 5, 0)
    assert rules.seize(0, 5, 100, 1, 1, 1, factor, 0) == (0, 0, 0)


def test_the_price_of_a_pair_is_cut_to_its_36_digits() -> None:
    """Ten thirds of 1e-36 are 3: 100 buy 115 worth of it."""
    factor = rules.bonus_factor(0, 10_000)
    assert rules.seize(100, 10**40, 3, 1, 10, 10**36, factor, 0) == (100, 115 * 10**36 // 3, 0)


@given(amounts, amounts, prices, units, prices, units, limits)
def test_a_seizure_is_two_roundings_from_the_rational_model(
    cover: int, balance: int, debt_price: int, debt_unit: int, price: int, unit: int, limit: int
) -> None:
    factor = rules.bonus_factor(limit, 10_000)
    repaid, seized, fee = rules.seize(cover, balance, debt_price, debt_unit, price, unit, factor, 0)
    quoted = price * debt_unit * PRICE_SCALE // (debt_price * unit)
    worth = Fraction(balance * quoted, PRICE_SCALE)  # of all collateral, in the loan
    assert fee == 0
    assert 0 <= seized <= balance
    # Never more than the incentive on what was repaid; all of it only for what it costs, to two units.
    assert Fraction(seized * quoted, PRICE_SCALE) <= Fraction(repaid * factor, WAD)
    if seized == balance and repaid < cover:
        assert 0 <= repaid - worth * WAD / factor < 2
    elif seized < balance:
        assert repaid == cover
        short = Fraction(repaid * factor, WAD) - Fraction(seized * quoted, PRICE_SCALE)
        assert short < 1 + Fraction(quoted, PRICE_SCALE)
