"""Liquity's troves as values: when one may be seized, what of it, and what the pool is spared."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.units import BPS, WAD
from seawall.rules import HandOverRules
from seawall.rules import liquity_v1_book as rules

# The type checker holds the module to the contract.
_STATIC: HandOverRules = rules


@pytest.mark.parametrize(
    ("total_collateral", "ratio_bps"),
    [
        (10**20, 11_000),
        (15_000, 11_000),  # at the critical ratio there is no recovery mode
        (14_999, 14_999),
        (11_001, 11_001),
        (11_000, 11_000),
        (10_999, 11_000),  # never below the minimum
        (0, 11_000),
    ],
)
def test_the_ratio_of_all_decides_below_the_critical_ratio(total_collateral: int, ratio_bps: int) -> None:
    assert rules.trigger_ratio(total_collateral, 10_000) == ratio_bps * WAD // BPS


def test_without_any_debt_the_minimum_ratio_stands() -> None:
    assert rules.trigger_ratio(5, 0) == rules.MINIMUM_RATIO


# Values of a trove that owes 10000, and of all troves that owe 100000.
@pytest.mark.parametrize(
    ("collateral", "total", "owed", "room", "seized"),
    [
        (10_999, 200_000, 100, 0, True),  # below the minimum, whoever takes it
        (11_000, 200_000, 100, 100, False),
        (11_000, 149_999, 100, 100, True),  # recovery mode, and the pool takes all of it
        (11_000, 149_999, 101, 100, False),
        (11_000, 150_000, 100, 100, False),
        (14_998, 149_990, 100, 100, True),
        (14_999, 149_990, 100, 100, False),  # at the ratio of all
        (15_000, 149_990, 100, 100, False),
    ],
)
def test_from_the_minimum_on_only_recovery_mode_and_the_pool_take_a_trove(
    collateral: int, total: int, owed: int, room: int, seized: bool
) -> None:
    assert rules.may_seize(collateral, 10_000, total, 100_000, owed, room) is seized


@pytest.mark.parametrize(
    ("collateral", "total", "spared"),
    [
        (10_000, 149_999, True),  # worth its debt, not more
        (9_999, 149_999, True),
        (10_001, 149_999, False),
        (10_000, 150_000, False),
    ],
)
def test_recovery_mode_spares_the_pool_what_is_worth_its_debt_at_most(
    collateral: int, total: int, spared: bool
) -> None:
    assert rules.spares_pool(collateral, 10_000, total, 100_000) is spared


@pytest.mark.parametrize(
    ("collateral", "seized"), [(0, 0), (10_999, 10_999), (11_000, 11_000), (11_001, 11_000)]
)
def test_no_more_is_seized_than_the_debt_at_the_minimum_ratio(collateral: int, seized: int) -> None:
    assert rules.seized_value(collateral, 10_000) == seized


@pytest.mark.parametrize(("collateral", "gas"), [(0, 0), (199, 0), (200, 1), (399, 1), (400, 2)])
def test_the_liquidator_keeps_half_a_percent_down(collateral: int, gas: int) -> None:
    assert rules.gas_compensation(collateral) == gas


@pytest.mark.parametrize(("reserved", "paid"), [(0, 0), (199, 199), (200, 200), (201, 200)])
def test_the_liquidator_gets_two_hundred_coins_where_they_are_reserved(reserved: int, paid: int) -> None:
    assert rules.gas_coins(10**18, reserved * 10**18) == paid * 10**18


def test_the_liquidators_part_is_all_that_is_taken_beyond_the_debt() -> None:
    """Of 200 units 199 go with the debt: 200 / 199 of what it stands for, to a basis point."""
    factor = Fraction(rules.bonus_factor(0, 0), rules.BONUS_UNIT)
    assert 0 <= Fraction(200, 199) - factor < Fraction(1, BPS)


@given(st.integers(0, 10**30), st.integers(1, 10**30), st.integers(0, 10**30), st.integers(1, 10**30))
def test_who_stands_below_the_trigger_ratio_is_who_the_weighted_value_leaves_short(
    collateral: int, debt: int, others: int, owed: int
) -> None:
    """The engine weighs collateral by the ratio, rounded down: the same accounts are safe."""
    ratio = rules.trigger_ratio(collateral + others, debt + owed)
    weighted = collateral * BPS * WAD // ratio
    assert rules.is_safe(collateral, weighted, debt) == (collateral * WAD // debt >= ratio)
