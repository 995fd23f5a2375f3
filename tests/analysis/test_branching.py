"""The branching gauge against cascades of accounts that sell."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.analysis.branching import (
    branching_gauge,
    branching_profile,
    spectral_radius,
    total_drop,
    trigger_drops,
)
from seawall.analysis.closed_forms.uniform_band import uniform_band
from seawall.errors import InputError


def test_even_accounts_have_the_ratio_of_their_band() -> None:
    drops = 20 * (np.arange(2_000) + 0.5)[:, None] / 2_000
    units = np.full((2_000, 1), 5.0)
    found = branching_gauge(drops, units, np.array([0.0016]), window=5.0)
    assert found.radius == pytest.approx(uniform_band(2, 20, 10_000, 0.0016).branching)
    assert found.stable
    assert not branching_gauge(drops, units, np.array([0.0021]), window=5.0).stable
    edges = np.array([0.0, 5, 10, 20])
    assert branching_profile(drops[:, 0], units[:, 0], 0.0016, edges) == pytest.approx([0.8] * 3)


def test_a_shock_grows_to_what_generations_of_sales_add_up_to() -> None:
    matrix, shock = np.array([[0.5, 0.2, 0.0], [0.1, 0.4, 0.3], [0.2, 0.0, 0.1]]), np.array([2.0, 1.0, 0.5])
    total, generation = np.zeros(3), shock
    for _ in range(400):
        total, generation = total + generation, matrix @ generation
    assert total_drop(matrix, shock) == pytest.approx(total, rel=1e-12)


def test_sales_of_another_asset_stand_in_its_row() -> None:
    # Both accounts are triggered by asset 0 and sell asset 1: only B_10 is not zero.
    drops = np.array([[0.01, np.inf], [0.02, np.nan], [0.0, 0.0], [-0.5, -0.5]])
    units = np.array([[0.0, 3.0], [0.0, 4.0], [9.0, 9.0], [9.0, 9.0]])
    found = branching_gauge(drops, units, np.array([0.1, 0.2]), window=np.array([0.02, 0.05]))
    assert found.matrix == pytest.approx(np.array([[0.0, 0.0], [0.2 * 7 / 0.02, 0.0]]))
    assert (found.own.tolist(), found.radius) == ([0.0, 0.0], pytest.approx(0.0, abs=1e-6))


@given(seed=st.integers(0, 10**6))
def test_a_fall_to_the_trigger_is_a_fall_to_the_boundary(seed: int) -> None:
    weighted = np.random.default_rng(seed).normal(10.0, 60.0, (20, 3))
    falls = trigger_drops(weighted)
    for row, drops in zip(weighted, falls, strict=True):
        for asset, drop in enumerate(drops.tolist()):
            left = row.copy()
            left[asset] *= np.exp(-drop)
            if row.sum() <= 0:
                assert drop == 0.0
            elif np.isinf(drop):
                assert left.sum() >= 0  # nothing is left of the asset, and the account still stands
            else:
                assert left.sum() == pytest.approx(0.0, abs=1e-9)
                assert drop > 0


@given(a=st.floats(0, 3), b=st.floats(0, 3))
def test_two_assets_that_only_drive_each_other_have_the_root_of_the_product(a: float, b: float) -> None:
    assert spectral_radius(np.array([[0.0, a], [b, 0.0]])) == pytest.approx((a * b) ** 0.5, abs=1e-9)


@pytest.mark.parametrize("own", [1.0, 1.2])
def test_a_cascade_that_feeds_itself_has_no_end(own: float) -> None:
    with pytest.raises(InputError, match="expected below 1: the cascade feeds itself"):
        total_drop(np.array([[own]]), np.array([0.1]))
    assert total_drop(np.array([[0.99]]), np.array([0.1])) == pytest.approx([10.0])


@pytest.mark.parametrize(
    ("drops", "units", "impact", "window"),
    [
        (np.ones(3), np.ones(3), np.ones(1), 1.0),
        (np.ones((3, 1)), np.ones((3, 2)), np.ones(1), 1.0),
        (np.ones((3, 1)), np.ones((3, 1)), np.ones(2), 1.0),
        (np.ones((3, 1)), -np.ones((3, 1)), np.ones(1), 1.0),
        (np.ones((3, 1)), np.ones((3, 1)), np.array([np.nan]), 1.0),
        (np.ones((3, 1)), np.ones((3, 1)), np.ones(1), 0.0),
    ],
)
def test_columns_that_do_not_fit_are_refused(
    drops: np.ndarray, units: np.ndarray, impact: np.ndarray, window: float
) -> None:
    with pytest.raises(InputError, match="expected"):
        branching_gauge(drops, units, impact, window=window)
