"""What every price model has: which paths are asked of it, and how its settings are looked up.

A model gives cumulative log moves of the fundamental price, float64 of shape
(n_paths, n_steps, n_assets): ln(price at the END of the step / price at t = 0). Time is in seconds,
a year has 8760 h; `mu` is the drift of the price, E[S_T] = S_0 exp(mu T), wherever that mean exists.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from seawall.core.curves import Model
from seawall.errors import InputError, MissingData, Problem
from seawall.simulation.streams import normals, uniforms

__all__ = [
    "NOTHING_TO_CHOOSE",
    "YEAR_S",
    "Chosen",
    "Factors",
    "Floats",
    "PathModel",
    "Paths",
    "of_each",
    "refuse_chosen",
    "years",
]

YEAR_S = 8760 * 3600

NOTHING_TO_CHOOSE = "no chance decides where prices go: sample the scenario plain"
"""Message of `no_factors` where prices only follow what is given."""
Floats = NDArray[np.float64]
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Factors:
    """What can be chosen of a path.

    Attributes:
        normals: Names of the standard normals, those that matter most first.
        counts: Names of the sources of jumps of which the number can be chosen.
        expected: How many jumps each is expected to make in a path, shape (n_counts,) [1]; they are Poisson.
    """

    normals: tuple[str, ...]
    counts: tuple[str, ...] = ()
    expected: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Chosen:
    """What was chosen of some paths, in the order of `Factors`; all else is drawn.

    Attributes:
        normals: Shape (n_paths, n_normals) [standard deviations].
        counts: Shape (n_paths, n_counts) [jumps].
    """

    normals: Floats
    counts: NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Paths:
    """Which paths are asked for: `first` to `first + count - 1` of a run, of these assets, over this time.

    Attributes:
        assets: Names, in the order of the last axis of what is drawn.
        seed: Of the run.
        first: Number of the first path, >= 0.
        count: How many paths.
        n_steps: Steps per path, >= 1.
        step_s: Length of a step [s], > 0.
        chosen: What is not to be drawn, in the order of `PathModel.factors`; everything is where None.

    Raises:
        InputError: There is no step, or it takes no time.
    """

    assets: Sequence[str]
    seed: int
    first: int
    count: int
    n_steps: int
    step_s: float
    chosen: Chosen | None = None

    def __post_init__(self) -> None:
        years(self.n_steps, self.step_s)

    @property
    def step_years(self) -> float:
        """Length of a step [years]."""
        return self.step_s / YEAR_S

    @property
    def horizon_years(self) -> float:
        """Length of a path [years]."""
        return self.n_steps * self.step_years

    @property
    def numbers(self) -> range:
        """Number of each path."""
        return range(self.first, self.first + self.count)

    def normals(self, name: str, *shape: int) -> Floats:
        """Draw standard normals from the stream `name` of each path, shape (count, *shape)."""
        return normals(self.seed, name, first=self.first, count=self.count, shape=shape)

    def uniforms(self, name: str, *shape: int) -> Floats:
        """Draw uniforms in [0, 1) from the stream `name` of each path, shape (count, *shape)."""
        return uniforms(self.seed, name, first=self.first, count=self.count, shape=shape)

    def of(self, assets: Sequence[str], chosen: Chosen | None) -> Paths:
        """Return the same paths of other assets, with what is chosen of those."""
        return replace(self, assets=assets, chosen=chosen)


class PathModel(Model):
    """Base of all price models: settings that can be drawn."""

    @abstractmethod
    def draw(self, paths: Paths) -> Floats:
        """Draw the paths that are asked for; a path does not depend on the others drawn with it.

        Returns:
            Cumulative log moves, shape (count, n_steps, n_assets) [1], at the end of each step.

        Raises:
            MissingData: An asset has no settings.
            InputError: A number is out of its range, the settings do not fit these assets, or something is
                chosen that cannot be.
        """

    def factors(self, assets: Sequence[str], *, n_steps: int, step_s: float) -> Factors:
        """Return what can be chosen of a path in place of drawn.

        Raises:
            InputError: Nothing can (`no_factors`): paths are taken from a history.
        """
        raise refuse_chosen(self)


def refuse_chosen(model: Model) -> InputError:
    """Return the error of a model of whose paths nothing can be chosen."""
    kind = getattr(model, "kind", type(model).__name__)
    message = (
        f"{kind} takes its paths from a history, so nothing of them can be chosen: sample it plain, or fit "
        "gbm, merton, kou, hawkes, garch_t, multivariate_t or t_copula to it"
    )
    return InputError(message, code="no_factors")


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
