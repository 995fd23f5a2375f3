"""The price of an option and the normal law under it: published values, laws, and the float twin."""

from __future__ import annotations

from math import erfc, log, pi, sqrt
from math import exp as float_exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.compiled import compile_rule, error_bound
from seawall.core.units import WAD
from seawall.rules.black_76 import YEAR_S, coin_sensitivities, price, sensitivities
from seawall.rules.normal_law import CUT, cdf, density, exp, ln

DAY = 86400
FORWARD = 60_000 * 10**8

rights = st.sampled_from([1, -1])
forwards = st.integers(10**6, 10**14)
ratios = st.floats(0.05, 20)
vols = st.integers(WAD // 50, 4 * WAD)
times = st.integers(600, 2 * YEAR_S)
xs = st.integers(-12 * WAD, 12 * WAD)


def tail(x: float) -> float:
    return erfc(x / sqrt(2)) / 2


@given(xs)
def test_the_normal_law_is_that_of_the_library(x: int) -> None:
    assert cdf(x) / WAD == pytest.approx(tail(-x / WAD), rel=0, abs=2e-16)
    assert density(x) / WAD == pytest.approx(
        float_exp(-((x / WAD) ** 2) / 2) / sqrt(2 * pi), rel=0, abs=2e-16
    )


@pytest.mark.parametrize("x", [CUT - 1, CUT, CUT + 1])
def test_the_tail_does_not_jump_where_its_form_changes(x: int) -> None:
    assert abs(cdf(-x) - cdf(-CUT)) <= 1
    assert cdf(-x) / WAD == pytest.approx(tail(x / WAD), rel=1e-5)


@given(xs)
def test_both_tails_are_one_exactly(x: int) -> None:
    assert cdf(x) + cdf(-x) == WAD


@given(st.integers(10**12, 10**24))
def test_logarithm_and_exponential_are_those_of_the_library_and_undo_each_other(value: int) -> None:
    assert ln(value) / WAD == pytest.approx(log(value / WAD), rel=1e-14, abs=1e-15)
    assert exp(ln(value)) == pytest.approx(value, rel=2e-14, abs=1)


@pytest.mark.parametrize("power", [-64, -41, -1, 0, 1, 30])
def test_exponentials_of_whole_powers(power: int) -> None:
    assert exp(power * WAD) / WAD == pytest.approx(float_exp(power), rel=1e-13, abs=1e-18)


def test_a_power_beyond_the_end_counts_as_the_end() -> None:
    assert exp(-65 * WAD) == exp(-64 * WAD) == 0
    assert exp(65 * WAD) == exp(64 * WAD)


@pytest.mark.parametrize("right", [1, -1])
def test_hulls_put_on_a_forward(right: int) -> None:
    # Hull, Options, Futures and Other Derivatives: 1.12 with a discount of 9 % over four months.
    undiscounted = price(20, 20, WAD // 4, YEAR_S // 3, right) / WAD
    assert undiscounted * float_exp(-0.09 / 3) == pytest.approx(1.1166414565589438, abs=1e-10)


@given(forwards, ratios, vols, times)
def test_a_call_less_a_put_is_forward_less_strike(forward: int, ratio: float, vol: int, seconds: int) -> None:
    strike = max(1, round(forward * ratio))
    call, put = (price(forward, strike, vol, seconds, right) for right in (1, -1))
    assert call - put == (forward - strike) * WAD
    assert call >= 0
    assert put >= 0


@given(forwards, ratios, vols, times)
def test_the_deltas_of_call_and_put_are_one_apart(forward: int, ratio: float, vol: int, seconds: int) -> None:
    strike = max(1, round(forward * ratio))
    call, put = (sensitivities(forward, strike, vol, seconds, right) for right in (1, -1))
    assert call[0] - put[0] == WAD
    assert call[1:] == put[1:]


@pytest.mark.parametrize(("vol", "seconds"), [(0, DAY), (WAD, 0), (0, 0)])
@pytest.mark.parametrize("strike", [FORWARD - 1, FORWARD, FORWARD + 1])
@pytest.mark.parametrize("right", [1, -1])
def test_without_time_or_volatility_an_option_is_worth_what_exercising_pays(
    vol: int, seconds: int, strike: int, right: int
) -> None:
    paid = max(0, right * (FORWARD - strike))
    assert price(FORWARD, strike, vol, seconds, right) == paid * WAD
    assert sensitivities(FORWARD, strike, vol, seconds, right) == (right * WAD if paid else 0, 0, 0)


@given(forwards, st.floats(0.5, 2), vols, st.integers(DAY, YEAR_S), rights)
def test_sensitivities_are_the_slopes_of_the_price(
    forward: int, ratio: float, vol: int, seconds: int, right: int
) -> None:
    forward, strike = forward * 10**6, round(forward * 10**6 * ratio)
    step, twist = forward // 10**4, vol // 10**4

    def at(forward: int, vol: int) -> float:
        return price(forward, strike, vol, seconds, right) / WAD

    up, here, down = (at(forward + move, vol) for move in (step, 0, -step))
    delta, gamma, vega = (each / WAD for each in sensitivities(forward, strike, vol, seconds, right))
    curved = abs(gamma) * (1 + (WAD / vol) ** 2 * YEAR_S / seconds) + 1  # how fast a slope may change
    assert (up - down) / (2 * step) == pytest.approx(delta, abs=1e-7 * curved)
    assert (up - 2 * here + down) / step**2 * forward == pytest.approx(gamma, abs=1e-6 * curved**2)
    slope = (at(forward, vol + twist) - at(forward, vol - twist)) / (2 * twist / WAD) / forward
    assert slope == pytest.approx(vega, abs=1e-6 * (1 + curved))


@given(st.integers(10**6, 10**12), st.floats(0.5, 2), st.integers(WAD // 5, 2 * WAD), rights)
def test_sensitivities_in_coins_are_the_slopes_of_price_over_forward(
    forward: int, ratio: float, vol: int, right: int
) -> None:
    forward, seconds = forward * 10**6, 90 * DAY
    strike = round(forward * ratio)

    def coins(move: float) -> float:
        moved = round(forward * (1 + move))
        return price(moved, strike, vol, seconds, right) / WAD / moved

    up, here, down = (coins(move) for move in (1e-4, 0.0, -1e-4))
    delta, gamma, vega = (each / WAD for each in coin_sensitivities(forward, strike, vol, seconds, right))
    assert (up - down) / 2e-4 == pytest.approx(delta, abs=1e-5)
    assert (up - 2 * here + down) / 1e-8 == pytest.approx(gamma, abs=1e-3)
    assert vega == sensitivities(forward, strike, vol, seconds, right)[2] / WAD


@given(forwards, ratios, vols, times, rights)
def test_more_time_and_more_volatility_are_worth_no_less(
    forward: int, ratio: float, vol: int, seconds: int, right: int
) -> None:
    strike = max(1, round(forward * ratio))
    noise = (forward + strike) * 1000  # 1e-15 of both
    here = price(forward, strike, vol, seconds, right)
    assert price(forward, strike, vol + WAD // 100, seconds, right) >= here - noise
    assert price(forward, strike, vol, seconds + DAY, right) >= here - noise


@given(forwards, ratios, vols, times, rights)
def test_the_compiled_price_stays_within_what_scans_allow(
    forward: int, ratio: float, vol: int, seconds: int, right: int
) -> None:
    strike = max(1, round(forward * ratio))
    arguments = (forward, strike, vol, seconds, right)
    gap = abs(compile_rule(price)(*arguments) - price(*arguments))
    assert gap <= (forward + strike) * WAD * 2.0**-46
    bound = error_bound(price, *arguments)
    assert bound is None or gap <= bound[0]
    # Rounding of ln(F / K) is divided by the deviation in d1, and once more in gamma.
    deviation = vol / WAD * (seconds / (365 * DAY)) ** 0.5
    lost = 2.0**-52 * WAD / deviation**2 if deviation else 0.0
    for rule in (sensitivities, coin_sensitivities):
        exact = rule(*arguments)
        for one, other in zip(compile_rule(rule)(*arguments), exact, strict=True):
            assert abs(one - other) <= 1e-12 * (WAD + abs(exact[1])) + lost
