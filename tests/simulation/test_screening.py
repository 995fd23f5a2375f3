"""Two-phase sampling: the right answer whatever the screen, fewer walks, and nothing that hangs on chunks."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.adapters.synthetic import synthetic_market
from seawall.analysis.sample import Estimate
from seawall.analysis.tail import estimate_tail
from seawall.errors import InputError
from seawall.simulation.scenario import Scenario
from seawall.simulation.screening import SAMPLED, Screen, sure_share
from seawall.simulation.storm import Storm
from seawall.simulation.totals import PathTotals

JUMPS = """
[run]
n_paths = 4000
horizon_s = 21_600
step_s = 600
[sampling]
kind = "{kind}"
[prices]
kind = "merton"
assets = {{ WETH = {{ vol = 0.8 }}, WBTC = {{ vol = 0.6 }}, LINK = {{ vol = 1.0 }} }}
common = {{ rate_per_year = 150, mean = -0.15, sd = 0.1 }}
[markets.WETH]
moves = ["WETH", "wstETH"]
[markets.WBTC]
[markets.LINK]
moves = ["LINK", "AAVE", "UNI", "CRV"]
"""


@pytest.fixture(scope="module")
def plain() -> Storm:
    return Storm.of(*synthetic_market(600), Scenario.parse(JUMPS.format(kind="plain")))


@pytest.fixture(scope="module")
def screened() -> Storm:
    return Storm.of(*synthetic_market(600), Scenario.parse(JUMPS.format(kind="screened")))


def screen_of(storm: Storm) -> Screen:
    assert isinstance(storm.sampler, Screen)
    return storm.sampler


def losses_of(totals: PathTotals) -> np.ndarray:
    return np.asarray(totals.value("recognised"))


def test_a_screened_run_finds_what_a_plain_one_finds_with_a_tenth_of_the_walks(
    plain: Storm, screened: Storm
) -> None:
    every, some = plain.run(0, 4000), screened.run(0, 4000)
    assert 0.015 * 4000 < len(some) < 0.06 * 4000
    assert losses_of(every).any()
    paired = losses_of(every)[some.number]
    assert (losses_of(some) == paired).all()  # a walk is that of the plain run, path by path
    for value in (np.ones(4000), losses_of(every), (losses_of(every) > 0) * 1.0):
        guess = (value[some.number] * some.weight).sum() / 4000
        error = np.sqrt((value[some.number] ** 2 * some.weight * (some.weight - 1)).sum()) / 4000
        assert abs(guess - value.mean()) < 4 * error + 1e-12


def test_what_hurts_most_is_nearly_always_walked(plain: Storm, screened: Storm) -> None:
    screen = screen_of(screened)
    chance = screen.chance(screen.in_reach(plain.scenario.moves(0, 4000)))
    worst = np.argsort(-losses_of(plain.run(0, 4000)))[:20]
    assert chance[worst].mean() > 0.5 > 10 * chance.mean()


@given(shift=st.floats(-3.0, 3.0), spread=st.floats(0.1, 3.0), seed=st.integers(0, 1000))
def test_any_screen_gives_an_unbiased_answer(shift: float, spread: float, seed: int) -> None:
    # A screen that knows little or the wrong thing: a chance for every path is all it takes.
    rng = np.random.default_rng(seed)
    loss = np.maximum(0.0, rng.standard_normal(20_000) - 1)
    guess = np.clip(np.exp(shift + spread * rng.standard_normal(20_000)), 0.02, 1.0)
    kept = rng.random(20_000) < guess
    terms = np.where(kept, loss / guess, 0.0)
    error = np.sqrt((loss**2 * (1 / guess - 1)).sum())
    assert abs(terms.sum() - loss.sum()) < 5 * error + 1e-6


def test_intervals_of_screened_paths_hold_as_often_as_they_say() -> None:
    # A screen of the quality of ours: it orders losses with noise.
    hits, truth = [], np.exp(2.3263478740408408)  # 99 % of a log-normal loss
    for seed in range(200):
        rng = np.random.default_rng(seed)
        z = rng.standard_normal(20_000)
        rank = (-(z + 0.3 * rng.standard_normal(20_000))).argsort().argsort() + 1
        chance = np.minimum(1.0, 0.01 * 20_000 / rank)
        kept = np.flatnonzero(rng.random(20_000) < chance)
        found = estimate_tail(
            np.exp(z[kept]), weights=1 / chance[kept], numbers=kept, drawn=20_000, levels=[0.99]
        ).var[0.99]
        assert isinstance(found, Estimate)
        hits.append(found.low <= truth <= found.high)
    assert np.mean(hits) >= 0.93


def test_who_walks_what_changes_nothing(screened: Storm) -> None:
    whole = screened.run(0, 900)
    parts = PathTotals.joined([screened.run(500, 400, threads=2), screened.run(0, 500, detector="scan")])
    assert (whole.first, whole.drawn) == (parts.first, parts.drawn) == (0, 900)
    for name in PathTotals.columns():
        if name != "work":
            assert (getattr(whole, name) == getattr(parts, name)).all(), name


def test_a_chunk_of_which_nothing_is_walked_counts_all_the_same(screened: Storm) -> None:
    none = screened.run(0, 1)
    assert (len(none), none.drawn) in ((0, 1), (1, 1))
    empty = replace(screened.run(0, 40), first=40)
    assert PathTotals.joined([screened.run(0, 40), empty]).drawn == 80


def test_the_rarer_a_path_the_likelier_it_is_walked(screened: Storm) -> None:
    screen = screen_of(screened)
    chance = screen.chance(np.arange(SAMPLED + 1))
    assert (np.diff(chance) >= 0).all()
    assert chance[0] == pytest.approx(screen.sure)
    assert chance[-1] == 1.0
    assert 0.5 * 0.03 < screen.chance(screen.pilot).mean() < 2 * 0.03


@pytest.mark.parametrize("share", [1e-6, 0.001, 0.03, 0.5, 0.999])
def test_the_sure_share_walks_the_share_asked_for(share: float) -> None:
    sure = sure_share(share)
    rarity = np.exp(np.linspace(np.log(sure), 0, 200_001))  # exact between its ends
    walked = sure + np.trapezoid(np.minimum(1, sure / rarity), rarity)
    assert walked == pytest.approx(share, rel=1e-4)


def test_too_few_walks_are_refused_with_their_place() -> None:
    scenario = Scenario.parse(JUMPS.format(kind="screened").replace("4000", "3000"))
    with pytest.raises(InputError) as refused:
        Storm.of(*synthetic_market(50), scenario)
    assert [item.where for item in refused.value.problems] == ["sampling.share"]
    assert "90" not in str(refused.value) or "100" in str(refused.value)
