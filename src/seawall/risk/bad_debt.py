"""Bad debt, always one of four, and what a book owes in total.

mark gap: what collateral does not cover, at a price basis. liquidation gap: what is
left if the venue liquidates to exhaustion, paying its own bonus. Recognised and
uncovered come out of a resolution. Every gap is given on both price bases: under a
hard-coded oracle the gap on the oracle basis is zero.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from seawall.core.book import Book
from seawall.core.market import Basis, Market
from seawall.core.rounding import mul_div_down, mul_div_up
from seawall.core.terms import Terms
from seawall.core.units import BPS
from seawall.risk.assess import assess
from seawall.risk.detect import Scan, scan
from seawall.risk.health import Health


@dataclass(frozen=True, slots=True)
class Gaps:
    """The two gaps of one account on one basis [value units], >= 0."""

    mark_gap: int
    liquidation_gap: int


@dataclass(frozen=True, slots=True)
class DebtBreakdown:
    """What is owed of one asset [minor units].

    Attributes:
        principal: Borrowed, or the debt at the stored index where no principal is known.
        accrued: Interest on it since.
        dead: The part of both that no collateral value stands behind.
        deficit: Already recognised and still uncovered.
    """

    principal: int = 0
    accrued: int = 0
    dead: int = 0
    deficit: int = 0


@dataclass(frozen=True, slots=True)
class Restoration:
    """What would make an account safe again, each alone [value units]; 0 where it is safe.

    Attributes:
        repay: Debt repaid from outside (lending).
        deposit: Collateral added: at the threshold of each asset held, or cash for an exchange.
    """

    repay: int
    deposit: Mapping[str, int]


def gaps(health: Health, terms: Terms) -> Gaps:
    """Return the mark gap and the liquidation gap of an account, from its health on a basis.

    Lending: max(0, D - C) and, for an account that may be liquidated, max(0, D - sum C_j / LB_j).
    Exchange: max(0, -E), and the same after the slippage of closing every position (depth aside).
    """
    mark_gap = max(0, -health.equity)
    if not health.is_liquidatable:
        return Gaps(mark_gap, 0)
    if terms.family == "lending":
        pays = sum(
            mul_div_down(line.value, BPS, line.bonus_bps)
            for line in health.lines
            if line.kind == "collateral"
        )
        return Gaps(mark_gap, max(0, health.debt_value - pays))
    cost = 0
    for line in health.lines:
        if line.kind == "position":
            chosen = terms.instrument_terms(line.commodity)
            cost += mul_div_up(line.notional, chosen.close_out_slippage_bps, BPS)
    return Gaps(mark_gap, max(0, cost - health.equity))


def debt_breakdown(healths: Iterable[Health], book: Book) -> dict[str, DebtBreakdown]:
    """Sum what is owed per asset: principal, accrued, dead, and the deficit already recognised."""
    totals = {pool.asset: [0, 0, 0, pool.deficit] for pool in book.pools}
    for health in healths:
        for line in health.lines:
            if line.kind != "debt":
                continue
            row = totals.setdefault(line.commodity, [0, 0, 0, 0])
            row[0] += -line.amount - line.accrued
            row[1] += line.accrued
            row[2] += -line.amount if health.collateral_value == 0 else 0
    return {asset: DebtBreakdown(*row) for asset, row in sorted(totals.items())}


def restoration(health: Health, terms: Terms) -> Restoration:
    """Return what restores an account, exactly, rounded up."""
    if not health.is_liquidatable:
        return Restoration(0, {})
    if terms.family == "exchange":
        return Restoration(0, {"cash": max(0, health.requirement - health.margin_equity)})
    missing = health.debt_value * BPS - health.weighted_value
    deposit = {
        line.commodity: mul_div_up(missing, 1, line.threshold_bps)
        for line in health.lines
        if line.kind == "collateral" and missing > 0
    }
    return Restoration(max(0, mul_div_up(missing, 1, BPS)), deposit)


def book_gaps(
    book: Book, market: Market, terms: Terms, basis: Basis = "oracle", found: Scan | None = None
) -> Gaps:
    """Sum the gaps of a whole book on one basis, exactly; safe accounts have none.

    Without any liquidation this is where the book stands: the do-nothing counterfactual.

    Args:
        found: A scan of the same book on the same basis, if there is one already.
    """
    seen = scan(book, market, terms, basis) if found is None else found
    parts = [gaps(health, terms) for health in seen.failing(book, market, terms)]
    return Gaps(sum(part.mark_gap for part in parts), sum(part.liquidation_gap for part in parts))


def account_gaps(book: Book, market: Market, terms: Terms, account: str) -> tuple[Gaps, Gaps]:
    """Return the gaps of one account on the oracle and on the market basis."""
    row = book.account(account)
    oracle, independent = (assess(row, book, market, terms, basis) for basis in ("oracle", "market"))
    return gaps(oracle, terms), gaps(independent, terms)
