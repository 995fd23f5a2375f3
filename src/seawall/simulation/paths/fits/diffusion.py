"""Volatility and correlation: the sample's, or weighted towards now; correlations pulled towards zero."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seawall.core.price_history import PriceHistory
from seawall.errors import InputError
from seawall.simulation.paths.brownian import Diffusion, Gbm
from seawall.simulation.paths.correlation import Correlation
from seawall.simulation.paths.fits.fitted import Fitted, sample_of
from seawall.simulation.paths.model import Floats

__all__ = ["correlation_of", "fit_gbm", "shrunk_correlation", "weighted_vols"]

_VOL_ROWS = 200  # 5 % of standard error: 1 / sqrt(2 n)


def fit_gbm(
    history: PriceHistory, assets: Sequence[str] | None = None, *, half_life_s: float | None = None
) -> Fitted[Gbm]:
    """Fit volatilities and correlations.

    Args:
        history: Evenly spaced prices.
        assets: Which of them; all by default.
        half_life_s: Weight of a return halves with each of these [s]; without it all weigh the same.

    Raises:
        MissingData: An asset is not in the history.
        InputError: Too few rows, rows of uneven spacing, or a half-life that is not above 0.
    """
    sample = sample_of(history, assets)
    vols = sample.vols
    problems = [*sample.warnings(), *sample.too_few(_VOL_ROWS, "volatility")]
    if half_life_s is not None:
        vols = weighted_vols(sample.returns, sample.step_s, half_life_s)
    model = Gbm(
        assets={name: Diffusion(vol=float(vol)) for name, vol in zip(sample.assets, vols, strict=True)},
        correlation=correlation_of(sample.returns, sample.assets),
    )
    return Fitted(model, tuple(problems))


def weighted_vols(returns: Floats, step_s: float, half_life_s: float) -> Floats:
    """Return annual volatilities by exponential weights, the last row weighing most, shape (n_assets,).

    Raises:
        InputError: The half-life is not above 0.
    """
    if not half_life_s > 0:
        raise InputError(f"half_life_s is {half_life_s}, expected above 0 s", code="out_of_range")
    weights = 2.0 ** (-np.arange(len(returns))[::-1] * step_s / half_life_s)
    found: Floats = np.sqrt(weights @ returns**2 / weights.sum() / (step_s / (8760 * 3600)))
    return found


def correlation_of(returns: Floats, assets: Sequence[str]) -> Correlation:
    """Return the shrunk correlation of some assets as settings; what never moved is tied to nothing."""
    matrix, _ = shrunk_correlation(returns)
    pairs = {
        f"{assets[row]}/{assets[column]}": float(matrix[row, column])
        for row in range(len(assets))
        for column in range(row)
    }
    return Correlation(pairs=pairs)


def shrunk_correlation(returns: Floats) -> tuple[Floats, float]:
    """Return the correlation pulled towards none, and how far it was pulled.

    (1 - pull) * sample + pull * identity, with the pull that is best on average over samples: the
    sum of the variances of the sample's correlations over the sum of their squares. So it is a
    possible matrix even where assets outnumber rows.

    Args:
        returns: Log returns of mean 0, shape (n_rows, n_assets).

    Returns:
        (matrix, shape (n_assets, n_assets) [1]; pull, 0 to 1 [1]).

    Source:
        Schafer and Strimmer, A Shrinkage Approach to Large-Scale Covariance Matrix Estimation (2005).
    """
    n_rows, n_assets = returns.shape
    spread = returns.std(axis=0)
    moving = spread > 0
    scaled = np.where(moving, returns / np.where(moving, spread, 1.0), 0.0)
    sample = scaled.T @ scaled / n_rows
    # Variance of each entry, from the spread of its n_rows terms.
    squares = (scaled**2).T @ scaled**2 / n_rows
    variance = (squares - sample**2) * n_rows / (n_rows - 1) ** 2
    off = ~np.eye(n_assets, dtype=bool)
    total = float((sample[off] ** 2).sum())
    pull = min(1.0, float(variance[off].sum()) / total) if total > 0 else 1.0
    matrix = (1 - pull) * sample
    np.fill_diagonal(matrix, 1.0)
    return np.clip(matrix, -1.0, 1.0), pull
