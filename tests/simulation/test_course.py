"""The course of a path: what was noted on the way is what a path that ended there came to."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from seawall.simulation.engine import walk_paths
from seawall.simulation.storm import Storm
from seawall.simulation.totals import COURSE, MICRO, MOMENTS_MAX, MONEY, PathTotals, moment_ends
from tests.simulation.loans import still, storm_of_loans
from tests.simulation.worlds import drawn_storm

N, STEPS = 3, 40

families = st.sampled_from(["lending", "exchange"])
seeds = st.integers(0, 2**32)


@cache
def walked(family: str, seed: int) -> tuple[Storm, PathTotals]:
    """A storm with a fund of ten dollars in the one asset that loses most: some of them end empty."""
    storm = drawn_storm(family, seed, n_steps=STEPS)
    pots, loses = storm.ground.pots, int(storm.run(0, N).recognised.sum(axis=0).argmax())
    is_theirs = pots.is_fund & np.isin(pots.covers, (loses, -1))
    start = np.where(is_theirs, np.ceil(10 / pots.worth), np.where(pots.is_fund, 0.0, pots.start))
    poorer = replace(storm.ground, pots=pots._replace(start=start))
    storm = replace(storm, ground=poorer)
    return storm, storm.run(0, N)


@settings(max_examples=20)
@given(families, seeds, st.integers(0, MOMENTS_MAX - 1))
@example("lending", 0, 11)
@example("exchange", 0, 11)
def test_a_path_stopped_at_a_moment_has_come_to_what_its_course_says(
    family: str, seed: int, moment: int
) -> None:
    storm, whole = walked(family, seed)
    end = int(moment_ends(STEPS)[moment])
    moves = storm.scenario.moves(0, N)
    depth, absent = storm.scenario.depths(moves), storm.scenario.absences(0, N)
    stopped = walk_paths(
        storm.ground,
        np.ascontiguousarray(moves[:, :end]),
        depth=None if depth is None else np.ascontiguousarray(depth[:, :end]),
        absent=np.ascontiguousarray(absent[:, :end]),
    )
    noted = dict(zip(COURSE, whole.course[:, moment].T, strict=True))
    for name in ("recognised", "repaid", "seized"):
        assert noted[name].tolist() == stopped.money[:, MONEY.index(name)].tolist()
    assert noted["fund"].tolist() == stopped.course[:, -1, COURSE.index("fund")].tolist()


@settings(max_examples=20)
@given(families, seeds)
@example("exchange", 3)
def test_what_adds_up_never_falls_and_no_fund_is_below_its_lowest(family: str, seed: int) -> None:
    _, totals = walked(family, seed)
    for name in ("recognised", "repaid", "seized"):
        assert (np.diff(totals.along(name), axis=1) >= 0).all(), name
    assert (totals.along("fund").min(axis=1) >= totals.value("fund_low")).all()


@settings(max_examples=20)
@given(families, seeds)
def test_funds_are_empty_where_their_lowest_is_nothing(family: str, seed: int) -> None:
    storm, totals = walked(family, seed)
    pots, empty = storm.ground.pots, totals.count("first_empty_step")
    had_some = bool((np.floor(pots.start * pots.worth * MICRO) * pots.is_fund).sum())
    assert ((empty >= 0) == ((totals.value("fund_low") == 0) & had_some)).all()
    assert (empty < STEPS).all()


def test_the_drawn_storms_empty_funds_and_leave_others_full() -> None:
    """A law over worlds in which no fund is ever empty would hold of any engine."""
    empty = np.concatenate(
        [
            walked(family, seed)[1].count("first_empty_step")
            for family in ("lending", "exchange")
            for seed in range(8)
        ]
    )
    assert (empty < 0).any()
    assert (empty >= 0).any()


@pytest.mark.parametrize(("n_steps", "moments"), [(1, 1), (24, 24), (25, 24), (288, 24)])
def test_a_course_has_a_moment_for_each_step_and_at_most_24(n_steps: int, moments: int) -> None:
    ends = moment_ends(n_steps)
    assert (len(ends), int(ends[-1])) == (moments, n_steps)
    assert (np.diff(ends) > 0).all()
    assert len(PathTotals.empty(0, 1, assets=1, layers=1, drivers=1, n_steps=n_steps).course[0]) == moments


def test_a_loan_called_in_the_second_of_two_steps_is_in_the_second_moment_only() -> None:
    raw = {
        "run": {"n_paths": 1, "horizon_s": 120, "step_s": 60},
        "prices": still(["COIN"]),
        "markets": {"COIN": {}},
        "liquidators": {"asks": False},
    }
    storm = storm_of_loans([({"COIN": 10.0}, 700.0)], 100.0, raw, threshold_bps=8000, bonus_bps=10_000)
    totals = walk_paths(storm.ground, np.log(np.array([[[1.0], [0.5]]])))
    assert totals.along("repaid")[0].tolist() == pytest.approx([0.0, 500.0])
    assert totals.along("recognised")[0].tolist() == pytest.approx([0.0, 200.0])
