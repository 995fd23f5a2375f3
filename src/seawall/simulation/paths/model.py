"""What every price model has: how it is drawn, and how its settings are looked up.

A model gives cumulative log moves of the fundamental price, float64 of shape
(n_paths, n_steps, n_assets): ln(price at the END of the step / price at t = 0). Time is in seconds,
a year has 8760 h; `mu` is the drift of the price, E[S_T] = S_0 exp(mu T), wherever that mean exists.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from seawall.core.curves import Model
from seawall.errors import InputError, MissingData, Problem

__all__ = ["YEAR_S", "Floats", "PathModel", "of_each", "refuse_normals", "years"]

YEAR_S = 8760 * 3600
Floats = NDArray[np.float64]
_T = TypeVar("_T")


class PathModel(Model):
    """Base of all price models: settings that can be drawn."""

    @abstractmethod
    def draw(
        self, assets: Sequence[str], *, seed: int, first: int, count: int, n_steps: int, step_s: float
    ) -> Floats:
        """Draw paths `first` to `first + count - 1`; a path does not depend on the others drawn with it.

        Args:
            assets: Names, in the order of the last axis.
            seed: Of the run.
            first: Number of the first path, >= 0.
            count: How many paths.
            n_steps: Steps per path, >= 1.
            step_s: Length of a step [s], > 0.

        Returns:
            Cumulative log moves, shape (count, n_steps, n_assets) [1], at the end of each step.

        Raises:
            MissingData: An asset has no settings.
            InputError: A number is out of its range, or the settings do not fit these assets.
        """

    def from_normals(
        self,
        assets: Sequence[str],
        z: Floats,
        *,
        n_steps: int,
        step_s: float,
        seed: int | None = None,
        first: int = 0,
    ) -> Floats:
        """Draw paths whose Brownian part comes from outside: Sobol points, or shifted normals.

        Args:
            assets: Names, in the order of the last axis.
            z: Standard normals, shape (count, n_dims), n_dims a multiple of n_assets and at most
                n_steps * n_assets. The first n_assets move the end of the path, the next n_assets its
                middle, and so on by halves (Brownian bridge).
            n_steps: Steps per path, >= 1.
            step_s: Length of a step [s], > 0.
            seed: For what `z` does not hold: further dimensions of the bridge, and jumps.
            first: Number of the first path, for those.

        Raises:
            InputError: This model has no Brownian part, `z` has another shape, or a seed is needed.
        """
        raise refuse_normals(self)


def refuse_normals(model: Model) -> InputError:
    """Return the error of a model that cannot be driven by normals from outside."""
    kind = getattr(model, "kind", type(model).__name__)
    message = (
        f"{kind} takes no normals from outside: use gbm, merton, kou or hawkes, or a pegged or shocked one"
    )
    return InputError(message, code="no_normals")


def years(n_steps: int, step_s: float) -> float:
    """Return the length of a step in years, after checking both numbers.

    Raises:
        InputError: There is no step, or it takes no time.
    """
    problems = []
    if n_steps < 1:
        problems.append(Problem("out_of_range", f"n_steps is {n_steps}, expected at least 1", "draw"))
    if not 0 < step_s < np.inf:
        problems.append(Problem("out_of_range", f"step_s is {step_s}, expected above 0 s", "draw"))
    if problems:
        raise InputError.of(problems)
    return step_s / YEAR_S


def of_each(settings: Mapping[str, _T], assets: Sequence[str], *, where: str) -> list[_T]:
    """Return the settings of each asset, in order.

    Raises:
        MissingData: With every asset that has none.
        InputError: An asset is named twice.
    """
    missing = [
        Problem(
            "unknown_asset",
            f"no settings for {name!r}, there are {', '.join(settings) or 'none'}: add it",
            where,
        )
        for name in assets
        if name not in settings
    ]
    if missing:
        raise MissingData.of(missing)
    if len(set(assets)) < len(assets):
        twice = sorted({name for name in assets if list(assets).count(name) > 1})
        raise InputError(f"assets named twice: {', '.join(twice)}: name each once", code="duplicate_asset")
    return [settings[name] for name in assets]
