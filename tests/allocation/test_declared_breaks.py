"""What a rule of allocation declares broken is what a search finds broken: no less, no more."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache

import pytest

from seawall.allocation.allocate import RULES
from seawall.allocation.axioms import Axiom, falsify
from seawall.allocation.cases import Case
from seawall.allocation.judged import RULES_BY_NAME
from seawall.allocation.loss_laws import LOSS_LAWS

# Which declared law a found statement belongs to.
LAW_OF = {
    "S1_exact": "S1",
    "S2_quota": "S2",
    "equal_treatment": "S2",
    "S3_permutation": "S3",
    "S4_monotone": "S4",
    "S4_loss_monotone": "S4",
    "S7_loss_monotone": "S7",
    "scale": "scale",
    "S5_split_proof": "S5",
    "S8_composed": "S8",
    "S9_lots": "S9",
}
# Kept where weights are all there is to split; broken by floors, which the search does not draw.
FROZEN_ELSEWHERE = {("capped", "S5")}
# How many cases a search gets: the slow rules break their laws early, min_max one of them late.
TRIALS = {"random_arrival": 120, "min_max": 1500}
USUALLY, AT_FIRST = 400, 100


def test_every_law_has_its_statement() -> None:
    assert {law.name for law in LOSS_LAWS} == set(LAW_OF)


@cache
def drawn(cases: Callable[[int, int], Iterator[Case]], trials: int) -> list[Case]:
    return list(cases(trials, 3))


def is_broken(law: Axiom, rule: str, trials: int) -> bool:
    judged = RULES_BY_NAME[rule]
    return any(next(law.breaches(judged, case), None) is not None for case in drawn(law.cases, trials))


def declared(rule: str) -> set[str]:
    return set(RULES[rule].breaks) - {law for name, law in FROZEN_ELSEWHERE if name == rule}


@pytest.mark.parametrize("rule", sorted(RULES_BY_NAME))
def test_what_is_declared_broken_is_broken(rule: str) -> None:
    trials = TRIALS.get(rule, USUALLY)
    asked = [law for law in LOSS_LAWS if LAW_OF[law.name] in declared(rule)]
    assert {LAW_OF[law.name] for law in asked if is_broken(law, rule, trials)} == declared(rule)


@pytest.mark.parametrize("rule", sorted(RULES_BY_NAME))
@pytest.mark.parametrize(
    "trials", [AT_FIRST, pytest.param(None, marks=pytest.mark.slow)], ids=["soon", "all"]
)
def test_what_is_not_declared_broken_is_kept(rule: str, trials: int | None) -> None:
    kept = [law for law in LOSS_LAWS if LAW_OF[law.name] not in set(RULES[rule].breaks)]
    count = trials or TRIALS.get(rule, USUALLY)
    assert [law.name for law in kept if is_broken(law, rule, count)] == []


@pytest.mark.parametrize(
    ("rule", "law"),
    [
        ("queue", "S4_monotone"),
        ("pro_rata", "S7_loss_monotone"),
        ("cel", "S2_quota"),
        ("per_unit", "S9_lots"),
    ],
)
def test_a_break_is_shrunk_to_a_case_that_still_breaks(rule: str, law: str) -> None:
    (axiom,) = (each for each in LOSS_LAWS if each.name == law)
    found = falsify(axiom, RULES_BY_NAME[rule], drawn(axiom.cases, USUALLY)).counterexample
    assert found is not None
    assert next(axiom.breaches(RULES_BY_NAME[rule], found.case), None) is not None
    assert sum(found.case.sizes) <= 30


@pytest.mark.parametrize(
    ("shares", "says"),
    [((4, 4), None), ((4, 8), "exceed the loss by 5"), ((3, 4), "a bears 3, no whole lots of 4")],
)
def test_lots_are_whole_and_pass_the_loss_by_less_than_one(shares: tuple[int, ...], says: str | None) -> None:
    (law,) = (each for each in LOSS_LAWS if each.name == "S9_lots")
    breach = next(law.breaches(lambda case: shares, Case(7, (9, 9), lot=4)), None)
    assert (says in breach.sentence) if says and breach else breach is None and says is None
