"""The nearest states in which a simulated book loses so much: a search along rays, from many starts.

For a loss given only as a function of standard normals, such as a run of the storm. On a ray from the
origin the first state that loses the level is found by bisection; directions are improved by small random
turns that shrink when they stop helping. Several starts end in several modes; those within `reach` of the
nearest are kept, one of each direction, and serve as centres of `draws.Mixture`.

A search proves nothing: another mode may have been missed. The defensive part of the mixture pays for it.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seawall.analysis.draws import Loss
from seawall.errors import InputError

__all__ = ["DesignPoints", "design_points"]

_HALVINGS = 14  # a radius to one part in 16,000 of the farthest
_TURN_MIN = 0.01
_ALIKE = 0.95  # cosine from which two directions are one mode

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class DesignPoints:
    """What a search found.

    Attributes:
        points: Nearest first, shape (n_points, n_dims) [standard deviations]; none where no start
            reached the level.
        distances: |point|, shape (n_points,) [standard deviations].
        evaluations: How often the loss was computed [states].
    """

    points: Floats
    distances: Floats
    evaluations: int


def design_points(
    loss: Loss,
    dims: int,
    level: float,
    rng: np.random.Generator,
    *,
    starts: int = 32,
    rounds: int = 60,
    farthest: float = 8.0,
    reach: float = 1.0,
) -> DesignPoints:
    """Return local designs of {loss >= level} within `reach` of the nearest.

    Args:
        loss: Standard normals (n, dims) to losses (n,) [money]; along a ray from the origin it should
            not fall, or the first crossing found is one of several.
        dims: Normals per state, >= 1.
        level: Loss to be reached, > 0 [money].
        rng: Where starts and turns come from.
        starts: Directions tried, the axes and their opposites among them as far as they go.
        rounds: Turns of each start.
        farthest: Where a ray is given up [standard deviations].
        reach: How much farther another design may lie [standard deviations].

    Raises:
        InputError: A number is out of its range.

    Source: the hypersphere search of Melchers, Radial importance sampling (1990), with a (1+1) strategy.
    """
    if dims < 1 or starts < 1 or rounds < 0 or not level > 0 or not farthest > 0:
        raise InputError(
            "expected dims and starts of at least 1, rounds of at least 0, a level and farthest above 0;"
            f" got {dims}, {starts}, {rounds}, {level} and {farthest}"
        )
    axes = np.vstack([-np.eye(dims), np.eye(dims)])[: starts // 2]
    directions = _unit(np.vstack([axes, rng.standard_normal((starts - len(axes), dims))]))
    rays = _Rays(loss, level, farthest)
    radii = rays.crossings(directions)
    turns = np.full(starts, 0.5)
    for _ in range(rounds):
        tried = _unit(directions + turns[:, None] * rng.standard_normal(directions.shape) / np.sqrt(dims))
        # Nearer than before, by a hair: one state to look at; only a success is worth a bisection.
        nearer = np.flatnonzero(rays.reached(tried, np.minimum(radii, farthest) * 0.999) & (turns > 0))
        if len(nearer):
            directions[nearer] = tried[nearer]
            radii[nearer] = rays.crossings(tried[nearer])
        turns *= 0.9
        turns[nearer] *= 1.5 / 0.9
        turns = np.clip(turns, _TURN_MIN, 1.0)
    return _modes(directions, radii, reach, rays.evaluations)


class _Rays:
    def __init__(self, loss: Loss, level: float, farthest: float) -> None:
        self._loss, self._level, self._farthest = loss, level, farthest
        self.evaluations = 0

    def reached(self, directions: Floats, radii: Floats) -> NDArray[np.bool_]:
        self.evaluations += len(directions)
        return np.asarray(self._loss(directions * radii[:, None]) >= self._level)

    def crossings(self, directions: Floats) -> Floats:
        """Return the radius of the first crossing on each ray; infinite where there is none."""
        low, high = np.zeros(len(directions)), np.full(len(directions), self._farthest)
        ever = self.reached(directions, high)
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            lost = self.reached(directions, middle)
            low, high = np.where(lost, low, middle), np.where(lost, middle, high)
        return np.where(ever, high, np.inf)


def _unit(directions: Floats) -> Floats:
    return np.asarray(directions / np.linalg.norm(directions, axis=1, keepdims=True), dtype=np.float64)


def _modes(directions: Floats, radii: Floats, reach: float, evaluations: int) -> DesignPoints:
    kept: list[int] = []
    for place in np.argsort(radii, kind="stable").tolist():
        if radii[place] > radii.min() + reach or np.isinf(radii[place]):
            break
        if all(float(directions[place] @ directions[other]) < _ALIKE for other in kept):
            kept.append(place)
    return DesignPoints(directions[kept] * radii[kept, None], radii[kept], evaluations)
