"""A table on disk: columns of a declared kind, as CSV or Parquet, and back from CSV.

In CSV a text that a spreadsheet would compute gets an apostrophe in front, which reading takes
off again; numbers are left as they are. A table without rows keeps its header.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from seawall.errors import InputError, UnsupportedFeature

Kind = Literal["text", "amount", "raw", "whole", "number"]
Row = dict[str, Any]
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
_SLICE = 1 << 15
FIELD_BYTES_MAX = 1 << 24


@dataclass(frozen=True, slots=True)
class Column:
    """One column.

    Attributes:
        kind: `amount` is a plain decimal string in whole units, `raw` an integer count of smallest
            units, `whole` a small integer, `number` a float (empty where there is none).
        doc: What it means.
        choices: The only values it may have; any where empty.
        may_be_empty: Whether a cell that is no text may be empty.
    """

    name: str
    kind: Kind = "text"
    doc: str = ""
    choices: tuple[str, ...] = ()
    may_be_empty: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """A table to be written: its name, its columns, and its rows as they come."""

    name: str
    columns: tuple[Column, ...]
    rows: Iterable[Row]

    def header(self) -> list[str]:
        """Return the names of the columns."""
        return [column.name for column in self.columns]


def write_csv(folder: Path, table: Table) -> str:
    """Write a table as CSV and return the name of the file."""
    texts = [column.kind == "text" for column in table.columns]
    names = table.header()
    path = folder / f"{table.name}.csv"
    with path.open("w", encoding="utf-8", newline="") as handle:
        out = csv.writer(handle, lineterminator="\n")
        quoted = csv.writer(
            handle, lineterminator="\n", quoting=csv.QUOTE_ALL
        )  # a bare \r is not quoted else
        out.writerow(names)
        for row in table.rows:
            cells = [
                escaped(row[name]) if is_text else row[name]
                for name, is_text in zip(names, texts, strict=True)
            ]
            has_return = any(isinstance(cell, str) and "\r" in cell for cell in cells)
            (quoted if has_return else out).writerow(cells)
    return path.name


def write_best(folder: Path, table: Table) -> str:
    """Write a table as Parquet where pyarrow is installed, as CSV else; return the name of the file."""
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        return write_csv(folder, table)
    types = {
        "text": arrow.string(),
        "amount": arrow.string(),
        "raw": arrow.decimal128(38, 0),
        "whole": arrow.int64(),
        "number": arrow.float64(),
    }
    schema = arrow.schema([(column.name, types[column.kind]) for column in table.columns])
    raws = [column.name for column in table.columns if column.kind == "raw"]
    path = folder / f"{table.name}.parquet"
    with parquet.ParquetWriter(path, schema) as writer:
        for part in _slices(table.rows):
            writer.write_table(arrow.Table.from_pylist(_with_decimals(part, raws), schema))
    return path.name


def read_csv(path: Path, columns: Sequence[Column]) -> list[Row]:
    """Read what `write_csv` wrote; every cell is text.

    Raises:
        InputError: The file is not such a table (`run_unreadable`).
    """
    names = [column.name for column in columns]
    texts = [column.kind == "text" for column in columns]
    csv.field_size_limit(FIELD_BYTES_MAX)
    try:
        with path.open(encoding="utf-8", newline="") as handle:
            rows = list(csv.reader(handle, strict=True))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path} cannot be read as a table: {error}", code="run_unreadable") from error
    if not rows or rows[0] != names:
        raise InputError(f"{path} does not start with the columns {', '.join(names)}", code="run_unreadable")
    short = next((number for number, row in enumerate(rows, start=1) if len(row) != len(names)), None)
    if short is not None:
        raise InputError(f"{path}:row {short}: expected {len(names)} cells", code="run_unreadable")
    return [
        {
            name: unescaped(cell) if is_text else cell
            for name, cell, is_text in zip(names, row, texts, strict=True)
        }
        for row in rows[1:]
    ]


def find_row(folder: Path, name: str, columns: Sequence[Column], key: str, value: str) -> Row | None:
    """Return the first row of a table, in whichever form it was written, whose `key` is `value`.

    Raises:
        InputError: The table is not there or cannot be read (`run_unreadable`).
        UnsupportedFeature: It is Parquet, and pyarrow is not installed.
    """
    path = folder / f"{name}.parquet"
    if not path.is_file():
        rows = read_csv(folder / f"{name}.csv", columns)
        return next((row for row in rows if row[key] == value), None)
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError as error:
        raise UnsupportedFeature(
            f"{path.name} needs pyarrow, which the extra `data` brings: pip install 'seawall[data]'",
            code="extra_missing",
        ) from error
    try:
        found: list[Row] = parquet.read_table(path, filters=[(key, "==", value)]).to_pylist()
    except (OSError, arrow.ArrowException) as error:
        raise InputError(f"{path} cannot be read as a table: {error}", code="run_unreadable") from error
    if found and set(found[0]) != {column.name for column in columns}:
        raise InputError(f"{path} has other columns than a run's {name}", code="run_unreadable")
    return found[0] if found else None


def escaped(text: str) -> str:
    """Put an apostrophe before a text that a spreadsheet would compute.

    >>> escaped("=cmd"), escaped("o'neil"), escaped("'@x")
    ("'=cmd", "o'neil", "''@x")
    """
    return f"'{text}" if text.lstrip("'").startswith(_FORMULA_STARTS) else text


def unescaped(text: str) -> str:
    """Take off what `escaped` put on."""
    return text[1:] if text.startswith("'") and text.lstrip("'").startswith(_FORMULA_STARTS) else text


def _slices(rows: Iterable[Row]) -> Iterator[list[Row]]:
    waiting = iter(rows)
    while part := list(islice(waiting, _SLICE)):
        yield part


def _with_decimals(rows: list[Row], names: Sequence[str]) -> list[Row]:
    from decimal import Decimal

    for row in rows:
        for name in names:
            row[name] = Decimal(row[name])
    return rows
