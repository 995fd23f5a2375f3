"""The pilot: it finds where a made-up storm loses, however it loses, and what it misses stays unbiased."""

from __future__ import annotations

from math import erfc, sqrt

import numpy as np
import pytest
from numpy.typing import NDArray

from seawall.analysis.sample import effective
from seawall.analysis.tail import TailEstimates, estimate_tail
from seawall.errors import InputError
from seawall.simulation.paths.model import Chosen, Factors
from seawall.simulation.pilot import Pilot, Score, pilot
from seawall.simulation.streams import PILOT_FIRST

Floats = NDArray[np.float64]

PLAIN = Factors(tuple(f"way/{number}" for number in range(5)))
JUMPING = Factors((*PLAIN.normals, "size/common", "size/own"), ("common", "own"), (0.03, 0.02))


def falls(_first: int, chosen: Chosen) -> Floats:
    """How far below zero a sum of normals falls, whose first matters most: N(0, 1) in all."""
    return np.maximum(0.0, -chosen.normals[:, :5] @ np.array([0.9, 0.3, 0.2, 0.2, sqrt(0.02)]))


def both_ways(first: int, chosen: Chosen) -> Floats:
    return np.abs(chosen.normals[:, 0])


def with_jumps(first: int, chosen: Chosen) -> Floats:
    """A steady part of sd 4 %, common jumps of 6 % on average and own ones that matter less."""
    moved = 0.04 * chosen.normals[:, 0] + 0.005 * chosen.normals[:, 1:5].sum(axis=1)
    for source, scale in enumerate((1.0, 0.3)):
        count = chosen.counts[:, source]
        moved += scale * (-0.06 * count + 0.08 * np.sqrt(count) * chosen.normals[:, 5 + source])
    return np.maximum(0.0, -moved - 0.08) + 1e-6 * np.maximum(0.0, -moved)


def tail_of(found: Pilot, score: Score, paths: int = 20_000, seed: int = 3) -> TailEstimates:
    aimed = found.aim.paths(seed, 0, paths)
    return estimate_tail(score(0, aimed.chosen), weights=aimed.weights, levels=(0.99, 0.999))


def test_the_lobe_of_a_linear_loss_lies_in_its_direction() -> None:
    found = pilot(falls, PLAIN, seed=1, levels=(0.999,))
    assert found.reached
    assert found.paths <= 6 * 128
    (lobe,) = found.aim.lobes
    assert lobe.centre[0] == pytest.approx(-0.9 * 3.37, abs=0.5)  # E[Z | Z > 3.09] = 3.37
    assert abs(np.array(lobe.centre[1:])).max() < 1.6


def test_var_and_es_of_a_normal_loss_are_right_and_many_times_sharper() -> None:
    tail = tail_of(pilot(falls, PLAIN, seed=1, levels=(0.99, 0.999)), falls)
    for level, var, es in ((0.99, 2.3263479, 2.6652142), (0.999, 3.0902323, 3.3670901)):
        assert tail.var[level].low < var < tail.var[level].high
        assert tail.es[level].low < es < tail.es[level].high
    assert tail.var[0.99].variance_ratio > 8
    assert tail.var[0.999].variance_ratio > 60
    assert tail.es[0.999].variance_ratio > 100


def test_losses_on_both_sides_of_the_market_have_a_lobe_each() -> None:
    found = pilot(both_ways, PLAIN, seed=2, levels=(0.999,))
    centres = sorted(lobe.centre[0] for lobe in found.aim.lobes)
    assert len(centres) == 2
    assert centres[0] < -3
    assert centres[1] > 3
    tail = tail_of(found, both_ways)
    assert tail.var[0.999].low < 3.2905267 < tail.var[0.999].high
    assert tail.var[0.999].variance_ratio > 50


def test_jumps_and_steady_falls_are_both_found() -> None:
    found = pilot(with_jumps, JUMPING, seed=5, levels=(0.99, 0.999))
    ways = {lobe.jumps for lobe in found.aim.lobes}
    assert {(True, False), (False, False)} <= ways
    tail = tail_of(found, with_jumps)
    plain = np.random.default_rng(0)
    chosen = Chosen(plain.standard_normal((400_000, 7)), plain.poisson(JUMPING.expected, (400_000, 2)))
    truth = estimate_tail(with_jumps(0, chosen))
    for level in (0.99, 0.999):
        for name in ("var", "es"):
            mine, plain_one = getattr(tail, name)[level], getattr(truth, name)[level]
            spread = sqrt((mine.high - mine.low) ** 2 + (plain_one.high - plain_one.low) ** 2)
            assert abs(mine.value - plain_one.value) < spread
    assert tail.var[0.999].variance_ratio > 30
    assert tail.es[0.999].variance_ratio > 60


def test_it_walks_paths_that_no_run_has_and_finds_the_same_again() -> None:
    walked: list[int] = []

    def told(first: int, chosen: Chosen) -> Floats:
        walked.extend(range(first, first + len(chosen.normals)))
        return falls(first, chosen)

    found = pilot(told, PLAIN, seed=1)
    assert walked == list(range(PILOT_FIRST, PILOT_FIRST + found.paths))
    assert found == pilot(falls, PLAIN, seed=1)
    assert found.aim != pilot(falls, PLAIN, seed=2).aim


def test_where_nothing_is_ever_lost_paths_stay_where_they_were() -> None:
    def nothing(_first: int, chosen: Chosen) -> Floats:
        return np.zeros(len(chosen.normals))

    weights = pilot(nothing, PLAIN, seed=1).aim.paths(1, 0, 10_000).weights
    assert effective(weights) > 0.5 * len(weights)


def test_a_way_that_was_missed_costs_precision_not_truth() -> None:
    """Half of what is lost lies behind a rare jump of which the pilot's few paths see nothing."""
    rare = Factors(PLAIN.normals, ("own",), (1e-3,))

    def hidden(_first: int, chosen: Chosen) -> Floats:
        return np.maximum(0.0, -chosen.normals[:, 0] - 3.0)

    found = pilot(hidden, rare, seed=1)

    def real(_first: int, chosen: Chosen) -> Floats:
        return hidden(0, chosen) + 10.0 * (chosen.counts[:, 0] > 0) * (chosen.normals[:, 1] > 0)

    truth = 5.0 * -np.expm1(-1e-3) + (np.exp(-4.5) / sqrt(2 * np.pi) - 3 * erfc(3 / sqrt(2)) / 2)
    aimed = found.aim.paths(9, 0, 100_000)
    terms = real(0, aimed.chosen) * aimed.weights
    assert abs(terms.mean() - truth) < 4 * terms.std() / sqrt(len(terms))


def test_paths_without_chance_cannot_be_aimed() -> None:
    with pytest.raises(InputError, match="sample the scenario plain"):
        pilot(falls, Factors(()), seed=1)
