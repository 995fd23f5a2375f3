"""Moves with heavy tails that come together: the multivariate t, and margins of one's own tied by a t copula.

A Gaussian copula lets two assets crash together ever more rarely the worse the crash; here the chance
that one crashes given that the other does stays above zero however far out one looks:

    2 * T_{nu+1}(-sqrt((nu + 1)(1 - rho) / (1 + rho)))

The mean of exp(t) is infinite, so no drift can hold the mean price: the log price drifts by
mu - vol^2 / 2 a year, as if it were Brownian.

Streams: "moves" (normals) and "mixing" (what is common to all assets).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt
from typing import Literal

import numpy as np
from pydantic import Field

from seawall.core.curves import Model
from seawall.simulation.paths.brownian import Diffusion
from seawall.simulation.paths.correlation import Correlation
from seawall.simulation.paths.factors import check_chosen, ends_of, tied_normals
from seawall.simulation.paths.model import Factors, Floats, PathModel, Paths, of_each
from seawall.simulation.paths.student import NU_MAX, to_margin
from seawall.simulation.streams import StreamFamily

__all__ = ["Margin", "MultivariateT", "TCopula", "mixing"]


class MultivariateT(PathModel):
    """Log moves that are jointly t, of variance vol^2 a year.

    Mixed by the step, many steps together are nearly normal again; by the path, the move to any step
    is jointly t.
    """

    kind: Literal["multivariate_t"] = "multivariate_t"
    assets: Mapping[str, Diffusion] = Field(min_length=1, description="settings of each asset, by name")
    correlation: Correlation = Field(
        default=Correlation(), description="how the moves of assets hang together"
    )
    nu: float = Field(
        gt=2, le=NU_MAX, description="degrees of freedom, above 2; 3 to 5 fit crypto assets by the day"
    )
    mixing: Literal["step", "path"] = Field(
        default="step", description="whether calm and storm change with each step, or last for the whole path"
    )

    def draw(self, paths: Paths) -> Floats:
        """Draw paths; see `PathModel.draw`."""
        settings = of_each(self.assets, paths.assets, where="assets")
        check_chosen(paths, normals=len(paths.assets), counts=0)
        vol, mu = (np.array([getattr(each, name) for each in settings]) for name in ("vol", "mu"))
        moves = tied_normals(self.correlation, vol, paths)
        spread = mixing(self.nu, paths, n_drawn=paths.n_steps if self.mixing == "step" else 1)
        moves *= (spread * sqrt((self.nu - 2) / self.nu))[:, :, None]
        moves *= vol * sqrt(paths.step_years)
        moves += (mu - vol**2 / 2) * paths.step_years
        np.cumsum(moves, axis=1, out=moves)
        return moves

    def factors(self, assets: Sequence[str], *, n_steps: int, step_s: float) -> Factors:
        """Return the ends of the normals, which are mixed after; see `PathModel.factors`."""
        return Factors(ends_of(assets))


class Margin(Model):
    """The moves of one asset by itself."""

    vol: float = Field(ge=0, le=20, description="annual volatility of log moves [1/sqrt(year)]")
    mu: float = Field(default=0.0, ge=-20, le=20, description="drift of the price [1/year]")
    nu: float | None = Field(
        default=None,
        gt=2,
        le=NU_MAX,
        description="degrees of freedom of a step's move, above 2; left out, it is normal",
    )


class TCopula(PathModel):
    """Steps with a margin of each asset's own, tied by a t copula; steps do not know each other.

    Source: Demarta and McNeil, The t Copula and Related Copulas (2005).
    """

    kind: Literal["t_copula"] = "t_copula"
    assets: Mapping[str, Margin] = Field(min_length=1, description="settings of each asset, by name")
    correlation: Correlation = Field(
        default=Correlation(), description="of the copula, which is near that of the moves"
    )
    nu: float = Field(
        ge=1,
        le=NU_MAX,
        description="degrees of freedom of the copula, at least 1: the lower, the more crash together",
    )

    def draw(self, paths: Paths) -> Floats:
        """Draw paths; see `PathModel.draw`."""
        settings = of_each(self.assets, paths.assets, where="assets")
        check_chosen(paths, normals=len(paths.assets), counts=0)
        step_years = paths.step_years
        moves = tied_normals(self.correlation, np.array([each.vol for each in settings]), paths)
        moves *= mixing(self.nu, paths, n_drawn=paths.n_steps)[:, :, None]
        for column, each in enumerate(settings):
            unit = 1.0 if each.nu is None else sqrt((each.nu - 2) / each.nu)
            scale = unit * each.vol * sqrt(step_years)
            moves[:, :, column] = scale * to_margin(moves[:, :, column], self.nu, each.nu)
            moves[:, :, column] += (each.mu - each.vol**2 / 2) * step_years
        np.cumsum(moves, axis=1, out=moves)
        return moves

    def factors(self, assets: Sequence[str], *, n_steps: int, step_s: float) -> Factors:
        """Return the ends of the normals, which are mixed after; see `PathModel.factors`."""
        return Factors(ends_of(assets))


def mixing(nu: float, paths: Paths, *, n_drawn: int) -> Floats:
    """Draw sqrt(nu / chi^2_nu), which makes normals a t, shape (count, n_drawn)."""
    drawn = np.empty((paths.count, n_drawn))
    generators = StreamFamily(paths.seed, "mixing").paths(paths.numbers)
    for row, generator in zip(drawn, generators, strict=True):
        row[:] = generator.chisquare(nu, n_drawn)
    return np.sqrt(nu / drawn)
