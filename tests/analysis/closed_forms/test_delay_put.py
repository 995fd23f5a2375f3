"""The delay put against simulated sales, and its limits."""

from __future__ import annotations

from math import exp

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.analysis.closed_forms.delay_put import (
    delay_put,
    highest_threshold,
    jump_delay_put,
    wang_delay_put,
)
from seawall.errors import InputError
from tests.analysis.zscore import YEAR_H, z_score

HOUR_S = 3600.0


def sold(threshold: float, bonus: float, slippage: float, move: np.ndarray) -> np.ndarray:
    """What is lost of a debt of 1: the collateral is worth 1 / threshold at the trigger."""
    return np.maximum(0.0, 1 - (1 - slippage) / (threshold * (1 + bonus)) * np.exp(move))


@pytest.mark.parametrize(
    ("threshold", "bonus", "vol", "hours", "slippage", "drift"),
    [(0.9, 0.06, 1.0, 6, 0.0, 0.0), (0.8, 0.1, 1.2, 24, 0.03, 0.5), (0.95, 0.05, 0.6, 48, 0.01, -1.0)],
)
def test_the_put_is_the_mean_of_simulated_sales(
    threshold: float, bonus: float, vol: float, hours: float, slippage: float, drift: float
) -> None:
    years = hours / YEAR_H
    z = np.random.default_rng(11).standard_normal(400_000)
    lost = sold(threshold, bonus, slippage, (drift - vol**2 / 2) * years + vol * years**0.5 * z)
    found = delay_put(threshold, bonus, vol, hours * HOUR_S, slippage=slippage, drift=drift)
    assert abs(z_score(lost, found.lgd)) < 4
    assert abs(z_score((lost > 0).astype(float), found.prob_bad_debt)) < 4


@pytest.mark.parametrize("drift", [0.0, 2.0])
def test_the_put_with_jumps_is_the_mean_of_simulated_sales(drift: float) -> None:
    rate, mean, sd, vol, years = 400.0, -0.1, 0.08, 1.0, 6 / YEAR_H
    rng = np.random.default_rng(12)
    jumps = rng.poisson(rate * years, 400_000)
    grown = exp(mean + sd**2 / 2) - 1
    move = (
        (drift - vol**2 / 2 - rate * grown) * years
        + vol * years**0.5 * rng.standard_normal(len(jumps))
        + mean * jumps
        + sd * np.sqrt(jumps) * rng.standard_normal(len(jumps))
    )
    parts = {"jump_rate": rate, "jump_log_mean": mean, "jump_log_sd": sd, "drift": drift}
    found = jump_delay_put(0.9, 0.06, vol, 6 * HOUR_S, **parts)
    lost = sold(0.9, 0.06, 0.0, move)
    assert abs(z_score(lost, found.lgd)) < 4
    assert abs(z_score((lost > 0).astype(float), found.prob_bad_debt)) < 4


def test_without_jumps_it_is_the_plain_put() -> None:
    plain = delay_put(0.9, 0.06, 1.0, 6 * HOUR_S, drift=0.3)
    none = jump_delay_put(
        0.9, 0.06, 1.0, 6 * HOUR_S, jump_rate=0.0, jump_log_mean=-0.5, jump_log_sd=0.2, drift=0.3
    )
    assert none.lgd == pytest.approx(plain.lgd, rel=1e-14)


@pytest.mark.parametrize(
    ("threshold", "lost"), [(0.9, 0.0), (0.95, 1 - 1 / (0.95 * 1.1)), (1.0, 1 - 1 / 1.1), (1 / 1.1, 0.0)]
)
def test_without_delay_what_is_lost_is_what_the_bonus_cannot_be_paid_from(
    threshold: float, lost: float
) -> None:
    found = delay_put(threshold, 0.1, 1.0, 0.0)
    assert found.lgd == pytest.approx(lost, abs=1e-15)
    assert found.prob_bad_debt == float(threshold * 1.1 > 1 + 1e-12)


@given(
    bonus=st.floats(0, 0.2),
    vol=st.floats(0.1, 3),
    hours=st.floats(0.1, 100),
    slippage=st.floats(0, 0.1),
    target=st.floats(1e-6, 0.05),
)
def test_at_the_highest_threshold_the_loss_is_the_target(
    bonus: float, vol: float, hours: float, slippage: float, target: float
) -> None:
    threshold = highest_threshold(target, bonus, vol, hours * HOUR_S, slippage=slippage)
    assert 0 < threshold <= 1
    at = delay_put(threshold, bonus, vol, hours * HOUR_S, slippage=slippage).lgd
    assert at == pytest.approx(target, rel=1e-6) or (threshold > 1 - 1e-9 and at < target)


@given(lam=st.floats(0, 2), more=st.floats(0.01, 1))
def test_a_premium_rises_with_the_price_of_risk_and_begins_at_the_expected_loss(
    lam: float, more: float
) -> None:
    position = 0.9, 0.06, 1.0, 24 * HOUR_S
    assert wang_delay_put(*position, price_of_risk=0.0) == pytest.approx(delay_put(*position).lgd)
    low, high = (wang_delay_put(*position, price_of_risk=each) for each in (lam, lam + more))
    assert low < high < 1


def test_all_parameters_out_of_range_are_told() -> None:
    with pytest.raises(InputError) as told:
        delay_put(0.0, -0.1, float("nan"), -1.0, slippage=1.0)
    assert [problem.message.split(" ")[0] for problem in told.value.problems] == [
        "threshold",
        "bonus",
        "vol",
        "delay_s",
        "slippage",
    ]
