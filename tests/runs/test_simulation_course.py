"""Funds, losses and firsts over time, on paths small enough to add up by hand.

Of `some_totals(0, 6)` path 0 loses 100 in hour 0 and path 3 loses 400 in hour 3; a fund of 500 bears both.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from seawall.runs.simulation_course import course_summary, fund_outlook
from tests.runs.storms import HOURS, some_totals

HOUR = 3600


def course(weights: list[float] | None = None) -> dict[str, Any]:
    return course_summary(
        some_totals(0, 6),
        family="lending",
        step_s=HOUR,
        n_steps=HOURS,
        weights=None if weights is None else np.array(weights),
    )


def test_means_and_bands_stand_at_the_end_of_each_hour() -> None:
    told = course()
    assert told["moments_s"] == [HOUR * (hour + 1) for hour in range(HOURS)]
    assert told["recognised"]["mean"][:5] == ["16.67", "16.67", "16.67", "83.33", "83.33"]
    assert told["recognised"]["0.99"][:5] == ["100.00", "100.00", "100.00", "400.00", "400.00"]
    assert told["fund"]["0.01"][:5] == ["400.00", "400.00", "400.00", "100.00", "100.00"]
    assert told["fund"]["0.5"] == ["500.00"] * HOURS
    assert told["liquidated"]["mean"][-1] == "250.00"  # three times the loss was repaid


def test_firsts_come_and_stay() -> None:
    told = course()["first"]
    wanted = [1 / 6] * 3 + [2 / 6] * (HOURS - 3)
    assert told["loss"] == pytest.approx(wanted)
    assert told["deleverage"] == told["empty"] == pytest.approx(wanted)  # made up: all at once


def test_a_path_of_weight_zero_is_not_there_and_one_of_two_counts_twice() -> None:
    told = course([2.0, 1.0, 1.0, 0.0, 1.0, 1.0])
    assert told["recognised"]["mean"][-1] == "33.33"
    assert told["first"]["loss"] == pytest.approx([2 / 6] * HOURS)
    assert told["fund"]["0.01"][-1] == "400.00"


def test_of_an_exchange_what_was_closed_in_the_market_was_liquidated() -> None:
    totals = some_totals(0, 6)
    told = course_summary(totals, family="exchange", step_s=HOUR, n_steps=HOURS)
    assert told["liquidated"]["mean"] == ["0.00"] * HOURS
    sold = replace(totals, course=np.roll(totals.course, 1, axis=2))  # what was repaid stands as sold
    told = course_summary(sold, family="exchange", step_s=HOUR, n_steps=HOURS)
    assert told["liquidated"]["mean"][-1] == "250.00"


@pytest.mark.parametrize(
    ("asked", "income", "runway_s"),
    [(600.0, 0.0, 10 * 5 * HOUR), (600.0, 540.0, 100 * 5 * HOUR), (600.0, 600.0, None), (0.0, 6.0, None)],
)
def test_a_fund_lasts_as_long_as_its_mean_pace_lets_it(
    asked: float, income: float, runway_s: float | None
) -> None:
    """A thousand are held, and a sixth of the paths ask: 100 a horizon of five hours."""
    needed = np.array([asked, 0.0, 0.0, 0.0, 0.0, 0.0])
    told = fund_outlook(needed, np.full(6, income / 6), {"value": 0.0}, held=1000.0, horizon_s=5 * HOUR)
    assert told["runway_s"] == (None if runway_s is None else pytest.approx(runway_s))
    assert float(told["mean_flow"]) == pytest.approx((income - asked) / 6, abs=0.005)
