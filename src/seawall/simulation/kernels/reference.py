"""A named tuple laid out in words, and what numba has to know to read it by its address."""

from __future__ import annotations

import hashlib
from typing import Any

import numpy as np
from numba import typeof
from numba.core import cgutils, types
from numba.core.datamodel import models
from numba.core.typing.templates import AttributeTemplate
from numba.core.typing.typeof import typeof_impl
from numba.extending import NativeValue, infer_getattr, lower_getattr_generic, register_model, unbox
from numpy.typing import NDArray

__all__ = ["Reference", "ReferenceType"]


class ReferenceType(types.Type):
    """The address of a named tuple; two of the same fields are the same type.

    Args:
        of: Name of the tuple's class.
        fields: Name, type and first word of each field.
    """

    def __init__(self, of: str, fields: tuple[tuple[str, Any, int], ...]) -> None:
        self.fields = {name: (known, at) for name, known, at in fields}
        told = hashlib.sha256(repr([(name, str(known), at) for name, known, at in fields]).encode())
        super().__init__(f"Ref{of}{told.hexdigest()[:12]}")


class Reference:
    """A named tuple laid out in words of 64 bits.

    Attributes:
        columns: The tuple, kept as long as its address may be used.
        words: Of an array its data and its shape, of a named tuple its address, a number itself.
        address: Of the first word.
        numba_type: What the compiler knows it by.
    """

    def __init__(self, columns: Any) -> None:
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


def _typeof(value: Reference, context: Any) -> ReferenceType:
    return value.numba_type


def _unbox(known: ReferenceType, value: Any, c: Any) -> Any:
    address = c.pyapi.object_getattr_string(value, "address")
    pointer = c.pyapi.long_as_voidptr(address)
    c.pyapi.decref(address)
    return NativeValue(pointer)


class _Fields(AttributeTemplate):  # type: ignore[misc]
    key = ReferenceType

    def generic_resolve(self, known: ReferenceType, name: str) -> Any:
        return known.fields[name][0] if name in known.fields else None


def _read(context: Any, builder: Any, known: ReferenceType, value: Any, name: str) -> Any:
    field, at = known.fields[name]
    words = builder.bitcast(value, cgutils.intp_t.as_pointer())

    def word(place: int) -> Any:
        loaded = builder.load(builder.gep(words, [cgutils.intp_t(at + place)]))
        # Nobody writes to these words while a kernel runs: what was read once is not read again.
        loaded.set_metadata("invariant.load", builder.module.add_metadata([]))
        return loaded

    if isinstance(field, ReferenceType):
        return builder.inttoptr(word(0), cgutils.voidptr_t)
    if isinstance(field, types.Array):
        return _array(context, builder, field, word(0), [word(1 + axis) for axis in range(field.ndim)])
    if isinstance(field, types.Float):
        return builder.bitcast(word(0), context.get_value_type(field))
    return builder.trunc(word(0), context.get_value_type(field)) if field == types.boolean else word(0)


def _array(context: Any, builder: Any, known: Any, data: Any, shape: list[Any]) -> Any:
    # An array that nobody counts references to: the tuple in Python holds it.
    array = context.make_array(known)(context, builder)
    item_size = context.get_abi_sizeof(context.get_data_type(known.dtype))
    size = context.get_constant(types.intp, item_size)
    strides: list[Any] = []
    items = size
    for extent in reversed(shape):
        strides.insert(0, items)
        items = builder.mul(items, extent)
    array.data = builder.inttoptr(data, array.data.type)
    array.nitems = builder.sdiv(items, size)
    array.itemsize = size
    array.shape = cgutils.pack_array(builder, shape)
    array.strides = cgutils.pack_array(builder, strides)
    array.meminfo = cgutils.get_null_value(array.meminfo.type)
    array.parent = cgutils.get_null_value(array.parent.type)
    return array._getvalue()


register_model(ReferenceType)(models.OpaqueModel)
typeof_impl.register(Reference)(_typeof)
unbox(ReferenceType)(_unbox)
infer_getattr(_Fields)
lower_getattr_generic(ReferenceType)(_read)
