"""One table out, as CSV or Parquet, in the form its reader expects.

CSV holds amounts as decimal strings; Parquet as raw integers (decimal128), exactly.
"""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seawall.adapters.parquet_table import arrow
from seawall.core.money import Amounts, format_decimal

__all__ = ["AmountsOut", "ColumnOut", "Format", "IntegersOut", "TextsOut", "escaped", "write_table"]

Format = Literal["csv", "parquet"]
_SLICE, _GROUP_ROWS = 1 << 15, 1 << 20


@dataclass(frozen=True)
class TextsOut:
    """A column of ids or other text: `values[codes[i]]`, or `values[i]` without codes."""

    name: str
    values: Sequence[str]
    codes: NDArray[Any] | None = None

    def __len__(self) -> int:
        return len(self.values) if self.codes is None else len(self.codes)


@dataclass(frozen=True)
class AmountsOut:
    """A column of exact amounts in smallest units, None where there is none.

    `decimals` holds those of each row, or one number for all.
    """

    name: str
    values: Amounts | Sequence[int | None]
    decimals: int | NDArray[Any]

    def __len__(self) -> int:
        return len(self.values)


@dataclass(frozen=True)
class IntegersOut:
    """A column of small whole numbers, None where there is none."""

    name: str
    values: Sequence[int | None]

    def __len__(self) -> int:
        return len(self.values)


ColumnOut = TextsOut | AmountsOut | IntegersOut


def escaped(text: str) -> str:
    """Put a quote before a text that a spreadsheet would compute; the reader takes it off again.

    >>> escaped("=cmd"), escaped("o'neil"), escaped("'@x")
    ("'=cmd", "o'neil", "''@x")
    """
    return f"'{text}" if text.lstrip("'").startswith(("=", "+", "-", "@")) else text


def write_table(folder: Path, name: str, columns: Sequence[ColumnOut], form: Format) -> None:
    """Write a table of at least one row; one without rows is not written."""
    if not columns or not len(columns[0]):
        return
    if form == "parquet":
        _write_parquet(folder / f"{name}.parquet", columns)
    else:
        _write_csv(folder / f"{name}.csv", columns)


def _write_csv(path: Path, columns: Sequence[ColumnOut]) -> None:
    with path.open("w", encoding="utf-8", newline="") as handle:
        out = csv.writer(handle, lineterminator="\n")
        out.writerow([column.name for column in columns])
        for start in range(0, len(columns[0]), _SLICE):
            part = slice(start, min(start + _SLICE, len(columns[0])))
            out.writerows(zip(*(_texts(column, part) for column in columns), strict=True))


def _texts(column: ColumnOut, part: slice) -> list[str]:
    if isinstance(column, TextsOut):
        if column.codes is None:
            return [escaped(text) for text in column.values[part]]
        return [escaped(column.values[code]) for code in column.codes[part].tolist()]
    values = column.values.ints(part) if isinstance(column.values, Amounts) else column.values[part]
    if isinstance(column, IntegersOut):
        return ["" if value is None else str(value) for value in values]
    return [
        "" if value is None else format_decimal(value, decimals)
        for value, decimals in zip(values, _decimals(column.decimals, part, len(values)), strict=True)
    ]


def _decimals(decimals: int | NDArray[Any], part: slice, count: int) -> list[int]:
    return [decimals] * count if isinstance(decimals, int) else decimals[part].tolist()


def _write_parquet(path: Path, columns: Sequence[ColumnOut]) -> None:
    pa = arrow()
    kinds = {TextsOut: pa.string(), IntegersOut: pa.int64(), AmountsOut: pa.decimal128(38, 0)}
    names = [f"{item.name}_raw" if isinstance(item, AmountsOut) else item.name for item in columns]
    schema = pa.schema([(name, kinds[type(item)]) for name, item in zip(names, columns, strict=True)])
    vocabularies = [
        pa.array(item.values, pa.string()) if isinstance(item, TextsOut) else None for item in columns
    ]
    with pa.parquet.ParquetWriter(path, schema) as writer:
        for start in range(0, len(columns[0]), _GROUP_ROWS):
            part = slice(start, start + _GROUP_ROWS)
            arrays = [
                _array(pa, item, texts, part) for item, texts in zip(columns, vocabularies, strict=True)
            ]
            writer.write_batch(pa.record_batch(arrays, schema=schema))


def _array(pa: Any, column: ColumnOut, texts: Any, part: slice) -> Any:
    if isinstance(column, IntegersOut):
        return pa.array(column.values[part], pa.int64())
    if isinstance(column, AmountsOut):
        return _decimal_array(pa, column.values, part)
    return texts[part] if column.codes is None else texts.take(pa.array(column.codes[part]))


def _decimal_array(pa: Any, values: Amounts | Sequence[int | None], part: slice) -> Any:
    kind = pa.decimal128(38, 0)
    if isinstance(values, Amounts):
        words = np.ascontiguousarray(values.words[part])
        return pa.Array.from_buffers(kind, len(words), [None, pa.py_buffer(words)])
    chosen = values[part]
    valid = pa.array([value is not None for value in chosen], pa.bool_())
    words = Amounts.of([value or 0 for value in chosen]).words
    return pa.Array.from_buffers(kind, len(chosen), [valid.buffers()[1], pa.py_buffer(words)])
