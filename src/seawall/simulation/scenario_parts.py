"""The small tables of a scenario file: how long, what moves what, what fails when."""

from __future__ import annotations

from typing import Annotated, Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, model_validator

from seawall.core.curves import Model
from seawall.simulation.impact import Impact, NoImpact
from seawall.simulation.oracle import DIRECT, Oracle
from seawall.simulation.paths.shocks import Course

__all__ = ["MarketSettings", "Outage", "RunSettings", "StressSettings"]

DAY_S = 86_400


class RunSettings(Model):
    """How many paths, how long, in which steps."""

    n_paths: int = Field(default=10_000, ge=1, le=100_000_000, description="paths to simulate")
    seed: int = Field(default=0, ge=0, lt=2**63, description="seed of all chance in the run")
    horizon_s: int = Field(default=DAY_S, ge=1, le=3660 * DAY_S, description="length of a path [s]")
    step_s: int = Field(default=300, ge=1, description="length of a step [s]; it divides the horizon")

    @model_validator(mode="after")
    def _divides(self) -> RunSettings:
        if self.horizon_s % self.step_s:
            message = f"step_s {self.step_s} does not divide horizon_s {self.horizon_s}: choose one that does"
            raise ValueError(message)
        return self

    @property
    def n_steps(self) -> int:
        """Steps of a path."""
        return self.horizon_s // self.step_s


class MarketSettings(Model):
    """One market: a price that moves, what follows it one for one, and how sales push it."""

    moves: tuple[str, ...] = Field(
        default=(), strict=False, description="assets and instruments with this price; its own name if empty"
    )
    impact: Impact = Field(default=NoImpact(), description="what a sale does to the price")
    oracle: Oracle = Field(
        default=DIRECT, description="what the venue sees of the price; all of it if absent"
    )


class Outage(Model):
    """A time in which the venue's price feed stands still, or no liquidator acts."""

    what: Literal["oracle", "liquidators"] = Field(description="what is out")
    from_s: int = Field(default=0, ge=0, description="seconds after the start at which it begins")
    for_s: int = Field(gt=0, description="how long it lasts [s]")
    markets: tuple[str, ...] = Field(
        default=(), strict=False, description="markets whose oracle stands still; all if empty"
    )

    @model_validator(mode="after")
    def _only_oracles_have_markets(self) -> Outage:
        if self.what == "liquidators" and self.markets:
            raise ValueError("liquidators are away from all markets at once: leave `markets` out")
        return self

    def hits(self, market: str) -> bool:
        """Return whether it is an outage of this market too."""
        return not self.markets or market in self.markets

    def steps(self, run: RunSettings) -> NDArray[np.bool_]:
        """Return in which steps it holds, shape (n_steps,): those whose end lies within it."""
        ends = np.arange(1, run.n_steps + 1) * run.step_s
        return (ends > self.from_s) & (ends <= self.from_s + self.for_s)


class StressSettings(Model):
    """The grid of falls that a stress test tries, of all markets and of each alone."""

    drops: tuple[Annotated[float, Field(ge=0, lt=1)], ...] = Field(
        default=tuple(number / 20 for number in range(1, 13)),
        min_length=1,
        strict=False,
        description="parts taken off the price: 0.3 is a fall of 30 %",
    )
    course: Course = Field(
        default=Course(at_s=0), description="when a fall comes, how fast, and whether it goes"
    )
