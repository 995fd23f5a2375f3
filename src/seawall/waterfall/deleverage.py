"""Auto-deleveraging: close the engine's lots against solvent winners on the other side.

Every fill is one balanced move. The counterparty's lots and the engine's fall by the same
number, the counterparty pays the engine the same integer the engine receives, and the
counterparty's cost leaves its position in proportion (the lots that stay keep the rounding).
What the engine still owes at that price stays with the default as cash.

Two numbers are told apart. The *relief* is what the loss falls by: execution value less
close-out value. The *charge* is what a counterparty loses against the mark: execution value
less value at the mark. Where the market would have closed at the mark they are equal; the
difference is a cost nobody bears (`avoided`), or the layer's value overshoot.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seawall.core.loss import Absorption, Charge, Default, Move, Posting
from seawall.core.rounding import mul_div_down, mul_div_up
from seawall.rules import perpetual_rules
from seawall.waterfall.allocate import allocate_capped, allocate_pro_rata, allocate_queue, rank_by_score, tie_keys
from seawall.waterfall.close_out import lots_with
from seawall.waterfall.counterparties import (
    Counterparty,
    Fills,
    Offer,
    bill,
    counterparties,
    funding_of,
    offer_of,
    refuse_one_sided,
)
from seawall.waterfall.layer import ENGINE, BoundLayer, WaterfallState, deficit_of

BREAKS: Mapping[str, Mapping[str, str]] = {
    "queue": {
        "S2": "the first in the queue closes all it has, the next nothing",
        "S4": "the score decides who pays, not the balance",
        "S5": "half of a split account may stand behind an equal of the other half",
    },
    "adl": {
        "W6": "lots are indivisible and scores change with each fill: within one lot",
    },
}


@dataclass(frozen=True, slots=True)
class Fill:
    """One position closed in part: units and the values that go with them [minor units]."""

    counterparty: Counterparty
    units: int
    takeover_value: int
    execution_value: int
    charge: int = 0


@dataclass(frozen=True, slots=True)
class Closing:
    """All fills against one lot entry."""

    offer: Offer
    fills: tuple[Fill, ...]

    @property
    def units(self) -> int:
        return sum(fill.units for fill in self.fills)

    @property
    def relief(self) -> int:
        part, _ = self.offer.lot.split(self.units)
        return mul_div_down(self.offer.execution_value, self.units, self.offer.size) - part.close_out_value


@dataclass(frozen=True, slots=True)
class Deleverage(BoundLayer):
    """Closes lots against the winners of the other side: kind adl, by queue or pro rata."""

    def capacity(self, state: WaterfallState, default: Default) -> int:
        """Return the loss it could relieve if it closed every lot it can, within cap and share."""
        relief = sum(closing.relief for closing in self._plan(state, default, None))
        return self.share(default, self.cap_left(state, default, relief))

    def absorb(self, state: WaterfallState, default: Default, limit: int | None = None) -> Absorption:
        """Close the fewest whole lots that relieve `limit`, the dearest entry first."""
        if limit is None:
            limit = self.capacity(state, default)
        closings = self._plan(state, default, min(limit, default.loss))
        if not closings:
            return self.nothing(default, "no lot that a solvent winner on the other side could close")
        rest = default
        for closing in closings:
            part, left = closing.offer.lot.split(closing.units)
            owed = part.takeover_value - sum(fill.execution_value for fill in closing.fills)
            rest = rest.after(rest.cash_shortfall + owed, lots_with(rest, closing.offer.lot, left))
        taken = default.loss - rest.loss
        charges = tuple(
            Charge(
                fill.counterparty.account,
                default.asset,
                fill.charge,
                self.name,
                default.account,
                f"deleveraged {fill.units} of {closing.offer.lot.instrument}",
            )
            for closing in closings
            for fill in closing.fills
            if fill.charge
        )
        charged = sum(charge.amount for charge in charges)
        working = self._working(default, closings, limit, taken, charged)
        return Absorption(
            layer=self.name,
            kind=self.kind,
            taken=taken,
            charges=charges,
            rest=rest,
            moves=tuple(self._move(state, default, closing, fill) for closing in closings for fill in closing.fills),
            avoided=taken - charged,
            lots_closed=_lots_closed(closings),
            state_changes=self.use(state, default, taken),
            working=working,
        )

    def _plan(self, state: WaterfallState, default: Default, limit: int | None) -> list[Closing]:
        # Without a limit: all that can be closed. A price equal to the market's relieves nothing, yet the
        # lots are closed: that is what a venue which deleverages at the mark does.
        if default.lots:
            refuse_one_sided(state.draft.book)
        fills = Fills({}, {})
        plan: list[Closing] = []
        left = default.loss if limit is None else limit
        for lot in sorted(default.lots, key=lambda item: (-item.cost, item.instrument, item.quantity)):
            offer = offer_of(state, self.terms, lot)
            if offer is None or (limit is not None and left <= 0 and offer.relief > 0):
                continue
            wanted = offer.closable if limit is None else _units_for(offer, left)
            closing = Closing(offer, self._fill(state, default, offer, wanted, fills))
            if closing.fills:
                plan.append(closing)
                left -= closing.relief
        return plan

    def _fill(
        self, state: WaterfallState, default: Default, offer: Offer, wanted: int, fills: Fills
    ) -> tuple[Fill, ...]:
        found = counterparties(state, self.terms, default, offer, fills)
        tie_key = tie_keys(state.event_id, [item.account for item in found])
        order = rank_by_score([item.score for item in found], tie_key=tie_key)
        caps = [mul_div_down(item.feasible, 1, offer.step) for item in found]
        lots = min(mul_div_down(wanted, 1, offer.step), sum(caps))
        if self.terms.selection == "queue":
            shares = allocate_queue(lots, caps, order=order)
        else:
            by_size = self.terms.score == "size"
            weights = [abs(item.position.quantity) if by_size else item.profit for item in found]
            shares = allocate_capped(lots, weights, caps, tie_key=tie_key)
        chosen = [(found[place], shares[place] * offer.step) for place in order if shares[place]]
        done = _priced(state, offer, chosen)
        for fill in done:
            _note(state, offer, fill, fills)
        return done

    def _move(self, state: WaterfallState, default: Default, closing: Closing, fill: Fill) -> Move:
        position, lot = fill.counterparty.position, closing.offer.lot
        account, asset, instrument = fill.counterparty.account, default.asset, lot.instrument
        delivered = fill.units if lot.quantity > 0 else -fill.units
        cost = _cost_of(state, fill)
        funding = funding_of(state, position, fill.units)
        postings = (
            Posting(ENGINE, instrument, -delivered, "lots"),
            Posting(account, instrument, delivered, "lots", leg=position.leg),
            Posting(account, asset, -cost, "cost", leg=position.leg, instrument=instrument),
            Posting(account, asset, cost - fill.execution_value - funding),
            Posting(ENGINE, asset, fill.takeover_value, "cost", instrument=instrument),
            Posting(deficit_of(asset), asset, fill.execution_value - fill.takeover_value),
            Posting(f"clearing:funding:{instrument}", asset, funding),
        )
        return Move("deleverage", tuple(item for item in postings if item.amount), self._fill_working(closing, fill, cost))

    def _fill_working(self, closing: Closing, fill: Fill, cost: int) -> dict[str, object]:
        price = closing.offer.price
        return self.working(
            f"close at the {self.terms.execution} price",
            {
                "counterparty": fill.counterparty.account,
                "units": fill.units,
                "position": fill.counterparty.position.quantity,
                "score": f"{fill.counterparty.score[0]}/{fill.counterparty.score[1]}",
                "price": "takeover" if price is None else price,
                "mark": closing.offer.mark,
                "execution_value": fill.execution_value,
                "cost_realised": cost,
                "charge": fill.charge,
            },
            "charge = execution value - value at the mark",
            "values by running total, down; the cost that stays in the position keeps the residue",
        )

    def _working(
        self, default: Default, closings: Sequence[Closing], limit: int, taken: int, charged: int
    ) -> dict[str, object]:
        relief = sum(closing.relief for closing in closings)
        return self.working(
            f"adl {self.terms.selection} by {self.terms.score} at {self.terms.execution}",
            {
                "loss": default.loss,
                "limit": limit,
                "lots_closed": _lots_closed(closings),
                "cash_relieved": taken,
                "charged": charged,
                "lot_overshoot": relief - taken,
                "value_overshoot": max(0, charged - taken),
                "counterparties": sum(len(closing.fills) for closing in closings),
            },
            "relief = execution value - close-out value; charge = execution value - value at the mark",
            "whole lots; charges by largest remainder over the units closed",
        )


def _units_for(offer: Offer, relief: int) -> int:
    # The fewest whole lots that relieve so much; all of them where a lot relieves nothing.
    if offer.relief <= 0:
        return offer.closable
    units = mul_div_up(mul_div_up(relief, offer.size, offer.relief), 1, offer.step) * offer.step
    if units < offer.closable and _relief_of(offer, units) < relief:  # rounded values: one lot more
        units += offer.step
    return min(units, offer.closable)


def _relief_of(offer: Offer, units: int) -> int:
    part, _ = offer.lot.split(units)
    return mul_div_down(offer.execution_value, units, offer.size) - part.close_out_value


def _priced(
    state: WaterfallState, offer: Offer, chosen: Sequence[tuple[Counterparty, int]]
) -> tuple[Fill, ...]:
    # Values by running total: each is within a unit of its exact share, and they add up to the whole.
    done: list[tuple[int, int]] = []
    total = 0
    for _, units in chosen:
        before = (offer.lot.split(total)[0].takeover_value, mul_div_down(offer.execution_value, total, offer.size))
        total += units
        after = (offer.lot.split(total)[0].takeover_value, mul_div_down(offer.execution_value, total, offer.size))
        done.append((after[0] - before[0], after[1] - before[1]))
    at_mark = mul_div_down(offer.mark_value, total, offer.size)
    charged = max(0, sum(value for _, value in done) - at_mark)
    charges = allocate_pro_rata(
        charged,
        [units for _, units in chosen],
        tie_key=tie_keys(state.event_id, [item.account for item, _ in chosen]),
    )
    return tuple(
        Fill(item, units, takeover, execution, charge)
        for (item, units), (takeover, execution), charge in zip(chosen, done, charges, strict=True)
    )


def _note(state: WaterfallState, offer: Offer, fill: Fill, fills: Fills) -> None:
    name, position = fill.counterparty.account, fill.counterparty.position
    key = (name, position.instrument, position.leg)
    quantity, cost = fills.closed.get(key, (0, 0))
    delivered = fill.units if offer.lot.quantity > 0 else -fill.units
    fills.closed[key] = (quantity + delivered, cost + _cost_of(state, fill))
    spent = fills.equity_spent.get(name, 0)
    fills.equity_spent[name] = spent + bill(state, offer, position, fill.units)


def _cost_of(state: WaterfallState, fill: Fill) -> int:
    position = fill.counterparty.position
    cost: int = perpetual_rules(state.terms.rules).closed_cost(position.cost, abs(position.quantity), fill.units)
    return cost


def _lots_closed(closings: Sequence[Closing]) -> dict[str, int]:
    closed: dict[str, int] = {}
    for closing in closings:
        instrument = closing.offer.lot.instrument
        closed[instrument] = closed.get(instrument, 0) + closing.units
    return closed


