"""What a parameter may be: every one out of its range is told at once."""

from __future__ import annotations

from collections.abc import Iterable
from math import isfinite

from seawall.errors import InputError, Problem

__all__ = ["Ranged", "require_in_range"]

Ranged = tuple[str, float, str, bool]


def require_in_range(where: str, parameters: Iterable[Ranged]) -> None:
    """Refuse parameters that are not finite or for which their condition does not hold.

    Args:
        where: The function that was called.
        parameters: Name, value, what was expected in words, and whether it holds.

    Raises:
        InputError: A parameter is out of its range; all are told.
    """
    problems = [
        Problem("out_of_range", f"{name} is {value}, expected {wanted}", where)
        for name, value, wanted, holds in parameters
        if not (isfinite(value) and holds)
    ]
    if problems:
        raise InputError.of(problems)
