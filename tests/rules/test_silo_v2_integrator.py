"""Silo's integrator: a rate above its floor, summed exactly beside it."""

from __future__ import annotations

from fractions import Fraction

import pytest

from seawall.core.units import WAD
from seawall.rules import (
    silo_v2_integrator,
)
from tests.rules.digits import exact_exp, within

YEAR = 31_536_000
# Of the order of a deployed market: kcrit 30 a year, klow 7.2, klin 0.14, beta 0.0078 a day, in seconds.
KCRIT, KLOW, KLIN, KI, BETA = 951_293_759_512, 228_310_502_283, 1_458_989_000, 58_320, 277_777_777_777
UCRIT, UOPT, ULOW = 90 * WAD // 100, 70 * WAD // 100, 50 * WAD // 100
INTEGRATOR_CASES = [
    (u, ri, elapsed_s)
    for u in (10, 50, 60, 70, 90, 92)
    for ri in (0, 5 * 10**9)
    for elapsed_s in (0, 3_600, 5 * 86_400)
]


@pytest.mark.parametrize(("percent", "ri", "elapsed_s"), INTEGRATOR_CASES)
def test_an_integrator_compounds_the_rate_as_it_moves(percent: int, ri: int, elapsed_s: int) -> None:
    """The rate is summed exactly, piece by piece, above its floor."""
    u, t_crit = percent * WAD // 100, WAD // 100
    floor_rate = KLIN * u // WAD
    line = (
        silo_v2_integrator.critical_part(u, t_crit, KCRIT, KLOW, UCRIT, ULOW) + max(ri, floor_rate),
        silo_v2_integrator.slope(u, KI, KCRIT, BETA, UOPT, UCRIT),
    )
    share = Fraction(percent, 100)
    above = max(Fraction(0), share - Fraction(9, 10))
    part = KCRIT * (1 + Fraction(t_crit, WAD)) * above + min(Fraction(0), KLOW * (share - Fraction(1, 2)))
    speed = KI * (share - Fraction(7, 10)) + Fraction(KCRIT * BETA, WAD) * above
    assert abs(line[0] - part - max(ri, floor_rate)) < 2
    assert abs(line[1] - speed) < 2
    area = silo_v2_integrator.floored_area(*line, floor_rate, elapsed_s)
    exact_area = _floored_line(*line, floor_rate, elapsed_s)
    assert abs(area - exact_area) < 2
    interest, is_cut = silo_v2_integrator.compound_rate(area, 10**24, 10**24 * percent // 100, elapsed_s)
    assert not is_cut
    assert within(interest, (exact_exp(exact_area / WAD) - 1) * WAD, 0, 3)


def _floored_line(start: int, slope: int, floor: int, elapsed_s: int) -> Fraction:
    # max(line, floor) is the line beyond the moment where they meet, and the floor before, or the reverse.
    meets = (
        min(max(Fraction(floor - start, slope), Fraction(0)), Fraction(elapsed_s)) if slope else Fraction(0)
    )
    total = Fraction(0)
    for begin, end in ((Fraction(0), meets), (meets, Fraction(elapsed_s))):
        middle = start + slope * (begin + end) / 2
        total += max(middle, Fraction(floor)) * (end - begin)
    return total


@pytest.mark.parametrize(
    ("u", "part", "time"),
    [
        (UCRIT - 1, 0, 0),
        (UCRIT, 0, 0),
        (UCRIT + 10**12, 1_902_587, 2 * WAD),
        (ULOW - 10**13, -2_283_105, 0),
        (ULOW, 0, 0),
        (ULOW + 1, 0, 0),
    ],
)
def test_an_integrator_counts_time_above_its_critical_corner_only(u: int, part: int, time: int) -> None:
    got = silo_v2_integrator.critical_part(u, WAD, KCRIT, KLOW, UCRIT, ULOW)
    assert abs(got - part) <= 1
    assert silo_v2_integrator.critical_time(u, WAD, WAD, UCRIT, 1) == time


@pytest.mark.parametrize(("off", "moves"), [(-(10**6), -1), (0, 0), (10**6, 1)])
def test_an_integrator_creeps_toward_its_optimum(off: int, moves: int) -> None:
    got = silo_v2_integrator.integrator(UOPT + off, 10**9, 10**13, UOPT, 10**8, 3)
    assert got == 10**9 + moves * 30
    assert silo_v2_integrator.integrator(UOPT + off, 0, 10**13, UOPT, 10**8, 0) == 10**8


@pytest.mark.parametrize(
    ("power", "deposits", "debt", "elapsed_s", "expected"),
    [
        (10**16, 10, 10, 10**6, (10050167084168057, False)),
        (10**16, 10, 10, 1, (3170979198376, True)),  # ten thousand percent a year
        (silo_v2_integrator.POWER_END, 1, 1, 10**12, (65_536 * WAD, True)),
        (silo_v2_integrator.POWER_END - 1, 1, 1, 10**12, (65_536 * WAD, False)),
        (10**16, silo_v2_integrator.AMOUNT_END, 1, 10**6, (0, True)),
        (10**16, silo_v2_integrator.AMOUNT_END - 1, 200, 10**6, (5 * 10**15, True)),
    ],
)
def test_an_integrator_is_cut_where_its_numbers_end(
    power: int, deposits: int, debt: int, elapsed_s: int, expected: tuple[int, bool]
) -> None:
    got, is_cut = silo_v2_integrator.compound_rate(power, deposits, debt, elapsed_s)
    assert is_cut is expected[1]
    assert within(got, Fraction(expected[0]), 4e-17, 0)


@pytest.mark.parametrize("elapsed_s", [0, 3_600, 10**6])
@pytest.mark.parametrize("u", [40 * WAD // 100, UOPT, 95 * WAD // 100])
def test_an_integrator_shows_the_rate_of_a_year(u: int, elapsed_s: int) -> None:
    lowest, part = KLIN * u // WAD, 10**8
    got = silo_v2_integrator.current_rate(u, 10**9, part, KI, UOPT, lowest, elapsed_s)
    creep = KI * Fraction(u - UOPT, WAD) * elapsed_s
    exact = max(max(max(10**9, lowest) + creep, Fraction(lowest)) + part, Fraction(lowest)) * YEAR
    assert abs(got - min(exact, Fraction(100 * WAD))) <= YEAR
