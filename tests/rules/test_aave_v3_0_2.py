"""Aave 3.0.2: half-up everywhere, a close factor per reserve, nothing booked."""

import pytest

from seawall.rules import aave_v3_0_2 as rules
from seawall.rules.aave_v3 import RAY, WAD

HALF = RAY // 2


@pytest.mark.parametrize(("index", "balance"), [(HALF - 1, 1), (HALF, 2), (HALF + 1, 2), (RAY, 3)])
def test_balances_take_exact_halves_up(index: int, balance: int) -> None:
    assert rules.supply_balance(3, index) == balance
    assert rules.debt_balance(3, index) == balance


@pytest.mark.parametrize("amount", range(8))
@pytest.mark.parametrize("times", [2, 3])
def test_scaled_amounts_are_the_nearest_and_take_exact_halves_up(amount: int, times: int) -> None:
    nearest = [0, 1, 1, 2, 2, 3, 3, 4] if times == 2 else [0, 0, 1, 1, 1, 2, 2, 2]
    for leaf in (rules.supply_scaled_burn, rules.supply_scaled_mint, rules.debt_scaled_burn):
        assert leaf(amount, times * RAY) == nearest[amount]


def test_values_of_both_sides_are_rounded_down() -> None:
    assert rules.collateral_value(199, 1, 100) == rules.debt_value(199, 1, 100) == 1


def test_the_average_threshold_is_floored_so_that_more_collateral_can_hurt() -> None:
    # 80.00 % of 10000, then one unit more with a threshold of 10 %: the average falls to 79.99 %.
    assert rules.health_factor(10000, 10000 * 8000, 8000) == WAD
    assert rules.health_factor(10001, 10000 * 8000 + 1000, 8000) == WAD
    assert rules.health_factor(100_000_000, 100_000_000 * 8000, 80_000_000) == WAD
    assert rules.health_factor(100_000_001, 100_000_000 * 8000 + 1000, 80_000_000) < WAD


def test_weighted_collateral_and_health_round_half_up() -> None:
    # 1 x 50.00 % = 0.5 -> 1, against a debt of 3: 0.33...; of 2 of 1.5 e-18: up.
    assert rules.health_factor(1, 5000, 3) == WAD // 3
    assert rules.health_factor(1, 4999, 3) == 0
    assert rules.health_factor(2, 20000, 3) == (2 * WAD + 1) // 3


def test_without_debt_health_is_infinite_and_without_collateral_zero() -> None:
    assert rules.health_factor(0, 0, 0) == rules.HEALTH_INFINITE
    assert rules.health_factor(5, 5, 0) == rules.HEALTH_INFINITE
    assert rules.health_factor(0, 0, 1) == 0


@pytest.mark.parametrize(("debt", "safe"), [(7999, True), (8000, True), (8001, False)])
def test_a_health_of_exactly_one_is_safe(debt: int, safe: bool) -> None:
    assert rules.is_safe(10000, 10000 * 8000, debt) is safe


@pytest.mark.parametrize(
    ("health", "repayable"), [(95 * 10**16 - 1, 101), (95 * 10**16, 101), (95 * 10**16 + 1, 51)]
)
def test_half_of_this_reserve_half_up_above_95_percent(health: int, repayable: int) -> None:
    assert rules.max_repay(101, 1, 1, 10**12, health, 1, 1) == repayable


def test_amounts_of_a_full_call_round_half_up() -> None:
    # Base 3, times 1.05 = 3.15 -> 3. Base 10, 10.5 -> 11: a bonus of 11 - 10, and half of it the fee.
    assert rules.seize(3, 100, 1, 1, 1, 1, 10500, 5000) == (3, 3, 0)
    assert rules.seize(10, 100, 1, 1, 1, 1, 10500, 5000) == (10, 11, 1)


@pytest.mark.parametrize(
    ("balance", "repaid", "seized"), [(12, 10, 11), (11, 10, 11), (10, 10, 10), (9, 9, 9)]
)
def test_the_collateral_caps_the_call(balance: int, repaid: int, seized: int) -> None:
    # Capped at 10: 10 / 1.05 = 9.52 -> 10; capped at 9: 8.57 -> 9.
    assert rules.seize(10, balance, 1, 1, 1, 1, 10500, 0) == (repaid, seized, 0)


def test_a_call_that_takes_exactly_all_is_not_capped() -> None:
    # 1499 thousandths buy one whole piece; capped, it would repay 952 of them.
    assert rules.seize(1499, 1, 1, 1000, 1, 1, 10500, 0) == (1499, 1, 0)
    assert rules.seize(2500, 1, 1, 1000, 1, 1, 10500, 0) == (952, 1, 0)


def test_the_fee_is_cut_to_what_the_liquidator_leaves() -> None:
    index = 3 * HALF
    # 5 scaled are 7.5 -> 8. The liquidator's 6 burn 4 scaled and leave 1, which pays 1.5 -> 2.
    assert rules.fee_capped(5, 8, 2, index) == 2
    # A fee of 1 is 0.67 -> 1 scaled, which is just what is left: it stays 1.
    assert rules.fee_capped(5, 7, 1, index) == 1
    # With 7 for the liquidator 4.67 -> 5 are burned and nothing is left of the fee.
    assert rules.fee_capped(5, 8, 1, index) == 0


def test_nothing_is_refused_as_dust_and_nothing_is_booked() -> None:
    assert rules.leaves_dust(1, 1, 1, 1) is False
    assert rules.recognises(0, 10**18) is False
