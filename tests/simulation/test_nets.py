"""Scrambled nets: every cell is filled, each scramble is another, a part is a part of the whole."""

from __future__ import annotations

import numpy as np
import pytest

from seawall.simulation.nets import net_normals, net_points

pytest.importorskip("scipy", reason="needs the extra stats")


def points(first: int, count: int, seed: int = 1) -> np.ndarray:
    return net_points(5, np.random.default_rng(seed), first=first, count=count)


def test_a_power_of_two_of_points_fills_every_cell_of_every_coordinate() -> None:
    found = points(0, 256)
    assert (np.sort((found * 256).astype(int), axis=0) == np.arange(256)[:, None]).all()
    pairs = (found[:, :2] * 16).astype(int)
    assert len(np.unique(pairs @ [16, 1])) == 256


@pytest.mark.parametrize(("first", "count"), [(0, 1), (0, 3), (1, 7), (20, 12), (63, 1), (5, 0)])
def test_a_part_of_a_net_is_the_same_by_itself(first: int, count: int) -> None:
    assert np.array_equal(points(first, count), points(0, 64)[first : first + count])


def test_another_generator_scrambles_in_another_way() -> None:
    assert not np.isclose(points(0, 64), points(0, 64, seed=2)).any()


def test_points_are_inside_the_cube_and_become_normals() -> None:
    found = points(0, 4096)
    assert found.min() > 0
    assert found.max() < 1
    z = net_normals(found)
    assert np.isfinite(z).all()
    assert z.mean(axis=0) == pytest.approx(0, abs=2e-3)
    assert z.var(axis=0) == pytest.approx(1, abs=5e-3)
