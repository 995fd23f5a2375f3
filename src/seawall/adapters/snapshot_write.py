"""Write a snapshot folder that reads back as the same book, market and terms.

The folder appears whole or not at all: everything is written beside it under another name,
which is then changed. The terms are written in full, so that the folder needs no rulebook.
"""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from tempfile import mkdtemp
from typing import Any

from seawall.adapters.ids import canonical_id, fault_of
from seawall.adapters.problem_log import ProblemLog, shown
from seawall.adapters.snapshot_schema import FORMAT_VERSION, table_named
from seawall.adapters.snapshot_tables import book_tables, market_tables
from seawall.adapters.tables import HEADER_FILE, TERMS_FILE
from seawall.adapters.times import format_time, parse_time
from seawall.adapters.write_table import AmountsOut, ColumnOut, Format, write_table
from seawall.adapters.write_toml import toml_text
from seawall.core.book import Book
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.errors import InputError

__all__ = ["write_snapshot"]


def write_snapshot(
    folder: str | PathLike[str],
    book: Book,
    market: Market,
    terms: Terms,
    *,
    format: Format = "csv",
    overwrite: bool = False,
    base_currency: str = "USD",
) -> Path:
    """Write a snapshot folder, whole or not at all.

    Args:
        folder: Where to; its parent must exist.
        book, market, terms: What to write.
        format: Of the tables: "csv" for people, "parquet" for size.
        overwrite: Whether a snapshot that stands there already may be replaced.
        base_currency: What prices of assets are counted in.

    Returns:
        The folder.

    Raises:
        InputError: Something stands there already (`target_exists`), it cannot be written
            (`cannot_write`), or an id cannot be read back (the code says why).
        UnsupportedFeature: Parquet, and the extra `data` is not installed.
    """
    target = Path(folder)
    _check_target(target, overwrite)
    _check_ids(book, market)
    try:
        part = Path(mkdtemp(prefix=f".{target.name}.part-", dir=target.parent))
        try:
            _write(part, book, market, terms, format, base_currency)
            _put_in_place(part, target)
        finally:
            shutil.rmtree(part, ignore_errors=True)
    except OSError as error:
        raise InputError(f"cannot write {target}: {error.strerror or error}", code="cannot_write") from error
    return target


def _check_target(target: Path, overwrite: bool) -> None:
    if not target.exists() and not target.is_symlink():
        return
    if not overwrite:
        raise InputError(f"{target} exists: choose another name, or overwrite", code="target_exists")
    if not (target / HEADER_FILE).is_file() or target.is_symlink():
        message = f"{target} is not a snapshot folder: it will not be overwritten"
        raise InputError(message, code="target_exists")


def _put_in_place(part: Path, target: Path) -> None:
    part.chmod(0o755)
    if not target.exists():
        part.rename(target)
        return
    old = Path(mkdtemp(prefix=f".{target.name}.old-", dir=target.parent))
    target.rename(old / "snapshot")
    try:
        part.rename(target)
    except OSError:
        (old / "snapshot").rename(target)
        raise
    finally:
        shutil.rmtree(old, ignore_errors=True)


def _check_ids(book: Book, market: Market) -> None:
    # What the reader would spell otherwise, or refuse, must not be written.
    log = ProblemLog()
    columns = book.accounts
    everything: tuple[tuple[str, Sequence[str]], ...] = (
        ("accounts", columns.id.tolist()),
        ("accounts", sorted(set(columns.owner.tolist()) | set(columns.parent.tolist()))),
        ("accounts", book.collateral_sets),
        ("assets", [asset.id for asset in book.assets]),
        ("instruments", [item.id for item in book.instruments]),
        ("instruments", [item.pool for item in book.instruments]),
        ("instruments", [item.underlying for item in book.instruments]),
        ("state", list(book.state)),
        (
            "pending",
            [text for item in book.pending for text in (item.id, item.layer, item.account, item.pool)],
        ),
        ("pending_memory", [name for item in book.pending for name in item.memory]),
        ("set_prices", list(market.set_prices)),
    )
    for table, names in everything:
        for name in names:
            if not name and table not in ("state", "assets"):
                continue
            fault = fault_of(name)
            if fault:
                log.add(*fault, table)
            elif canonical_id(name) != name:
                log.add(
                    "id_not_canonical", f"{shown(name)} would be read as {shown(canonical_id(name))}", table
                )
    if log.has_errors:
        raise InputError.of(log.problems())


def _write(folder: Path, book: Book, market: Market, terms: Terms, form: Format, base_currency: str) -> None:
    header = {
        "format_version": FORMAT_VERSION,
        "venue": book.venue or terms.venue,
        "as_of": format_time(book.as_of),
        "prices_as_of": format_time(market.as_of),
        "base_currency": base_currency,
        "price_decimals": market.price_decimals,
        "mark_decimals": market.mark_decimals,
    }
    pending = [format_time(instant) for item in book.pending for instant in (item.opened, item.due)]
    for instant in (header["as_of"], header["prices_as_of"], *pending):
        parse_time(str(instant))  # refuses what the calendar does not hold
    (folder / HEADER_FILE).write_text(toml_text(header), encoding="utf-8")
    (folder / TERMS_FILE).write_text(toml_text(_terms_fields(terms)), encoding="utf-8")
    for name, columns in (book_tables(book, market) | market_tables(book, market)).items():
        _check_signs(name, columns)
        write_table(folder, name, columns, form)
    if not len(book):
        # An empty table of accounts says that there are none; no table would say nothing.
        (folder / "accounts.csv").write_text("account\n", encoding="utf-8")


def _check_signs(name: str, columns: list[ColumnOut]) -> None:
    for column in columns:
        if not isinstance(column, AmountsOut) or table_named(name).column(column.name).sign == "any":
            continue
        if any(value is not None and value < 0 for value in column.values):
            message = f"{column.name} of {name} is negative: the reader would refuse it"
            raise InputError(message, code="negative_amount")


def _terms_fields(terms: Terms) -> dict[str, Any]:
    # Only what the rulebook itself gave: whether a field was given can matter (shares of a rank).
    fields = terms.model_dump(mode="json", exclude_unset=True, exclude_none=True)
    for name, given in terms.instruments.items():
        curve = fields["instruments"][name]["maintenance"]
        fields["instruments"][name]["maintenance"] = {"kind": given.maintenance.kind, **curve}
    return fields
