"""Who can be deleveraged: solvent user accounts with an open profit, ranked by the venue's score.

A ranking is one side of one instrument. It is made once in a run and follows the draft: what
a move touched is valued again when the ranking is next asked, nothing else is.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

import numpy as np

from seawall.allocation.proportional import tie_keys
from seawall.allocation.queue import score_key
from seawall.core.book import KINDS, LEGS, Book, Position
from seawall.core.draft import Draft
from seawall.core.loss import Leg
from seawall.core.parties import MARKET
from seawall.errors import UnsupportedFeature
from seawall.risk.assess import assess
from seawall.risk.exchange import funding_due, position_worth
from seawall.risk.health import Health
from seawall.rules import deleverage_scores, perpetual_rules
from seawall.waterfall.layer import WaterfallState
from seawall.waterfall.offer import minor_of

Score = Callable[[int, int, int, int, int, int], tuple[int, int]]
SCORES: Mapping[str, Score] = {
    "binance": deleverage_scores.binance_score,
    "bitmex": deleverage_scores.bitmex_score,
    "hyperliquid": deleverage_scores.hyperliquid_score,
    "leverage": deleverage_scores.leverage_score,
    "okx": deleverage_scores.okx_score,
    "pnl": deleverage_scores.pnl_score,
    "size": deleverage_scores.size_score,
}

_Entry = tuple[
    int, bytes, str, Leg
]  # key of the score, tie, account, leg: ascending, first in the queue first


@dataclass(frozen=True, slots=True)
class Counterparty:
    """One position that can be deleveraged.

    Attributes:
        profit: Open profit at the mark, funding taken off, > 0 [10**-36 of a settle asset].
        equity: Equity of the account, >= 0 [value units].
        score: Exact fraction; the highest is closed first.
    """

    account: str
    position: Position
    profit: int
    equity: int
    score: tuple[int, int]


@dataclass(slots=True)
class Ranking:
    """The winners of one side of an instrument: highest score first, ties by event and account."""

    draft: Draft
    instrument: str
    is_long: bool
    score: str
    found: dict[tuple[str, Leg], Counterparty] = field(default_factory=dict)
    _order: list[_Entry] = field(default_factory=list)
    _entry: dict[tuple[str, Leg], _Entry] = field(default_factory=dict)
    _moves_seen: int = 0

    @classmethod
    def of(cls, state: WaterfallState, instrument: str, is_long: bool, score: str) -> Ranking:
        """Value every position on that side as the draft stands."""
        ranking = cls(state.draft, instrument, is_long, score, _moves_seen=len(state.draft.moves))
        for name, position in state.draft.positions_on(instrument):
            ranking._admit(state, name, position)
        ranking._order = sorted(ranking._entry.values())
        return ranking

    def __iter__(self) -> Iterator[Counterparty]:
        """Yield the winners, first in the queue first."""
        return (self.found[name, leg] for _, _, name, leg in self._order)

    def follow(self, state: WaterfallState) -> Ranking:
        """Value again what moves have touched since the ranking was last asked."""
        moves = self.draft.moves
        touched = {item.account for move in moves[self._moves_seen :] for item in move.postings}
        self._moves_seen = len(moves)
        for name in sorted(touched):
            for leg in LEGS:
                self._drop((name, leg))
            for position in state.draft.account(name).positions:
                if position.instrument == self.instrument and self._admit(state, name, position):
                    insort(self._order, self._entry[name, position.leg])
        return self

    def _admit(self, state: WaterfallState, name: str, position: Position) -> bool:
        if not position.quantity or (position.quantity > 0) != self.is_long or state.kind_of(name) != "user":
            return False
        profit = open_profit(state, position)
        if profit <= 0:
            return False
        health = assess(state.draft.account(name), state.draft.book, state.market, state.terms)
        if health.status == "unpriced" or health.equity < 0:
            return False
        key, leg = (name, position.leg), position.leg
        score = _score(state, self.score, health, position)
        self.found[key] = Counterparty(name, position, profit, health.equity, score)
        self._entry[key] = (score_key(*score), tie_keys(state.event_id, [name])[0], name, leg)
        return True

    def _drop(self, key: tuple[str, Leg]) -> None:
        if self.found.pop(key, None) is not None:
            self._order.pop(bisect_left(self._order, self._entry.pop(key)))


def open_profit(state: WaterfallState, position: Position) -> int:
    """Return the open profit of a position at the mark, 0 without one, exact [10**-36 of a settle asset]."""
    instrument, mark = state.instrument(position.instrument), state.market.mark(position.instrument)
    if mark is None or (mark == 0 and instrument.kind == "inverse"):
        return 0
    worth = position_worth(instrument, position.quantity, mark, state.market, state.terms)
    return (
        worth + position.cost * minor_of(state, instrument.settle_asset) - funding_due(instrument, position)
    )


def refuse_one_sided(book: Book) -> None:
    """Refuse a book in which an outside party holds positions: its other side is not all there.

    What `external:market` took over in close-outs is ours and does not count.

    Raises:
        UnsupportedFeature: Naming the account.
    """
    holds = np.diff(book.positions.start) > 0
    for row in np.flatnonzero(holds & (book.accounts.kind == KINDS.index("external"))):
        name = str(book.accounts.id[row])
        if name != MARKET:
            raise UnsupportedFeature(
                f"the outside party {name!r} holds positions: the book is one side of a venue, and nobody "
                "can be deleveraged fairly from one side; remove the adl layer or import the whole book",
                code="one_sided_book",
            )


def _score(state: WaterfallState, name: str, health: Health, position: Position) -> tuple[int, int]:
    line = next(
        item
        for item in health.lines
        if item.kind == "position" and (item.commodity, item.leg) == (position.instrument, position.leg)
    )
    instrument = state.instrument(position.instrument)
    settle_price = state.market.price(instrument.settle_asset) or 0
    takeover = perpetual_rules(state.terms.rules).takeover_value(
        line.signed_value, health.equity, line.requirement, health.requirement
    )
    profits = sum(item.value for item in health.lines if item.kind == "position")
    return SCORES[name](
        line.signed_value,
        -position.cost * minor_of(state, instrument.settle_asset) * settle_price,
        takeover,
        health.equity,
        health.requirement,
        health.equity - profits,
    )
