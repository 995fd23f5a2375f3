"""Paths from outside: prices that somebody else has computed, or that once were.

The price at the end of a step is the last one given up to then; nothing is put between two prices.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, Self

import numpy as np
from pydantic import Field, model_validator

from seawall.core.price_history import PriceHistory
from seawall.errors import InputError
from seawall.simulation.paths.history import History
from seawall.simulation.paths.model import Floats, PathModel, Paths, of_each, refuse_chosen

__all__ = ["Given"]


class Given(PathModel):
    """Paths as they were given; the first row of each is t = 0."""

    kind: Literal["given"] = "given"
    paths: tuple[History, ...] = Field(
        min_length=1,
        strict=False,
        description="one or more; run path i takes number i modulo how many there are",
    )

    @model_validator(mode="after")
    def _same_assets(self) -> Self:
        first = set(self.paths[0].assets)
        odd = [number for number, path in enumerate(self.paths) if set(path.assets) != first]
        if odd:
            raise ValueError(f"paths {odd[:5]} have other assets than path 0: give all paths the same")
        return self

    def draw(self, paths: Paths) -> Floats:
        """Return the paths as they were given; the seed changes nothing.

        Raises:
            MissingData: An asset has no prices.
            InputError: A path ends before the last step.
        """
        if paths.chosen is not None:
            raise refuse_chosen(self)
        assets = paths.assets
        of_each(dict.fromkeys(self.paths[0].assets), assets, where="paths")
        if paths.first < 0:
            raise InputError(f"path number is {paths.first}, expected at least 0", code="out_of_range")
        ends = np.arange(1, paths.n_steps + 1, dtype=np.float64) * paths.step_s
        used = [number % len(self.paths) for number in paths.numbers]
        found = {number: _moves(self.paths[number], assets, ends, number) for number in sorted(set(used))}
        if not used:
            return np.empty((0, paths.n_steps, len(assets)))
        return np.stack([found[number] for number in used])


def _moves(path: PriceHistory, assets: Sequence[str], ends: Floats, number: int) -> Floats:
    since = path.times_s - path.times_s[0]
    # A time written as a decimal may fall a hair after the end of its step.
    slack = 1e-9 * ends[-1]
    if since[-1] < ends[-1] - slack:
        message = (
            f"path {number} ends after {since[-1]:g} s and the run after {ends[-1]:g} s: "
            "take fewer steps, or give later prices"
        )
        raise InputError(message, code="path_too_short")
    prices = np.log(path.columns(assets))
    moves: Floats = prices[np.searchsorted(since, ends + slack, side="right") - 1] - prices[0]
    return moves
