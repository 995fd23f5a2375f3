"""Which paths a run looks at, and what each stands for: the `[sampling]` of a scenario."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from seawall.core.curves import Model
from seawall.simulation.aim_settings import Importance, Sobol

__all__ = ["Plain", "Sampler", "Sampling", "Screened", "Walks"]


class Plain(Model):
    """Every path that is drawn is walked, and all count the same."""

    kind: Literal["plain"] = "plain"


class Screened(Model):
    """Only prices are drawn for every path; most are passed over where they bring little debt into reach.

    What brings more into reach than all but a few paths do is walked for certain, the rest with a chance in
    proportion to how rare it is, and counted for as many as it stands for.
    """

    kind: Literal["screened"]
    share: float = Field(default=0.03, gt=0, le=1, description="part of the paths to walk, about")


Sampling = Annotated[Plain | Screened | Importance | Sobol, Field(discriminator="kind")]


@dataclass(frozen=True, eq=False)
class Walks:
    """Paths drawn, and those of them to walk.

    Attributes:
        first, drawn: Paths `first` to `first + drawn - 1` were drawn.
        number: Those to walk, rising, shape (n_walks,).
        weight: How many of those drawn each stands for, above 0, shape (n_walks,) [1].
        moves: Log moves of the markets since the start, shape (n_walks, n_steps, n_drivers).
    """

    first: int
    drawn: int
    number: NDArray[np.int64]
    weight: NDArray[np.float64]
    moves: NDArray[np.float64]

    @classmethod
    def of_all(cls, first: int, moves: NDArray[np.float64]) -> Walks:
        """Return every path drawn, each for itself."""
        count = len(moves)
        return cls(first, count, np.arange(first, first + count), np.ones(count), moves)


class Sampler(Protocol):
    """Draws paths; what it does with a path depends on the seed and the path's number alone."""

    def walks(self, first: int, count: int) -> Walks:
        """Draw paths `first` to `first + count - 1`."""
