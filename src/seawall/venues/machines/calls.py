"""How a machine takes an action: by its table of calls, each with the way its arguments are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeVar

from seawall.errors import InputError, Problem
from seawall.venues.machines.inputs import Parse, read
from seawall.venues.machines.machine import UINT256_MAX, Action, AnyState, Receipt, Revert

__all__ = ["AT_MAX", "Args", "Call", "Calls", "asked", "take"]

Args = Mapping[str, Any]
AnyCall = TypeVar("AnyCall")
AT_MAX = UINT256_MAX  # the width of a time in the EVM
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
    call, args = asked(machine, calls, action)
    try:
        return call(state, action.at, args)
    except Revert as revert:
        return state, Receipt(refused=revert.refused)


def asked(
    machine: str, calls: Mapping[str, tuple[AnyCall, Mapping[str, Parse]]], action: Action
) -> tuple[AnyCall, dict[str, Any]]:
    """Return what does an action, and its arguments read.

    Raises:
        InputError: With all that is wrong: the name (`action_unknown`), the time and the arguments
            (`argument_invalid`, `argument_missing`).
    """
    name, at, given = _as_given(action)
    problems = []
    if isinstance(at, bool) or not isinstance(at, int) or not 0 <= at <= AT_MAX:
        problems.append(
            Problem("argument_invalid", f"expected a unix time of 0 to 2^256 - 1, got {at!r}", "at")
        )
    if not isinstance(given, Mapping):
        problems.append(Problem("argument_invalid", f"expected arguments by name, got {given!r}", "args"))
    elif not isinstance(name, str) or name not in calls:
        message = f"{machine} knows no {name!r}; it knows {', '.join(sorted(calls))}"
        problems.append(Problem("action_unknown", message, str(name)))
    else:
        call, wanted = calls[name]
        try:
            args = read(name, given, wanted)
        except InputError as error:
            problems.extend(error.problems)
        if not problems:
            return call, args
    raise InputError.of(problems)


def _as_given(action: Action) -> tuple[Any, Any, Any]:
    # Whoever calls without a type checker may give anything.
    return action.name, action.at, action.args
