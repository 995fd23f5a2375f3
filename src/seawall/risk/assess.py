"""One account on one price basis: the way in for everything that asks how an account stands."""

from __future__ import annotations

from seawall.core.book import Account, Book
from seawall.core.market import Basis, Market
from seawall.core.terms import Terms
from seawall.risk.exchange import exchange_health
from seawall.risk.health import Health
from seawall.risk.lending import lending_health


def assess(account: Account, book: Book, market: Market, terms: Terms, basis: Basis = "oracle") -> Health:
    """Return the exact health of an account under a venue's terms.

    Args:
        account: Row view, of this book or of a draft of it.
        basis: Prices to value with; a venue's trigger always uses "oracle".
    """
    if terms.family == "lending":
        return lending_health(account, book.pool_of, book, market, terms, basis)
    return exchange_health(account, book, market, terms, basis)
