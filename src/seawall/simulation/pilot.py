"""A few hundred paths that find out where the storm loses: cross-entropy, level by level.

The worst paths of a round say where the next is drawn, up to the loss that so many paths stay below. Paths in
which nothing jumps and those of each source of jumps climb apart, each by as many paths: the likeliest way
to lose would else hide the others. Each lobe is centred on the mean, under the true law, of the paths that
lose in one way: by the same source of jumps, in a falling or in a rising market. A source that loses too
little, or too rarely to be seen, still gets a small lobe around its worst paths: one path that no lobe
expects would outweigh all others.
Paths of all rounds are used together, weighted by the mixture of all aims so far (balance heuristic).

A search proves nothing: a way to lose may have been missed. The defensive part of the aim pays for it, in
precision, not in truth. All chance comes from streams of path numbers that no run walks, so the aim is
the same however many work on it.

Source:
    Rubinstein and Kroese, The Cross-Entropy Method (2004), chapter 3; Veach and Guibas, Optimally
    combining sampling techniques for Monte Carlo rendering (1995).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from math import sqrt
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seawall.errors import InputError
from seawall.simulation.aim import Aim, Lobe
from seawall.simulation.paths.model import NOTHING_TO_CHOOSE, Chosen, Factors
from seawall.simulation.streams import PILOT_FIRST

__all__ = ["Pilot", "Score", "pilot"]

_WORST = 0.15  # of a round, who say where the next goes
_QUIET = -1  # the source of paths in which nothing jumps
_APART = 0.1  # of the paths that lose, on the lesser side of the market, for a lobe of its own
_LEAST = 0.05  # of a level, for each way: how likely a way is, few paths tell
_SURE = 1.5  # standard errors from which a coordinate is aimed at

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Score = Callable[[int, Chosen], Floats]
"""(Number of the first path, its factors) to how bad each path is, shape (n_paths,): higher is worse."""


@dataclass(frozen=True, slots=True)
class Pilot:
    """What a pilot found.

    Attributes:
        aim: For the run.
        paths: How many it walked.
        reached: Whether it saw enough at the highest level.
    """

    aim: Aim
    paths: int
    reached: bool


def pilot(
    score: Score,
    factors: Factors,
    *,
    seed: int,
    levels: Sequence[float] = (0.999,),
    per_round: int = 128,
    rounds: int = 6,
    defensive: float = 0.25,
    nets: int = 0,
) -> Pilot:
    """Return where to draw paths so that their worst are seen often.

    Args:
        score: Walks paths; it must tell bad from worse where nothing is lost yet, too.
        factors: What can be chosen.
        seed: Of the run.
        levels: What share of paths stays below the losses to be seen, each above 0 and below 1 [1].
        per_round: Paths of a round, at least 20.
        rounds: How many.
        defensive: Share drawn from the true law [1].
        nets: Of the aim.

    Raises:
        InputError: Nothing can be chosen.
    """
    if not factors.normals:
        raise InputError(NOTHING_TO_CHOOSE, code="no_factors")
    aims, walked, reached = [_first(factors)], _Walked(factors), False
    sources = range(_QUIET, len(factors.counts))
    for _ in range(rounds):
        number = PILOT_FIRST + walked.paths
        drawn = aims[-1].paths(seed, number, per_round).chosen
        walked.add(drawn, score(number, drawn))
        weights = walked.weights(aims)
        target = walked.quantile(weights, max(levels))
        worst = [walked.worst(source, last=per_round) for source in sources]
        reached = reached or any(target <= each < np.inf for each in worst)
        ways = [
            [*walked.ways(weights, min(target, each), source)]
            for source, each in zip(sources, worst, strict=True)
        ]
        aims.append(_aim(factors, [each for each in ways if each], defensive))
    weights = walked.weights(aims[:-1])
    found = [
        [way for source in sources for way in walked.final_ways(weights, threshold, source)]
        for threshold in (walked.quantile(weights, level) for level in levels)
    ]
    return Pilot(_aim(factors, found, defensive, nets), walked.paths, reached)


class _Way(NamedTuple):
    likely: float  # among those that lose
    centre: tuple[float, ...]
    jumps: tuple[bool, ...]


def _first(factors: Factors) -> Aim:
    # As many paths of the true law as of each source, which jumps in them.
    still, sources = (0.0,) * len(factors.normals), range(len(factors.counts))
    ways = [_Way(1.0, still, tuple(other == one for other in sources)) for one in sources]
    return _aim(factors, [[way] for way in ways], 1 / (1 + len(ways)))


def _aim(factors: Factors, groups: Sequence[Sequence[_Way]], defensive: float, nets: int = 0) -> Aim:
    # Every group has an equal share, its ways by how likely they are, none of them too little.
    lobes = []
    for ways in groups:
        total = sum(way.likely for way in ways)
        parts = [max(_LEAST, way.likely / total) for way in ways]
        share = (1 - defensive) / len(groups) / sum(parts)
        lobes += [Lobe(share * part, way.centre, way.jumps) for part, way in zip(parts, ways, strict=True)]
    return Aim(factors, tuple(lobes), 1 - sum(lobe.share for lobe in lobes), nets)


class _Walked:
    """All paths walked so far."""

    def __init__(self, factors: Factors) -> None:
        self.normals = np.empty((0, len(factors.normals)))
        self.counts = np.empty((0, len(factors.counts)), dtype=np.int64)
        self.scores = np.empty(0)

    @property
    def paths(self) -> int:
        return len(self.scores)

    @property
    def source(self) -> Ints:
        # The first source that jumped on each path.
        jumped = np.column_stack([np.zeros(self.paths, dtype=np.bool_), self.counts > 0])
        return np.where(jumped.any(axis=1), jumped.argmax(axis=1) - 1, _QUIET)

    def add(self, drawn: Chosen, scores: Floats) -> None:
        self.normals = np.vstack([self.normals, drawn.normals])
        self.counts = np.vstack([self.counts, drawn.counts])
        self.scores = np.append(self.scores, scores)

    def weights(self, aims: Sequence[Aim]) -> Floats:
        # Rounds are equally long: a path weighs its true density over the mean of all they were drawn from.
        chosen = Chosen(self.normals, self.counts)
        densities = [1 / np.maximum(aim.weights(chosen), 1e-300) for aim in aims]
        found: Floats = len(aims) / np.sum(densities, axis=0)
        return found

    def worst(self, source: int, *, last: int) -> float:
        # What the worst of the last paths reach; of a source that was not drawn, nothing holds it back.
        scores = self.scores[-last:][self.source[-last:] == source]
        if not len(scores):
            return np.inf
        return float(np.sort(scores)[-max(1, round(_WORST * len(scores)))])

    def quantile(self, weights: Floats, level: float) -> float:
        # The highest score that at least 1 - level of the law reach.
        order = np.argsort(-self.scores, kind="stable")
        reached = np.cumsum(weights[order]) / len(weights)
        place = int(np.searchsorted(reached, 1 - level))
        return float(self.scores[order[min(place, len(order) - 1)]])

    def final_ways(self, weights: Floats, threshold: float, source: int) -> list[_Way]:
        # Those that reach the threshold, or else the worst there are, which nobody knows to be likely.
        if found := [*self.ways(weights, threshold, source)]:
            return found
        worst = self.worst(source, last=self.paths)
        return [way._replace(likely=0.0) for way in self.ways(weights, worst, source)]

    def ways(self, weights: Floats, threshold: float, source: int) -> Iterator[_Way]:
        # By whether the market fell or rose, where both happen.
        rows = np.flatnonzero((self.scores >= threshold) & (self.source == source))
        if not len(rows):
            return
        falls = self.normals[rows, 0] < 0
        sides = [rows[falls], rows[~falls]]
        if min(weights[side].sum() for side in sides) < _APART * weights[rows].sum():
            sides = [rows]
        for side in sides:
            yield self._way(side, weights, source)

    def _way(self, rows: Ints, weights: Floats, source: int) -> _Way:
        total = float(weights[rows].sum())
        own = weights[rows] / total
        mean = (own[:, None] * self.normals[rows]).sum(axis=0)
        if len(rows) > 1:
            spread = np.sqrt((own[:, None] * (self.normals[rows] - mean) ** 2).sum(axis=0))
            error = spread * sqrt(float((own * own).sum()))
            # A coordinate that may as well be chance is left alone: aiming at noise costs precision.
            mean[np.abs(mean) < _SURE * error] = 0.0
        jumps = tuple(number == source for number in range(self.counts.shape[1]))
        return _Way(total, tuple(mean.tolist()), jumps)
