"""From a book to the sums over all its accounts, as a storm keeps them where each is judged by all."""

from __future__ import annotations

import numpy as np

from seawall.core.book import Book
from seawall.core.draft import Draft
from seawall.core.terms import Terms
from seawall.errors import Problem, UnsupportedFeature
from seawall.rules import hand_over_rules
from seawall.simulation.kernels.columns import COLLATERAL, DEBT
from seawall.simulation.kernels.together import FIGURES, Together
from seawall.simulation.storm_book import StormBook

__all__ = ["new_together", "together_of"]


def together_of(book: Book, terms: Terms, storm: StormBook) -> Together:
    """Return the sums over all accounts at the start; empty ones where accounts are judged alone.

    Raises:
        UnsupportedFeature: Accounts that are handed over owe several assets, or hold one asset in several
            collateral sets (`storm_policy`).
    """
    codes, assets = len(storm.codes.item), len(book.assets)
    figure = np.zeros(1, dtype=FIGURES).view(np.recarray)
    held = np.zeros(0)
    if terms.family == "lending" and hand_over_rules(terms.rules) is not None:
        _check(book, terms, storm)
        held = np.bincount(storm.cohorts.code, weights=storm.q, minlength=codes).astype(np.float64)
        figure.accounts_at_start[0] = len(storm)
        figure.coins_at_start[0] = _coins(book, terms, storm)
    return Together(
        held, held.copy(), figure, np.zeros(assets), np.zeros(assets), np.zeros(codes), np.zeros(codes)
    )


def new_together(start: Together) -> Together:
    """Return sums of a thread's own."""
    return start._replace(**{name: column.copy() for name, column in start._asdict().items()})


def _coins(book: Book, terms: Terms, storm: StormBook) -> float:
    # What is reserved for liquidators, in quanta of the debt.
    owed = np.flatnonzero(storm.codes.item.kind == DEBT)
    if not len(owed):
        return 0.0
    row = int(storm.codes.item.asset[owed[0]])
    asset = book.assets[row]
    reserved = max(0, Draft(book).cash(terms.split.fee_account, asset.id))
    return float(np.floor(reserved / asset.unit * storm.codes.item.unit[owed[0]]))


def _check(book: Book, terms: Terms, storm: StormBook) -> None:
    item = storm.codes.item
    problems = []
    owed = sorted({book.assets[row].id for row in item.asset[item.kind == DEBT].tolist()})
    if len(owed) > 1:
        message = f"accounts owe {', '.join(owed)}, and a storm hands over debts in one asset"
        problems.append(Problem("storm_policy", f"{message}: make a book of each", book.venue))
    for kind, what in ((COLLATERAL, "hold"), (DEBT, "owe")):
        places = list(
            zip(item.asset[item.kind == kind].tolist(), item.index[item.kind == kind].tolist(), strict=True)
        )
        twice = sorted({book.assets[row].id for row, index in places if places.count((row, index)) > 1})
        if twice:
            message = f"accounts in several collateral sets {what} {', '.join(twice)}"
            problems.append(
                Problem(
                    "storm_policy", f"{message}: the venue judges all alike, leave the sets out", book.venue
                )
            )
    if terms.sale.kind != "hand_over":
        message = f"{terms.rules} judges each account by all, and the storm serves that by hand_over alone"
        problems.append(Problem("storm_policy", f"{message}: set sale.kind = hand_over", "sale.kind"))
    if problems:
        raise UnsupportedFeature.of(problems)
