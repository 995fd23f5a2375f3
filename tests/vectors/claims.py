"""Serve the claims problems: what a rule awards, and the same through `allocate` as a loss of whole units."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import lcm
from typing import Any

from seawall.allocation.allocate import allocate
from seawall.allocation.claims import AWARD_RULES, award
from tests.vectors.outcome import Outcome

# What a rule of awards is called where the same rule shares a loss.
LOSS_RULES = {
    "PRO": "capped",
    "CEA": "cea",
    "CEL": "cel",
    "Talmud": "talmud",
    "RTalmud": "reverse_talmud",
    "Piniles": "piniles",
    "AV": "average",
    "RA": "random_arrival",
    "APRO": "adjusted_proportional",
    "MO": "minimal_overlap",
}


def serves(inputs: Mapping[str, Any]) -> bool:
    """Whether a case gives an endowment and claims, for one named rule or for all."""
    return {"endowment", "claims"} <= set(inputs) <= {"endowment", "claims", "rule"}


def check(case: Mapping[str, Any]) -> Outcome:
    """Return what became of one case: awards must be equal as fractions, on both ways."""
    name, inputs, expected = str(case["id"]), case["inputs"], case["expected"]
    if case["tolerance"] != "exact rational":
        return Outcome("fail", name, f"exact awards are compared exactly, not within {case['tolerance']!r}")
    endowment, claims = Fraction(inputs["endowment"]), [Fraction(claim) for claim in inputs["claims"]]
    wanted = {_rule(inputs["rule"]): expected["awards"]} if "rule" in inputs else expected
    if not wanted:
        return Outcome("fail", name, "expects nothing")
    wrong = [
        f"{rule}: expected {', '.join(map(str, awards))}, {way} {', '.join(map(str, got))}"
        for rule, awards in wanted.items()
        for way, got in _ways(rule, endowment, claims)
        if got != [Fraction(part) for part in awards]
    ]
    return Outcome("fail", name, "; ".join(wrong)) if wrong else Outcome("pass", name, ", ".join(expected))


def _rule(words: str) -> str:
    # "talmud (=concede-and-divide)": the first word names the rule, however it is written.
    first = words.split()[0].lower()
    return next(rule for rule in AWARD_RULES if rule.lower() == first)


def _ways(rule: str, endowment: Fraction, claims: Sequence[Fraction]) -> list[tuple[str, Sequence[Fraction]]]:
    awards = award(rule, endowment, claims)
    # In units so small that every claim and award is whole, nothing is rounded and both must be the same.
    unit = lcm(*(part.denominator for part in (endowment, *claims, *awards)))
    whole = [int(claim * unit) for claim in claims]
    names = [f"claimant-{number}" for number in range(len(claims))]
    lost = allocate(sum(whole) - int(endowment * unit), whole, rule=LOSS_RULES[rule], ids=names).shares
    kept = [Fraction(claim - part, unit) for claim, part in zip(whole, lost, strict=True)]
    return [("awarded", awards), ("left by allocate", kept)]
