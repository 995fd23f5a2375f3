"""Margin curves: thresholds, continuity, and a slow twin for the brackets."""

from __future__ import annotations

import inspect
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.compiled import error_bound
from seawall.rules import bybit, deleverage_scores, drift_v2, dydx_v4, linear_perp, margin, vega
from seawall.rules.margin import PPM

MODULES = (bybit, deleverage_scores, drift_v2, dydx_v4, linear_perp, margin, vega)
OVER_TABLES = {"bracket_requirement", "liquidation_price"}

# 4 % to 1000, 10 % to 5000, then 25 %: cums 0, 1000 * 6 %, that + 5000 * 15 %, in value x ppm.
FLOORS = (0, 1_000, 5_000)
RATES = (40_000, 100_000, 250_000)
CUMS = (0, 60_000_000, 810_000_000)


@pytest.mark.parametrize(
    ("notional", "rate_ppm", "requirement"),
    [
        (0, 50_000, 0),
        (1, 50_000, 1),  # 0.05, rounded up
        (19, 50_000, 1),
        (20, 50_000, 1),
        (21, 50_000, 2),
        (7, PPM, 7),
        (10**30, 1, 10**24),
    ],
)
def test_a_flat_requirement_is_rounded_up(notional: int, rate_ppm: int, requirement: int) -> None:
    assert margin.flat_requirement(notional, rate_ppm) == requirement


def test_cums_follow_from_floors_and_rates() -> None:
    first = margin.bracket_cum(FLOORS[1], RATES[1], RATES[0], CUMS[0])
    assert (first, margin.bracket_cum(FLOORS[2], RATES[2], RATES[1], first)) == CUMS[1:]


@pytest.mark.parametrize(
    ("notional", "requirement"),
    [
        (0, 0),
        (999, 40),  # 39.96
        (1_000, 40),
        (1_001, 41),  # 40.1: the upper bracket's rate on one unit only
        (1_010, 41),
        (1_011, 42),
        (4_999, 440),  # 439.9
        (5_000, 440),
        (5_001, 441),  # 440.25
        (9_000, 1_440),
    ],
)
def test_a_bracket_begins_at_its_floor_without_a_cliff(notional: int, requirement: int) -> None:
    assert margin.bracket_requirement(notional, FLOORS, RATES, CUMS) == requirement


@pytest.mark.parametrize(
    ("size", "unit", "rate_ppm", "factor_ppm", "rate"),
    [
        (0, 1, 50_000, 250, 50_000),
        (39_999, 1, 50_000, 250, 50_000),  # 250 * sqrt(39999) = 49999.4
        (40_000, 1, 50_000, 250, 50_000),  # the premium meets the base rate here
        (40_401, 1, 50_000, 250, 50_250),  # 250 * 201
        (40_402, 1, 50_000, 250, 50_250),  # 50250.6, rounded down
        (40_401_000, 1_000, 50_000, 250, 50_250),  # the same size in lots of 1/1000
        (49, 18, 0, 3, 4),  # 3 * sqrt(49 / 18) = sqrt(24.5), just below 5
        (15_999_999, 1, 50_000, 250, 999_999),
        (16_000_000, 1, 50_000, 250, PPM),
        (99_000_000, 1, 50_000, 250, PPM),  # a requirement never exceeds the position
    ],
)
def test_a_size_premium_starts_above_the_base_rate_and_ends_at_one(
    size: int, unit: int, rate_ppm: int, factor_ppm: int, rate: int
) -> None:
    assert margin.sqrt_rate_ppm(size, unit, rate_ppm, factor_ppm) == rate
    assert margin.sqrt_requirement(10**9, size, unit, rate_ppm, factor_ppm) == 1_000 * rate
    assert margin.sqrt_requirement(1, size, unit, rate_ppm, factor_ppm) == 1


@pytest.mark.parametrize(
    ("open_interest", "lower", "upper", "rate"),
    [
        (0, 100, 200, 200_000),
        (99, 100, 200, 200_000),
        (100, 100, 200, 200_000),
        (101, 100, 200, 208_000),  # + 0.8 / 100
        (150, 100, 200, 600_000),
        (199, 100, 200, 992_000),
        (200, 100, 200, PPM),
        (201, 100, 200, PPM),
        (101, 100, 400, 202_666),  # + 0.8 / 300 = 2666.67 ppm, rounded down
        (199, 200, 200, 200_000),
        (200, 200, 200, PPM),  # a cap without a ramp: the upper end decides
        (10**30, 0, 0, 200_000),  # switched off
    ],
)
def test_open_interest_raises_the_rate_between_its_caps(
    open_interest: int, lower: int, upper: int, rate: int
) -> None:
    assert margin.open_interest_rate_ppm(200_000, open_interest, lower, upper) == rate


@pytest.mark.parametrize(
    ("size", "rate"),
    [(0, 10_000), (1, 10_001), (500, 10_250), (999, 10_500), (1_000, 10_500), (2_000, 11_000)],
)
def test_a_skew_rate_grows_with_size_and_is_rounded_up(size: int, rate: int) -> None:
    assert margin.skew_rate_ppm(size, 1_000, 10_000, 500) == rate


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[int], list[int], list[int]]:
    """Continuous brackets with rates that do not fall."""
    widths = draw(st.lists(st.integers(1, 10**12), max_size=5))
    floors = [0, *(sum(widths[: n + 1]) for n in range(len(widths)))]
    rates = sorted(draw(st.lists(st.integers(0, PPM), min_size=len(floors), max_size=len(floors))))
    cums = [0]
    for n in range(1, len(floors)):
        cums.append(margin.bracket_cum(floors[n], rates[n], rates[n - 1], cums[-1]))
    return floors, rates, cums


@given(tables())
def test_brackets_meet_at_every_floor(table: tuple[list[int], list[int], list[int]]) -> None:
    floors, rates, cums = table
    for n in range(1, len(floors)):
        assert rates[n] * floors[n] - cums[n] == rates[n - 1] * floors[n] - cums[n - 1]


@given(tables(), st.integers(0, 10**13))
def test_brackets_are_the_sum_of_what_lies_in_each(
    table: tuple[list[int], list[int], list[int]], notional: int
) -> None:
    floors, rates, cums = table
    ends = [*floors[1:], notional]
    parts = [max(0, min(end, notional) - floor) for floor, end in zip(floors, ends, strict=True)]
    exact = sum(part * rate for part, rate in zip(parts, rates, strict=True))
    got = margin.bracket_requirement(notional, floors, rates, cums)
    assert got == -(-exact // PPM)
    assert got == max(
        margin.bracket_piece(notional, rate, cum) for rate, cum in zip(rates, cums, strict=True)
    )


@given(tables(), st.integers(0, 10**13), st.integers(0, 10**6))
def test_a_larger_position_never_needs_less_nor_more_than_its_last_rate(
    table: tuple[list[int], list[int], list[int]], notional: int, more: int
) -> None:
    floors, rates, cums = table
    small = margin.bracket_requirement(notional, floors, rates, cums)
    large = margin.bracket_requirement(notional + more, floors, rates, cums)
    assert small <= large <= small + margin.flat_requirement(more, rates[-1])


@given(st.integers(0, 10**18), st.integers(1, 10**6), st.integers(0, 10**6))
def test_a_size_premium_is_the_floor_of_the_root(size: int, unit: int, factor_ppm: int) -> None:
    rate = margin.sqrt_rate_ppm(size, unit, 0, factor_ppm)
    assert rate**2 * unit <= factor_ppm**2 * size
    assert rate == PPM or (rate + 1) ** 2 * unit > factor_ppm**2 * size


@pytest.mark.parametrize("module", MODULES, ids=lambda module: module.__name__)
def test_every_scalar_rule_can_be_rebuilt_for_floats(module: ModuleType) -> None:
    assert module.__all__ == sorted(module.__all__)
    for name in set(module.__all__) - OVER_TABLES:
        rule = getattr(module, name)
        if inspect.isfunction(rule):
            arguments = [1_000_003 * (n + 3) for n in range(len(inspect.signature(rule).parameters))]
            error_bound(rule, *arguments)  # a name that is no leaf, number or rule raises
