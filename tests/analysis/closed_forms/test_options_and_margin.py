"""Options by parity, slopes and simulation; scans; a lagging average; one factor; normal tails."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.analysis.closed_forms.normal_tail import normal_tail
from seawall.analysis.closed_forms.options import black_76, black_scholes
from seawall.analysis.closed_forms.scenario_margin import future_margin, scan, vol_shock
from seawall.analysis.closed_forms.single_factor import single_factor_loss
from seawall.analysis.closed_forms.twap_lag import twap_lag_variance
from seawall.analysis.normal import cdf, density
from seawall.errors import InputError

OPTION = st.tuples(st.floats(50, 200), st.floats(50, 200), st.floats(0.1, 1.5), st.floats(0.05, 2))


@given(option=OPTION, rate=st.floats(-0.05, 0.2))
def test_call_less_put_is_the_forward(option: tuple[float, float, float, float], rate: float) -> None:
    price, strike, _, years = option
    on_forward, on_spot = black_76(*option, rate=rate), black_scholes(*option, rate=rate)
    discount = exp(-rate * years)
    assert on_forward.call - on_forward.put == pytest.approx(discount * (price - strike), abs=1e-10)
    assert on_spot.call - on_spot.put == pytest.approx(price - strike * discount, abs=1e-10)


@pytest.mark.parametrize("model", [black_76, black_scholes])
@given(option=OPTION, rate=st.floats(-0.05, 0.2))
def test_sensitivities_are_slopes(model, option: tuple[float, float, float, float], rate: float) -> None:  # type: ignore[no-untyped-def]
    price, strike, vol, years = option
    at = model(*option, rate=rate)
    h = 1e-3
    up, down = (model(price + sign * h, strike, vol, years, rate=rate) for sign in (1, -1))
    assert at.delta_call == pytest.approx((up.call - down.call) / (2 * h), abs=1e-6)
    assert at.delta_put == pytest.approx((up.put - down.put) / (2 * h), abs=1e-6)
    assert at.gamma == pytest.approx((up.delta_call - down.delta_call) / (2 * h), abs=1e-6)
    up, down = (model(price, strike, vol + sign * 1e-5, years, rate=rate) for sign in (1, -1))
    assert at.vega == pytest.approx((up.call - down.call) / 2e-5, rel=1e-4, abs=1e-4)
    up, down = (model(price, strike, vol, years + sign * 1e-5, rate=rate) for sign in (1, -1))
    assert at.theta_call == pytest.approx(-(up.call - down.call) / 2e-5, rel=1e-3, abs=1e-3)
    assert at.theta_put == pytest.approx(-(up.put - down.put) / 2e-5, rel=1e-3, abs=1e-3)


def test_an_option_is_worth_its_discounted_mean() -> None:
    z = np.random.default_rng(2).standard_normal(400_000)
    end = 100 * np.exp(0.05 - 0.32**2 / 2 + 0.32 * z)
    paid = exp(-0.05) * np.maximum(0, end - 110)
    error = paid.std() / len(z) ** 0.5
    assert abs(paid.mean() - black_scholes(100, 110, 0.32, 1.0, rate=0.05).call) < 4 * error


def test_options_out_of_range_are_told_whole() -> None:
    with pytest.raises(InputError) as told:
        black_76(0, 0, 0, 0)
    assert [problem.message.split(" ")[0] for problem in told.value.problems] == [
        "forward",
        "strike",
        "vol",
        "years",
    ]


def test_a_scan_offsets_within_a_scenario_and_not_across() -> None:
    table = np.array([[10.0, -10.0], [-10.0, 10.0]])
    assert scan(table, [1, 1]).requirement == 0.0
    assert scan(table, [1, 0]).requirement + scan(table, [0, 1]).requirement == 20.0
    assert (scan(table, [2, 1]).requirement, scan(table, [2, 1]).worst) == (10.0, 1)


@pytest.mark.parametrize("gains", [[], [[]], [[1.0], [2.0]]])
def test_a_scan_of_another_shape_is_refused(gains: list[object]) -> None:
    with pytest.raises(InputError, match="a row for each quantity"):
        scan(np.array(gains, dtype=float), [1])


def test_shocks_scale_with_the_root_like_power_of_time_and_with_size() -> None:
    assert vol_shock(0.4, 30, 0.3) == 0.4
    assert vol_shock(0.4, 7.5, 0.5) == pytest.approx(0.8)
    short, long = (future_margin(100, 0.1, 365, size, 0.15, 0.01) for size in (-2, 2))
    assert short == long
    assert long.shock_loss == pytest.approx(2 * 100 * exp(0.1) * 0.15)
    assert long.contingency == pytest.approx(2.0)


def test_a_geometric_average_lags_so_much() -> None:
    steps, n = 480, 8_000
    moves = np.random.default_rng(5).standard_normal((n, steps)) * (0.8**2 / 365 / steps) ** 0.5
    path = np.cumsum(moves, axis=1)
    lag = path[:, -1] - path.mean(axis=1)
    spread = float(lag.var())
    assert abs(spread / twap_lag_variance(0.8, 86_400) - 1) < 4 * (2 / n) ** 0.5


def test_a_normal_tail_is_known_as_exactly_as_said() -> None:
    q, n, runs = 0.99, 4_000, 800
    draws = np.sort(np.random.default_rng(6).standard_normal((runs, n)), axis=1)
    tail = draws[:, int(n * q) :]
    truth = normal_tail(q, n)
    for found, value, error in (
        (draws[:, int(n * q) - 1], truth.var, truth.se_var),
        (tail.mean(axis=1), truth.es, truth.se_es),
    ):
        assert found.mean() == pytest.approx(value, abs=0.02)
        assert found.std() == pytest.approx(error, rel=4 / (2 * runs) ** 0.5)


def test_one_factor_is_the_integral_over_its_states() -> None:
    debt, held, sd, q = [80.0, 60.0, 90.0, 75.0], [100.0, 100.0, 110.0, 100.0], 0.12, 0.99
    z = np.linspace(-12, 12, 2_000_001)
    price = np.exp(sd * z - sd * sd / 2)
    loss = sum(np.maximum(0, owed - each * price) for owed, each in zip(debt, held, strict=True))
    mass = np.array(np.exp(-z * z / 2)) / (2 * np.pi) ** 0.5 * (z[1] - z[0])
    found = single_factor_loss(debt, held, sd, q)
    assert found.expected == pytest.approx(float(loss @ mass), abs=1e-8)
    assert found.prob_any == pytest.approx(float(mass[loss > 0].sum()), abs=1e-5)
    assert cdf(float(z[loss > found.var].max())) == pytest.approx(1 - q, abs=1e-6)
    beyond = np.maximum(0, loss - found.var)
    assert found.es == pytest.approx(found.var + float(beyond @ mass) / (1 - q), abs=1e-6)
    assert density(0.0) == pytest.approx((2 * np.pi) ** -0.5)


@pytest.mark.parametrize(("debt", "held"), [([], []), ([1.0], [1.0, 2.0])])
def test_columns_of_different_lengths_are_refused(debt: list[float], held: list[float]) -> None:
    with pytest.raises(InputError, match="as many debts as collaterals"):
        single_factor_loss(debt, held, 0.1, 0.99)
