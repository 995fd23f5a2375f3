"""Filtered historical simulation: surprises, their volatility, and an exact mean price."""

from __future__ import annotations

import numpy as np
import pytest
from pydantic import ValidationError

from seawall.core.price_history import PriceHistory
from seawall.errors import InputError
from seawall.simulation.paths import FilteredHistorical
from seawall.simulation.paths.filtered import filtered
from tests.simulation.paths.worlds import ASSETS, HISTORY, HOUR, Z_MAX, draw, z_score

RETURNS = HISTORY.log_returns(ASSETS)


def test_surprises_have_mean_zero_and_variance_one() -> None:
    surprise, _ = filtered(RETURNS, 0.06, 0.94)
    assert np.allclose(surprise.mean(axis=0), 0)
    assert np.allclose(surprise.std(axis=0), 1)


def test_without_filter_surprises_are_returns_over_their_spread() -> None:
    surprise, now = filtered(RETURNS, 0.0, 0.0)
    assert np.allclose(surprise, (RETURNS - RETURNS.mean(axis=0)) / RETURNS.std(axis=0))
    assert np.allclose(now, RETURNS.var(axis=0))


def test_the_variance_of_now_is_the_recursion_run_over_the_past() -> None:
    centred = RETURNS[:, 0] - RETURNS[:, 0].mean()
    h = RETURNS[:, 0].var()
    for moved in centred:
        h = 0.05 * RETURNS[:, 0].var() + 0.05 * moved**2 + 0.9 * h
    assert filtered(RETURNS, 0.05, 0.9)[1][0] == pytest.approx(h)


@pytest.mark.parametrize("start", ["now", "long_run"])
def test_the_mean_price_grows_by_mu_whatever_the_past_did(start: str) -> None:
    model = FilteredHistorical(history=HISTORY, mu={"WBTC": 2.0}, start=start)
    ends = np.exp(draw(model, count=20_000, n_steps=48)[:, -1])
    assert abs(z_score(ends[:, 0], np.exp(2.0 * 48 / 8760))) < Z_MAX
    assert abs(z_score(ends[:, 1], 1.0)) < Z_MAX


def test_the_mean_factor_is_taken_out_exactly_at_any_volatility() -> None:
    # One step: every row is drawn, at the volatility of now, so E exp(move) = 1 over the rows.
    wild = PriceHistory.of(
        HISTORY.times_s,
        {"X": np.exp(np.cumsum(np.append(0.0, 30 * RETURNS[:, 0] ** 2 * np.sign(RETURNS[:, 1]))))},
    )
    model = FilteredHistorical(history=wild, alpha=0.1, beta=0.85)
    surprise, now = filtered(wild.log_returns(("X",)), 0.1, 0.85)
    moves = draw(model, assets=("X",), count=4000, n_steps=1)[:, 0, 0]
    drawn = np.unique(np.round(moves, 12))
    expected = np.sqrt(now) * surprise[:, 0]
    expected -= np.log(np.exp(expected).mean())
    assert len(drawn) > 390
    assert np.abs(drawn[:, None] - expected[None, :]).min(axis=1).max() < 1e-6 * np.abs(expected).max()


def test_the_first_steps_have_the_volatility_of_now() -> None:
    calm = FilteredHistorical(history=HISTORY, alpha=0.1, beta=0.8, start="long_run")
    now = FilteredHistorical(history=HISTORY, alpha=0.1, beta=0.8)
    for model, variance in ((calm, RETURNS.var(axis=0)), (now, filtered(RETURNS, 0.1, 0.8)[1])):
        first = draw(model, count=20_000, n_steps=1)[:, 0]
        for column in (0, 1):
            found = (first[:, column] - first[:, column].mean()) ** 2
            assert abs(z_score(found, float(variance[column]))) < Z_MAX


def test_variance_returns_to_its_long_run() -> None:
    model = FilteredHistorical(history=HISTORY, alpha=0.1, beta=0.8)
    _, now = filtered(RETURNS, 0.1, 0.8)
    steps = np.diff(draw(model, count=20_000, n_steps=11), axis=1, prepend=0)[:, :, 0]
    long_run = RETURNS.var(axis=0)[0]
    truth = long_run + 0.9**10 * (now[0] - long_run)
    assert abs(z_score((steps[:, 10] - steps[:, 10].mean()) ** 2, float(truth))) < Z_MAX


def test_volatility_never_leaves_its_cap() -> None:
    model = FilteredHistorical(history=HISTORY, alpha=0.6, beta=0.4, vol_cap=1.5, start="long_run")
    surprise, now = filtered(RETURNS, 0.6, 0.4)
    highest = max(1.5 * RETURNS.std(axis=0)[0], np.sqrt(now[0]))
    capped, wild = (
        np.abs(np.diff(draw(each, count=500, n_steps=200), axis=1, prepend=0)[:, :, 0]).max()
        for each in (model, model.model_copy(update={"vol_cap": 1000.0}))
    )
    assert capped < highest * np.abs(surprise[:, 0]).max() + highest**2 * 5 < wild


def test_an_asset_that_never_moved_is_refused() -> None:
    flat = PriceHistory.of([0.0, HOUR, 2 * HOUR], {"USDC": [1.0, 1.0, 1.0]})
    with pytest.raises(InputError, match="USDC never moved"):
        draw(FilteredHistorical(history=flat), assets=("USDC",))


def test_weights_that_explode_are_refused() -> None:
    with pytest.raises(ValidationError, match="expected at most 1"):
        FilteredHistorical(history=HISTORY, alpha=0.2, beta=0.9)
