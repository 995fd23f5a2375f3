"""A fit finds the settings that drew its history, and says what it cannot know."""

from __future__ import annotations

import numpy as np
import pytest

from seawall.core.price_history import PriceHistory
from seawall.errors import InputError, MissingData
from seawall.simulation.paths import (
    Correlation,
    Diffusion,
    GarchAsset,
    GarchT,
    Gbm,
    Merton,
    MertonJumps,
    MultivariateT,
    PathModel,
)
from seawall.simulation.paths.fits import fit_garch, fit_gbm, fit_merton, fit_t, shrunk_correlation
from tests.simulation.paths.worlds import ASSETS, DAY, HOUR, TIED, TWO, draw


def drawn(model: PathModel, n_rows: int, *, seed: int = 1, step_s: float = HOUR) -> PriceHistory:
    moves = draw(model, seed=seed, count=1, n_steps=n_rows, step_s=step_s)[0]
    prices = np.exp(np.vstack([np.zeros(2), moves])) * (60_000, 4_000)
    return PriceHistory(ASSETS, step_s * np.arange(n_rows + 1.0), prices)


GBM = Gbm(assets=TWO, correlation=TIED)
FITS = [fit_gbm, fit_t, fit_garch, fit_merton]


def codes(problems: object) -> list[str]:
    return [problem.code for problem in problems]  # type: ignore[attr-defined]


def test_volatility_and_correlation_are_found() -> None:
    model = fit_gbm(drawn(GBM, 20_000)).model
    assert model.assets["WBTC"].vol == pytest.approx(0.6, abs=4 * 0.6 / np.sqrt(40_000))
    assert model.assets["WETH"].vol == pytest.approx(0.9, abs=4 * 0.9 / np.sqrt(40_000))
    assert model.correlation.pairs["WETH/WBTC"] == pytest.approx(0.7, abs=4 * 0.51 / np.sqrt(20_000))
    assert {each.mu for each in model.assets.values()} == {0.0}


def test_weights_towards_now_find_the_volatility_of_now() -> None:
    wilder = Gbm(assets={name: each.model_copy(update={"vol": 3 * each.vol}) for name, each in TWO.items()})
    past, now = drawn(GBM, 4000), drawn(wilder, 4000, seed=2)
    both = PriceHistory(
        ASSETS,
        HOUR * np.arange(8001.0),
        np.vstack([past.prices, past.prices[-1] * now.prices[1:] / now.prices[0]]),
    )
    assert fit_gbm(both).model.assets["WBTC"].vol == pytest.approx(0.6 * np.sqrt(5), rel=0.1)
    weighted = fit_gbm(both, half_life_s=10 * DAY).model
    assert weighted.assets["WBTC"].vol == pytest.approx(1.8, rel=0.12)


def test_equal_weights_are_the_limit_of_a_long_half_life() -> None:
    history = drawn(GBM, 500)
    equal, slow = fit_gbm(history).model, fit_gbm(history, half_life_s=1e12).model
    for name in ASSETS:
        assert slow.assets[name].vol == pytest.approx(equal.assets[name].vol, rel=2e-3)


@pytest.mark.parametrize("nu", [3.0, 6.0])
def test_tails_are_found(nu: float) -> None:
    fitted = fit_t(drawn(MultivariateT(assets=TWO, correlation=TIED, nu=nu), 8000))
    assert fitted.model.nu == pytest.approx(nu, rel=0.15)
    assert codes(fitted.problems) == ["drift_not_fitted"]


def test_normal_tails_are_told_as_such() -> None:
    fitted = fit_t(drawn(GBM, 8000))
    assert fitted.model.nu > 40
    assert "tails_normal" in codes(fitted.problems) or fitted.model.nu < 90


def test_clusters_are_found() -> None:
    asset = {
        "WBTC": GarchAsset(vol=0.6, alpha=0.1, beta=0.85),
        "WETH": GarchAsset(vol=0.9, alpha=0.05, beta=0.9),
    }
    truth = GarchT(assets=asset, correlation=TIED, nu=7.0, period_s=DAY)
    model = fit_garch(drawn(truth, 12_000, step_s=DAY)).model
    for name in ASSETS:
        assert model.assets[name].alpha == pytest.approx(asset[name].alpha, abs=0.025)
        assert model.assets[name].beta == pytest.approx(asset[name].beta, abs=0.05)
        # Its standard error is 8 %: kurtosis 8.5, and squares that remember each other for 20 days.
        assert model.assets[name].vol == pytest.approx(asset[name].vol, rel=0.3)
    assert model.nu == pytest.approx(7.0, rel=0.15)
    assert model.correlation.pairs["WETH/WBTC"] == pytest.approx(0.7, abs=0.03)
    assert model.period_s == DAY


def test_no_other_point_near_by_is_likelier() -> None:
    history = drawn(
        GarchT(assets={n: GarchAsset(vol=0.8, alpha=0.1, beta=0.8) for n in ASSETS}, nu=30.0, period_s=DAY),
        1500,
        step_s=DAY,
    )
    asset = fit_garch(history).model.assets["WBTC"]
    returns = history.log_returns(("WBTC",))[:, 0]
    squares = (returns - returns.mean()) ** 2

    def likelihood(alpha: float, beta: float) -> float:
        h, total = squares.mean(), 0.0
        for square in squares:
            total -= np.log(h) + square / h
            h = (1 - alpha - beta) * squares.mean() + alpha * square + beta * h
        return float(total)

    best = likelihood(asset.alpha, asset.beta)
    for alpha, beta in ((0.01, 0), (-0.01, 0), (0, 0.01), (0, -0.01), (0.01, -0.01), (-0.01, 0.01)):
        assert likelihood(asset.alpha + alpha, asset.beta + beta) < best


def test_prices_without_clusters_are_told_as_such() -> None:
    fitted = fit_garch(drawn(GBM, 2000))
    assert all(asset.alpha < 0.03 for asset in fitted.model.assets.values())
    assert ("no_clusters" in codes(fitted.problems)) == any(
        asset.alpha < 0.005 for asset in fitted.model.assets.values()
    )


def test_jumps_are_found() -> None:
    truth = Merton(
        assets={"WBTC": Diffusion(vol=0.5), "WETH": Diffusion(vol=0.8, jump_beta=1.4)},
        correlation=TIED,
        jumps={"WETH": MertonJumps(rate_per_year=150, mean=-0.12, sd=0.02)},
        common=MertonJumps(rate_per_year=100, mean=-0.1, sd=0.02),
    )
    model = fit_merton(drawn(truth, 17_520)).model
    assert model.common is not None
    assert model.common.rate_per_year == pytest.approx(100, abs=4 * np.sqrt(50))
    assert model.common.mean == pytest.approx(-0.12, abs=0.01)  # of the median move: beta 1.2 of the two
    betas = [model.assets[name].jump_beta for name in ASSETS]
    assert betas[1] / betas[0] == pytest.approx(1.4, rel=0.05)
    assert model.jumps["WETH"].rate_per_year == pytest.approx(150, abs=4 * np.sqrt(75))
    assert model.jumps["WETH"].mean == pytest.approx(-0.12, abs=0.01)
    assert "WBTC" not in model.jumps
    assert model.assets["WETH"].vol == pytest.approx(0.8, rel=0.03)


def test_few_jumps_are_a_guess_and_none_are_none() -> None:
    fitted = fit_merton(drawn(GBM, 500))
    assert fitted.model.common is None
    assert fitted.model.jumps == {}
    assert codes(fitted.problems) == ["drift_not_fitted", "few_jumps", "few_jumps", "few_jumps"]
    assert "set a rate and size by judgement" in fitted.problems[1].message


@pytest.mark.parametrize("fit", FITS)
def test_every_fit_can_be_drawn_and_says_that_drift_is_not_fitted(fit: object) -> None:
    fitted = fit(drawn(GBM, 60))  # type: ignore[operator]
    assert draw(fitted.model).shape == (10, 12, 2)
    assert fitted.problems[0].code == "drift_not_fitted"
    assert all(problem.severity == "warning" for problem in fitted.problems)
    if fit is not fit_merton:
        assert "few_rows" in codes(fitted.problems)


@pytest.mark.parametrize("fit", FITS)
def test_histories_that_fit_nothing_are_refused(fit: object) -> None:
    with pytest.raises(InputError, match="19 returns fit nothing"):
        fit(drawn(GBM, 19))  # type: ignore[operator]
    with pytest.raises(MissingData, match="no prices of 'DOGE'"):
        fit(drawn(GBM, 60), ("DOGE",))  # type: ignore[operator]


def flat() -> PriceHistory:
    history = drawn(GBM, 600)
    return PriceHistory(("WBTC", "USDC"), history.times_s, history.prices * (1, 0) + (0, 1))


@pytest.mark.parametrize("fit", [fit_gbm, fit_t, fit_merton])
def test_what_never_moved_is_told(fit: object) -> None:
    fitted = fit(flat())  # type: ignore[operator]
    assert "never_moves" in codes(fitted.problems)
    assert fitted.model.assets["USDC"].vol == 0
    assert fitted.model.correlation.pairs["USDC/WBTC"] == 0


def test_volatility_that_never_was_has_no_clusters() -> None:
    with pytest.raises(InputError, match="USDC never moved"):
        fit_garch(flat())


@pytest.mark.parametrize("half_life_s", [0.0, -1.0, float("nan")])
def test_a_half_life_out_of_range_is_refused(half_life_s: float) -> None:
    with pytest.raises(InputError, match="half_life_s"):
        fit_gbm(drawn(GBM, 60), half_life_s=half_life_s)


def test_a_threshold_within_calm_is_refused() -> None:
    with pytest.raises(InputError, match="expected at least 3"):
        fit_merton(drawn(GBM, 60), threshold=2.0)


def test_correlations_of_many_assets_from_few_rows_are_possible_and_nearer_the_truth() -> None:
    rng = np.random.default_rng(4)
    truth = Correlation(between=0.4).matrix([str(n) for n in range(30)])
    returns = rng.standard_normal((20, 30)) @ np.linalg.cholesky(truth).T
    matrix, pull = shrunk_correlation(returns - returns.mean(axis=0))
    sample = np.corrcoef(returns.T)
    assert 0.05 < pull < 0.9
    assert np.linalg.eigvalsh(matrix).min() > 0 > np.linalg.eigvalsh(sample).min() - 1e-6
    assert np.linalg.norm(matrix - truth) < np.linalg.norm(sample - truth)


def test_the_pull_is_the_stated_ratio() -> None:
    returns = np.random.default_rng(5).standard_normal((40, 3))
    returns -= returns.mean(axis=0)
    scaled = returns / returns.std(axis=0)
    variance = squares = 0.0
    for one, other in ((0, 1), (0, 2), (1, 2)):
        terms = scaled[:, one] * scaled[:, other]
        squares += terms.mean() ** 2
        variance += 40 / 39**2 * terms.var()
    assert shrunk_correlation(returns)[1] == pytest.approx(min(1.0, variance / squares))


def test_many_rows_are_hardly_pulled() -> None:
    returns = drawn(GBM, 20_000).log_returns(ASSETS)
    assert shrunk_correlation(returns - returns.mean(axis=0))[1] < 1e-3
