"""A lot put up for closing or takeover: at what price, how much relief it brings, who can afford it.

Two numbers are told apart. The *relief* is what the loss falls by: execution value less
close-out value. The *charge* is what a counterparty loses against the mark: execution value
less value at the mark. Where the market would have closed at the mark they are equal.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Protocol

from seawall.core.book import Position
from seawall.core.layers import Execution
from seawall.core.loss import Lots
from seawall.core.rounding import mul_div_down, mul_div_up
from seawall.core.units import BPS
from seawall.risk.exchange import VALUE_DECIMALS, funding_due, position_worth
from seawall.waterfall.layer import WaterfallState

_TRIED_MAX = 64


class PriceTerms(Protocol):
    """What terms say about the price at which lots are closed or taken over."""

    @property
    def execution(self) -> Execution:
        """Which price it is."""

    @property
    def threshold_price_bps(self) -> int:
        """Part of the mark, where the price is "threshold"."""


@dataclass(frozen=True, slots=True)
class Offer:
    """A lot with its values in the settle asset [minor units].

    Attributes:
        lot: What the engine holds; its close-out value is what the market would bring.
        execution_value: What the counterparties pay for all of it, at the stated price.
        mark_value: What it is worth at the mark, rounded down.
        mark: The mark [10**-mark_decimals].
        price: The stated price [10**-mark_decimals]; None at the takeover value.
        step: Smallest closable quantity.
        minor: What one minor unit of the settle asset is [10**-36 of it].
        settle_price: Price of the settle asset [base currency].
        bill: What the execution value exceeds the worth at the mark by, for all of it [value units].
    """

    lot: Lots
    execution_value: int
    mark_value: int
    mark: int
    price: int | None
    step: int
    minor: int
    settle_price: int
    bill: int

    @property
    def size(self) -> int:
        """Quantity of the lot, unsigned."""
        return abs(self.lot.quantity)

    @property
    def closable(self) -> int:
        """Quantity in whole lots."""
        return mul_div_down(self.size, 1, self.step) * self.step

    def signed(self, units: int) -> int:
        """Return `units` with the sign of the lot: what a counterparty receives."""
        return units if self.lot.quantity > 0 else -units

    def values(self, units: int) -> tuple[int, int]:
        """Return (takeover value, execution value) of the first `units`, each rounded down."""
        part, _ = self.lot.split(units)
        return part.takeover_value, mul_div_down(self.execution_value, units, self.size)

    def relief(self, units: int) -> int:
        """Return the loss relieved when the first `units` are closed here and not in the market."""
        part, _ = self.lot.split(units)
        return mul_div_down(self.execution_value, units, self.size) - part.close_out_value

    def units_for(self, relief: int, *, beyond: bool) -> int:
        """Return how many units relieve so much: the fewest whole lots, or the most not beyond it.

        All of them where a lot relieves nothing: a venue that deleverages at the market's price
        closes the lots all the same.
        """
        whole = self.execution_value - self.lot.close_out_value
        if whole <= 0:
            return self.closable
        if beyond:
            units = mul_div_up(mul_div_up(relief, self.size, whole), 1, self.step) * self.step
            if units < self.closable and self.relief(units) < relief:  # rounded values: one lot more
                units += self.step
        else:
            units = mul_div_down(mul_div_down(relief, self.size, whole), 1, self.step) * self.step
            if 0 < units <= self.closable and self.relief(units) > relief:
                units -= self.step
        return min(units, self.closable)


def offer_of(state: WaterfallState, terms: PriceTerms, lot: Lots, *, discount_bps: int = 0) -> Offer | None:
    """Price a lot; None where a price is missing, or where the market is better.

    Takeover is exact: the value the failing account was credited. Any other price gives
    quantity * price through the instrument's scale, rounded down to a minor unit.

    Args:
        discount_bps: Taken off the size of that value, in favour of who takes the lot, rounded up.
    """
    instrument = state.instrument(lot.instrument)
    mark = state.market.mark(lot.instrument)
    settle_price = state.market.price(instrument.settle_asset)
    if mark is None or settle_price is None or (mark == 0 and instrument.kind == "inverse"):
        return None
    price, minor = _price(state, terms, lot.instrument, mark), minor_of(state, instrument.settle_asset)
    worth = position_worth(instrument, lot.quantity, mark, state.market, state.terms)
    execution_value = lot.takeover_value if price is None else value_at(state, lot, price)
    execution_value -= mul_div_up(abs(execution_value), discount_bps, BPS)
    offer = Offer(
        lot=lot,
        execution_value=execution_value,
        mark_value=mul_div_down(worth, 1, minor),
        mark=mark,
        price=price,
        step=instrument.lot,
        minor=minor,
        settle_price=settle_price,
        bill=(execution_value * minor - worth) * settle_price,
    )
    return offer if offer.execution_value >= lot.close_out_value else None


def _price(state: WaterfallState, terms: PriceTerms, instrument: str, mark: int) -> int | None:
    if terms.execution == "takeover":
        return None
    if terms.execution == "threshold":
        return mul_div_down(mark, terms.threshold_price_bps, BPS)
    return state.market.marks[instrument].named(terms.execution)


def value_at(state: WaterfallState, lot: Lots, price: int) -> int:
    """Return the signed value of a lot at a price, rounded down [settle asset minor units]."""
    instrument = state.instrument(lot.instrument)
    worth = position_worth(instrument, lot.quantity, price, state.market, state.terms)
    return mul_div_down(worth, 1, minor_of(state, instrument.settle_asset))


def minor_of(state: WaterfallState, asset: str) -> int:
    """Return what one minor unit of an asset is, in the unit of `position_worth`."""
    return int(10 ** (VALUE_DECIMALS - state.draft.book.asset(asset).decimals))


def feasible_units(state: WaterfallState, offer: Offer, position: Position, equity: int) -> int:
    """Return the most units, in whole lots, so that equity at the mark stays >= 0 for these and any fewer.

    The bill is linear but for rounding, which only adds to it: the exact quotient bounds the
    units from above, and the largest that fits lies a few steps below. Where a lot costs less than
    the rounding, fewer lots can cost more than all: then the first that does not fit is the bound.

    Args:
        position: On the other side of the offer.
        equity: Equity of its account now [value units], >= 0.
    """
    high = mul_div_down(min(abs(position.quantity), offer.closable), 1, offer.step)
    if offer.bill > 0:
        # Beyond one lot at the exact price, for the bill of all is rounded up by less than a settle price.
        if equity * offer.size < (offer.bill - offer.settle_price) * offer.step:
            return 0
        high = min(high, mul_div_down(equity, offer.size, offer.bill * offer.step) + 1)
    low, stride = high, 1
    while low and bill(state, offer, position, low * offer.step) > equity:
        high, low, stride = low - 1, max(0, low - stride), 2 * stride
    while low < high:
        middle = mul_div_up(low + high, 1, 2)
        if bill(state, offer, position, middle * offer.step) <= equity:
            low = middle
        else:
            high = middle - 1
    return _before_gap(state, offer, position, equity, low) * offer.step


def _before_gap(state: WaterfallState, offer: Offer, position: Position, equity: int, most: int) -> int:
    # Whole lots up to `most` that all fit. Beyond those that fit for certain they are tried one by one, so
    # far as that is quick: equity is then within a few minor units of nothing.
    slack = 2 * offer.minor * offer.settle_price * offer.size
    each, rest = offer.bill * offer.step, equity * offer.size - slack
    if abs(each) >= slack or max(0, most * each) <= rest:
        return most
    fits = min(most, mul_div_down(rest, 1, each)) if each > 0 and rest > 0 else 0
    tried = min(most, fits + _TRIED_MAX)
    while fits < tried and bill(state, offer, position, (fits + 1) * offer.step) <= equity:
        fits += 1
    return fits


def bill(state: WaterfallState, offer: Offer, position: Position, units: int) -> int:
    """Return what closing `units` takes from the equity of a counterparty, at most [value units].

    The price paid, rounded up, less the worth at the mark of what it receives; one more minor
    unit where funding is settled, which is rounded up too.
    """
    if not units:
        return 0
    instrument = state.instrument(offer.lot.instrument)
    worth = position_worth(instrument, offer.signed(units), offer.mark, state.market, state.terms)
    paid = mul_div_up(offer.execution_value, units, offer.size) * offer.minor
    rounding = offer.minor if instrument.funding_index != position.funding_index else 0
    return (paid - worth + rounding) * offer.settle_price


def funding_of(state: WaterfallState, position: Position, units: int) -> int:
    """Return the funding that `units` of a position owe since last touched, rounded up, + to pay."""
    instrument = state.instrument(position.instrument)
    part = replace(position, quantity=units if position.quantity > 0 else -units)
    return mul_div_up(funding_due(instrument, part), 1, minor_of(state, instrument.settle_asset))
