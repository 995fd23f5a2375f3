"""How the functions of the storm are compiled: one decorator, and one way to bind a venue's rules."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from functools import cache
from types import FunctionType
from typing import Any, TypeVar, cast

from seawall.core.compiled import jit

Function = TypeVar("Function", bound=Callable[..., Any])

IS_COMPILED = importlib.util.find_spec("numba") is not None


# Only other kernels call these: there is no way in from Python, and what is kept on disk is the caller.
_FROM_KERNELS: dict[str, Any] = {"no_cpython_wrapper": True, "no_cfunc_wrapper": True, "cache": False}


# Arrays come from Python, which holds them as long as a kernel runs. To count who else holds them is an
# atomic write for every array of every call: half of a storm's time, and more where threads share a book.
# The price: such a kernel makes no array, not even for a moment, and copies arrays by loops.
_BORROWING: dict[str, Any] = {"_nrt": False}


def kernel(function: Function) -> Function:
    """Compile a function of the storm without the interpreter lock; plain Python where numba is missing.

    It makes no array: what it fills comes from its caller.
    """
    return _entry(function, **_BORROWING)


def making(function: Function) -> Function:
    """Compile a kernel that makes arrays of its own, for work that many accounts share."""
    return _entry(function)


def inner(function: Function) -> Function:
    """Compile a function that only other kernels call."""
    return _part(function)


def bounding(function: Function) -> Function:
    """Compile a loop that only bounds, where the order of operations may change (margins cover it)."""
    return _part(function, fastmath=True)


def _entry(function: Function, **options: Any) -> Function:
    if not IS_COMPILED:
        return function
    from seawall.simulation.kernels.parts import Entry

    return cast(Function, jit(function, nogil=True, pipeline_class=Entry, **options))


def _part(function: Function, **options: Any) -> Function:
    if not IS_COMPILED:
        return function
    from seawall.simulation.kernels.parts import Part

    return cast(
        Function, jit(function, nogil=True, pipeline_class=Part, **_BORROWING, **_FROM_KERNELS, **options)
    )


@cache
def bound_to(
    function: Callable[..., Any], name: str, is_entry: bool, **others: Callable[..., Any]
) -> Callable[..., Any]:
    """Return a function compiled with some of the functions it calls exchanged for others.

    The compiler's disk cache knows a function by its name and place, not by what it calls: so each
    binding gets a name of its own.

    Args:
        function: Plain Python, written against the names in `others`.
        name: Of the binding, such as a rule set.
        is_entry: Whether Python calls it; else only other kernels do.
        others: What those names stand for here.
    """
    scope = {**function.__globals__, **others}
    bound = FunctionType(function.__code__, scope, f"{function.__name__}_{name}")
    bound.__qualname__ = f"{function.__name__}_{''.join(part if part.isalnum() else '_' for part in name)}"
    return kernel(bound) if is_entry else inner(bound)


def for_types_of(function: Function, *arguments: Any) -> Function:
    """Return a kernel as compiled for the types of these arguments: a call does not look them up again.

    To find the types of structured arrays takes longer than a short kernel runs. Arguments of other
    types are refused by the compiled code.
    """
    kernel = cast(Any, function)
    if not hasattr(kernel, "get_overload"):  # no numba, or its compiler is switched off
        return function
    numba = importlib.import_module("numba")
    types = tuple(numba.typeof(argument) for argument in arguments)
    kernel.compile(types)
    return cast(Function, kernel.get_overload(types))
