"""Correlations: which there can be, and what mixing makes of them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from seawall.errors import InputError
from seawall.simulation.paths import Correlation
from seawall.simulation.paths.correlation import mixed, triangle


def test_named_pairs_stand_beside_the_common_number() -> None:
    found = Correlation(between=0.5, pairs={"A/C": 0.9}).matrix(("C", "B", "A"))
    assert found.tolist() == [[1, 0.5, 0.9], [0.5, 1, 0.5], [0.9, 0.5, 1]]


@given(st.integers(1, 6), st.integers(0, 2**32))
def test_the_triangle_squares_to_the_matrix(size: int, seed: int) -> None:
    loads = np.random.default_rng(seed).standard_normal((size, size + 1))
    loads /= np.linalg.norm(loads, axis=1)[:, None]
    matrix = loads @ loads.T
    factor = triangle(matrix, [str(row) for row in range(size)])
    assert np.allclose(factor @ factor.T, matrix, atol=1e-8)
    assert np.array_equal(factor, np.tril(factor))


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_perfect_correlation_is_possible(sign: float) -> None:
    z = np.random.default_rng(1).standard_normal((3, 4, 2))
    out = mixed(z, Correlation(between=sign).factor(("A", "B")))
    assert np.array_equal(out[:, :, 1], sign * out[:, :, 0])


def test_three_assets_can_all_move_as_one() -> None:
    assert Correlation(between=1.0).factor("ABC").tolist() == [[1, 0, 0]] * 3


@pytest.mark.parametrize(
    "impossible",
    [
        Correlation(between=-0.6),
        Correlation(between=1.0, pairs={"A/C": 0.5}),
        Correlation(pairs={"A/B": 0.9, "B/C": 0.9, "A/C": -0.9}),
    ],
)
def test_correlations_that_contradict_each_other_are_refused(impossible: Correlation) -> None:
    with pytest.raises(InputError, match=r"up to '[BC]' contradict each other"):
        impossible.factor(("A", "B", "C"))


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ({"AB": 0.5}, "is no pair"),
        ({"A/": 0.5}, "is no pair"),
        ({"A/A": 0.5}, "is no pair"),
        ({"A/B/C": 0.5}, "is no pair"),
        ({"A/B": 1.5}, "expected -1 to 1"),
        ({"A/B": float("nan")}, "expected -1 to 1"),
        ({"A/B": 0.5, "B/A": 0.5}, "given twice"),
    ],
)
def test_a_pair_that_says_nothing_is_refused(pairs: dict[str, float], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        Correlation(pairs=pairs)


def test_mixing_is_the_product_with_the_factor() -> None:
    rng = np.random.default_rng(2)
    z, factor = rng.standard_normal((19, 5, 3)), np.tril(rng.random((3, 3)))
    assert np.allclose(mixed(z, factor), z @ factor.T, rtol=1e-12)
    kept = z.copy()
    mixed(z, factor)
    assert np.array_equal(z, kept)
