"""Geometric Brownian motion: its moments, its first passage, and what limits its settings."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from seawall.simulation.paths import Correlation, Diffusion, Gbm
from tests.simulation.paths.worlds import (
    ASSETS,
    DAY,
    HOUR,
    MODELS,
    TIED,
    TWO,
    Z_MAX,
    draw,
    share_score,
    z_score,
)

MONTH = 30 * DAY / (8760 * HOUR)


def test_steps_have_the_stated_mean_and_variance() -> None:
    steps = np.diff(draw(MODELS["gbm"], count=4000, n_steps=10, step_s=DAY), axis=1, prepend=0)
    for column, (vol, mu) in enumerate(((0.6, 0.1), (0.9, -0.2))):
        found = steps[:, :, column].ravel()
        mean = (mu - vol**2 / 2) / 365
        assert abs(z_score(found, mean)) < Z_MAX
        assert abs(z_score((found - mean) ** 2, vol**2 / 365)) < Z_MAX
        assert abs(z_score((found - mean) ** 4, 3 * (vol**2 / 365) ** 2)) < Z_MAX


def test_steps_are_correlated_as_stated_and_free_of_their_past() -> None:
    steps = np.diff(draw(MODELS["gbm"], count=4000, n_steps=10, step_s=DAY), axis=1, prepend=0)
    scaled = (steps - steps.mean(axis=(0, 1))) / steps.std(axis=(0, 1))
    assert abs(z_score((scaled[:, :, 0] * scaled[:, :, 1]).ravel(), 0.7)) < Z_MAX
    for one, other in ((0, 0), (0, 1), (1, 0), (1, 1)):
        assert abs(z_score((scaled[:, 1:, one] * scaled[:, :-1, other]).ravel(), 0.0)) < Z_MAX


def test_a_move_over_one_long_step_is_that_over_many_short_ones() -> None:
    ends = draw(MODELS["gbm"], count=20_000, n_steps=24, step_s=HOUR)[:, -1]
    for column, vol in enumerate((0.6, 0.9)):
        variance = vol**2 / 365
        assert abs(z_score((ends[:, column] - ends[:, column].mean()) ** 2, variance)) < Z_MAX


@cache
def log_prices(heartbeat_h: int) -> NDArray[np.float64]:
    """Return ln(S / trigger) of a price that starts at 1.25 times its trigger: vol 1, 30 days and a step."""
    model = Gbm(assets={"X": Diffusion(vol=1.0)})
    settings = {"assets": ("X",), "n_steps": 720 // heartbeat_h + 1, "step_s": heartbeat_h * HOUR}
    return np.log(1.25) + draw(model, count=12_000, **settings)[:, :, 0]


@pytest.mark.parametrize(("heartbeat_h", "hit"), [(6, 0.455391), (1, 0.473045)])
def test_the_price_touches_a_barrier_as_often_as_the_killed_density_says(
    heartbeat_h: int, hit: float
) -> None:
    # Looked at every heartbeat; models.json el_discrete_oracle_6h and bgk_shift, by quadrature.
    touched = log_prices(heartbeat_h)[:, :-1].min(axis=1) < 0
    assert abs(share_score(touched, hit)) < Z_MAX


def test_looked_at_always_it_touches_as_often_as_reflection_says() -> None:
    # models.json first_passage_30d; Broadie, Glasserman and Kou put the barrier 0.5826 sigma sqrt(dt) nearer.
    touched = log_prices(1)[:, :-1].min(axis=1) < SHIFT
    assert abs(share_score(touched, 0.48564797513036734)) < Z_MAX


def test_the_overshoot_at_a_barrier_is_that_of_broadie_glasserman_and_kou() -> None:
    prices = log_prices(1)[:, :-1]
    row = np.flatnonzero(prices.min(axis=1) < 0)
    overshoot = -prices[row, (prices[row] < 0).argmax(axis=1)]
    assert abs(z_score(overshoot, SHIFT)) < Z_MAX


def test_the_loss_behind_a_slow_oracle_is_that_of_the_quadrature() -> None:
    # models.json el_discrete_oracle_6h: seen at an update, sold one heartbeat later; LT .9, bonus .06.
    prices = log_prices(6)
    hit = prices[:, :-1].min(axis=1) < 0
    sold = prices[np.arange(len(prices)), (prices[:, :-1] < 0).argmax(axis=1) + 1]
    loss = np.where(hit, np.maximum(0.0, 1 - np.exp(sold) / (0.9 * 1.06)), 0.0)
    assert abs(z_score(loss, 0.001013014556681235)) < Z_MAX


SHIFT = 0.5825971579 * np.sqrt(1 / 8760)


def test_an_asset_without_volatility_moves_by_its_drift_alone() -> None:
    model = Gbm(assets={"USDC": Diffusion(vol=0.0, mu=0.05)})
    moves = draw(model, assets=("USDC",))
    assert np.allclose(moves[:, :, 0], 0.05 / 8760 * np.arange(1, 13), rtol=1e-12)


@pytest.mark.parametrize("settings", [{"vol": -0.1}, {"vol": 21.0}, {"vol": 0.5, "mu": float("nan")}, {}])
def test_settings_out_of_range_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Diffusion(**settings)


def test_an_order_of_assets_is_only_an_order_of_columns_in_law() -> None:
    model = Gbm(assets=TWO, correlation=Correlation(between=0.7))
    assert np.allclose(model.correlation.matrix(ASSETS), TIED.matrix(ASSETS))
    turned = draw(model, assets=ASSETS[::-1], count=20_000, n_steps=1)[:, 0]
    assert abs(np.corrcoef(turned.T)[0, 1] - 0.7) < 4 * 0.51 / np.sqrt(20_000)
