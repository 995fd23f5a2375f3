"""A book being changed: every change is a balanced move, and every move is kept.

`Draft` is the only mutable thing of the pipeline. Liquidation and waterfall read the
current state from it and hand it moves; it checks that each move balances per
commodity, applies it, and in the end gives the book after and the list of moves that
the ledger turns into journal entries.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

import numpy as np

from seawall.core.book import LEGS, SIDES, Account, Balance, Book, Order, Pool, Position, Side
from seawall.core.loss import Leg, Move, Pending, Posting
from seawall.core.parties import DEFICIT, kind_of
from seawall.errors import require


@dataclass(slots=True)
class _Open:
    # One account taken apart for writing; its row is put together again when asked for.
    identity: Account
    balances: dict[tuple[str, Side], Balance]
    positions: dict[tuple[str, Leg], Position]
    orders: tuple[Order, ...]
    row: Account | None = None

    @classmethod
    def of(cls, account: Account) -> _Open:
        return cls(
            account,
            {(item.asset, item.side): item for item in account.balances},
            {(item.instrument, item.leg): item for item in account.positions},
            account.orders,
        )

    def as_row(self) -> Account:
        if self.row is None:
            was = self.identity
            self.row = Account(
                was.id,
                was.owner,
                was.parent,
                was.kind,
                was.margin_mode,
                was.collateral_set,
                tuple([item for item in self.balances.values() if item.scaled]),
                tuple([item for item in self.positions.values() if item.quantity or item.cost]),
                self.orders,
            )
        return self.row


class Draft:
    """The current state of a book under resolution; see the module."""

    def __init__(self, book: Book) -> None:
        self.book = book
        self.moves: list[Move] = []
        self.pools: dict[str, Pool] = dict(book.pool_of)
        self.state: dict[str, int] = dict(book.state)
        self.pending: dict[str, Pending] = {item.id: item for item in book.pending}
        self._open: dict[str, _Open] = {}
        self._paid_out: dict[str, int] = {}
        self._deficit: dict[str, int] = {}
        self._last_read: Account | None = None

    @property
    def touched(self) -> tuple[str, ...]:
        """Ids of all accounts opened for writing, sorted."""
        return tuple(sorted(self._open))

    def account(self, name: str) -> Account:
        """Return the current row of an account; an unknown id is an empty account."""
        if name in self._open:
            return self._open[name].as_row()
        if (
            self._last_read is None or self._last_read.id != name
        ):  # one account is asked for many times in a row
            known = name in self.book.row_of
            self._last_read = (
                self.book.account(name) if known else Account(name, kind=kind_of(name, otherwise="venue"))
            )
        return self._last_read

    def scaled(self, name: str, asset: str, side: Side = "cash") -> int:
        """Return the current scaled balance of one side of an account (cash is not scaled)."""
        if name in self._open:
            found = self._open[name].balances.get((asset, side))
            return found.scaled if found else 0
        return next((b.scaled for b in self.account(name).balances if (b.asset, b.side) == (asset, side)), 0)

    def cash(self, name: str, asset: str) -> int:
        """Return the cash of an account [asset minor units]; may be negative."""
        return self.scaled(name, asset, "cash")

    def holders(self, asset: str, side: Side) -> list[tuple[str, int]]:
        """Return (account id, scaled balance) of all accounts with that side, in id order."""
        columns = self.book.balances
        rows = np.flatnonzero(
            (columns.asset == self.book.asset_row[asset]) & (columns.side == SIDES.index(side))
        )
        owners = np.searchsorted(columns.start, rows, side="right") - 1
        found = {
            str(self.book.accounts.id[owner]): scaled
            for owner, scaled in zip(owners, columns.scaled.ints(rows), strict=True)
            if self.book.accounts.id[owner] not in self._open
        }
        for name, account in self._open.items():
            held = account.balances.get((asset, side))
            if held is not None and held.scaled:
                found[name] = held.scaled
        return sorted(found.items())

    def positions_on(self, instrument: str) -> list[tuple[str, Position]]:
        """Return (account id, position) of all positions on an instrument, in id order, then leg."""
        columns = self.book.positions
        rows = np.flatnonzero(columns.instrument == self.book.instrument_row[instrument])
        owners = np.searchsorted(columns.start, rows, side="right") - 1
        quantities, costs = columns.quantity.ints(rows), columns.cost.ints(rows)
        funding = columns.funding_index.ints(rows) if columns.funding_index is not None else [0] * len(rows)
        found = [
            (
                str(self.book.accounts.id[owner]),
                Position(instrument, LEGS[columns.leg[at]], quantity, cost, index),
            )
            for owner, at, quantity, cost, index in zip(owners, rows, quantities, costs, funding, strict=True)
            if self.book.accounts.id[owner] not in self._open
        ]
        for name, account in self._open.items():
            found += [(name, item) for item in account.positions.values() if item.instrument == instrument]
        return sorted(
            ((name, item) for name, item in found if item.quantity),
            key=lambda pair: (pair[0], LEGS.index(pair[1].leg)),
        )

    def post(
        self, kind: str, postings: Iterable[Posting], working: Mapping[str, object] | None = None
    ) -> Move:
        """Check that the postings balance per commodity, apply them, and keep them as a move."""
        return self.carry_out(Move(kind, tuple(postings), working or {}))

    def carry_out(self, move: Move) -> Move:
        """Apply a move made elsewhere (a layer's answer): all of it, or nothing.

        Postings that change nothing are left out; a move without any is not kept.
        """
        kept = tuple([item for item in move.postings if item.amount or item.scaled])
        if len(kept) < len(move.postings):
            move = Move(move.kind, kept, move.working)
        totals = _totals(kept)
        faults = {commodity: total for (_, commodity), total in totals.items() if total}
        require(not faults, f"move {move.kind} does not balance: {faults}" if faults else "")
        unknown = self._unknown(kept, totals)
        require(not unknown, f"move {move.kind} is in unknown commodities: {unknown}" if unknown else "")
        for posting in kept:
            self._apply(posting)
        if kept:
            self.moves.append(move)
        return move

    def _unknown(self, postings: Iterable[Posting], totals: Iterable[tuple[bool, str]]) -> list[str]:
        assets, instruments = self.book.asset_row, self.book.instrument_row
        moved = [name for is_lots, name in totals if name not in (instruments if is_lots else assets)]
        inside = [
            item.commodity
            for item in postings
            if item.bucket == "cost" and item.instrument not in instruments
        ]
        return sorted({*moved, *inside})

    def cancel_orders(self, name: str) -> tuple[Order, ...]:
        """Remove and return the open orders of an account."""
        account = self._writable(name)
        cancelled, account.orders = account.orders, ()
        return cancelled

    def stop_securing(self, name: str, asset: str, side: Side) -> None:
        """Mark a balance as no longer collateral (a venue clears the flag when it seizes all of it)."""
        account = self._writable(name)
        if (asset, side) in account.balances:
            account.balances[asset, side] = account.balances[asset, side]._replace(is_collateral=False)

    def set_supply_index(self, asset: str, index: int) -> None:
        """Replace a pool's supply index; the holders' postings are made by the caller."""
        self.pools[asset] = replace(self.pools[asset], supply_index=index)

    def pool_cash(self, asset: str) -> int | None:
        """Return the underlying a pool can pay out now [minor units]; None where there is no pool."""
        if asset not in self.pools:
            return None
        return self.pools[asset].cash - self._paid_out.get(asset, 0)

    def settle_funding(self, name: str, instrument: str, leg: Leg, index: int) -> None:
        """Note that a position's funding is paid up to `index`; the cash is posted by the caller."""
        account = self._writable(name)
        account.positions[instrument, leg] = replace(account.positions[instrument, leg], funding_index=index)

    def book_after(self) -> Book:
        """Return the changed book, each pool's cash and deficit following from the moves.

        What outside parties, funds and wallets received in cash left the pool, and the
        reverse; so cash + debt + deficit = claims + dust stays true by construction.
        """
        rows = [account.as_row() for _, account in sorted(self._open.items())]
        pools = [self._settled(pool) for pool in self.pools.values()]
        return self.book.replaced(rows, pools=pools, state=self.state, pending=self.pending.values())

    def _settled(self, pool: Pool) -> Pool:
        paid_out, deficit = self._paid_out.get(pool.asset, 0), self._deficit.get(pool.asset, 0)
        return replace(pool, cash=pool.cash - paid_out, deficit=pool.deficit + deficit)

    def _writable(self, name: str) -> _Open:
        account = self._open.get(name)
        if account is None:
            account = self._open[name] = _Open.of(self.account(name))
        account.row = None
        return account

    def _apply(self, posting: Posting) -> None:
        name, asset, amount, bucket, _, _, change = posting
        account = self._writable(name)
        if bucket == "lots" or bucket == "cost":
            self._apply_position(account, posting)
            return
        if bucket == "cash":
            change = amount
            self._note_flow(account.identity, asset, amount)
        place = (asset, bucket)
        if place in account.balances:
            _, _, scaled, is_collateral, principal = account.balances[place]
            account.balances[place] = Balance(asset, bucket, scaled + change, is_collateral, principal)
        else:
            account.balances[place] = Balance(asset, bucket, change)

    def _note_flow(self, account: Account, asset: str, amount: int) -> None:
        if account.id.startswith(DEFICIT):
            self._deficit[asset] = self._deficit.get(asset, 0) - amount
        elif account.kind != "venue":
            self._paid_out[asset] = self._paid_out.get(asset, 0) + amount

    def _apply_position(self, account: _Open, posting: Posting) -> None:
        instrument = posting.commodity if posting.bucket == "lots" else posting.instrument
        key = (instrument, posting.leg)
        held = account.positions.get(key)
        if held is None:
            held = Position(instrument, posting.leg, 0, 0, self.book.instrument(instrument).funding_index)
        quantity, cost = (posting.amount, 0) if posting.bucket == "lots" else (0, posting.amount)
        account.positions[key] = Position(
            instrument, posting.leg, held.quantity + quantity, held.cost + cost, held.funding_index
        )


def _totals(postings: Iterable[Posting]) -> dict[tuple[bool, str], int]:
    # Lots are told apart from an asset that shares the instrument's name.
    totals: dict[tuple[bool, str], int] = {}
    for posting in postings:
        key = (posting.bucket == "lots", posting.commodity)
        totals[key] = totals.get(key, 0) + posting.amount
    return totals
