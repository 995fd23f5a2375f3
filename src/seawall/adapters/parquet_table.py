"""Parquet files in slices: types checked and size bounded before anything is read.

The footer of a Parquet file says how many rows there are; rows times columns is bounded by
it, and reading stops where the file turns out to hold more than it says.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np

from seawall.adapters.cells import Batch, Cells, Header, Texts, Typed
from seawall.adapters.columns import Column, Table
from seawall.adapters.header import read_header
from seawall.adapters.problem_log import ProblemLog
from seawall.adapters.times import format_time
from seawall.errors import UnsupportedFeature

__all__ = ["ParquetTable", "arrow", "open_parquet", "texts_of"]

_BATCH_ROWS = 1 << 17
_BUFFER_BYTES = 1 << 20


def arrow() -> ModuleType:
    """Return pyarrow with its Parquet part.

    Raises:
        UnsupportedFeature: It is not installed; the message names the extra.
    """
    try:
        import pyarrow
        import pyarrow.compute
        import pyarrow.parquet
    except ImportError as error:
        message = "Parquet needs the extra `data`: pip install 'seawall[data]', or use CSV"
        raise UnsupportedFeature(message, code="extra_missing") from error
    return pyarrow  # type: ignore[no-any-return]  # pyarrow ships no types


def open_parquet(path: Path, table: Table, log: ProblemLog, cells_max: int) -> ParquetTable | None:
    """Read the footer of a Parquet file; None when it is not readable or not what it should be."""
    pa = arrow()
    try:
        file = pa.parquet.ParquetFile(path)
        schema, row_count = file.schema_arrow, file.metadata.num_rows
        file.close()
    except (pa.ArrowException, OSError, UnicodeDecodeError, OverflowError) as error:
        log.add("parquet_unreadable", f"not a readable Parquet file: {_short(error)}", path.name)
        return None
    header = read_header(list(schema.names), table, path.name, None, log)
    if row_count * max(1, len(schema.names)) > cells_max or row_count < 0:
        message = f"says it holds {row_count} rows of {len(schema.names)} columns, beyond {cells_max} cells"
        log.add("too_large", message, path.name)
        return None
    if header is None:
        return None
    before = log.errors_in(path.name)
    for column, given in header.columns():
        _check_type(pa, schema.field(given).type, column, given, path.name, log)
    return ParquetTable(path, header, row_count, log) if log.errors_in(path.name) == before else None


def _check_type(pa: ModuleType, kind: Any, column: Column, given: str, file: str, log: ProblemLog) -> None:
    types = pa.types
    if types.is_dictionary(kind):
        kind = kind.value_type
    if types.is_string(kind) or types.is_large_string(kind):
        return
    if types.is_null(kind) or (column.kind == "flag" and types.is_boolean(kind)):
        return
    if types.is_floating(kind) and column.kind == "amount":
        message = f"holds floats ({kind}), which are not exact: write decimals, whole numbers or text"
        log.add("float_amount", message, file, column=given)
    elif column.kind in ("amount", "integer") and types.is_integer(kind):
        return
    elif column.kind == "amount" and types.is_decimal(kind):
        if given != column.name and kind.scale != 0:
            message = f"holds {kind}: raw amounts are whole numbers, so its scale must be 0"
            log.add("wrong_type", message, file, column=given)
    elif column.kind == "time" and types.is_timestamp(kind):
        if kind.tz not in ("UTC", "Z", "+00:00", "Etc/UTC"):
            message = f"holds {kind}: expected timestamps in UTC, and said to be so"
            log.add("timestamp_invalid", message, file, column=given)
    else:
        log.add("wrong_type", f"holds {kind}, expected {_EXPECTED[column.kind]}", file, column=given)


_EXPECTED = {
    "id": "text",
    "choice": "text",
    "flag": "booleans or text",
    "amount": "decimals, whole numbers or text",
    "integer": "whole numbers or text",
    "time": "timestamps in UTC or text",
}


@dataclass(frozen=True, slots=True)
class ParquetTable:
    """An opened Parquet file; see `TableFile`."""

    path: Path
    header: Header
    row_count: int
    log: ProblemLog

    @property
    def name(self) -> str:
        """File name for messages."""
        return self.path.name

    def batches(self) -> Iterator[Batch]:
        """Yield the rows; reading stops with a problem where the file is damaged."""
        pa = arrow()
        seen = 0
        try:
            ids = {column.name: self._whole(pa, given) for column, given in self._id_columns(pa)}
            for count, cells in self._slices(pa, frozenset(ids)):
                if seen + count > self.row_count:
                    raise pa.ArrowInvalid(f"it holds more rows than the {self.row_count} it says")
                rows = np.arange(seen + 1, seen + count + 1, dtype=np.int64)
                for name, texts in ids.items():
                    cells[name] = Texts(texts.values, texts.codes[seen : seen + count])  # type: ignore[index]  # _whole gives codes
                yield Batch(rows, cells, self.header.raw)
                seen += count
            if seen != self.row_count:
                raise pa.ArrowInvalid(f"it holds {seen} rows and says {self.row_count}")
        except UnicodeDecodeError:
            self.log.add("not_utf8", f"a text after row {seen} is not UTF-8", self.name)
        except (pa.ArrowException, OSError, OverflowError) as error:
            self.log.add("parquet_unreadable", f"damaged after row {seen}: {_short(error)}", self.name)
        pa.default_memory_pool().release_unused()

    def _id_columns(self, pa: ModuleType) -> Iterator[tuple[Column, str]]:
        with pa.parquet.ParquetFile(self.path) as file:
            schema = file.schema_arrow
        for column, given in self.header.columns():
            if column.kind in ("id", "choice") and not pa.types.is_null(schema.field(given).type):
                yield column, given

    def _whole(self, pa: ModuleType, given: str) -> Texts:
        # Ids repeat: one dictionary for the whole file, so that each is looked at once. Read as
        # dictionaries, a long text repeated a million times is held once, too.
        with pa.parquet.ParquetFile(self.path, read_dictionary=[given], buffer_size=_BUFFER_BYTES) as file:
            groups = [
                file.read_row_group(group, [given], use_threads=False) for group in range(file.num_row_groups)
            ]
        chunks = [_dictionary(chunk) for group in groups for chunk in group.column(0).chunks]
        column = pa.chunked_array(chunks, pa.dictionary(pa.int32(), pa.string()))
        if len(column) != self.row_count:
            raise pa.ArrowInvalid(f"{given} holds {len(column)} rows, and the file says {self.row_count}")
        del groups, chunks
        whole = column.unify_dictionaries().combine_chunks()
        del column
        return _texts(pa, whole)

    def _slices(self, pa: ModuleType, without: frozenset[str]) -> Iterator[tuple[int, dict[str, Cells]]]:
        # (rows, cells) of the columns that are not ids; the number of rows alone where there are none.
        others = [(column, given) for column, given in self.header.columns() if column.name not in without]
        if not others:
            for start in range(0, self.row_count, _BATCH_ROWS):
                yield min(_BATCH_ROWS, self.row_count - start), {}
            return
        names = [given for _, given in others]
        with pa.parquet.ParquetFile(self.path, buffer_size=_BUFFER_BYTES) as file:
            for group in range(file.num_row_groups):  # one at a time: read ahead, they would all be held
                for record in file.iter_batches(_BATCH_ROWS, [group], names, use_threads=False):
                    cells = {column.name: _cell(pa, record.column(given)) for column, given in others}
                    yield record.num_rows, cells


def _dictionary(array: Any) -> Any:
    pa = arrow()
    if pa.types.is_dictionary(array.type):
        array.validate(full=True)  # a damaged file can point beyond its dictionary
    else:
        array = array.dictionary_encode()
    return array.cast(pa.dictionary(pa.int32(), pa.string()))


def _texts(pa: ModuleType, array: Any) -> Texts:
    codes = array.indices.fill_null(-1).to_numpy(zero_copy_only=False)
    return Texts([value or "" for value in array.dictionary.to_pylist()], codes)


def _is_text(pa: ModuleType, kind: Any) -> bool:
    return bool(pa.types.is_string(kind) or pa.types.is_large_string(kind))


def _cell(pa: ModuleType, array: Any) -> Cells:
    types = pa.types
    if types.is_null(array.type):
        return Texts([], np.full(len(array), -1, dtype=np.int32))
    if _is_text(pa, array.type) or types.is_dictionary(array.type):
        return _texts(pa, _dictionary(array))
    if types.is_decimal256(array.type):
        return Texts(_spelled(array, lambda value: format(value, "f")))
    return Typed(array)


def _spelled(array: Any, spell: Callable[[Any], str]) -> list[str]:
    return ["" if value is None else spell(value) for value in array.to_pylist()]


def texts_of(cells: Cells) -> Texts:
    """Return cells as the text a CSV would hold, for tables read row by row."""
    if isinstance(cells, Texts):
        return cells
    types = arrow().types
    kind = cells.array.type
    if types.is_boolean(kind):
        return Texts(_spelled(cells.array, lambda value: "true" if value else "false"))
    if types.is_decimal(kind):
        return Texts(_spelled(cells.array, lambda value: format(value, "f")))
    if types.is_timestamp(kind):
        return Texts(_spelled(_seconds(cells.array), format_time))
    return Texts(_spelled(cells.array, str))


def _seconds(array: Any) -> Any:
    """Return an Arrow column of timestamps as whole unix seconds, fractions dropped."""
    pa = arrow()
    per_second = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[array.type.unit]
    counts = array.cast(pa.int64())
    return pa.array(
        [None if value is None else value // per_second for value in counts.to_pylist()], pa.int64()
    )


def _short(error: BaseException) -> str:
    return ascii(str(error).splitlines()[0][:120] if str(error) else type(error).__name__)
