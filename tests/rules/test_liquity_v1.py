"""Liquity v1: thresholds at, below and above; roundings by hand, each by a fraction of half or more."""

from collections.abc import Callable
from typing import Any

import pytest

from seawall.core.units import WAD
from seawall.rules import liquity_v1 as pool
from seawall.rules import liquity_v1_troves as troves

INFINITE = 2**256 - 1
# What a rule gives where the exact result lies between two units, the upper one nearer.
ROUNDED: list[tuple[Callable[..., Any], tuple[int, ...], Any]] = [
    (pool.next_product, (2 * 10**9 + 1, WAD // 10), (1_800_000_000, 0)),
    (pool.next_product, (1_000_000_001, WAD - 1_500_000_000), (1_500_000_001, 1)),
    (troves.collateral_ratio, (5, 3, 1), 1),
    (troves.nominal_ratio, (2, 3), 66_666_666_666_666_666_666),
    (troves.borrowing_fee, (350, 0), 1),
    (troves.stake, (5, 1, 3), 1),
    (troves.pending, (17, WAD // 10, 0), 1),
    (troves.gas_compensation, (399, 200), 1),
    (troves.offset_split, (3, 5, 1), (1, 1)),
    (troves.capped_collateral, (5, 3, 1), 1),
    (pool.loss_per_unit, (5, 3 * WAD, 0), (2, 6 * WAD - 5 * WAD)),
    (pool.gain_per_unit, (5, 3 * WAD, 0), (1, 2 * WAD)),
    (pool.next_product_once, (2 * 10**9 + 1, WAD // 10), (1_800_000_000, 0)),
    (pool.next_product_once, (17, WAD - 10**8), (1, 1)),
    (pool.compounded_deposit, (5, 3, 1, 0), 1),
    (pool.compounded_deposit, (1_700_000_000, 1, 1, 1), 1),
    (pool.compounded_deposit, (1_700_000_000, 1_700_000_000, 1, 0), 1),
    (pool.deposit_gain, (WAD, 1, 0, 0, 1_700_000_000), 1),
    (pool.deposit_gain, (17, 1, 0, WAD // 10, 0), 1),
    (pool.deposit_gain, (1, 3, 0, 3 * WAD - 1, 0), 0),
]


@pytest.mark.parametrize(("rule", "args", "expected"), ROUNDED)
def test_divisions_are_rounded_down(rule: Callable[..., Any], args: tuple[int, ...], expected: Any) -> None:
    assert rule(*args) == expected


def test_without_debt_a_ratio_is_the_largest_number() -> None:
    assert troves.collateral_ratio(1, 0, 1) == INFINITE
    assert troves.nominal_ratio(1, 0) == INFINITE


@pytest.mark.parametrize(("ratio", "recovery"), [(149, True), (150, False), (151, False)])
def test_recovery_mode_begins_below_the_critical_ratio(ratio: int, recovery: bool) -> None:
    assert troves.in_recovery(ratio, 150) is recovery


@pytest.mark.parametrize(
    ("base_rate_bps", "fee_bps"), [(0, 50), (1, 51), (449, 499), (450, 500), (451, 500), (10_000, 500)]
)
def test_the_borrowing_fee_is_half_a_percent_to_five(base_rate_bps: int, fee_bps: int) -> None:
    assert troves.borrowing_fee(10_000, base_rate_bps * WAD // 10_000) == fee_bps


def test_a_stake_is_the_collateral_before_the_first_liquidation() -> None:
    assert troves.stake(5, 0, 0) == 5


@pytest.mark.parametrize(("ratio", "spared"), [(WAD - 1, True), (WAD, True), (WAD + 1, False)])
def test_a_trove_worth_its_debt_at_most_spares_the_pool(ratio: int, spared: bool) -> None:
    assert troves.is_redistributed(ratio) is spared


@pytest.mark.parametrize(
    ("ratio", "debt", "capped"),
    [(109, 5, False), (110, 5, True), (129, 5, True), (130, 5, False), (120, 10, True), (120, 11, False)],
)
def test_a_trove_above_the_minimum_is_taken_below_the_systems_ratio_and_whole(
    ratio: int, debt: int, capped: bool
) -> None:
    assert troves.is_capped(ratio, 130, 110, debt, 10) is capped


@pytest.mark.parametrize(("deposits", "split"), [(0, (0, 0)), (4, (4, 8)), (5, (5, 10)), (6, (5, 10))])
def test_the_pool_takes_what_it_can(deposits: int, split: tuple[int, int]) -> None:
    assert troves.offset_split(5, 10, deposits) == split


def test_a_loss_of_all_carries_no_error() -> None:
    assert pool.offset_loss(7, 7, 3) == (WAD, 0)
    assert pool.offset_loss(6, 7, 3) == pool.loss_per_unit(6, 7, 3)


@pytest.mark.parametrize(("product", "scaled"), [(10**9 - 1, 1), (10**9, 0), (10**9 + 1, 0)])
def test_the_product_is_scaled_below_a_billionth(product: int, scaled: int) -> None:
    # Half is lost: twice the product goes in.
    after, times = pool.next_product_once(2 * product, WAD // 2)
    assert (after, times) == (product * (10**9 if scaled else 1), scaled)


@pytest.mark.parametrize(("scales", "left"), [(0, 10**18), (1, 10**9), (2, 0)])
def test_a_deposit_fades_with_every_scale(scales: int, left: int) -> None:
    assert pool.compounded_deposit(10**18, 1, 1, scales) == left


@pytest.mark.parametrize(("product", "left"), [(10**9, 1), (10**9 - 1, 0)])
def test_less_than_a_billionth_of_a_deposit_is_nothing(product: int, left: int) -> None:
    assert pool.compounded_deposit(10**9, WAD, product, 0) == left
