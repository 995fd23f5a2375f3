"""Who is under water: a whole book at once, fast, and exact wherever fast is not certain.

Float sums carry their error bound; an account whose distance from the boundary is
within it is `unsure` and is assessed exactly. A certain flag that is wrong is a bug.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seawall.core.book import KINDS, SIDES, Book
from seawall.core.market import Basis, Market
from seawall.core.terms import Terms
from seawall.errors import InconsistentBook, Problem
from seawall.risk.assess import assess
from seawall.risk.health import Health
from seawall.risk.kernels import LIQUIDATABLE, SAFE, UNSURE
from seawall.risk.sums import Sums, exchange_columns, lending_columns

__all__ = ["LIQUIDATABLE", "SAFE", "UNSURE", "Scan", "scan"]

_USER = KINDS.index("user")


@dataclass(frozen=True, eq=False)
class Scan:
    """A book seen on one price basis; columns in whole base currency, shape (n_accounts,).

    Attributes:
        basis: Prices used.
        equity, margin_equity, requirement, debt, collateral: Float64 sums.
        error: Bound on the distance of `margin_equity - requirement` from the exact value.
        flag: SAFE or LIQUIDATABLE, after the exact pass (UNSURE only where a price is missing).
        is_insolvent: Whether equity is below zero.
        unsure_count: Accounts that had to be assessed exactly.
        exact: Exact health of those, by row.
    """

    basis: Basis
    equity: NDArray[np.float64]
    margin_equity: NDArray[np.float64]
    requirement: NDArray[np.float64]
    debt: NDArray[np.float64]
    collateral: NDArray[np.float64]
    error: NDArray[np.float64]
    flag: NDArray[np.int8]
    is_insolvent: NDArray[np.bool_]
    unsure_count: int
    exact: dict[int, Health]

    @property
    def health(self) -> NDArray[np.float64]:
        """Health: weighted collateral / debt for lending, else margin equity / requirement; inf if none."""
        owed = np.where(self.requirement > 0, self.requirement, self.debt)
        above = np.where(self.requirement > 0, self.margin_equity, self.margin_equity + self.debt)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(owed > 0, above / owed, np.inf)

    def failing(self, book: Book, market: Market, terms: Terms) -> list[Health]:
        """Return the exact health of every liquidatable account, worst first (health, then id)."""
        rows = np.flatnonzero(self.flag == LIQUIDATABLE)
        found = [
            self.exact.get(int(row)) or assess(book.account(int(row)), book, market, terms, self.basis)
            for row in rows
        ]
        return sorted(
            (health for health in found if health.is_liquidatable),
            key=lambda health: (-1 if health.health_wad is None else health.health_wad, health.account),
        )


def scan(book: Book, market: Market, terms: Terms, basis: Basis = "oracle") -> Scan:
    """Flag every user account of a book on one price basis.

    Args:
        basis: "oracle" is what the venue acts on; "market" is an independent price.

    Returns:
        Columns over all accounts; funds and outside parties are always safe.
    """
    check_family(book, terms)
    columns = lending_columns if terms.family == "lending" else exchange_columns
    sums = columns(book, market, terms, basis)
    flag = _flags(sums, book)
    insolvent = sums.equity < -sums.error
    exact: dict[int, Health] = {}
    doubtful = (flag == UNSURE) | ((np.abs(sums.equity) <= sums.error) & (flag != SAFE))
    for row in np.flatnonzero(doubtful).tolist():
        health = assess(book.account(row), book, market, terms, basis)
        exact[row] = health
        flag[row] = (
            LIQUIDATABLE if health.is_liquidatable else UNSURE if health.status == "unpriced" else SAFE
        )
        insolvent[row] = health.status == "insolvent"
    return Scan(
        basis=basis,
        equity=sums.equity,
        margin_equity=sums.margin_equity,
        requirement=sums.requirement,
        debt=sums.debt,
        collateral=sums.collateral,
        error=sums.error,
        flag=flag,
        is_insolvent=insolvent & (flag == LIQUIDATABLE),
        unsure_count=len(exact),
        exact=exact,
    )


def check_family(book: Book, terms: Terms) -> None:
    """Refuse a book that the terms cannot speak of: positions in a pool, or deposits on an exchange.

    Raises:
        InconsistentBook: With what was found (`family_mismatch`).
    """
    if terms.family == "lending":
        found, what = len(book.positions.instrument), "positions"
    else:
        found, what = int((book.balances.side != SIDES.index("cash")).sum()), "supply or debt balances"
    if found:
        rulebook = f"{terms.venue} is a rulebook of the {terms.family} family"
        message = f"{rulebook} and the book has {found} {what}: choose another"
        raise InconsistentBook.of([Problem("family_mismatch", message, book.venue)])


def _flags(sums: Sums, book: Book) -> NDArray[np.int8]:
    # Three-valued: beyond the error on either side is certain, the rest is asked exactly.
    distance = sums.margin_equity - sums.requirement
    flag = np.full(len(distance), UNSURE, dtype=np.int8)
    flag[distance > sums.error] = SAFE
    flag[distance < -sums.error] = LIQUIDATABLE
    flag[~sums.owes] = SAFE
    flag[book.accounts.kind != _USER] = SAFE
    return flag
