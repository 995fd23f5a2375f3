"""The book of a venue: every account, balance, position and order at one instant.

State lies in columns (struct of arrays, CSR per account); rows are views. A book is
canonical: accounts, assets, instruments and rows stand in the order of their ids, so
the order of an input file changes nothing. Funds, dust, deficits and outside parties
are accounts too; period caps used and windows are named counters in `state`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType

import numpy as np

from seawall.core.columns import (
    AccountColumns,
    BalanceColumns,
    PositionColumns,
    account_columns,
    balance_columns,
    merge_accounts,
    merge_balances,
    merge_orders,
    merge_positions,
    order_rows,
    position_columns,
)
from seawall.core.loss import Pending
from seawall.core.parties import kind_of
from seawall.core.rows import (
    KINDS,
    LEGS,
    MODES,
    MULTIPLIER_DECIMALS,
    RIGHTS,
    SIDES,
    Account,
    AccountKind,
    Asset,
    Balance,
    Instrument,
    InstrumentKind,
    MarginMode,
    Option,
    Order,
    Pool,
    Position,
    Right,
    Side,
)
from seawall.core.units import RAY
from seawall.errors import InconsistentBook, MissingData, Problem

__all__ = [
    "KINDS",
    "LEGS",
    "MODES",
    "MULTIPLIER_DECIMALS",
    "RAY",
    "RIGHTS",
    "SIDES",
    "Account",
    "AccountColumns",
    "AccountKind",
    "Asset",
    "Balance",
    "BalanceColumns",
    "Book",
    "Instrument",
    "InstrumentKind",
    "MarginMode",
    "Option",
    "Order",
    "Pool",
    "Position",
    "PositionColumns",
    "Right",
    "Side",
    "check_unique",
]


@dataclass(frozen=True, eq=False)
class Book:
    """All accounts of a venue at one instant, immutable and canonical.

    Build one with `Book.of` from rows.
    """

    venue: str
    as_of: int
    assets: tuple[Asset, ...]
    instruments: tuple[Instrument, ...]
    pools: tuple[Pool, ...]
    collateral_sets: tuple[str, ...]
    accounts: AccountColumns
    balances: BalanceColumns
    positions: PositionColumns
    orders: Mapping[int, tuple[Order, ...]] = field(default_factory=dict)
    state: Mapping[str, int] = field(default_factory=lambda: MappingProxyType({}))
    pending: tuple[Pending, ...] = ()

    @classmethod
    def of(
        cls,
        accounts: Iterable[Account],
        *,
        assets: Iterable[Asset],
        instruments: Iterable[Instrument] = (),
        pools: Iterable[Pool] = (),
        venue: str = "",
        as_of: int = 0,
        state: Mapping[str, int] | None = None,
        pending: Iterable[Pending] = (),
    ) -> Book:
        """Build a canonical book from rows.

        Raises:
            InconsistentBook: Duplicate ids or rows, unknown assets or instruments; all are listed.
        """
        rows = sorted(accounts, key=lambda account: account.id)
        asset_list = tuple(sorted(assets, key=lambda asset: asset.id))
        instrument_list = tuple(sorted(instruments, key=lambda instrument: instrument.id))
        check_unique([row.id for row in rows], "account")
        check_unique([asset.id for asset in asset_list], "asset")
        check_unique([instrument.id for instrument in instrument_list], "instrument")
        sets = tuple(sorted({row.collateral_set for row in rows if row.collateral_set}))
        book = cls(
            venue=venue,
            as_of=as_of,
            assets=asset_list,
            instruments=instrument_list,
            pools=tuple(sorted(pools, key=lambda pool: pool.asset)),
            collateral_sets=sets,
            accounts=account_columns(rows, {name: code for code, name in enumerate(sets)}),
            balances=balance_columns(rows, {asset.id: code for code, asset in enumerate(asset_list)}),
            positions=position_columns(rows, {item.id: code for code, item in enumerate(instrument_list)}),
            orders=order_rows(rows),
            state=dict(sorted((state or {}).items())),
            pending=tuple(sorted(pending, key=lambda item: item.id)),
        )
        check_unique([item.id for item in book.pending], "pending")
        problems = book.check()
        if problems:
            raise InconsistentBook.of(problems)
        return book

    def replaced(
        self,
        changed: Iterable[Account],
        *,
        pools: Iterable[Pool] | None = None,
        state: Mapping[str, int] | None = None,
        pending: Iterable[Pending] | None = None,
    ) -> Book:
        """Return this book with the given accounts in place of (or added to) those of the same id.

        Columns of untouched accounts are copied in bulk; the cost follows the accounts changed.
        """
        fresh = {account.id: account for account in changed}
        sets = tuple(
            sorted(
                {*self.collateral_sets, *(row.collateral_set for row in fresh.values() if row.collateral_set)}
            )
        )
        base = replace(
            self._recoded(sets),
            pools=self.pools if pools is None else tuple(sorted(pools, key=lambda pool: pool.asset)),
            state=self.state if state is None else dict(sorted(state.items())),
            pending=self.pending if pending is None else tuple(sorted(pending, key=lambda item: item.id)),
        )
        if not fresh:
            return base
        rows = [fresh[name] for name in sorted(fresh)]
        kept = np.ones(len(self), dtype=bool)
        kept[[self.row_of[name] for name in fresh if name in self.row_of]] = False
        kept_rows = np.flatnonzero(kept)
        accounts = account_columns(rows, {name: code for code, name in enumerate(sets)})
        ids = np.concatenate([self.accounts.id[kept], accounts.id])
        order = np.argsort(ids.astype(str), kind="stable")
        return replace(
            base,
            accounts=merge_accounts(base.accounts, accounts, kept_rows, order),
            balances=merge_balances(self.balances, balance_columns(rows, self.asset_row), kept_rows, order),
            positions=merge_positions(
                self.positions, position_columns(rows, self.instrument_row), kept_rows, order
            ),
            orders=merge_orders(self.orders, order_rows(rows), kept_rows, order),
        )

    def _recoded(self, sets: tuple[str, ...]) -> Book:
        if sets == self.collateral_sets:
            return self
        code = np.array([sets.index(name) for name in self.collateral_sets] + [-1], dtype=np.int32)
        accounts = replace(self.accounts, collateral_set=code[self.accounts.collateral_set])
        return replace(self, collateral_sets=sets, accounts=accounts)

    def __len__(self) -> int:
        return len(self.accounts)

    @cached_property
    def row_of(self) -> Mapping[str, int]:
        """Row number of each account id."""
        return {name: row for row, name in enumerate(self.accounts.id)}

    @cached_property
    def children_of(self) -> Mapping[str, tuple[str, ...]]:
        """Ids of the accounts below each parent: who contributes to a fund, stakes, or holds a tranche."""
        found: dict[str, list[str]] = {}
        for row in np.flatnonzero(self.accounts.parent != ""):
            found.setdefault(str(self.accounts.parent[row]), []).append(str(self.accounts.id[row]))
        return {parent: tuple(names) for parent, names in found.items()}

    @cached_property
    def asset_row(self) -> Mapping[str, int]:
        """Row number of each asset id."""
        return {asset.id: row for row, asset in enumerate(self.assets)}

    @cached_property
    def instrument_row(self) -> Mapping[str, int]:
        """Row number of each instrument id."""
        return {instrument.id: row for row, instrument in enumerate(self.instruments)}

    @cached_property
    def pool_of(self) -> Mapping[str, Pool]:
        """Lending pool of each asset that has one."""
        return {pool.asset: pool for pool in self.pools}

    def asset(self, name: str) -> Asset:
        """Return an asset by id."""
        return self.assets[self.asset_row[name]]

    def instrument(self, name: str) -> Instrument:
        """Return an instrument by id."""
        return self.instruments[self.instrument_row[name]]

    def account(self, key: str | int) -> Account:
        """Return the row view of an account by id or row number.

        Raises:
            MissingData: No account of that id.
        """
        if isinstance(key, str):
            if key not in self.row_of:
                raise MissingData(f"no account {key!r} in this book of {len(self)}", code="unknown_account")
            key = self.row_of[key]
        set_code = int(self.accounts.collateral_set[key])
        return Account(
            id=self.accounts.id[key],
            owner=self.accounts.owner[key],
            parent=self.accounts.parent[key],
            kind=KINDS[self.accounts.kind[key]],
            margin_mode=MODES[self.accounts.margin_mode[key]],
            collateral_set=self.collateral_sets[set_code] if set_code >= 0 else "",
            balances=self._balances(key),
            positions=self._positions(key),
            orders=self.orders.get(key, ()),
        )

    def _balances(self, row: int) -> tuple[Balance, ...]:
        # Slices turned into lists at once: reading cells one by one takes twice as long.
        columns = self.balances
        first, end = columns.start[row : row + 2].tolist()
        cells = zip(
            columns.asset[first:end].tolist(),
            columns.side[first:end].tolist(),
            columns.scaled.few(first, end),
            columns.is_collateral[first:end].tolist(),
            strict=True,
        )
        found = [
            Balance(self.assets[asset].id, SIDES[side], scaled, flag) for asset, side, scaled, flag in cells
        ]
        if columns.principal is None or columns.has_principal is None:
            return tuple(found)
        known = columns.has_principal[first:end].tolist()
        principals = columns.principal.few(first, end)
        return tuple(
            item._replace(principal=principal) if is_known else item
            for item, principal, is_known in zip(found, principals, known, strict=True)
        )

    def _positions(self, row: int) -> tuple[Position, ...]:
        columns = self.positions
        first, end = columns.start[row : row + 2].tolist()
        if first == end:
            return ()
        cells = zip(
            columns.instrument[first:end].tolist(),
            columns.leg[first:end].tolist(),
            columns.quantity.few(first, end),
            columns.cost.few(first, end),
            columns.funding_index.few(first, end)
            if columns.funding_index is not None
            else [0] * (end - first),
            strict=True,
        )
        return tuple(
            [
                Position(self.instruments[instrument].id, LEGS[leg], quantity, cost, index)
                for instrument, leg, quantity, cost, index in cells
            ]
        )

    def rows(self) -> Iterable[Account]:
        """Yield every account in id order."""
        return (self.account(row) for row in range(len(self)))

    def check(self) -> list[Problem]:
        """Return what contradicts itself in this book (empty when sound)."""
        problems = [
            Problem("decimals_range", f"asset {asset.id} has {asset.decimals} decimals, expected 0 to 36")
            for asset in self.assets
            if not 0 <= asset.decimals <= 36
        ]
        for row, name in enumerate(self.accounts.id):
            if (":" in name or name in ("engine", "dust")) and kind_of(name, otherwise="user") != "user":
                kind, named = KINDS[self.accounts.kind[row]], kind_of(name, otherwise="user")
                if kind != named:
                    message = f"account {name} is named like one of kind {named} and is of kind {kind}"
                    problems.append(Problem("reserved_account", f"{message}: give it another id"))
        for instrument in self.instruments:
            if instrument.settle_asset not in self.asset_row:
                problems.append(
                    Problem(
                        "unknown_asset",
                        f"instrument {instrument.id} settles in unknown {instrument.settle_asset}",
                    )
                )
            if (instrument.kind == "option") != (instrument.option is not None):
                message = f"instrument {instrument.id} is of kind {instrument.kind}"
                problems.append(Problem("option_invalid", f"{message}: options have a strike, others none"))
        for pool in self.pools:
            if pool.asset not in self.asset_row:
                problems.append(Problem("unknown_asset", f"pool of unknown asset {pool.asset}"))
        return problems


def check_unique(names: Sequence[str], what: str) -> None:
    """Refuse duplicate ids, naming all of them."""
    seen: set[str] = set()
    twice = sorted({name for name in names if name in seen or seen.add(name)})  # type: ignore[func-returns-value]  # set.add is used for its effect
    if twice:
        raise InconsistentBook.of(
            Problem(f"duplicate_{what}", f"{what} {name!r} appears twice: ids must be unique")
            for name in twice
        )
