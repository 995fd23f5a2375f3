"""Sampling that chooses what decides most of a path: aimed at the states that hurt, or evenly."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from seawall.core.curves import Model

__all__ = ["Importance", "Sobol"]


class Importance(Model):
    """Paths are drawn around the states in which a pilot saw losses, and count the less for it.

    For price models that are driven by normals. The weights are exact, whatever the pilot found.
    """

    kind: Literal["importance"]
    levels: tuple[Annotated[float, Field(gt=0, lt=1)], ...] = Field(
        default=(0.999,),
        min_length=1,
        strict=False,
        description="levels of the losses to be seen: those that so many paths stay below",
    )
    pilot_paths: int = Field(default=128, ge=20, le=100_000, description="paths of a round of the pilot")
    pilot_rounds: int = Field(default=6, ge=1, le=100, description="rounds of the pilot")
    defensive: float = Field(
        default=0.25, gt=0, le=1, description="part of the paths that is drawn as if nothing were aimed at"
    )
    nets: int = Field(
        default=0, ge=0, le=10_000, description="Sobol nets to draw from, at least 20; 0 draws at random"
    )


class Sobol(Model):
    """Where prices end and how they jump is spread evenly over the paths; all else is drawn.

    For price models that are driven by normals. Paths are points of nets that know nothing of each other,
    each in its turn, which is what the intervals rest on. It takes the extra `stats`.
    """

    kind: Literal["sobol"]
    nets: int = Field(
        default=32,
        ge=20,
        le=10_000,
        description="how many; the number of paths is a multiple, best by a power of two",
    )
