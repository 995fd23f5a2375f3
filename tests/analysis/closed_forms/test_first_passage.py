"""First passage against simulated bridges, and the shift of a discrete oracle against the exact answer."""

from __future__ import annotations

from math import log

import numpy as np
import pytest

from seawall.analysis.closed_forms.first_passage import mean_log_overshoot, prob_hit, prob_hit_discrete
from seawall.analysis.closed_forms.oracle_loss import oracle_expected_loss
from seawall.errors import InputError
from tests.analysis.zscore import z_score

DAY_S = 86_400.0


@pytest.mark.parametrize(("drift", "vol", "days"), [(0.0, 1.0, 30), (1.5, 0.8, 60), (-2.0, 0.6, 20)])
def test_a_price_hits_as_often_as_bridges_between_its_ends_say(drift: float, vol: float, days: float) -> None:
    years, room = days / 365, log(1.25)
    z = np.random.default_rng(3).standard_normal(300_000)
    end = (drift - vol**2 / 2) * years + vol * years**0.5 * z
    # P(a bridge from 0 to `end` falls below -room).
    below = np.where(end <= -room, 1.0, np.exp(-2 * room * (end + room) / (vol**2 * years)))
    assert abs(z_score(np.minimum(1.0, below), prob_hit(1.25, 1.0, vol, days * DAY_S, drift=drift))) < 4


@pytest.mark.parametrize("heartbeat_h", [1, 6])
def test_the_shift_is_near_the_exact_answer(heartbeat_h: int) -> None:
    exact = oracle_expected_loss(1.25, 1.0, 0.9, 0.06, 1.0, 30 * DAY_S, 0.0, heartbeat_h * 3600.0).prob_hit
    shifted = prob_hit_discrete(1.25, 1.0, 1.0, 30 * DAY_S, heartbeat_h * 3600.0)
    assert shifted == pytest.approx(exact, abs=6e-4)
    assert abs(prob_hit(1.25, 1.0, 1.0, 30 * DAY_S) - exact) > 20 * abs(shifted - exact)


def test_a_walk_overshoots_as_far_as_said() -> None:
    # A level many steps away: the ladder height forgets where it came from.
    rng, step = np.random.default_rng(4), 1.0
    level, found = np.full(40_000, 30.0), []
    while len(level) and len(found) < 39_000:
        level = level - step * rng.standard_normal(len(level)) - 0.02
        found.extend((-level[level <= 0]).tolist())
        level = level[level > 0]
    overshoot = mean_log_overshoot(1.0, 365 * DAY_S)  # one year is one step
    assert np.mean(found) == pytest.approx(overshoot, rel=0.02)


@pytest.mark.parametrize("price", [1.0, 0.9])
def test_a_price_at_the_trigger_or_below_has_hit(price: float) -> None:
    assert prob_hit(price, 1.0, 1.0, DAY_S) == 1.0
    assert prob_hit(1.0 + 1e-9, 1.0, 1.0, DAY_S) == pytest.approx(1.0, abs=1e-6)


def test_all_parameters_out_of_range_are_told() -> None:
    with pytest.raises(InputError) as told:
        prob_hit(0.0, -1.0, 0.0, 0.0, drift=float("inf"))
    assert len(told.value.problems) == 5
