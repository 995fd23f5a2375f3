"""The past in blocks: lengths, rows, and a drift that is taken out exactly."""

from __future__ import annotations

from itertools import pairwise, product

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from seawall.core.price_history import PriceHistory
from seawall.errors import InputError
from seawall.simulation.paths import BlockBootstrap
from seawall.simulation.paths.bootstrap import block_rows, mean_log_growth
from seawall.simulation.streams import uniforms
from tests.simulation.paths.worlds import (
    ASSETS,
    DAY,
    HISTORY,
    HOUR,
    MODELS,
    Z_MAX,
    draw,
    share_score,
    z_score,
)


def rows(mean_block: float, n_rows: int = 1000, n_steps: int = 200) -> NDArray[np.int64]:
    u = uniforms(3, "blocks", first=0, count=500, shape=(n_steps, 2))
    return block_rows(u, n_rows, mean_block)


@pytest.mark.parametrize("mean_block", [1.0, 2.5, 20.0])
def test_blocks_have_the_stated_mean_length(mean_block: float) -> None:
    # A block ends with chance 1/L at each step; one start in a thousand looks like going on.
    ends = np.diff(rows(mean_block), axis=1) % 1000 != 1
    assert abs(share_score(ends, 1 / mean_block * (1 - 1e-3))) < Z_MAX


def test_lengths_of_blocks_are_geometric() -> None:
    ends = np.diff(rows(4.0, n_rows=10**6), axis=1) % 10**6 != 1
    three = ~ends[:, :-3:7] & ~ends[:, 1:-2:7] & ends[:, 2:-1:7]
    assert abs(share_score(three, 0.75**2 * 0.25)) < Z_MAX


def test_every_row_is_as_likely_at_every_step() -> None:
    found = rows(20.0, n_rows=7)
    for step in (0, 1, 199):
        for row in (0, 3, 6):
            assert abs(share_score((found[:, step] == row), 1 / 7)) < Z_MAX


def test_a_block_goes_on_at_the_first_row_after_the_last() -> None:
    u = np.array([[[0.9, 0.99], [0.9, 0.0], [0.9, 0.0], [0.0, 0.0], [0.9, 0.5]]])
    assert block_rows(u, 4, 2.0).tolist() == [[3, 0, 1, 0, 1]]


def test_mean_growth_is_the_sum_over_all_draws() -> None:
    # Three rows, four steps: every sequence of rows, with its chance.
    returns = np.array([[0.1, 0.0], [-0.3, 0.2], [0.05, -0.1]])
    begins = 1 / 2.5
    for n_steps in (1, 2, 4):
        mean = np.zeros(2)
        for sequence in product(range(3), repeat=n_steps):
            chance = 1 / 3
            for one, other in pairwise(sequence):
                chance *= begins / 3 + (1 - begins) * (other == (one + 1) % 3)
            mean += chance * np.exp(returns[list(sequence)].sum(axis=0))
        assert np.allclose(mean_log_growth(returns, 2.5, n_steps)[-1], np.log(mean), rtol=1e-12)


@pytest.mark.parametrize("mean_block", [1.0, 8.0])
def test_the_mean_price_grows_by_mu_whatever_the_past_did(mean_block: float) -> None:
    model = BlockBootstrap(history=HISTORY, mu={"WBTC": 2.0}, mean_block=mean_block)
    ends = np.exp(draw(model, count=20_000, n_steps=48)[:, -1])
    assert abs(z_score(ends[:, 0], np.exp(2.0 * 48 / 8760))) < Z_MAX
    assert abs(z_score(ends[:, 1], 1.0)) < Z_MAX


def test_returns_drawn_are_returns_of_one_row() -> None:
    model = BlockBootstrap(history=HISTORY, mean_block=5.0)
    drift = np.diff(mean_log_growth(HISTORY.log_returns(ASSETS), 5.0, 12), axis=0, prepend=0)
    steps = np.diff(draw(model), axis=1, prepend=0) + drift
    known = {tuple(row) for row in np.round(HISTORY.log_returns(ASSETS), 10)}
    assert {tuple(row) for row in np.round(steps.reshape(-1, 2), 10)} <= known


def test_what_is_computed_once_is_computed_for_its_own_length() -> None:
    model = BlockBootstrap(history=HISTORY, mean_block=5.0)
    short = draw(model)
    assert np.array_equal(draw(model, n_steps=30)[:, :12], short)
    assert np.array_equal(draw(model, assets=ASSETS[::-1])[:, :, ::-1], short)


@pytest.mark.parametrize("deep", [False, True])
def test_a_copy_with_other_settings_forgets_what_was_computed(deep: bool) -> None:
    model = BlockBootstrap(history=HISTORY, mean_block=5.0)
    draw(model)
    copied = model.model_copy(update={"mean_block": 50.0}, deep=deep)
    assert np.array_equal(draw(copied), draw(BlockBootstrap(history=HISTORY, mean_block=50.0)))


@pytest.mark.parametrize("kind", ["block_bootstrap", "filtered_historical"])
def test_another_step_than_that_of_the_history_is_refused(kind: str) -> None:
    with pytest.raises(InputError, match="a price every 3600 s and a step is 86400 s"):
        draw(MODELS[kind], step_s=DAY)


def test_a_gap_in_the_history_is_refused_with_its_place() -> None:
    keep = np.arange(401) != 100
    gap = PriceHistory(ASSETS, HISTORY.times_s[keep], HISTORY.prices[keep])
    with pytest.raises(InputError, match=r"row 100 comes 7200.0 s after the one before"):
        draw(BlockBootstrap(history=gap, mean_block=5.0), step_s=HOUR)


def test_a_drift_of_an_asset_without_prices_is_refused() -> None:
    with pytest.raises(ValidationError, match="mu names DOGE"):
        BlockBootstrap(history=HISTORY, mean_block=5.0, mu={"DOGE": 0.1})


@pytest.mark.parametrize(
    "history",
    [
        {"times_s": [0, 1]},
        [1, 2],
        {"times_s": [0, 1], "prices": {"A": [1.0]}},
        {"times_s": [0, 1], "prices": {"A": [1.0, -1.0]}},
    ],
)
def test_what_is_no_history_is_refused(history: object) -> None:
    with pytest.raises(ValidationError, match="history"):
        BlockBootstrap.model_validate({"history": history, "mean_block": 2.0})
