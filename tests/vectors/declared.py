"""What a vector file declares of itself, held to what it holds: how many cases, steps and calls.

A recording must declare them, or nobody would see what was cut out of it.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from tests.vectors import records

View = Mapping[str, Any]

# What every recording counts of itself.
ALWAYS = ("scenarios", "steps")


def faults(document: View) -> Iterator[str]:
    """Yield each count of a file's own `count` or `counts` that its cases or steps do not come to.

    Of a recording also the counts it should declare and does not, the records that its steps lost, and
    scenarios that it holds twice.
    """
    if "count" in document:
        held = len(document.get("vectors", document.get("cases", ())))
        yield from _compared("count", document["count"], held)
    counts = document.get("counts", {})
    if not isinstance(counts, Mapping):
        yield f"counts: expected an object, got {type(counts).__name__}"
        return
    scenarios = document.get("scenarios", ())
    if not counts and not _is_recording(scenarios):  # whoever serves it says so
        return
    held_counts = _counted(scenarios)
    for name, declared in counts.items():
        yield from _compared(f"counts.{name}", declared, held_counts.get(name, 0))
    if not _is_recording(scenarios):
        return
    for name in _undeclared(counts, scenarios):
        held = held_counts[name]
        yield f"counts.{name}: expected a number, got none, and the file holds {held}: declare it"
    yield from records.lost(scenarios)
    yield from _repeated(scenarios)


def _repeated(scenarios: Any) -> Iterator[str]:
    # A scenario recorded twice counts twice for nothing.
    first: dict[str, int] = {}
    for number, scenario in enumerate(scenarios):
        before = first.setdefault(json.dumps([scenario.get("genesis"), scenario["steps"]]), number)
        if before != number:
            yield f"scenario {number}: its start and steps are those of scenario {before}: leave one out"


def _is_recording(scenarios: Any) -> bool:
    steps = [each.get("steps") for each in scenarios if isinstance(each, Mapping)]
    return len(steps) == len(scenarios) and bool(steps) and all(steps)


def _undeclared(counts: View, scenarios: Any) -> Iterator[str]:
    # A recording that counts its actions counts all of them.
    actions = {_action(step) for scenario in scenarios for step in scenario["steps"]}
    wanted = [*ALWAYS, *sorted(actions)] if actions & set(counts) else ALWAYS
    yield from (name for name in wanted if name not in counts)


def _action(step: View) -> str:
    return str(step["action"]) if step["ok"] else f"{step['action']}!"


def _compared(name: str, declared: Any, held: int) -> Iterator[str]:
    if type(declared) is not int or declared != held:
        yield f"{name}: the file says {declared!r} and holds {held}"


def _counted(scenarios: Any) -> Counter[str]:
    # Actions go by their names, refused ones with a "!"; the other names are those of the recordings.
    counts = Counter(scenarios=len(scenarios))
    for scenario in scenarios:
        for step in scenario["steps"]:
            action, ok = str(step["action"]), bool(step["ok"])
            counts["steps"] += 1
            counts["reverts"] += not ok
            counts[_action(step)] += 1
            if action in ("liquidation_call", "liquidate"):
                counts[f"{action.removesuffix('_call')}_calls"] += 1
                counts["liquidations_ok"] += ok
                counts["liquidations_leaving_bad_debt"] += _leaves_bad_debt(step)
                counts["liquidations_with_bad_debt"] += _writes_off(step)
    return counts


def _leaves_bad_debt(step: View) -> bool:
    found = step.get("out") or {}
    return bool(found.get("deficit_created") or found.get("stranded_debt"))


def _writes_off(step: View) -> bool:
    events = step.get("events") or {}
    called = events.get("Liquidate", {}) if isinstance(events, Mapping) else {}
    return int(called.get("badDebtAssets", 0)) > 0
