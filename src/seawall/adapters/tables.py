"""The files of a snapshot folder: which there are, and the small ones row by row."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TypeVar

from seawall.adapters.cells import Batch, TableFile
from seawall.adapters.columns import Column, Table
from seawall.adapters.csv_table import open_csv
from seawall.adapters.decode import FLAGS, parse_whole
from seawall.adapters.ids import Vocabulary, canonical_id, closest, fault_of
from seawall.adapters.parquet_table import open_parquet, texts_of
from seawall.adapters.problem_log import ProblemLog, code_of, shown
from seawall.adapters.snapshot_schema import TABLES, table_named
from seawall.adapters.times import parse_time
from seawall.core.money import parse_decimal
from seawall.errors import InputError

__all__ = ["Folder", "Record", "Records"]

HEADER_FILE, TERMS_FILE = "snapshot.toml", "terms.toml"
_DATA_SUFFIXES = (".csv", ".parquet", ".toml")
_T = TypeVar("_T")


class Folder:
    """A snapshot folder and the log of what is wrong with it."""

    def __init__(self, path: Path, log: ProblemLog, cells_max: int) -> None:
        self.path, self.log, self.cells_max = path, log, cells_max
        self._stems = self._listing()

    def has(self, table: str) -> bool:
        """Whether there is a file of this table."""
        return table in self._stems

    def name_of(self, table: str) -> str:
        """Return the file name of a table, as messages name it."""
        return self._stems[table].name if self.has(table) else f"{table}.csv"

    def open(self, table: str) -> TableFile | None:
        """Open a table; None when there is no such file, it is empty, or its header is not right."""
        path = self._stems.get(table)
        if path is None:
            return None
        opener = open_parquet if path.suffix == ".parquet" else open_csv
        try:
            return opener(path, table_named(table), self.log, self.cells_max)
        except OSError as error:
            self.log.add(code_of(error), f"cannot be read: {error.strerror}", path.name)
            return None

    def records(self, table: str) -> Records:
        """Return the rows of a small table."""
        return Records(table_named(table), self.open(table), self.name_of(table), self.log)

    def _listing(self) -> dict[str, Path]:
        known = {table.name for table in TABLES}
        stems: dict[str, Path] = {}
        for path in sorted(self.path.iterdir()):
            if path.suffix not in _DATA_SUFFIXES or path.name in (HEADER_FILE, TERMS_FILE):
                continue
            if path.suffix == ".toml" or path.stem not in known:
                wanted = [f"{name}{path.suffix}" for name in known] + [HEADER_FILE, TERMS_FILE]
                near = get_close_matches(path.name[:80], wanted, n=1)
                hint = (
                    f": did you mean {near[0]!r}?"
                    if near
                    else "; its name says nothing to Seawall: move it away"
                )
                self.log.add(
                    "unknown_file", f"{shown(path.name)} is not a file of a snapshot{hint}", path.name
                )
            elif not path.is_file():
                self.log.add("unreadable", "is not a regular file", path.name)
            elif path.stem in stems:
                self.log.add("two_files", f"{stems[path.stem].name} says the same: keep one", path.name)
            else:
                stems[path.stem] = path
        return stems


class Records:
    """The rows of a small table, one at a time; two rows of one key are a problem naming both."""

    def __init__(self, table: Table, file: TableFile | None, name: str, log: ProblemLog) -> None:
        self.table, self.file, self.name, self.log = table, file, name, log

    def __iter__(self) -> Iterator[Record]:
        if self.file is None:
            return
        first: dict[tuple[str, ...], int] = {}
        for batch in self.file.batches():
            for record in self._rows(batch):
                key = tuple(canonical_id(record.text(name)) for name in self.table.key)
                if self.table.key and key in first:
                    code = f"duplicate_{_SINGULAR.get(self.table.name, self.table.name)}"
                    message = f"{' '.join(key)} stands in row {first[key]} already: keep one"
                    self.log.add(code, message, self.name, record.row, self.table.key[0])
                    continue
                first[key] = record.row
                yield record

    def _rows(self, batch: Batch) -> Iterator[Record]:
        texts = {name: texts_of(cells) for name, cells in batch.cells.items()}
        for at, row in enumerate(batch.rows.tolist()):
            cells = {name: column[at] for name, column in texts.items()}
            yield Record(self.table, self.name, row, cells, batch.raw, self.log)


_SINGULAR = {
    "assets": "asset",
    "instruments": "instrument",
    "pools": "pool",
    "prices": "price",
    "set_prices": "price",
    "marks": "mark",
    "depth": "level",
    "tiers": "tier",
    "collateral_sets": "collateral_set",
    "collateral_set_members": "member",
    "funds": "fund",
    "payers": "payer",
    "state": "counter",
    "pending_memory": "memory",
    "bids": "bid",
    "withdrawals": "withdrawal",
}


@dataclass(frozen=True, slots=True)
class Record:
    """One row of a small table; each reader notes what is wrong with its cell and returns None."""

    table: Table
    file: str
    row: int
    cells: dict[str, str]
    raw: frozenset[str]
    log: ProblemLog

    def text(self, name: str) -> str:
        """Return a cell as it stands, or the default of its column."""
        return self.cells.get(name) or self.table.column(name).default

    def add(self, code: str, message: str, column: str) -> None:
        """Note a problem in a column of this row."""
        self.log.add(code, message, self.file, self.row, column)

    def warn(self, code: str, message: str, column: str) -> None:
        """Note a warning in a column of this row."""
        self.log.warn(code, message, self.file, self.row, column)

    def id(self, name: str, known: Vocabulary | None = None, unknown: str = "") -> str | None:
        """Return a canonical id, which must be in `known` if given; "" where it may be empty."""
        column = self.table.column(name)
        found = canonical_id(self.text(name))
        if not found and not column.required:
            return ""
        fault = fault_of(found)
        if fault:
            self.add(*fault, name)
            return None
        if known is None:
            return found
        stored = known.get(found)
        if stored is None:
            self.add(unknown, f"unknown {name} {shown(found)}{closest(found, known.names)}", name)
        return stored

    def choice(self, name: str) -> str | None:
        """Return one of the choices of a column."""
        column, found = self.table.column(name), self.text(name)
        if found in column.choices:
            return found
        code = "choice_invalid" if found else "missing_value"
        self.add(code, f"expected one of {', '.join(column.choices)}, got {shown(found)}", name)
        return None

    def flag(self, name: str) -> bool | None:
        """Return true or false."""
        found = self.text(name)
        if found.lower() not in FLAGS:
            self.add("flag_invalid", f"expected true or false, got {shown(found)}", name)
        return FLAGS.get(found.lower())

    def integer(self, name: str) -> int | None:
        """Return a whole number within the range of its column; None also where it is empty."""
        column = self.table.column(name)
        value = self._parsed(column, name, parse_whole)
        if value is not None and not column.minimum <= value <= column.maximum:
            message = f"is {shown(value)}, expected {column.minimum} to {column.maximum}"
            self.add("out_of_range", message, name)
            return None
        return value

    def amount(self, name: str, decimals: int) -> int | None:
        """Return an amount in smallest units; None also where it is empty."""
        column = self.table.column(name)
        if name in self.raw and self.cells.get(name):
            value = self._parsed(column, column.raw_name, parse_whole)
        else:
            value = self._parsed(column, name, lambda text: parse_decimal(text, decimals))
        if value is None or column.sign == "any":
            return value
        if value < 0:
            code = "price_negative" if column.is_price else "negative_amount"
            self.add(code, f"is {shown(self.text(name))}, expected a positive number", name)
            return None
        if value == 0 and column.sign == "positive":
            self.add("out_of_range", "is 0, expected a number above zero", name)
            return None
        return value

    def time(self, name: str) -> int | None:
        """Return an instant [unix s]; None also where it is empty."""
        return self._parsed(self.table.column(name), name, parse_time)

    def _parsed(self, column: Column, given: str, parse: Callable[[str], _T]) -> _T | None:
        text = self.text(column.name)
        if not text:
            if column.required and not column.may_be_empty:
                self.add("missing_value", f"is empty: {column.doc}", given)
            return None
        try:
            return parse(text)
        except InputError as error:
            self.add(error.code, str(error), given)
            return None
