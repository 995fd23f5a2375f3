"""The grid of a stress test: what falls, what falls with it, and what stands still."""

from __future__ import annotations

import numpy as np
import pytest

from seawall.runs.stress import ALL, STRESS, Point, as_dict, grid_points, stress_rows, stressed
from seawall.simulation.scenario import Scenario
from tests.runs.storms import some_scenario, some_terms, some_totals

PEGGED = """
[run]
horizon_s = 7200
step_s = 600
[prices]
kind = "pegged"
[prices.base]
kind = "gbm"
assets = { ETH = { vol = 2.0 }, BTC = { vol = 2.0 } }
[prices.pegs.stETH]
of = "ETH"
vol = 1.0
half_life_s = 600
[prices.pegs.wstETH]
of = "stETH"
half_life_s = 600
[prices.pegs.USDC]
vol = 1.0
half_life_s = 600
[markets.ETH]
[markets.stETH]
[markets.wstETH]
[markets.BTC]
[markets.USDC]
[liquidators]
absent_share = 0.5
[stress]
drops = [0.5, 0.25]
course = { at_s = 1200 }
[[shocks]]
at_s = 0
moves = { BTC = -0.9 }
"""


def test_every_market_is_tried_that_follows_no_other() -> None:
    scenario = Scenario.parse(PEGGED)
    points = grid_points(scenario, scenario.stress.drops)
    assert points == [Point(name, drop) for name in (ALL, "ETH", "BTC") for drop in (0.25, 0.5)]
    assert grid_points(scenario, [0.1], each=False) == [Point(ALL, 0.1)]
    assert grid_points(some_scenario(), [0.1, 0.1]) == [Point(name, 0.1) for name in (ALL, "ETH", "BTC")]


def test_what_follows_a_market_falls_with_it_and_the_currency_stands_still() -> None:
    scenario = Scenario.parse(PEGGED)
    points = [Point(ALL, 0.5), Point("ETH", 0.25), Point("BTC", 0.5), Point("ETH", 0.0)]
    moves = stressed(scenario, points).moves(0, 4)
    assert np.allclose(
        np.expm1(moves[:, -1]),
        [[-0.5, -0.5, -0.5, -0.5, 0], [-0.25, -0.25, -0.25, 0, 0], [0, 0, 0, -0.5, 0], [0] * 5],
    )


def test_no_chance_and_no_shock_of_the_scenario_is_left() -> None:
    scenario = Scenario.parse(PEGGED + '\n[sampling]\nkind = "screened"\n')
    grid = stressed(scenario, [Point("ETH", 0.5)] * 2)
    assert grid.sampling.kind == "plain"  # every point is walked
    moves = grid.moves(0, 2)
    assert np.array_equal(moves[0], moves[1])
    assert not moves[:, :1].any()  # the fall comes at 1200 s
    assert moves[:, 1, 0].tolist() == [np.log(0.5)] * 2
    assert not grid.absences(0, 2).any()
    assert scenario.absences(0, 2).any()
    assert grid.run.n_paths == 2


def test_what_is_covered_and_what_reaches_users_is_the_loss() -> None:
    points = [Point(ALL, 0.1), Point("ETH", 0.1), Point("BTC", 0.1), Point("BTC", 0.2)]
    rows = stress_rows(some_totals(36, 4), points, some_terms().waterfall, ["ETH", "BTC"], family="lending")
    first = rows[0]  # path 36 loses 3700: the fund 500, holders 1000, nobody the rest
    assert (first.recognised, first.covered, first.to_users, first.uncovered) == (3700, 500, 3200, 2200)
    assert first.liquidated == 3 * 3700
    assert first.end_drop == pytest.approx(-np.expm1(-0.36))
    assert rows[1].recognised == rows[2].recognised == 0


def test_the_table_tells_a_row_whole() -> None:
    (row,) = stress_rows(
        some_totals(36, 1), [Point("BTC", 0.1)], some_terms().waterfall, ["ETH", "BTC"], family="exchange"
    )
    told = as_dict(row)
    assert list(told) == [column.name for column in STRESS]
    assert (told["market"], told["to_users"], told["liquidated"]) == ("BTC", "3200.00", "0.00")
