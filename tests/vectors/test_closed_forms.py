"""Every figure that a closed form is held to is compared."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.vectors.closed_forms import serve

CASES: list[dict[str, Any]] = json.loads((Path(__file__).parent / "data" / "models.json").read_text())[
    "cases"
]
SERVED = [case for case in CASES if serve(case) is not None]


def moved(value: Any) -> Any:
    """Another value of the same shape: a twentieth more in its last number, another name."""
    if isinstance(value, list):
        return [*value[:-1], moved(value[-1])]
    return f"not {value}" if isinstance(value, str) else value * 1.05 or 1.0


def test_no_case_is_lost() -> None:
    assert len(SERVED) >= 36


@pytest.mark.parametrize("case", SERVED, ids=lambda case: case["id"])
def test_a_case_holds_and_another_figure_fails(case: dict[str, Any]) -> None:
    outcome = serve(case)
    assert outcome is not None
    assert outcome.status == "pass", outcome
    for key, value in case["expected"].items():
        outcome = serve({**case, "expected": {**case["expected"], key: moved(value)}})
        assert outcome is not None
        assert (outcome.status, key in outcome.why) == ("fail", True), key
    outcome = serve({**case, "expected": {**case["expected"], "made_up": 1}})
    assert outcome is not None
    assert outcome.why.startswith("made_up: expected 1, got nothing computed")
