"""One shock a path, and no chance: the prices of a stress test."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
from pydantic import Field

from seawall.simulation.paths import PathModel, Paths, Shock, shock_moves
from seawall.simulation.paths.model import Floats, refuse_chosen
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

    def draw(self, paths: Paths) -> Floats:
        """Return the paths; see `PathModel.draw`.

        Raises:
            MissingData: A shock names a market that is not there.
            InputError: The course cannot be seen in these steps, or something of a path is chosen.
        """
        if paths.chosen is not None:
            raise refuse_chosen(self)
        moves = np.zeros((paths.count, paths.n_steps, len(paths.assets)))
        settings = self.course.model_dump()
        for row, shock in enumerate(self.shocks[paths.first : paths.first + paths.count]):
            if shock:
                found = (Shock(**settings, moves=shock),)
                moves[row] = shock_moves(found, paths.assets, n_steps=paths.n_steps, step_s=paths.step_s)
        return moves
