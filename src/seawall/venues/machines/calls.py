"""How a machine takes an action: by its table of calls, each with the way its arguments are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from seawall.errors import InputError, Problem
from seawall.venues.machines.inputs import Parse, read
from seawall.venues.machines.machine import Action, AnyState, Receipt, Revert

__all__ = ["Args", "Call", "Calls", "take"]

Args = Mapping[str, Any]
Call = Callable[[AnyState, int, Args], tuple[AnyState, Receipt]]
Calls = Mapping[str, tuple[Call[AnyState], Mapping[str, Parse]]]


def take(machine: str, calls: Calls[AnyState], state: AnyState, action: Action) -> tuple[AnyState, Receipt]:
    """Take an action; where the contract refuses it, the state is the one before.

    Args:
        machine: Its name, for messages.
        calls: What does each action, and how each of its arguments is read.

    Raises:
        InputError: There is no such action (`action_unknown`), or its arguments are not those of it.
    """
    if action.name not in calls:
        message = f"{machine} knows no {action.name!r}; it knows {', '.join(sorted(calls))}"
        raise InputError.of([Problem("action_unknown", message, action.name)])
    call, wanted = calls[action.name]
    args = read(action.name, action.args, wanted)
    try:
        return call(state, action.at, args)
    except Revert as revert:
        return state, Receipt(refused=revert.refused)
