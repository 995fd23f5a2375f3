"""Which rows of a long table say the same thing twice."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seawall.adapters.cells import Batch, TableFile
from seawall.adapters.problem_log import ProblemLog, shown
from seawall.adapters.stack import Stack
from seawall.core.assemble import repeats

__all__ = ["RowKeys"]


class RowKeys:
    """(account, item, kind) of each row of a long table, with its row number."""

    def __init__(self, file: TableFile) -> None:
        size = file.row_count
        self.account, self.item = Stack(np.int32, size), Stack(np.int32, size)
        self.kind = Stack(np.int8, size)
        # A Parquet file numbers its rows without gaps, so their numbers need not be kept.
        self.row = None if size else Stack(np.int64)

    def append(
        self, batch: Batch, account: NDArray[np.int32], item: NDArray[np.int32], kind: NDArray[np.int8]
    ) -> None:
        """Put the keys of a batch at the end."""
        self.account.append(account)
        self.item.append(item)
        self.kind.append(kind)
        if self.row is not None:
            self.row.append(batch.rows)

    def row_of(self, at: int) -> int:
        """Return the row number, as people count, of the row in place `at`."""
        return at + 1 if self.row is None else int(self.row.done()[at])

    def tell_repeats(
        self, code: str, file: str, log: ProblemLog, names: tuple[Sequence[str], Sequence[str], Sequence[str]]
    ) -> None:
        """Note every row whose key stood in an earlier one, naming both."""
        account, item, kind = self.account.done(), self.item.done(), self.kind.done()
        good = (account >= 0) & (item >= 0) & (kind >= 0)
        key = account.astype(np.int64)
        key *= len(names[1]) + 1
        key += item
        key *= len(names[2]) + 1
        key += kind
        # What could not be read is no repetition of anything: give each such row a key of its own.
        key[~good] = -1 - np.arange(int((~good).sum()))
        for first, again in zip(*(part.tolist() for part in repeats(key)), strict=True):
            what = f"{shown(names[0][account[again]])} {shown(names[1][item[again]])} {names[2][kind[again]]}"
            message = f"{what} stands in row {self.row_of(first)} already: add the two up"
            log.add(code, message, file, self.row_of(again), "account")
