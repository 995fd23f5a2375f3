"""t moves: variance, kurtosis, tails that come together, margins."""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from seawall.simulation.paths import Correlation, Diffusion, Margin, MultivariateT, TCopula
from tests.simulation.paths.test_student import CDF, cdf_2, cdf_4
from tests.simulation.paths.worlds import ASSETS, DAY, MODELS, TIED, TWO, Z_MAX, draw, share_score, z_score

LOG_DRIFT = (0.1 - 0.6**2 / 2, -0.2 - 0.9**2 / 2)


def scaled(model: MultivariateT | TCopula, n_draws: int = 200_000) -> NDArray[np.float64]:
    """Return moves of single days over their stated standard deviation, shape (n_draws, n_assets)."""
    moves = draw(model, count=n_draws // 100, n_steps=100, step_s=DAY)
    steps = np.diff(moves, axis=1, prepend=0).reshape(-1, len(ASSETS))
    return (steps - np.array(LOG_DRIFT) / 365) / (np.array([0.6, 0.9]) / sqrt(365))


@pytest.mark.parametrize("nu", [5.0, 30.0])
def test_moves_have_the_stated_variance_and_correlation(nu: float) -> None:
    found = scaled(MultivariateT(assets=TWO, correlation=TIED, nu=nu))
    for column in (0, 1):
        assert abs(z_score(found[:, column], 0.0)) < Z_MAX
        assert abs(z_score(found[:, column] ** 2, 1.0)) < Z_MAX
    assert abs(z_score(found[:, 0] * found[:, 1], 0.7)) < Z_MAX


def test_tails_are_those_of_a_t_with_four_degrees_of_freedom() -> None:
    found = scaled(MultivariateT(assets=TWO, correlation=TIED, nu=4.0)) * sqrt(2)  # of variance nu/(nu-2)
    for x in (-8.0, -3.0, -1.0, 1.0, 6.0):
        for column in (0, 1):
            assert abs(share_score((found[:, column] <= x), cdf_4(x))) < Z_MAX


def test_over_many_steps_tails_thin_out_unless_the_mixing_lasts() -> None:
    by_step, by_path = (
        draw(MultivariateT(assets=TWO, nu=4.0, mixing=mixing), count=20_000, n_steps=30, step_s=DAY)[:, -1]
        for mixing in ("step", "path")
    )
    for moves, tail in ((by_step, 4e-4), (by_path, 2 * cdf_4(-4 * sqrt(2)))):
        out = (moves - np.array(LOG_DRIFT) * 30 / 365) / (np.array([0.6, 0.9]) * sqrt(30 / 365))
        far = (np.abs(out[:, 0]) > 4).mean()
        assert far == pytest.approx(tail, rel=0.25, abs=3e-4)
    out_path = (by_path[:, 0] - LOG_DRIFT[0] * 30 / 365) / (0.6 * sqrt(30 / 365)) * sqrt(2)
    for x in (-5.0, -2.0, 1.0, 4.0):
        assert abs(share_score((out_path <= x), cdf_4(x))) < Z_MAX


@pytest.mark.parametrize("nu_margin", [None, 4.0])
def test_a_copula_gives_each_asset_its_own_margin(nu_margin: float | None) -> None:
    model = TCopula(
        assets={"WBTC": Margin(vol=0.6, mu=0.1), "WETH": Margin(vol=0.9, mu=-0.2, nu=nu_margin)},
        correlation=TIED,
        nu=2.0,
    )
    found = scaled(model)
    for column, nu in ((0, None), (1, nu_margin)):
        unit = 1.0 if nu is None else sqrt(2)
        for x in (-4.0, -2.5, -1.0, 1.0, 3.0):
            truth = CDF[nu](x)
            assert abs(share_score((found[:, column] * unit <= x), truth)) < Z_MAX


@pytest.mark.parametrize("rho", [-0.3, 0.0, 0.7])
def test_crashes_come_together_as_the_copula_says(rho: float) -> None:
    # nu = 3: lambda = 2 T_4(-sqrt(4 (1 - rho) / (1 + rho))), at a level of 1e-3 within a tenth.
    model = TCopula(
        assets={"WBTC": Margin(vol=0.6, mu=0.1), "WETH": Margin(vol=0.9, mu=-0.2)},
        correlation=Correlation(between=rho),
        nu=3.0,
    )
    found = scaled(model, 400_000)
    limit = 2 * cdf_4(-2 * sqrt((1 - rho) / (1 + rho)))
    level = 1e-3
    crash = found < -3.0902323  # the normal quantile of the level
    together = crash.all(axis=1).mean() / level
    error = sqrt(limit * (1 - limit) / (level * len(found)))
    assert abs(together - limit) < 0.1 * limit + 4 * error
    assert abs(share_score(crash[:, 0], level)) < Z_MAX


def test_a_gaussian_copula_has_no_such_tail() -> None:
    found = scaled(TCopula(assets=MARGINS, correlation=TIED, nu=200.0), 400_000)
    heavy = scaled(TCopula(assets=MARGINS, correlation=TIED, nu=3.0), 400_000)
    together = [(each < -3.0902323).all(axis=1).mean() / 1e-3 for each in (found, heavy)]
    assert together[0] < 0.25 < 0.4 < together[1]


MARGINS = {"WBTC": Margin(vol=0.6, mu=0.1), "WETH": Margin(vol=0.9, mu=-0.2)}


def test_cauchy_copula_ranks_are_uniform() -> None:
    found = scaled(TCopula(assets={**MARGINS, "WETH": Margin(vol=0.9, mu=-0.2, nu=2.5)}, nu=2.0))
    assert abs(share_score((found[:, 0] < 0), 0.5)) < Z_MAX
    assert cdf_2(0.0) == 0.5


@pytest.mark.parametrize("nu", [2.0, 201.0, float("nan")])
def test_a_t_without_variance_is_refused(nu: float) -> None:
    with pytest.raises(ValidationError, match="nu"):
        MultivariateT(assets={"A": Diffusion(vol=1.0)}, nu=nu)
    with pytest.raises(ValidationError, match="nu"):
        Margin(vol=1.0, nu=nu)


def test_t_and_gauss_share_the_moves_of_a_seed() -> None:
    heavy = draw(MODELS["multivariate_t"])[:, 0] - np.array(LOG_DRIFT) / 8760
    normal = draw(MODELS["gbm"])[:, 0] - np.array(LOG_DRIFT) / 8760
    ratio = heavy / normal
    assert np.allclose(ratio[:, 0], ratio[:, 1])
    assert ratio.min() > 0
