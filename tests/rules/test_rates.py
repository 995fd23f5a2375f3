"""What every rate model keeps: more lent out costs no less, and curves bend where they should."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.units import RAY, WAD
from seawall.rules import (
    aave_v2,
    compound_v2,
    compound_v3,
    crvusd,
    euler_linear_kink,
    fraxlend,
    llama_lend,
    morpho_adaptive_curve,
    silo_v2_integrator,
    silo_v2_kink,
)
from tests.rules.test_crvusd import EXTRA, RATE0, SIGMA, TARGET
from tests.rules.test_euler_linear_kink import KINK
from tests.rules.test_llama_lend import PERCENT_A_YEAR
from tests.rules.test_silo_v2_integrator import BETA, KCRIT, KI, KLIN, KLOW, UCRIT, ULOW, UOPT
from tests.rules.test_silo_v2_kink import CORNERS, SLOPES, SPEEDS


def _silo_interest(u: int) -> int:
    speed = silo_v2_kink.slope_speed(u, *CORNERS, *SPEEDS)
    area = silo_v2_kink.slope_area(10**10, speed, 86_400, *SLOPES)
    weight = silo_v2_kink.weight(u, WAD // 2, 90 * WAD // 100, 4 * WAD)
    return silo_v2_kink.compound_rate(weight, area, 0, 86_400, 10**8, SLOPES[0], 10**15)[0]


def _integrated(u: int) -> int:
    lowest = KLIN * u // WAD
    start = max(5 * 10**9, lowest) + silo_v2_integrator.critical_part(u, 0, KCRIT, KLOW, UCRIT, ULOW)
    speed = silo_v2_integrator.slope(u, KI, KCRIT, BETA, UOPT, UCRIT)
    return silo_v2_integrator.compound_rate(
        silo_v2_integrator.floored_area(start, speed, lowest, 3_600), WAD, u, 3_600
    )[0]


# Each model as a function of the part lent out [wad], and what rounding may take from it.
CURVES: dict[str, tuple[Callable[[int], int], int]] = {
    "aave_v2": (
        lambda u: aave_v2.variable_rate(u * 10**9, 8 * RAY // 10, 0, 4 * RAY // 100, RAY),
        1,
    ),
    "compound_v2": (
        lambda u: compound_v2.borrow_rate(u, 10**9, 2 * 10**10, 5 * 10**11, 8 * WAD // 10),
        0,
    ),
    "compound_v3": (lambda u: compound_v3.rate(u, 10**8, 10**9, 10**10, 8 * WAD // 10), 0),
    "crvusd": (lambda u: crvusd.borrow_rate(10**9, u, WAD, 10**17, 10**13), 0),
    "euler_linear_kink": (
        lambda u: euler_linear_kink.borrow_rate(euler_linear_kink.utilisation(WAD - u, u), *KINK),
        0,
    ),
    "fraxlend": (
        lambda u: fraxlend.borrow_rate(u // 10**13, 158_247_046, 10**9, 10**10, 80_000),
        0,
    ),
    "llama_lend": (
        lambda u: llama_lend.borrow_rate(WAD - u, u, PERCENT_A_YEAR, 40 * PERCENT_A_YEAR),
        1,
    ),
    "morpho_adaptive_curve": (
        lambda u: morpho_adaptive_curve.curve(10**9, morpho_adaptive_curve.error(u, 9 * WAD // 10), 4 * WAD),
        0,
    ),
    "silo_v2_integrator": (_integrated, 2),
    "silo_v2_kink": (_silo_interest, 1),
}


@pytest.mark.parametrize("name", CURVES)
@given(st.integers(0, WAD), st.integers(0, WAD))
def test_more_lent_out_never_costs_less(name: str, one: int, other: int) -> None:
    curve, slack = CURVES[name]
    assert 0 <= curve(min(one, other)) <= curve(max(one, other)) + slack


@given(
    st.integers(95 * 10**16, 105 * 10**16), st.integers(0, 10**17), st.integers(0, WAD), st.integers(0, WAD)
)
def test_a_dearer_coin_and_more_debt_of_peg_keepers_never_cost_more(
    price: int, dearer: int, ratio: int, more: int
) -> None:
    def rate(price: int, ratio: int) -> int:
        return crvusd.peg_rate(RATE0, crvusd.peg_power(price, SIGMA, ratio, TARGET), EXTRA)

    assert rate(price + dearer, ratio) <= rate(price, ratio)
    assert rate(price, ratio + more) <= rate(price, ratio)


# The curve, its kink in its own units, and its slopes there: below, at and above it.
KINKS: dict[str, tuple[Callable[[int], int], int, int]] = {
    "aave_v2": (lambda u: aave_v2.variable_rate(u, 8 * RAY // 10, 0, 8 * RAY, 30 * RAY), 8 * RAY // 10, 1),
    "compound_v2": (
        lambda u: compound_v2.borrow_rate(u, 7, 2 * WAD, 50 * WAD, 8 * WAD // 10),
        8 * WAD // 10,
        1,
    ),
    "compound_v3": (lambda u: compound_v3.rate(u, 7, 2 * WAD, 50 * WAD, 8 * WAD // 10), 8 * WAD // 10, 1),
    "euler_linear_kink": (lambda u: euler_linear_kink.borrow_rate(u, *KINK), KINK[3], 1),
    "fraxlend": (lambda u: fraxlend.borrow_rate(u, 0, 80_000, 10**7, 80_000), 80_000, 1),
    "morpho_adaptive_curve": (
        lambda u: morpho_adaptive_curve.curve(WAD, morpho_adaptive_curve.error(u, 9 * WAD // 10), 4 * WAD),
        9 * WAD // 10,
        100,
    ),
}
SLOPES_AT_KINK = {
    "aave_v2": (10, 150),
    "compound_v2": (2, 50),
    "compound_v3": (2, 50),
    "euler_linear_kink": (KINK[1], KINK[2]),
    "fraxlend": (1, 496),
    "morpho_adaptive_curve": (83, 3_000),
}


@pytest.mark.parametrize("name", KINKS)
def test_a_curve_bends_at_its_kink_and_not_before(name: str) -> None:
    curve, kink, step = KINKS[name]
    below, at, above = (curve(kink + off) for off in (-step, 0, step))
    assert (at - below, above - at) == SLOPES_AT_KINK[name]
