"""Funds, losses and firsts over time: what is drawn is what the summary says."""

from __future__ import annotations

import pytest

from seawall.report.course_figures import first_times, fund_fan, losses_over_time
from tests.runs.storms import HOURS, some_totals
from tests.runs.test_simulation_summary import summary_of

COURSE = summary_of(some_totals(0, 300))["course"]


def test_the_fan_begins_with_what_funds_hold_and_ends_where_the_quantiles_do() -> None:
    figure = fund_fan(COURSE, held=500.0, currency="USD")
    lines = {trace.name: trace for trace in figure.data if trace.name}
    median = lines["median"]
    assert (median.x[0], median.y[0]) == (0.0, 500.0)
    assert (median.x[-1], median.y[-1]) == (24.0, float(COURSE["fund"]["0.5"][-1]))
    assert lines["1 path in 100 holds less"].y[-1] == 0.0  # the largest losses empty it
    assert len(figure.data) == 3 + 2


def test_bars_over_time_add_up_to_the_mean_of_a_path() -> None:
    liquidated, lost = losses_over_time(COURSE, currency="USD").data
    assert sum(liquidated.y) == pytest.approx(float(COURSE["liquidated"]["mean"][-1]))
    assert sum(lost.y) == pytest.approx(float(COURSE["recognised"]["mean"][-1]))
    assert (lost.x[0], len(lost.x)) == (0.5, HOURS)


def test_firsts_rise_to_the_share_of_paths_they_come_on() -> None:
    figure = first_times(COURSE)
    assert [trace.name for trace in figure.data] == ["a loss", "positions of others closed", "funds empty"]
    assert figure.data[0].y[0] == 0
    assert figure.data[0].y[-1] == pytest.approx(100 / 3)
    assert "a loss: 33.3 % by the end" in figure.layout.annotations[0].text


def test_without_funds_or_losses_a_picture_says_so() -> None:
    nothing = {"mean": ["0.00"], "0.01": ["0.00"], "0.05": ["0.00"], "0.25": ["0.00"], "0.5": ["0.00"],
               "0.75": ["0.00"], "0.95": ["0.00"], "0.99": ["0.00"]}  # fmt: skip
    course = {
        "moments_s": [3600], "fund": nothing, "recognised": nothing, "liquidated": nothing,
        "first": {"loss": [0.0], "deleverage": [0.0], "empty": [0.0]},
    }  # fmt: skip
    drawn = (
        fund_fan(course, held=0.0, currency="USD"),
        losses_over_time(course, currency="USD"),
        first_times(course),
    )
    assert [figure.layout.annotations[0].text for figure in drawn] == [
        "no fund holds anything", "no path liquidates anything", "no path leaves a loss",
    ]  # fmt: skip
