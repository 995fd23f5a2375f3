"""Serve the cases on fairness: axioms that rules keep, and two rules of allocation side by side.

There `queue` orders by profit times leverage, as the case says; figures are those of the panel.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from seawall.allocation.axioms import matrix
from seawall.allocation.cases import Case
from seawall.allocation.claims_axioms import PUBLISHED
from seawall.allocation.compare import compare
from seawall.allocation.judged import AWARDS_BY_NAME, rules_named
from tests.vectors.outcome import Outcome

NAMES = {"prorata": "pro_rata", "queue": "queue"}
FIGURES = {"max_haircut": "max_haircut", "gini_haircut_fraction": "gini", "hhi": "hhi"}


def serves(inputs: Mapping[str, Any]) -> bool:
    """Whether a case is of a kind that `KINDS` knows by its inputs."""
    return frozenset(inputs) in KINDS


def check(case: Mapping[str, Any]) -> Outcome:
    """Return what became of one case."""
    return KINDS[frozenset(case["inputs"])](case)


def _properties(case: Mapping[str, Any]) -> Outcome:
    # Marked false: a counterexample must be found. Marked true: none, in more problems than asked for.
    axioms = [axiom for axiom in PUBLISHED if axiom.name in case["inputs"]["properties"]]
    table = matrix(rules_named(list(case["expected"]), AWARDS_BY_NAME), axioms, trials=400, seed=7)
    wrong = [
        f"{rule}, {name}: expected {holds}, got {table[rule][name]}"
        for rule, row in case["expected"].items()
        for name, holds in row.items()
        if table[rule][name].holds is not holds
    ]
    cells = f"{sum(map(len, case['expected'].values()))} cells"
    return _outcome(case, wrong, cells)


def _merge(case: Mapping[str, Any]) -> Outcome:
    inputs, expected = case["inputs"], case["expected"]
    rule, claims = AWARDS_BY_NAME[inputs["rule"]], list(inputs["claims"])
    merging = [int(part) for part in inputs["merge"].split("+")]
    apart = rule(Case(inputs["endowment"], tuple(claims)))
    rest = list(claims)
    for part in merging:
        rest.remove(part)
    together = rule(Case(inputs["endowment"], (*rest, sum(merging))))
    got = {"before": sum(apart[claims.index(part)] for part in merging), "after": together[-1]}
    wrong = [
        f"{key}: expected {value}, got {got[key]}" for key, value in expected.items() if got[key] != value
    ]
    (axiom,) = (axiom for axiom in PUBLISHED if axiom.name == "no_adv_merging")
    gains = [
        breach.numbers["after"] for breach in axiom.breaches(rule, Case(inputs["endowment"], tuple(claims)))
    ]
    if expected["after"] not in gains:
        wrong.append(f"the axiom finds gains {gains} and not this one")
    return _outcome(case, wrong, ", ".join(expected))


def _side_by_side(case: Mapping[str, Any]) -> Outcome:
    name, inputs, expected = str(case["id"]), case["inputs"], case["expected"]
    pnl = tuple(inputs["pnl"])
    scores = tuple(profit * leverage for profit, leverage in zip(pnl, inputs["leverage"], strict=True))
    book = Case(inputs["deficit"], pnl, (), pnl, scores, name)
    found = compare(rules_named(list(NAMES.values())), book, sybil_trials=0)
    got: dict[str, list[Any]] = {theirs: list(found.outcome(ours).shares) for theirs, ours in NAMES.items()}
    for theirs, ours in FIGURES.items():
        got[theirs] = [row[ours] for row in found.rows()]
    tolerance = Fraction(str(case["tolerance"]))
    wrong = [
        f"{key}: expected {values}, got {[float(value) for value in got.get(key, [])]}"
        for key, values in expected.items()
        if not _equal(values, got.get(key, []), tolerance)
    ]
    return _outcome(case, wrong, ", ".join(expected))


def _outcome(case: Mapping[str, Any], wrong: list[str], held: str) -> Outcome:
    name = str(case["id"])
    return Outcome("fail", name, "; ".join(wrong)) if wrong else Outcome("pass", name, held)


def _equal(expected: list[Any], got: list[Any], tolerance: Fraction) -> bool:
    if len(expected) != len(got):
        return False
    pairs = zip(expected, got, strict=True)
    return all(abs(Fraction(str(one)) - Fraction(other)) <= tolerance for one, other in pairs)


KINDS = {
    frozenset({"pnl", "leverage", "deficit"}): _side_by_side,
    frozenset({"properties"}): _properties,
    frozenset({"rule", "endowment", "claims", "merge"}): _merge,
}
