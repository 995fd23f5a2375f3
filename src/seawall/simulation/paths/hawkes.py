"""Jumps that call further jumps: a storm of the whole market that feeds itself (Hawkes).

    intensity(t) = rate + sum over past jumps of branching * beta * exp(-beta (t - t_i))

Each jump calls `branching` more on average, soon after it. The drift takes back what the jumps are
expected to add given the intensity of the moment, so E[S_T] = S_0 exp(mu T) exactly: the price creeps
up while more falls threaten.

Streams: "moves", "clusters" (times) and "cluster_sizes".
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf, log
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from seawall.errors import InputError
from seawall.simulation.paths.brownian import BrownianModel, Diffusion
from seawall.simulation.paths.factors import ends_of
from seawall.simulation.paths.jumps import NormalSizes, tilted
from seawall.simulation.paths.model import YEAR_S, Factors, Floats, Paths
from seawall.simulation.streams import StreamFamily

__all__ = ["Clusters", "Hawkes", "cluster_times"]

_EVENTS_MAX = 100_000
_DRAWN_AT_ONCE = 64


class Clusters(NormalSizes):
    """Self-exciting jumps of normal log size."""

    rate_per_year: float = Field(gt=0, le=100_000, description="jumps that nothing called [1/year]")
    branching: float = Field(ge=0, lt=1, description="jumps that one jump calls on average, below 1 [1]")
    half_life_s: float = Field(gt=0, description="time after which the pull of a jump has halved [s]")
    start_per_year: float | None = Field(
        default=None,
        ge=0,
        description="intensity at t = 0, at least the rate; by default its long-run mean [1/year]",
    )

    @model_validator(mode="after")
    def _starts_above_the_rate(self) -> Self:
        if self.excess_at_start < 0:
            message = (
                f"start_per_year {self.start_per_year} is below rate_per_year {self.rate_per_year}: raise it"
            )
            raise ValueError(message)
        return self

    @property
    def mean_per_year(self) -> float:
        """Long-run mean intensity [1/year]."""
        return self.rate_per_year / (1 - self.branching)

    @property
    def decay(self) -> float:
        """Rate at which the pull of a jump fades [1/year]."""
        return log(2) * YEAR_S / self.half_life_s

    @property
    def excess_at_start(self) -> float:
        """Intensity at t = 0 above the base rate [1/year]."""
        start = self.mean_per_year if self.start_per_year is None else self.start_per_year
        return start - self.rate_per_year


class Hawkes(BrownianModel):
    """Brownian motion with clusters of jumps, felt by `jump_beta`."""

    kind: Literal["hawkes"] = "hawkes"
    clusters: Clusters = Field(description="the jumps of the market")

    def _add(self, moves: Floats, settings: Sequence[Diffusion], paths: Paths) -> Floats:
        beta = np.array([each.jump_beta for each in settings])
        growth = np.array([self.clusters.growth(each.jump_beta) for each in settings])
        ends = np.arange(1, paths.n_steps + 1, dtype=np.float64) * paths.step_years
        times, sizes = (
            StreamFamily(paths.seed, name).paths(paths.numbers) for name in ("clusters", "cluster_sizes")
        )
        for row, (of_times, of_sizes) in enumerate(zip(times, sizes, strict=True)):
            at, called = cluster_times(self.clusters, of_times, float(ends[-1]))
            expected = _expected(self.clusters, at, called, ends)
            moves[row] -= expected[:, None] * growth
            if len(at):
                z = of_sizes.standard_normal(len(at))
                if paths.chosen is not None:
                    z = tilted(z, float(paths.chosen.normals[row, -1]))
                size = self.clusters.mean + self.clusters.sd * z
                fallen = np.concatenate([[0.0], np.cumsum(size)])
                moves[row] += fallen[np.searchsorted(at, ends, side="right")][:, None] * beta
        return moves

    def factors(self, assets: Sequence[str], *, n_steps: int, step_s: float) -> Factors:
        """Return the ends of the Brownian part, and how far the jumps go in sum; how many come as they do."""
        return Factors((*ends_of(assets), "size/clusters"))


def cluster_times(law: Clusters, generator: np.random.Generator, horizon: float) -> tuple[Floats, Floats]:
    """Draw the times of the jumps of one path, exactly.

    Args:
        law: The clusters.
        generator: Two uniforms are taken from it per jump.
        horizon: Where to stop [years].

    Returns:
        (time of each jump [years], intensity above the base rate right after it [1/year]), by time.

    Raises:
        InputError: More than 100000 jumps are to be expected.

    Source:
        Dassios and Zhao, Exact Simulation of Hawkes Process with Exponentially Decaying Intensity (2013).
    """
    if law.mean_per_year * horizon > _EVENTS_MAX:
        expected = f"{law.mean_per_year * horizon:.4g}"
        message = f"{expected} jumps a path are expected, at most {_EVENTS_MAX}: lower the rate"
        raise InputError(message, code="too_many_jumps")
    base, decay = law.rate_per_year, law.decay
    now, excess = 0.0, law.excess_at_start
    at: list[float] = []
    called: list[float] = []
    while True:
        for one, other in (1.0 - generator.random((_DRAWN_AT_ONCE, 2))).tolist():
            wait = _wait(base, excess, decay, one, other)
            now += wait
            if now > horizon:
                return np.array(at), np.array(called)
            excess = excess * exp(-decay * wait) + law.branching * decay
            at.append(now)
            called.append(excess)


def _wait(base: float, excess: float, decay: float, one: float, other: float) -> float:
    # The first of two clocks: the base rate's, and that of the excess, which may never ring.
    of_base = -log(other) / base
    left = 1 + decay * log(one) / excess if excess > 0 else 0.0
    return min(of_base, -log(left) / decay if left > 0 else inf)


def _expected(law: Clusters, at: Floats, called: Floats, ends: Floats) -> Floats:
    # The intensity integrated from 0 to the end of each step: jumps expected given what happened before.
    since = np.concatenate([[0.0], at])
    excess = np.concatenate([[law.excess_at_start], called])
    between = np.diff(since)
    grown = law.rate_per_year * between - excess[:-1] * np.expm1(-law.decay * between) / law.decay
    so_far = np.concatenate([[0.0], np.cumsum(grown)])
    last = np.searchsorted(at, ends, side="right")
    passed = ends - since[last]
    expected: Floats = (
        so_far[last] + law.rate_per_year * passed - excess[last] * np.expm1(-law.decay * passed) / law.decay
    )
    return expected
