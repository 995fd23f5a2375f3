"""CSV files in slices: bounded lines, plain UTF-8, every bad line named by its number.

A byte order mark and CRLF line ends are accepted. A line that is too long, not UTF-8 or holds
a NUL byte is reported and left out; memory never grows with the length of a line.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import numpy as np

from seawall.adapters.cells import Batch, Header, Texts
from seawall.adapters.columns import Table
from seawall.adapters.header import read_header
from seawall.adapters.problem_log import ProblemLog, shown

__all__ = ["LINE_BYTES_MAX", "CsvTable", "open_csv", "unescaped"]

LINE_BYTES_MAX = 1 << 16
_BATCH_ROWS, _BATCH_BYTES = 1 << 15, 1 << 24
_FORMULA_STARTS = ("=", "+", "-", "@")


def unescaped(text: str) -> str:
    """Take off the quote that the writer puts before a text that a spreadsheet would compute.

    >>> unescaped("'=cmd"), unescaped("o'neil"), unescaped("''@x")
    ('=cmd', "o'neil", "'@x")
    """
    if text.startswith("'") and text.lstrip("'").startswith(_FORMULA_STARTS):
        return text[1:]
    return text


def open_csv(path: Path, table: Table, log: ProblemLog, cells_max: int) -> CsvTable | None:
    """Read the header of a CSV; None when the file is empty or its header is not right."""
    with path.open("rb") as handle:
        records = _records(handle, path.name, log)
        first = next(records, None)
    if first is None:
        return None
    row, names = first
    header = read_header([name.strip() for name in names], table, path.name, row, log)
    return None if header is None else CsvTable(path, header, tuple(names), log, cells_max)


@dataclass(frozen=True, slots=True)
class CsvTable:
    """An opened CSV; see `TableFile`."""

    path: Path
    header: Header
    names: tuple[str, ...]
    log: ProblemLog
    cells_max: int

    @property
    def name(self) -> str:
        """File name for messages."""
        return self.path.name

    @property
    def row_count(self) -> int:
        """Not known before the end."""
        return 0

    def batches(self) -> Iterator[Batch]:
        """Yield the rows; a row of another width than the header is reported and left out."""
        width, seen, flushed = len(self.names), 0, 0
        rows: list[list[str]] = []
        numbers: list[int] = []
        with self.path.open("rb") as handle:
            records = _records(handle, self.name, self.log, quiet_until_first=True)
            next(records, None)
            for number, record in records:
                if len(record) != width:
                    message = f"expected {width} cells as in the header, got {len(record)}"
                    self.log.add("column_count", message, self.name, number)
                    continue
                seen += width
                if seen > self.cells_max:
                    self.log.add(
                        "too_large", f"more than {self.cells_max} cells: split the file", self.name, number
                    )
                    break
                rows.append(record)
                numbers.append(number)
                if len(rows) == _BATCH_ROWS or handle.tell() - flushed > _BATCH_BYTES:
                    yield self._batch(rows, numbers)
                    rows, numbers, flushed = [], [], handle.tell()
        if rows:
            yield self._batch(rows, numbers)

    def _batch(self, rows: list[list[str]], numbers: list[int]) -> Batch:
        by_name = dict(zip((name.strip() for name in self.names), zip(*rows, strict=True), strict=True))
        cells = {
            column.name: Texts(_cleaned(by_name[given], column.kind == "id"))
            for column, given in self.header.columns()
        }
        return Batch(np.array(numbers, dtype=np.int64), cells, self.header.raw)


def _cleaned(texts: tuple[str, ...], is_id: bool) -> list[str]:
    if is_id:
        return [unescaped(text.strip(" \t")) for text in texts]
    return [text.strip(" \t") for text in texts]


def _records(
    handle: BinaryIO, file: str, log: ProblemLog, *, quiet_until_first: bool = False
) -> Iterator[tuple[int, list[str]]]:
    # Yield (number of the first line, cells) of each record; blank lines are passed over.
    # The first record is read twice (header, then rows): problems before it are told once.
    target = ProblemLog() if quiet_until_first else log
    lines = _Lines(handle, file, target)
    reader = csv.reader(lines, strict=True)
    while True:
        start = lines.number + 1
        try:
            record = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            target.add("csv_invalid", f"not readable as CSV: {error}", file, start)
            continue
        if record:
            target = lines.log = log
            yield start, record


class _Lines:
    # The lines of a file as text, bounded in length; bad ones are reported and left out.
    def __init__(self, handle: BinaryIO, file: str, log: ProblemLog) -> None:
        self.handle, self.file, self.log, self.number = handle, file, log, 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        while True:
            line = self.handle.readline(LINE_BYTES_MAX + 1)
            if not line:
                raise StopIteration
            self.number += 1
            if len(line) > LINE_BYTES_MAX:
                self.log.add("line_too_long", f"longer than {LINE_BYTES_MAX} bytes", self.file, self.number)
                self._skip_to_line_end(line)
                continue
            text = self._text(line)
            if text is not None:
                return text

    def _text(self, line: bytes) -> str | None:
        if self.number == 1:
            line = line.removeprefix(b"\xef\xbb\xbf")
        if b"\0" in line:
            self.log.add("nul_byte", f"holds a NUL byte: {shown(line[:40])}", self.file, self.number)
            return None
        try:
            return line.decode("utf-8")
        except UnicodeDecodeError as error:
            self.log.add(
                "not_utf8", f"is not UTF-8 at byte {error.start}: save as UTF-8", self.file, self.number
            )
            return None

    def _skip_to_line_end(self, line: bytes) -> None:
        while line and not line.endswith(b"\n"):
            line = self.handle.readline(LINE_BYTES_MAX)
