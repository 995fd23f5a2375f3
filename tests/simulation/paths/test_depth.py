"""Depth over time: stresses, and makers who leave when the price falls."""

from __future__ import annotations

import numpy as np
import pytest

from seawall.errors import InputError, MissingData
from seawall.simulation.paths import DepthPath, DepthStress, Withdrawal
from tests.simulation.paths.worlds import ASSETS, HOUR

STILL = np.zeros((1, 6, 2))


def multipliers(depth: DepthPath, moves: np.ndarray = STILL) -> np.ndarray:
    return depth.multipliers(ASSETS, moves, step_s=HOUR)


def of_price(*prices: float, **changed: float) -> list[float]:
    settings = {"sensitivity": 2.0, "half_life_s": 1e-3} | changed
    moves = np.log(np.array(prices))[None, :, None] * np.array([1.0, 0.0])
    found = multipliers(DepthPath(withdrawals={"WBTC": Withdrawal(**settings)}), moves)
    assert (found[:, :, 1] == 1).all()
    return [float(x) for x in found[0, :, 0].round(12)]


def test_depth_is_as_usual_where_nothing_is_said() -> None:
    assert (multipliers(DepthPath()) == 1).all()


def test_a_stress_takes_depth_from_all_or_from_those_it_names() -> None:
    all_of_them = DepthStress(at_s=2 * HOUR, multiplier=0.25, ramp_s=2 * HOUR)
    one = DepthStress(at_s=4 * HOUR, multiplier=0.5, assets=("WETH",))
    found = multipliers(DepthPath(stresses=(all_of_them, one)))[0]
    assert found[:, 0] == pytest.approx([1, 1, 0.5, 0.25, 0.25, 0.25])
    assert found[:, 1] == pytest.approx([1, 1, 0.5, 0.125, 0.125, 0.125])


def test_makers_leave_by_the_fall_from_the_highest_price() -> None:
    # sensitivity 2: depth is (price / highest so far)^2.
    assert of_price(0.9, 1.0, 2.0, 1.0, 1.5, 2.0) == [0.81, 1.0, 1.0, 0.25, 0.5625, 1.0]


def test_some_makers_never_leave() -> None:
    assert of_price(0.5, 0.1, 1.0, floor=0.2) == [0.25, 0.2, 1.0]


def test_makers_come_back_by_half_lives() -> None:
    assert of_price(0.5, 1.0, 1.0, half_life_s=HOUR) == [0.25, 0.5, round(0.5**0.5, 12)]
    assert of_price(0.5, 1.0, 0.6, half_life_s=HOUR) == [0.25, 0.5, 0.36]


@pytest.mark.parametrize(
    "depth",
    [
        DepthPath(stresses=(DepthStress(at_s=0.0, multiplier=0.5, assets=("DOGE",)),)),
        DepthPath(withdrawals={"DOGE": Withdrawal(sensitivity=1.0, half_life_s=1.0)}),
    ],
)
def test_depth_of_an_asset_that_is_not_there_is_refused(depth: DepthPath) -> None:
    with pytest.raises(MissingData, match="names 'DOGE'"):
        multipliers(depth)


def test_a_stress_after_the_end_is_refused() -> None:
    with pytest.raises(InputError, match="after the end of the run"):
        multipliers(DepthPath(stresses=(DepthStress(at_s=1e6, multiplier=0.5),)))
