"""How the functions of the storm are compiled: one decorator, and one way to bind a venue's rules."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping
from functools import cache
from types import FunctionType
from typing import Any, TypeVar

from seawall.core.compiled import jit

Function = TypeVar("Function", bound=Callable[..., Any])

IS_COMPILED = importlib.util.find_spec("numba") is not None


def kernel(function: Function) -> Function:
    """Compile a function of the storm without the interpreter lock; plain Python where numba is missing."""
    return jit(function, nogil=True) if IS_COMPILED else function  # type: ignore[return-value]  # same call


def bounding(function: Function) -> Function:
    """Compile a loop that only bounds, where the order of operations may change (margins cover it)."""
    return jit(function, nogil=True, fastmath=True) if IS_COMPILED else function  # type: ignore[return-value]  # same call


@cache
def bound_to(function: Callable[..., Any], name: str, **others: Callable[..., Any]) -> Callable[..., Any]:
    """Return a function compiled with some of the functions it calls exchanged for others.

    The compiler's disk cache knows a function by its name and place, not by what it calls: so each
    binding gets a name of its own.

    Args:
        function: Plain Python, written against the names in `others`.
        name: Of the binding, such as a rule set.
        others: What those names stand for here.
    """
    scope = {**function.__globals__, **others}
    bound = FunctionType(function.__code__, scope, f"{function.__name__}_{name}")
    bound.__qualname__ = f"{function.__name__}_{''.join(part if part.isalnum() else '_' for part in name)}"
    return kernel(bound)


Scope = Mapping[str, Callable[..., Any]]
