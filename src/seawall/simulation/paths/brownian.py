"""Geometric Brownian motion: the plainest price, and the frame the jump models stand in.

    d ln S_a = (mu_a - vol_a^2 / 2) dt + vol_a dW_a,   corr(dW_a, dW_b) = rho_ab

so E[S_T] = S_0 exp(mu T). Over hours it understates what liquidators meet: see the jump models.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Literal

import numpy as np
from pydantic import Field

from seawall.core.curves import Model
from seawall.simulation.paths.correlation import Correlation
from seawall.simulation.paths.factors import check_chosen, ends_of, tied_normals
from seawall.simulation.paths.model import Factors, Floats, PathModel, Paths, of_each

__all__ = ["BrownianModel", "Diffusion", "Gbm"]


class Diffusion(Model):
    """The steady part of one asset's moves."""

    vol: float = Field(
        ge=0, le=20, description="annual volatility of log moves [1/sqrt(year)]; 0 for what is quoted in"
    )
    mu: float = Field(default=0.0, ge=-20, le=20, description="drift of the price [1/year]")
    jump_beta: float = Field(
        default=1.0, ge=-5, le=5, description="how far a jump of the whole market moves this asset [1]"
    )


class BrownianModel(PathModel):
    """Correlated Brownian motion, with what a subclass adds on top."""

    assets: Mapping[str, Diffusion] = Field(min_length=1, description="settings of each asset, by name")
    correlation: Correlation = Field(
        default=Correlation(), description="how the moves of assets hang together"
    )

    def draw(self, paths: Paths) -> Floats:
        """Draw paths; see `PathModel.draw`. Moves come from the stream "moves"."""
        settings = of_each(self.assets, paths.assets, where="assets")
        if paths.chosen is not None:
            factors = self.factors(paths.assets, n_steps=paths.n_steps, step_s=paths.step_s)
            check_chosen(paths, normals=len(factors.normals), counts=len(factors.counts))
        vols = _column(settings, "vol")
        moves = tied_normals(self.correlation, vols, paths)
        moves *= vols * sqrt(paths.step_years)
        moves += self._drift(paths.assets, settings) * paths.step_years
        np.cumsum(moves, axis=1, out=moves)
        return self._add(moves, settings, paths)

    def factors(self, assets: Sequence[str], *, n_steps: int, step_s: float) -> Factors:
        """Return the ends of the Brownian part, and what the subclass adds; see `PathModel.factors`."""
        return Factors(ends_of(assets))

    def _drift(self, assets: Sequence[str], settings: Sequence[Diffusion]) -> Floats:
        # Of the log price [1/year], shape (n_assets,).
        vol = _column(settings, "vol")
        drift: Floats = _column(settings, "mu") - vol * vol / 2
        return drift

    def _add(self, moves: Floats, settings: Sequence[Diffusion], paths: Paths) -> Floats:
        # Lay over the Brownian moves what else happens, in place.
        return moves


class Gbm(BrownianModel):
    """Correlated geometric Brownian motion."""

    kind: Literal["gbm"] = "gbm"


def _column(settings: Sequence[Diffusion], name: str) -> Floats:
    return np.array([getattr(each, name) for each in settings], dtype=np.float64)
