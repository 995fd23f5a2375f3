"""Which records the steps of a recording carry: where a step lacks one that its siblings have, it was lost.

Siblings are the steps of a file with the same action and the same end, taken or refused.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

View = Mapping[str, Any]

# What a step may carry beside what was done; null stands for none.
RECORDS = ("pre", "gas", "out", "events", "post")
SHOWN = 4


def lost(scenarios: Sequence[View]) -> Iterator[str]:
    """Yield where a step lacks a record, with how many of its siblings carry it; the first few in full."""
    steps = [(number, step) for number, scenario in enumerate(scenarios) for step in scenario["steps"]]
    siblings = Counter(_kind(step) for _, step in steps)
    carried = Counter((_kind(step), name) for _, step in steps for name in _held(step))
    found = [
        f"scenario {number} step {step['i']} {step['action']}: expected {name!r}, which "
        f"{carried[_kind(step), name]} of {siblings[_kind(step)]} such steps carry, got nothing: restore it"
        for number, step in steps
        for name in RECORDS
        if carried[_kind(step), name] and name not in _held(step)
    ]
    yield from found[:SHOWN]
    if len(found) > SHOWN:
        yield f"and {len(found) - SHOWN} more"


def _kind(step: View) -> tuple[str, bool]:
    return str(step["action"]), bool(step["ok"])


def _held(step: View) -> set[str]:
    return {name for name in RECORDS if step.get(name) is not None}
