"""What a picture shows, in a sentence: told from small totals that can be read by hand."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import numpy as np
import pytest

from seawall.report.simulation_findings import cascade_finding, findings
from tests.report.test_simulation_page import CASCADE, HEALTH
from tests.runs.storms import some_totals
from tests.runs.test_simulation_summary import summary_of


def said_of(count: int = 60, **more: Any) -> dict[str, str]:
    totals = some_totals(0, count)
    summary = summary_of(totals, cascade=CASCADE, health=HEALTH) | {"fund_value": "500.00"} | more
    return {name: text.replace("\u00a0", " ") for name, text in findings(summary, totals).items()}


def test_each_picture_says_what_it_shows() -> None:
    assert said_of() == {
        "fund_fan": "Half of the paths end with 500 in funds or more, one in a hundred with 0 or less.",
        "first_times": "A loss comes on 33.3 % of paths, half of those within 10 h; positions of others are "
        "closed on 33.3 %.",
        "losses_over_time": "A path liquidates 2.95 k in the mean and loses 33.3 % of it.",
        # Paths 54 and 57 lose most, and path n ends at -n / 100 in the log.
        "fall_and_loss": "Of the worst twentieth of losses, half end with ETH down 43.4 % or further.",
        "cascade": "Near: a fall of 5 % feeds itself, branching ratio 1.25.",
        "together": "A fall of all markets together by 5 % takes BTC on by 0.7 of it.",
        "branching_profile": "A fall of ETH alone feeds itself on its way to 5 %.",
        "forced_sales": "A fall of ETH by 20 % forces 3.00 M USD of it to be sold; the market takes "
        "2.50 M for as much.",
        "health_histogram": "40 % of what is owed stands below 1.1.",
    }


@pytest.mark.parametrize(
    ("radius", "depth", "wanted"),
    [
        (0.0, None, "Sales after a fall of 5 % move no price: nothing feeds itself."),
        (
            0.5,
            0.5,
            "A fall of 5 % goes on by 0.5 of itself and dies out; in markets 2 times thinner it would not.",
        ),
        (0.5, None, "A fall of 5 % goes on by 0.5 of itself and dies out."),
        (1.0, 1.0, "Near: a fall of 5 % feeds itself, branching ratio 1."),
    ],
)
def test_the_gauge_is_told_either_side_of_one(radius: float, depth: float | None, wanted: str) -> None:
    told = deepcopy(CASCADE)
    told["directions"]["fall"] |= {"radius": radius, "critical_depth": depth}
    assert cascade_finding(told).replace("\u00a0", " ") == wanted


def test_paths_of_weight_zero_decide_no_finding() -> None:
    totals = some_totals(0, 60)
    totals.weight[:] = np.where(totals.number % 2 == 0, 2.0, 0.0)
    told = findings(summary_of(totals), totals)["fall_and_loss"].replace("\u00a0", " ")
    move = -np.expm1(-0.54)  # path 54 is the largest left
    assert f"ETH down {move * 100:.3g} % or further" in told
