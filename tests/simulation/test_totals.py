"""What holds of the totals of every path: nothing is lost on the way, nothing goes below zero."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seawall.simulation.kernels import tally
from seawall.simulation.scenario import Scenario
from seawall.simulation.storm import Storm
from seawall.simulation.totals import COUNTS, MICRO, MONEY
from tests.simulation.loans import still, storm_of_loans
from tests.simulation.worlds import drawn_storm, lending_world

families = st.sampled_from(["lending", "exchange"])
seeds = st.integers(0, 2**32)


@settings(max_examples=25)
@given(families, seeds)
@example("lending", 0)
@example("exchange", 0)
def test_what_is_recognised_is_borne_by_a_layer_or_uncovered(family: str, seed: int) -> None:
    totals = drawn_storm(family, seed).run(0, 4)
    recognised, uncovered = (totals.money[:, MONEY.index(name)] for name in ("recognised", "uncovered"))
    assert (recognised == totals.layers.sum(axis=1) + uncovered).all()
    assert (recognised == totals.recognised.sum(axis=1)).all()
    assert (uncovered == totals.uncovered.sum(axis=1)).all()
    assert (totals.uncovered <= totals.recognised).all()


@settings(max_examples=25)
@given(families, seeds)
@example("lending", 1)
def test_no_total_is_below_zero(family: str, seed: int) -> None:
    """The lowest worth of all funds is among them: a fund never owes."""
    totals = drawn_storm(family, seed).run(0, 4)
    for name in ("money", "recognised", "uncovered", "layers", "sold", "work"):
        assert (getattr(totals, name) >= 0).all(), name
    least = [-1 if name.startswith("first_") else 0 for name in COUNTS]
    assert (totals.counts >= least).all()
    assert (totals.count("liquidations") >= totals.count("accounts_liquidated")).all()
    came = totals.count("first_loss_step") >= 0
    assert (came == (totals.money[:, MONEY.index("recognised")] > 0)).all()


@settings(max_examples=15)
@given(families, seeds, st.sampled_from([0.0, 0.5, 3.0, 1e3]))
@example("lending", 44957, 1e3)  # frozen: a pot of more than 2**63 millionths gave nothing
def test_more_in_the_pots_changes_no_loss_and_never_raises_what_is_uncovered(
    family: str, seed: int, times: float
) -> None:
    """Where nothing is fed back: lowered supplies and closed winners may have others fail."""
    storm = drawn_storm(family, seed)
    pots = storm.ground.pots
    pots = pots._replace(is_shared=np.zeros_like(pots.is_shared), rivals=pots.rivals._replace(pot=-1))
    grounds = [
        replace(storm.ground, pots=pots._replace(start=np.floor(pots.start * by))) for by in (1, times)
    ]
    less, more = (replace(storm, ground=each) for each in grounds[:: 1 if times >= 1 else -1])
    poor, rich = less.run(0, 3), more.run(0, 3)
    assert (poor.recognised == rich.recognised).all()
    assert (poor.end_move == rich.end_move).all()
    assert (rich.value("uncovered") <= poor.value("uncovered")).all()


@settings(max_examples=15)
@given(seeds)
@example(0)
def test_without_impact_or_lag_what_was_seized_was_sold_but_for_the_fee(seed: int) -> None:
    """A tenth of a bonus of at most 7 % stays with the venue; each sale is rounded down by a millionth."""
    coins = ("ETH", "WSTETH", "BTC", "USDC")
    raw = {
        "run": {"n_paths": 2, "seed": seed, "horizon_s": 6000, "step_s": 600},
        "prices": {"kind": "gbm", "assets": {name: {"vol": 15.0} for name in coins}},
        "markets": {name: {} for name in coins},
        "liquidators": {"asks": False},
    }
    book, market, terms = lending_world(seed)
    alike = {name: replace(price, market=None) for name, price in market.prices.items()}
    plain = replace(market, prices=alike, set_prices={})
    totals = Storm.of(book, plain, terms, Scenario.build(raw)).run(0, 2)
    seized, sold = totals.value("seized"), totals.sold.sum(axis=1) / 1e6
    slack = 2e-6 * totals.count("liquidations") + 1e-9 * seized
    assert (sold <= seized + slack).all()
    assert (sold >= seized * (1 - 0.007) - slack - totals.count("liquidations") * 1e-3).all()


def test_where_nothing_moves_nobody_loses() -> None:
    raw = {
        "run": {"n_paths": 2, "horizon_s": 6000, "step_s": 600},
        "prices": still(["COIN"]),
        "markets": {"COIN": {"impact": {"kind": "linear", "value": 1000.0}}},
    }
    loans = [({"COIN": 1.0}, 79.99), ({"COIN": 5.0}, 400.0), ({"COIN": 2.0}, 10.0)]
    totals = storm_of_loans(loans, 100.0, raw, threshold_bps=8000, bonus_bps=10_500).run(0, 2)
    for name in ("money", "recognised", "uncovered", "layers", "sold", "end_move"):
        assert not getattr(totals, name).any(), name
    assert not totals.counts[:, :4].any()


def test_a_sale_of_nothing_leaves_the_market_where_it_stands() -> None:
    """Frozen: a seizure of less than a quantum put the price back to where it was before all sales."""
    raw = {
        "run": {"n_paths": 1, "horizon_s": 60, "step_s": 60},
        "prices": still(["COIN"]),
        "markets": {"COIN": {"impact": {"kind": "linear", "value": 1e6}}},
        "liquidators": {"asks": False},
    }
    # The second loan owes less than the smallest unit of the coin is worth, one cent.
    loans = [({"COIN": 1.0}, 900_000.0), ({"COIN": 1e-8}, 0.0085)]
    totals = storm_of_loans(loans, 1e6, raw, threshold_bps=8000, bonus_bps=10_500).run(0, 1)
    assert totals.count("accounts_liquidated")[0] == 2
    assert totals.end_move[0, 0] == pytest.approx(-0.01 * 0.9 * 1.05, rel=1e-6)


def test_a_loss_of_more_millionths_than_float64_can_count_is_borne_to_the_last() -> None:
    """Frozen: shorts of wild prices lost hundreds of thousand millions, a millionth more or less."""
    totals = drawn_storm("exchange", 18).run(0, 4)
    recognised, uncovered = (totals.money[:, MONEY.index(name)] for name in ("recognised", "uncovered"))
    assert (recognised > 2**53).all()
    assert (recognised == totals.layers.sum(axis=1) + uncovered).all()


def test_columns_are_where_the_kernels_write_them() -> None:
    for names in (MONEY, COUNTS):
        assert [getattr(tally, name.upper()) for name in names] == list(range(len(names)))
    assert tally.MICRO == MICRO
