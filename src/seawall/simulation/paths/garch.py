"""Volatility that clusters: GARCH(1,1) with t surprises that come to all assets together.

    e(t) = sqrt(h(t)) * eps(t),   h(t+1) = (1 - alpha - beta) long_run + alpha e(t)^2 + beta h(t)

eps is jointly t of variance 1. The mean of exp(t) is infinite: the log price drifts by mu dt - h(t) / 2.

Streams: "moves" and "mixing".
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from seawall.core.curves import Model
from seawall.errors import InputError
from seawall.simulation.paths.correlation import Correlation
from seawall.simulation.paths.factors import check_chosen, ends_of, tied_normals
from seawall.simulation.paths.heavy_tails import mixing
from seawall.simulation.paths.model import Factors, Floats, PathModel, Paths, of_each
from seawall.simulation.paths.student import NU_MAX

__all__ = ["GarchAsset", "GarchT"]


class GarchAsset(Model):
    """The variance of one asset."""

    vol: float = Field(gt=0, le=20, description="long-run annual volatility [1/sqrt(year)]")
    mu: float = Field(default=0.0, ge=-20, le=20, description="drift of the price [1/year]")
    alpha: float = Field(ge=0, lt=1, description="weight of the last return [1]")
    beta: float = Field(ge=0, lt=1, description="weight of the last variance [1]")
    start_vol: float | None = Field(
        default=None, gt=0, le=20, description="annual volatility at t = 0; by default the long-run one"
    )

    @model_validator(mode="after")
    def _has_a_long_run(self) -> Self:
        if self.alpha + self.beta >= 1:
            raise ValueError(f"alpha + beta is {self.alpha + self.beta}, expected below 1: lower one")
        return self


class GarchT(PathModel):
    """GARCH(1,1) of each asset with jointly t surprises.

    Source: Bollerslev, A Conditionally Heteroskedastic Time Series Model (1987).
    """

    kind: Literal["garch_t"] = "garch_t"
    assets: Mapping[str, GarchAsset] = Field(min_length=1, description="settings of each asset, by name")
    correlation: Correlation = Field(
        default=Correlation(), description="how the moves of assets hang together"
    )
    nu: float = Field(gt=2, le=NU_MAX, description="degrees of freedom of the surprises, above 2")
    period_s: float = Field(
        gt=0, description="the step that alpha and beta hold for, and that alone can be drawn [s]"
    )

    def draw(self, paths: Paths) -> Floats:
        """Draw paths; see `PathModel.draw`."""
        settings = of_each(self.assets, paths.assets, where="assets")
        step_s, step_years = paths.step_s, paths.step_years
        if abs(step_s - self.period_s) > 1e-6 * self.period_s:
            message = (
                f"alpha and beta hold for steps of {self.period_s:g} s and the run has {step_s:g} s: "
                "fit them to prices of that step (fit_garch), or take this step for the run"
            )
            raise InputError(message, code="step_differs")
        check_chosen(paths, normals=len(paths.assets), counts=0)
        vols = np.array([each.start_vol or each.vol for each in settings])
        moves = tied_normals(self.correlation, vols, paths)
        spread = mixing(self.nu, paths, n_drawn=paths.n_steps)
        moves *= (spread * sqrt((self.nu - 2) / self.nu))[:, :, None]
        alpha, beta, mu = (
            np.array([getattr(each, name) for each in settings]) for name in ("alpha", "beta", "mu")
        )
        long_run = np.array([each.vol**2 for each in settings]) * step_years
        h = vols**2 * step_years
        h = np.broadcast_to(h, moves[:, 0].shape)
        for step in range(paths.n_steps):
            moved = np.sqrt(h) * moves[:, step]
            moves[:, step] = moved + (mu * step_years - h / 2)
            h = (1 - alpha - beta) * long_run + alpha * moved**2 + beta * h
        np.cumsum(moves, axis=1, out=moves)
        return moves

    def factors(self, assets: Sequence[str], *, n_steps: int, step_s: float) -> Factors:
        """Return the ends of the normals under the surprises; see `PathModel.factors`."""
        return Factors(ends_of(assets))
