"""Draws that both synthetic venues share."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seawall.adapters.words import Words, multiplied
from seawall.core.book import KINDS, MODES, AccountColumns, AccountKind, Book
from seawall.core.market import Market
from seawall.core.money import Amounts
from seawall.core.terms import Terms

__all__ = ["AS_OF", "USD", "Venue", "account_columns", "distinct", "joined", "random_units", "sizes"]

Venue = tuple[Book, Market, Terms]
USD = 10**8
AS_OF = 1_760_130_000
_EXACT_DIGITS = 9


def sizes(rng: np.random.Generator, count: int, log_mean: float, log_sd: float) -> NDArray[np.float64]:
    """Return account sizes [USD]: log-normal, one in a hundred forty times as large."""
    drawn: NDArray[np.float64] = np.exp(rng.normal(log_mean, log_sd, count)) * np.where(
        rng.random(count) < 0.01, 40, 1
    )
    return drawn


def distinct(
    rng: np.random.Generator, weights: Sequence[float], how_many: NDArray[np.int64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Draw for each account some different items, likelier ones more often.

    Sorting log-weights plus Gumbel noise draws without replacement.

    Returns:
        (account, item) of each draw, in order of account, shape (sum of how_many,).
    """
    noise = np.log(np.array(weights)) + rng.gumbel(size=(len(how_many), len(weights)))
    ranked = np.argsort(-noise, axis=1)
    chosen = np.arange(len(weights)) < how_many[:, None]
    account = np.repeat(np.arange(len(how_many)), how_many)
    return account, ranked[chosen]


def random_units(
    rng: np.random.Generator, whole: NDArray[np.float64], decimals: NDArray[np.int64]
) -> Amounts:
    """Return quantities of tokens in smallest units; digits a float does not hold are random, at least 1."""
    words: Words = np.zeros((len(whole), 2), dtype=np.uint64)
    for places in np.unique(decimals).tolist():
        rows = np.flatnonzero(decimals == places)
        exact = min(places, _EXACT_DIGITS)
        part = multiplied(
            Amounts.of_int64(np.rint(whole[rows] * 10.0**exact).astype(np.int64)).words, places - exact
        )
        extra = rng.integers(1, 10 ** (places - exact) + 1, len(rows)).astype(np.uint64)
        low = part[:, 0] + extra
        words[rows] = np.stack([low, part[:, 1] + (low < extra)], axis=1)
    return Amounts(words)


def account_columns(
    names: Sequence[str],
    *,
    owners: Sequence[str] = (),
    kind: AccountKind = "user",
    isolated: NDArray[np.bool_] | None = None,
    collateral_set: NDArray[np.int32] | None = None,
) -> AccountColumns:
    """Return the columns of accounts, each its own owner unless said otherwise."""
    count = len(names)
    mode = np.zeros(count, dtype=np.int8) if isolated is None else isolated.astype(np.int8)
    return AccountColumns(
        id=np.array(names, dtype=object),
        owner=np.array(owners or names, dtype=object),
        parent=np.full(count, "", dtype=object),
        kind=np.full(count, KINDS.index(kind), dtype=np.int8),
        margin_mode=mode * np.int8(MODES.index("isolated")),
        collateral_set=np.full(count, -1, dtype=np.int32) if collateral_set is None else collateral_set,
    )


def joined(parts: Sequence[AccountColumns]) -> AccountColumns:
    """Put account columns one after the other."""
    fields = ("id", "owner", "parent", "kind", "margin_mode", "collateral_set")
    return AccountColumns(
        **{name: np.concatenate([getattr(part, name) for part in parts]) for name in fields}
    )
