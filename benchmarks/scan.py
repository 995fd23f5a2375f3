"""`seawall.risk.detect.scan` against a bare NumPy computation of the same columns.

NumPy starts from float64 arrays, codes and tables that are ready; Seawall reads its 128-bit columns
and also bounds the error of every account, so that no flag is wrong and the doubtful are asked exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from benchmarks import books
from benchmarks.measure import Claim, Contender, Row, compare
from seawall.core.book import Book
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.core.units import BPS
from seawall.risk import sums
from seawall.risk.detect import LIQUIDATABLE, Scan, scan
from seawall.venues import load_terms

Floats = NDArray[np.float64]
Columns = tuple[Floats, Floats, Floats, Floats, Floats, NDArray[np.bool_], NDArray[np.bool_]]
Bare = Callable[[], Columns]

LARGE, SMALL, BOUNDARY = 1_000_000, 1_000, 20_000


def rows(rounds: int) -> Iterator[Row]:
    """Measure large books, small books, the fall-back without numba, and books at the boundary."""
    yield from _lending_rows(rounds)
    yield from _exchange_rows(rounds)


def _lending_rows(rounds: int) -> Iterator[Row]:
    terms, market = books.lending_terms(), books.lending_market()
    aave = books.lending_terms("aave_v3_0_2")
    large = books.lending_book(_healths(LARGE), np.random.default_rng(1))
    title = f"{LARGE:,} lending accounts x 3 balances, against bare NumPy"
    yield compare(_claim("scan.lending", title, large, market, terms, 0.8), rounds)
    says = f"{LARGE:,} accounts under Aave 3.0.2, whose rounding leaves more in doubt"
    yield compare(_claim("scan.aave", says, large, market, aave), rounds)
    yield compare(_without_numba("scan.numpy", large, market, terms), rounds)
    del large
    small = books.lending_book(_healths(SMALL), np.random.default_rng(2))
    yield compare(_claim("scan.small", f"{SMALL:,} lending accounts", small, market, terms, repeat=9), rounds)
    edge = books.lending_book(np.ones(BOUNDARY), np.random.default_rng(3))
    says = f"{BOUNDARY:,} lending accounts, every one at health 1 and asked exactly"
    yield compare(_claim("scan.edge", says, edge, market, terms, is_favourable=False), rounds)


def _exchange_rows(rounds: int) -> Iterator[Row]:
    terms, market = load_terms("linear_perp"), books.exchange_market()
    large = books.exchange_book(_healths(LARGE), np.random.default_rng(1), terms)
    title = f"{LARGE:,} margin accounts x 2 positions and cash, against bare NumPy"
    yield compare(_claim("scan.exchange", title, large, market, terms, 0.8), rounds)
    yield compare(_without_numba("scan.exchange.numpy", large, market, terms), rounds)
    large = books.with_funding(large, np.random.default_rng(2))
    says = f"{LARGE:,} margin accounts, every position with funding to settle"
    yield compare(_claim("scan.funding", says, large, market, terms, is_favourable=False), rounds)
    del large
    edge = books.exchange_book(np.ones(BOUNDARY), np.random.default_rng(3), terms)
    says = f"{BOUNDARY:,} margin accounts, every one at its requirement and asked exactly"
    yield compare(_claim("scan.exchange.edge", says, edge, market, terms, is_favourable=False), rounds)


def _healths(count: int) -> Floats:
    # A few percent below 1, most far above.
    healths: Floats = 0.97 * np.exp(np.random.default_rng(7).gamma(1.6, 0.28, count))
    return healths


def _claim(
    name: str,
    says: str,
    book: Book,
    market: Market,
    terms: Terms,
    target: float | None = None,
    *,
    repeat: int = 1,
    is_favourable: bool = True,
) -> Claim:
    bare = (lending_in_numpy if terms.family == "lending" else exchange_in_numpy)(book, terms)

    def ours() -> tuple[Scan, Floats]:
        for _ in range(repeat - 1):
            _ = scan(book, market, terms).health
        found = scan(book, market, terms)
        return found, found.health

    def peer() -> Columns:
        for _ in range(repeat - 1):
            bare()
        return bare()

    def remark(answer: tuple[Scan, Floats]) -> str:
        failing = int((answer[0].flag == LIQUIDATABLE).sum())
        unsure = answer[0].unsure_count / len(book)
        return f"{failing / len(book):.2%} liquidatable, {unsure:.3%} asked exactly"

    return Claim(
        name,
        says,
        Contender("seawall", ours),
        Contender("numpy", peer),
        _differences,
        repeat,
        target,
        is_favourable,
        remark,
    )


def _without_numba(name: str, book: Book, market: Market, terms: Terms) -> Claim:
    claim = _claim(name, f"the same {terms.family} book without numba installed", book, market, terms)

    def interpreted() -> tuple[Scan, Floats]:
        with patch.object(sums, "compiled", lambda loop: None):
            answer: tuple[Scan, Floats] = claim.ours.run()
            return answer

    ours = Contender("seawall", interpreted)
    return replace(claim, ours=ours, target=None, is_favourable=False)


def lending_in_numpy(book: Book, terms: Terms) -> Bare:
    """Return the bare computation over a lending book, all arrays ready."""
    columns, first = book.balances, book.balances.start[:-1]
    amount = columns.scaled.to_float()
    code = columns.asset * 3 + columns.side
    per_unit = np.array([books.PRICES_USD[item.id] / item.unit for item in book.assets])
    worth = np.stack([per_unit, per_unit * 1.03, per_unit * 1.05], axis=1).ravel()
    threshold = np.array([terms.assets[item.id].threshold_bps / BPS for item in book.assets])
    weight = np.stack([threshold, threshold, np.ones(len(threshold))], axis=1).ravel()

    def bare() -> Columns:
        value = amount * worth[code]
        equity = np.add.reduceat(value, first)
        margin = np.add.reduceat(value * weight[code], first)
        debt = -np.add.reduceat(np.minimum(value, 0.0), first)
        with np.errstate(divide="ignore", invalid="ignore"):
            health = np.where(debt > 0.0, (margin + debt) / debt, np.inf)
        return equity, margin, debt, equity + debt, health, margin < 0.0, equity < 0.0

    return bare


def exchange_in_numpy(book: Book, terms: Terms) -> Bare:
    """Return the bare computation over an exchange book, all arrays ready."""
    held, first = book.positions, book.positions.start[:-1]
    cash, quantity, cost = book.balances.scaled.to_float(), held.quantity.to_float(), held.cost.to_float()
    mark_worth = np.array([usd / 1e6 for usd in books.MARKS_USD.values()])
    now = book.instruments[0].funding_index
    paid = held.funding_index.to_float() if held.funding_index is not None else np.full(len(cost), now)
    change = (now - paid) * 1e-18

    def bare() -> Columns:
        worth = quantity * mark_worth[held.instrument]
        profit = worth + cost * 1e-6
        if now:
            profit -= quantity * change
        equity = cash * 1e-6 + np.add.reduceat(profit, first)
        required = np.add.reduceat(books.bracket_requirement(np.abs(worth), terms), first)
        with np.errstate(divide="ignore", invalid="ignore"):
            health = np.where(required > 0.0, equity / required, np.inf)
        return equity, equity, required, equity, health, equity < required, equity < 0.0

    return bare


def _differences(mine: tuple[Scan, Floats], theirs: Columns) -> list[str]:
    # Sums to rounding; flags wherever the bare sums are certain (the rest only Seawall knows).
    found, health = mine
    equity, margin, owed, collateral, bare_health, fails, insolvent = theirs
    mine_owed = found.requirement if found.requirement.any() else found.debt
    scale = np.abs(collateral) + owed + 1.0
    wrong = [
        f"{name} differs by up to {np.max(np.abs(a - b) / scale):.1e} of the account"
        for name, a, b in (
            ("equity", found.equity, equity),
            ("margin equity", found.margin_equity, margin),
            ("debt or requirement", mine_owed, owed),
            ("collateral", found.collateral, collateral),
        )
        if np.max(np.abs(a - b) / scale) > 1e-9
    ]
    if not np.allclose(health, bare_health, rtol=1e-9, atol=1e-9):
        wrong.append("health differs")
    certain = np.abs(found.margin_equity - found.requirement) > found.error
    if ((found.flag == LIQUIDATABLE) != fails)[certain].any():
        wrong.append("flags differ where the sums are certain")
    if (found.is_insolvent != (insolvent & fails))[certain & (np.abs(equity) > found.error)].any():
        wrong.append("insolvency differs where the sums are certain")
    return wrong
