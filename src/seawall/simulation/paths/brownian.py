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
from seawall.errors import InputError
from seawall.simulation.paths.bridge import all_normals, bridged
from seawall.simulation.paths.correlation import Correlation, mixed
from seawall.simulation.paths.model import Floats, PathModel, of_each, years
from seawall.simulation.streams import normals

__all__ = ["BrownianModel", "Diffusion", "Gbm"]

MOVES = "moves"


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

    def draw(
        self, assets: Sequence[str], *, seed: int, first: int, count: int, n_steps: int, step_s: float
    ) -> Floats:
        """Draw paths; see `PathModel.draw`. Moves come from the stream "moves"."""
        step_years, settings = years(n_steps, step_s), of_each(self.assets, assets, where="assets")
        z = normals(seed, MOVES, first=first, count=count, shape=(n_steps, len(assets)))
        moves = mixed(z, self.correlation.factor(assets))
        moves *= _column(settings, "vol") * sqrt(step_years)
        moves += self._drift(assets, settings) * step_years
        np.cumsum(moves, axis=1, out=moves)
        return self._add(moves, assets, settings, seed=seed, first=first, step_years=step_years)

    def from_normals(
        self,
        assets: Sequence[str],
        z: Floats,
        *,
        n_steps: int,
        step_s: float,
        seed: int | None = None,
        first: int = 0,
    ) -> Floats:
        """Draw paths from normals in bridge order; see `PathModel.from_normals`."""
        step_years, settings = years(n_steps, step_s), of_each(self.assets, assets, where="assets")
        if seed is None and self._needs_seed:
            raise InputError("jumps are not in z: give a seed for them", code="seed_missing")
        given = all_normals(z, len(assets), n_steps, seed=seed, first=first)
        moves = bridged(mixed(given, self.correlation.factor(assets)), n_steps)
        moves *= _column(settings, "vol") * sqrt(step_years)
        moves += self._drift(assets, settings) * step_years * np.arange(1, n_steps + 1)[:, None]
        return self._add(moves, assets, settings, seed=seed or 0, first=first, step_years=step_years)

    @property
    def _needs_seed(self) -> bool:
        return type(self)._add is not BrownianModel._add

    def _drift(self, assets: Sequence[str], settings: Sequence[Diffusion]) -> Floats:
        # Of the log price [1/year], shape (n_assets,).
        vol = _column(settings, "vol")
        drift: Floats = _column(settings, "mu") - vol * vol / 2
        return drift

    def _add(
        self,
        moves: Floats,
        assets: Sequence[str],
        settings: Sequence[Diffusion],
        *,
        seed: int,
        first: int,
        step_years: float,
    ) -> Floats:
        # Lay over the Brownian moves what else happens, in place.
        return moves


class Gbm(BrownianModel):
    """Correlated geometric Brownian motion."""

    kind: Literal["gbm"] = "gbm"


def _column(settings: Sequence[Diffusion], name: str) -> Floats:
    return np.array([getattr(each, name) for each in settings], dtype=np.float64)
