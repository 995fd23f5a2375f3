"""The published margin-exchange vectors: what is served passes, the rest is named."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.vectors.derivatives import UNSERVED, check

DATA = Path(__file__).parent / "data" / "derivatives.json"
CASES: list[dict[str, Any]] = json.loads(DATA.read_text())["vectors"]
SERVED_MIN = 58


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_vector_passes_or_says_that_nothing_serves_it(case: dict[str, Any]) -> None:
    outcome = check(case)
    assert outcome.id == case["id"]
    assert outcome.status == "pass" or (outcome.status == "unserved" and UNSERVED in outcome.why), outcome


def test_no_vector_is_lost() -> None:
    statuses = [check(case).status for case in CASES]
    assert statuses.count("pass") >= SERVED_MIN
    assert statuses.count("fail") == 0


@pytest.mark.parametrize("case", [c for c in CASES if check(c).status == "pass"], ids=lambda c: c["id"])
def test_a_vector_that_expects_something_else_fails(case: dict[str, Any]) -> None:
    for key in case["expected"]:
        wrong = {**case, "expected": {**case["expected"], key: _moved(case["expected"][key])}}
        assert check(wrong).status == "fail", key


def test_a_key_nobody_computes_fails() -> None:
    case = next(c for c in CASES if check(c).status == "pass")
    outcome = check({**case, "expected": {**case["expected"], "made_up": 1}})
    assert outcome.status == "fail"
    assert "made_up" in outcome.why


@pytest.mark.parametrize("key", ["quote_balance", "btc_base_quantum", "positions", "delta_base"])
@pytest.mark.parametrize("rubbish", [None, "", "x", [], {}, -0.5])
def test_a_malformed_vector_fails_with_a_reason(key: str, rubbish: Any) -> None:
    case = next(c for c in CASES if {key, "delta_base"} <= set(c["inputs"]))
    outcome = check({**case, "inputs": {**case["inputs"], key: rubbish}})
    assert outcome.status == "fail"
    assert outcome.why


@pytest.mark.parametrize(
    "broken", [{}, {"family": "adl_trigger"}, {"family": 1, "inputs": None, "expected": {}}]
)
def test_what_is_no_vector_fails(broken: dict[str, Any]) -> None:
    assert check(broken).status == "fail"


def test_a_served_vector_that_expects_nothing_fails() -> None:
    case = next(c for c in CASES if check(c).status == "pass")
    assert check({**case, "expected": {}}).status == "fail"


def _moved(value: Any) -> Any:
    if isinstance(value, bool):
        return not value
    if isinstance(value, dict):
        return {key: _moved(each) for key, each in value.items()}
    if isinstance(value, list):
        return [*value, 1]
    if isinstance(value, str):
        return f"{value}7"
    return value * 2 + 1
