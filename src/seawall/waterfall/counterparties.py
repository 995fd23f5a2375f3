"""Who can be deleveraged against a lot the engine holds, how much of it, and who comes first.

A counterparty is a user account on the opposite side, with an open profit at the mark and
no negative equity. It can close so many whole lots that its equity, valued at the mark,
stays at or above zero: the rest it keeps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np

from seawall.core.book import KINDS, Book, Position
from seawall.core.loss import Default, Leg, Lots
from seawall.core.rounding import mul_div_down, mul_div_up
from seawall.core.terms import BPS, LayerTerms
from seawall.errors import UnsupportedFeature
from seawall.risk.exchange import VALUE_DECIMALS, funding_due, position_worth
from seawall.risk.health import Health, Line, assess
from seawall.rules import deleverage_scores, perpetual_rules
from seawall.waterfall.layer import MARKET, WaterfallState

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

Held = tuple[str, str, Leg]  # account, instrument, leg


@dataclass(frozen=True, slots=True)
class Offer:
    """A lot put up for deleveraging, with its values in the settle asset [minor units].

    Attributes:
        lot: What the engine holds; its close-out value is what the market would bring.
        execution_value: What the counterparties pay for all of it, at the stated price.
        mark_value: What it is worth at the mark, rounded down.
        price: The stated price [10**-mark_decimals]; None at the takeover value.
        step: Smallest closable quantity.
        minor: What one minor unit of the settle asset is [10**-36 of it].
        settle_price: Price of the settle asset [base currency].
    """

    lot: Lots
    execution_value: int
    mark_value: int
    mark: int
    price: int | None
    step: int
    minor: int
    settle_price: int

    @property
    def size(self) -> int:
        return abs(self.lot.quantity)

    @property
    def closable(self) -> int:
        """Quantity in whole lots."""
        return mul_div_down(self.size, 1, self.step) * self.step

    @property
    def relief(self) -> int:
        """Loss relieved when all of it is closed at the stated price and not in the market."""
        return self.execution_value - self.lot.close_out_value


@dataclass(frozen=True, slots=True)
class Counterparty:
    """One position that can be deleveraged: `feasible` units at most."""

    account: str
    position: Position
    profit: int
    equity: int
    score: tuple[int, int]
    feasible: int


@dataclass(slots=True)
class Fills:
    """What earlier fills of the same answer did: the draft does not know of them yet."""

    closed: dict[Held, tuple[int, int]]
    equity_spent: dict[str, int]


def offer_of(state: WaterfallState, terms: LayerTerms, lot: Lots) -> Offer | None:
    """Price a lot for deleveraging; None where a price is missing, or the market is no worse.

    Takeover is exact: the value the failing account was credited. Any other price gives
    quantity * price through the instrument's scale, rounded down to a minor unit.
    """
    instrument = state.instrument(lot.instrument)
    mark = state.market.mark(lot.instrument)
    settle_price = state.market.price(instrument.settle_asset)
    if mark is None or settle_price is None or (mark == 0 and instrument.kind == "inverse"):
        return None
    price = _price(state, terms, lot.instrument, mark)
    value = lot.takeover_value if price is None else value_at(state, lot, price)
    offer = Offer(
        lot=lot,
        execution_value=value,
        mark_value=value_at(state, lot, mark),
        mark=mark,
        price=price,
        step=instrument.lot,
        minor=_minor(state, instrument.settle_asset),
        settle_price=settle_price,
    )
    return offer if offer.relief >= 0 else None


def value_at(state: WaterfallState, lot: Lots, price: int) -> int:
    """Return the signed value of a lot at a price, rounded down [settle asset minor units]."""
    instrument = state.instrument(lot.instrument)
    worth = position_worth(instrument, lot.quantity, price, state.market, state.terms)
    return mul_div_down(worth, 1, _minor(state, instrument.settle_asset))


def counterparties(
    state: WaterfallState, terms: LayerTerms, default: Default, offer: Offer, fills: Fills
) -> list[Counterparty]:
    """Return who can be deleveraged against an offer, in id order, with what each can close."""
    owner = state.owner_of(default.account) if terms.exclude_same_owner else ""
    found = []
    for name, held in _opposite(state, offer, fills):
        if name == default.account or state.kind_of(name) != "user":
            continue
        if owner and state.owner_of(name) == owner:
            continue
        profit = _profit(state, held, offer)
        if profit <= 0:
            continue
        health = assess(state.draft.account(name), state.draft.book, state.market, state.terms)
        equity = health.equity - fills.equity_spent.get(name, 0)
        if health.status == "unpriced" or equity < 0:
            continue
        feasible = feasible_units(state, offer, held, equity)
        if feasible:
            score = _score(state, terms, health, held, equity, offer)
            found.append(Counterparty(name, held, profit, equity, score, feasible))
    return found


def feasible_units(state: WaterfallState, offer: Offer, position: Position, equity: int) -> int:
    """Return the most units, in whole lots, after which equity at the mark is still >= 0.

    The bill of k units is bounded from above: the price paid is rounded up, and so is the
    funding settled with it. The bound grows with k, so the largest k is found by bisection.
    """
    most = mul_div_down(min(abs(position.quantity), offer.closable), 1, offer.step)

    def fits(lots: int) -> bool:
        return bill(state, offer, position, lots * offer.step) <= equity

    if fits(most):
        return most * offer.step
    low, high = 0, most
    while low < high:
        middle = mul_div_up(low + high, 1, 2)
        if fits(middle):
            low = middle
        else:
            high = middle - 1
    return low * offer.step


def bill(state: WaterfallState, offer: Offer, position: Position, units: int) -> int:
    """Return what closing `units` takes from the equity of a counterparty, at most [value units].

    Price paid, rounded up, less the worth at the mark of what it gets rid of; at most one more
    minor unit where funding is settled.
    """
    if not units:
        return 0
    instrument = state.instrument(offer.lot.instrument)
    sign = 1 if offer.lot.quantity > 0 else -1
    worth = position_worth(instrument, sign * units, offer.mark, state.market, state.terms)
    paid = mul_div_up(offer.execution_value, units, offer.size) * offer.minor
    rounding = offer.minor if instrument.funding_index != position.funding_index else 0
    return (paid - worth + rounding) * offer.settle_price


def funding_of(state: WaterfallState, position: Position, units: int) -> int:
    """Return the funding that `units` of a position owe since last touched, rounded up, + to pay."""
    instrument = state.instrument(position.instrument)
    sign = 1 if position.quantity > 0 else -1
    due = funding_due(instrument, replace(position, quantity=sign * units))
    return mul_div_up(due, 1, _minor(state, instrument.settle_asset))


def refuse_one_sided(book: Book) -> None:
    """Refuse a book in which an outside party holds positions: its other side is not all there.

    Raises:
        UnsupportedFeature: Naming the account. What the market took over in close-outs is ours.
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


def _opposite(state: WaterfallState, offer: Offer, fills: Fills) -> Iterator[tuple[str, Position]]:
    is_long = offer.lot.quantity > 0
    for name, position in state.draft.positions_on(offer.lot.instrument):
        quantity, cost = fills.closed.get((name, position.instrument, position.leg), (0, 0))
        held = replace(position, quantity=position.quantity + quantity, cost=position.cost - cost)
        if held.quantity and (held.quantity > 0) != is_long:
            yield name, held


def _profit(state: WaterfallState, position: Position, offer: Offer) -> int:
    # Open profit at the mark, funding taken off, exact [10**-36 of a settle asset].
    instrument = state.instrument(position.instrument)
    worth = position_worth(instrument, position.quantity, offer.mark, state.market, state.terms)
    return worth + position.cost * offer.minor - funding_due(instrument, position)


def _score(
    state: WaterfallState, terms: LayerTerms, health: Health, position: Position, equity: int, offer: Offer
) -> tuple[int, int]:
    line = _line_of(health, position)
    takeover = perpetual_rules(state.terms.rules).takeover_value(
        line.signed_value, equity, line.requirement, health.requirement
    )
    open_profit = sum(item.value for item in health.lines if item.kind == "position")
    return SCORES[terms.score](
        line.signed_value,
        -position.cost * offer.minor * offer.settle_price,
        takeover,
        equity,
        health.requirement,
        health.equity - open_profit,
    )


def _line_of(health: Health, position: Position) -> Line:
    return next(
        line
        for line in health.lines
        if line.kind == "position" and (line.commodity, line.leg) == (position.instrument, position.leg)
    )


def _price(state: WaterfallState, terms: LayerTerms, instrument: str, mark: int) -> int | None:
    if terms.execution == "takeover":
        return None
    if terms.execution == "threshold":
        return mul_div_down(mark, terms.threshold_price_bps, BPS)
    return state.market.marks[instrument].named(terms.execution)


def _minor(state: WaterfallState, asset: str) -> int:
    return 10 ** (VALUE_DECIMALS - state.draft.book.asset(asset).decimals)
