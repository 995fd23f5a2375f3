"""Student's t by table, against the closed forms of 1, 2 and 4 degrees of freedom and the normal law."""

from __future__ import annotations

from collections.abc import Callable
from math import atan, pi, sqrt
from statistics import NormalDist

import numpy as np
import pytest

from seawall.simulation.paths.student import to_margin

X = np.array([0.01, 0.3, 1.0, 2.5, 8.0, 40.0])


def cdf_1(x: float) -> float:
    return 0.5 + atan(x) / pi


def cdf_2(x: float) -> float:
    return 0.5 + x / (2 * sqrt(2 + x * x))


def cdf_4(x: float) -> float:
    y = 1 + x * x / 4
    return 0.5 + 3 / 8 * x / sqrt(y) * (1 - x * x / y / 12)


CDF: dict[float | None, Callable[[float], float]] = {1: cdf_1, 2: cdf_2, 4: cdf_4, None: NormalDist().cdf}


@pytest.mark.parametrize("nu_from", [1, 2, 4])
@pytest.mark.parametrize("nu_to", [1, 2, 4, None])
def test_the_mapped_value_has_the_rank_of_the_draw(nu_from: float, nu_to: float | None) -> None:
    mapped = to_margin(X, nu_from, nu_to)
    tails = [CDF[nu_from](-x) for x in X]
    assert [CDF[nu_to](-y) for y in mapped] == pytest.approx(tails, rel=2e-5)


@pytest.mark.parametrize(("nu_from", "nu_to"), [(3.3, 5.0), (2.1, 150.0), (200.0, 2.5), (1.0, None)])
def test_the_map_is_odd_and_rising(nu_from: float, nu_to: float | None) -> None:
    x = np.concatenate([-(10.0 ** np.linspace(9, -9, 181)), [0.0], 10.0 ** np.linspace(-9, 9, 181)])
    mapped = to_margin(x, nu_from, nu_to)
    assert np.isfinite(mapped).all()
    assert np.allclose(mapped, -mapped[::-1])
    assert (np.diff(mapped)[np.abs(x[1:]) < 10] > 0).all()
    assert (np.diff(mapped) >= 0).all()


def test_there_and_back_is_where_it_was() -> None:
    assert np.allclose(to_margin(to_margin(X, 3.0, 7.5), 7.5, 3.0), X, rtol=1e-6, atol=1e-6)


def test_the_same_law_is_left_as_it_is() -> None:
    same = to_margin(X, 4.0, 4.0)
    assert np.array_equal(same, X)
    assert same is not X


def test_far_out_tails_follow_their_power() -> None:
    # P(T_2 > x) ~ 1 / (2 x^2): one decade of a tail of power 4 is two of a tail of power 2.
    assert to_margin(np.array([1e6]), 4.0, 2.0)[0] / to_margin(np.array([1e5]), 4.0, 2.0)[0] == pytest.approx(
        100, rel=1e-3
    )
