"""Filtered historical simulation: the surprises of the past at the volatility of now.

Each return is divided by the volatility expected before it; rows of what is left are drawn, all
assets together, and given the volatility that the drawn path itself has built up:

    h(t+1) = (1 - alpha - beta) long_run + alpha e(t)^2 + beta h(t),   e(t) = sqrt(h(t)) * z(row)

The mean of exp(e) is taken out exactly given h, so E[S_T] = S_0 exp(mu T). Volatility is capped, since
with alpha + beta = 1 it would in the end explode.

Stream: "rows".
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from seawall.errors import InputError
from seawall.simulation.paths.history import HistoryModel
from seawall.simulation.paths.model import Floats, Paths

__all__ = ["FilteredHistorical", "filtered"]

_NODES = 256


class FilteredHistorical(HistoryModel):
    """Rows of filtered returns, drawn alone, scaled by a running variance.

    alpha 0.06 and beta 0.94 are an exponential average (RiskMetrics, daily); `fit_garch` finds others.

    Source: Barone-Adesi, Giannopoulos and Vosper, VaR without Correlations (1999).
    """

    kind: Literal["filtered_historical"] = "filtered_historical"
    alpha: float = Field(default=0.06, ge=0, lt=1, description="weight of the last return [1]")
    beta: float = Field(default=0.94, ge=0, lt=1, description="weight of the last variance [1]")
    start: Literal["now", "long_run"] = Field(
        default="now", description="volatility at t = 0: the last one of the history, or its long-run mean"
    )
    vol_cap: float = Field(
        default=10.0, ge=1, description="highest volatility, as a multiple of the long-run one [1]"
    )

    @model_validator(mode="after")
    def _does_not_explode(self) -> Self:
        if self.alpha + self.beta > 1 + 1e-12:
            raise ValueError(f"alpha + beta is {self.alpha + self.beta}, expected at most 1: lower one")
        return self

    def _walk(self, returns: Floats, paths: Paths) -> Floats:
        assets, count, n_steps = paths.assets, paths.count, paths.n_steps
        still = [name for name, vol in zip(assets, returns.std(axis=0), strict=True) if vol == 0]
        if still:
            message = (
                f"{', '.join(still)} never moved: nothing can be drawn from it, leave it out of this model"
            )
            raise InputError(message, code="never_moves")
        surprise, now = filtered(returns, self.alpha, self.beta)
        long_run = returns.var(axis=0)
        cap = np.maximum(self.vol_cap**2 * long_run, now)
        vols, cost = self._mean_factor(assets, surprise, np.sqrt(long_run), np.sqrt(cap))
        u = paths.uniforms("rows", n_steps)
        drawn = (u * len(surprise)).astype(np.int64)
        h = np.broadcast_to(now if self.start == "now" else long_run, (count, len(assets)))
        moves = np.empty((count, n_steps, len(assets)))
        so_far = np.zeros((count, len(assets)))
        for step in range(n_steps):
            moved = np.sqrt(h) * surprise[drawn[:, step]]
            log_vol = np.log(h) / 2
            for column in range(len(assets)):
                taken = np.interp(log_vol[:, column], vols[:, column], cost[:, column]) * h[:, column]
                so_far[:, column] += moved[:, column] - taken
            moves[:, step] = so_far
            kept = (1 - self.alpha - self.beta) * long_run
            h = np.minimum(kept + self.alpha * moved**2 + self.beta * h, cap)
        return moves

    def _mean_factor(
        self, assets: Sequence[str], surprise: Floats, low: Floats, high: Floats
    ) -> tuple[Floats, Floats]:
        # ln E[exp(vol z)] / vol^2 over ln vol: a smooth curve, 1/2 at zero. Shapes (nodes, n_assets).
        key = tuple(assets)
        if key not in self._kept:
            nodes = np.linspace(np.log(low / 1000), np.log(high), _NODES)
            curve = np.empty(nodes.shape)
            for row, vol in enumerate(np.exp(nodes)):
                curve[row] = np.log1p(np.expm1(vol * surprise).mean(axis=0)) / vol**2
            self._kept[key] = np.stack([nodes, curve])
        vols, cost = self._kept[key]
        return vols, cost


def filtered(returns: Floats, alpha: float, beta: float) -> tuple[Floats, Floats]:
    """Divide returns by the volatility expected before each.

    Args:
        returns: Log returns, shape (n_rows, n_assets), no column all the same.
        alpha: Weight of the last return.
        beta: Weight of the last variance.

    Returns:
        (surprises of mean 0 and variance 1, shape (n_rows, n_assets) [1];
        variance expected for the step after the last row, shape (n_assets,) [per step]).
    """
    mean, long_run = returns.mean(axis=0), returns.var(axis=0)
    h, expected = long_run, np.empty(returns.shape)
    for row, moved in enumerate(returns - mean):
        expected[row] = h
        h = (1 - alpha - beta) * long_run + alpha * moved**2 + beta * h
    raw = (returns - mean) / np.sqrt(expected)
    return (raw - raw.mean(axis=0)) / raw.std(axis=0), h
