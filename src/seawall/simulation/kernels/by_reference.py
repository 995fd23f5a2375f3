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

import numpy as np
from numpy.typing import NDArray

from seawall.simulation.kernels.compiling import IS_COMPILED

__all__ = ["Reference", "by_reference"]

Columns = TypeVar("Columns", bound=tuple[Any, ...])


def by_reference(columns: Columns) -> Columns:
    """Return what a kernel takes in place of this named tuple: its address where numba is installed.

    Args:
        columns: Arrays, numbers, flags, and named tuples of such.

    Raises:
        TypeError: A field that is none of these, or an array that is not contiguous.
    """
    return cast(Columns, Reference(columns)) if is_compiled() else columns


def is_compiled() -> bool:
    # numba may be there and told to let Python run everything (NUMBA_DISABLE_JIT).
    return IS_COMPILED and not import_module("numba").config.DISABLE_JIT


class Reference:
    """A named tuple laid out in words of 64 bits.

    Attributes:
        columns: The tuple, kept as long as its address may be used.
        words: Of an array its data and its shape, of a named tuple its address, a number itself.
        address: Of the first word.
        numba_type: What the compiler knows it by.
    """

    def __init__(self, columns: Any) -> None:
        from seawall.simulation.kernels.reference_type import ReferenceType, typeof

        fields: list[tuple[str, Any, int]] = []
        words: list[int] = []
        kept: list[Any] = []
        for name, value in zip(columns._fields, columns, strict=True):
            held = Reference(value) if isinstance(value, tuple) else value
            kept.append(held)
            fields.append((name, typeof(held), len(words)))
            words += _words_of(f"{type(columns).__name__}.{name}", held)
        self.columns, self._kept = columns, kept
        self.words: NDArray[np.int64] = np.array(words, dtype=np.int64)
        self.address = self.words.ctypes.data
        self.numba_type = ReferenceType(type(columns).__name__, tuple(fields))


def _words_of(name: str, value: Any) -> list[int]:
    if isinstance(value, Reference):
        return [value.address]
    if isinstance(value, np.ndarray):
        if not value.flags.c_contiguous:
            raise TypeError(f"{name}: expected a contiguous array, got strides {value.strides}: copy it")
        return [value.ctypes.data, *value.shape]
    if isinstance(value, bool | np.bool_ | int | np.integer):
        return [int(value)]
    if isinstance(value, float):
        return [int(np.float64(value).view(np.int64))]
    raise TypeError(
        f"{name}: expected an array, a number, a flag or a named tuple of such, got {type(value).__name__}"
    )
