"""How heavy the tails are: degrees of freedom of a joint t, by likelihood."""

from __future__ import annotations

from collections.abc import Sequence
from math import lgamma, log, pi

import numpy as np

from seawall.core.price_history import PriceHistory
from seawall.errors import Problem
from seawall.simulation.paths.brownian import Diffusion
from seawall.simulation.paths.fits.diffusion import correlation_of
from seawall.simulation.paths.fits.fitted import Fitted, sample_of
from seawall.simulation.paths.heavy_tails import MultivariateT
from seawall.simulation.paths.model import Floats

__all__ = ["best_nu", "fit_t"]

_TAIL_ROWS = 250
_LOWEST, _HIGHEST = 2.05, 100.0


def fit_t(history: PriceHistory, assets: Sequence[str] | None = None) -> Fitted[MultivariateT]:
    """Fit a joint t: the sample's volatilities, shrunk correlations, degrees of freedom by likelihood.

    Args:
        history: Evenly spaced prices.
        assets: Which of them; all by default. What never moved is left out of the tails.

    Raises:
        MissingData: An asset is not in the history.
        InputError: Too few rows, or rows of uneven spacing.
    """
    sample = sample_of(history, assets)
    correlation = correlation_of(sample.returns, sample.assets)
    moving = sample.vols > 0
    names = [name for name, moves in zip(sample.assets, moving, strict=True) if moves]
    returns = sample.returns[:, moving]
    nu = best_nu(returns / returns.std(axis=0), correlation.factor(names)) if names else _HIGHEST
    problems = [*sample.warnings(), *sample.too_few(_TAIL_ROWS, "nu"), *edges(nu)]
    model = MultivariateT(
        assets={
            name: Diffusion(vol=float(vol)) for name, vol in zip(sample.assets, sample.vols, strict=True)
        },
        correlation=correlation,
        nu=nu,
    )
    return Fitted(model, tuple(problems))


def best_nu(scaled: Floats, factor: Floats) -> float:
    """Return the degrees of freedom of greatest likelihood, between 2.05 and 100.

    Args:
        scaled: Returns of variance 1, shape (n_rows, n_assets).
        factor: Lower triangle of their correlation, shape (n_assets, n_assets).
    """
    apart = np.linalg.solve(factor + 1e-12 * np.eye(len(factor)), scaled.T)
    distance = (apart**2).sum(axis=0)
    n_assets = scaled.shape[1]

    def likelihood(nu: float) -> float:
        # Of a t of variance 1; what does not hang on nu is left out.
        scale = log((nu - 2) * pi)
        constant = lgamma((nu + n_assets) / 2) - lgamma(nu / 2) - n_assets * scale / 2
        far = float(np.log1p(distance / (nu - 2)).sum())
        return float(len(distance) * constant - (nu + n_assets) / 2 * far)

    # It rises and falls once in ln(nu - 2): close in on the best of five points.
    low, high = log(_LOWEST - 2), log(_HIGHEST - 2)
    for _ in range(40):
        inner = np.linspace(low, high, 5)
        best = int(np.argmax([likelihood(2 + float(np.exp(at))) for at in inner]))
        low, high = inner[max(best - 1, 0)], inner[min(best + 1, 4)]
    return 2 + float(np.exp((low + high) / 2))


def edges(nu: float) -> list[Problem]:
    """Return a warning where the likelihood rose to the end of what was tried."""
    if nu > 0.9 * _HIGHEST:
        message = f"nu is {nu:.0f} or more: these rows do not tell their tails from normal ones"
        return [Problem("tails_normal", message, "fit", "warning")]
    if nu < 1.01 * _LOWEST:
        message = (
            f"nu is {nu:.2f}, at the edge of a variance that does not exist: look for jumps or bad prices"
        )
        return [Problem("tails_extreme", message, "fit", "warning")]
    return []
