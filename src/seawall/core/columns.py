"""The columns a book is stored in (struct of arrays, CSR per account): built from rows, and merged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.core.money import Amounts
from seawall.core.rows import KINDS, LEGS, MODES, SIDES, Account, Order
from seawall.errors import InconsistentBook, Problem


@dataclass(frozen=True, eq=False)
class BalanceColumns:
    """Balances of all accounts: `start` is the CSR pointer, shape (n_accounts + 1,).

    `principal` holds a number where `has_principal`; None for both where no balance has one.
    """

    start: NDArray[np.int64]
    asset: NDArray[np.int32]
    side: NDArray[np.int8]
    is_collateral: NDArray[np.bool_]
    scaled: Amounts
    principal: Amounts | None = None
    has_principal: NDArray[np.bool_] | None = None


@dataclass(frozen=True, eq=False)
class PositionColumns:
    """Positions of all accounts, CSR by `start`; `funding_index` is None where all are zero."""

    start: NDArray[np.int64]
    instrument: NDArray[np.int32]
    leg: NDArray[np.int8]
    quantity: Amounts
    cost: Amounts
    funding_index: Amounts | None = None


@dataclass(frozen=True, eq=False)
class AccountColumns:
    """Identity of all accounts; text columns are short strings, codes index into tuples."""

    id: NDArray[np.object_]
    owner: NDArray[np.object_]
    parent: NDArray[np.object_]
    kind: NDArray[np.int8]
    margin_mode: NDArray[np.int8]
    collateral_set: NDArray[np.int32]

    def __len__(self) -> int:
        return len(self.id)


def account_columns(rows: Sequence[Account], set_code: Mapping[str, int]) -> AccountColumns:
    """Build account columns from rows in account order; `set_code` numbers the collateral sets."""
    return AccountColumns(
        id=_text(row.id for row in rows),
        owner=_text(row.owner for row in rows),
        parent=_text(row.parent for row in rows),
        kind=np.array([KINDS.index(row.kind) for row in rows], dtype=np.int8),
        margin_mode=np.array([MODES.index(row.margin_mode) for row in rows], dtype=np.int8),
        collateral_set=np.array([set_code.get(row.collateral_set, -1) for row in rows], dtype=np.int32),
    )


def _text(items: Iterable[str]) -> NDArray[np.object_]:
    return np.array(list(items), dtype=object)


def _starts(counts: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
    start = np.zeros(len(counts) + 1, dtype=np.int64)
    np.cumsum(counts, out=start[1:])
    return start


def balance_columns(rows: Sequence[Account], code: Mapping[str, int]) -> BalanceColumns:
    """Build balance columns from rows in account order; `code` numbers the assets.

    Raises:
        InconsistentBook: Unknown assets or two rows of one side; all are listed.
    """
    held = [sorted(row.balances, key=lambda item: (item.asset, SIDES.index(item.side))) for row in rows]
    _check_held(rows, [[(item.asset, item.side) for item in part] for part in held], code, "asset", "balance")
    items = [item for part in held for item in part]
    has_principal = np.array([item.principal is not None for item in items], dtype=bool)
    return BalanceColumns(
        start=_starts([len(part) for part in held]),
        asset=np.array([code[item.asset] for item in items], dtype=np.int32),
        side=np.array([SIDES.index(item.side) for item in items], dtype=np.int8),
        is_collateral=np.array([item.is_collateral for item in items], dtype=bool),
        scaled=Amounts.of([item.scaled for item in items]),
        principal=Amounts.of([item.principal or 0 for item in items]) if has_principal.any() else None,
        has_principal=has_principal if has_principal.any() else None,
    )


def position_columns(rows: Sequence[Account], code: Mapping[str, int]) -> PositionColumns:
    """Build position columns from rows in account order; `code` numbers the instruments.

    Raises:
        InconsistentBook: Unknown instruments or two rows of one leg; all are listed.
    """
    held = [sorted(row.positions, key=lambda item: (item.instrument, LEGS.index(item.leg))) for row in rows]
    keys = [[(item.instrument, item.leg) for item in part] for part in held]
    _check_held(rows, keys, code, "instrument", "position")
    items = [item for part in held for item in part]
    funding = [item.funding_index for item in items]
    return PositionColumns(
        start=_starts([len(part) for part in held]),
        instrument=np.array([code[item.instrument] for item in items], dtype=np.int32),
        leg=np.array([LEGS.index(item.leg) for item in items], dtype=np.int8),
        quantity=Amounts.of([item.quantity for item in items]),
        cost=Amounts.of([item.cost for item in items]),
        funding_index=Amounts.of(funding) if any(funding) else None,
    )


def _check_held(
    rows: Sequence[Account],
    held: Sequence[Sequence[tuple[str, str]]],
    code: Mapping[str, int],
    what: str,
    holding: str,
) -> None:
    # `held` are the (item, side or leg) of each account, sorted.
    problems = []
    for row, keys in zip(rows, held, strict=True):
        for at, (item, kind) in enumerate(keys):
            if item not in code:
                message = f"account {row.id} holds unknown {what} {item}"
                problems.append(Problem(f"unknown_{what}", message))
            elif at and keys[at - 1] == (item, kind):
                message = f"account {row.id} has two {kind} rows of {item}"
                problems.append(Problem(f"duplicate_{holding}", message))
    if problems:
        raise InconsistentBook.of(problems)


def order_rows(rows: Sequence[Account]) -> dict[int, tuple[Order, ...]]:
    """Return the open orders of rows in account order, by row, each account's in a stated order."""
    return {number: sorted_orders(row.orders) for number, row in enumerate(rows) if row.orders}


def sorted_orders(orders: Iterable[Order]) -> tuple[Order, ...]:
    """Return orders by instrument, then quantity, price and hold."""
    return tuple(sorted(orders, key=lambda item: (item.instrument, item.quantity, item.price, item.hold)))


def merge_accounts(
    old: AccountColumns, patch: AccountColumns, kept_rows: NDArray[np.int64], order: NDArray[np.int64]
) -> AccountColumns:
    """Return the accounts of `old` at `kept_rows` and of `patch`, in the given order."""

    def merged(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(old, name)[kept_rows], getattr(patch, name)])[order]

    return AccountColumns(**{column.name: merged(column.name) for column in fields(AccountColumns)})


def _merged_rows(
    start: NDArray[np.int64],
    patch_start: NDArray[np.int64],
    kept_rows: NDArray[np.int64],
    order: NDArray[np.int64],
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    # Row numbers into (old rows followed by patch rows), in the order of the merged accounts.
    first = np.concatenate([start[:-1][kept_rows], patch_start[:-1] + start[-1]])[order]
    count = np.concatenate([np.diff(start)[kept_rows], np.diff(patch_start)])[order]
    merged_start = _starts(count)
    offset = np.arange(merged_start[-1]) - np.repeat(merged_start[:-1], count)
    return merged_start, np.repeat(first, count) + offset


def _merged_amounts(parts: Sequence[tuple[Amounts | None, int]], rows: NDArray[np.int64]) -> Amounts | None:
    # Columns, each with its length, that are None where they hold nothing.
    if all(part is None for part, _ in parts):
        return None
    return Amounts.concat([Amounts.zeros(size) if part is None else part for part, size in parts]).take(rows)


def _merged_flags(
    parts: Sequence[tuple[NDArray[np.bool_] | None, int]], rows: NDArray[np.int64]
) -> NDArray[np.bool_] | None:
    if all(part is None for part, _ in parts):
        return None
    return np.concatenate([np.zeros(size, bool) if part is None else part for part, size in parts])[rows]


def merge_balances(
    old: BalanceColumns, patch: BalanceColumns, kept_rows: NDArray[np.int64], order: NDArray[np.int64]
) -> BalanceColumns:
    """Return the balances that belong to the merged accounts; see `merge_accounts`."""
    start, rows = _merged_rows(old.start, patch.start, kept_rows, order)
    return BalanceColumns(
        start=start,
        asset=np.concatenate([old.asset, patch.asset])[rows],
        side=np.concatenate([old.side, patch.side])[rows],
        is_collateral=np.concatenate([old.is_collateral, patch.is_collateral])[rows],
        scaled=Amounts.concat([old.scaled, patch.scaled]).take(rows),
        principal=_merged_amounts([(part.principal, len(part.asset)) for part in (old, patch)], rows),
        has_principal=_merged_flags([(part.has_principal, len(part.asset)) for part in (old, patch)], rows),
    )


def merge_positions(
    old: PositionColumns, patch: PositionColumns, kept_rows: NDArray[np.int64], order: NDArray[np.int64]
) -> PositionColumns:
    """Return the positions that belong to the merged accounts; see `merge_accounts`."""
    start, rows = _merged_rows(old.start, patch.start, kept_rows, order)
    return PositionColumns(
        start=start,
        instrument=np.concatenate([old.instrument, patch.instrument])[rows],
        leg=np.concatenate([old.leg, patch.leg])[rows],
        quantity=Amounts.concat([old.quantity, patch.quantity]).take(rows),
        cost=Amounts.concat([old.cost, patch.cost]).take(rows),
        funding_index=_merged_amounts(
            [(part.funding_index, len(part.instrument)) for part in (old, patch)], rows
        ),
    )


def merge_orders(
    old: Mapping[int, tuple[Order, ...]],
    patch: Mapping[int, tuple[Order, ...]],
    kept_rows: NDArray[np.int64],
    order: NDArray[np.int64],
) -> dict[int, tuple[Order, ...]]:
    """Return the open orders that belong to the merged accounts; see `merge_accounts`."""
    if not old and not patch:
        return {}
    place = {int(at): number for number, at in enumerate(order)}
    old_place = {int(row): place[at] for at, row in enumerate(kept_rows)}
    merged = {old_place[row]: orders for row, orders in old.items() if row in old_place}
    return merged | {place[len(kept_rows) + row]: orders for row, orders in patch.items()}
