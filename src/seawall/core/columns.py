"""Building canonical books: from rows, from columns, and from a book with some rows replaced."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from seawall.core.book import (
    KINDS,
    LEGS,
    MODES,
    SIDES,
    Account,
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
from seawall.core.money import Amounts
from seawall.errors import InconsistentBook, Problem


def book_of_rows(
    accounts: Iterable[Account],
    *,
    assets: Iterable[Asset],
    instruments: Iterable[Instrument],
    pools: Iterable[Pool],
    venue: str,
    as_of: int,
    state: Mapping[str, int],
) -> Book:
    """Build a canonical book from row views; see `Book.of`."""
    rows = sorted(accounts, key=lambda account: account.id)
    asset_list = tuple(sorted(assets, key=lambda asset: asset.id))
    instrument_list = tuple(sorted(instruments, key=lambda instrument: instrument.id))
    check_unique([row.id for row in rows], "account")
    check_unique([asset.id for asset in asset_list], "asset")
    check_unique([instrument.id for instrument in instrument_list], "instrument")
    sets = tuple(sorted({row.collateral_set for row in rows if row.collateral_set}))
    set_code = {name: code for code, name in enumerate(sets)}
    book = Book(
        venue=venue,
        as_of=as_of,
        assets=asset_list,
        instruments=instrument_list,
        pools=tuple(sorted(pools, key=lambda pool: pool.asset)),
        collateral_sets=sets,
        accounts=AccountColumns(
            id=_text(row.id for row in rows),
            owner=_text(row.owner for row in rows),
            parent=_text(row.parent for row in rows),
            kind=np.array([KINDS.index(row.kind) for row in rows], dtype=np.int8),
            margin_mode=np.array([MODES.index(row.margin_mode) for row in rows], dtype=np.int8),
            collateral_set=np.array([set_code.get(row.collateral_set, -1) for row in rows], dtype=np.int32),
        ),
        balances=_balance_columns(rows, {asset.id: code for code, asset in enumerate(asset_list)}),
        positions=_position_columns(rows, {item.id: code for code, item in enumerate(instrument_list)}),
        orders={number: row.orders for number, row in enumerate(rows) if row.orders},
        state=dict(sorted(state.items())),
    )
    problems = book.check()
    if problems:
        raise InconsistentBook.of(problems)
    return book


def _text(items: Iterable[str]) -> NDArray[np.object_]:
    return np.array(list(items), dtype=object)


def _starts(counts: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    start = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=start[1:])
    return start


def _balance_columns(rows: Sequence[Account], code: Mapping[str, int]) -> BalanceColumns:
    asset, side, flag, scaled, problems = [], [], [], [], []
    principal: dict[int, int] = {}
    for row in rows:
        keys = set()
        for balance in sorted(row.balances, key=lambda item: (item.asset, SIDES.index(item.side))):
            if balance.asset not in code:
                problems.append(Problem("unknown_asset", f"account {row.id} holds unknown asset {balance.asset}"))
                continue
            if (balance.asset, balance.side) in keys:
                problems.append(
                    Problem("duplicate_balance", f"account {row.id} has two {balance.side} rows of {balance.asset}")
                )
            keys.add((balance.asset, balance.side))
            if balance.principal is not None:
                principal[len(asset)] = balance.principal
            asset.append(code[balance.asset])
            side.append(SIDES.index(balance.side))
            flag.append(balance.is_collateral)
            scaled.append(balance.scaled)
    if problems:
        raise InconsistentBook.of(problems)
    return BalanceColumns(
        start=_starts([len(row.balances) for row in rows]),
        asset=np.array(asset, dtype=np.int32),
        side=np.array(side, dtype=np.int8),
        is_collateral=np.array(flag, dtype=bool),
        scaled=Amounts.of(scaled),
        principal=principal,
    )


def _position_columns(rows: Sequence[Account], code: Mapping[str, int]) -> PositionColumns:
    instrument, leg, quantity, cost, problems = [], [], [], [], []
    funding: dict[int, int] = {}
    for row in rows:
        keys = set()
        for position in sorted(row.positions, key=lambda item: (item.instrument, LEGS.index(item.leg))):
            if position.instrument not in code:
                problems.append(
                    Problem("unknown_instrument", f"account {row.id} holds unknown instrument {position.instrument}")
                )
                continue
            if (position.instrument, position.leg) in keys:
                problems.append(
                    Problem(
                        "duplicate_position", f"account {row.id} has two {position.leg} rows of {position.instrument}"
                    )
                )
            keys.add((position.instrument, position.leg))
            if position.funding_index:
                funding[len(instrument)] = position.funding_index
            instrument.append(code[position.instrument])
            leg.append(LEGS.index(position.leg))
            quantity.append(position.quantity)
            cost.append(position.cost)
    if problems:
        raise InconsistentBook.of(problems)
    return PositionColumns(
        start=_starts([len(row.positions) for row in rows]),
        instrument=np.array(instrument, dtype=np.int32),
        leg=np.array(leg, dtype=np.int8),
        quantity=Amounts.of(quantity),
        cost=Amounts.of(cost),
        funding_index=funding,
    )


def replace_accounts(
    book: Book,
    changed: Iterable[Account],
    *,
    pools: Iterable[Pool] | None = None,
    state: Mapping[str, int] | None = None,
) -> Book:
    """Return `book` with the given accounts put in place of (or added to) those of the same id.

    Columns of untouched accounts are copied in bulk; the cost follows the accounts changed.
    """
    fresh = {account.id: account for account in changed}
    new_pools = book.pools if pools is None else tuple(sorted(pools, key=lambda pool: pool.asset))
    new_state = book.state if state is None else dict(sorted(state.items()))
    if not fresh:
        return replace(book, pools=new_pools, state=new_state)
    patch = book_of_rows(
        fresh.values(),
        assets=book.assets,
        instruments=book.instruments,
        pools=(),
        venue=book.venue,
        as_of=book.as_of,
        state={},
    )
    kept = np.ones(len(book), dtype=bool)
    kept[[book.row_of[name] for name in fresh if name in book.row_of]] = False
    sets = tuple(sorted({*book.collateral_sets, *patch.collateral_sets}))
    ids = np.concatenate([book.accounts.id[kept], patch.accounts.id])
    order = np.argsort(ids.astype(str), kind="stable") if len(ids) else np.zeros(0, dtype=np.int64)
    kept_rows = np.flatnonzero(kept)
    return replace(
        book,
        pools=new_pools,
        state=new_state,
        collateral_sets=sets,
        accounts=_merge_accounts(book, patch, kept, order, sets),
        balances=_merge_balances(book.balances, patch.balances, kept_rows, order),
        positions=_merge_positions(book.positions, patch.positions, kept_rows, order),
        orders=_merge_orders(book, patch, kept_rows, order),
    )


def _merge_accounts(
    book: Book, patch: Book, kept: NDArray[np.bool_], order: NDArray[np.int64], sets: tuple[str, ...]
) -> AccountColumns:
    def merged(name: str) -> NDArray[np.object_]:
        joined: NDArray[np.object_] = np.concatenate(
            [getattr(book.accounts, name)[kept], getattr(patch.accounts, name)]
        )[order]
        return joined

    def recoded(part: Book) -> NDArray[np.int32]:
        code = np.array([sets.index(name) for name in part.collateral_sets] + [-1], dtype=np.int32)
        return code[part.accounts.collateral_set]

    codes = np.concatenate([recoded(book)[kept], recoded(patch)])[order]
    return AccountColumns(
        id=merged("id"),
        owner=merged("owner"),
        parent=merged("parent"),
        kind=merged("kind").astype(np.int8),
        margin_mode=merged("margin_mode").astype(np.int8),
        collateral_set=codes,
    )


def _merged_rows(
    start: NDArray[np.int64], patch_start: NDArray[np.int64], kept_rows: NDArray[np.int64], order: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    # Row numbers into (old rows followed by patch rows), in the order of the merged accounts.
    first = np.concatenate([start[:-1][kept_rows], patch_start[:-1] + start[-1]])[order]
    count = np.concatenate([np.diff(start)[kept_rows], np.diff(patch_start)])[order]
    merged_start = _starts(count)
    offset = np.arange(merged_start[-1]) - np.repeat(merged_start[:-1], count)
    return merged_start, np.repeat(first, count) + offset


def _renumbered(old: Mapping[int, int], patch: Mapping[int, int], size: int, rows: NDArray[np.int64]) -> dict[int, int]:
    if not old and not patch:
        return {}
    joined = {**old, **{at + size: value for at, value in patch.items()}}
    return {number: joined[at] for number, at in enumerate(rows.tolist()) if at in joined}


def _merge_balances(
    old: BalanceColumns, patch: BalanceColumns, kept_rows: NDArray[np.int64], order: NDArray[np.int64]
) -> BalanceColumns:
    start, rows = _merged_rows(old.start, patch.start, kept_rows, order)
    return BalanceColumns(
        start=start,
        asset=np.concatenate([old.asset, patch.asset])[rows],
        side=np.concatenate([old.side, patch.side])[rows],
        is_collateral=np.concatenate([old.is_collateral, patch.is_collateral])[rows],
        scaled=Amounts.concat([old.scaled, patch.scaled]).take(rows),
        principal=_renumbered(old.principal, patch.principal, len(old.asset), rows),
    )


def _merge_positions(
    old: PositionColumns, patch: PositionColumns, kept_rows: NDArray[np.int64], order: NDArray[np.int64]
) -> PositionColumns:
    start, rows = _merged_rows(old.start, patch.start, kept_rows, order)
    return PositionColumns(
        start=start,
        instrument=np.concatenate([old.instrument, patch.instrument])[rows],
        leg=np.concatenate([old.leg, patch.leg])[rows],
        quantity=Amounts.concat([old.quantity, patch.quantity]).take(rows),
        cost=Amounts.concat([old.cost, patch.cost]).take(rows),
        funding_index=_renumbered(old.funding_index, patch.funding_index, len(old.instrument), rows),
    )


def _merge_orders(
    book: Book, patch: Book, kept_rows: NDArray[np.int64], order: NDArray[np.int64]
) -> dict[int, tuple[Order, ...]]:
    if not book.orders and not patch.orders:
        return {}
    place = {int(at): number for number, at in enumerate(order)}
    kept_count = len(kept_rows)
    old_place = {int(row): place[at] for at, row in enumerate(kept_rows)}
    merged = {old_place[row]: orders for row, orders in book.orders.items() if row in old_place}
    return merged | {place[kept_count + row]: orders for row, orders in patch.orders.items()}
