"""What is left after the last layer: never dropped, always booked to a named bearer.

A bearer is an account, which is charged and whose cash may go negative, or the suppliers of
a lending pool: for them nothing moves, the deficit stays booked in the pool and is theirs
until somebody funds it. Without a residual layer the bearer is `unassigned` and the deficit
stays booked all the same.

Source: Aave v3.3, Pool, the `deficit` of a reserve (what stays booked).
"""

from __future__ import annotations

from collections.abc import Sequence

from seawall.core.book import KINDS, Book
from seawall.core.layers import LayerBase, ResidualTerms
from seawall.core.loss import Default, Move, Residual
from seawall.core.parties import deficit_of
from seawall.core.terms import Terms
from seawall.errors import InvalidTerms, Problem
from seawall.waterfall.close_out import close_all
from seawall.waterfall.layer import BoundLayer, WaterfallState, payment

UNASSIGNED = "unassigned"
SUPPLIERS = "suppliers"


def stays_booked(bearer: str) -> bool:
    """Return whether a bearer is no account: the deficit then stays where it is booked."""
    return bearer == UNASSIGNED or bearer.startswith(SUPPLIERS)


def check_bearers(book: Book, terms: Terms) -> None:
    """Refuse a bearer whose account of the book may not go below zero.

    Raises:
        InvalidTerms: A bearer is a fund of the book (`bearer_is_fund`), or in lending, where cash is never
            owed, a user (`bearer_is_user`); with all of them.
    """
    problems = []
    for layer in terms.waterfall:
        row = book.row_of.get(layer.names_bearer)
        kind = "" if row is None else KINDS[book.accounts.kind[row]]
        if kind == "fund" or (kind == "user" and terms.family == "lending"):
            message = f"{layer.names_bearer} is a {kind}, which never goes below zero: name residual:NAME"
            place = f"{terms.venue}:waterfall.{layer.name}"
            problems.append(Problem(f"bearer_is_{kind}", message, place))
    if problems:
        raise InvalidTerms.of(problems)


def book_residual(
    state: WaterfallState, layers: Sequence[LayerBase], default: Default
) -> tuple[Residual, tuple[Move, ...]]:
    """Close what lots are left in the market and book the loss to its bearer.

    Args:
        layers: The residual layers of the terms; the first that covers the asset and pool names
            the bearer.
        default: What no layer bore; its loss is positive.

    Returns:
        The residual, and the moves that book it.
    """
    named = next(
        (layer for layer in layers if isinstance(layer, ResidualTerms) and BoundLayer(layer).covers(default)),
        None,
    )
    bearer = named.bearer if named else UNASSIGNED
    moves, rest = close_all(default)
    working = {
        "layer": named.name if named else UNASSIGNED,
        "kind": "residual",
        "rule": "stays booked as a deficit" if stays_booked(bearer) else "charged to the bearer",
        "inputs": {
            "loss": default.loss,
            "cash_shortfall": default.cash_shortfall,
            "lots": len(default.lots),
            "bearer": bearer,
            "deficit_account": deficit_of(default.asset),
        },
        "formula": "shortfall + takeover value - close-out value of the lots left",
        "rounding": "none",
    }
    if not stays_booked(bearer):
        moves = (*moves, Move("residual", payment(bearer, default.asset, rest.cash_shortfall), working))
    name = ":".join(part for part in (state.event_id, default.account, default.asset, default.pool) if part)
    return (
        Residual(default.account, default.asset, default.loss, bearer, default.pool, name, working),
        moves,
    )
