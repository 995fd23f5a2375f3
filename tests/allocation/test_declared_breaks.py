"""What a rule of allocation declares broken is what a search finds broken: no less, no more."""

from __future__ import annotations

import pytest

from seawall.allocation.allocate import RULES
from seawall.allocation.axioms import falsify
from seawall.allocation.cases import drawn_losses
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
    "W5_loss_monotone": "W5",
    "scale": "scale",
    "S5_split_proof": "S5",
    "W6_composed": "W6",
}
# Kept where weights are all there is to split; broken by floors, which the search does not draw.
FROZEN_ELSEWHERE = {("capped", "S5")}
# How many cases a search gets: the slow rules break their laws early, min_max one of them late.
TRIALS = {"random_arrival": 120, "min_max": 1500}
USUALLY = 400


def test_every_law_has_its_statement() -> None:
    assert {law.name for law in LOSS_LAWS} == set(LAW_OF)


@pytest.mark.parametrize("rule", sorted(RULES_BY_NAME))
def test_declared_is_found_and_found_is_declared(rule: str) -> None:
    cases = list(drawn_losses(TRIALS.get(rule, USUALLY), 3))
    found = {
        LAW_OF[law.name]
        for law in LOSS_LAWS
        if falsify(law, RULES_BY_NAME[rule], cases).counterexample is not None
    }
    declared = set(RULES[rule].breaks) - {law for name, law in FROZEN_ELSEWHERE if name == rule}
    assert found == declared
