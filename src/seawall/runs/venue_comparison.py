"""The same book and shock under several rulebooks: who would have lost what.

An account's wealth is its equity at market prices, or nothing when that is negative, and what it holds
that secures nothing. What it owes beyond what secures it is a hole that others fill, or that stays in
the book. So under every rulebook

    hole before = lost by users and funds, less gained outside + hole left

where all accounts have prices, and rulebooks differ in who fills it. A venue that recognises no bad
debt leaves it where it is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.core.book import KINDS, Book
from seawall.errors import InconsistentBook, InputError, Problem
from seawall.resolution import Resolution
from seawall.risk.detect import scan
from seawall.risk.sums import unpledged_values
from seawall.runs.value import money

__all__ = ["GROUPS", "VenueComparison", "VenueOutcome", "compare_venues"]

Floats = NDArray[np.float64]
GROUPS: Mapping[str, str] = {
    "liquidated": "accounts that were liquidated",
    "users": "all other users",
    "funds": "funds",
    "outside": "liquidators, and the venue itself",
}


@dataclass(frozen=True, eq=False)
class VenueOutcome:
    """What one rulebook did to a book; values in base currency at market prices.

    Attributes:
        wealth_before, wealth_after: Of the accounts that were there before, in their order.
        lost: By each of `GROUPS`, accounts that came into being included; negative is a gain.
        hole_before, hole_after: What accounts owe beyond what they have.
        unpriced: Accounts that no price values; they are in no other figure.
    """

    resolution: Resolution
    wealth_before: Floats
    wealth_after: Floats
    lost: Mapping[str, float]
    hole_before: float
    hole_after: float
    unpriced: int

    @property
    def venue(self) -> str:
        """Name of the rulebook."""
        return self.resolution.terms.venue

    @property
    def lost_by_account(self) -> Floats:
        """What each account lost, in the order of the book before."""
        return self.wealth_before - self.wealth_after


@dataclass(frozen=True, eq=False)
class VenueComparison:
    """Outcomes side by side, in the order asked for."""

    outcomes: tuple[VenueOutcome, ...]

    @property
    def book(self) -> Book:
        """The book before, the same for all."""
        return self.outcomes[0].resolution.before

    @cached_property
    def spread(self) -> Floats:
        """How far apart the rulebooks put each account."""
        lost = np.stack([item.lost_by_account for item in self.outcomes])
        apart: Floats = np.ptp(lost, axis=0)
        return apart

    def differing(self, cents_min: int = 1) -> NDArray[np.intp]:
        """Return the rows of users whom rulebooks treat differently, the most first (ties by id)."""
        is_user = self.book.accounts.kind == KINDS.index("user")
        rows = np.flatnonzero(is_user & (self.spread >= cents_min / 100))
        return rows[np.argsort(-self.spread[rows], kind="stable")]

    def rows(self, limit: int | None = None) -> Iterator[dict[str, Any]]:
        """Yield `account` and what it lost under each venue, the widest apart first."""
        for row in self.differing()[:limit].tolist():
            lost = {item.venue: _money(item.lost_by_account[row]) for item in self.outcomes}
            yield {"account": self.book.accounts.id[row], "lost": lost}

    def document(self, limit: int = 50) -> dict[str, Any]:
        """Return the comparison as plain data; amounts are decimal strings in base currency."""
        return {
            "venues": [_document(item) for item in self.outcomes],
            "accounts_treated_differently": len(self.differing()),
            "accounts": list(self.rows(limit)),
        }


def compare_venues(resolutions: Sequence[Resolution]) -> VenueComparison:
    """Lay resolutions of one book and shock under different rulebooks side by side.

    Raises:
        InputError: There are none.
        InconsistentBook: The resolutions are not of the same accounts (`different_books`).
    """
    if not resolutions:
        raise InputError("nothing to compare: give at least one resolution", code="empty")
    first = resolutions[0].before
    for item in resolutions[1:]:
        if not np.array_equal(item.before.accounts.id, first.accounts.id):
            message = f"{item.terms.venue} resolved other accounts than {resolutions[0].terms.venue}"
            raise InconsistentBook.of([Problem("different_books", message, item.before.venue)])
    return VenueComparison(tuple(_outcome(item) for item in resolutions))


def _outcome(resolution: Resolution) -> VenueOutcome:
    before, after = resolution.before, resolution.after
    (opening, idle), (closing, idle_after) = (_worth(resolution, book) for book in (before, after))
    row_of = after.row_of
    same = np.array([row_of[name] for name in before.accounts.id], np.intp)
    unpriced = ~np.isfinite(opening + idle)
    opening[unpriced], closing[same[unpriced]] = 0, 0
    wealth_before = np.maximum(opening, 0) + np.where(unpriced, 0, idle)
    wealth = np.maximum(closing, 0) + idle_after
    wealth[same[unpriced]] = 0
    gained = wealth.copy()
    gained[same] -= wealth_before
    return VenueOutcome(
        resolution=resolution,
        wealth_before=wealth_before,
        wealth_after=wealth[same],
        lost={name: -float(gained[rows].sum()) for name, rows in _groups(resolution).items()},
        hole_before=float(np.maximum(-opening, 0).sum()),
        hole_after=float(np.maximum(-closing, 0).sum()),
        unpriced=int(unpriced.sum()),
    )


def _worth(resolution: Resolution, book: Book) -> tuple[Floats, Floats]:
    # Equity as the venue counts it, and what stands beside it.
    market, terms = resolution.market, resolution.terms
    equity = scan(book, market, terms, "market").equity.copy()
    if terms.family == "lending":
        idle = unpledged_values(book, market, terms, "market")
        return equity + np.minimum(idle, 0), np.maximum(idle, 0)  # a deficit is booked as negative cash
    return equity, np.zeros_like(equity)


def _groups(resolution: Resolution) -> dict[str, NDArray[np.bool_]]:
    # Accounts of the book after, each in one of GROUPS.
    after = resolution.after
    is_user, is_fund = (after.accounts.kind == KINDS.index(kind) for kind in ("user", "fund"))
    called = np.zeros(len(after.accounts.kind), np.bool_)
    called[[after.row_of[item.account] for item in resolution.liquidations]] = True
    found = (is_user & called, is_user & ~called, is_fund, ~is_user & ~is_fund)
    return dict(zip(GROUPS, found, strict=True))


def _document(item: VenueOutcome) -> dict[str, Any]:
    resolution = item.resolution
    return {
        "venue": item.venue,
        "title": resolution.terms.title or item.venue,
        "liquidated": len(resolution.liquidations),
        "defaults": len(resolution.defaults),
        "hole_before": _money(item.hole_before),
        "lost": {name: _money(value) for name, value in item.lost.items()},
        "hole_left": _money(item.hole_after),
        "hit": int((item.lost_by_account >= 0.01).sum()),
        "unpriced": item.unpriced,
        "journal_head": resolution.journal.head,
    }


def _money(value: float) -> str:
    return money(Fraction(float(value)))
