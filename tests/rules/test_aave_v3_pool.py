"""What a pool of Aave needs beyond a liquidation: growth, rates, the treasury, limits; every rounding held.

Expected numbers are worked out by hand from the formula that each docstring names.
"""

from __future__ import annotations

from collections.abc import Callable
from math import isqrt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.rules import aave_v3, aave_v3_0_2, aave_v3_7
from seawall.rules.aave_v3 import RAY
from tests.venues.mutate import Mutant, mutants, survives

YEAR = 365 * 86_400
HALF_YEAR = YEAR // 2
# Rates whose square, or cube, comes to just about one unit once the years are divided out.
SQUARE_ONE = isqrt(RAY * YEAR * YEAR - RAY // 4)  # a quarter below a whole: half-up reaches it
SQUARE_SHORT = isqrt(RAY * YEAR * YEAR - RAY + RAY // 4)  # a quarter above the whole before: it does not
SQUARE_PART = isqrt(RAY * YEAR * YEAR * 3 // 4)
CUBE_ONE = 10**18 * YEAR - 10**17  # cube 31535999.68 -> a whole year of seconds
CUBE_SHORT = 10**18 * YEAR - 25 * 10**16  # 31535999.25 -> one less, and none

Case = tuple[Callable[..., int], tuple[int, ...], int]
ROUNDED: list[Case] = [
    (aave_v3.linear_growth, (3, HALF_YEAR), RAY + 1),
    (aave_v3.index_grown, (1, RAY + RAY // 2), 2),
    (aave_v3.index_grown, (1, RAY + RAY // 4), 1),
    (aave_v3.average_bps, (19, 10), 1),
    (aave_v3.average_bps, (0, 0), 0),
    (aave_v3.share_of_ceiling, (199, 100), 1),
    (aave_v3.liquidation_room_bps, (1, 5000), 1),
    (aave_v3.liquidation_room_bps, (1, 4999), 0),
    (aave_v3_0_2.debt_scaled_mint, (1, 2 * RAY), 1),
    (aave_v3_0_2.debt_scaled_mint, (1, 4 * RAY), 0),
    (aave_v3_0_2.compounded, (0, 9), RAY),
    (aave_v3_0_2.compounded, (RAY, 0), RAY),
    (aave_v3_0_2.compounded, (3, HALF_YEAR), RAY + 1),
    (aave_v3_0_2.compounded, (SQUARE_ONE, 2), RAY + 2 * SQUARE_ONE // YEAR + 1),
    (aave_v3_0_2.compounded, (SQUARE_SHORT, 2), RAY + 2 * SQUARE_SHORT // YEAR),
    (aave_v3_0_2.compounded, (SQUARE_PART, 2), RAY + 2 * SQUARE_PART // YEAR),
    (aave_v3_0_2.compounded, (CUBE_ONE, 3), RAY + 3 * CUBE_ONE // YEAR + 3 * 999_999_993 + 1),
    (aave_v3_0_2.compounded, (CUBE_SHORT, 3), RAY + 3 * CUBE_SHORT // YEAR + 3 * 999_999_984),
    (aave_v3_0_2.treasury_accrual, (1, RAY, 2 * RAY, 5000, RAY), 1),
    (aave_v3_0_2.treasury_accrual, (1, RAY, 2 * RAY, 4999, RAY), 0),
    (aave_v3_0_2.treasury_accrual, (1, RAY + RAY // 2 - 1, RAY + RAY // 2, 10_000, RAY), 1),
    (aave_v3_0_2.liquidity_rate, (0, 1, RAY, 0), 0),
    (aave_v3_0_2.liquidity_rate, (1, 5 * 10**17, RAY, 0), 10**18),
    (aave_v3_0_2.liquidity_rate, (1, 4 * 10**17, RAY, 0), 0),
    (aave_v3_0_2.liquidity_rate, (3, 333_333_333_333_333_334, RAY, 0), 333_333_333_333_333_333),
    (aave_v3_0_2.liquidity_rate, (3, 666_666_666_666_666_667, RAY, 0), 666_666_666_666_666_667),
    (aave_v3_0_2.liquidity_rate, (10**18, 1, RAY // 2, 0), 1),
    (aave_v3_0_2.liquidity_rate, (10**18, 1, RAY // 4, 0), 0),
    (aave_v3_0_2.liquidity_rate, (10**18, 1, RAY, 5000), 1),
    (aave_v3_0_2.liquidity_rate, (10**18, 1, RAY, 7500), 0),
    (aave_v3_0_2.available_borrows, (1, 5000, 0), 1),
    (aave_v3_0_2.available_borrows, (1, 4999, 0), 0),
    (aave_v3_0_2.available_borrows, (100, 8000, 81), 0),
    (aave_v3_0_2.collateral_needed, (3, 8000), 4),
    (aave_v3_0_2.collateral_needed, (1, 8000), 1),
    (aave_v3_7.debt_scaled_mint, (1, 4 * RAY), 1),
    (aave_v3_7.compounded, (0, 9), RAY),
    (aave_v3_7.compounded, (3, HALF_YEAR), RAY + 1),
    # x = 1/2: 1/4 + 1/24 (half up), halved: 0.1458...3.5 -> 4.
    (aave_v3_7.compounded, (RAY // 2, YEAR), RAY + RAY // 2 + 145_833_333_333_333_333_333_333_334),
    # x = 7/10: 0.35 + 0.0816...6.2, times 0.7: ...6.2 -> 6.
    (aave_v3_7.compounded, (7 * RAY // 10, YEAR), RAY + 7 * RAY // 10 + 302_166_666_666_666_666_666_666_666),
    # x = 1 and a unit: half and sixth lose theirs, the last product gains two thirds of one.
    (aave_v3_7.compounded, (RAY + 1, YEAR), 2 * RAY + 1 + 666_666_666_666_666_666_666_666_667),
    (aave_v3_7.treasury_accrual, (1, 0, 2 * RAY - 1, 10_000, RAY), 1),
    (aave_v3_7.treasury_accrual, (1, RAY, 2 * RAY, 5000, RAY), 1),
    (aave_v3_7.treasury_accrual, (1, RAY, 2 * RAY, 4999, RAY), 0),
    (aave_v3_7.liquidity_rate, (0, 1, RAY, 0), 0),
    (aave_v3_7.liquidity_rate, (1, 1, RAY // 2, 0), 1),
    (aave_v3_7.liquidity_rate, (1, 1, RAY // 4, 0), 0),
    (aave_v3_7.liquidity_rate, (1, 1, RAY, 5000), 1),
    (aave_v3_7.liquidity_rate, (1, 1, RAY, 7500), 0),
    (aave_v3_7.available_borrows, (1, 9999, 0), 0),
    (aave_v3_7.available_borrows, (100, 8000, 81), 0),
    (aave_v3_7.collateral_needed, (1, 9999), 2),
    (aave_v3_7.collateral_needed, (1, 10_000), 1),
]
HELD = {rule.__name__ for rule, _, _ in ROUNDED}
# n (n - 1) is even and n (n - 1) (n - 2) a multiple of six: these two divisions leave nothing to round.
EXACT = {"compounded 5", "compounded 6"}


def all_hold() -> bool:
    return all(rule(*args) == expected for rule, args, expected in ROUNDED)


@pytest.mark.parametrize(("rule", "args", "expected"), ROUNDED)
def test_worked_out_by_hand(rule: Callable[..., int], args: tuple[int, ...], expected: int) -> None:
    assert rule(*args) == expected


@pytest.mark.parametrize(
    "mutant",
    [each for each in mutants(aave_v3, aave_v3_0_2, aave_v3_7) if each.function in HELD],
    ids=lambda mutant: f"{mutant.module.__name__.removeprefix('seawall.rules.')} {mutant.name}",
)
def test_every_rounding_is_held(mutant: Mutant) -> None:
    is_exact = mutant.module is aave_v3_0_2 and f"{mutant.function} {mutant.call}" in EXACT
    assert survives(mutant, all_hold) == is_exact


@given(st.integers(0, 10**27), st.integers(0, 3 * YEAR))
def test_debt_grows_at_least_as_fast_as_supply_at_the_same_rate(rate: int, elapsed: int) -> None:
    simple = aave_v3.linear_growth(rate, elapsed)
    assert simple <= aave_v3_0_2.compounded(rate, elapsed)
    assert simple <= aave_v3_7.compounded(rate, elapsed)


@given(st.integers(0, 3 * RAY // 10), st.integers(1, YEAR))
def test_both_series_come_to_the_exponential(rate: int, elapsed: int) -> None:
    """e^x is less than a thousandth above its first four terms up to x = 0.3, and seconds are short."""
    x = rate * elapsed / YEAR / RAY
    series = 1 + x + x * x / 2 + x**3 / 6
    assert aave_v3_7.compounded(rate, elapsed) / RAY == pytest.approx(series, rel=1e-12)
    assert aave_v3_0_2.compounded(rate, elapsed) / RAY == pytest.approx(series, rel=1e-6)


@pytest.mark.parametrize(
    ("scaled", "to_liquidator", "fee", "consumed"),
    [(10, 4, 2, 3), (10, 3, 3, 4), (3, 3, 3, 3), (4, 3, 3, 4), (5, 3, 3, 4), (10, 0, 0, 0)],
)
def test_two_parts_each_rounded_up_can_empty_a_balance(
    scaled: int, to_liquidator: int, fee: int, consumed: int
) -> None:
    """At an index of 2, 3 + 3 units are 2 + 2 scaled: a balance of 3 scaled, worth just 6, is gone."""
    assert aave_v3_7.collateral_consumed(scaled, to_liquidator, fee, 2 * RAY) == consumed
