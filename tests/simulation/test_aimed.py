"""Importance sampling and Sobol nets on storms whose losses have a closed form, and against plain runs."""

from __future__ import annotations

from dataclasses import replace
from math import exp, sqrt
from statistics import NormalDist
from typing import Any

import numpy as np
import pytest

from seawall.analysis.closed_forms.delay_put import delay_put, jump_delay_put
from seawall.analysis.tail import Refused, TailEstimates, estimate_tail
from seawall.errors import InputError
from seawall.simulation.aim_settings import Importance
from seawall.simulation.aimed import Aimed, found_aim
from seawall.simulation.nets import net_of
from seawall.simulation.storm import Storm
from seawall.simulation.totals import PathTotals
from tests.analysis.zscore import z_score
from tests.simulation.test_engine_closed_forms import DAY, HOUR, VOL, one_loan

COVER = 1 / (0.9 * 1.06)
OUTAGE = {"what": "liquidators", "from_s": 0, "for_s": 18 * HOUR}
JUMPS = {"rate_per_year": 20, "mean": -0.1, "sd": 0.08}
IMPORTANCE = {"kind": "importance"}
SOBOL = {"kind": "sobol", "nets": 32}
BOTH = {"kind": "importance", "nets": 32}
KINDS = {"importance": IMPORTANCE, "sobol": SOBOL, "importance on nets": BOTH}


def delayed(sampling: dict[str, Any], n_paths: int = 4096, seed: int = 21, **prices: Any) -> Storm:
    """A loan triggered at the start and sold a day later: it loses 1 - cover * exp(move) of its 90,000."""
    run = {"n_paths": n_paths, "seed": seed, "horizon_s": DAY, "step_s": 6 * HOUR}
    return one_loan({"kind": "gbm", **VOL, **prices}, run, outages=[OUTAGE], sampling=sampling)


def walked(storm: Storm) -> PathTotals:
    return storm.run(0, storm.scenario.run.n_paths)


def tail(storm: Storm, totals: PathTotals, levels: tuple[float, ...] = (0.999,)) -> TailEstimates:
    """The tail of the loss [of the debt], weights and nets as the run has them."""
    nets = storm.scenario.sampling.nets if hasattr(storm.scenario.sampling, "nets") else 0
    batches = net_of(totals.number, nets) if nets else None
    return estimate_tail(
        totals.value("recognised") / 9e4, weights=totals.weight, batches=batches, levels=levels
    )


def deviations(terms: np.ndarray, truth: float, nets: int) -> float:
    """Standard errors from the truth, over paths or over means of nets."""
    if not nets:
        return z_score(terms, truth)
    return z_score(terms.reshape(-1, nets).mean(axis=0), truth)


@pytest.mark.parametrize("kind", KINDS)
def test_the_delay_put_is_the_weighted_mean_however_paths_are_sampled(kind: str) -> None:
    storm = delayed(KINDS[kind])
    totals, nets = walked(storm), KINDS[kind].get("nets", 0)
    lost = totals.value("recognised") / 9e4
    truth = delay_put(0.9, 0.06, 1.0, DAY)
    assert abs(deviations(lost * totals.weight, truth.lgd, nets)) < 4
    assert abs(deviations((lost > 0) * totals.weight, truth.prob_bad_debt, nets)) < 4
    assert totals.weight.mean() == pytest.approx(1.0, abs=0.1)


@pytest.mark.parametrize("kind", KINDS)
def test_mertons_mixture_is_the_weighted_mean_however_paths_are_sampled(kind: str) -> None:
    storm = delayed(KINDS[kind], kind="merton", common=JUMPS)
    totals, nets = walked(storm), KINDS[kind].get("nets", 0)
    law = {"jump_rate": 20.0, "jump_log_mean": -0.1, "jump_log_sd": 0.08}
    truth = jump_delay_put(0.9, 0.06, 1.0, DAY, **law)
    lost = totals.value("recognised") / 9e4
    assert abs(deviations(lost * totals.weight, truth.lgd, nets)) < 4
    assert abs(deviations((lost > 0) * totals.weight, truth.prob_bad_debt, nets)) < 4


@pytest.mark.parametrize("kind", ["importance", "importance on nets"])
def test_var_and_es_of_the_put_are_right_and_a_path_is_worth_many(kind: str) -> None:
    """Exact: VaR = 1 - cover exp(x) x the quantile of the move; ES by a partial mean."""
    storm = delayed(KINDS[kind])
    found = tail(storm, walked(storm))
    sd = sqrt(1 / 365)
    z = NormalDist().inv_cdf(0.001)
    var = 1 - COVER * exp(sd * z - sd * sd / 2)
    es = 1 - COVER * NormalDist().cdf(z - sd) / 0.001
    assert found.var[0.999].low < var < found.var[0.999].high
    assert found.es[0.999].low < es < found.es[0.999].high
    assert found.var[0.999].variance_ratio > 40
    assert found.es[0.999].variance_ratio > 40
    plain = delayed({"kind": "plain"})
    assert isinstance(
        tail(plain, walked(plain)).var[0.999], Refused
    )  # so many plain paths back no such figure


def test_a_net_is_worth_many_plain_paths_where_the_end_decides() -> None:
    storm = delayed(SOBOL, n_paths=32 * 128)
    found = tail(storm, walked(storm), levels=(0.95,))
    assert found.expected_loss.variance_ratio > 10
    truth = delay_put(0.9, 0.06, 1.0, DAY)
    assert found.expected_loss.low < truth.lgd < found.expected_loss.high


def test_intervals_hold_the_truth_as_often_as_they_say() -> None:
    """200 seeds, a pilot for each ten: of the intervals of 95 % at least 93 % hold VaR and ES at 99.9 %."""
    sd, z = sqrt(1 / 365), NormalDist().inv_cdf(0.001)
    var, es = 1 - COVER * exp(sd * z - sd * sd / 2), 1 - COVER * NormalDist().cdf(z - sd) / 0.001
    hits, wanted = np.zeros(2), Importance(kind="importance", pilot_paths=50, pilot_rounds=4)
    base = delayed({"kind": "plain"}, n_paths=1500)
    for seed in range(200):
        run = base.scenario.run.model_copy(update={"seed": seed})
        scenario = base.scenario.model_copy(update={"run": run, "sampling": wanted})
        if seed % 10 == 0:
            aimed = found_aim(base.ground, scenario, wanted)
        storm = replace(base, scenario=scenario, sampler=Aimed(scenario, aimed))
        found = tail(storm, walked(storm))
        hits += [
            found.var[0.999].low <= var <= found.var[0.999].high,
            found.es[0.999].low <= es <= found.es[0.999].high,
        ]
    assert hits.min() >= 0.93 * 200


@pytest.mark.parametrize("kind", KINDS)
def test_aimed_paths_do_not_depend_on_chunks_threads_or_detectors(kind: str) -> None:
    storm = delayed(KINDS[kind], n_paths=64)
    whole = storm.run(0, 64)
    parts = PathTotals.joined([storm.run(40, 24, threads=2), storm.run(0, 40, detector="scan")])
    again = delayed(KINDS[kind], n_paths=64).run(0, 64, detector="index_without_epochs")
    for other in (parts, again):
        assert np.array_equal(whole.money, other.money)
        assert np.array_equal(whole.weight, other.weight)
        assert np.array_equal(whole.end_move, other.end_move)


def test_a_plain_path_of_a_net_is_not_that_of_another_seed() -> None:
    one, other = (delayed(SOBOL, n_paths=64, seed=seed).run(0, 64) for seed in (1, 2))
    assert not np.isclose(one.end_move, other.end_move).any()
    assert one.weight.tolist() == [1.0] * 64


@pytest.mark.parametrize(
    ("sampling", "message"),
    [
        ({"kind": "sobol", "nets": 48}, "100 paths over 48 nets: .* such as 96 paths"),
        ({"kind": "importance", "nets": 10}, "at least 20 nets"),
    ],
)
def test_nets_that_paths_do_not_fill_are_refused(sampling: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError, match=message):
        delayed(sampling, n_paths=100)


def test_paths_of_a_history_cannot_be_aimed() -> None:
    times = [6.0 * HOUR * number for number in range(40)]
    history = {"times_s": times, "prices": {"COIN": [1 + 0.01 * (number % 3) for number in range(40)]}}
    run = {"n_paths": 100, "horizon_s": DAY, "step_s": 6 * HOUR}
    prices = {"kind": "block_bootstrap", "history": history, "mean_block": 2.0}
    with pytest.raises(InputError, match="block_bootstrap takes its paths from a history"):
        one_loan(prices, run, sampling=IMPORTANCE)
