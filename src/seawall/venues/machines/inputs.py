"""Read what a machine is given, parameters or arguments of a call: all that is wrong is told at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from seawall.errors import InputError, Problem
from seawall.venues.machines.machine import UINT256_MAX

Parse = Callable[[Any], Any]


def amount(value: Any) -> int:
    """Return a whole number of 0 to 2^256 - 1, given as an integer or its decimal string."""
    number = signed(value)
    if not 0 <= number <= UINT256_MAX:
        raise ValueError(f"expected 0 to 2^256 - 1, got {number}")
    return number


def positive(value: Any) -> int:
    """Return a whole number of 1 to 2^256 - 1."""
    if (number := amount(value)) == 0:
        raise ValueError("expected a number above 0, got 0")
    return number


def signed(value: Any) -> int:
    """Return a whole number of -2^255 to 2^255 - 1, or an unsigned one, given as an integer or a string."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError(f"expected a whole number, got {value!r}")
    number = int(value)
    if not -(2**255) <= number <= UINT256_MAX:
        raise ValueError(f"expected a number of 256 bits, got {number}")
    return number


def name(value: Any) -> str:
    """Return a name: a string that is not empty."""
    if not isinstance(value, str) or not value:
        raise ValueError(f"expected a name, got {value!r}")
    return value


def names(value: Any) -> tuple[str, ...]:
    """Return a list of names."""
    if not isinstance(value, list | tuple):
        raise ValueError(f"expected a list of names, got {value!r}")
    return tuple(name(each) for each in value)


def flag(value: Any) -> bool:
    """Return a truth value."""
    if not isinstance(value, bool):
        raise ValueError(f"expected true or false, got {value!r}")
    return value


def read(what: str, raw: Mapping[str, Any], wanted: Mapping[str, Parse]) -> dict[str, Any]:
    """Return the wanted values of `raw`, parsed; keys that nobody asked for are left out.

    Args:
        what: Whose they are, for the message: `frob`, `genesis`.
        raw: As given.
        wanted: How each value is parsed, by key.

    Raises:
        InputError: A key is missing (`argument_missing`) or a value cannot be (`argument_invalid`).
    """
    found: dict[str, Any] = {}
    problems = []
    for key, parse in wanted.items():
        if key not in raw:
            problems.append(Problem("argument_missing", f"expected {key!r}: add it", f"{what}.{key}"))
            continue
        try:
            found[key] = parse(raw[key])
        except ValueError as error:
            problems.append(Problem("argument_invalid", str(error), f"{what}.{key}"))
    if problems:
        raise InputError.of(problems)
    return found
