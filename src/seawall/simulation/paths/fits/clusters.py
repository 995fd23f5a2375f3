"""Clusters of volatility: alpha and beta by likelihood, the long run held at the sample's variance."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seawall.core.price_history import PriceHistory
from seawall.errors import InputError, Problem
from seawall.simulation.paths.fits.diffusion import correlation_of
from seawall.simulation.paths.fits.fitted import Fitted, sample_of
from seawall.simulation.paths.fits.tails import best_nu, edges
from seawall.simulation.paths.garch import GarchAsset, GarchT
from seawall.simulation.paths.model import Floats

__all__ = ["fit_garch"]

_CLUSTER_ROWS = 500
_GRID, _ROUNDS = 7, 9


def fit_garch(history: PriceHistory, assets: Sequence[str] | None = None) -> Fitted[GarchT]:
    """Fit GARCH(1,1) with joint t surprises.

    alpha and beta of each asset maximise the normal likelihood (consistent whatever the surprises);
    nu and correlations are those of what is left after dividing by the fitted volatility.

    Args:
        history: Evenly spaced prices; the model can be drawn at their step only.
        assets: Which of them; all by default.

    Raises:
        MissingData: An asset is not in the history.
        InputError: Too few rows, rows of uneven spacing, or an asset that never moved.

    Source:
        Bollerslev and Wooldridge (1992) for the normal likelihood; Engle and Mezrich (1996) for the
        long run held at the sample's.
    """
    sample = sample_of(history, assets)
    vols = sample.vols
    still = [name for name, vol in zip(sample.assets, vols, strict=True) if vol == 0]
    if still:
        raise InputError(f"{', '.join(still)} never moved: leave it out, or peg it", code="never_moves")
    alpha, beta = _best(sample.returns)
    h, now = _variances(sample.returns, alpha, beta)
    surprises = sample.returns / np.sqrt(h)
    scaled = surprises / surprises.std(axis=0)
    correlation = correlation_of(surprises - surprises.mean(axis=0), sample.assets)
    nu = best_nu(scaled, correlation.factor(sample.assets))
    columns = zip(sample.assets, vols, alpha, beta, np.sqrt(now / sample.step_years), strict=True)
    model = GarchT(
        assets={
            name: GarchAsset(vol=float(vol), alpha=float(a), beta=float(b), start_vol=float(start))
            for name, vol, a, b, start in columns
        },
        correlation=correlation,
        nu=nu,
        period_s=sample.step_s,
    )
    calm = [name for name, a in zip(sample.assets, alpha, strict=True) if a < 0.005]
    problems = [*sample.warnings(), *sample.too_few(_CLUSTER_ROWS, "alpha and beta"), *edges(nu)]
    if calm:
        message = (
            f"{', '.join(calm)} shows no clusters: its beta means nothing, a model without them does as well"
        )
        problems.append(Problem("no_clusters", message, "fit", "warning"))
    return Fitted(model, tuple(problems))


def _best(returns: Floats) -> tuple[Floats, Floats]:
    # All assets at once, each on a grid of its own that closes in on its best point.
    n_assets = returns.shape[1]
    memory = np.tile([0.05, 4.0], (n_assets, 1))  # -log10(1 - alpha - beta)
    share = np.tile([0.0, 0.7], (n_assets, 1))  # alpha / (alpha + beta)
    for _ in range(_ROUNDS):
        x, y = (np.linspace(each[:, 0], each[:, 1], _GRID, axis=1) for each in (memory, share))
        total = (1 - 10.0**-x)[:, :, None]
        alpha = total * y[:, None, :]
        likelihood = _likelihood(returns, alpha, total - alpha)
        best = likelihood.reshape(n_assets, -1).argmax(axis=1)
        for found, edge, at in ((x, memory, best // _GRID), (y, share, best % _GRID)):
            width = (edge[:, 1] - edge[:, 0]) / _GRID
            middle = np.take_along_axis(found, at[:, None], axis=1)[:, 0]
            low, high = edge[:, 0].copy(), edge[:, 1].copy()
            edge[:, 0], edge[:, 1] = (
                np.maximum(middle - 1.5 * width, low),
                np.minimum(middle + 1.5 * width, high),
            )
    total, part = 1 - 10.0 ** -memory.mean(axis=1), share.mean(axis=1)
    return total * part, total * (1 - part)


def _likelihood(returns: Floats, alpha: Floats, beta: Floats) -> Floats:
    # Normal log likelihood of each point of the grid, shape (n_assets, grid, grid), up to a constant.
    long_run = (returns**2).mean(axis=0)[:, None, None]
    base, h, total = (
        (1 - alpha - beta) * long_run,
        np.broadcast_to(long_run, alpha.shape),
        np.zeros(alpha.shape),
    )
    for square in (returns**2)[:, :, None, None]:
        total -= np.log(h) + square / h
        h = base + alpha * square + beta * h
    return total


def _variances(returns: Floats, alpha: Floats, beta: Floats) -> tuple[Floats, Floats]:
    # Variance expected before each row, and after the last.
    long_run = (returns**2).mean(axis=0)
    h, expected = long_run, np.empty(returns.shape)
    for row, square in enumerate(returns**2):
        expected[row] = h
        h = (1 - alpha - beta) * long_run + alpha * square + beta * h
    return expected, h
