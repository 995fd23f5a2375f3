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

import numpy as np

from seawall.adapters.ids import canonical_id, fault_of
from seawall.adapters.problem_log import ProblemLog, shown
from seawall.adapters.snapshot_schema import FORMAT_VERSION, FUNDING_DECIMALS, INDEX_DECIMALS
from seawall.adapters.tables import HEADER_FILE, TERMS_FILE
from seawall.adapters.times import format_time
from seawall.adapters.words import is_negative, negated
from seawall.adapters.write_table import (
    AmountsOut,
    ColumnOut,
    Format,
    IntegersOut,
    TextsOut,
    write_table,
)
from seawall.adapters.write_toml import toml_text
from seawall.core.book import KINDS, LEGS, MODES, MULTIPLIER_DECIMALS, RAY, SIDES, Book, Order
from seawall.core.market import Market
from seawall.core.money import Amounts
from seawall.core.terms import Terms
from seawall.errors import InputError

__all__ = ["write_snapshot"]

_DEBT, _SHORT = SIDES.index("debt"), LEGS.index("short")


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
        ("state", list(book.state)),
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
    (folder / HEADER_FILE).write_text(toml_text(header), encoding="utf-8")
    (folder / TERMS_FILE).write_text(toml_text(_terms_fields(terms)), encoding="utf-8")
    tables = {
        "accounts": _accounts(book),
        "assets": [
            TextsOut("asset", [asset.id for asset in book.assets]),
            IntegersOut("decimals", [asset.decimals for asset in book.assets]),
        ],
        "instruments": _instruments(book, market),
        "balances": _balances(book),
        "positions": _positions(book),
        "orders": _orders(book, market),
        "pools": _pools(book),
        "state": [
            TextsOut("counter", list(book.state)),
            AmountsOut("value", list(book.state.values()), 0),
        ],
        **_market_tables(book, market),
    }
    for name, columns in tables.items():
        write_table(folder, name, columns, form)
    if not len(book):
        # An empty table of accounts says that there are none; no table would say nothing.
        (folder / "accounts.csv").write_text("account\n", encoding="utf-8")


def _terms_fields(terms: Terms) -> dict[str, Any]:
    fields = terms.model_dump(mode="json", exclude_none=True)
    # Shares count only where a rulebook gave them (layers of one rank must then sum to one).
    for layer, given in zip(fields["waterfall"], terms.waterfall, strict=True):
        if "share_bps" not in given.model_fields_set:
            del layer["share_bps"]
    return fields


def _accounts(book: Book) -> list[ColumnOut]:
    columns = book.accounts
    return [
        TextsOut("account", columns.id.tolist()),
        TextsOut("owner", columns.owner.tolist()),
        TextsOut("parent", columns.parent.tolist()),
        TextsOut("kind", KINDS, columns.kind),
        TextsOut("margin_mode", MODES, columns.margin_mode),
        TextsOut(
            "collateral_set",
            [*book.collateral_sets, ""],
            columns.collateral_set % (len(book.collateral_sets) + 1),
        ),
    ]


def _instruments(book: Book, market: Market) -> list[ColumnOut]:
    items = book.instruments
    digits = np.array([item.quantity_decimals for item in items], dtype=np.int16)
    return [
        TextsOut("instrument", [item.id for item in items]),
        TextsOut("settle_asset", [item.settle_asset for item in items]),
        TextsOut("kind", [item.kind for item in items]),
        IntegersOut("quantity_decimals", [item.quantity_decimals for item in items]),
        AmountsOut("lot", [item.lot for item in items], digits),
        AmountsOut("tick", [item.tick for item in items], market.mark_decimals),
        AmountsOut("multiplier", [item.multiplier for item in items], MULTIPLIER_DECIMALS),
        TextsOut("pool", [item.pool for item in items]),
        AmountsOut("funding_index", [item.funding_index for item in items], FUNDING_DECIMALS),
    ]


def _balances(book: Book) -> list[ColumnOut]:
    columns = book.balances
    digits = np.array([asset.decimals for asset in book.assets], dtype=np.int16)[columns.asset]
    # Without an index to apply, scaled and amount are one, and the plain word is shown.
    has_index = any((pool.supply_index, pool.debt_index) != (RAY, RAY) for pool in book.pools)
    found: list[ColumnOut] = [
        TextsOut("account", book.accounts.id.tolist(), _holders(columns.start)),
        TextsOut("asset", [asset.id for asset in book.assets], columns.asset),
        TextsOut("side", SIDES, columns.side),
        AmountsOut(
            "scaled" if has_index else "amount",
            Amounts(_sizes(columns.scaled, columns.side == _DEBT, "debt")),
            digits,
        ),
    ]
    if not columns.is_collateral.all():
        found.append(TextsOut("is_collateral", ("false", "true"), columns.is_collateral.astype(np.int8)))
    if columns.principal:
        rows = range(len(columns.asset))
        found.append(AmountsOut("principal", [columns.principal.get(row) for row in rows], digits))
    return found


def _positions(book: Book) -> list[ColumnOut]:
    columns = book.positions
    settle = [book.asset(item.settle_asset).decimals for item in book.instruments]
    found: list[ColumnOut] = [
        TextsOut("account", book.accounts.id.tolist(), _holders(columns.start)),
        TextsOut("instrument", [item.id for item in book.instruments], columns.instrument),
        TextsOut("leg", LEGS, columns.leg),
        AmountsOut(
            "quantity",
            Amounts(_sizes(columns.quantity, columns.leg == _SHORT, "short leg")),
            np.array([item.quantity_decimals for item in book.instruments], dtype=np.int16)[
                columns.instrument
            ],
        ),
        AmountsOut("cost", columns.cost, np.array(settle, dtype=np.int16)[columns.instrument]),
    ]
    if columns.funding_index:
        rows = range(len(columns.instrument))
        values = [columns.funding_index.get(row, 0) for row in rows]
        found.append(AmountsOut("funding_index", values, FUNDING_DECIMALS))
    return found


def _holders(start: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return np.repeat(np.arange(len(start) - 1, dtype=np.int32), np.diff(start))


def _sizes(signed: Amounts, turned: np.ndarray[Any, Any], what: str) -> np.ndarray[Any, Any]:
    # Signed holdings as the positive numbers of a file; the wrong sign would be read as the other side.
    words = negated(signed.words, turned)
    if (is_negative(words) & turned).any():
        raise InputError(
            f"a {what} of this book has the wrong sign: it cannot be written", code="negative_amount"
        )
    return words


def _orders(book: Book, market: Market) -> list[ColumnOut]:
    pairs: list[tuple[str, Order]] = [
        (str(book.accounts.id[row]), order) for row, orders in sorted(book.orders.items()) for order in orders
    ]
    items = [book.instrument(order.instrument) for _, order in pairs]
    digits = np.array([item.quantity_decimals for item in items], dtype=np.int16)
    settle = np.array([book.asset(item.settle_asset).decimals for item in items], dtype=np.int16)
    return [
        TextsOut("account", [account for account, _ in pairs]),
        TextsOut("instrument", [order.instrument for _, order in pairs]),
        TextsOut("side", ["buy" if order.quantity > 0 else "sell" for _, order in pairs]),
        AmountsOut("quantity", [abs(order.quantity) for _, order in pairs], digits),
        AmountsOut("price", [order.price for _, order in pairs], market.mark_decimals),
        AmountsOut("hold", [order.hold for _, order in pairs], settle),
    ]


def _pools(book: Book) -> list[ColumnOut]:
    digits = np.array([book.asset(pool.asset).decimals for pool in book.pools], dtype=np.int16)
    return [
        TextsOut("asset", [pool.asset for pool in book.pools]),
        AmountsOut("supply_index", [pool.supply_index for pool in book.pools], INDEX_DECIMALS),
        AmountsOut("debt_index", [pool.debt_index for pool in book.pools], INDEX_DECIMALS),
        AmountsOut("debt_index_last", [pool.debt_index_last for pool in book.pools], INDEX_DECIMALS),
        AmountsOut("cash", [pool.cash for pool in book.pools], digits),
        AmountsOut("deficit", [pool.deficit for pool in book.pools], digits),
    ]


def _market_tables(book: Book, market: Market) -> dict[str, list[ColumnOut]]:
    prices, marks = list(market.prices.values()), list(market.marks.values())
    levels = [
        (name, side, level)
        for name, depth in market.depth.items()
        for side, found in (("bid", depth.bids), ("ask", depth.asks))
        for level in found
    ]
    digits = np.array([book.instrument(name).quantity_decimals for name, _, _ in levels], dtype=np.int16)
    mark_decimals = market.mark_decimals
    return {
        "prices": [
            TextsOut("asset", list(market.prices)),
            AmountsOut("oracle_price", [price.oracle for price in prices], market.price_decimals),
            AmountsOut("market_price", [price.market for price in prices], market.price_decimals),
        ],
        "set_prices": [
            TextsOut("collateral_set", list(market.set_prices)),
            AmountsOut("oracle_price", list(market.set_prices.values()), market.price_decimals),
        ],
        "marks": [
            TextsOut("instrument", list(market.marks)),
            AmountsOut("mark_price", [mark.mark for mark in marks], mark_decimals),
            AmountsOut("index_price", [mark.index for mark in marks], mark_decimals),
            AmountsOut("oracle_price", [mark.oracle for mark in marks], mark_decimals),
            AmountsOut("previous_mark_price", [mark.previous for mark in marks], mark_decimals),
        ],
        "depth": [
            TextsOut("instrument", [name for name, _, _ in levels]),
            TextsOut("side", [side for _, side, _ in levels]),
            AmountsOut("price", [level.price for _, _, level in levels], mark_decimals),
            AmountsOut("quantity", [level.quantity for _, _, level in levels], digits),
        ],
    }
