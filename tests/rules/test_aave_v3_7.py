"""Aave 3.7: every rounding goes against the one who calls."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.rules import aave_v3_7 as rules
from seawall.rules.aave_v3 import RAY, WAD

HALF = RAY // 2
amounts = st.integers(0, 10**30)
index = st.integers(RAY, 10 * RAY)


@pytest.mark.parametrize(("index", "supply", "debt"), [(RAY - 1, 2, 3), (RAY, 3, 3), (RAY + 1, 3, 4)])
def test_supply_rounds_down_and_debt_up(index: int, supply: int, debt: int) -> None:
    assert rules.supply_balance(3, index) == supply
    assert rules.debt_balance(3, index) == debt


@given(amounts, index)
def test_taking_out_burns_at_least_what_putting_in_would_mint(amount: int, index: int) -> None:
    burned = rules.supply_scaled_burn(amount, index)
    minted = rules.supply_scaled_mint(amount, index)
    assert burned - minted in (0, 1)
    assert rules.supply_balance(minted, index) <= amount <= rules.supply_balance(burned, index)


@given(amounts, index)
def test_repaying_a_whole_balance_burns_the_whole_debt(scaled: int, index: int) -> None:
    assert rules.debt_scaled_burn(rules.debt_balance(scaled, index), index) == scaled


def test_collateral_value_rounds_down_and_debt_value_up() -> None:
    assert rules.collateral_value(199, 1, 100) == 1
    assert rules.debt_value(101, 1, 100) == 2
    assert rules.debt_value(1, 1, 10**18) == 1


def test_health_floors_the_half_up_quotient() -> None:
    # 2e4 * 1e18 / 3 = 6666...666.67 -> ...667, over 1e4: floored.
    assert rules.health_factor(0, 20000, 3) == (2 * 10**22 // 3 + 1) // 10**4
    # 29999.5 units of 1e-4 wad round up to 30000: one whole wad unit more.
    assert rules.health_factor(0, 59999, 2 * WAD) == 3
    assert rules.health_factor(0, 59998, 2 * WAD) == 2
    # 29999.25 units round down to 29999.
    assert rules.health_factor(0, 119997, 4 * WAD) == 2
    assert rules.health_factor(5, 5, 0) == rules.HEALTH_INFINITE


@pytest.mark.parametrize(("debt", "safe"), [(7999, True), (8000, True), (8001, False)])
def test_a_health_of_exactly_one_is_safe(debt: int, safe: bool) -> None:
    assert rules.is_safe(10000, 10000 * 8000, debt) is safe


def test_amounts_of_a_full_call_round_against_the_liquidator() -> None:
    # Base 19, 19.95 -> 19; of it 19 / 1.05 = 18.1 -> 18 is base, and the fee on 1 is rounded up.
    assert rules.seize(19, 100, 1, 1, 1, 1, 10500, 1000) == (19, 19, 1)


@pytest.mark.parametrize(
    ("balance", "repaid", "seized"), [(22, 20, 21), (21, 20, 21), (20, 20, 20), (19, 19, 19)]
)
def test_a_capped_call_repays_rounded_up(balance: int, repaid: int, seized: int) -> None:
    # Capped at 20: 20 / 1.05 = 19.05 -> 20; at 19: 18.1 -> 19.
    assert rules.seize(20, balance, 1, 1, 1, 1, 10500, 0) == (repaid, seized, 0)


def test_a_call_that_takes_exactly_all_is_not_capped() -> None:
    # 1499 thousandths buy one whole piece; capped, it would repay 952.4 -> 953 of them.
    assert rules.seize(1499, 1, 1, 1000, 1, 1, 10500, 0) == (1499, 1, 0)
    assert rules.seize(2500, 1, 1, 1000, 1, 1, 10500, 0) == (953, 1, 0)


def test_worthless_collateral_is_seized_for_nothing() -> None:
    assert rules.seize(10**6, 5, 10**8, 10**6, 1, 10**18, 10500, 1000) == (0, 5, 1)


@given(scaled=st.integers(1, 10**24), index=index, share=st.integers(0, 100), fee_part=st.integers(0, 100))
def test_the_fee_is_what_the_contract_pays_in_scaled_units(
    scaled: int, index: int, share: int, fee_part: int
) -> None:
    seized = rules.supply_balance(scaled, index) * share // 100
    fee = seized * fee_part // 100
    left = scaled - rules.supply_scaled_burn(seized - fee, index)
    in_scaled_units = (
        rules.supply_balance(left, index) if rules.supply_scaled_burn(fee, index) > left else fee
    )
    assert rules.fee_capped(scaled, seized, fee, index) == in_scaled_units


def test_the_fee_is_cut_where_the_liquidator_burned_the_last_unit() -> None:
    index = 3 * HALF
    # 5 scaled are 7; the liquidator's 6 burn 4 and leave 1, which pays 1.
    assert rules.fee_capped(5, 7, 1, index) == 1
    # 7 for the liquidator burn 5: nothing is left to pay a fee of 0.
    assert rules.fee_capped(5, 7, 0, index) == 0
    assert rules.fee_capped(4, 6, 1, index) == 0
