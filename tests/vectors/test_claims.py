"""The claims vectors are held exactly: any award moved by the least part is a failure."""

from __future__ import annotations

import copy
import json
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.vectors.claims import check, serves

DATA = Path(__file__).parent / "data" / "models.json"
CASES: list[dict[str, Any]] = [
    case for case in json.loads(DATA.read_text())["cases"] if serves(case["inputs"])
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_every_award_is_compared(case: dict[str, Any]) -> None:
    assert check(case).status == "pass"
    for rule, awards in case["expected"].items():
        for place, award in enumerate(awards):
            wrong = copy.deepcopy(case)
            wrong["expected"][rule][place] = str(Fraction(award) + Fraction(1, 10**12))
            assert check(wrong).status == "fail", (rule, place)


@pytest.mark.parametrize("change", [{"tolerance": 1}, {"expected": {}}])
def test_a_claims_case_that_holds_nothing_fails(change: dict[str, Any]) -> None:
    (case, *_) = [case for case in CASES if "rule" not in case["inputs"]]
    assert check({**case, **change}).status == "fail"


def test_five_cases_are_served() -> None:
    assert len(CASES) >= 5
