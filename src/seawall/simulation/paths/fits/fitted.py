"""What a fit gives: a model, and warnings of what its rows are too few to tell."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Generic, TypeVar

import numpy as np

from seawall.core.price_history import PriceHistory
from seawall.errors import InputError, Problem
from seawall.simulation.paths.model import YEAR_S, Floats, PathModel

__all__ = ["Fitted", "Sample", "sample_of"]

M = TypeVar("M", bound=PathModel)
_ROWS_MIN = 20


@dataclass(frozen=True)
class Fitted(Generic[M]):
    """A fitted model.

    Attributes:
        model: Settings; `mu` is 0 in all of them, see `problems`.
        problems: Warnings, each saying which figure is weak, from how many rows, and what would help.
    """

    model: M
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, eq=False)
class Sample:
    """Log returns of a history, their mean taken out, shape (n_rows, n_assets) [per step]."""

    assets: tuple[str, ...]
    returns: Floats
    step_s: float

    @property
    def step_years(self) -> float:
        """Length of a step [years]."""
        return self.step_s / YEAR_S

    @property
    def vols(self) -> Floats:
        """Annual volatility of each asset, shape (n_assets,) [1/sqrt(year)]."""
        n_rows = len(self.returns)
        found: Floats = np.sqrt((self.returns**2).sum(axis=0) / (n_rows - 1) / self.step_years)
        return found

    def warnings(self) -> list[Problem]:
        """Return what no fit of these rows can tell."""
        n_rows = len(self.returns)
        span = sqrt(n_rows * self.step_years)
        highest = float(self.vols.max())
        found = [
            _warning(
                "drift_not_fitted",
                f"mu is left at 0: over {n_rows} rows ({span**2:.3g} years) its standard error is up to "
                f"{highest / span:.2g} a year; set it by judgement",
            )
        ]
        still = [name for name, vol in zip(self.assets, self.vols, strict=True) if vol == 0]
        if still:
            found.append(
                _warning("never_moves", f"{', '.join(still)} never moved: peg it rather than fit it")
            )
        return found

    def too_few(self, wanted: int, what: str) -> list[Problem]:
        """Return a warning where there are fewer rows than a figure needs."""
        n_rows = len(self.returns)
        if n_rows >= wanted:
            return []
        return [
            _warning(
                "few_rows", f"{what} from {n_rows} rows is weak, {wanted} are needed: give a longer history"
            )
        ]


def sample_of(history: PriceHistory, assets: Sequence[str] | None) -> Sample:
    """Return the returns that a fit works on.

    Raises:
        MissingData: An asset is not in the history.
        InputError: Rows are not evenly spaced, or fewer than 20.
    """
    names = tuple(history.assets if assets is None else assets)
    returns = history.log_returns(names)
    if len(returns) < _ROWS_MIN:
        message = f"{len(returns)} returns fit nothing, expected at least {_ROWS_MIN}: give a longer history"
        raise InputError(message, code="few_rows")
    return Sample(names, returns - returns.mean(axis=0), history.step_s)


def _warning(code: str, message: str) -> Problem:
    return Problem(code, message, "fit", "warning")
