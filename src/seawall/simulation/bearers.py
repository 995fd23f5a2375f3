"""Whom a storm charges for the losses of others: the columns the kernels read."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seawall.core.book import KINDS, SIDES, Book
from seawall.core.layers import GainsHaircutTerms, LayerBase, MutualiseTerms
from seawall.core.terms import Terms
from seawall.simulation.kernels.bearers import (
    BY_CASH,
    BY_GAIN,
    BY_MOVE,
    BY_SIZE,
    NOBODY,
    Bearers,
    Charged,
)
from seawall.simulation.kernels.columns import CASH
from seawall.simulation.kernels.rivals import BY_QUEUE, Rivals
from seawall.simulation.storm_book import StormBook

__all__ = ["Base", "bearers_of", "charged_by", "new_charged"]


@dataclass(frozen=True, slots=True)
class Base:
    """What a pot charges accounts by.

    Attributes:
        by: Of `kernels.bearers`; `NOBODY` where no account is charged.
        members: Ids of those who alone bear it, all when empty.
        pools: Whose losses it bears, of all when empty.
        waits: Whether it is asked once for all losses of a pass: below a layer that closes positions.
    """

    by: int = NOBODY
    members: tuple[str, ...] = ()
    pools: tuple[str, ...] = ()
    waits: bool = False


def charged_by(layer: LayerBase, terms: Terms) -> int:
    """Return what a layer charges accounts by where the storm takes it from them, else `NOBODY`.

    In a lending pool cash secures nothing, and whoever pays out of it is no nearer to failure. For claims on
    what is recovered holders get as much back as they pay, in an asset that may secure what they owe.
    """
    if terms.family != "exchange":
        return NOBODY
    if isinstance(layer, MutualiseTerms):
        return {"cash": BY_CASH, "per_unit": BY_SIZE}.get(layer.over, NOBODY)
    if isinstance(layer, GainsHaircutTerms):
        return BY_GAIN if layer.since == "entry" else BY_MOVE
    return NOBODY


def bearers_of(storm: StormBook, book: Book, bases: Sequence[Base]) -> Bearers:
    """Return who is charged by the pots of a waterfall.

    Args:
        storm: The book, laid out.
        bases: What each pot charges accounts by.
    """
    groups = sorted({base.members for base in bases if base.members})
    is_member = [np.isin(book.accounts.id.astype(str), list(group)) for group in groups]
    sorts, outside = _outside(storm, book, is_member)
    pools = sorted({item.pool for item in book.instruments})
    pools += [] if "" in pools else [""]
    cash_code = np.full(len(book.assets), -1, dtype=np.int32)
    cash = np.flatnonzero(storm.codes.item.kind == CASH)[::-1]
    cash_code[storm.codes.item.asset[cash]] = cash  # the first of an asset: what positions cost stands after
    place = [groups.index(base.members) if base.members else -1 for base in bases]
    return Bearers(
        by=np.array([base.by for base in bases], dtype=np.int8),
        waits=np.array([base.waits for base in bases], dtype=np.bool_),
        covers=np.array(
            [[not base.pools or pool in base.pools for pool in pools] for base in bases], dtype=np.bool_
        ).reshape(len(bases), len(pools)),
        group=np.array(place, dtype=np.int32),
        members=np.array([each[storm.account] for each in is_member], dtype=np.bool_).reshape(
            len(groups), len(storm)
        ),
        outside=outside,
        reaches=np.array(
            [sorts[:, number] & (base.by == BY_CASH) for base, number in zip(bases, place, strict=True)],
            dtype=np.bool_,
        ).reshape(len(bases), len(sorts)),
        cash_code=cash_code,
        no_pool=pools.index(""),
    )


def _outside(
    storm: StormBook, book: Book, is_member: Sequence[NDArray[np.bool_]]
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    # Sorts of accounts that are no rows of the storm: of which groups, and last whether a user; and their
    # cash by asset and sort [quanta].
    is_user = book.accounts.kind == KINDS.index("user")
    sorts, sort_of = np.unique(np.array([*is_member, is_user]).T, axis=0, return_inverse=True)
    is_row = np.zeros(len(book), dtype=np.bool_)
    is_row[storm.account] = True
    held = book.balances
    owner = np.repeat(np.arange(len(book)), np.diff(held.start))
    rows = np.flatnonzero((held.side == SIDES.index("cash")) & ~is_row[owner])
    asset = held.asset[rows].astype(np.int64)
    amounts = np.maximum(np.floor(held.scaled.take(rows).to_float() / storm.quantum[asset]), 0.0)
    key = asset * len(sorts) + sort_of.reshape(-1)[owner[rows]]
    total = np.bincount(key, weights=amounts, minlength=len(book.assets) * len(sorts))
    return sorts, np.asarray(total, dtype=np.float64).reshape(len(book.assets), len(sorts))


def new_charged(storm: StormBook, bearers: Bearers, rivals: Rivals) -> Charged:
    """Return a thread's own memory of charges; next to none where nobody is charged."""
    rows = len(storm) if bearers.by.any() or rivals.selection != BY_QUEUE else 0
    pools = max(int(rivals.code.pool.max(initial=-1)), bearers.no_pool) + 1
    return Charged(
        waiting=np.zeros((len(bearers.cash_code), pools), dtype=np.int64),
        is_named=np.zeros(len(storm.codes.item), dtype=np.bool_),
        weight=np.zeros(rows),
        cap=np.zeros(rows),
        outside=bearers.outside.copy(),
        before=np.zeros(len(storm.codes.item)),
        cut=np.zeros(len(storm.q) if (bearers.by == BY_MOVE).any() else 0),
    )
