"""How much: severity as a function of deficit and history, capacity against deficit, deficits once."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from itertools import pairwise
from math import ceil

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.allocation.capacity import DeficitRow, capacity, deficits
from seawall.allocation.severity import Adaptive, BackOff, Round, Severity, Static
from seawall.errors import InputError

MILLION = 10**6
rounds = st.lists(st.builds(Round, st.integers(0, 10**20), st.integers(0, 10**20)), max_size=12)
parts = st.integers(0, MILLION)


@given(st.integers(0, 10**30), parts)
def test_a_static_budget_is_its_part_rounded_up(deficit: int, theta: int) -> None:
    assert Static(theta).budget(deficit) == ceil(Fraction(theta * deficit, MILLION))


@pytest.mark.parametrize(("theta", "budget"), [(0, 0), (1, 1), (500_000, 8), (999_999, 15), (MILLION, 15)])
def test_static_parts_at_the_edges(theta: int, budget: int) -> None:
    assert Static(theta).budget(15) == budget


@given(st.integers(0, 10**30), parts, parts, rounds)
def test_backing_off_is_an_exact_power(deficit: int, start: int, factor: int, history: list[Round]) -> None:
    part = Fraction(start, MILLION) * Fraction(factor, MILLION) ** len(history)
    assert BackOff(start, factor).budget(deficit, history) == ceil(part * deficit)


@given(st.integers(0, 10**30), st.builds(Adaptive, parts, parts, parts, parts), rounds)
def test_an_adaptive_budget_stays_within_the_deficit(
    deficit: int, policy: Adaptive, history: list[Round]
) -> None:
    assert 0 <= policy.theta_ppm(history) <= MILLION
    assert 0 <= policy.budget(deficit, history) <= deficit


@pytest.mark.parametrize(
    ("needed", "theta"),
    [
        (79, 700_000),  # 80 was raised
        (80, 800_000),
        (81, 850_000),  # a unit missing costs half as much as a unit too much
    ],
)
def test_theta_moves_against_the_slope(needed: int, theta: int) -> None:
    assert Adaptive(800_000, 100_000, 500_000).theta_ppm([Round(100, needed)]) == theta


def test_steps_shrink_as_the_root_of_the_round() -> None:
    policy = Adaptive(0, 100_000)
    thetas = [policy.theta_ppm([Round(10, 10)] * number) for number in range(6)]
    moves = [after - before for before, after in pairwise(thetas)]
    # 1, 1/2^.5, 1/3^.5, 1/2, 1/5^.5 of a tenth, each rounded down
    assert moves == [100_000, 70_710, 57_735, 50_000, 44_721]


def test_theta_finds_the_part_that_is_needed() -> None:
    """Two thirds of every deficit are needed: the last hundred budgets lie within 3 % of it."""
    policy, history = Adaptive(100_000, 300_000), [Round(900, 600)] * 3000
    thetas = [policy.theta_ppm(history[:length]) for length in range(2900, 3000, 20)]
    assert all(abs(theta - 666_667) < 20_000 for theta in thetas)


@pytest.mark.parametrize("policy", [Static(1), BackOff(1, 1), Adaptive(1, 1)])
def test_negative_amounts_are_told_all_at_once(policy: Severity) -> None:
    with pytest.raises(InputError) as caught:
        policy.budget(-1, [Round(1, 1), Round(-2, -3)])
    assert [problem.where for problem in caught.value.problems] == [
        "deficit",
        "history[1].deficit",
        "history[1].needed",
    ]


@pytest.mark.parametrize(
    "make", [lambda: Static(-1), lambda: BackOff(0, MILLION + 1), lambda: Adaptive(0, 0, over_ppm=-1)]
)
def test_a_part_lies_between_nothing_and_all(make: Callable[[], Severity]) -> None:
    with pytest.raises(InputError, match="expected a part from 0 to 1000000"):
        make()


@pytest.mark.parametrize(("deficit", "by_profit"), [(11, True), (12, True), (13, False)])
def test_a_solvent_venue_need_not_cover_a_deficit_from_profits(deficit: int, by_profit: bool) -> None:
    found = capacity([8, 4, -3, -12], [10, 5, 1, -3, -12], deficit)
    assert (found.profit, found.equity) == (12, 16)
    assert (found.covered_by_profit, found.covered_by_equity) == (by_profit, True)
    assert found.profit_coverage == Fraction(12, deficit)


def test_without_a_deficit_there_is_nothing_to_cover() -> None:
    found = capacity([], [], 0)
    assert found.covered_by_profit
    assert found.profit_coverage is None
    assert found.equity_coverage is None


@pytest.mark.parametrize(
    ("rows", "total", "whys"),
    [
        ([("a", 1, 5), ("b", 1, 5)], 10, []),
        ([("a", 1, 5), ("a", 2, 5)], 5, ["same account, same amount at another time"]),
        ([("a", 1, 5), ("a", 2, 6)], 11, []),  # it grew: another deficit
        ([("a", 1, 5), ("a", 1, 6)], 6, ["same account, same time"]),  # one account, told per position
        ([("", 1, 5), ("", 2, 5)], 5, ["no account, same amount"]),
        ([("", 1, 5), ("", 2, 6)], 11, []),
        ([("a", 1, 0), ("a", 2, 0)], 0, []),
    ],
)
def test_a_deficit_told_twice_counts_once(
    rows: list[tuple[str, int, int]], total: int, whys: list[str]
) -> None:
    found = deficits([DeficitRow(*row) for row in rows])
    assert (found.total, [item.why for item in found.duplicates]) == (total, whys)


@given(st.lists(st.builds(DeficitRow, st.sampled_from(["", "a", "b"]), st.integers(0, 3), st.integers(0, 4))))
def test_what_counts_and_what_repeats_is_every_row(rows: list[DeficitRow]) -> None:
    found = deficits(rows)
    assert found.total + found.repeated == sum(row.amount for row in rows)
    assert found.worst_of_each <= found.total
    assert (
        sum(deficits([row for row in rows if row.account == name]).total for name in ("", "a", "b"))
        == found.total
    )


def test_negative_deficits_are_refused_by_row() -> None:
    with pytest.raises(InputError, match="row 1: a deficit is a positive number, got -4"):
        deficits([DeficitRow("a", 1, 3), DeficitRow("b", 1, -4)])


def test_a_row_that_was_dropped_still_stands_for_its_time() -> None:
    """70 stood at 1 and still at 2; the 50 at 2 is the same account at the same time."""
    rows = [DeficitRow("a", 1, 70), DeficitRow("a", 2, 70), DeficitRow("a", 2, 50)]
    found = deficits(rows)
    assert found.total == 70
    assert [(item.row, item.why) for item in found.duplicates] == [
        (1, "same account, same amount at another time"),
        (2, "same account, same time"),
    ]
