"""Maker on prices of two tokens: the debt is paid first, then the penalty, then the owner."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.rules import maker_dss_book as rules

DAI, ETH, USD = 10**18, 10**18, 10**8


# Debt 1000 with a penalty of 13 %: 1130 is to be raised. Collateral in thousandths of ETH at whole
# dollars; what is sold, what of it pays the debt (both in ETH), and what is repaid.
@pytest.mark.parametrize(
    ("milli_eth", "price", "sold", "for_debt", "repaid"),
    [
        (2000, 1000, Fraction(113, 100), Fraction(1), 1000),  # the owner keeps 0.87
        (1200, 1000, Fraction(113, 100), Fraction(1), 1000),
        (1130, 1000, Fraction(113, 100), Fraction(1), 1000),  # the penalty is just paid
        (1129, 1000, Fraction(1129, 1000), Fraction(1), 1000),  # and now not in full
        (1001, 1000, Fraction(1001, 1000), Fraction(1), 1000),
        (1000, 1000, Fraction(1), Fraction(1), 1000),  # the debt is just paid
        (999, 1000, Fraction(999, 1000), Fraction(999, 1000), 999),  # and now not in full
        (500, 1000, Fraction(1, 2), Fraction(1, 2), 500),
        (1, 1000, Fraction(1, 1000), Fraction(1, 1000), 1),
        (0, 1000, Fraction(0), Fraction(0), 0),
        (2000, 565, Fraction(2), Fraction(1000, 565), 1000),  # 1130 again, in two ETH
        (2000, 400, Fraction(2), Fraction(2), 800),
        (10_000, 250, Fraction(113, 25), Fraction(4), 1000),
        (2000, 0, Fraction(2), Fraction(2), 0),  # worthless: all is sold, nothing is paid
    ],
)
def test_a_sale_pays_the_debt_then_the_penalty_and_leaves_the_rest(
    milli_eth: int, price: int, sold: Fraction, for_debt: Fraction, repaid: int
) -> None:
    paid, taken, penalty = rules.seize(
        1000 * DAI, milli_eth * ETH // 1000, USD, DAI, price * USD, ETH, 11_300, 0
    )
    assert (paid, taken) == (repaid * DAI, int(sold * ETH))
    assert penalty == taken - int(for_debt * ETH)


def test_the_price_of_a_pair_is_cut_to_its_27_digits() -> None:
    """Ten thirds of 1e-27 are 3: 1.13 buy a third of 1.13e27."""
    assert rules.seize(1, 10**30, 3, 1, 10, 10**27, 11_300, 0)[:2] == (1, 113 * 10**25 // 3)


@given(st.integers(0, 10**24), st.integers(0, 10**24), st.integers(1, 10**13), st.integers(10**4, 10**13))
def test_a_sale_is_at_the_price_of_the_oracle(cover: int, balance: int, debt_price: int, price: int) -> None:
    repaid, sold, penalty = rules.seize(cover, balance, debt_price, DAI, price, ETH, 11_300, 0)
    rate = Fraction(price, debt_price)
    assert 0 <= penalty <= sold <= balance
    assert 0 <= repaid <= cover
    # Nobody pays more than the price, but for a unit of collateral cut off; nor more than is owed.
    assert repaid < (sold + 1) * rate
    assert sold * rate <= Fraction(cover * 113, 100) * (1 + Fraction(debt_price, 10**27)) + Fraction(
        sold, 10**9
    )
    assert repaid == cover or sold == balance
    assert abs((sold - penalty) * rate - repaid) <= 2 * rate + 1 + Fraction(sold, 10**9)
