"""Silo's dynamic kink: a slope that moves, summed exactly beside it."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.units import WAD
from seawall.rules import (
    silo_v2_kink,
)
from tests.rules.digits import exact_exp, within

YEAR = 31_536_000
CORNERS = (70 * WAD // 100, 80 * WAD // 100)
SPEEDS = (3 * 10**3, 10**3, 10**4, 10**5, 5 * 10**3)  # c1, c2, cminus, cplus, dmax
SLOPES = (2 * 10**8, 9 * 10**10)
KINK_CASES = [
    (u, k, elapsed_s)
    for u in (50, 75, 79, 95)
    for k in (SLOPES[0], 10**10, SLOPES[1])
    for elapsed_s in (0, 3_600, 30 * 86_400)
]


@pytest.mark.parametrize(("u", "k", "elapsed_s"), KINK_CASES)
def test_a_dynamic_kink_compounds_the_slope_as_it_moves(u: int, k: int, elapsed_s: int) -> None:
    """The slope is summed exactly, piece by piece, from its speed and its bounds."""
    u = u * WAD // 100
    speed = silo_v2_kink.slope_speed(u, *CORNERS, *SPEEDS)
    exact_end, exact_area = _bounded_line(k, speed, elapsed_s, *SLOPES)
    end = silo_v2_kink.moved(k, speed, elapsed_s, *SLOPES)
    area = silo_v2_kink.slope_area(k, speed, elapsed_s, *SLOPES)
    assert end == exact_end
    assert abs(area - exact_area) < 1
    weight = silo_v2_kink.weight(u, WAD // 2, 90 * WAD // 100, 4 * WAD)
    exact_weight = (
        Fraction(u, WAD) - Fraction(1, 2) + 4 * max(Fraction(0), Fraction(u, WAD) - Fraction(9, 10))
    )
    assert weight == exact_weight * WAD
    interest, kept = silo_v2_kink.compound_rate(weight, area, end, elapsed_s, 10**8, SLOPES[0], 10**15)
    exact = exact_exp((10**8 * elapsed_s + exact_weight * exact_area) / WAD) - 1
    assert within(interest, exact * WAD, 0, 3)
    assert kept == end


def _bounded_line(start: int, speed: int, elapsed_s: int, low: int, high: int) -> tuple[Fraction, Fraction]:
    bound = high if speed > 0 else low
    meets = min(Fraction(bound - start, speed), Fraction(elapsed_s)) if speed else Fraction(elapsed_s)
    end = start + speed * meets
    return end, (start + end) * meets / 2 + end * (elapsed_s - meets)


@pytest.mark.parametrize(
    ("u", "speed"),
    [
        (CORNERS[0] - 1, -3000),
        (CORNERS[0], 0),
        (CORNERS[0] + 1, 0),
        (CORNERS[1] - 1, 0),
        (CORNERS[1], 0),
        (CORNERS[1] + 1, 1000),
        (WAD, 5000),
    ],
)
def test_a_dynamic_kink_stands_still_between_its_corners(u: int, speed: int) -> None:
    assert silo_v2_kink.slope_speed(u, *CORNERS, *SPEEDS) == speed


@pytest.mark.parametrize(("u", "expected"), [(49, 0), (50, 0), (51, 1), (59, 9), (60, 10), (61, 15)])
def test_a_dynamic_kink_weighs_more_beyond_each_corner(u: int, expected: int) -> None:
    assert silo_v2_kink.weight(u * WAD // 100, WAD // 2, 60 * WAD // 100, 4 * WAD) == expected * WAD // 100


@pytest.mark.parametrize(
    ("power", "elapsed_s", "expected"),
    [
        (11 * WAD, 1, (10**18, 3)),  # cut to the most, and the slope starts again
        (11 * WAD + 1, 1, (0, 3)),  # beyond the exponential: no interest
        (0, 1, (0, 5)),
    ],
)
def test_a_dynamic_kink_is_cut_and_starts_again(
    power: int, elapsed_s: int, expected: tuple[int, int]
) -> None:
    assert silo_v2_kink.compound_rate(WAD, power, 5, elapsed_s, 0, 3, 10**18) == expected


@pytest.mark.parametrize("k", [0, 10**9, 10**11])
@pytest.mark.parametrize("weight", [0, WAD // 3, WAD, 5 * WAD])
def test_a_dynamic_kink_shows_the_rate_of_a_year(k: int, weight: int) -> None:
    exact = Fraction(weight * k * YEAR, WAD) + 10**8 * YEAR
    assert silo_v2_kink.current_rate(weight, k, 10**8) == floor(min(exact, Fraction(10 * WAD)))


@given(st.integers(0, 10**30), st.integers(0, 10**30))
def test_a_dynamic_kink_sees_no_more_than_all_lent_out(collateral: int, debt: int) -> None:
    part = Fraction(debt * WAD, collateral) if collateral else Fraction(0)
    assert silo_v2_kink.utilisation(collateral, debt) == floor(min(part, Fraction(WAD)))


@given(st.integers(0, 10**12), st.integers(1, 10**6), st.integers(1, 10**9))
def test_a_dynamic_kink_cuts_the_triangle_off_its_bound(gap: int, speed: int, elapsed_s: int) -> None:
    high, low = 10**13, 10**9
    triangle = floor(Fraction(gap * gap, 2 * speed))
    if gap < speed * elapsed_s:
        up = silo_v2_kink.slope_area(high - gap, speed, elapsed_s, low, high)
        down = silo_v2_kink.slope_area(low + gap, -speed, elapsed_s, low, high)
        assert (up, down) == (high * elapsed_s - triangle, low * elapsed_s + triangle)


def test_a_dynamic_kink_cuts_half_units_of_its_area_and_its_weight() -> None:
    assert silo_v2_kink.slope_area(1, 1, 1, 0, 10) == 1  # 3 / 2
    assert silo_v2_kink.weight(WAD // 2 + 1, 0, WAD // 2, WAD - 1) == WAD // 2 + 1  # almost a unit more
