"""The arithmetic of a grid of scenarios: published worked examples, and each rounding by hand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.compiled import compile_rule
from seawall.core.units import PPM, WAD
from seawall.rules.margin import flat_requirement
from seawall.rules.portfolio_margin import (
    covered,
    inverse_gain,
    linear_gain,
    moved_price,
    needed,
    option_gain,
    term_factor,
    vol_by_part,
    vol_by_points,
)

DAY = 86400
# McMillan, Options as a Strategic Investment: SPAN arrays of an S&P future and a call, as printed.
FUTURE = (0, 0, 3330, 3330, -3330, -3330, 6670, 6670, -6670, -6670, 10000, 10000, -10000, -10000, 7000, -7000)
CALL = (460, -610, 2640, 1730, -1270, -2340, 5210, 4540, -2540, -3430, 8060, 7640, -3380, -3990, 3130, -1500)


@pytest.mark.parametrize(("future", "call", "asked"), [(1, 0, 10_000), (0, 1, 3_990), (1, -1, 6_620)])
def test_mcmillans_portfolios_need_what_is_printed(future: int, call: int, asked: int) -> None:
    gains = [future * one + call * other for one, other in zip(FUTURE, CALL, strict=True)]
    assert needed(min(gains), 0, 0, PPM) == asked


def test_the_volatility_range_of_deribit_at_fifteen_days() -> None:
    factor = term_factor(15 * DAY, 30 * DAY, 300_000)
    assert 0.38 * factor / WAD == pytest.approx(0.4678348770710682, rel=1e-14)
    assert vol_by_part(WAD, 380_000, factor) / WAD == pytest.approx(1.4678348770710682, rel=1e-14)


def test_the_future_of_dederi() -> None:
    # 10 contracts at a forward of 2253.155, 15 % either way, and 0.6 % of an index of 2243.3.
    assert linear_gain(10, 2_253_155, 1, -150_000, 1) == -3_379_733  # a half, down
    assert flat_requirement(10 * 2_243_300, 6_000) == 134_598


@pytest.mark.parametrize("days", [1, 29, 30, 31, 365])
def test_volatilities_of_short_options_move_more(days: int) -> None:
    factor = term_factor(days * DAY, 30 * DAY, 300_000)
    assert (factor > WAD, factor == WAD) == (days < 30, days == 30)
    assert factor / WAD == pytest.approx((30 / days) ** 0.3, rel=1e-13)
    assert term_factor(days * DAY, 30 * DAY, 0) == WAD


@pytest.mark.parametrize("move", [vol_by_part, vol_by_points])
def test_no_volatility_falls_below_zero(move) -> None:  # type: ignore[no-untyped-def]  # a rule
    assert move(WAD // 2, -2 * PPM, WAD) == 0
    assert move(WAD, -PPM, WAD) == 0
    assert move(WAD, -PPM + 1, WAD) == 10**12


def test_moves_of_volatility_are_parts_or_points() -> None:
    assert vol_by_part(WAD // 2, 100_000, WAD) == WAD * 55 // 100
    assert vol_by_points(WAD // 2, 100_000, WAD) == WAD * 60 // 100
    assert vol_by_points(WAD // 2, 100_000, 2 * WAD) == WAD * 70 // 100


@pytest.mark.parametrize(("quantity", "gain"), [(1, 3), (-1, -4), (3, 10), (-3, -11), (0, 0)])
def test_what_a_linear_position_gains_is_rounded_down(quantity: int, gain: int) -> None:
    assert linear_gain(quantity, 7, 1, PPM // 2, 1) == gain
    assert linear_gain(quantity, 7, 10, PPM // 2, 10) == gain


@pytest.mark.parametrize(
    ("quantity", "move", "gain"), [(1, PPM, 71), (-1, PPM, -72), (1, -PPM // 2, -143), (-1, -PPM // 2, 142)]
)
def test_what_an_inverse_position_gains_is_rounded_down(quantity: int, move: int, gain: int) -> None:
    # 1,000 of value at a price of 7: 142.86 coins, 71.43 at twice the price and 285.7 at half.
    assert inverse_gain(quantity, 7, 1_000, move) == gain


@pytest.mark.parametrize(("quantity", "gain"), [(1, 2), (-1, -3), (2, 5), (-2, -5), (3, 7), (-3, -8)])
def test_what_an_option_gains_is_rounded_down(quantity: int, gain: int) -> None:
    assert option_gain(quantity, 10, 15, 1, 2) == gain


@pytest.mark.parametrize(("gain", "counted"), [(-10, -4), (-9, -4), (9, 3), (0, 0)])
def test_what_counts_of_an_extreme_is_rounded_down(gain: int, counted: int) -> None:
    assert covered(gain, 350_000 if gain != -10 else 400_000) == counted


@pytest.mark.parametrize(
    ("worst", "floor", "added", "maintenance", "asked"),
    [
        (5, 0, 0, PPM, 0),  # a gain in the worst scenario asks for nothing
        (-5, 0, 0, PPM, 5),
        (-5, 4, 0, PPM, 5),
        (-5, 5, 0, PPM, 5),
        (-5, 6, 0, PPM, 6),
        (5, 6, 7, PPM, 13),
        (-5, 0, 2, PPM // 2, 4),  # a half, up
        (-1, 0, 0, 1, 1),
    ],
)
def test_what_is_needed(worst: int, floor: int, added: int, maintenance: int, asked: int) -> None:
    assert needed(worst, floor, added, maintenance) == asked


@given(
    st.integers(1, 10**14), st.integers(-PPM + 1, 10 * PPM), st.integers(0, 3 * WAD), st.integers(600, 10**8)
)
def test_compiled_moves_are_those_of_the_exact_rules(price: int, move: int, vol: int, seconds: int) -> None:
    factor = term_factor(seconds, 30 * DAY, 300_000)
    assert compile_rule(term_factor)(seconds, 30 * DAY, 300_000) == pytest.approx(factor, rel=1e-13)
    assert compile_rule(moved_price)(price, move) == pytest.approx(moved_price(price, move), rel=1e-15)
    for rule in (vol_by_part, vol_by_points):
        assert compile_rule(rule)(vol, move, factor) == pytest.approx(
            rule(vol, move, factor), rel=1e-12, abs=1e5
        )
