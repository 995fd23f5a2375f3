"""Shocks that are known beforehand, laid over drawn paths: when, how far, how fast, and back again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import log1p
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from seawall.core.curves import Model
from seawall.errors import InputError, MissingData, Problem
from seawall.simulation.paths.model import Factors, Floats, PathModel, Paths, years
from seawall.simulation.paths.pegs import Pegged
from seawall.simulation.paths.plain import Plain

__all__ = ["Course", "Shock", "Shocked", "shock_moves"]


class Course(Model):
    """How something comes and goes."""

    at_s: float = Field(ge=0, description="when it begins [s since t = 0]")
    ramp_s: float = Field(
        default=0.0, ge=0, description="how long it takes to be there in full; 0 is at once [s]"
    )
    hold_s: float = Field(default=0.0, ge=0, description="how long it stays in full [s]")
    recovery_s: float = Field(
        default=0.0, ge=0, description="how long the way back takes, after the hold [s]"
    )
    recovered: float = Field(
        default=0.0, ge=0, le=1, description="how much of it comes back [1]; 0 stays for good"
    )

    def course(self, n_steps: int, step_s: float) -> Floats:
        """Return how much of it is there at the end of each step, 0 to 1, shape (n_steps,).

        Raises:
            InputError: It begins after the last step, or comes and goes between two ends of steps.
        """
        years(n_steps, step_s)
        ends = np.arange(1, n_steps + 1, dtype=np.float64) * step_s
        if self.at_s > ends[-1]:
            message = f"begins at {self.at_s:g} s, after the end of the run ({ends[-1]:g} s): take more steps"
            raise InputError(message, code="shock_too_late")
        there = _part(ends - self.at_s, self.ramp_s)
        back = _part(ends - self.at_s - self.ramp_s - self.hold_s, self.recovery_s)
        course = there - self.recovered * back
        if not course.any():
            message = (
                f"comes and goes within a step of {step_s:g} s, of which only the end is seen: "
                "take shorter steps, or hold it longer"
            )
            raise InputError(message, code="shock_too_short")
        return course


class Shock(Course):
    """A move of some prices: asset -> how far, as a part of the price (-0.3 falls by 30 %)."""

    moves: Mapping[str, Annotated[float, Field(gt=-1, le=100)]] = Field(
        min_length=1, description="how far each asset moves, as a part of its price: -0.3 falls by 30 %"
    )


def shock_moves(shocks: Sequence[Shock], assets: Sequence[str], *, n_steps: int, step_s: float) -> Floats:
    """Return the log moves of shocks, shape (n_steps, n_assets): they add up, and to any drawn path.

    Raises:
        MissingData: A shock names an asset that is not there.
        InputError: A shock cannot be seen in these steps.
    """
    unknown = [
        Problem(
            "unknown_asset", f"moves {name!r}, there are {', '.join(assets)}: take it out", f"shocks.{number}"
        )
        for number, shock in enumerate(shocks)
        for name in shock.moves
        if name not in assets
    ]
    if unknown:
        raise MissingData.of(unknown)
    moves = np.zeros((n_steps, len(assets)))
    for shock in shocks:
        course = shock.course(n_steps, step_s)
        for name, move in shock.moves.items():
            moves[:, list(assets).index(name)] += log1p(move) * course
    return moves


class Shocked(PathModel):
    """A model, and shocks laid over each of its paths."""

    kind: Literal["shocked"] = "shocked"
    base: Annotated[Plain | Pegged, Field(discriminator="kind")] = Field(
        description="the model that the shocks are laid over"
    )
    shocks: tuple[Shock, ...] = Field(
        min_length=1, strict=False, description="moves that are known beforehand"
    )

    def draw(self, paths: Paths) -> Floats:
        """Draw paths; see `PathModel.draw`."""
        moves = self.base.draw(paths)
        moves += shock_moves(self.shocks, paths.assets, n_steps=paths.n_steps, step_s=paths.step_s)
        return moves

    def factors(self, assets: Sequence[str], *, n_steps: int, step_s: float) -> Factors:
        """Return those of the base; see `PathModel.factors`."""
        return self.base.factors(assets, n_steps=n_steps, step_s=step_s)


def _part(since: Floats, length: float) -> Floats:
    # How much of a stretch has passed, 0 to 1; a stretch of no length passes at its beginning.
    part: Floats = np.clip(since / length, 0.0, 1.0) if length else (since >= 0).astype(np.float64)
    return part
