"""Totals never wrap: what is too large for them is refused, whatever puts it there."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.errors import InputError
from seawall.simulation.engine import walk_paths
from seawall.simulation.kernels.compiling import kernel
from seawall.simulation.kernels.tally import MICRO, MOST, added, down, up
from seawall.simulation.scenario import Scenario
from seawall.simulation.storm import Storm
from seawall.simulation.totals import MONEY, PathTotals
from tests.simulation.loans import still, storm_of_loans
from tests.simulation.worlds import drawn_storm, scenario_of, world_of

REFUSED = {"book_too_large", "total_too_large", "price_too_far"}
TABLES = ("money", "recognised", "uncovered", "layers", "sold")


def absurd(scenario: Scenario, market: int, what: str, size: int) -> Scenario:
    """The scenario with one number of one market ten to the power of `size` too large."""
    name = list(scenario.markets)[market % len(scenario.markets)]
    raw = scenario.model_dump(mode="json")
    place = raw["markets"][name]
    huge = 10.0**size
    feeds: dict[str, dict[str, Any]] = {
        "fixed": {"feed": {"kind": "fixed", "price": huge}},
        "floor": {"feed": {"kind": "spot", "floor": huge}},
        "rate": {"feed": {"kind": "spot", "rate": huge}},
        "fallback": {"feed": {"kind": "spot"}, "second": {"kind": "fixed", "price": huge}, "choice": "max"},
        "growth": {"feed": {"kind": "spot", "rate_growth_per_year": huge}},
    }
    if what in feeds:
        place["oracle"] = feeds[what]
    elif what == "thin":
        place["impact"] = {"kind": "linear", "value": 1 / huge, "buys_debt": True}
    else:
        raw["prices"]["assets"][name] = {"vol": min(20.0, huge), "mu": 20.0}
        raw["run"]["step_s"] *= 10 ** (size % 5)
        raw["run"]["horizon_s"] *= 10 ** (size % 5)
        raw = {key: raw[key] for key in ("run", "prices", "markets", "liquidators") if key in raw}
    return Scenario.build(raw)


@kernel
def counted(value):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Down, up, and both added: only kernels call these."""
    return down(value), up(value), added(down(value), up(value))


def hold(totals: PathTotals) -> None:
    """Whole numbers that have not wrapped: none below zero, parts not above the whole."""
    for name in TABLES:
        table = getattr(totals, name)
        assert table.min(initial=0) >= 0, name
        assert table.max(initial=0) < MOST, name
    money = {name: totals.money[:, place] for place, name in enumerate(MONEY)}
    assert np.array_equal(totals.recognised.sum(axis=1), money["recognised"])
    assert (money["uncovered"] <= money["recognised"]).all()


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(["lending", "exchange"]),
    st.integers(0, 30),
    st.integers(0, 3),
    st.sampled_from(["fixed", "floor", "rate", "fallback", "growth", "thin", "wild"]),
    st.integers(0, 300),
)
def test_absurd_numbers_are_refused_or_change_nothing_about_sums(
    family: str, seed: int, market: int, what: str, size: int
) -> None:
    codes = set()
    try:
        scenario = absurd(scenario_of(family, seed, n_steps=12, n_paths=2), market, what, size)
        hold(Storm.of(*world_of(family, seed), scenario).run(0, 2))
    except InputError as refused:
        codes = {item.code for item in refused.problems}
    assert codes <= REFUSED


def test_a_fixed_price_far_above_all_others_is_refused_before_any_path() -> None:
    def told(price: float) -> Storm:
        oracle = {"feed": {"kind": "fixed", "price": price}}
        raw = {
            "run": {"n_paths": 1, "horizon_s": 60, "step_s": 60},
            "prices": still(["COIN"]),
            "markets": {"COIN": {"oracle": oracle}},
        }
        return storm_of_loans([({"COIN": 2.0}, 50.0)], 1.0, raw, threshold_bps=8000, bonus_bps=10_500)

    told(2.4e11).run(0, 1)
    with pytest.raises(InputError, match=r"at prices up to 2\.6e\+11 times .* oracle that shows lower"):
        told(2.6e11)


def test_a_total_at_its_bound_is_refused_with_column_and_path() -> None:
    names = {
        "recognised": ("ETH", "USDC"),
        "uncovered": ("ETH", "USDC"),
        "layers": ("fund", "savers", "rest"),
        "sold": ("COIN",),
    }
    totals = PathTotals.empty(40, 3, assets=2, layers=3, drivers=1, n_steps=2)
    totals.money[2, MONEY.index("seized")] = MOST - 1
    totals.refuse_full(names)
    totals.money[2, MONEY.index("seized")] = MOST
    totals.recognised[0, 1] = totals.uncovered[2, 0] = totals.layers[1, 1] = MOST
    totals.sold[1] = -MOST
    with pytest.raises(InputError) as refused:
        totals.refuse_full(names)
    told = [(item.where, item.message.split(" reaches 4.6e+12")[0]) for item in refused.value.problems]
    assert told == [
        ("path 42", "seized"),
        ("path 40", "the loss recognised in USDC"),
        ("path 42", "the uncovered loss in ETH"),
        ("path 41", "what layer savers bore"),
        ("path 41", "what was sold in market COIN"),
    ]


@pytest.mark.parametrize("family", ["lending", "exchange"])
def test_a_storm_knows_the_name_of_every_column(family: str) -> None:
    storm = drawn_storm(family, 1, n_steps=2)
    totals = storm.run(0, 1)
    for table, names in storm.ground.names.items():
        assert getattr(totals, table).shape[1] == len(names), table
    assert storm.ground.names["layers"] == storm.layers
    assert storm.ground.names["recognised"] == storm.ground.names["uncovered"] == storm.assets
    assert storm.ground.names["sold"] == storm.drivers


def test_a_price_beyond_all_bounds_is_refused_with_its_path() -> None:
    storm = drawn_storm("lending", 1, n_steps=2)
    moves = np.zeros((3, 2, len(storm.drivers)))
    moves[1, 1, 0] = -50.0
    walk_paths(storm.ground, moves)
    for far in (50.1, -50.1, np.inf, np.nan):
        moves[1, 1, 0] = far
        with pytest.raises(InputError, match="factor of 5e\\+21") as refused:
            walk_paths(storm.ground, moves, first=7)
        assert refused.value.problems[0].where == "path 8"


@pytest.mark.parametrize("value", [1e300, np.inf, np.nan, MOST / MICRO])
def test_what_does_not_fit_stays_at_the_bound(value: float) -> None:
    assert counted(value) == (MOST, MOST, MOST)
    assert counted(-1e300) == (-MOST, -MOST, -MOST)
    assert counted(1.5e-6) == (1, 2, 3)
    assert counted(-1.5e-6) == (-2, -1, -3)
