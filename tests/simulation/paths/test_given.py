"""Paths from outside."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from seawall.core.price_history import PriceHistory
from seawall.errors import InputError
from seawall.simulation.paths import Given
from tests.simulation.paths.worlds import draw

PATH = PriceHistory.of([100.0, 160.0, 190.0, 400.0], {"A": [2.0, 4.0, 1.0, 8.0], "B": [1.0, 1.0, 1.0, 3.0]})


def test_the_price_at_the_end_of_a_step_is_the_last_one_given() -> None:
    moves = draw(Given(paths=(PATH,)), assets=("B", "A"), count=2, n_steps=5, step_s=60.0)
    assert np.exp(moves[1, :, 1]).round(12).tolist() == [2.0, 0.5, 0.5, 0.5, 4.0]
    assert np.exp(moves[1, :, 0]).round(12).tolist() == [1.0, 1.0, 1.0, 1.0, 3.0]
    assert np.array_equal(moves[0], moves[1])


def test_a_price_counts_at_the_very_end_of_its_step() -> None:
    tenths = PriceHistory.of(np.arange(31) / 10, {"A": np.exp(np.arange(31.0))})
    moves = draw(Given(paths=(tenths,)), assets=("A",), count=1, n_steps=30, step_s=0.1)
    assert np.allclose(moves[0, :, 0], np.arange(1, 31))


def test_a_path_that_ends_before_the_run_is_refused() -> None:
    with pytest.raises(InputError, match="path 0 ends after 300 s and the run after 360 s"):
        draw(Given(paths=(PATH,)), assets=("A",), n_steps=6, step_s=60.0)


def test_paths_of_other_assets_are_refused() -> None:
    with pytest.raises(ValidationError, match=r"paths \[1\] have other assets"):
        Given(paths=(PATH, PriceHistory.of([0.0, 1.0], {"A": [1.0, 1.0]})))


def test_no_path_is_refused() -> None:
    with pytest.raises(ValidationError, match="at least 1"):
        Given(paths=())
