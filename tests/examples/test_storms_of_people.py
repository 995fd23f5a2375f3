"""The storms of the library in which people act: they run, and say what they are there to say."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seawall.adapters.synthetic import synthetic_lending
from seawall.simulation.scenario import Scenario
from seawall.simulation.storm import Storm
from seawall.simulation.totals import PathTotals

STORMS = Path(__file__).parents[2] / "examples/storm"
N = 12


def walked(scenario: Scenario) -> PathTotals:
    return Storm.of(*synthetic_lending(500), scenario).run(0, N)


def scenario_of(name: str, **changes: Any) -> Scenario:
    path = STORMS / f"{name}.toml"
    return Scenario.parse(path.read_text(encoding="utf-8"), source=path.name).model_copy(update=changes)


@pytest.fixture(scope="module")
def run_on_two_pools() -> PathTotals:
    return walked(scenario_of("withdrawal-run"))


def test_pools_pay_those_who_run_as_far_as_they_can(run_on_two_pools: PathTotals) -> None:
    book, market, _ = synthetic_lending(500)
    cash = sum(
        book.pool_of[name].cash
        * (market.price(name) or 0)
        / 10**market.price_decimals
        / book.asset(name).unit
        for name in ("USDT", "DAI")
    )
    paid = run_on_two_pools.value("withdrawn")
    assert (paid > 1.9 * cash).all()  # the rest came in as borrowers were liquidated, and was waited for
    assert (run_on_two_pools.count("longest_exit_steps") >= 6).all()


def test_without_a_run_nobody_waits(run_on_two_pools: PathTotals) -> None:
    calm = walked(scenario_of("withdrawal-run", exits=()))
    assert not calm.value("withdrawn").any()
    assert not calm.count("longest_exit_steps").any()
    np.testing.assert_array_equal(calm.end_move.shape, run_on_two_pools.end_move.shape)


def test_borrowers_who_sell_leave_less_to_liquidate() -> None:
    acting = walked(scenario_of("borrowers-act"))
    idle = walked(scenario_of("borrowers-act", borrowers=None))
    assert (acting.count("borrower_acts") > 5).all()
    assert (acting.value("delevered") > 0).all()
    assert acting.value("seized").sum() < 0.9 * idle.value("seized").sum()
