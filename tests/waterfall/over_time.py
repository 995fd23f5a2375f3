"""Books with a second asset, and one waterfall after another over the same book."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from seawall.core.book import Account, Asset, Balance, Book
from seawall.core.draft import Draft
from seawall.core.event import Bid, Event, Withdrawal
from seawall.core.loss import Default
from seawall.core.terms import Terms
from seawall.waterfall.waterfall import WaterfallResult, run_waterfall
from tests.waterfall.books import PERP, SIDE, USD, book_of, market_of

GOV = Asset("GOV", 3)
CLAIM = Asset("CLAIM", 2)
SHARE = Asset("SHARE", 2)
DAY = 86_400


def holder(name: str, *, usd: int = 0, kind: str = "user", parent: str = "", **other: int) -> Account:
    """Cash in cents of USD, and in minor units of other assets."""
    held = {"USD": usd, **other}
    balances = tuple(Balance(asset, "cash", amount) for asset, amount in held.items() if amount)
    return Account(name, parent=parent, kind=kind, balances=balances)  # type: ignore[arg-type]


def book_with(accounts: Iterable[Account], *defaults: Default, at: int = 0) -> Book:
    """As `book_of`, with GOV, CLAIM and SHARE beside USD."""
    book = book_of([], defaults)
    rows = [*accounts, *book.rows()]
    assets = [USD, GOV, CLAIM, SHARE]
    return Book.of(rows, assets=assets, instruments=[PERP, SIDE], venue="test", as_of=at)


@dataclass(frozen=True)
class Story:
    """A book on its way through events; each step returns the next chapter and its result."""

    book: Book
    terms: Terms
    result: WaterfallResult = field(default_factory=WaterfallResult)

    def then(
        self,
        at: int,
        *defaults: Default,
        bids: Iterable[Bid] = (),
        withdrawals: Iterable[Withdrawal] = (),
        name: str = "",
    ) -> Story:
        event = Event(name or f"event-{at}", at, bids=tuple(bids), withdrawals=tuple(withdrawals))
        draft = Draft(self.book)
        result = run_waterfall(draft, market_of(), self.terms, defaults, event=event)
        return Story(replace(draft.book_after(), as_of=at), self.terms, result)

    def cash(self, name: str, asset: str = "USD") -> int:
        return Draft(self.book).cash(name, asset)

    def cents(self) -> Mapping[str, int]:
        """USD cash of everybody who has or owes some."""
        return {row.id: cash for row in self.book.rows() if (cash := self.cash(row.id))}
