"""Columns of cells into columns of values, every bad cell noted with its place.

A cell that cannot be read leaves a placeholder (code -1, zero); whoever reads a table looks
at the log before using what came out.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.adapters.cells import Batch, Cells, Texts, Typed
from seawall.adapters.columns import Column, Table
from seawall.adapters.ids import INVALID, MISSING, UNKNOWN, Vocabulary, canonical_id, closest, fault_of
from seawall.adapters.problem_log import ProblemLog, shown
from seawall.adapters.words import Words, divided, is_negative, multiplied, out_of_range
from seawall.core.money import Amounts, format_decimal, parse_decimal
from seawall.errors import InputError

__all__ = ["Decoder", "parse_whole"]

FLAGS = {"true": True, "false": False, "1": True, "0": False}
_WHOLE = re.compile(r"[+-]?\d{1,80}", re.ASCII)


def parse_whole(text: str) -> int:
    """Read a whole number, written without point or exponent.

    Raises:
        InputError: It is not one (`not_an_integer`), or beyond 10**38 (`amount_range`).
    """
    if _WHOLE.fullmatch(text) is None:
        try:
            parse_decimal(text, 36)
        except InputError as error:
            if error.code in ("not_finite", "not_a_number"):
                raise
        raise InputError(f"expected a whole number, got {shown(text)}", code="not_an_integer")
    return parse_decimal(text, 0)


class Decoder:
    """Reads the columns of one table; `batch` is the slice being read."""

    def __init__(self, table: Table, file: str, log: ProblemLog) -> None:
        self.table, self.file, self.log = table, file, log
        self._memo: dict[str, tuple[Sequence[str], NDArray[Any]]] = {}

    def once(
        self, name: str, values: Sequence[str], look_at: Callable[[Sequence[str]], NDArray[Any]]
    ) -> NDArray[Any]:
        """Return what `look_at` makes of the values, looked at once as long as they stay the same ones.

        The batches of a Parquet file share one dictionary of ids.
        """
        held = self._memo.get(name)
        if held is None or held[0] is not values:
            held = self._memo[name] = (values, look_at(values))
        return held[1]

    def ids(self, batch: Batch, name: str, known: Vocabulary, *, unknown: str = "") -> NDArray[np.int32]:
        """Return the number of each id in `known`, negative where there is none.

        Args:
            unknown: Code of the problem when `known` is closed and the id is not in it.
        """
        column = self.table.column(name)
        cells = self._texts(batch, column)
        per_value = self.once(name, cells.values, known.codes)
        codes: NDArray[np.int32] = cells.spread(per_value, MISSING)
        wanted = codes < 0 if column.required else codes < MISSING
        for at in np.flatnonzero(wanted).tolist():
            self._explain_id(column, batch, at, cells[at], int(codes[at]), known, unknown)
        return codes

    def choices(self, batch: Batch, name: str) -> NDArray[np.int8]:
        """Return the number of each choice in the order declared, -1 where there is none."""
        column = self.table.column(name)
        cells = self._texts(batch, column)
        number = {choice: code for code, choice in enumerate(column.choices)}
        fallback = number.get(column.default, MISSING)
        per_value = self.once(
            name,
            cells.values,
            lambda values: np.array(
                [number.get(text, INVALID) if text else fallback for text in values], dtype=np.int8
            ),
        )
        codes: NDArray[np.int8] = cells.spread(per_value, fallback)
        for at in np.flatnonzero(codes < 0).tolist():
            message = f"expected one of {', '.join(column.choices)}, got {shown(cells[at])}"
            code = "choice_invalid" if cells[at] else "missing_value"
            self.log.add(code, message, self.file, int(batch.rows[at]), name)
        return codes

    def flags(self, batch: Batch, name: str) -> NDArray[np.bool_]:
        """Return true or false for each row."""
        column = self.table.column(name)
        fallback = column.default == "true"
        found = batch.cells.get(name)
        if isinstance(found, Typed):
            values: NDArray[np.bool_] = found.array.fill_null(fallback).to_numpy(zero_copy_only=False)
            return values
        cells = self._texts(batch, column)
        per_value = np.array(
            [FLAGS.get(text.lower(), 2) if text else fallback for text in cells.values], dtype=np.int8
        )
        codes = cells.spread(per_value, int(fallback))
        for at in np.flatnonzero(codes == 2).tolist():
            message = f"expected true or false, got {shown(cells[at])}"
            self.log.add("flag_invalid", message, self.file, int(batch.rows[at]), name)
        said: NDArray[np.bool_] = codes == 1
        return said

    def amounts(
        self, batch: Batch, name: str, decimals: NDArray[np.int16]
    ) -> tuple[Words, NDArray[np.bool_]]:
        """Return amounts in smallest units, and which rows have one.

        Args:
            decimals: Decimals of each row, shape (len(batch),); a row where they are negative (unknown)
                is passed over.
        """
        column = self.table.column(name)
        given = column.raw_name if name in batch.raw else name
        cells = batch.cells.get(name, Texts([], np.full(len(batch), -1, dtype=np.int32)))
        places = np.where(decimals < 0, decimals, 0).astype(np.int16) if name in batch.raw else decimals
        if isinstance(cells, Typed):
            words, valid = self._typed_amounts(batch, given, cells, places)
        else:
            words, valid = self._text_amounts(batch, given, cells, places, is_raw=name in batch.raw)
        if column.required or column.group:
            for at in np.flatnonzero(_empty(cells) & (decimals >= 0)).tolist():
                self.log.add(
                    "missing_value", f"is empty: {column.doc}", self.file, int(batch.rows[at]), given
                )
        self._check_sign(column, given, batch, words, valid)
        return words, valid

    def _typed_amounts(
        self, batch: Batch, given: str, cells: Typed, decimals: NDArray[np.int16]
    ) -> tuple[Words, NDArray[np.bool_]]:
        words, scale, valid = exact_words(cells)
        valid = valid & (decimals >= 0)
        bad = out_of_range(words) & valid
        self._report(batch, given, bad, words, scale, "amount_range", "is 10^38 units or more")
        for places in np.unique(decimals[valid]).tolist():
            rows = np.flatnonzero(valid & ~bad & (decimals == places))
            if places == scale or not len(rows):
                continue
            part, code, why = words[rows], "amount_range", "is 10^38 units or more"
            if places > scale:
                faulty = out_of_range(part, places - scale)
                part = multiplied(part, places - scale)
            else:
                code, why = "precision_loss", f"has more than {places} decimals: it would have to be rounded"
                part, faulty = divided(part, scale - places)
            at_fault = np.zeros(len(words), dtype=bool)
            at_fault[rows[faulty]] = True
            self._report(batch, given, at_fault, words, scale, code, why)
            bad |= at_fault
            words = words if words.flags.writeable else words.copy()
            words[rows] = part
        words = words if words.flags.writeable or not (bad | ~valid).any() else words.copy()
        if (bad | ~valid).any():
            words[bad | ~valid] = 0
        return words, valid & ~bad

    def _text_amounts(
        self, batch: Batch, given: str, cells: Texts, decimals: NDArray[np.int16], *, is_raw: bool
    ) -> tuple[Words, NDArray[np.bool_]]:
        values, valid = [0] * len(cells), np.zeros(len(cells), dtype=bool)
        for at, (text, places) in enumerate(zip(cells, decimals.tolist(), strict=True)):
            if not text or places < 0:
                continue
            try:
                values[at] = parse_whole(text) if is_raw else parse_decimal(text, places)
                valid[at] = True
            except InputError as error:
                self.log.add(error.code, str(error), self.file, int(batch.rows[at]), given)
        return Amounts.of(values).words, valid

    def _check_sign(
        self, column: Column, given: str, batch: Batch, words: Words, valid: NDArray[np.bool_]
    ) -> None:
        if column.sign == "any":
            return
        code = "price_negative" if column.is_price else "negative_amount"
        below = is_negative(words) & valid
        self._report(batch, given, below, words, 0, code, "is negative: give a positive number", exact=False)

    def _report(
        self,
        batch: Batch,
        given: str,
        faulty: NDArray[np.bool_],
        words: Words,
        scale: int,
        code: str,
        why: str,
        *,
        exact: bool = True,
    ) -> None:
        for at in np.flatnonzero(faulty).tolist():
            text = ""
            if exact and not self.log.is_full(code, self.file):
                text = f"{format_decimal(Amounts(words.view())[at], scale)} "
            self.log.add(code, f"{text}{why}", self.file, int(batch.rows[at]), given)

    def _texts(self, batch: Batch, column: Column) -> Texts:
        found = batch.cells.get(column.name)
        if found is None:
            return Texts([], np.full(len(batch), -1, dtype=np.int32))
        assert isinstance(found, Texts)  # the types of a Parquet file were checked when it was opened
        return found

    def _explain_id(
        self, column: Column, batch: Batch, at: int, text: str, code: int, known: Vocabulary, unknown: str
    ) -> None:
        row, name = int(batch.rows[at]), canonical_id(text)
        if code == UNKNOWN:
            near = "" if self.log.is_full(unknown, self.file) else closest(name, known.names)
            self.log.add(unknown, f"unknown {column.name} {shown(name)}{near}", self.file, row, column.name)
            return
        problem, message = fault_of(name) or ("missing_value", "is empty: give an id")
        self.log.add(problem, message, self.file, row, column.name)


def exact_words(cells: Typed) -> tuple[Words, int, NDArray[np.bool_]]:
    """Return an Arrow column of whole numbers or decimals as (words, scale, which rows have a value)."""
    array = cells.array
    valid = array.is_valid().to_numpy(zero_copy_only=False)
    kind = str(array.type)
    if kind.startswith("decimal128"):
        raw = np.frombuffer(array.buffers()[1], dtype=np.uint64).reshape(-1, 2)
        return raw[array.offset : array.offset + len(array)], array.type.scale, valid
    if kind.startswith("decimal"):
        array = array.cast(_wide_decimal(array.type.scale))
        return exact_words(Typed(array))
    numbers = array.fill_null(0).to_numpy(zero_copy_only=False)
    if numbers.dtype == np.uint64:
        return np.stack([numbers, np.zeros_like(numbers)], axis=1), 0, valid
    return Amounts.of_int64(numbers.astype(np.int64)).words, 0, valid


def _wide_decimal(scale: int) -> object:
    from seawall.adapters.parquet_table import arrow

    return arrow().decimal128(38, scale)


def _empty(cells: Cells) -> NDArray[np.bool_]:
    if isinstance(cells, Typed):
        absent: NDArray[np.bool_] = cells.array.is_null().to_numpy(zero_copy_only=False)
        return absent
    per_value = np.array([not text for text in cells.values], dtype=bool)
    blank: NDArray[np.bool_] = cells.spread(per_value, True)
    return blank
