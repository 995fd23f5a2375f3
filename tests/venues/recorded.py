"""Recorded scenarios, read once, and walks along them."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any

from seawall.venues.machines.machine import Action, Machine, Receipt
from tests.vectors import replay
from tests.vectors.runner import read

DATA = Path(__file__).parents[1] / "vectors" / "data"


@dataclass(frozen=True)
class Taken:
    """One action on a machine: the state before, what it answered, the state after."""

    before: Any
    action: Action
    receipt: Receipt
    after: Any


@cache
def scenarios(name: str) -> tuple[Any, ...]:
    """Return the scenarios of a vector file."""
    return tuple(read(DATA / name)["scenarios"])


@cache
def walk(machine: Machine[Any], name: str, number: int) -> tuple[Taken, ...]:
    """Return every step of a scenario, taken by a machine."""
    scenario = scenarios(name)[number]
    state, taken = machine.genesis(replay.parameters(scenario)), []
    for step in scenario["steps"]:
        action = Action(step["action"], int(step["t"]), step["args"])
        after, receipt = machine.step(state, action)
        taken.append(Taken(state, action, receipt, after))
        state = after
    return tuple(taken)


def passes(machine: Machine[Any], name: str) -> bool:
    """Return whether every scenario of a file is replayed to the unit."""
    return all(replay.check(machine, each, "").status == "pass" for each in scenarios(name))


# What leaves a call, and how its words begin: Solidity's `require` with a text, or a custom error.
WORDS = {"require": "Error:", "check": "E:"}


def required_words(*modules: ModuleType) -> Iterator[str]:
    """Yield every text or custom error with which the code of modules may leave a call.

    It stands in the call of `require` or `check` itself or is a constant of the module.
    """
    for module in modules:
        tree = ast.parse(Path(str(module.__file__)).read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in WORDS:
                text = node.args[1]
                yield WORDS[node.func.id] + (
                    getattr(module, text.id) if isinstance(text, ast.Name) else ast.literal_eval(text)
                )
