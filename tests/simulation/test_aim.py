"""Aimed paths: weights are likelihood ratios, whatever the lobes; a path depends on its number alone."""

from __future__ import annotations

from math import exp, sqrt

import numpy as np
import pytest

from seawall.errors import InvariantError
from seawall.simulation.aim import Aim, Lobe
from seawall.simulation.nets import net_of
from seawall.simulation.paths.model import Chosen, Factors, Floats
from tests.analysis.zscore import z_score

FACTORS = Factors(("way/0", "way/1", "size/common", "size/own"), ("common", "own"), (0.05, 1.3))
LOBES = (
    Lobe(0.3, (-2.0, 0.5, 0.0, 0.0), (False, False)),
    Lobe(0.25, (-1.0, 0.0, -1.5, 0.0), (True, False)),
    Lobe(0.15, (0.0, 0.0, 0.0, 1.0), (True, True)),
)
AIM = Aim(FACTORS, LOBES, 0.3)
NETS = Aim(FACTORS, LOBES, 0.3, nets=32)
EVEN = Aim(FACTORS, nets=32)


def means_of_nets(values: Floats) -> Floats:
    """Mean over the points of each of 32 nets, of paths from number 0 on."""
    net = net_of(np.arange(len(values)), 32)
    return np.array([values[net == each].mean() for each in range(32)])


@pytest.mark.parametrize("aim", [AIM, NETS, EVEN])
def test_weighted_means_are_those_of_the_true_law(aim: Aim) -> None:
    """Normals, squares, Poisson counts, far tails and their products, against their exact means."""
    aimed = aim.paths(7, 0, 32 * 512)
    z, counts = aimed.chosen.normals, aimed.chosen.counts
    truths = [
        (np.ones(len(z)), 1.0),
        *((z[:, column], 0.0) for column in range(4)),
        *((z[:, column] ** 2, 1.0) for column in range(4)),
        *((counts[:, column], expected) for column, expected in enumerate(FACTORS.expected)),
        ((counts[:, 0] > 0) * 1.0, 1 - exp(-0.05)),
        ((counts[:, 0] == 2) * 1.0, 0.05**2 / 2 * exp(-0.05)),
        ((counts[:, 1] == 0) * (z[:, 0] < -2), exp(-1.3) * 0.022750131948179),
        ((counts[:, 0] > 0) * z[:, 2] * z[:, 0], 0.0),
        (np.exp(z[:, 0] - 0.5), 1.0),
    ]
    for values, truth in truths:
        terms = values * aimed.weights
        if not aim.nets:
            assert abs(z_score(terms, truth) if terms.std() else terms.mean() - truth) < 4
        else:
            means = means_of_nets(terms)
            assert abs(means.mean() - truth) <= 4 * means.std(ddof=1) / sqrt(32) + 1e-12


def test_a_net_is_more_even_than_chance_where_one_factor_decides() -> None:
    aimed = EVEN.paths(7, 0, 32 * 256)
    falls = np.maximum(0.0, -1 - aimed.chosen.normals[:, 0])
    means = means_of_nets(falls)
    assert means.var(ddof=1) < falls.var() / 256 / 50


@pytest.mark.parametrize("aim", [AIM, NETS, EVEN])
@pytest.mark.parametrize("cut", [1, 33, 50])
def test_a_path_depends_on_its_number_alone(aim: Aim, cut: int) -> None:
    whole, parts = aim.paths(7, 40, 100), [aim.paths(7, 40, cut), aim.paths(7, 40 + cut, 100 - cut)]
    for name in ("normals", "counts"):
        joined = np.concatenate([getattr(part.chosen, name) for part in parts])
        assert np.array_equal(getattr(whole.chosen, name), joined)
    assert np.array_equal(whole.weights, np.concatenate([part.weights for part in parts]))
    assert not np.isclose(whole.chosen.normals, aim.paths(8, 40, 100).chosen.normals).any()


def test_a_weight_is_the_ratio_of_both_densities() -> None:
    chosen = Chosen(np.array([[-2.0, 0.5, 0.3, 0.1], [-1.0, 0.2, -1.5, 0.7]]), np.array([[0, 1], [1, 0]]))
    lobe_1 = 0.3 * exp(4 + 0.25 - 4.25 / 2), 0.3 * exp(2 + 0.1 - 4.25 / 2)
    lobe_2 = 0.25 * exp(1 + 2.25 - 3.25 / 2) / (1 - exp(-0.05))
    assert AIM.weights(chosen) == pytest.approx([1 / (0.3 + lobe_1[0]), 1 / (0.3 + lobe_1[1] + lobe_2)])


def test_no_path_weighs_more_than_the_defensive_part_allows() -> None:
    far = Chosen(np.array([[9.0] * 4, [-900.0] * 4]), np.zeros((2, 2), dtype=np.int64))
    weights = AIM.weights(far)
    assert weights[0] == pytest.approx(1 / 0.3)
    assert weights[1] == 0.0


def test_an_aim_without_lobes_weighs_every_path_the_same() -> None:
    assert (Aim(FACTORS).paths(1, 0, 10).weights == 1.0).all()
    assert (EVEN.paths(1, 0, 64).weights == 1.0).all()


def test_lobes_that_must_jump_do() -> None:
    sure = Aim(FACTORS, (Lobe(0.999, (0.0,) * 4, (True, False)),), 0.001)
    assert (sure.paths(3, 0, 500).chosen.counts[:, 0] > 0).mean() > 0.99


def test_an_aim_tells_what_it_is_in_names() -> None:
    told = AIM.told()
    assert told["lobes"][1] == {
        "share": 0.25,
        "centre": {"way/0": -1.0, "way/1": 0.0, "size/common": -1.5, "size/own": 0.0},
        "jumps": ["common"],
    }


@pytest.mark.parametrize(
    ("lobes", "defensive", "message"),
    [
        (LOBES, 0.2, "shares come to 0.9"),
        ((Lobe(1.0, (0.0,) * 4, (False, False)),), 0.0, "the defensive one is 0.0"),
        ((Lobe(0.5, (0.0,) * 3, (False, False)),), 0.5, "other factors"),
        ((Lobe(0.5, (0.0,) * 4, (False,)),), 0.5, "other factors"),
    ],
)
def test_an_aim_that_is_no_law_is_refused(lobes: tuple[Lobe, ...], defensive: float, message: str) -> None:
    with pytest.raises(InvariantError, match=message):
        Aim(FACTORS, lobes, defensive)
