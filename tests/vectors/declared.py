"""What a vector file declares of itself, held to what it holds: how many cases, steps and calls."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

View = Mapping[str, Any]


def faults(document: View) -> Iterator[str]:
    """Yield each count of a file's own `count` or `counts` that its cases or steps do not come to."""
    if "count" in document:
        held = len(document.get("vectors", document.get("cases", ())))
        yield from _compared("count", document["count"], held)
    counts = document.get("counts", {})
    if not isinstance(counts, Mapping):
        yield f"counts: expected an object, got {type(counts).__name__}"
        return
    held_counts = _counted(document.get("scenarios", ())) if counts else {}
    for name, declared in counts.items():
        yield from _compared(f"counts.{name}", declared, held_counts.get(name, 0))


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
            counts[action if ok else f"{action}!"] += 1
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
