"""Volatility in clusters: its long run, its way there, its tails."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from seawall.errors import InputError
from seawall.simulation.paths import GarchAsset, GarchT
from tests.simulation.paths.worlds import DAY, HOUR, MODELS, Z_MAX, draw, z_score


def model(nu: float = 8.0, **changed: float) -> GarchT:
    settings = {"vol": 0.8, "alpha": 0.1, "beta": 0.8} | changed
    return GarchT(assets={"X": GarchAsset(**settings)}, nu=nu, period_s=DAY)


def surprises(garch: GarchT, n_paths: int, n_steps: int) -> np.ndarray:
    # e(t), with the drift -h/2 taken back: it is known from the past of the path.
    moves = np.diff(
        draw(garch, assets=("X",), count=n_paths, n_steps=n_steps, step_s=DAY)[:, :, 0], prepend=0
    )
    asset = garch.assets["X"]
    long_run = asset.vol**2 / 365
    h = np.full(n_paths, (asset.start_vol or asset.vol) ** 2 / 365)
    for step in range(n_steps):
        moves[:, step] -= asset.mu / 365 - h / 2
        h = (1 - asset.alpha - asset.beta) * long_run + asset.alpha * moves[:, step] ** 2 + asset.beta * h
    return moves


def test_variance_stays_at_its_long_run() -> None:
    found = surprises(model(), 20_000, 20)
    for step in (0, 9, 19):
        assert abs(z_score(found[:, step] ** 2, 0.64 / 365)) < Z_MAX
        assert abs(z_score(found[:, step], 0.0)) < Z_MAX


def test_variance_returns_to_its_long_run_by_alpha_plus_beta() -> None:
    # E h(k) = V + (alpha + beta)^k (h(0) - V)
    found = surprises(model(start_vol=1.6), 20_000, 20)
    for step in (0, 1, 5, 19):
        truth = (0.64 + 0.9**step * (2.56 - 0.64)) / 365
        assert abs(z_score(found[:, step] ** 2, truth)) < Z_MAX


def test_squares_remember_by_alpha() -> None:
    # Cov(e(1)^2, e(2)^2) = alpha Var(e(1)^2) where h(1) is known.
    found = surprises(model(nu=12.0), 40_000, 2) ** 2 / (0.64 / 365)
    product = (found[:, 0] - 1) * (found[:, 1] - 1)
    variance = 3 * (12 - 2) / (12 - 4) - 1
    assert abs(z_score(product, 0.1 * variance)) < Z_MAX


def test_the_log_price_drifts_by_mu_less_half_the_variance() -> None:
    ends = draw(model(mu=0.3), assets=("X",), count=20_000, n_steps=10, step_s=DAY)[:, -1, 0]
    assert abs(z_score(ends, (0.3 - 0.32) * 10 / 365)) < Z_MAX


def test_assets_share_their_storms() -> None:
    steps = np.diff(draw(MODELS["garch_t"], count=4000, n_steps=10), axis=1, prepend=0)[:, 0]
    z = (steps - steps.mean(axis=0)) / steps.std(axis=0)
    together = ((np.abs(z[:, 0]) > 2.5) & (np.abs(z[:, 1]) > 2.5)).mean()
    alone = (np.abs(z[:, 0]) > 2.5).mean()
    assert together / alone > 0.4  # 0.22 for normals with the same correlation


def test_another_step_than_the_fitted_one_is_refused() -> None:
    with pytest.raises(InputError, match="hold for steps of 86400 s and the run has 3600 s"):
        draw(model(), assets=("X",), step_s=HOUR)


@pytest.mark.parametrize(("alpha", "beta"), [(0.1, 0.9), (0.5, 0.6)])
def test_variance_without_a_long_run_is_refused(alpha: float, beta: float) -> None:
    with pytest.raises(ValidationError, match="expected below 1"):
        GarchAsset(vol=1.0, alpha=alpha, beta=beta)
