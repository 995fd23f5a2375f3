"""What a fall of all prices would do to a book: liquidations at risk and bad debt, drop by drop.

Gaps are those of the venue's own liquidation run to exhaustion, before any layer pays, so
that the curve can be held against the funds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise

from seawall.core.book import KINDS, Account, Book
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.resolution import Progress
from seawall.risk.bad_debt import gaps
from seawall.risk.detect import scan
from seawall.runs.summary import value_of

DROPS = tuple(Fraction(percent, 100) for percent in (0, 5, 10, 15, 20, 25, 30, 40, 50, 60))
STABLE_WITHIN = 20


@dataclass(frozen=True, slots=True)
class ShockRow:
    """One drop: accounts and value to be liquidated, and the two gaps [base currency]."""

    drop: float
    liquidatable: int
    at_risk: float
    mark_gap: float
    liquidation_gap: float


@dataclass(frozen=True, slots=True)
class Shocks:
    """All drops, the funds that stand behind the loss, and where they are used up.

    Attributes:
        fund: Cash of all fund accounts [base currency].
        break_point: Smallest drop at which the liquidation gap passes the funds, interpolated; None
            where none does.
    """

    rows: tuple[ShockRow, ...]
    fund: float
    break_point: float | None


def shock_table(
    book: Book,
    market: Market,
    terms: Terms,
    *,
    drops: Sequence[Fraction] = DROPS,
    progress: Progress | None = None,
) -> Shocks:
    """Scan the book under each drop of all prices, stable and settle assets aside."""
    rows = []
    for number, drop in enumerate(drops):
        if progress:
            progress("shocks", number, len(drops))
        rows.append(_row(book, fallen(book, market, drop), terms, float(drop)))
    fund = float(
        sum(
            value_of(book, market, balance.asset, balance.scaled)
            for account in _funds(book)
            for balance in account.balances
            if balance.side == "cash"
        )
    )
    return Shocks(tuple(rows), fund, _break_point(rows, fund))


def fallen(book: Book, market: Market, drop: Fraction) -> Market:
    """Return a market with all prices down by a fraction, stable and settle assets aside."""
    unit = 10**market.price_decimals
    settle = {item.settle_asset for item in book.instruments}
    assets = {
        name: int(price.oracle * (1 - drop))
        for name, price in market.prices.items()
        if price.oracle is not None and name not in settle and abs(price.oracle - unit) * STABLE_WITHIN > unit
    }
    marks = {
        name: int(mark.mark * (1 - drop)) for name, mark in market.marks.items() if mark.mark is not None
    }
    return market.moved(assets=assets, instruments=marks)


def _funds(book: Book) -> list[Account]:
    rows = (book.accounts.kind == KINDS.index("fund")).nonzero()[0]
    return [book.account(int(row)) for row in rows]


def _row(book: Book, market: Market, terms: Terms, drop: float) -> ShockRow:
    failing = scan(book, market, terms).failing(book, market, terms)
    scale = (failing[0].value_unit if failing else 1) * 10**market.price_decimals
    found = [gaps(health, terms) for health in failing]
    at_risk = sum(
        sum(line.notional for line in health.lines) if terms.family == "exchange" else health.debt_value
        for health in failing
    )
    return ShockRow(
        drop,
        len(failing),
        at_risk / scale,
        sum(part.mark_gap for part in found) / scale,
        sum(part.liquidation_gap for part in found) / scale,
    )


def _break_point(rows: Sequence[ShockRow], fund: float) -> float | None:
    for before, after in pairwise(rows):
        if before.liquidation_gap <= fund < after.liquidation_gap:
            share = (fund - before.liquidation_gap) / (after.liquidation_gap - before.liquidation_gap)
            return before.drop + share * (after.drop - before.drop)
    return 0.0 if rows and rows[0].liquidation_gap > fund else None
