"""dYdX v4: rounding of notionals and requirements, and the bounds of size and price."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.rules import dydx_v4
from seawall.rules.margin import PPM


@pytest.mark.parametrize(
    ("base", "notional"),
    [(3, 1), (2, 1), (1, 0), (0, 0), (-1, 0), (-2, -1), (-3, -1)],  # half a quote quantum each
)
def test_a_notional_is_cut_toward_zero(base: int, notional: int) -> None:
    assert dydx_v4.net_notional(base, 50_000, 1, 100_000) == notional


@pytest.mark.parametrize(
    ("notional", "initial", "maintenance"),
    [
        (0, 0, 0),
        (1, 1, 1),  # 0.2, then 0.5
        (5, 1, 1),
        (6, 2, 1),  # 1.2 is 2, half of that is 1
        (10, 2, 1),
        (11, 3, 2),  # 2.2 is 3, half of that is 1.5: rounded once it would be 1.1
        (-11, 3, 2),
    ],
)
def test_requirements_are_rounded_up_twice(notional: int, initial: int, maintenance: int) -> None:
    assert dydx_v4.initial_requirement(notional, 200_000) == initial
    assert dydx_v4.maintenance_requirement(notional, 200_000, 500_000) == maintenance


@pytest.mark.parametrize(
    ("notional", "least", "most"),
    [
        (99, 99, 99),
        (100, 100, 100),
        (101, 100, 100),
        (399, 100, 100),  # a quarter is 99.75
        (400, 100, 100),
        (403, 100, 100),
        (404, 100, 101),
        (-404, 100, 101),
    ],
)
def test_a_block_closes_a_portion_but_never_less_than_the_minimum(
    notional: int, least: int, most: int
) -> None:
    assert dydx_v4.liquidatable_notional(notional, 100, 250_000) == (least, most)


# Long 2 base worth 1000, requirement 100 of 100 in all, spread up to 10 % of it: at most 10 off 1000.
@pytest.mark.parametrize(
    ("equity", "price"),
    [
        (150, Fraction(500)),  # above the requirement: the oracle price
        (100, Fraction(500)),
        (99, Fraction(9_999, 20)),  # 1 % of 10
        (1, Fraction(9_901, 20)),
        (0, Fraction(495)),
        (-1, Fraction(495)),  # never wider
    ],
)
def test_the_limit_price_widens_to_the_bankruptcy_price_and_no_further(equity: int, price: Fraction) -> None:
    long = dydx_v4.limit_price(1_000, 2, 100, equity, 100, PPM, 100_000)
    short = dydx_v4.limit_price(-1_000, -2, 100, equity, 100, PPM, 100_000)
    assert Fraction(*long) == price
    assert Fraction(*short) == 1_000 - price
    assert long[1] > 0
    assert short[1] > 0


def test_a_larger_adjustment_reaches_the_full_spread_before_bankruptcy() -> None:
    assert Fraction(*dydx_v4.limit_price(1_000, 2, 100, 50, 100, 2 * PPM, 100_000)) == 495


@given(
    st.integers(1, 10**12),
    st.integers(1, 10**9),
    st.integers(-(10**12), 10**12),
    st.integers(1, 10**12),
    st.integers(0, 3 * PPM),
    st.integers(0, 2 * PPM),
)
def test_the_limit_price_is_its_formula(
    notional: int, base: int, equity: int, total: int, adjustment: int, spread: int
) -> None:
    requirement = total // 2
    rating = Fraction(adjustment, PPM) * (1 - Fraction(equity, total))
    off = min(max(rating, 0), 1) * Fraction(spread, PPM) * requirement
    got = dydx_v4.limit_price(notional, base, requirement, equity, total, adjustment, spread)
    assert Fraction(*got) == (notional - off) / base


# Equity and maintenance margin before are 50 and 100: the account is a failing one.
@pytest.mark.parametrize(
    ("equity", "requirement", "initial", "valid"),
    [
        (120, 60, 120, True),  # at the initial margin
        (119, 101, 120, False),  # below it, and more at risk
        (119, 100, 120, True),
        (30, 60, 120, True),  # 30 / 60 as 50 / 100
        (29, 60, 120, False),
        (-1, 0, 0, False),  # flat and under water
        (0, 0, 0, True),  # flat and even: the initial margin of nothing is met
    ],
)
def test_a_fill_may_not_make_an_account_riskier(
    equity: int, requirement: int, initial: int, valid: bool
) -> None:
    assert dydx_v4.is_valid_after(50, 100, equity, requirement, initial) is valid


@pytest.mark.parametrize(("before", "after", "valid"), [(-2, -1, True), (-1, -1, False), (-1, -2, False)])
def test_an_account_that_ends_flat_under_water_must_have_gained(before: int, after: int, valid: bool) -> None:
    assert dydx_v4.is_valid_after(before, 10, after, 0, 0) is valid
