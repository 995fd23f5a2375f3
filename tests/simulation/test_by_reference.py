"""A kernel reads the same by reference as by value, and parts are compiled once, with their entry."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from seawall.simulation.kernels import compiling
from seawall.simulation.kernels.by_reference import by_reference, is_compiled
from seawall.simulation.kernels.columns import PRICE
from seawall.simulation.kernels.compiling import inner, kernel

needs_numba = pytest.mark.skipif(not is_compiled(), reason="needs the extra fast")


class Inside(NamedTuple):
    """A tuple in a tuple."""

    counts: np.ndarray[Any, Any]
    share: float


class Outside(NamedTuple):
    """One field of each kind."""

    values: np.ndarray[Any, Any]
    table: np.ndarray[Any, Any]
    flags: np.ndarray[Any, Any]
    prices: np.ndarray[Any, Any]
    inside: Inside
    size: int
    factor: float
    is_on: bool


@inner
def _weighed(inside: Any, place: Any) -> Any:
    return inside.counts[place] * inside.share


@kernel
def _read(columns: Any, out: Any) -> None:
    """Write down something of every field."""
    inside = columns.inside
    for row in range(columns.values.size):
        out[0] += columns.values[row]
    for row in range(columns.table.shape[0]):
        for column in range(columns.table.shape[1]):
            out[1] += columns.table[row, column] * (row + 1) * (10 * column + 1)
    for row in range(columns.flags.size):
        if columns.flags[row]:
            out[2] += 1.0
    for row in range(columns.prices.size):
        out[3] += columns.prices[row].value - columns.prices[row].scale
    for row in range(inside.counts.size):
        out[4] += _weighed(inside, row)
    out[5] = columns.size
    out[6] = columns.factor
    out[7] = 1.0 if columns.is_on else 0.0


@kernel
def _double(columns: Any) -> None:
    for row in range(columns.values.size):
        columns.values[row] *= 2.0
    for row in range(columns.inside.counts.size):
        columns.inside.counts[row] += 1


def _columns(values: Any, table: Any, flags: Any, size: int, factor: float, is_on: bool) -> Outside:
    prices = np.zeros(len(values), dtype=PRICE).view(np.recarray)
    prices.value, prices.scale = values, 0.5
    return Outside(
        np.array(values, dtype=np.float64),
        table,
        flags,
        prices,
        Inside(np.arange(5), 0.25),
        size,
        factor,
        is_on,
    )


_FINITE = st.floats(-1e6, 1e6)


@given(
    values=st.lists(_FINITE, max_size=6),
    table=arrays.arrays(
        np.int32, st.tuples(st.integers(0, 3), st.integers(0, 3)), elements=st.integers(-9, 9)
    ),
    flags=arrays.arrays(np.bool_, st.integers(0, 4)),
    size=st.integers(-(2**62), 2**62),
    factor=st.floats(),
    is_on=st.booleans(),
)
def test_every_kind_of_field_reads_the_same_by_value_and_by_reference(
    values: list[float], table: Any, flags: Any, size: int, factor: float, is_on: bool
) -> None:
    columns = _columns(values, table, flags, size, factor, is_on)
    by_value, read = np.zeros(8), np.zeros(8)
    _read(columns, by_value)
    _read(by_reference(columns), read)
    assert read.tobytes() == by_value.tobytes()


def test_what_a_kernel_writes_stands_in_the_arrays_of_the_tuple() -> None:
    columns = _columns([1.0, 2.0], np.zeros((1, 1)), np.zeros(1, dtype=np.bool_), 0, 0.0, False)
    _double(by_reference(columns))
    assert columns.values.tolist() == [2.0, 4.0]
    assert columns.inside.counts.tolist() == [1, 2, 3, 4, 5]


@needs_numba
def test_a_reference_keeps_its_tuple_and_two_of_the_same_fields_are_one_type() -> None:
    from seawall.simulation.kernels.reference import Reference

    first, second = (
        Reference(_columns([1.0], np.zeros((1, 1)), np.zeros(1, dtype=np.bool_), 0, 0.0, False))
        for _ in range(2)
    )
    assert first.numba_type == second.numba_type
    other = Reference(_columns([1.0], np.zeros((1, 1, 1)), np.zeros(1, dtype=np.bool_), 0, 0.0, False))
    assert other.numba_type != first.numba_type


@needs_numba
@pytest.mark.parametrize(
    ("value", "told"),
    [
        (np.zeros((4, 4))[:, 1], "Inside.counts: expected a contiguous array, got strides"),
        ("three", "Inside.counts: expected an array, a number, a flag or a named tuple of such, got str"),
    ],
)
def test_what_cannot_be_handed_over_is_told_by_name(value: Any, told: str) -> None:
    with pytest.raises(TypeError, match=told):
        by_reference(Inside(value, 0.5))


def test_without_the_compiler_a_kernel_gets_the_tuple_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    from seawall.simulation.kernels import by_reference as module

    monkeypatch.setattr(module, "IS_COMPILED", False)
    columns = Inside(np.arange(3), 1.0)
    assert by_reference(columns) is columns


@needs_numba
def test_a_part_is_machine_code_only_within_its_entry() -> None:
    @compiling.inner
    def deep(x: Any) -> Any:
        return 3.0 * x

    @compiling.inner
    def middle(x: Any) -> Any:
        return deep(x) + deep(2.0 * x)

    @compiling.kernel
    def entry(x: Any) -> Any:
        return middle(x) + deep(x)

    @compiling.kernel
    def other_entry(x: Any) -> Any:
        return middle(x)

    assert entry(1.0) == 12.0
    assert other_entry(1.0) == 9.0  # taken in anew: the first entry has not used it up
    (part,) = middle.overloads.values()  # type: ignore[attr-defined]  # numba's
    assert type(part.library).__name__ == "_PartLibrary"
    with pytest.raises(RuntimeError, match="no compiled object"):
        part.library._get_compiled_object()
    (whole,) = entry.overloads.values()  # type: ignore[attr-defined]  # numba's
    assert whole.library._get_compiled_object()
