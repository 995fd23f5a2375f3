"""A book and a market as the columns of a snapshot's tables: signs turned into sides, codes into ids."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.adapters.snapshot_schema import FUNDING_DECIMALS, INDEX_DECIMALS, VOL_DECIMALS
from seawall.adapters.times import format_time
from seawall.adapters.words import is_negative, negated
from seawall.adapters.write_table import AmountsOut, ColumnOut, IntegersOut, TextsOut
from seawall.core.book import KINDS, LEGS, MODES, MULTIPLIER_DECIMALS, RAY, SIDES, Book, Instrument, Order
from seawall.core.market import Mark, Market
from seawall.core.money import Amounts
from seawall.errors import InputError

__all__ = ["book_tables", "market_tables"]

_CASH, _DEBT, _FUND = SIDES.index("cash"), SIDES.index("debt"), KINDS.index("fund")
_NET, _SHORT = LEGS.index("net"), LEGS.index("short")


def book_tables(book: Book, market: Market) -> dict[str, list[ColumnOut]]:
    """Return the columns of every table that a book fills, by table.

    Raises:
        InputError: A debt or a short leg has the wrong sign (`negative_amount`).
    """
    return {
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
        **_pending(book),
    }


def market_tables(book: Book, market: Market) -> dict[str, list[ColumnOut]]:
    """Return the columns of every table that a market fills, by table."""
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
            *_option_marks(marks, mark_decimals),
        ],
        "depth": [
            TextsOut("instrument", [name for name, _, _ in levels]),
            TextsOut("side", [side for _, side, _ in levels]),
            AmountsOut("price", [level.price for _, _, level in levels], mark_decimals),
            AmountsOut("quantity", [level.quantity for _, _, level in levels], digits),
        ],
    }


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
        *_options(items, market.mark_decimals),
    ]


def _options(items: Sequence[Instrument], mark_decimals: int) -> list[ColumnOut]:
    # Columns that no instrument fills are left away.
    options = [item.option for item in items]
    found: list[ColumnOut] = []
    if any(item.underlying for item in items):
        found.append(TextsOut("underlying", [item.underlying for item in items]))
    if any(options):
        found += [
            TextsOut("right", [option.right if option else "" for option in options]),
            AmountsOut("strike", [option.strike if option else None for option in options], mark_decimals),
            TextsOut("expires", [format_time(option.expires) if option else "" for option in options]),
            TextsOut("in_coin", ["true" if option and option.in_coin else "" for option in options]),
        ]
    return found


def _option_marks(marks: Sequence[Mark], mark_decimals: int) -> list[ColumnOut]:
    if not any(mark.forward is not None or mark.vol is not None for mark in marks):
        return []
    return [
        AmountsOut("forward_price", [mark.forward for mark in marks], mark_decimals),
        AmountsOut("implied_vol", [mark.vol for mark in marks], VOL_DECIMALS),
    ]


def _balances(book: Book) -> list[ColumnOut]:
    columns = book.balances
    digits = np.array([asset.decimals for asset in book.assets], dtype=np.int16)[columns.asset]
    # Without an index to apply, scaled and amount are one, and the plain word is shown.
    has_index = any((pool.supply_index, pool.debt_index) != (RAY, RAY) for pool in book.pools)
    holders = _holders(columns.start)
    # Only cash may be below zero, and not that of a fund.
    positive = (columns.side != _CASH) | (book.accounts.kind[holders] == _FUND)
    sizes = _sizes(columns.scaled, columns.side == _DEBT, positive, "debt, supply or fund")
    found: list[ColumnOut] = [
        TextsOut("account", book.accounts.id.tolist(), holders),
        TextsOut("asset", [asset.id for asset in book.assets], columns.asset),
        TextsOut("side", SIDES, columns.side),
        AmountsOut("scaled" if has_index else "amount", sizes, digits),
    ]
    if not columns.is_collateral.all():
        found.append(TextsOut("is_collateral", ("false", "true"), columns.is_collateral.astype(np.int8)))
    if columns.principal is not None and columns.has_principal is not None:
        pairs = zip(columns.principal, columns.has_principal.tolist(), strict=True)
        found.append(AmountsOut("principal", [value if known else None for value, known in pairs], digits))
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
            _sizes(columns.quantity, columns.leg == _SHORT, columns.leg != _NET, "hedged leg"),
            np.array([item.quantity_decimals for item in book.instruments], dtype=np.int16)[
                columns.instrument
            ],
        ),
        AmountsOut("cost", columns.cost, np.array(settle, dtype=np.int16)[columns.instrument]),
    ]
    if columns.funding_index is not None:
        found.append(AmountsOut("funding_index", columns.funding_index, FUNDING_DECIMALS))
    return found


def _holders(start: NDArray[Any]) -> NDArray[Any]:
    return np.repeat(np.arange(len(start) - 1, dtype=np.int32), np.diff(start))


def _sizes(signed: Amounts, turned: NDArray[Any], positive: NDArray[Any], what: str) -> Amounts:
    # Signed holdings as the positive numbers of a file; the wrong sign would be read as the other side.
    words = negated(signed.words, turned)
    if (is_negative(words) & positive).any():
        raise InputError(
            f"a {what} of this book has the wrong sign: it cannot be written", code="negative_amount"
        )
    return Amounts(words)


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


def _pending(book: Book) -> dict[str, list[ColumnOut]]:
    items = book.pending
    digits = np.array([book.asset(item.asset).decimals for item in items], dtype=np.int16)
    memory = [(item.id, name, value) for item in items for name, value in sorted(item.memory.items())]
    return {
        "pending": [
            TextsOut("pending", [item.id for item in items]),
            TextsOut("layer", [item.layer for item in items]),
            TextsOut("kind", [item.kind for item in items]),
            TextsOut("account", [item.account for item in items]),
            TextsOut("asset", [item.asset for item in items]),
            AmountsOut("amount", [item.amount for item in items], digits),
            TextsOut("opened", [format_time(item.opened) for item in items]),
            TextsOut("due", [format_time(item.due) for item in items]),
            TextsOut("pool", [item.pool for item in items]),
        ],
        "pending_memory": [
            TextsOut("pending", [name for name, _, _ in memory]),
            TextsOut("name", [name for _, name, _ in memory]),
            AmountsOut("value", [value for _, _, value in memory], 0),
        ],
    }
