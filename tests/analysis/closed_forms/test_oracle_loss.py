"""Expected loss under an oracle against simulated paths, its limits, and one update by hand."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np
import pytest

from seawall.analysis.closed_forms.delay_put import loss_from_cover
from seawall.analysis.closed_forms.oracle_loss import expected_loss, oracle_expected_loss
from seawall.analysis.normal import cdf
from seawall.errors import InputError
from tests.analysis.zscore import YEAR_H, z_score

HOUR_S, DAY_S = 3600.0, 86_400.0
POSITION = (1.25, 1.0, 0.9, 0.06, 1.0, 30 * DAY_S)


@pytest.mark.parametrize("delay_h", [0, 6])
def test_paths_lose_what_is_said(delay_h: int) -> None:
    step, count, n = sqrt(6 / YEAR_H), 120, 60_000
    rng = np.random.default_rng(21)
    log_price = np.full(n, log(1.25))
    found = np.full(n, np.nan)
    for _ in range(count):
        log_price += -(step**2) / 2 + step * rng.standard_normal(n)
        found = np.where(np.isnan(found) & (log_price < 0), log_price, found)
    hit = ~np.isnan(found)
    later = sqrt(delay_h / YEAR_H)
    sale = np.where(hit, found, 0.0) - later**2 / 2 + later * rng.standard_normal(n)
    lost = np.where(hit, np.maximum(0.0, 1 - np.exp(sale) / (0.9 * 1.06)), 0.0)
    exact = oracle_expected_loss(*POSITION, delay_h * HOUR_S, 6 * HOUR_S)
    assert abs(z_score(hit.astype(float), exact.prob_hit)) < 4
    assert abs(z_score(lost, exact.expected_loss)) < 4


def test_a_single_update_is_two_normals() -> None:
    sd = sqrt(30 / 365)
    exact = oracle_expected_loss(*POSITION, 0.0, 30 * DAY_S)
    edge = (log(0.8) + sd * sd / 2) / sd
    assert exact.prob_hit == pytest.approx(cdf(edge), abs=1e-12)
    # Without delay the loss is max(0, 1 - S / (0.9 * 1.06)) where S < 1, which holds wherever it is positive.
    cover = 1.25 / (0.9 * 1.06)
    assert exact.expected_loss == pytest.approx(loss_from_cover(cover, sd).lgd, abs=1e-11)


def test_an_oracle_that_never_rests_is_one_that_watches_always() -> None:
    always = expected_loss(*POSITION, 6 * HOUR_S)
    often = [oracle_expected_loss(*POSITION, 6 * HOUR_S, beat) for beat in (4 * HOUR_S, HOUR_S, HOUR_S / 4)]
    gaps = [each.lgd - always.lgd for each in often]
    assert gaps[0] > 1.9 * gaps[1] > 3.6 * gaps[2] > 0  # the overshoot falls with the root of the heartbeat
    assert [each.prob_hit < always.prob_hit for each in often] == [True] * 3


def test_the_remainder_of_a_horizon_has_no_update() -> None:
    long = oracle_expected_loss(*POSITION[:5], 30.9 * DAY_S, 0.0, DAY_S)
    whole = oracle_expected_loss(*POSITION[:5], 30 * DAY_S, 0.0, DAY_S)
    assert long == whole
    tenths = oracle_expected_loss(*POSITION[:5], 0.3 * DAY_S, 0.0, 0.1 * DAY_S)
    assert tenths.prob_hit > oracle_expected_loss(*POSITION[:5], 0.2 * DAY_S, 0.0, 0.1 * DAY_S).prob_hit


def test_what_never_fires_loses_nothing() -> None:
    far = oracle_expected_loss(exp(30), 1.0, 0.9, 0.06, 1.0, DAY_S, 0.0, DAY_S)
    assert (far.prob_hit, far.expected_loss, far.lgd) == (0.0, 0.0, 0.0)


def test_all_parameters_out_of_range_are_told() -> None:
    with pytest.raises(InputError) as told:
        oracle_expected_loss(1.0, 1.0, 0.9, 0.06, 0.0, DAY_S, 0.0, 2 * DAY_S)
    assert [problem.message.split(" ")[0] for problem in told.value.problems] == [
        "price",
        "vol",
        "heartbeat_s",
    ]
    with pytest.raises(InputError, match="updates is 86400"):
        oracle_expected_loss(1.25, 1.0, 0.9, 0.06, 1.0, DAY_S, 0.0, 1.0)
