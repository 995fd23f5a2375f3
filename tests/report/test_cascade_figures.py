"""How near a cascade, and how healthy, as drawn."""

from __future__ import annotations

import pytest

from seawall.report.cascade_figures import (
    branching_matrix,
    branching_profile,
    forced_sales,
    health_histogram,
)
from seawall.report.palette import GREY, RED, RED_FILL
from tests.report.test_simulation_page import CASCADE, HEALTH


def test_a_cell_of_the_matrix_is_bold_from_one_on() -> None:
    (heat,) = branching_matrix(CASCADE).data
    assert list(map(list, heat.text)) == [["<b>1.2</b>", ""], ["0.50", "0.10"]]
    assert heat.z[0][0] == 1.0  # the colour ends there


def test_the_profile_stands_over_its_whole_stretch_and_one_is_marked() -> None:
    figure = branching_profile(CASCADE)
    nearest = figure.data[-1]
    assert nearest.name == "ETH"
    assert list(zip(nearest.x, nearest.y, strict=True)) == [(0, 1.25), (5, 0.4), (20, 0.4)]
    assert [shape.y0 for shape in figure.layout.shapes] == [1]


def test_rises_go_to_the_left() -> None:
    both = {**CASCADE, "directions": {**CASCADE["directions"], "rise": CASCADE["directions"]["fall"]}}
    figure = branching_profile(both)
    assert min(min(trace.x) for trace in figure.data) == -20
    assert figure.layout.xaxis.range[0] == -20


def test_forced_sales_stand_beside_the_depth_of_their_market() -> None:
    figure = forced_sales(CASCADE, currency="USD")
    forced, depth = figure.data[:2]
    assert (forced.y, depth.y) == ((1e6, 3e6), (8e5, 2.5e6))
    assert figure.data[3].y == (None, None)  # a market that nothing moves has no bound


def test_below_one_and_just_above_it_classes_are_red() -> None:
    (bars,) = health_histogram(HEALTH, family="lending", currency="USD").data
    assert bars.x == ("< 1", "1", "1.1", "2+")
    assert bars.marker.color == (RED, RED_FILL, GREY, GREY)
    assert sum(bars.y) == pytest.approx(100.0)
