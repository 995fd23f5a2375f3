"""Reverse stress against enumeration of every set of accounts."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seawall.analysis.design_points import design_points
from seawall.analysis.reverse_stress import nearest_linear_loss, nearest_losses
from seawall.errors import InputError

COV = np.array([[0.0025, 0.0024], [0.0024, 0.0064]])
HELD = np.array([[1.0, 0.0], [0.0, 1.0], [0.5, 0.5], [0.3, 0.7]])
OWED = np.array([0.8, 0.7, 0.72, 0.78])


def lost(held: np.ndarray, owed: np.ndarray, scenario: np.ndarray) -> float:
    return float(np.maximum(0, owed - held @ (1 + scenario)).sum())


def enumerated(held: np.ndarray, owed: np.ndarray, cov: np.ndarray, loss: float) -> float:
    """Distance of the nearest of all half-spaces, one for each set of accounts."""
    best = np.inf
    for size in range(1, len(owed) + 1):
        for group in combinations(range(len(owed)), size):
            exposure = held[list(group)].sum(axis=0)
            missing = loss - float((owed[list(group)] - held[list(group)].sum(axis=1)).sum())
            square = float(exposure @ cov @ exposure)
            if square:
                best = min(best, max(0.0, missing) / square**0.5)
    return float(best)


def drawn_book(seed: int, accounts: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    root = rng.standard_normal((3, 3)) * 0.05
    held = rng.dirichlet(np.full(3, 0.4), accounts) * rng.lognormal(0, 1, (accounts, 1))
    owed = held.sum(axis=1) * rng.uniform(0.3, 0.9, accounts)
    return held, owed, root @ root.T + 0.001 * np.eye(3)


@example(seed=184226, accounts=7, part=0.09903212145307534)  # missed by starts from accounts alone
@example(seed=598776, accounts=7, part=0.4481623356660324)
@example(seed=125225, accounts=3, part=0.3618590917435669)
@settings(max_examples=60)
@given(seed=st.integers(0, 10**6), accounts=st.integers(1, 9), part=st.floats(0.01, 0.6))
def test_the_nearest_is_that_of_all_sets_of_accounts(seed: int, accounts: int, part: float) -> None:
    held, owed, cov = drawn_book(seed, accounts)
    loss = part * float(owed.sum())
    found = nearest_losses(held, owed, cov, loss)
    assert found[0].distance == pytest.approx(enumerated(held, owed, cov, loss), rel=1e-9)


@settings(max_examples=60)
@given(seed=st.integers(0, 10**6), part=st.floats(0.01, 0.5))
def test_every_design_loses_just_so_much_and_stands_where_it_says(seed: int, part: float) -> None:
    held, owed, cov = drawn_book(seed, 30)
    loss = part * float(owed.sum())
    found = nearest_losses(held, owed, cov, loss)
    distances = [design.distance for design in found]
    assert distances == sorted(distances)
    assert distances[-1] <= distances[0] + 1
    for design in found:
        assert lost(held, owed, design.scenario) == pytest.approx(loss, rel=1e-9)
        assert lost(held, owed, design.scenario * 0.999) < loss
        assert np.linalg.norm(design.z) == pytest.approx(design.distance)
        assert np.linalg.cholesky(cov) @ design.z == pytest.approx(design.scenario)
        assert design.active == tuple(np.flatnonzero(owed > held @ (1 + design.scenario)).tolist())


def test_a_search_that_knows_only_losses_finds_the_same() -> None:
    root = np.linalg.cholesky(COV)
    nearest = nearest_losses(HELD, OWED, COV, 0.25)[0]

    def loss(z: np.ndarray) -> np.ndarray:
        return np.maximum(0, OWED - (1 + z @ root.T) @ HELD.T).sum(axis=1)

    found = design_points(loss, 2, 0.25, np.random.default_rng(1))
    assert found.distances[0] == pytest.approx(nearest.distance, rel=1e-3)
    assert found.points[0] == pytest.approx(nearest.z, abs=0.1)


def test_one_account_is_a_linear_book() -> None:
    alone = nearest_losses(HELD[2:3], OWED[2:3], COV, 0.1)[0]
    linear = nearest_linear_loss(HELD[2], COV, 0.1 + float(HELD[2].sum() - OWED[2]))
    assert alone.distance == pytest.approx(linear.distance)
    assert alone.scenario == pytest.approx(linear.scenario)


def test_what_is_lost_already_is_no_distance_away() -> None:
    (design,) = nearest_losses(HELD, OWED + 0.5, COV, 0.25)
    assert (design.distance, design.active) == (0.0, (0, 1, 2, 3))


def test_a_book_that_does_not_move_never_loses() -> None:
    assert nearest_losses(np.zeros((1, 2)), np.zeros(1), COV, 0.1) == []
    with pytest.raises(InputError, match="no returns lose anything"):
        nearest_linear_loss(np.zeros(2), COV, 0.1)


@pytest.mark.parametrize(
    ("held", "owed", "cov", "loss", "said"),
    [
        (HELD, OWED[:3], COV, 0.1, "expected collateral"),
        (-HELD, OWED, COV, 0.1, "at least 0"),
        (HELD, OWED, COV, 0.0, "a loss above 0"),
        (HELD, OWED, COV[:1], 0.1, "cov: expected symmetric"),
        (HELD, OWED, np.ones((2, 2)), 0.1, "cov: expected positive definite"),
    ],
)
def test_what_makes_no_sense_is_refused(
    held: np.ndarray, owed: np.ndarray, cov: np.ndarray, loss: float, said: str
) -> None:
    with pytest.raises(InputError, match=said):
        nearest_losses(held, owed, cov, loss)
