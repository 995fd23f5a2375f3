"""Two-phase sampling: prices of many paths, and a walk of those few that could matter.

The mean of anything over the walked paths, each counted by the inverse of its chance to be walked, is its
mean over all that were drawn, however bad the screen is: a bad one costs precision, not truth.

Source: Horvitz and Thompson (1952); Neyman, double sampling (1938).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import log

import numpy as np
from numpy.typing import NDArray

from seawall.errors import InputError, Problem
from seawall.simulation.kernels.columns import COLLATERAL, HOLD
from seawall.simulation.kernels.screen import count_in_reach
from seawall.simulation.sampling import Walks
from seawall.simulation.scenario import Scenario
from seawall.simulation.storm_book import StormBook
from seawall.simulation.streams import PILOT_FIRST, stream, uniforms

__all__ = ["Screen", "sure_share"]

SAMPLED = 4096
"""Accounts that stand for the book, drawn by what they owe or hold."""

PILOTS = 4096
"""Paths that tell how rare a screen's answer is; none of them is a path of the run."""

MOMENTS = 24
"""Moments of a path that are looked at, about."""

WALKS_MIN = 100
"""Fewer walks than that say nothing of a tail."""

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Screen:
    """A sample of accounts, and how rare it is that so many of them come into reach.

    Attributes:
        scenario, storm: Whose paths, and the book they meet.
        sure: Part of the paths, those with most in reach, that are walked for certain [1].
        pair_for, pair_against: Code sets for and against, by pair of sets in the sample, shape (n_pairs,).
        pair_first: First account of each pair, shape (n_pairs + 1,).
        key: ln(for / against) of the sampled accounts at the start, rising within a pair, shape (SAMPLED,).
        pilot: Sampled accounts in reach on each pilot path, rising, shape (n_pilots,).
    """

    scenario: Scenario
    storm: StormBook
    sure: float
    pair_for: Ints
    pair_against: Ints
    pair_first: Ints
    key: Floats
    pilot: Ints

    @classmethod
    def of(cls, storm: StormBook, scenario: Scenario, share: float) -> Screen:
        """Prepare a screen that lets about this share of the paths through.

        Raises:
            InputError: So few would be walked that nothing could be said (`too_few_walks`).
        """
        if scenario.run.n_paths * share < WALKS_MIN:
            message = (
                f"{share:g} of {scenario.run.n_paths:,} paths would be walked, expected at least {WALKS_MIN}:"
                " draw more paths, walk a larger share, or sample plain"
            )
            raise InputError.of([Problem("too_few_walks", message, "sampling.share")])
        rows = _sampled(storm, scenario.run.seed)
        cohort = np.searchsorted(storm.cohorts.first, rows, side="right") - 1
        sets = np.stack([storm.cohorts.collateral_set[cohort], storm.cohorts.debt_set[cohort]])
        pairs, pair = np.unique(sets.astype(np.int64), axis=1, return_inverse=True)
        key = storm.cohorts.key[rows]
        order = np.lexsort((key, pair.ravel()))
        ends = np.cumsum(np.bincount(pair.ravel(), minlength=pairs.shape[1]))
        screen = cls(
            scenario,
            storm,
            sure_share(share),
            pairs[0].copy(),
            pairs[1].copy(),
            np.concatenate([[0], ends]).astype(np.int64),
            key[order],
            np.zeros(0, dtype=np.int64),
        )
        pilot = np.sort(screen.in_reach(scenario.moves(PILOT_FIRST, PILOTS)))
        return replace(screen, pilot=pilot)

    def walks(self, first: int, count: int) -> Walks:
        """Draw the prices of paths `first` to `first + count - 1`, and choose those to walk."""
        moves = self.scenario.moves(first, count)
        chance = self.chance(self.in_reach(moves))
        drawn = uniforms(self.scenario.run.seed, "screened", first=first, count=count, shape=(1,))[:, 0]
        chosen = np.flatnonzero(drawn < chance)
        return Walks(first, count, first + chosen, 1.0 / chance[chosen], moves[chosen])

    def in_reach(self, moves: Floats) -> Ints:
        """Return how many sampled accounts each path brings into reach, shape (n_paths,)."""
        item = self.storm.codes.item
        sets = (self.storm.for_sets, self.storm.against_sets)
        widths = (len(item), *(each.member.shape[1] for each in sets), len(self.pair_for))
        scratch = tuple(np.zeros(width) for width in widths)
        found = np.zeros(len(moves), dtype=np.int64)
        stride = max(1, moves.shape[1] // MOMENTS)
        pairs = (self.pair_for, self.pair_against, self.pair_first)
        count_in_reach(item, *sets, moves, stride, *pairs, self.key, scratch, found)
        return found

    def chance(self, in_reach: Ints) -> Floats:
        """Return the chance of paths to be walked, by how much each brings into reach, shape (n_paths,).

        With r the share of paths that bring as much into reach or more: `sure` / r, at most 1. So each
        tenfold rarer class of paths gets as many walks.
        """
        above = len(self.pilot) - np.searchsorted(self.pilot, in_reach, side="left")
        rarity = (above + 1) / (len(self.pilot) + 1)
        return np.minimum(1.0, self.sure / rarity)


def sure_share(share: float) -> float:
    """Return the part of paths to walk for certain, so that about `share` of them are walked in all.

    The solution of x (1 - ln x) = share: where r is uniform, min(1, x / r) is that on average.

    >>> sure_share(1.0), round(sure_share(0.03), 5)
    (1.0, 0.00438)
    """
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        if middle > 0 and middle * (1 - log(middle)) >= share:
            high = middle
        else:
            low = middle
    return high


def _sampled(storm: StormBook, seed: int) -> Ints:
    # Rows drawn by what they owe, or by what they hold where they owe nothing.
    item, cohorts = storm.codes.item, storm.cohorts
    worth = np.abs(storm.q) * item.worth[cohorts.code]
    kind = item.kind[cohorts.code]
    counted = np.where((kind == COLLATERAL) | (kind == HOLD), 0.0, worth)
    cohort = np.repeat(np.arange(len(cohorts.width)), np.diff(cohorts.first))
    start = (
        cohorts.leg_first[cohort] + (np.arange(len(storm)) - cohorts.first[cohort]) * cohorts.width[cohort]
    )
    size = np.add.reduceat(counted, start) if len(start) else np.zeros(0)
    if not size.any():
        return np.zeros(0, dtype=np.int64)
    upto = np.cumsum(size)
    drawn = stream(seed, "screen", 0).random(SAMPLED) * upto[-1]
    rows: Ints = np.minimum(np.searchsorted(upto, drawn, side="right"), len(size) - 1)
    return rows
