"""Whose positions a storm may close to bear the losses of others: the columns the kernels read."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.core.book import Book
from seawall.core.layers import AdlTerms, TearUpTerms, in_ranks
from seawall.core.loss import Default
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.core.units import BPS
from seawall.risk.exchange import VALUE_DECIMALS
from seawall.simulation.kernels import rivals as names
from seawall.simulation.kernels.columns import LONG, SHORT, Cohorts
from seawall.simulation.kernels.rivals import ENTRY, LOT, PLACE, RIVAL, Rivals, Winners
from seawall.simulation.storm_book import StormBook
from seawall.waterfall.layer import BoundLayer

__all__ = ["closing_layer", "new_winners", "no_rivals", "rivals_of"]

_SCORES = {
    "bitmex": names.BITMEX,
    "binance": names.BINANCE,
    "okx": names.OKX,
    "hyperliquid": names.HYPERLIQUID,
    "pnl": names.PNL,
    "size": names.SIZE,
    "leverage": names.LEVERAGE,
}
_PRICES = {"takeover": names.AT_TAKEOVER, "mark": names.AT_MARK, "threshold": names.AT_THRESHOLD}


def closing_layer(terms: Terms) -> AdlTerms | TearUpTerms | None:
    """Return the first layer that closes positions as the storm does, None without one."""
    if terms.family != "exchange":
        return None
    layers = (layer for group in in_ranks(terms.waterfall) for layer in group)
    closing = (layer for layer in layers if isinstance(layer, AdlTerms | TearUpTerms))
    return next((layer for layer in closing if is_fed_back(layer)), None)


def is_fed_back(layer: AdlTerms | TearUpTerms) -> bool:
    """Return whether a storm closes what a layer closes: at a price that it knows, and nobody by draw."""
    return layer.execution in _PRICES and layer.share_bps == BPS and layer.selection != "random"


def selection_of(layer: AdlTerms | TearUpTerms | None) -> int:
    """Return whom a layer closes."""
    if isinstance(layer, TearUpTerms):
        return names.ALL_BY_SIZE
    if layer is None or layer.selection == "queue":
        return names.BY_QUEUE
    return names.WINNERS_BY_SIZE if layer.score == "size" else names.WINNERS_BY_PROFIT


def no_rivals() -> Rivals:
    """Return what a venue has that closes nobody's positions."""
    return Rivals(
        code=np.zeros(0, dtype=RIVAL).view(np.recarray),
        place=np.zeros(0, dtype=PLACE).view(np.recarray),
        cost=np.zeros(0),
        funding=np.zeros(0),
        pot=-1,
        selection=names.BY_QUEUE,
        score=0,
        execution=0,
        threshold=1.0,
        unit=1.0,
        owner=np.zeros(0, dtype=np.int64),
    )


def rivals_of(storm: StormBook, book: Book, market: Market, terms: Terms, pot: int) -> Rivals:
    """Return who stands on the other side of whom.

    Args:
        storm: The book laid out, with the cost of its positions.
        pot: Pot of the layer that closes positions, -1 for none.
    """
    codes, layer = storm.codes.item, closing_layer(terms)
    table = np.zeros(len(codes), dtype=RIVAL).view(np.recarray)
    table["other"], table["pool"], table["lot"] = -1, -1, 1.0
    pools = sorted({item.pool for item in book.instruments})
    covers = BoundLayer(layer).covers if layer is not None else lambda default: False
    for code in np.flatnonzero((codes.kind == LONG) | (codes.kind == SHORT)).tolist():
        item = book.instrument(storm.name[code])
        same = [other for other, name in enumerate(storm.name) if name == item.id and other != code]
        table["other"][code] = same[0] if same else -1
        table["pool"][code] = pools.index(item.pool)
        quantum = storm.quantum[len(book.assets) + book.instrument_row[item.id]]
        table["lot"][code] = max(1.0, np.ceil(item.lot / quantum))
        table["is_covered"][code] = covers(Default("storm", item.settle_asset, 1, pool=item.pool))
    place = _places(storm.cohorts, table)
    if layer is not None:
        held = np.bincount(storm.cohorts.code, minlength=len(codes))
        table.room = np.where((codes.kind == LONG) | (codes.kind == SHORT), held, 0)
        table.heap = np.cumsum(table.room) - table.room
    return Rivals(
        code=table,
        place=place,
        cost=storm.cost,
        funding=storm.funding,
        pot=pot,
        selection=selection_of(layer),
        score=_SCORES[layer.score] if isinstance(layer, AdlTerms) else 0,
        execution=_PRICES[layer.execution] if layer is not None else 0,
        threshold=layer.threshold_price_bps / BPS if layer is not None else 1.0,
        unit=10.0 ** (VALUE_DECIMALS + market.price_decimals),
        owner=_owners(storm, book, layer),
    )


def _owners(storm: StormBook, book: Book, layer: AdlTerms | TearUpTerms | None) -> NDArray[np.int64]:
    if not (isinstance(layer, AdlTerms) and layer.exclude_same_owner):
        return np.zeros(0, dtype=np.int64)
    owner = book.accounts.owner[storm.account].astype(str)
    return np.where(owner == "", -1, np.unique(owner, return_inverse=True)[1].reshape(-1)).astype(np.int64)


def _places(cohorts: Cohorts, table: np.recarray[Any, Any]) -> np.recarray[Any, Any]:
    # (cohort, offset) of every code, code by code; fills `first` and `last`.
    offset = np.concatenate([np.arange(width) for width in cohorts.width.tolist()] or [np.zeros(0, int)])
    cohort = np.repeat(np.arange(len(cohorts.width)), cohorts.width)
    code = cohorts.code[cohorts.leg_first[cohort] + offset] if len(cohort) else np.zeros(0, dtype=np.int32)
    order = np.argsort(code, kind="stable")
    place = np.zeros(len(order), dtype=PLACE).view(np.recarray)
    place.cohort, place.offset = cohort[order], offset[order]
    table.last = np.searchsorted(code[order], np.arange(len(table)), side="right")
    table.first = np.searchsorted(code[order], np.arange(len(table)), side="left")
    return place


def new_winners(storm: StormBook, rivals: Rivals) -> Winners:
    """Return a thread's own memory of those who are closed; next to none where nobody is."""
    rows = len(storm)
    closes = rivals.pot >= 0
    return Winners(
        cost=rivals.cost.copy(),
        funding=rivals.funding,
        entry=np.zeros(int(rivals.code.room.sum()), dtype=ENTRY).view(np.recarray),
        items=np.zeros(len(rivals.code), dtype=np.int64),
        made=np.zeros(len(rivals.code), dtype=np.int64),
        stamp=np.zeros(rows if closes else 0, dtype=np.int32),
        lot=np.zeros(int(storm.cohorts.width.max(initial=1)), dtype=LOT).view(np.recarray),
        counters=np.array([0, 0, -1], dtype=np.int64),
    )
