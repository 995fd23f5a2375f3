"""The position-wide close factor of Aave 3.3 and later: each threshold at, just above, just below."""

import pytest

from seawall.rules import aave_v3_3, aave_v3_7
from seawall.rules.aave_v3 import close_factor_bps, leaves_dust, max_repay, position_wide_repay, recognises

USD = 10**8
HEALTH = 97 * 10**16
USDC = 10**6


@pytest.mark.parametrize(
    ("health", "bps"), [(95 * 10**16 - 1, 10000), (95 * 10**16, 10000), (95 * 10**16 + 1, 5000)]
)
def test_all_may_be_closed_at_a_health_of_exactly_95_percent(health: int, bps: int) -> None:
    assert close_factor_bps(3000 * USD, 3000 * USD, health, 2000 * USD) == bps


@pytest.mark.parametrize(
    ("debt", "collateral", "bps"),
    [
        (2000 * USD, 2000 * USD, 5000),
        (2000 * USD - 1, 2000 * USD, 10000),
        (2000 * USD, 2000 * USD - 1, 10000),
        (2000 * USD + 1, 2000 * USD + 1, 5000),
    ],
)
def test_legs_of_exactly_two_thousand_dollars_are_not_small(debt: int, collateral: int, bps: int) -> None:
    assert close_factor_bps(debt, collateral, HEALTH, 2000 * USD) == bps


@pytest.mark.parametrize(
    ("owed", "others", "repayable"),
    [
        (4000 * USDC, 0, 2000 * USDC),
        (3000 * USDC, 6000 * USD, 3000 * USDC),
        (3000 * USDC, 3000 * USD, 3000 * USDC),
        (3000 * USDC + 2, 3000 * USD, 3000 * USDC + 1),
        (2000 * USDC, 0, 1000 * USDC),
        (2000 * USDC - 1, 0, 2000 * USDC - 1),
    ],
)
def test_half_of_the_total_debt_binds_where_this_reserve_owes_more(
    owed: int, others: int, repayable: int
) -> None:
    value = owed * 100
    assert max_repay(owed, value, 9000 * USD, value + others, HEALTH, USD, USDC) == repayable


def test_a_reserve_worth_exactly_half_of_the_total_may_be_repaid_whole() -> None:
    # Five wei short of 2000 tokens are valued at $2000.00, rounded up: half the value would buy 2000 tokens.
    owed = 2000 * 10**18 - 5
    assert max_repay(owed, 2000 * USD, 9000 * USD, 4000 * USD, HEALTH, USD, 10**18) == owed


def test_the_minimum_of_a_leg_is_the_callers_in_other_currencies() -> None:
    arguments = (1500 * USDC, 1500 * USD, 9000 * USD, 1500 * USD, HEALTH, USD, USDC)
    assert position_wide_repay(*arguments, 2000 * USD) == 1500 * USDC
    assert position_wide_repay(*arguments, 1000 * USD) == 750 * USDC


@pytest.mark.parametrize(
    ("debt_left", "collateral_left", "refused"),
    [
        (1000 * USD, 1000 * USD, False),
        (1000 * USD - 1, 1000 * USD, True),
        (1000 * USD, 1000 * USD - 1, True),
        (0, 1, False),
        (1, 0, False),
        (0, 0, False),
    ],
)
def test_a_partial_call_leaves_a_thousand_dollars_on_both_legs(
    debt_left: int, collateral_left: int, refused: bool
) -> None:
    assert leaves_dust(debt_left, collateral_left, debt_left, collateral_left) is refused


@pytest.mark.parametrize(
    ("value_left", "debt_left", "booked"), [(0, 1, True), (0, 0, False), (1, 1, False), (1, 0, False)]
)
def test_a_deficit_is_booked_when_no_collateral_value_is_left(
    value_left: int, debt_left: int, booked: bool
) -> None:
    assert recognises(value_left, debt_left) is booked


def test_the_rule_is_the_same_in_both_versions() -> None:
    assert aave_v3_3.max_repay is aave_v3_7.max_repay is max_repay
    assert aave_v3_3.leaves_dust is aave_v3_7.leaves_dust is leaves_dust
    assert aave_v3_3.recognises is aave_v3_7.recognises is recognises
