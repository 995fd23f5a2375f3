"""Replay recorded scenarios of contracts on their machines: every number after every step, every refusal.

Nothing here calculates. What is recorded is text; what a machine shows is turned into the same text,
and a state that shows more or less than was recorded is a difference too.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import Any

from seawall.venues.machines.liquity_v1 import LiquityV1
from seawall.venues.machines.machine import Action, Machine, Receipt
from seawall.venues.machines.maker_dss import MakerDss
from seawall.venues.machines.morpho_blue import MorphoBlue
from seawall.venues.machines.venus_isolated import VenusIsolated
from tests.vectors.outcome import Outcome

View = Mapping[str, Any]
SHOWN = 4

MACHINES: Mapping[str, Machine[Any]] = {
    "seawall-lab/liquity-v1/": LiquityV1(),
    "seawall-lab/maker-dss/": MakerDss(),
    "seawall-lab/morpho-blue/": MorphoBlue(),
    "seawall-lab/venus-isolated/": VenusIsolated(),
}


def machine_of(schema: str) -> Machine[Any] | None:
    """Return the machine that replays a schema, if there is one."""
    return next((machine for prefix, machine in MACHINES.items() if schema.startswith(prefix)), None)


def check(machine: Machine[Any], scenario: View, name: str) -> Outcome:
    """Return pass iff a scenario, replayed from its genesis, is the recorded one to the unit."""
    state = machine.genesis(parameters(scenario))
    refusals, numbers = 0, 0
    if missing := gap(scenario):
        return Outcome("fail", name, missing)
    for step in scenario["steps"]:
        at = int(step["t"])
        state, receipt = machine.step(state, Action(step["action"], at, step["args"]))
        shown = text(machine.view(state, at))
        wrong = [*_answers(step, receipt), *differences(step["post"], shown)]
        if wrong:
            more = f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
            place = f"step {step['i']} {step['action']}"
            return Outcome("fail", name, f"{place}: {'; '.join(wrong[:SHOWN])}{more}")
        refusals += not receipt.ok
        numbers += count(step["post"])
    if not numbers:
        return Outcome("fail", name, "records no state that could be compared")
    steps = len(scenario["steps"])
    return Outcome("pass", name, f"{steps} steps, {refusals} refusals, {numbers} numbers")


def gap(scenario: View) -> str:
    """Return what is wrong with the order of the steps, "" where they count from 0 and no time falls."""
    numbers = [int(step["i"]) for step in scenario["steps"]]
    for place, number in enumerate(numbers):
        if place != number:
            return f"step {place} is numbered {number}: one is missing, or they are not in order"
    times = [int(step["t"]) for step in scenario["steps"]]
    for place, (before, at) in enumerate(pairwise(times), 1):
        if at < before:
            return f"step {place} is at {at}, the one before it at {before}: expected no earlier time"
    return ""


def parameters(scenario: View) -> dict[str, Any]:
    """Return what a machine starts from: the recorded genesis, and who takes part."""
    return {**scenario["genesis"], "users": scenario["users"]}


def differences(expected: Any, got: Any, place: str = "") -> Iterator[str]:
    """Yield each place where two trees of text differ."""
    if expected == got:
        return
    if not (isinstance(expected, Mapping) and isinstance(got, Mapping)):
        yield f"{place or 'whole'}: expected {expected}, got {got}"
        return
    for key in (*expected, *(key for key in got if key not in expected)):
        inside = f"{place}.{key}" if place else str(key)
        yield from differences(expected.get(key, "nothing"), got.get(key, "nothing"), inside)


def text(value: Any) -> Any:
    """Return a tree as it is recorded: integers as decimal strings, tuples as lists."""
    if value is None or isinstance(value, bool | str):
        return value
    if isinstance(value, int):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): text(each) for key, each in value.items()}
    return [text(each) for each in value]


def _answers(step: View, receipt: Receipt) -> Iterator[str]:
    said = receipt.refused.revert if receipt.refused else None
    if said != step["revert"] or receipt.ok != step["ok"]:
        yield f"revert: expected {step['revert']}, got {said}"
    elif receipt.ok and not isinstance(step.get("events"), Mapping | list):
        yield "events: expected those of the call, as every step that was taken records them, got nothing"
    elif receipt.ok:
        # Some recordings keep the order of events, some one of each name.
        told = dict(receipt.events) if isinstance(step["events"], Mapping) else receipt.events
        yield from differences(step["events"], text(told), "events")


def count(value: Any) -> int:
    """Return how many values a tree holds."""
    if isinstance(value, Mapping | list):
        return sum(count(each) for each in (value.values() if isinstance(value, Mapping) else value))
    return 1
