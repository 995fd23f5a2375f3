"""Named tuples of arrays, handed to kernels as one address each.

A kernel that takes a named tuple by value takes every array of it, seven words each, and hands all of them
on to what it calls: to pass hundreds of words around was most of what the compiler did for a walk. By
reference a tuple is one word, and what a kernel reads of it is loaded where it is read. Kernels are
written the same either way, and plain Python gets the tuple itself.

What stands in the tuple is settled when it is handed over; what its arrays hold is not.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any, TypeVar, cast

from seawall.simulation.kernels.compiling import IS_COMPILED

__all__ = ["by_reference"]

Columns = TypeVar("Columns", bound=tuple[Any, ...])


def by_reference(columns: Columns) -> Columns:
    """Return what a kernel takes in place of this named tuple: its address where numba is installed.

    Args:
        columns: Arrays, numbers, flags, and named tuples of such.

    Raises:
        TypeError: A field that is none of these, or an array that is not contiguous.
    """
    if not is_compiled():
        return columns
    from seawall.simulation.kernels.reference import Reference

    return cast(Columns, Reference(columns))


def is_compiled() -> bool:
    """Return whether kernels are compiled; numba may be there and told to leave it (NUMBA_DISABLE_JIT)."""
    return IS_COMPILED and not import_module("numba").config.DISABLE_JIT
