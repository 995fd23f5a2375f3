"""Jumps of log prices: how often, and how far.

Counts come from one uniform per step and asset, so a higher rate keeps the jumps of a lower one and
adds to them. Sizes come from streams of their own, one per rank of the jump within its step.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import erfc, exp, log, sqrt
from typing import Any

import numpy as np
from numpy.random import Generator
from numpy.typing import NDArray
from pydantic import Field

from seawall.core.curves import Model
from seawall.errors import InputError
from seawall.simulation.paths.model import Floats, Paths
from seawall.simulation.streams import StreamFamily

__all__ = [
    "COUNTED_MAX",
    "AnyJumps",
    "KouJumps",
    "MertonJumps",
    "NormalSizes",
    "chosen_jump_moves",
    "jump_counts",
    "jump_moves",
    "tilted",
]

COUNTED_MAX = 50.0
"""Jumps a path, from one source, up to which their number can be chosen; beyond, it is no help."""

_MEAN_MAX = 100.0  # jumps per step: beyond, a step hides what the model is about


class NormalSizes(Model):
    """Log sizes that are normal: `mean` and `sd` [log price]; -0.1 is a fall of about 10 %."""

    mean: float = Field(ge=-5, le=5, description="mean log size; -0.1 is a fall of about 10 %")
    sd: float = Field(ge=0, le=5, description="standard deviation of log sizes")

    def growth(self, beta: float) -> float:
        """Return E[exp(beta J)] - 1 = exp(beta m + beta^2 s^2 / 2) - 1."""
        return exp(beta * self.mean + (beta * self.sd) ** 2 / 2) - 1

    def chosen(self, count: int, size: float, generator: Generator) -> Floats:
        """Draw the log sizes of `count` jumps whose sum is count * mean + sqrt(count) * sd * `size`."""
        z = generator.standard_normal(count)
        drawn: Floats = self.mean + self.sd * tilted(z, size)
        return drawn

    @classmethod
    def sizes(cls, laws: Sequence[Any], generator: Generator, n_steps: int) -> Floats:
        """Draw log sizes, shape (n_steps, n_laws)."""
        z = generator.standard_normal((n_steps, len(laws)))
        return np.array([law.mean for law in laws]) + np.array([law.sd for law in laws]) * z


class MertonJumps(NormalSizes):
    """Jumps of normal log size.

    Source: Merton, Option Pricing When Underlying Stock Returns Are Discontinuous (1976).
    """

    rate_per_year: float = Field(ge=0, le=100_000, description="how many to expect in a year [1/year]")


class KouJumps(Model):
    """Jumps of double exponential log size: up by Exp(up_mean) or down by Exp(down_mean).

    up_mean, down_mean: mean log size of either kind, > 0; up_mean below 1, or the mean price is infinite.

    Source: Kou, A Jump-Diffusion Model for Option Pricing (2002); eta = 1 / mean.
    """

    rate_per_year: float = Field(ge=0, le=100_000, description="how many to expect in a year [1/year]")
    up_share: float = Field(ge=0, le=1, description="part of them that go up [1]")
    up_mean: float = Field(
        gt=0, lt=1, description="mean log size of jumps up; from 1 the mean price is infinite"
    )
    down_mean: float = Field(gt=0, le=5, description="mean log size of jumps down, told as a positive number")

    def growth(self, beta: float) -> float:
        """Return E[exp(beta J)] - 1.

        Raises:
            InputError: The mean is infinite for this beta.
        """
        up, down = 1 - beta * self.up_mean, 1 + beta * self.down_mean
        if up <= 0 or down <= 0:
            message = (
                f"jump_beta {beta} makes the mean price infinite: expected it between "
                f"{-1 / self.down_mean:.4g} and {1 / self.up_mean:.4g}, or smaller jump means"
            )
            raise InputError(message, code="mean_infinite")
        return self.up_share / up + (1 - self.up_share) / down - 1

    def chosen(self, count: int, size: float, generator: Generator) -> Floats:
        """Draw the log sizes of `count` jumps, the first at the rank of a standard normal `size`."""
        drawn = self.sizes([self], generator, count)[:, 0]
        below, above = erfc(-size / sqrt(2)) / 2, erfc(size / sqrt(2)) / 2
        if above < self.up_share:
            drawn[0] = -self.up_mean * log(above / self.up_share)
        else:
            drawn[0] = self.down_mean * log(below / (1 - self.up_share))
        return drawn

    @classmethod
    def sizes(cls, laws: Sequence[Any], generator: Generator, n_steps: int) -> Floats:
        """Draw log sizes, shape (n_steps, n_laws)."""
        up = np.array([law.up_mean for law in laws])
        down = np.array([law.down_mean for law in laws])
        u = generator.random((n_steps, len(laws), 2))
        goes_up = u[:, :, 0] < np.array([law.up_share for law in laws])
        drawn: Floats = np.where(goes_up, up, -down) * -np.log1p(-u[:, :, 1])
        return drawn


AnyJumps = MertonJumps | KouJumps


def jump_counts(u: Floats, mean: Floats) -> NDArray[np.int64]:
    """Return Poisson counts from uniforms, by inversion: monotone in the mean.

    Args:
        u: Uniforms in [0, 1), shape (..., n).
        mean: Expected jumps, shape (n,) [1].

    Raises:
        InputError: More than 100 jumps are to be expected in a step.
    """
    if mean.size and float(mean.max()) > _MEAN_MAX:
        message = f"{mean.max():.4g} jumps a step are expected, at most {_MEAN_MAX:.0f}: take shorter steps"
        raise InputError(message, code="too_many_jumps")
    counts = np.zeros(u.shape, dtype=np.int64)
    any_at = np.nonzero(u >= np.exp(-mean))  # few, as a rule: only they are looked at again
    found, expected = u[any_at], np.broadcast_to(mean, u.shape)[any_at]
    chance = np.exp(-expected)
    below, number = chance.copy(), 0
    more = found >= below
    whole = np.zeros(len(found), dtype=np.int64)
    while more.any() and number < 1000:
        whole += more
        number += 1
        chance = chance * expected / number
        below = below + chance
        more = found >= below
    counts[any_at] = whole
    return counts


def jump_moves(laws: Sequence[AnyJumps], name: str, paths: Paths) -> Floats:
    """Draw the sum of the jumps in each step, shape (count, n_steps, n_laws) [log price].

    Args:
        laws: One per column, all of one class; a rate of 0 never jumps.
        name: Of the streams: "NAME/counts", and "NAME/sizes/0", "/1", ... by rank within the step.
        paths: Which.
    """
    mean = np.array([law.rate_per_year for law in laws]) * paths.step_years
    u = paths.uniforms(f"{name}/counts", paths.n_steps, len(laws))
    counts = jump_counts(u, mean)
    moves = np.zeros(u.shape)
    most = counts.max(axis=(1, 2)) if counts.size else np.zeros(paths.count, dtype=np.int64)
    for rank in range(int(most.max(initial=0))):
        family = StreamFamily(paths.seed, f"{name}/sizes/{rank}")
        rows = np.flatnonzero(most > rank)
        for row, generator in zip(rows.tolist(), family.paths((paths.first + rows).tolist()), strict=True):
            drawn = type(laws[0]).sizes(laws, generator, paths.n_steps)
            moves[row] += np.where(counts[row] > rank, drawn, 0.0)
    return moves


def chosen_jump_moves(
    law: AnyJumps, counts: NDArray[np.int64], sizes: Floats, name: str, paths: Paths
) -> Floats:
    """Draw the sum of the jumps in each step where their number is given, shape (count, n_steps) [log price].

    A Poisson number of jumps falls on the steps evenly and independently, so the law is that of
    `jump_moves` where counts are Poisson and sizes normal.

    Args:
        law: Of all of them.
        counts: How many jumps each path has, shape (count,).
        sizes: Standard normals that say how far they go, shape (count,); see `chosen` of the laws.
        name: Of the stream.
        paths: Which.
    """
    moves = np.zeros((paths.count, paths.n_steps))
    rows = np.flatnonzero(counts)
    generators = StreamFamily(paths.seed, name).paths((paths.first + rows).tolist())
    for row, generator in zip(rows.tolist(), generators, strict=True):
        number = int(counts[row])
        places = generator.integers(paths.n_steps, size=number)
        np.add.at(moves[row], places, law.chosen(number, float(sizes[row]), generator))
    return moves


def tilted(z: Floats, end: float) -> Floats:
    """Return normals turned so that their sum is sqrt(n) * `end`: their law given that, if z is drawn."""
    root = sqrt(len(z))
    found: Floats = z + (end - float(z.sum()) / root) / root
    return found
