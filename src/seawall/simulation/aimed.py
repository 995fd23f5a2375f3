"""Samplers of storms whose paths are aimed: by a pilot on the storm itself, or over Sobol nets."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from seawall.errors import InputError
from seawall.simulation.aim import Aim
from seawall.simulation.aim_settings import Importance, Sobol
from seawall.simulation.engine import Ground, walk_paths
from seawall.simulation.paths.model import NOTHING_TO_CHOOSE, Chosen, Floats
from seawall.simulation.pilot import Pilot, pilot
from seawall.simulation.sampling import Walks
from seawall.simulation.scenario import Scenario
from seawall.simulation.totals import MICRO

__all__ = ["Aimed", "found_aim"]

_NETS_MIN = 20  # below, an interval over nets says little
_NEAR = 1e-6  # of what is liquidated counts where nothing is lost yet: who is nearer to losing


@dataclass(frozen=True)
class Aimed:
    """Draws the paths of a scenario by an aim, and walks all of them.

    Attributes:
        pilot: What found the aim; one of no paths where paths are only spread evenly.
    """

    scenario: Scenario
    pilot: Pilot

    def walks(self, first: int, count: int) -> Walks:
        """Draw paths `first` to `first + count - 1`."""
        found = self.pilot.aim.paths(self.scenario.run.seed, first, count)
        moves = self.scenario.moves(first, count, chosen=found.chosen)
        return Walks(first, count, np.arange(first, first + count), found.weights, moves)


def found_aim(ground: Ground, scenario: Scenario, wanted: Importance | Sobol, *, threads: int = 1) -> Pilot:
    """Find the aim of a run, by a pilot over its storm if it takes one.

    Args:
        ground: Of the storm.
        scenario: Of the run.
        wanted: Its sampling.
        threads: Of the pilot; the aim is the same.

    Raises:
        InputError: Nothing of these paths can be chosen, nets are too few, or paths cannot be shared out
            evenly over them.
        UnsupportedFeature: Nets without the extra `stats`.
    """
    run, factors = scenario.run, scenario.factors()
    if 0 < wanted.nets < _NETS_MIN or (wanted.nets and run.n_paths % wanted.nets):
        message = (
            f"{run.n_paths} paths over {wanted.nets} nets: expected at least {_NETS_MIN} nets and the same"
            f" number of paths on each, such as {_fitting(run.n_paths, wanted.nets)} paths"
        )
        raise InputError(message, code="nets")
    if isinstance(wanted, Sobol):
        if not factors.normals:
            raise InputError(NOTHING_TO_CHOOSE, code="no_factors")
        return Pilot(Aim(factors, nets=wanted.nets), 0, reached=True)

    def score(first: int, chosen: Chosen) -> Floats:
        moves = scenario.moves(first, len(chosen.normals), chosen=chosen)
        totals = walk_paths(
            ground,
            moves,
            first=first,
            depth=scenario.depths(moves),
            absent=scenario.absences(first, len(moves)),
            threads=threads,
        )
        sold = totals.sold.sum(axis=1) / MICRO
        found: Floats = totals.value("recognised") + _NEAR * (totals.value("repaid") + sold)
        return found

    return pilot(
        score,
        factors,
        seed=run.seed,
        levels=wanted.levels,
        per_round=wanted.pilot_paths,
        rounds=wanted.pilot_rounds,
        defensive=wanted.defensive,
        nets=wanted.nets,
    )


def _fitting(n_paths: int, nets: int) -> int:
    # A power of two on each net, near what was asked for.
    each = max(1, n_paths // max(nets, _NETS_MIN))
    return max(nets, _NETS_MIN) * (1 << (each.bit_length() - 1))
