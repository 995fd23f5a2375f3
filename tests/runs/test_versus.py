"""Pairs: two scenarios on the same paths, and losses beside a put whose mean is known."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from seawall.analysis.closed_forms.delay_put import delay_put
from seawall.core.layers import LayerBase
from seawall.errors import InputError
from seawall.runs.control import control_summary, known_mean
from seawall.runs.execute import Job
from seawall.runs.versus import against, per_path, require_same_steps, versus_summary
from seawall.simulation.aim import Aim
from seawall.simulation.storm import Storm
from tests.runs.storms import some_scenario, some_terms, some_totals
from tests.simulation.test_engine_closed_forms import DAY, HOUR, VOL, one_loan

COVER = 1 / (0.9 * 1.06)
LAYERS: tuple[LayerBase, ...] = ()  # what nobody bears is no column
IMPORTANCE = {"kind": "importance", "pilot_paths": 60, "pilot_rounds": 4}
SCREENED = {"kind": "screened", "share": 0.3}
NETS = {"kind": "sobol", "nets": 20}


def waiting(hours: int, sampling: Mapping[str, Any], n_paths: int = 4000, **prices: Any) -> Storm:
    """A loan triggered at the start whose liquidators come after so many hours."""
    run = {"n_paths": n_paths, "seed": 4, "horizon_s": DAY, "step_s": 6 * HOUR}
    outage = {"what": "liquidators", "from_s": 0, "for_s": (hours - 6) * HOUR}
    prices = {"kind": "gbm", **VOL, **prices}
    return one_loan(prices, run, outages=[outage], sampling=dict(sampling))


def job_of(storm: Storm) -> Job:
    """A job whose storm is there already."""
    job = Job(None, None, None, storm.scenario)  # type: ignore[arg-type]
    job._storm = storm
    return job


def aim_of(storm: Storm) -> Aim | None:
    return None if storm.pilot is None else storm.pilot.aim


@pytest.mark.parametrize("sampling", [{"kind": "plain"}, IMPORTANCE, SCREENED])
def test_the_difference_of_two_waits_is_that_of_two_puts(sampling: dict[str, Any]) -> None:
    first = waiting(18, sampling)
    other = against(job_of(first), waiting(24, {"kind": "plain"}, n_paths=10).scenario).scenario
    assert other.run == first.scenario.run
    second = Storm(
        other,
        waiting(24, sampling).ground,
        first.waterfall,
        first.assets,
        replace(first.sampler, scenario=other),
    )
    totals, later = (storm.run(0, 4000) for storm in (first, second))
    found = versus_summary(totals, later, layers=LAYERS, title="later", family="lending")
    told = found["differences"]["recognised"]
    truth = 9e4 * (delay_put(0.9, 0.06, 1.0, DAY).lgd - delay_put(0.9, 0.06, 1.0, 18 * HOUR).lgd)
    half = (float(told["high"]) - float(told["low"])) / 2
    assert abs(float(told["value"]) - truth) < 2 * half  # four standard errors
    assert told["variance_ratio"] > 2


def test_a_scenario_beside_itself_differs_nowhere() -> None:
    storm = waiting(24, {"kind": "plain"}, n_paths=200)
    totals = storm.run(0, 200)
    found = versus_summary(totals, storm.run(0, 200), layers=LAYERS, title="the same", family="lending")
    for each in found["differences"].values():
        assert each == {"value": "0.00", "low": "0.00", "high": "0.00", "variance_ratio": None}


def test_paths_that_are_not_the_same_are_no_pairs() -> None:
    one, other = some_totals(0, 200), some_totals(1, 200)
    with pytest.raises(InputError, match="must walk the same paths"):
        versus_summary(one, other, layers=some_terms().waterfall, title="other", family="lending")


def test_what_was_not_walked_counts_as_nothing() -> None:
    storm = waiting(24, SCREENED)
    totals = storm.run(0, 4000)
    assert len(totals) < 4000
    terms = per_path(totals, totals.value("recognised"))
    assert len(terms) == 4000
    assert terms.sum() == pytest.approx(totals.value("recognised") @ totals.weight)


@pytest.mark.parametrize("sampling", [{"kind": "plain"}, IMPORTANCE])
def test_a_put_that_pays_what_is_lost_leaves_nothing_to_chance(sampling: dict[str, Any]) -> None:
    """The loan loses 90,000 (1 - cover e^x): 90,000 cover of a put struck at 1 / cover."""
    storm = waiting(24, sampling)
    found = control_summary(
        storm.run(0, 4000), storm.scenario, market="COIN", strike=1 / COVER, layers=LAYERS, aim=aim_of(storm)
    )
    truth = 9e4 * delay_put(0.9, 0.06, 1.0, DAY).lgd
    assert found["mean"] * 9e4 * COVER == pytest.approx(truth)
    told = found["expected"]["recognised"]
    assert float(told["value"]) == pytest.approx(truth, abs=0.02)
    assert told["variance_ratio"] > 1e6


@pytest.mark.parametrize(("sampling", "strike"), [({"kind": "plain"}, 1.0), (SCREENED, 1 / COVER)])
def test_a_put_that_pays_otherwise_corrects_in_part_and_stays_unbiased(
    sampling: dict[str, Any], strike: float
) -> None:
    """Struck elsewhere; or told of every path drawn, where the loss is that of those walked."""
    storm = waiting(24, sampling)
    totals = storm.run(0, 4000)
    found = control_summary(totals, storm.scenario, market="COIN", strike=strike, layers=LAYERS)
    told, truth = found["expected"]["recognised"], 9e4 * delay_put(0.9, 0.06, 1.0, DAY).lgd
    half = (float(told["high"]) - float(told["low"])) / 2
    assert abs(float(told["value"]) - truth) < 2 * half
    assert 1.1 < told["variance_ratio"] < 20


@pytest.mark.parametrize(
    ("market", "strike", "message"),
    [("DOGE", 0.9, "no market 'DOGE'"), ("ETH", 0.0, "strike is 0"), ("ETH", np.nan, "strike is nan")],
)
def test_a_put_on_nothing_is_refused(market: str, strike: float, message: str) -> None:
    with pytest.raises(InputError, match=message):
        known_mean(some_scenario(), market, strike)


def test_paths_of_nets_are_no_independent_pairs() -> None:
    scenario = some_scenario().model_copy(
        update={"sampling": waiting(24, NETS, n_paths=20).scenario.sampling}
    )
    with pytest.raises(InputError, match="know of one another"):
        known_mean(scenario, "ETH", 0.9)
    job = Job(None, None, None, scenario)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="know of one another"):
        against(job, some_scenario())


def test_paths_aimed_at_other_factors_are_no_pairs() -> None:
    first = waiting(24, IMPORTANCE, n_paths=100)
    jumping = waiting(
        24, {"kind": "plain"}, kind="merton", common={"rate_per_year": 9, "mean": -0.1, "sd": 0.1}
    ).scenario
    with pytest.raises(InputError, match="not driven by the same factors"):
        against(job_of(first), jumping)


def test_steps_of_another_length_are_no_pairs() -> None:
    one = waiting(18, {"kind": "plain"}).scenario
    other = one.model_copy(update={"run": one.run.model_copy(update={"step_s": HOUR})})
    require_same_steps(one, one)
    with pytest.raises(InputError, match="no pairs"):
        require_same_steps(one, other)


def test_a_screen_that_would_walk_other_paths_is_refused_beforehand() -> None:
    one = waiting(18, SCREENED).scenario
    prices = one.prices.model_copy(update={"assets": {}})
    with pytest.raises(InputError, match="a screen walks other paths"):
        require_same_steps(one, one.model_copy(update={"prices": prices}))
