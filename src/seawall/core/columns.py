"""The columns a book is stored in (struct of arrays, CSR per account): built from rows, and merged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

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
    asset: list[int] = []
    side: list[int] = []
    flag: list[bool] = []
    scaled: list[int] = []
    problems: list[Problem] = []
    principal: list[int | None] = []
    for row in rows:
        keys = set()
        for balance in sorted(row.balances, key=lambda item: (item.asset, SIDES.index(item.side))):
            if balance.asset not in code:
                problems.append(
                    Problem("unknown_asset", f"account {row.id} holds unknown asset {balance.asset}")
                )
                continue
            if (balance.asset, balance.side) in keys:
                problems.append(
                    Problem(
                        "duplicate_balance",
                        f"account {row.id} has two {balance.side} rows of {balance.asset}",
                    )
                )
            keys.add((balance.asset, balance.side))
            principal.append(balance.principal)
            asset.append(code[balance.asset])
            side.append(SIDES.index(balance.side))
            flag.append(balance.is_collateral)
            scaled.append(balance.scaled)
    if problems:
        raise InconsistentBook.of(problems)
    has_principal = np.array([amount is not None for amount in principal], dtype=bool)
    return BalanceColumns(
        start=_starts([len(row.balances) for row in rows]),
        asset=np.array(asset, dtype=np.int32),
        side=np.array(side, dtype=np.int8),
        is_collateral=np.array(flag, dtype=bool),
        scaled=Amounts.of(scaled),
        principal=Amounts.of([amount or 0 for amount in principal]) if has_principal.any() else None,
        has_principal=has_principal if has_principal.any() else None,
    )


def position_columns(rows: Sequence[Account], code: Mapping[str, int]) -> PositionColumns:
    """Build position columns from rows in account order; `code` numbers the instruments.

    Raises:
        InconsistentBook: Unknown instruments or two rows of one leg; all are listed.
    """
    instrument: list[int] = []
    leg: list[int] = []
    quantity: list[int] = []
    cost: list[int] = []
    problems: list[Problem] = []
    funding: list[int] = []
    for row in rows:
        keys = set()
        for position in sorted(row.positions, key=lambda item: (item.instrument, LEGS.index(item.leg))):
            if position.instrument not in code:
                problems.append(
                    Problem(
                        "unknown_instrument",
                        f"account {row.id} holds unknown instrument {position.instrument}",
                    )
                )
                continue
            if (position.instrument, position.leg) in keys:
                problems.append(
                    Problem(
                        "duplicate_position",
                        f"account {row.id} has two {position.leg} rows of {position.instrument}",
                    )
                )
            keys.add((position.instrument, position.leg))
            funding.append(position.funding_index)
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
        funding_index=Amounts.of(funding) if any(funding) else None,
    )


def merge_accounts(
    old: AccountColumns, patch: AccountColumns, kept_rows: NDArray[np.int64], order: NDArray[np.int64]
) -> AccountColumns:
    """Return the accounts of `old` at `kept_rows` and of `patch`, in the given order."""

    def merged(name: str) -> NDArray[np.object_]:
        joined: NDArray[np.object_] = np.concatenate([getattr(old, name)[kept_rows], getattr(patch, name)])[
            order
        ]
        return joined

    return AccountColumns(
        id=merged("id"),
        owner=merged("owner"),
        parent=merged("parent"),
        kind=merged("kind").astype(np.int8),
        margin_mode=merged("margin_mode").astype(np.int8),
        collateral_set=merged("collateral_set").astype(np.int32),
    )


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
