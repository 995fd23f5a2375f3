"""Shocks laid over paths: when, how far, and back."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from pydantic import ValidationError

from seawall.errors import InputError, MissingData
from seawall.simulation.paths import Shock, Shocked, shock_moves
from tests.simulation.paths.worlds import ASSETS, HOUR, MODELS, draw


def moves(*shocks: Shock, n_steps: int = 8, step_s: float = HOUR) -> list[float]:
    found = shock_moves(shocks, ASSETS, n_steps=n_steps, step_s=step_s)
    assert (found[:, 0] == 0).all()
    return [float(x) for x in np.exp(found[:, 1]).round(12)]


FALL = {"WETH": -0.36}


@pytest.mark.parametrize(
    ("at_s", "first"), [(0.0, 0), (2 * HOUR - 1, 1), (2 * HOUR, 1), (2 * HOUR + 1, 2), (8 * HOUR, 7)]
)
def test_a_shock_is_there_from_the_first_step_that_ends_at_or_after_it(at_s: float, first: int) -> None:
    assert moves(Shock(at_s=at_s, moves=FALL)) == [1.0] * first + [0.64] * (8 - first)


def test_a_ramp_is_even_in_logs() -> None:
    found = moves(Shock(at_s=HOUR, moves=FALL, ramp_s=2 * HOUR))
    assert found == [1.0, 0.8, *[0.64] * 6]


def test_a_shock_holds_and_comes_back() -> None:
    shock = Shock(at_s=HOUR, moves=FALL, hold_s=2 * HOUR, recovery_s=2 * HOUR, recovered=1.0)
    assert moves(shock) == [0.64, 0.64, 0.64, 0.8, *[1.0] * 4]
    half = shock.model_copy(update={"recovered": 0.5})
    assert moves(half)[-1] == 0.8


def test_the_way_back_begins_after_ramp_and_hold() -> None:
    shock = Shock(at_s=0.0, moves=FALL, ramp_s=2 * HOUR, hold_s=HOUR, recovery_s=2 * HOUR, recovered=1.0)
    assert moves(shock) == [0.8, 0.64, 0.64, 0.8, *[1.0] * 4]


def test_a_shock_may_come_back_at_once() -> None:
    assert moves(Shock(at_s=HOUR, moves=FALL, hold_s=2 * HOUR, recovered=1.0)) == [0.64, 0.64, *[1.0] * 6]


def test_shocks_add_up_in_logs() -> None:
    twice = moves(Shock(at_s=0.0, moves=FALL), Shock(at_s=4 * HOUR, moves={"WETH": 0.5}))
    assert twice == [0.64] * 3 + [0.96] * 5


def test_a_shock_is_laid_over_every_path() -> None:
    shock = Shock(at_s=0.0, moves={"WETH": -0.5, "WBTC": 0.25})
    base = MODELS["merton"]
    laid = draw(Shocked(base=base, shocks=(shock,))) - draw(base)
    assert np.allclose(laid, [log(1.25), log(0.5)])


def test_a_shock_after_the_end_is_refused() -> None:
    with pytest.raises(InputError, match=r"begins at 28801 s, after the end of the run \(28800 s\)"):
        moves(Shock(at_s=8 * HOUR + 1, moves=FALL))


def test_a_shock_that_no_step_sees_is_refused() -> None:
    with pytest.raises(InputError, match="of which only the end is seen"):
        moves(Shock(at_s=HOUR + 60, moves=FALL, hold_s=600, recovery_s=600, recovered=1.0))
    assert (
        min(moves(Shock(at_s=HOUR + 60, moves=FALL, hold_s=600, recovery_s=600, recovered=1.0), step_s=600))
        < 1
    )


def test_a_shock_of_an_asset_that_is_not_there_is_refused() -> None:
    with pytest.raises(MissingData, match=r"shocks.1: moves 'DOGE'"):
        moves(Shock(at_s=0.0, moves=FALL), Shock(at_s=0.0, moves={"DOGE": -0.1}))


@pytest.mark.parametrize("wrong", [{"moves": {}}, {"moves": {"A": -1.0}}, {"moves": FALL, "at_s": -1.0}])
def test_settings_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Shock.model_validate({"at_s": 0.0} | wrong)
