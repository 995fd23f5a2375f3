"""One shock a path, and no chance: the prices of a stress test."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal

import numpy as np
from pydantic import Field

from seawall.simulation.paths import PathModel, Shock, shock_moves
from seawall.simulation.paths.model import Chosen, Floats, refuse_chosen, years
from seawall.simulation.paths.shocks import Course

__all__ = ["ShockGrid"]


class ShockGrid(PathModel):
    """Path i takes shock i; the seed changes nothing.

    shocks: market -> how far, as a part of the price (-0.3 falls by 30 %), one table a path.
    course: when the shock comes, how fast, and whether it goes again; the same for all.
    """

    kind: Literal["shock_grid"] = "shock_grid"
    shocks: tuple[Mapping[str, float], ...] = Field(min_length=1, strict=False)
    course: Course = Course(at_s=0)

    def draw(
        self,
        assets: Sequence[str],
        *,
        seed: int,
        first: int,
        count: int,
        n_steps: int,
        step_s: float,
        chosen: Chosen | None = None,
    ) -> Floats:
        """Return paths `first` onwards; see `PathModel.draw`.

        Raises:
            MissingData: A shock names a market that is not there.
            InputError: The course cannot be seen in these steps, or something of a path is chosen.
        """
        if chosen is not None:
            raise refuse_chosen(self)
        years(n_steps, step_s)
        moves = np.zeros((count, n_steps, len(assets)))
        settings = self.course.model_dump()
        for row, shock in enumerate(self.shocks[first : first + count]):
            if shock:
                found = (Shock(**settings, moves=shock),)
                moves[row] = shock_moves(found, assets, n_steps=n_steps, step_s=step_s)
        return moves
