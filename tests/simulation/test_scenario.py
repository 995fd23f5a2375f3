"""Scenario files: read whole, refused whole, and what they draw."""

from __future__ import annotations

import numpy as np
import pytest

from seawall.errors import InputError
from seawall.simulation.paths import Paths
from seawall.simulation.scenario import Scenario
from seawall.simulation.shock_grid import ShockGrid

WHOLE = """
title = "A day"
[run]
n_paths = 8
seed = 3
horizon_s = 7200
step_s = 600
[prices]
kind = "gbm"
assets = { ETH = { vol = 0.8 }, BTC = { vol = 0.6 } }
[markets.ETH]
moves = ["ETH", "WETH", "ETH-PERP"]
impact = { kind = "constant_product", reserve = 1e7 }
oracle = { feed = { kind = "spot", delay_s = 600 } }
[markets.BTC]
[[outages]]
what = "oracle"
markets = ["ETH"]
from_s = 1200
for_s = 1200
[[outages]]
what = "liquidators"
from_s = 6000
for_s = 6000
"""


def problems(text: str) -> list[str]:
    with pytest.raises(InputError) as caught:
        Scenario.parse(text, source="s.toml")
    return [str(item) for item in caught.value.problems]


def test_a_market_moves_what_it_names_or_what_bears_its_name() -> None:
    scenario = Scenario.parse(WHOLE)
    assert scenario.drivers == ("ETH", "BTC")
    assert scenario.driver_of == {"ETH": "ETH", "WETH": "ETH", "ETH-PERP": "ETH", "BTC": "BTC"}
    assert set(scenario.impacts) == {"ETH"}


def test_all_problems_are_told_at_once_each_with_its_place_and_the_nearest_name() -> None:
    text = (
        WHOLE.replace("vol = 0.6", "vool = 0.6").replace("reserve", "reserv").replace("seed = 3", "seed = -3")
    )
    assert problems(text) == [
        "s.toml:run.seed: Input should be greater than or equal to 0, got -3 [scenario_invalid]",
        "s.toml:prices.assets.BTC.vol: required and absent [missing_field]",
        "s.toml:prices.assets.BTC.vool: unknown key 'vool': did you mean 'vol'? [unknown_field]",
        "s.toml:markets.ETH.impact.reserve: required and absent [missing_field]",
        "s.toml:markets.ETH.impact.reserv: unknown key 'reserv': did you mean 'reserve'? [unknown_field]",
    ]


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('"gbm"', '"gmb"', "s.toml:prices.kind: unknown kind 'gmb': did you mean 'gbm'? [unknown_kind]"),
        (
            "step_s = 600",
            "step_s = 700",
            "s.toml:run: step_s 700 does not divide horizon_s 7200: choose one that does [scenario_invalid]",
        ),
        (
            "[markets.BTC]",
            '[markets.BTC]\nmoves = ["WETH"]',
            "s.toml:markets.BTC.moves: 'WETH' is moved by ETH already: name it in one market [moved_twice]",
        ),
        (
            'markets = ["ETH"]',
            'markets = ["SOL"]',
            "s.toml:outages.0.markets: no market 'SOL', there are ETH, BTC [unknown_market]",
        ),
        (
            "from_s = 6000",
            "from_s = 7200",
            "s.toml:outages.1.from_s: begins at 7200 s, after the end of the run (7200 s) [outage_too_late]",
        ),
        (
            "[markets.BTC]",
            "[markets.SOL]",
            "s.toml:prices.assets: no settings for 'SOL', there are ETH, BTC: add it [unknown_asset]",
        ),
        (
            "[markets.BTC]",
            "[markets.BTC]\n[[shocks]]\nat_s = 60\nmoves = { SOL = -0.1 }",
            "s.toml:shocks.0: moves 'SOL', there are ETH, BTC: take it out [unknown_asset]",
        ),
    ],
)
def test_a_scenario_that_does_not_hold_is_refused(old: str, new: str, said: str) -> None:
    assert said in problems(WHOLE.replace(old, new, 1))


def test_what_is_no_toml_is_told_with_its_file() -> None:
    assert problems("[run")[0].startswith("s.toml: ")


@pytest.mark.parametrize(
    ("from_s", "for_s", "steps"),
    [
        (1200, 1200, [2, 3]),
        (1199, 1200, [1, 2]),
        (1200, 599, []),
        (1200, 600, [2]),
        (0, 7200, list(range(12))),
    ],
)
def test_an_outage_holds_in_the_steps_that_end_within_it(from_s: int, for_s: int, steps: list[int]) -> None:
    text = WHOLE.replace("from_s = 1200\nfor_s = 1200", f"from_s = {from_s}\nfor_s = {for_s}")
    silent = Scenario.parse(text).silent_oracles()
    assert np.flatnonzero(silent[:, 0]).tolist() == steps
    assert not silent[:, 1].any()


def test_liquidators_are_away_from_all_markets_until_the_end() -> None:
    away = Scenario.parse(WHOLE).absences(0, 2)
    assert [np.flatnonzero(row).tolist() for row in away] == [[10, 11], [10, 11]]
    sometimes = Scenario.parse(WHOLE + "[liquidators]\nabsent_share = 0.5\n").absences(0, 2)
    assert sometimes[:, 10:].all()
    assert 0 < sometimes[:, :10].mean() < 1


def test_shocks_lie_over_every_path_and_paths_do_not_depend_on_the_chunk() -> None:
    calm = Scenario.parse(WHOLE)
    hit = Scenario.parse(WHOLE + "[[shocks]]\nat_s = 3600\nmoves = { ETH = -0.5 }\n")
    difference = hit.moves(0, 8) - calm.moves(0, 8)
    assert np.allclose(difference[:, 5:, 0], np.log(0.5))
    assert not difference[:, :5].any()
    assert not difference[:, :, 1].any()
    parts = np.concatenate([hit.moves(0, 3), hit.moves(3, 5)])
    assert np.array_equal(parts, hit.moves(0, 8))


def test_depth_is_told_only_where_it_changes() -> None:
    moves = np.zeros((2, 12, 2))
    assert Scenario.parse(WHOLE).depths(moves) is None
    stress = "[[depth.stresses]]\nat_s = 0\nmultiplier = 0.5\nassets = ['ETH']\n"
    depths = Scenario.parse(WHOLE + stress).depths(moves)
    assert depths is not None
    assert np.allclose(depths[:, :, 0], 0.5)
    assert (depths[:, :, 1] == 1).all()


def test_a_grid_takes_one_shock_a_path_and_no_chance() -> None:
    grid = ShockGrid(shocks=({"ETH": -0.5}, {}, {"BTC": -0.1, "ETH": 1.0}))
    moves = grid.draw(Paths(("ETH", "BTC"), seed=1, first=0, count=3, n_steps=4, step_s=60.0))
    assert np.allclose(np.expm1(moves[:, -1]), [[-0.5, 0], [0, 0], [1.0, -0.1]])
    again = grid.draw(Paths(("ETH", "BTC"), seed=2, first=2, count=1, n_steps=4, step_s=60.0))
    assert np.array_equal(again, moves[2:])
