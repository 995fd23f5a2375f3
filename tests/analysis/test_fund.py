"""Funds over time: requirement, runway, depletion."""

from __future__ import annotations

from math import inf

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.analysis.fund import Requirement, fund_path, fund_requirement, simulate_ruin
from seawall.analysis.sample import Estimate
from seawall.analysis.tail import Refused
from seawall.errors import InputError

STRESSED = Estimate(100.0, 90.0, 120.0, "ranks", 150.0)


@pytest.mark.parametrize(
    ("income", "wanted"),
    [
        (0.0, (100.0, 90.0, 120.0)),
        (30.0, (70.0, 60.0, 90.0)),
        (100.0, (0.0, 0.0, 20.0)),
        (500.0, (0.0, 0.0, 0.0)),
        (Estimate(30.0, 25.0, 40.0, "batch means", 100.0), (70.0, 50.0, 95.0)),
    ],
)
def test_a_fund_holds_what_it_cannot_earn(income: Estimate | float, wanted: tuple[float, ...]) -> None:
    assert fund_requirement(STRESSED, income) == Requirement(*wanted)


def test_what_was_refused_stays_refused() -> None:
    refusal = Refused("too few", 3.0, 100_000)
    assert fund_requirement(refusal, 10.0) is refusal


@given(start=st.floats(0, 20), seed=st.integers(0, 10**6))
def test_depletion_is_the_first_step_below_zero(start: float, seed: int) -> None:
    flows = np.random.default_rng(seed).normal(-0.1, 2.0, (20, 30))
    found = fund_path(start, flows)
    for path, step in zip(flows, found.depletion.tolist(), strict=True):
        level, first = start, 0
        for number, flow in enumerate(path.tolist(), start=1):
            level += flow
            if level < -1e-12 and not first:
                first = number
        assert step == first
    assert found.prob_low <= found.prob_depleted <= found.prob_high
    assert np.all(np.diff(found.bands, axis=0) >= 0)


@pytest.mark.parametrize(("flow", "runway", "step"), [(-2.0, 5.0, 6.0), (0.0, inf, inf), (1.0, inf, inf)])
def test_a_steady_fund_lasts_as_long_as_its_runway(flow: float, runway: float, step: float) -> None:
    found = fund_path(10.0, np.full((3, 12), flow))
    assert (found.runway, found.median_step) == (runway, step)
    assert found.bands[:, -1].tolist() == [10 + 12 * flow] * 3


def test_a_fund_of_exactly_zero_is_not_below() -> None:
    assert fund_path(3.0, np.full((1, 3), -1.0)).prob_depleted == 0.0
    assert fund_path(3.0, np.full((1, 4), -1.0)).depletion.tolist() == [4]


def test_the_median_is_among_all_paths() -> None:
    flows = np.array([[-2.0, 0, 0], [0, -2.0, 0], [0, 0, 0], [0, 0, 0], [0, 0, 0]])
    assert fund_path(1.0, flows).median_step == inf
    assert fund_path(1.0, flows[:3]).median_step == 2.0


def test_a_fund_that_cannot_earn_is_ruined() -> None:
    found, low, high = simulate_ruin(
        1.0, 1.0, lambda rng, count: rng.exponential(1.0, count), 0.5, np.random.default_rng(1), n_paths=2_000
    )
    assert (found, high) == (1.0, 1.0)
    assert low > 0.99


@pytest.mark.parametrize("flows", [np.zeros(3), np.zeros((0, 3)), np.array([[np.nan]])])
def test_flows_that_are_no_table_are_refused(flows: np.ndarray) -> None:
    with pytest.raises(InputError, match=r"finite flows \(n_paths, n_steps\)"):
        fund_path(1.0, flows)
    with pytest.raises(InputError, match="a start of at least 0"):
        fund_path(-1.0, np.zeros((1, 1)))
    with pytest.raises(InputError, match="expected a fund of at least 0"):
        simulate_ruin(-1.0, 1.0, lambda rng, count: np.zeros(count), 1.0, np.random.default_rng(1))


@pytest.mark.parametrize("income", [float("nan"), float("inf")])
def test_income_that_is_no_number_is_told(income: float) -> None:
    with pytest.raises(InputError, match="income"):
        fund_requirement(Estimate(100.0, 90.0, 120.0, "ranks", 100.0), income)


def test_income_that_was_refused_refuses_the_requirement() -> None:
    refused = Refused("too few", 1.0, 10)
    assert fund_requirement(Estimate(100.0, 90.0, 120.0, "ranks", 100.0), refused) is refused


def test_a_fund_without_end_and_levels_beyond_one_are_told() -> None:
    with pytest.raises(InputError, match="that is finite"):
        fund_path(float("inf"), np.zeros((2, 2)))
    with pytest.raises(InputError, match="quantiles"):
        fund_path(1.0, np.zeros((2, 2)), quantiles=(2.0,))
