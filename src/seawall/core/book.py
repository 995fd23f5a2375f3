"""The book of a venue: every account, balance, position and order at one instant.

State lies in columns (struct of arrays, CSR per account); rows are views. A book is
canonical: accounts, assets, instruments and rows stand in the order of their ids, so
the order of an input file changes nothing. Funds, dust, deficits and outside parties
are accounts too; period caps used and windows are named counters in `state`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seawall.core.loss import Leg
from seawall.core.money import Amounts
from seawall.errors import InconsistentBook, MissingData, Problem

Side = Literal["cash", "supply", "debt"]
AccountKind = Literal["user", "fund", "venue", "external"]
MarginMode = Literal["cross", "isolated", "portfolio"]
InstrumentKind = Literal["linear", "inverse"]

SIDES: tuple[Side, ...] = ("cash", "supply", "debt")
LEGS: tuple[Leg, ...] = ("net", "long", "short")
KINDS: tuple[AccountKind, ...] = ("user", "fund", "venue", "external")
MODES: tuple[MarginMode, ...] = ("cross", "isolated", "portfolio")

RAY = 10**27
MULTIPLIER_DECIMALS = 12


@dataclass(frozen=True, slots=True)
class Asset:
    """A token or currency; amounts count 10**-decimals of it."""

    id: str
    decimals: int

    @property
    def unit(self) -> int:
        return 10**self.decimals


@dataclass(frozen=True, slots=True)
class Instrument:
    """A contract that is margined, not owned.

    Attributes:
        settle_asset: Asset in which cost and profit are counted; USDT is not the dollar.
        quantity_decimals: Quantities count 10**-quantity_decimals contracts.
        lot: Smallest closable quantity [quantity units].
        tick: Price step [mark units].
        multiplier: Underlying per contract times 10**12.
        pool: Insurance pool the contract belongs to.
    """

    id: str
    settle_asset: str
    kind: InstrumentKind = "linear"
    quantity_decimals: int = 0
    lot: int = 1
    tick: int = 1
    multiplier: int = 10**MULTIPLIER_DECIMALS
    pool: str = ""
    funding_index: int = 0


@dataclass(frozen=True, slots=True)
class Pool:
    """A lending reserve: its indexes now and at its last update, its cash and its deficit.

    `supply_index` and `debt_index` scale balances now [ray]; `debt_index_last` is the
    stored one, from which accrued interest is told apart.
    """

    asset: str
    supply_index: int = RAY
    debt_index: int = RAY
    debt_index_last: int = RAY
    cash: int = 0
    deficit: int = 0


@dataclass(frozen=True, slots=True)
class Balance:
    """A holding of an asset; `scaled` is signed (debts negative) and times the index of its side."""

    asset: str
    side: Side
    scaled: int
    is_collateral: bool = True
    principal: int | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A signed quantity of an instrument with its cost in the settle asset (cost = -value at entry)."""

    instrument: str
    leg: Leg
    quantity: int
    cost: int
    funding_index: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """An open order; `hold` is what it reserves of the settle asset [minor units]."""

    instrument: str
    quantity: int
    price: int
    hold: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """The smallest ring-fence: everything in it secures everything owed in it."""

    id: str
    owner: str = ""
    parent: str = ""
    kind: AccountKind = "user"
    margin_mode: MarginMode = "cross"
    collateral_set: str = ""
    balances: tuple[Balance, ...] = ()
    positions: tuple[Position, ...] = ()
    orders: tuple[Order, ...] = ()


@dataclass(frozen=True, eq=False)
class BalanceColumns:
    """Balances of all accounts: `start` is the CSR pointer, shape (n_accounts + 1,)."""

    start: NDArray[np.int64]
    asset: NDArray[np.int32]
    side: NDArray[np.int8]
    is_collateral: NDArray[np.bool_]
    scaled: Amounts
    principal: Mapping[int, int] = field(default_factory=dict)


@dataclass(frozen=True, eq=False)
class PositionColumns:
    """Positions of all accounts, CSR by `start`."""

    start: NDArray[np.int64]
    instrument: NDArray[np.int32]
    leg: NDArray[np.int8]
    quantity: Amounts
    cost: Amounts
    funding_index: Mapping[int, int] = field(default_factory=dict)


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


@dataclass(frozen=True, eq=False)
class Book:
    """All accounts of a venue at one instant, immutable and canonical.

    Build one with `Book.of` from rows, or from columns with `seawall.core.columns`.
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
    ) -> Book:
        """Build a canonical book from rows.

        Raises:
            InconsistentBook: Duplicate ids or rows, unknown assets or instruments; all are listed.
        """
        from seawall.core.columns import book_of_rows

        return book_of_rows(
            accounts, assets=assets, instruments=instruments, pools=pools, venue=venue, as_of=as_of, state=state or {}
        )

    def __len__(self) -> int:
        return len(self.accounts)

    @cached_property
    def row_of(self) -> Mapping[str, int]:
        return {name: row for row, name in enumerate(self.accounts.id)}

    @cached_property
    def asset_row(self) -> Mapping[str, int]:
        return {asset.id: row for row, asset in enumerate(self.assets)}

    @cached_property
    def instrument_row(self) -> Mapping[str, int]:
        return {instrument.id: row for row, instrument in enumerate(self.instruments)}

    @cached_property
    def pool_of(self) -> Mapping[str, Pool]:
        return {pool.asset: pool for pool in self.pools}

    def asset(self, name: str) -> Asset:
        return self.assets[self.asset_row[name]]

    def instrument(self, name: str) -> Instrument:
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
            balances=tuple(self._balances(key)),
            positions=tuple(self._positions(key)),
            orders=self.orders.get(key, ()),
        )

    def _balances(self, row: int) -> Iterable[Balance]:
        columns = self.balances
        for at in range(int(columns.start[row]), int(columns.start[row + 1])):
            yield Balance(
                self.assets[columns.asset[at]].id,
                SIDES[columns.side[at]],
                columns.scaled[at],
                bool(columns.is_collateral[at]),
                columns.principal.get(at),
            )

    def _positions(self, row: int) -> Iterable[Position]:
        columns = self.positions
        for at in range(int(columns.start[row]), int(columns.start[row + 1])):
            yield Position(
                self.instruments[columns.instrument[at]].id,
                LEGS[columns.leg[at]],
                columns.quantity[at],
                columns.cost[at],
                columns.funding_index.get(at, 0),
            )

    def rows(self) -> Iterable[Account]:
        """Yield every account in id order."""
        return (self.account(row) for row in range(len(self)))

    def check(self) -> list[Problem]:
        """Return what contradicts itself in this book (empty when sound)."""
        problems = []
        for instrument in self.instruments:
            if instrument.settle_asset not in self.asset_row:
                problems.append(
                    Problem("unknown_asset", f"instrument {instrument.id} settles in unknown {instrument.settle_asset}")
                )
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
            Problem(f"duplicate_{what}", f"{what} {name!r} appears twice: ids must be unique") for name in twice
        )
