"""Rules side by side on one event: the same loss, other shapes, and the differences account by account."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from seawall.allocation.allocate import RULES
from seawall.allocation.cases import Case, Shares
from seawall.allocation.compare import Comparison, compare
from seawall.allocation.fairness import METRICS, Facts
from seawall.allocation.judged import COMPARED_BY_NAME, rules_named
from seawall.allocation.sybil import trials_within
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


def test_what_a_rule_raises_for_whole_lots_is_told_apart_from_what_it_raises_otherwise() -> None:
    """Sixty in lots of 50 are two lots; bare shares have no lots, what they raise too much is value."""
    told = Shares.of((100, 0, 0, 0), lot_overshoot=40)
    panels = compare({"told": lambda case: told, "bare": lambda case: [*told]}, CASE, sybil_trials=0).outcomes
    assert [(item.fairness.lot_overshoot, item.fairness.value_overshoot) for item in panels] == [
        (40, 0),
        (0, 40),
    ]


@pytest.mark.parametrize(
    ("rule", "case", "lot_overshoot", "value_overshoot"),
    [
        # 60 in lots of 7: nine lots are 63.
        ("capped", replace(CASE, lot=7), 3, 0),
        ("queue", replace(CASE, lot=7), 3, 0),
        # 61 over 200: 30.5, 15.25, 9.15, 6.1 rounded up are 64; in lots of 7: 9 lots over 200, each up.
        ("per_unit", replace(CASE, amount=61), 0, 3),
        ("per_unit", replace(CASE, lot=7), 3, 14),
        # Ten a contract: 61 take seven whole ones, which raise 70.
        ("contract_pro_rata", replace(CASE, amount=61, contracts=(10, 5, 3, 2)), 0, 9),
    ],
)
def test_lot_and_value_overshoot_of_the_rules(
    rule: str, case: Case, lot_overshoot: int, value_overshoot: int
) -> None:
    panel = compare(rules_named([rule], COMPARED_BY_NAME), case, sybil_trials=0).outcome(rule).fairness
    assert (panel.lot_overshoot, panel.value_overshoot) == (lot_overshoot, value_overshoot)


def test_rules_that_need_contracts_or_leverages_take_part_where_these_are_given() -> None:
    rules = rules_named([], COMPARED_BY_NAME)
    assert set(rules) == set(RULES)
    without = compare(rules, CASE, sybil_trials=0)
    assert dict(without.refused) == {
        "contract_pro_rata": "needs the contracts of every account",
        "fifo": "needs the time of every account",
        "leverage_pro_rata": "needs the leverage of every account",
        "risk_aware": "needs the leverage of every account",
        "withdrawal_order": "needs the time of every account",
    }
    full = replace(CASE, times=(1, 2, 3, 4), contracts=(10, 5, 3, 2), leverages_ppm=(2 * 10**6,) * 4)
    found = compare(rules, full, sybil_trials=20)
    assert (set(found.refused), {item.rule for item in found.outcomes}) == (set(), set(RULES))
    # One leverage for all: as in proportion to weight.
    assert tuple(found.outcome("leverage_pro_rata").shares) == (30, 15, 9, 6)


def test_the_seed_that_chance_was_drawn_from_is_told() -> None:
    """Another seed, another order; rules without chance have none."""
    rules = rules_named(["random", "capped"], COMPARED_BY_NAME)
    found = [compare(rules, replace(CASE, seed=seed), sybil_trials=0) for seed in range(6)]
    assert [item.outcome("random").seed for item in found] == list(range(6))
    assert {item.outcome("capped").seed for item in found} == {None}
    assert len({tuple(item.outcome("random").shares) for item in found}) > 1


def test_splits_and_merges_keep_contracts_and_leverages() -> None:
    full = replace(CASE, contracts=(10, 5, 3, 2), leverages_ppm=(4, 2, 3, 1))
    halves = full.split(0, (33, 67))
    assert (halves.contracts, halves.leverages_ppm) == ((5, 3, 2, 3, 7), (2, 3, 1, 4, 4))
    assert (halves.caps, halves.scores) == ((50, 30, 20, 33, 67), (10, 5, 1, 2, 2))
    both = full.merged(0, 1)
    # (4 * 100 + 2 * 50) / 150 = 3.33
    assert (both.sizes, both.contracts, both.leverages_ppm) == ((30, 20, 150), (3, 2, 15), (3, 1, 3))


def test_facts_reach_every_panel() -> None:
    facts = Facts(caused_by={"ben"}, deficits=[60])
    rows = compare({"pro_rata": pro_rata, "queue": queue}, CASE, facts=facts, sybil_trials=0).rows()
    assert [row["non_causers"] for row in rows] == [Fraction(45, 60), Fraction(10, 60)]


def test_the_search_for_sybils_runs_under_every_rule() -> None:
    found = compare({"queue": queue}, CASE, sybil_trials=50).outcome("queue").fairness.sybil
    assert found is not None
    assert found.trials == 50
    assert found.gain > 0


def test_the_search_is_bounded_by_rule_and_what_is_done_is_told() -> None:
    seen: list[tuple[str, int, int]] = []
    rules = {"pro_rata": pro_rata, "queue": queue}
    found = compare(
        rules, CASE, sybil_trials={"queue": 7}, progress=lambda *told: seen.append((told[0], *told[1:]))
    )
    searched = [item.fairness.sybil for item in found.outcomes]
    assert searched[0] is None
    assert searched[1] is not None
    assert searched[1].trials == 7
    assert seen == [("compare", 0, 2), ("compare", 1, 2)]


@pytest.mark.parametrize(("accounts", "cost_us", "trials"), [(10, 10, 100), (80_000, 10, 5), (80_001, 10, 0)])
def test_a_search_of_too_few_books_is_not_made(accounts: int, cost_us: int, trials: int) -> None:
    assert trials_within(accounts, cost_us) == trials
