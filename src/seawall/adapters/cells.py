"""What a slice of a table looks like, whatever file it came from.

A CSV gives texts only. Parquet gives texts in dictionary form, and exact numbers, flags and
times as Arrow columns whose types were checked before anything was read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from seawall.adapters.columns import Column, Table

__all__ = ["Batch", "Cells", "TableFile", "Texts", "Typed"]


@dataclass(frozen=True, slots=True)
class Texts:
    """Cells as text: row i holds `values[codes[i]]`; without codes, `values[i]`. Code -1 is empty."""

    values: Sequence[str]
    codes: NDArray[np.int32] | None = None

    def __len__(self) -> int:
        return len(self.values) if self.codes is None else len(self.codes)

    def __getitem__(self, row: int) -> str:
        if self.codes is None:
            return self.values[row]
        code = int(self.codes[row])
        return self.values[code] if code >= 0 else ""

    def __iter__(self) -> Iterator[str]:
        return (self[row] for row in range(len(self)))

    def spread(self, per_value: NDArray[Any], empty: int) -> NDArray[Any]:
        """Return what was found for each value once per row; `empty` for empty cells."""
        if self.codes is None:
            return per_value
        return np.append(per_value, per_value.dtype.type(empty))[self.codes]


@dataclass(frozen=True, slots=True)
class Typed:
    """Cells of an Arrow column: whole numbers, decimals, booleans or UTC timestamps."""

    array: Any

    def __len__(self) -> int:
        return len(self.array)


Cells = Texts | Typed


@dataclass(frozen=True, slots=True)
class Batch:
    """Some consecutive rows of a table.

    Attributes:
        rows: Row numbers as people count them: lines of a CSV, records of a Parquet file.
        cells: By column name; columns that the file does not have are not in it.
        raw: Names of the amount columns given as raw integers.
    """

    rows: NDArray[np.int64]
    cells: Mapping[str, Cells]
    raw: frozenset[str] = frozenset()

    def __len__(self) -> int:
        return len(self.rows)


class TableFile(Protocol):
    """An opened table whose header was found right.

    Attributes:
        name: File name for messages.
        row_count: Rows it says it has; 0 where that is not known beforehand.
    """

    @property
    def name(self) -> str:
        """File name for messages."""

    @property
    def row_count(self) -> int:
        """Rows it says it has; 0 where that is not known beforehand."""

    def batches(self) -> Iterator[Batch]:
        """Yield the rows, problems of the file itself noted on the way."""


@dataclass(frozen=True, slots=True)
class Header:
    """Which column of a file stands for which column of the table."""

    table: Table
    found: Mapping[str, str]

    @property
    def raw(self) -> frozenset[str]:
        """Names of the amount columns given as raw integers."""
        return frozenset(name for name, given in self.found.items() if given != name)

    def columns(self) -> Iterator[tuple[Column, str]]:
        """Yield each column that is there with its name in the file."""
        return ((self.table.column(name), given) for name, given in self.found.items())
