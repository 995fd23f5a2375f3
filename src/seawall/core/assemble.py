"""Building a canonical book from columns in any order, without a row object per account."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seawall.core.book import (
    LEGS,
    SIDES,
    AccountColumns,
    Asset,
    BalanceColumns,
    Book,
    Instrument,
    Order,
    Pool,
    PositionColumns,
    check_unique,
)
from seawall.core.columns import sorted_orders
from seawall.core.money import Amounts
from seawall.errors import InconsistentBook, Problem

__all__ = ["BalanceRows", "PositionRows", "book_of_columns", "repeats"]

_SHOWN = 20


@dataclass(eq=False)
class BalanceRows:
    """Balances in any order, to be taken over by a book.

    Attributes:
        account: Place of the holder among the accounts as given, shape (n,).
        asset: Place of the asset among the assets as given, shape (n,).
        side, is_collateral, scaled, principal, has_principal: As in `BalanceColumns`.
    """

    account: NDArray[np.int32]
    asset: NDArray[np.int32]
    side: NDArray[np.int8]
    is_collateral: NDArray[np.bool_]
    scaled: Amounts
    principal: Amounts | None = None
    has_principal: NDArray[np.bool_] | None = None

    @classmethod
    def none(cls) -> BalanceRows:
        """Return no balances."""
        nobody, small = np.zeros(0, dtype=np.int32), np.zeros(0, dtype=np.int8)
        return cls(nobody, nobody, small, small.astype(bool), Amounts.zeros(0))


@dataclass(eq=False)
class PositionRows:
    """Positions in any order, to be taken over by a book.

    Attributes:
        account: Place of the holder among the accounts as given, shape (n,).
        instrument: Place of the instrument among the instruments as given, shape (n,).
        leg, quantity, cost, funding_index: As in `PositionColumns`.
    """

    account: NDArray[np.int32]
    instrument: NDArray[np.int32]
    leg: NDArray[np.int8]
    quantity: Amounts
    cost: Amounts
    funding_index: Amounts | None = None

    @classmethod
    def none(cls) -> PositionRows:
        """Return no positions."""
        nobody = np.zeros(0, dtype=np.int32)
        return cls(nobody, nobody, np.zeros(0, dtype=np.int8), Amounts.zeros(0), Amounts.zeros(0))


def book_of_columns(
    accounts: AccountColumns,
    *,
    assets: Sequence[Asset],
    instruments: Sequence[Instrument] = (),
    pools: Iterable[Pool] = (),
    collateral_sets: Sequence[str] = (),
    balances: BalanceRows | None = None,
    positions: PositionRows | None = None,
    orders: Iterable[tuple[int, Order]] = (),
    venue: str = "",
    as_of: int = 0,
    state: Mapping[str, int] | None = None,
) -> Book:
    """Build a canonical book from columns; the same book as `Book.of` builds from the same rows.

    Nothing is sorted that stands in order already.

    Args:
        accounts: Identities in any order; `collateral_set` counts in `collateral_sets`, -1 is none.
        assets, instruments, pools, collateral_sets: In any order.
        balances, positions: In any order, by place. They are taken over, so that a long column
            is never held twice: do not use them again.
        orders: Pairs of an account's place and an order.
        venue, as_of, state: As in `Book`.

    Raises:
        InconsistentBook: Duplicate ids or rows, unknown settle assets; with all of the first kind found.
    """
    asset_place = _sorted_places([asset.id for asset in assets], "asset")
    instrument_place = _sorted_places([item.id for item in instruments], "instrument")
    order = _order_of_ids(accounts.id)
    place = np.empty(len(accounts), dtype=np.int32)
    place[order] = np.arange(len(accounts), dtype=np.int32)
    sets, set_codes = _used_sets(accounts.collateral_set, collateral_sets)
    book = Book(
        venue=venue,
        as_of=as_of,
        assets=tuple(sorted(assets, key=lambda asset: asset.id)),
        instruments=tuple(sorted(instruments, key=lambda item: item.id)),
        pools=tuple(sorted(pools, key=lambda pool: pool.asset)),
        collateral_sets=sets,
        accounts=AccountColumns(
            id=accounts.id[order],
            owner=accounts.owner[order],
            parent=accounts.parent[order],
            kind=accounts.kind[order],
            margin_mode=accounts.margin_mode[order],
            collateral_set=set_codes[order],
        ),
        balances=_balances(balances or BalanceRows.none(), place, asset_place, accounts, assets),
        positions=_positions(
            positions or PositionRows.none(), place, instrument_place, accounts, instruments
        ),
        orders=_orders(orders, place),
        state=dict(sorted((state or {}).items())),
    )
    problems = book.check()
    if problems:
        raise InconsistentBook.of(problems)
    return book


def repeats(key: NDArray[np.int64]) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """Return (first, again): each row whose key occurred before, and the nearest earlier one of that key."""
    nothing = np.zeros(0, dtype=np.intp)
    if _is_rising(key) or _is_rising(np.sort(key)):
        return nothing, nothing
    order = np.argsort(key, kind="stable")
    same = np.flatnonzero(key[order[1:]] == key[order[:-1]])
    return order[same], order[same + 1]


def _is_rising(key: NDArray[np.int64]) -> bool:
    return bool((key[1:] > key[:-1]).all())


def _sorted_places(names: Sequence[str], what: str) -> NDArray[np.int32]:
    # Where each name stands once all are sorted.
    check_unique(names, what)
    place = np.empty(len(names), dtype=np.int32)
    place[sorted(range(len(names)), key=names.__getitem__)] = np.arange(len(names))
    return place


def _order_of_ids(ids: NDArray[np.object_]) -> NDArray[np.intp]:
    if len(ids) == 0 or bool((ids[1:] > ids[:-1]).all()):
        return np.arange(len(ids))
    # Python's own sort compares plain strings several times faster than NumPy does objects.
    order = np.array(sorted(range(len(ids)), key=ids.tolist().__getitem__), dtype=np.intp)
    if (ids[order[1:]] == ids[order[:-1]]).any():
        check_unique(ids.tolist(), "account")
    return order


def _used_sets(codes: NDArray[np.int32], names: Sequence[str]) -> tuple[tuple[str, ...], NDArray[np.int32]]:
    used = np.unique(codes[codes >= 0]).tolist()
    kept = tuple(sorted({names[code] for code in used}))
    recoded = np.full(len(names) + 1, -1, dtype=np.int32)
    for code in used:
        recoded[code] = kept.index(names[code])
    return kept, recoded[codes]


@dataclass(eq=False)
class _RowOrder:
    # The order of rows by (account, item, kind): `key` holds all three, in that order.
    key: NDArray[np.int64]
    order: NDArray[np.intp] | slice
    items: int
    kinds: int

    @classmethod
    def of(
        cls, owner: NDArray[np.int32], item: NDArray[np.int32], kind: NDArray[np.int8], items: int, kinds: int
    ) -> _RowOrder:
        key = owner.astype(np.int64)
        key *= items
        key += item
        key *= kinds
        key += kind
        if _is_rising(key):
            return cls(key, slice(None), items, kinds)
        order = np.argsort(key, kind="stable")
        return cls(key[order], order, items, kinds)

    def repeated(self) -> list[int]:
        # Rows, as given, whose key is that of an earlier one.
        if isinstance(self.order, slice):
            return []
        found: list[int] = self.order[1:][self.key[1:] == self.key[:-1]].tolist()
        return found

    def columns(self, accounts: int) -> tuple[NDArray[np.int64], NDArray[np.int32], NDArray[np.int8]]:
        # (start, item, kind) read off the key, which is used up.
        start = np.searchsorted(self.key, np.arange(accounts + 1) * (self.items * self.kinds))
        kind = (self.key % max(1, self.kinds)).astype(np.int8)
        self.key //= max(1, self.kinds)
        self.key %= max(1, self.items)
        item = self.key.astype(np.int32)
        self.key = self.key[:0]
        return start.astype(np.int64), item, kind


def _balances(
    rows: BalanceRows,
    place: NDArray[np.int32],
    asset_place: NDArray[np.int32],
    accounts: AccountColumns,
    assets: Sequence[Asset],
) -> BalanceColumns:
    found = _RowOrder.of(place[rows.account], asset_place[rows.asset], rows.side, len(assets), len(SIDES))
    if repeated := found.repeated():
        raise InconsistentBook.of(
            Problem(
                "duplicate_balance",
                f"account {accounts.id[rows.account[at]]} has two {SIDES[rows.side[at]]} rows of "
                f"{assets[rows.asset[at]].id}",
            )
            for at in repeated[:_SHOWN]
        )
    rows.account = rows.asset = rows.account[:0]
    start, asset, side = found.columns(len(place))
    return BalanceColumns(
        start=start,
        asset=asset,
        side=side,
        is_collateral=rows.is_collateral[found.order],
        scaled=rows.scaled.take(found.order),
        principal=None if rows.principal is None else rows.principal.take(found.order),
        has_principal=None if rows.has_principal is None else rows.has_principal[found.order],
    )


def _positions(
    rows: PositionRows,
    place: NDArray[np.int32],
    instrument_place: NDArray[np.int32],
    accounts: AccountColumns,
    instruments: Sequence[Instrument],
) -> PositionColumns:
    found = _RowOrder.of(
        place[rows.account], instrument_place[rows.instrument], rows.leg, len(instruments), len(LEGS)
    )
    if repeated := found.repeated():
        raise InconsistentBook.of(
            Problem(
                "duplicate_position",
                f"account {accounts.id[rows.account[at]]} has two {LEGS[rows.leg[at]]} rows of "
                f"{instruments[rows.instrument[at]].id}",
            )
            for at in repeated[:_SHOWN]
        )
    rows.account = rows.instrument = rows.account[:0]
    start, instrument, leg = found.columns(len(place))
    rows.quantity = rows.quantity.take(found.order)
    rows.cost = rows.cost.take(found.order)
    return PositionColumns(
        start=start,
        instrument=instrument,
        leg=leg,
        quantity=rows.quantity,
        cost=rows.cost,
        funding_index=None if rows.funding_index is None else rows.funding_index.take(found.order),
    )


def _orders(orders: Iterable[tuple[int, Order]], place: NDArray[np.int32]) -> dict[int, tuple[Order, ...]]:
    by_row: dict[int, list[Order]] = {}
    for account, order in orders:
        by_row.setdefault(int(place[account]), []).append(order)
    return {row: sorted_orders(found) for row, found in sorted(by_row.items())}
