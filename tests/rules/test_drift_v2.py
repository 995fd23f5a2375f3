"""Drift v2: weights by size, and a liquidation that reaches its buffer."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.rules import drift_v2
from seawall.rules.drift_v2 import BASE, FEE, PRICE, UNLIMITED

USD = 10**6


# sqrt(10 * size + 1) of 1000 base is 3,162,277; times imf 0.01 and less its scale: 0.316227 of growth.
@pytest.mark.parametrize(
    ("size", "imf", "asset", "liability"),
    [
        (10**12, 0, 9_000, 11_000),  # switched off
        (0, 10_000, 9_000, 11_000),
        (10**12, 10_000, 8_357, 11_962),  # 1.1 / 1.316227; 8800 + 3162
        (49 * 10**9, 100_000, 6_470, 15_800),  # sqrt is 700,000: growth 0.7: 1.1 / 1.7; 8800 + 7000
    ],
)
def test_size_lowers_a_deposit_and_raises_a_borrow(size: int, imf: int, asset: int, liability: int) -> None:
    assert drift_v2.asset_weight_bps(size, imf, 9_000) == asset
    assert drift_v2.liability_weight_bps(size, imf, 11_000) == liability


# The premium passes the fifth that is taken off first at growth 0.22: sqrt 220,000, size 4.84 base.
@pytest.mark.parametrize(
    ("size", "weight"), [(4_839_000_000, 11_000), (4_840_000_000, 11_000), (4_850_000_000, 11_002)]
)
def test_a_small_borrow_keeps_its_weight(size: int, weight: int) -> None:
    assert drift_v2.liability_weight_bps(size, 100_000, 11_000) == weight


@pytest.mark.parametrize(
    ("ratio_bps", "liquidator_fee", "fund_fee", "base"),
    [
        (1_000, 0, 0, BASE),  # 10 short, 10 freed per base at 100
        (1_000, 10_000, 0, 1_111_111_111),
        (1_000, 10_000, 10_000, 1_250_000_000),
        (1_000, 99_999, 0, 10**5 * BASE),  # 0.0001 freed per base
        (1_000, 99_999, 1, UNLIMITED),
        (1_000, 100_000, 0, UNLIMITED),
        (1_000, 100_001, 0, UNLIMITED),
    ],
)
def test_base_to_cover_ends_where_fees_eat_what_is_freed(
    ratio_bps: int, liquidator_fee: int, fund_fee: int, base: int
) -> None:
    got = drift_v2.base_to_cover(10 * USD, ratio_bps, liquidator_fee, fund_fee, 100 * PRICE, PRICE)
    assert got == base


def test_a_cheaper_quote_token_needs_more_base() -> None:
    assert drift_v2.base_to_cover(10 * USD, 1_000, 0, 0, 100 * PRICE, 990_000) == 1_010_101_010
    assert drift_v2.base_to_cover(10 * USD, 1_000, 0, 0, 0, PRICE) == UNLIMITED == 18_446_744_073_709_551_615


# 10 base at 100: value 1000, ratio 5 %, liquidator 1 %: 4 % less the shortage is implied, 95 % of it asked.
@pytest.mark.parametrize(
    ("shortage", "fee"),
    [
        (0, 38_000),
        (1 * USD, 37_050),  # 3.9 % * 95 %
        (39 * USD, 950),
        (40 * USD, 0),
        (41 * USD, 0),
        (1_000 * USD, 0),  # deeply insolvent
    ],
)
def test_the_fund_asks_only_what_the_position_can_pay(shortage: int, fee: int) -> None:
    for base in (10 * BASE, -10 * BASE):
        assert drift_v2.fund_fee(shortage, base, 500, 10_000, 100 * PRICE, PRICE, 50_000) == fee
    assert drift_v2.fund_fee(shortage, 10 * BASE, 500, 10_000, 100 * PRICE, PRICE, 900) == min(fee, 900)


@pytest.mark.parametrize(
    ("base", "ratio_bps", "price"), [(0, 500, 100 * PRICE), (BASE, 100, 100 * PRICE), (BASE, 500, 0)]
)
def test_there_is_no_fee_where_there_is_nothing_to_take_it_from(
    base: int, ratio_bps: int, price: int
) -> None:
    assert drift_v2.fund_fee(USD, base, ratio_bps, 10_000, price, PRICE, 50_000) == 0


def test_a_liquidator_buys_below_and_sells_above_the_oracle() -> None:
    assert drift_v2.liquidator_value(2 * BASE, 100 * PRICE, 10_000) == 198 * USD
    assert drift_v2.liquidator_value(-2 * BASE, 100 * PRICE, 10_000) == -202 * USD
    assert drift_v2.liquidator_value(15, 100 * PRICE, 10_000) == 0  # 1.5 units are 1, less a fee 0
    assert drift_v2.base_value(-19, 100 * PRICE) == 1


def test_each_part_of_the_requirement_is_rounded_down() -> None:
    assert drift_v2.requirement_with_buffer(10_000, 500, 200) == 700
    assert drift_v2.requirement_with_buffer(99, 150, 150) == 2  # 1.485 twice, not 2.97


@given(st.integers(0, 10**16), st.integers(0, 10**6), st.integers(1, 20_000))
def test_size_never_helps(size: int, imf: int, weight: int) -> None:
    assert drift_v2.asset_weight_bps(size, imf, weight) <= weight
    assert drift_v2.liability_weight_bps(size, imf, weight) >= weight
    assert drift_v2.asset_weight_bps(size + BASE, imf, weight) <= drift_v2.asset_weight_bps(size, imf, weight)


@given(
    st.integers(1, 10**12),
    st.integers(1, 10**5).map(lambda cents: cents * 10_000),
    st.integers(101, 5_000),
    st.integers(0, 10_000),
    st.integers(0, 10**12),
)
def test_closing_what_covers_reaches_the_target(
    base: int, price: int, ratio_bps: int, fee: int, equity: int
) -> None:
    """What is closed restores the ratio, but for a unit of each rounding down."""
    value = drift_v2.base_value(base, price)
    shortage = max(drift_v2.requirement_with_buffer(value, ratio_bps, 0) - equity, 0)
    closed = drift_v2.base_to_cover(shortage, ratio_bps, fee, 0, price, PRICE)
    if closed > base:
        return
    rest = drift_v2.base_value(base - closed, price)
    paid = drift_v2.base_value(closed, price) - drift_v2.liquidator_value(closed, price, fee)
    per_unit = price // BASE + 1  # quote that one unit of base is worth, rounded up
    assert drift_v2.requirement_with_buffer(rest, ratio_bps, 0) <= equity - paid + per_unit + 3
    assert paid <= fee * value // FEE + 1
