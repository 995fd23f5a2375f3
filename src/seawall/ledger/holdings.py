"""What an account holds, in underlying units: the figures that opening and closing are made of.

A holding stands under a key `bucket:commodity`: `cash:USDC`, `supply:ETH`, `debt:USDC`
(negative), `cost:USDT` (the settle asset inside positions) and `lots:BTC-PERP`. Buckets of
one asset add up to what the account has of it; lots keep their prefix, for a contract and
an asset may share a name. The legs of a hedged position add up to its net lots: a move
balances over all legs of an instrument, and the leg itself stands in each posting.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from seawall.core.book import KINDS, RAY, Account, Balance, Book
from seawall.core.loss import Posting
from seawall.rules import LendingRules

BUCKETS = ("cash", "supply", "debt", "cost", "lots")


def key_of(posting: Posting) -> str:
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
    found: dict[str, int] = {}
    for balance in account.balances:
        _add(found, f"{balance.side}:{balance.asset}", _underlying(book, balance, rules))
    for position in account.positions:
        _add(found, f"cost:{book.instrument(position.instrument).settle_asset}", position.cost)
        _add(found, f"lots:{position.instrument}", position.quantity)
    return {key: amount for key, amount in sorted(found.items()) if amount}


def buckets_of(
    book: Book, names: Iterable[str], rules: LendingRules | None = None
) -> dict[str, dict[str, int]]:
    """Return the buckets of each named account, in id order; an account not in the book holds nothing."""
    known = book.row_of
    return {name: buckets(book, book.account(name), rules) if name in known else {} for name in sorted(names)}


def may_be_negative(book: Book, names: Iterable[str], *, users: bool) -> frozenset[str]:
    """Return which of the named accounts have no declared sign: `venue` and `external` ones.

    With `users` (an exchange, where cash is set against the profit of positions) also the users'.
    Funds never may. Names must be in the book: ask the book after the event.
    """
    allowed = {"venue", "external", "user"} if users else {"venue", "external"}
    kinds, row = book.accounts.kind, book.row_of
    return frozenset(name for name in names if KINDS[kinds[row[name]]] in allowed)


def _underlying(book: Book, balance: Balance, rules: LendingRules | None) -> int:
    if rules is None or balance.side == "cash":
        return balance.scaled
    pool = book.pool_of.get(balance.asset)
    if balance.side == "supply":
        return rules.supply_balance(balance.scaled, pool.supply_index if pool else RAY)
    return -rules.debt_balance(-balance.scaled, pool.debt_index if pool else RAY)


def _add(found: dict[str, int], key: str, amount: int) -> None:
    found[key] = found.get(key, 0) + amount
