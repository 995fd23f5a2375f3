"""Weighted paths: a weight of k is k paths."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.analysis.weighted import weighted_mean, weighted_quantile, weighted_share
from seawall.errors import InputError

LEVELS = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
PATHS = st.lists(st.tuples(st.integers(-9, 9), st.integers(0, 4)), min_size=1, max_size=12).filter(
    lambda paths: any(weight for _, weight in paths)
)


@given(PATHS)
def test_a_path_of_weight_k_counts_as_k_paths(paths: list[tuple[int, int]]) -> None:
    values, weights = np.array(paths, dtype=np.float64).T
    repeated = np.repeat(values, weights.astype(int))
    by_hand = [sorted(repeated)[max(1, -int(-len(repeated) * 100 * q // 100)) - 1] for q in (0.25, 0.5, 0.75)]
    assert weighted_quantile(values, weights, (0.25, 0.5, 0.75)).tolist() == by_hand
    assert weighted_quantile(values, weights, LEVELS).tolist() == (
        weighted_quantile(repeated, None, LEVELS).tolist()
    )
    scaled = weights * (len(weights) / weights.sum())  # of mean one, as likelihood ratios are
    assert weighted_mean(values, scaled) == pytest.approx(weighted_mean(repeated, None))
    assert weighted_share(values > 0, scaled) == pytest.approx(weighted_share(repeated > 0, None))


def test_tables_are_taken_column_by_column() -> None:
    table = np.arange(24.0).reshape(4, 3, 2)
    weights = np.array([1.0, 2.0, 0.0, 1.0])
    assert weighted_quantile(table, weights, (0.5, 1.0)).shape == (2, 3, 2)
    assert weighted_quantile(table, weights, [0.5])[0, 2, 1] == table[1, 2, 1]
    assert weighted_mean(table, weights).tolist() == ((table[0] + 2 * table[1] + table[3]) / 4).tolist()


def test_means_take_weights_as_they_are() -> None:
    half = np.array([0.5, 0.5])
    assert weighted_mean(np.array([2.0, 4.0]), half) == 1.5
    assert weighted_share(np.array([True, True]), np.array([1.5, 1.5])) == 1.0


@pytest.mark.parametrize(
    ("values", "weights"),
    [([], None), ([1.0], [0.0]), ([1.0, 2.0], [1.0]), ([1.0], [-1.0]), ([1.0], [np.nan]), ([1.0], [])],
)
def test_what_does_not_fit_is_refused(values: list[float], weights: list[float] | None) -> None:
    with pytest.raises(InputError, match=r"expected .* got shape"):
        weighted_quantile(np.array(values), None if weights is None else np.array(weights), [0.5])
