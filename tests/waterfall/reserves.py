"""Small books with two assets: losses in USD, cash held in another asset with a price of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from seawall.core.book import Account, Asset, Balance, Book
from seawall.core.draft import Draft
from seawall.core.event import Event
from seawall.core.loss import Default, Pending
from seawall.core.market import Market, Price
from seawall.core.terms import Terms
from seawall.waterfall.waterfall import WaterfallResult, run_waterfall
from tests.waterfall.books import EVENT, terms_of

PRICE = 10**8
TWO = (Asset("USD", 2), Asset("COIN", 3))


def holder(name: str, *, parent: str = "", owner: str = "", kind: str = "fund", **cash: int) -> Account:
    """An account with cash of several assets [minor units]."""
    balances = tuple(Balance(asset, "cash", amount) for asset, amount in cash.items() if amount)
    return Account(name, owner=owner, parent=parent, kind=kind, balances=balances)  # type: ignore[arg-type]


def owing(deficit: int, *accounts: Account, **changes: Any) -> Book:
    """A book with a booked deficit of USD cents."""
    rows = [*accounts, holder("deficit:USD", kind="venue", USD=-deficit)]
    return Book.of(rows, assets=TWO, venue="test", **changes)


def priced(coin_cents: int | None, *, market_cents: int | None = None, usd: int | None = PRICE) -> Market:
    """COIN at so many cents by the oracle, and at another price in the market where given."""
    cent = PRICE // 100
    oracle = None if coin_cents is None else coin_cents * cent
    coin = Price(oracle, None if market_cents is None else market_cents * cent)
    return Market(prices={"USD": Price(usd), "COIN": coin})


def met(
    book: Book,
    layer: Mapping[str, Any] | Terms,
    *defaults: Default,
    market: Market | None = None,
    event: Event = EVENT,
) -> tuple[WaterfallResult, Draft]:
    """Run defaults down one layer, or a rulebook, over a book."""
    draft = Draft(book)
    terms = layer if isinstance(layer, Terms) else terms_of(layer)
    return run_waterfall(draft, market or priced(100), terms, defaults, event=event), draft


def loss(cents: int, name: str = "failed") -> Default:
    return Default(name, "USD", cents)


def sums(book: Book) -> dict[str, int]:
    """Cash of each asset over all accounts, outside parties included."""
    found: dict[str, int] = {}
    for row in book.rows():
        for balance in row.balances:
            found[balance.asset] = found.get(balance.asset, 0) + balance.scaled
    return {asset: amount for asset, amount in found.items() if amount}


def settled_at(book: Book, terms: Terms, at: int, **changes: Any) -> tuple[WaterfallResult, Draft]:
    """Run a later event without a loss: only what layers hold is settled."""
    return met(book, terms, event=Event(f"at-{at}", at, **changes))


def amounts(pending: Iterable[Pending]) -> list[int]:
    return [item.amount for item in pending]
