"""What is said about a table and its columns; the tables themselves are in `snapshot_schema`."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Column", "Kind", "Sign", "Table"]

Kind = Literal["id", "choice", "flag", "amount", "integer", "time"]
Sign = Literal["any", "not_negative", "positive"]


@dataclass(frozen=True, slots=True)
class Column:
    """One column of a table.

    Attributes:
        kind: `amount` columns are plain decimal strings under `name`, or raw integers
            (counts of the smallest unit) under `name_raw`; a file has one of the two.
        unit: What a value counts.
        decimals: Where the number of decimals of an amount comes from.
        required: Whether a file without this column is refused; its cells must be filled, too,
            unless `may_be_empty`.
        default: What an absent column or an empty cell means; "" is "not known".
        group: Of the columns of one group a file has exactly one.
    """

    name: str
    kind: Kind
    doc: str
    unit: str = ""
    decimals: str = ""
    required: bool = False
    may_be_empty: bool = False
    choices: tuple[str, ...] = ()
    default: str = ""
    sign: Sign = "not_negative"
    minimum: int = 0
    maximum: int = 10**9
    group: str = ""
    is_price: bool = False

    @property
    def raw_name(self) -> str:
        """Name under which the raw integers of an amount stand."""
        return f"{self.name}_raw"

    @property
    def names(self) -> tuple[str, ...]:
        """Every name a file may use for this column."""
        return (self.name, self.raw_name) if self.kind == "amount" else (self.name,)


@dataclass(frozen=True, slots=True)
class Table:
    """One file of a snapshot; `key` columns together name a row."""

    name: str
    doc: str
    columns: tuple[Column, ...]
    key: tuple[str, ...] = ()

    def column(self, name: str) -> Column:
        """Return the column of that name."""
        return next(column for column in self.columns if column.name == name)

    @property
    def groups(self) -> dict[str, tuple[str, ...]]:
        """Names of the columns of each group."""
        found: dict[str, tuple[str, ...]] = {}
        for column in self.columns:
            if column.group:
                found[column.group] = (*found.get(column.group, ()), column.name)
        return found
