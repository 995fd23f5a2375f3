"""What an account holds, in underlying units: the figures that opening and closing are made of.

A holding stands under a key `bucket:commodity`: `cash:USDC`, `supply:ETH`, `debt:USDC`
(negative), `cost:USDT` (the settle asset inside positions) and `lots:BTC-PERP`. Buckets of
one asset add up to what the account has of it; lots keep their prefix, for a contract and
an asset may share a name. The legs of a hedged position add up to its net lots: a move
balances over all legs of an instrument, and the leg itself stands in each posting.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import pairwise
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from seawall.core.book import KINDS, RAY, SIDES, Account, Book, Side
from seawall.core.loss import Posting
from seawall.rules import LendingRules

BUCKETS = ("cash", "supply", "debt", "cost", "lots")

_Held: TypeAlias = tuple[str, Side, int]  # asset, side, scaled balance
_Lots: TypeAlias = tuple[str, int, int]  # instrument, quantity, cost


def holding_of(posting: Posting) -> str:
    """Return the key of the holding that a posting changes."""
    return f"{posting.bucket}:{posting.commodity}"


def commodity_of(key: str) -> str:
    """Return what a holding is counted in: its asset, or `lots:<instrument>` as it stands.

    >>> commodity_of("cash:USDC"), commodity_of("lots:BTC-PERP")
    ('USDC', 'lots:BTC-PERP')
    """
    return key if key.startswith("lots:") else key.partition(":")[2]


def by_commodity(buckets: Mapping[str, int]) -> dict[str, int]:
    """Add up the buckets of each commodity; what comes to zero is left out."""
    totals: dict[str, int] = {}
    for key, amount in buckets.items():
        commodity = commodity_of(key)
        totals[commodity] = totals.get(commodity, 0) + amount
    return {commodity: amount for commodity, amount in sorted(totals.items()) if amount}


def holdings(book: Book, account: Account, rules: LendingRules | None = None) -> dict[str, int]:
    """Return what an account has of each commodity, debts taken off [minor units, quantity units]."""
    return by_commodity(buckets(book, account, rules))


def buckets(book: Book, account: Account, rules: LendingRules | None = None) -> dict[str, int]:
    """Return the holdings of an account by bucket, each in underlying units.

    Args:
        book: Gives the pools (indexes) and the settle asset of each instrument.
        account: A row of the book, or of a draft over it.
        rules: Lending rules that turn scaled balances into amounts, and round them; without
            them (an exchange) a balance is its amount.

    Returns:
        Amount by key, zeros left out [asset minor units; quantity units for lots]; debts are negative.
    """
    balances = [(item.asset, item.side, item.scaled) for item in account.balances]
    positions = [(item.instrument, item.quantity, item.cost) for item in account.positions]
    return _buckets(book, balances, positions, rules)


def buckets_of(
    book: Book, names: Iterable[str], rules: LendingRules | None = None
) -> dict[str, dict[str, int]]:
    """Return the buckets of each named account, in id order; an account not in the book holds nothing.

    The columns are read once for all accounts: a row view of each would take four times as long.
    """
    found: dict[str, dict[str, int]] = {name: {} for name in sorted(names)}
    known = [name for name in found if name in book.row_of]
    rows = np.array([book.row_of[name] for name in known], dtype=np.int64)
    for name, balances, positions in zip(
        known, _balances_of(book, rows), _positions_of(book, rows), strict=True
    ):
        found[name] = _buckets(book, balances, positions, rules)
    return found


def may_be_negative(book: Book, names: Iterable[str], *, users: bool) -> frozenset[str]:
    """Return which of the named accounts have no declared sign: `venue` and `external` ones.

    With `users` (an exchange, where cash is set against the profit of positions) also the users'.
    Funds never may. Names must be in the book: ask the book after the event.
    """
    allowed = {"venue", "external", "user"} if users else {"venue", "external"}
    kinds, row = book.accounts.kind, book.row_of
    return frozenset(name for name in names if KINDS[kinds[row[name]]] in allowed)


def _buckets(
    book: Book, balances: list[_Held], positions: list[_Lots], rules: LendingRules | None
) -> dict[str, int]:
    found: dict[str, int] = {}
    pools = book.pool_of
    for asset, side, amount in balances:
        if rules and side == "supply":
            amount = rules.supply_balance(amount, pools[asset].supply_index if asset in pools else RAY)
        elif rules and side == "debt":
            amount = -rules.debt_balance(-amount, pools[asset].debt_index if asset in pools else RAY)
        key = f"{side}:{asset}"
        found[key] = found.get(key, 0) + amount
    for instrument, quantity, cost in positions:
        for key, amount in (
            (f"cost:{book.instrument(instrument).settle_asset}", cost),
            (f"lots:{instrument}", quantity),
        ):
            found[key] = found.get(key, 0) + amount
    return {key: amount for key, amount in sorted(found.items()) if amount}


def _balances_of(book: Book, rows: NDArray[np.int64]) -> Iterator[list[_Held]]:
    columns, names = book.balances, [asset.id for asset in book.assets]
    cells, ends = _cells_of(columns.start, rows)
    found = [
        (names[asset], SIDES[side], scaled)
        for asset, side, scaled in zip(
            columns.asset[cells].tolist(),
            columns.side[cells].tolist(),
            columns.scaled.ints(cells),
            strict=True,
        )
    ]
    return (found[first:end] for first, end in pairwise(ends))


def _positions_of(book: Book, rows: NDArray[np.int64]) -> Iterator[list[_Lots]]:
    columns, names = book.positions, [instrument.id for instrument in book.instruments]
    cells, ends = _cells_of(columns.start, rows)
    found = [
        (names[instrument], quantity, cost)
        for instrument, quantity, cost in zip(
            columns.instrument[cells].tolist(),
            columns.quantity.ints(cells),
            columns.cost.ints(cells),
            strict=True,
        )
    ]
    return (found[first:end] for first, end in pairwise(ends))


def _cells_of(start: NDArray[np.int64], rows: NDArray[np.int64]) -> tuple[NDArray[np.int64], list[int]]:
    # Cells of the given accounts in a column, one account after the other, and where each account ends.
    counts = start[rows + 1] - start[rows]
    ends = np.concatenate([[0], np.cumsum(counts)])
    return np.arange(ends[-1]) + np.repeat(start[rows] - ends[:-1], counts), ends.tolist()
