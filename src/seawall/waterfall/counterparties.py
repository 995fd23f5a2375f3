"""Who can be deleveraged: solvent user accounts with an open profit, ranked by the venue's score.

A ranking is one side of one instrument. It is made once in a run and follows the draft: what
a move touched is valued again when the ranking is next asked, nothing else is.
"""

from __future__ import annotations

import math
from bisect import bisect_left, insort
from collections import deque
from collections.abc import Container, Iterable, Iterator
from dataclasses import dataclass, field

import numpy as np

from seawall.allocation.proportional import tie_keys
from seawall.allocation.queue import score_key
from seawall.allocation.scores import SCORES
from seawall.core.book import KINDS, LEGS, Account, Book, Position
from seawall.core.loss import Leg
from seawall.core.parties import MARKET
from seawall.errors import UnsupportedFeature
from seawall.risk.assess import assess
from seawall.risk.exchange import funding_due, position_worth
from seawall.risk.health import Health
from seawall.rules import perpetual_rules
from seawall.waterfall.layer import WaterfallState
from seawall.waterfall.offer import minor_of
from seawall.waterfall.score_bounds import ScoreBounds

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
    """The winners of one side of an instrument: highest score first, ties by event and account.

    Bounds on the scores stand in `_waiting`, highest first, and are settled, one position after
    the other, as far as the queue is asked for: once an exact score is above all bounds that wait,
    it is the next. So the order is that of the exact scores, and most are never computed.
    """

    state: WaterfallState
    bounds: ScoreBounds
    instrument: str
    is_long: bool
    score: str
    found: dict[tuple[str, Leg], Counterparty] = field(default_factory=dict)
    _order: list[_Entry] = field(default_factory=list)
    _entry: dict[tuple[str, Leg], _Entry] = field(default_factory=dict)
    _waiting: deque[tuple[int, float]] = field(default_factory=deque)
    _moved: set[str] = field(default_factory=set)
    _moves_seen: int = 0

    @classmethod
    def of(cls, state: WaterfallState, instrument: str, is_long: bool, score: str) -> Ranking:
        """Bound the scores of that side, and value exactly what the draft has changed already."""
        bounds: ScoreBounds | None = state.workspace.get(("score bounds",))
        if bounds is None:
            bounds = ScoreBounds.of(state.draft.book, state.market, state.terms)
            state.workspace["score bounds",] = bounds
        ranking = cls(state, bounds, instrument, is_long, score, _moves_seen=len(state.draft.moves))
        rows, highest = bounds.winners(instrument, is_long, SCORES[score])
        ranking._waiting.extend(zip(rows.tolist(), highest.tolist(), strict=True))
        ranking._value_again(state.draft.touched)
        return ranking

    def __iter__(self) -> Iterator[Counterparty]:
        """Yield the winners, first in the queue first."""
        place = 0
        while True:
            certain = self._certain_below()
            while place < len(self._order) and self._order[place][0] < certain:
                _, _, name, leg = self._order[place]
                yield self.found[name, leg]
                place += 1
            if not self._waiting:
                return
            self._settle(self._waiting.popleft()[0])

    def follow(self) -> Ranking:
        """Value again what moves have touched since the ranking was last asked."""
        moves = self.state.draft.moves
        touched = {item.account for move in moves[self._moves_seen :] for item in move.postings}
        self._moves_seen = len(moves)
        self._value_again(sorted(touched))
        return self

    def _certain_below(self) -> float:
        # Keys below this belong to scores above all that wait.
        if not self._waiting:
            return math.inf
        highest = self._waiting[0][1]
        return -math.inf if math.isinf(highest) else score_key(*highest.as_integer_ratio())

    def _settle(self, row: int) -> None:
        book = self.state.draft.book
        name, leg = str(book.accounts.id[self.bounds.owner[row]]), LEGS[book.positions.leg[row]]
        if name not in self._moved:
            self._admit_of(self.state.draft.account(name), (leg,))

    def _value_again(self, names: Iterable[str]) -> None:
        for name in names:
            if self.state.kind_of(name) == "user":
                self._moved.add(name)
                for leg in LEGS:
                    self._drop((name, leg))
                self._admit_of(self.state.draft.account(name), LEGS)

    def _admit_of(self, account: Account, legs: Container[Leg]) -> None:
        for position in account.positions:
            if position.instrument == self.instrument and position.leg in legs:
                self._admit(account, position)

    def _admit(self, account: Account, position: Position) -> None:
        state, name, leg = self.state, account.id, position.leg
        if not position.quantity or (position.quantity > 0) != self.is_long:
            return
        profit = open_profit(state, position)
        if profit <= 0:
            return
        health = assess(account, state.draft.book, state.market, state.terms)
        if health.status == "unpriced" or health.equity < 0:
            return
        score = _score(state, self.score, health, position)
        self.found[name, leg] = Counterparty(name, position, profit, health.equity, score)
        self._entry[name, leg] = entry = (score_key(*score), tie_keys(state.event_id, [name])[0], name, leg)
        insort(self._order, entry)

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
