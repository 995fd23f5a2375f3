"""A storm against itself: how accounts are found, by how many, in which order, compiled or not."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import fields

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seawall.errors import InputError, InvariantError, MissingData, UnsupportedFeature
from seawall.simulation.engine import DETECTORS
from seawall.simulation.scenario import Scenario
from seawall.simulation.storm import Storm
from seawall.simulation.totals import COUNTS, WORK, PathTotals
from tests.simulation.loans import still, storm_of_loans
from tests.simulation.worlds import drawn_storm, exchange_world, lending_world

RESULTS = [item.name for item in fields(PathTotals) if item.name not in ("first", "work")]
N = 4

families = st.sampled_from(["lending", "exchange", "troves"])
seeds = st.integers(0, 2**32)


def assert_same(one: PathTotals, other: PathTotals, *, with_work: bool = False) -> None:
    """Bit for bit, money, counts, layers, prices; work where the way was the same."""
    for name in [*RESULTS, *(["work"] if with_work else [])]:
        np.testing.assert_array_equal(getattr(one, name), getattr(other, name), err_msg=name)


@settings(max_examples=50)
@given(families, seeds)
@example("lending", 0)
@example("exchange", 0)
@example("troves", 0)
def test_every_detector_finds_the_same_storm(family: str, seed: int) -> None:
    storm = drawn_storm(family, seed)
    by_scan = storm.run(0, N, detector="scan")
    for detector in DETECTORS:
        assert_same(storm.run(0, N, detector=detector), by_scan)


@pytest.mark.parametrize("family", ["lending", "exchange"])
def test_the_drawn_storms_reach_what_they_are_meant_to_reach(family: str) -> None:
    """A law over worlds in which nothing happens would hold of any engine."""
    storms = [drawn_storm(family, seed) for seed in range(12)]
    totals = [storm.run(0, N) for storm in storms]
    assert all(total.count("liquidations").any() for total in totals)
    assert sum(bool(total.value("recognised").any()) for total in totals) >= 8
    assert any(total.sold.any() for total in totals)
    assert sum(bool(total.count("borrower_acts").any()) for total in totals) >= 2
    assert any(total.value("withdrawn").any() for total in totals) == (family == "lending")
    is_lending = family == "lending"  # an exchange closes out all that fails, and asks nobody
    assert any(total.count("not_worth_it").any() for total in totals) == is_lending
    kinds = {kind for storm in storms for kind in storm.book.codes.item.kind.tolist()}
    assert kinds == ({0, 1} if is_lending else {2, 3, 4, 5})
    assert any(len(storm.book.cohorts.width) > 5 for storm in storms)


@settings(max_examples=15)
@given(families, seeds, st.integers(2, 3))
def test_threads_chunks_and_order_change_nothing(family: str, seed: int, threads: int) -> None:
    storm = drawn_storm(family, seed)
    whole = storm.run(0, 7)
    assert_same(storm.run(0, 7, threads=threads), whole, with_work=True)
    parts = [storm.run(5, 2), storm.run(0, 2, threads=threads), storm.run(2, 3)]
    assert_same(PathTotals.joined(parts), whole, with_work=True)


def test_a_path_that_is_missing_or_told_twice_stops_the_program() -> None:
    storm = drawn_storm("lending", 1)
    with pytest.raises(InvariantError, match="paths end at 1 and go on at 2"):
        PathTotals.joined([storm.run(2, 1), storm.run(0, 1)])
    with pytest.raises(InvariantError, match="paths end at 1 and go on at 0"):
        PathTotals.joined([storm.run(0, 1), storm.run(0, 1)])


def walked(family: str, seed: int) -> PathTotals:
    """A short storm, for a process of its own."""
    return drawn_storm(family, seed, n_steps=6).run(0, 2)


@pytest.mark.parametrize("family", ["lending", "exchange", "troves"])
def test_compiled_or_interpreted_the_storm_is_the_same(interpreter: ProcessPoolExecutor, family: str) -> None:
    """Integers equal; moves of prices within the last places of the two math libraries."""
    for seed in range(3):
        plain, compiled = interpreter.submit(walked, family, seed).result(), walked(family, seed)
        np.testing.assert_array_equal(plain.counts, compiled.counts)
        np.testing.assert_array_equal(plain.work, compiled.work)
        np.testing.assert_allclose(plain.end_move, compiled.end_move, rtol=1e-12, atol=1e-15)
        for name in ("money", "recognised", "uncovered", "layers", "sold", "course"):
            # A millionth is where a last place of exp() may turn a rounding, one a posting.
            one, other = (getattr(totals, name).reshape(len(totals), -1) for totals in (plain, compiled))
            apart = np.abs(one - other)
            assert (apart <= 1 + compiled.counts[:, :1] + np.abs(other) * 1e-14).all(), name


def test_work_repeats_for_its_seed_and_the_index_looks_at_few_on_a_calm_day() -> None:
    storm = calm_storm()
    by_index, again = storm.run(0, 3), calm_storm().run(0, 3)
    assert_same(by_index, again, with_work=True)
    assert_same(storm.run(0, 3, detector="scan"), by_index)
    evaluations = int(by_index.work[:, WORK.index("evaluations")].sum())
    looked_at_by_scan = 3 * storm.n_steps * len(storm.book)
    assert 0 < evaluations < looked_at_by_scan / 20
    assert by_index.work[:, WORK.index("steps")].tolist() == [storm.n_steps] * 3
    touched = by_index.work[:, WORK.index("rows_changed")]
    assert (touched >= by_index.count("accounts_liquidated")).all()
    assert (touched < len(storm.book) / 2).all()


def calm_storm() -> Storm:
    prices = {"kind": "gbm", "assets": {name: {"vol": 0.4} for name in ("ETH", "BTC")}}
    run = {"n_paths": 3, "seed": 5, "horizon_s": 86_400, "step_s": 300}
    scenario = Scenario.build({"run": run, "prices": prices, "markets": {"ETH": {}, "BTC": {}}})
    return Storm.of(*lending_world(5, accounts=1500), scenario)


def test_a_step_that_never_came_is_told_as_minus_one() -> None:
    totals = calm_storm().run(0, 3)
    assert COUNTS.index("first_loss_step") == 4
    assert (totals.count("first_deleverage_step") == -1).all()


def storm_over(scenario: dict[str, object], **changes: object) -> Storm:
    return Storm.of(*lending_world(1, **changes), Scenario.build(scenario))


STILL = {"kind": "gbm", "assets": {"ETH": {"vol": 0.5}}}


def test_what_the_book_does_not_know_is_told_with_its_place() -> None:
    unknown = {"prices": STILL, "markets": {"ETH": {"moves": ["ETH", "SOL"]}}, "rates": {"XRP": {}}}
    with pytest.raises(InputError) as caught:
        storm_over(unknown)
    places = [problem.where for problem in caught.value.problems]
    assert places == ["markets.ETH", "rates.XRP"]


def test_a_market_without_a_price_is_told() -> None:
    prices = {"kind": "gbm", "assets": {"SOL": {"vol": 0.5}}}
    with pytest.raises(MissingData, match="no price above 0 of any of SOL"):
        storm_over({"prices": prices, "markets": {"SOL": {}}})


@pytest.mark.parametrize(
    "changes",
    [
        {"size": {"kind": "full", "toxic": "halt"}},
        {"venue": "maker_dss", "size": {"kind": "target_health", "target_health_bps": 11_000}},
    ],
)
def test_a_policy_that_is_not_served_is_refused(changes: dict[str, object]) -> None:
    with pytest.raises(UnsupportedFeature, match="storm"):
        storm_over({"prices": STILL, "markets": {"ETH": {}}}, **changes)


def test_a_square_root_margin_curve_is_refused() -> None:
    star = {"*": {"maintenance": {"kind": "sqrt", "rate_ppm": 1000, "factor_ppm": 300}}}
    prices = {"kind": "gbm", "assets": {"BTC-PERP": {"vol": 0.5}}}
    scenario = Scenario.build({"prices": prices, "markets": {"BTC-PERP": {}}})
    with pytest.raises(UnsupportedFeature, match="no set of lines"):
        Storm.of(*exchange_world(1, instruments=star), scenario)


def test_a_book_whose_millionths_do_not_fit_is_refused() -> None:
    raw = {
        "run": {"n_paths": 1, "horizon_s": 60, "step_s": 60},
        "prices": still(["COIN"]),
        "markets": {"COIN": {}},
    }
    storm_of_loans([({"COIN": 1.0}, 50.0)], 1e9, raw, threshold_bps=8000, bonus_bps=10_500)
    with pytest.raises(InputError, match="a larger unit") as refused:
        storm_of_loans([({"COIN": 1e4}, 50.0)], 1e9, raw, threshold_bps=8000, bonus_bps=10_500)
    assert refused.value.problems[0].code == "book_too_large"
