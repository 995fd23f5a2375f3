"""Replay recorded scenarios of Aave v3 from their genesis: every number and answer of every step."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from seawall.venues.machines.aave_v3 import AaveV3
from seawall.venues.machines.aave_v3_0_2 import AaveV302
from seawall.venues.machines.aave_v3_7 import AaveV37
from seawall.venues.machines.machine import Action, Receipt
from tests.vectors import aave_v3, replay
from tests.vectors.outcome import Outcome
from tests.vectors.replay import View

SHOWN = 4
MACHINES: Mapping[str, AaveV3] = {"3.0.2": AaveV302(), "3.7": AaveV37()}
# Actions whose state before is recorded too.
WITH_PRE = {"liquidation_call"}


def check_both(version: str, scenario: View, name: str) -> Outcome:
    """Return pass iff every state holds as an imported book, and the whole as a replay from genesis."""
    imported = aave_v3.check(version, scenario, name)
    if imported.status != "pass" or version not in MACHINES:
        return imported
    replayed = check(MACHINES[version], scenario, imported.id)
    if replayed.status != "pass":
        return replayed
    return Outcome("pass", imported.id, f"{imported.why}, {replayed.why}")


def check(machine: AaveV3, scenario: View, name: str) -> Outcome:
    """Return pass iff a scenario, replayed from its genesis, is the recorded one to the unit."""
    state = machine.genesis(replay.parameters(scenario))
    refusals, numbers = 0, 0
    if missing := replay.gap(scenario):
        return Outcome("fail", name, missing)
    for step in scenario["steps"]:
        at = int(step["t"])
        wrong = [*_inputs(step, machine.view(state, at))] if step["action"] in WITH_PRE else []
        state, receipt = machine.step(state, Action(step["action"], at, step["args"]))
        wrong += [*_answers(step, receipt), *_state(step["post"], machine.view(state, at))]
        if wrong:
            more = f"; and {len(wrong) - SHOWN} more" if len(wrong) > SHOWN else ""
            place = f"step {step['i']} {step['action']}"
            return Outcome("fail", name, f"{place}: {'; '.join(wrong[:SHOWN])}{more}")
        refusals += not receipt.ok
        numbers += replay.count(step["post"])
    if not numbers:
        return Outcome("fail", name, "records no state that could be compared")
    return Outcome("pass", name, f"{len(scenario['steps'])} steps, {refusals} refusals, {numbers} numbers")


def _state(post: View, shown: Mapping[str, Any]) -> Iterator[str]:
    # Whoever has done nothing yet may be missing from a recording.
    users = {user: view for user, view in shown["users"].items() if user in post["users"] or _acts(view)}
    yield from replay.differences(post, replay.text({**shown, "users": users}))


def _inputs(step: View, shown: Mapping[str, Any]) -> Iterator[str]:
    if not step.get("pre"):
        yield "pre: expected the state before, as every such step records it, got nothing"
        return
    pre = {"reserves": shown["reserves"], "user": shown["users"][step["args"]["user"]]}
    yield from replay.differences(step["pre"], replay.text(pre), "pre")


def _answers(step: View, receipt: Receipt) -> Iterator[str]:
    said = receipt.refused.revert if receipt.refused else None
    if said != step["revert"] or receipt.ok != step["ok"]:
        yield f"revert: expected {step['revert']}, got {said}"
    elif receipt.ok and receipt.out:
        out = step.get("out") or {}
        told = {key: out[key] for key in receipt.out if key in out}
        yield from replay.differences(told, replay.text(receipt.out), "out")


def _acts(view: Mapping[str, Any]) -> bool:
    return bool(view["positions"]) or view["emode"] != 0
