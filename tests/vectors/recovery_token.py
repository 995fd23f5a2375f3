"""Serve the vectors of recovery tokens: what a holder who keeps all has back after each redemption."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from seawall.core.book import Account, Asset, Balance, Book
from seawall.core.event import Event
from seawall.core.rounding import mul_div_down
from seawall.core.terms import Terms
from seawall.resolution import share_back
from seawall.waterfall.recover import Recovery
from tests.waterfall.books import terms_of

UNITS = 10**12


def redemptions(inputs: Mapping[str, Any]) -> dict[str, Any]:
    """Repay a part of what is open each time, through claims of `UNITS` in one hand."""
    book, terms = _book(), _terms()
    repaid, shown = 0, []
    for number, percent in enumerate(inputs["redeemed_pct"]):
        part = Fraction(str(percent)) / 100
        amount = mul_div_down(UNITS - repaid, part.numerator, part.denominator)
        if amount:
            recovery = Recovery("external:venue", "USD", amount)
            book = share_back(book, terms, recovery, Event(f"redemption-{number}")).after
        held = {item.asset: item.scaled for item in book.account("holder").balances}
        repaid = held.get("USD", 0)
        if held.get("CLAIM", 0) != UNITS - repaid:
            raise ValueError("claims and repayments do not add up")
        shown.append(Fraction(100 * repaid, UNITS))
    return {"cumulative_pct": shown}


def _terms() -> Terms:
    return terms_of({"kind": "recovery_claims", "claim_asset": "CLAIM"})


def _book() -> Book:
    holder = Account("holder", balances=(Balance("CLAIM", "cash", UNITS),))
    owing = Account("claims:CLAIM", kind="venue", balances=(Balance("CLAIM", "cash", -UNITS),))
    assets = [Asset("USD", 2), Asset("CLAIM", 2)]
    return Book.of([holder, owing], assets=assets, state={"claimed:CLAIM:USD": UNITS})
