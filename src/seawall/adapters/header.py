"""Which columns a file has: unknown, missing, doubled and rival ones, all told at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from difflib import get_close_matches

from seawall.adapters.cells import Header
from seawall.adapters.columns import Table
from seawall.adapters.problem_log import ProblemLog, shown

__all__ = ["read_header"]


def read_header(
    names: Sequence[str], table: Table, file: str, row: int | None, log: ProblemLog
) -> Header | None:
    """Match the column names of a file with those of its table; None when it cannot be read.

    Args:
        names: Column names in file order.
        table: What the file should be.
        file, row: Where the names stand.
        log: Takes every problem.
    """
    before = log.errors_in(file)
    known = {given: column.name for column in table.columns for given in column.names}
    for name, count in Counter(names).items():
        if count > 1:
            log.add("duplicate_column", f"column {shown(name)} stands {count} times", file, row, name[:40])
        if name not in known:
            log.add(
                "unknown_column",
                f"{table.name} has no column {shown(name)}{_hint(name, known, names)}",
                file,
                row,
            )
    found: dict[str, str] = {}
    for name in names:
        column = known.get(name)
        if column is None:
            continue
        if found.setdefault(column, name) != name:
            log.add("two_columns", f"{found[column]} and {name} say the same: keep one", file, row, column)
    _check_presence(table, found, file, row, log)
    return Header(table, found) if log.errors_in(file) == before else None


def _check_presence(table: Table, found: dict[str, str], file: str, row: int | None, log: ProblemLog) -> None:
    for column in table.columns:
        if column.required and column.name not in found:
            wanted = " or ".join(column.names)
            log.add(
                "missing_column",
                f"{table.name} needs a column {wanted}: {column.doc}",
                file,
                row,
                column.name,
            )
    for members in table.groups.values():
        given = [found[name] for name in members if name in found]
        wanted = ", ".join(name for member in members for name in table.column(member).names)
        if not given:
            log.add("missing_column", f"{table.name} needs one of {wanted}", file, row, members[0])
        elif len(given) > 1:
            log.add(
                "two_columns",
                f"{' and '.join(given)} are rivals: keep one of {wanted}",
                file,
                row,
                members[0],
            )


def _hint(name: str, known: dict[str, str], names: Sequence[str]) -> str:
    if len(names) == 1 and any(mark in name for mark in ";\t|"):
        return ": separate columns by commas"
    close = get_close_matches(name.strip().lower()[:80], known, n=1)
    return f": did you mean {close[0]!r}?" if close else f"; it has {', '.join(known)}"
