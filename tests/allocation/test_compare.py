"""Rules side by side on one event: the same loss, other shapes, and the differences account by account."""

from __future__ import annotations

from fractions import Fraction

import pytest

from seawall.allocation.cases import Case
from seawall.allocation.compare import Comparison, compare
from seawall.allocation.fairness import METRICS, Facts
from seawall.errors import InputError

CASE = Case(60, (100, 50, 30, 20), ("ann", "ben", "cat", "dan"), (100, 50, 30, 20), (2, 10, 5, 1))


def pro_rata(case: Case) -> list[int]:
    """The event divides evenly: no rounding here."""
    return [int(Fraction(case.amount * size, sum(case.sizes))) for size in case.sizes]


def queue(case: Case) -> list[int]:
    shares, left = [0] * len(case.sizes), int(case.amount)
    order = sorted(range(len(case.sizes)), key=lambda at: -case.sizes[at] * case.scores[at])
    for place in order:
        shares[place] = min(left, case.bounds[place])
        left -= shares[place]
    return shares


def in_lots_of_50(case: Case) -> list[int]:
    return [100, 0, 0, 0][: len(case.sizes)]


def refuses(case: Case) -> list[int]:
    raise InputError("a rule for other events")


def compared() -> Comparison:
    return compare({"pro_rata": pro_rata, "queue": queue, "refuses": refuses}, CASE, sybil_trials=0)


def test_rows_are_rules_and_columns_are_metrics() -> None:
    rows = compared().rows()
    assert [row["rule"] for row in rows] == ["pro_rata", "queue"]
    assert all(set(row) == {"rule", *(metric.name for metric in METRICS)} for row in rows)
    assert [row["max_haircut"] for row in rows] == [Fraction(3, 10), 1]
    assert [row["inversions"] for row in rows] == [0, 1]


def test_every_account_sees_what_it_would_have_paid() -> None:
    """By PnL times leverage: ben 500, ann 200, cat 150, dan 20."""
    found = compared()
    assert found.accounts()[0] == {"id": "ann", "weight": 100, "pro_rata": 30, "queue": 10}
    assert found.differences("queue", "pro_rata") == [20, -35, 9, 6]
    assert sum(found.differences("queue", "pro_rata")) == 0


def test_a_rule_that_refuses_is_told_and_stops_nobody() -> None:
    found = compared()
    assert found.refused == {"refuses": "a rule for other events"}
    with pytest.raises(InputError, match="a rule for other events"):
        found.outcome("refuses")


def test_a_rule_that_was_not_asked_is_named() -> None:
    with pytest.raises(InputError, match="these were: pro_rata, queue"):
        compared().outcome("talmud")


def test_what_whole_lots_raise_beyond_the_budget_is_lot_overshoot() -> None:
    panel = compare({"lots": in_lots_of_50}, CASE, sybil_trials=0).outcome("lots").fairness
    assert (panel.lot_overshoot, panel.value_overshoot) == (40, 0)


def test_facts_reach_every_panel() -> None:
    facts = Facts(caused_by={"ben"}, deficits=[60])
    rows = compare({"pro_rata": pro_rata, "queue": queue}, CASE, facts=facts, sybil_trials=0).rows()
    assert [row["non_causers"] for row in rows] == [Fraction(45, 60), Fraction(10, 60)]


def test_the_search_for_sybils_runs_under_every_rule() -> None:
    found = compare({"queue": queue}, CASE, sybil_trials=50).outcome("queue").fairness.sybil
    assert found is not None
    assert found.trials == 50
    assert found.gain > 0
