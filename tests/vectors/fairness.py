"""Serve the cases that set two rules of allocation side by side and tell how fair each is.

`queue` orders by profit times leverage, as the case says; figures are those of the panel.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from seawall.allocation.cases import Case
from seawall.allocation.compare import compare
from seawall.allocation.judged import rules_named
from tests.vectors.outcome import Outcome

NAMES = {"prorata": "pro_rata", "queue": "queue"}
FIGURES = {"max_haircut": "max_haircut", "gini_haircut_fraction": "gini", "hhi": "hhi"}


def serves(inputs: Mapping[str, Any]) -> bool:
    """Whether a case gives profits, leverages and a deficit to share."""
    return set(inputs) == {"pnl", "leverage", "deficit"}


def check(case: Mapping[str, Any]) -> Outcome:
    """Return what became of one case."""
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
    return Outcome("fail", name, "; ".join(wrong)) if wrong else Outcome("pass", name, ", ".join(expected))


def _equal(expected: list[Any], got: list[Any], tolerance: Fraction) -> bool:
    if len(expected) != len(got):
        return False
    pairs = zip(expected, got, strict=True)
    return all(abs(Fraction(str(one)) - Fraction(other)) <= tolerance for one, other in pairs)
