"""Layers that close the engine's lots against accounts on the other side, whoever they choose.

Every fill is one balanced move. The counterparty's lots and the engine's fall by the same
number, the counterparty pays the same integer the engine receives, and the counterparty's
cost leaves its position in proportion (the lots that stay keep the rounding). What the
engine still owes at that price stays with the default as cash.

A counterparty closes as many whole lots as its equity, valued at the mark, can bear; who
can bear none is passed over.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from seawall.allocation.proportional import allocate_pro_rata, tie_keys
from seawall.core.book import Position
from seawall.core.layers import AdlTerms, TearUpTerms
from seawall.core.loss import Absorption, Charge, Default, Leg, Move, Posting
from seawall.core.money import format_decimal
from seawall.core.parties import ENGINE, deficit_of
from seawall.core.parties import funding_of as clearing_of
from seawall.core.rounding import mul_div_down
from seawall.rules import perpetual_rules
from seawall.waterfall.close_out import lots_with
from seawall.waterfall.counterparties import Counterparty, refuse_one_sided
from seawall.waterfall.layer import BoundLayer, WaterfallState
from seawall.waterfall.offer import Offer, bill, feasible_units, funding_of, offer_of

ClosingTerms = TypeVar("ClosingTerms", AdlTerms, TearUpTerms)


@dataclass(frozen=True, slots=True)
class Fill:
    """One position closed in part: units, and the values that go with them [minor units]."""

    counterparty: Counterparty
    units: int
    takeover_value: int
    execution_value: int
    charge: int


@dataclass(frozen=True, slots=True)
class Closing:
    """All fills against one lot entry."""

    offer: Offer
    fills: tuple[Fill, ...]

    @property
    def units(self) -> int:
        """Quantity closed, unsigned."""
        return sum(fill.units for fill in self.fills)

    @property
    def relief(self) -> int:
        """Loss relieved [minor units]."""
        return self.offer.relief(self.units)

    @property
    def profit(self) -> int:
        """Open profit of those closed, each rounded down: what of the loss gains alone could bear."""
        return sum(mul_div_down(fill.counterparty.profit, 1, self.offer.minor) for fill in self.fills)


@dataclass(slots=True)
class Before:
    """What earlier fills of the same answer did: the draft does not know of them yet."""

    moved: dict[tuple[str, str, Leg], tuple[int, int]] = field(default_factory=dict)
    spent: dict[str, int] = field(default_factory=dict)

    def left(self, found: Counterparty) -> Counterparty | None:
        """Return a counterparty as those fills left it; None once it has no equity."""
        equity = found.equity - self.spent.get(found.account, 0)
        if equity < 0:
            return None
        position = self._position(found)
        is_as_found = position is found.position and equity == found.equity
        return found if is_as_found else replace(found, position=position, equity=equity)

    def _position(self, found: Counterparty) -> Position:
        held = found.position
        earlier = self.moved.get((found.account, held.instrument, held.leg))
        if earlier is None:
            return held
        quantity, cost = earlier
        return replace(held, quantity=held.quantity + quantity, cost=held.cost - cost)

    def note(self, state: WaterfallState, offer: Offer, fill: Fill) -> None:
        """Remember one more fill."""
        name, held = fill.counterparty.account, fill.counterparty.position
        key = (name, held.instrument, held.leg)
        quantity, cost = self.moved.get(key, (0, 0))
        self.moved[key] = (quantity + offer.signed(fill.units), cost + _cost_of(state, fill))
        self.spent[name] = self.spent.get(name, 0) + bill(state, offer, held, fill.units)


@dataclass(frozen=True, slots=True)
class LotClosing(BoundLayer[ClosingTerms], ABC):
    """Base of the kinds that close lots: a kind says whom it chooses, here is what becomes of it."""

    @abstractmethod
    def choose(
        self, state: WaterfallState, default: Default, offer: Offer, lots: int, before: Before
    ) -> Sequence[tuple[Counterparty, int]]:
        """Return whom the kind closes and how many lots of each, > 0, together at most `lots`."""

    @abstractmethod
    def rule(self) -> str:
        """Return what the working calls it."""

    def told(self, state: WaterfallState) -> Mapping[str, object]:
        """Return what the working says beyond the amounts."""
        return {}

    def capacity(self, state: WaterfallState, default: Default) -> int:
        """Return the loss it could relieve if it closed every lot it can, within cap and share."""
        relief = sum(closing.relief for closing in self._whole_plan(state, default))
        return self.share(default, self.cap_left(state, default, relief))

    def absorb(self, state: WaterfallState, default: Default, limit: int | None = None) -> Absorption:
        """Close the fewest whole lots that relieve the loss, or the most not beyond a lower `limit`."""
        closings = self._whole_plan(state, default)
        if limit is None:
            limit = self.capacity(state, default)
        if sum(closing.relief for closing in closings) > min(limit, default.loss):
            closings = self._plan(state, default, limit)
        if not closings:
            return self.nothing(default, "no whole lot that a solvent winner on the other side could close")
        rest = default
        for closing in closings:
            part, left = closing.offer.lot.split(closing.units)
            owed = part.takeover_value - sum(fill.execution_value for fill in closing.fills)
            rest = rest.after(rest.cash_shortfall + owed, lots_with(rest, closing.offer.lot, left))
        taken = default.loss - rest.loss
        charges = tuple(self._charges(state, default, closings))
        charged = sum(charge.amount for charge in charges)
        return Absorption(
            layer=self.name,
            kind=self.kind,
            taken=taken,
            charges=charges,
            rest=rest,
            moves=tuple(
                self._move(state, default, closing.offer, fill)
                for closing in closings
                for fill in closing.fills
            ),
            avoided=taken - charged,
            lots_closed=_lots_closed(closings),
            state_changes=self.use(state, default, taken),
            working=self._explained(state, default, closings, limit, taken, charged),
        )

    def _whole_plan(self, state: WaterfallState, default: Default) -> list[Closing]:
        # Capacity and answer ask for the same plan: it is kept until something moves.
        asked = (default, len(state.draft.moves))
        kept: tuple[object, list[Closing]] | None = state.workspace.get(("plan", self.name))
        if kept is not None and kept[0] == asked:
            return kept[1]
        plan = self._plan(state, default)
        state.workspace["plan", self.name] = asked, plan
        return plan

    def _plan(self, state: WaterfallState, default: Default, limit: int | None = None) -> list[Closing]:
        # Without a limit: all that can be closed. The dearest entry first.
        if default.lots:
            refuse_one_sided(state.draft.book)
        plan: list[Closing] = []
        before = Before()
        relieved = 0
        for lot in sorted(default.lots, key=lambda item: (-item.cost, item.instrument, item.quantity)):
            offer = offer_of(state, self.terms, lot)
            if offer is None:
                continue
            wanted = offer.closable
            if limit is not None:
                if relieved >= default.loss:
                    break
                wanted = offer.units_for(max(0, limit - relieved), beyond=limit >= default.loss)
            closing = Closing(offer, self._fill(state, default, offer, wanted, before))
            if closing.fills:
                plan.append(closing)
                relieved += closing.relief
        return plan

    def _fill(
        self, state: WaterfallState, default: Default, offer: Offer, wanted: int, before: Before
    ) -> tuple[Fill, ...]:
        lots = mul_div_down(wanted, 1, offer.step)
        chosen = self.choose(state, default, offer, lots, before)
        fills = _priced(state, offer, [(found, share * offer.step) for found, share in chosen])
        for fill in fills:
            before.note(state, offer, fill)
        return fills

    def _charges(
        self, state: WaterfallState, default: Default, closings: Sequence[Closing]
    ) -> Iterator[Charge]:
        for closing in closings:
            for fill in closing.fills:
                if fill.charge:
                    instrument = state.instrument(closing.offer.lot.instrument)
                    contracts = format_decimal(fill.units, instrument.quantity_decimals)
                    reason = f"deleveraged {contracts} {instrument.id}"
                    payer = fill.counterparty.account
                    yield Charge(payer, default.asset, fill.charge, self.name, default.account, reason)

    def _move(self, state: WaterfallState, default: Default, offer: Offer, fill: Fill) -> Move:
        held, instrument, asset = fill.counterparty.position, offer.lot.instrument, default.asset
        account, delivered = fill.counterparty.account, offer.signed(fill.units)
        cost, funding = _cost_of(state, fill), funding_of(state, held, fill.units)
        postings = (
            Posting(ENGINE, instrument, -delivered, "lots"),
            Posting(account, instrument, delivered, "lots", leg=held.leg),
            Posting(account, asset, -cost, "cost", leg=held.leg, instrument=instrument),
            Posting(account, asset, cost - fill.execution_value - funding),
            Posting(ENGINE, asset, fill.takeover_value, "cost", instrument=instrument),
            Posting(deficit_of(asset), asset, fill.execution_value - fill.takeover_value),
            Posting(clearing_of(instrument), asset, funding),
        )
        working = self.working(
            f"close at the {self.terms.execution} price",
            {
                "counterparty": account,
                "units": fill.units,
                "position": held.quantity,
                "score": f"{fill.counterparty.score[0]}/{fill.counterparty.score[1]}",
                "price": "takeover" if offer.price is None else offer.price,
                "mark": offer.mark,
                "execution_value": fill.execution_value,
                "cost_realised": cost,
                "funding_settled": funding,
                "charge": fill.charge,
            },
            "charge = execution value - value at the mark",
            "values by running total, down; the cost that stays in the position keeps the residue",
        )
        return Move("deleverage", tuple(item for item in postings if item.amount), working)

    def _explained(
        self,
        state: WaterfallState,
        default: Default,
        closings: Sequence[Closing],
        limit: int,
        taken: int,
        charged: int,
    ) -> dict[str, object]:
        return self.working(
            f"{self.rule()} at {self.terms.execution}",
            {
                "loss": default.loss,
                "limit": limit,
                "lots_closed": _lots_closed(closings),
                "cash_relieved": taken,
                "charged": charged,
                "lot_overshoot": sum(closing.relief for closing in closings) - taken,
                "value_overshoot": max(0, charged - taken),
                "fills": sum(len(closing.fills) for closing in closings),
                "profit_capacity": sum(closing.profit for closing in closings),
                **self.told(state),
            },
            "relief = execution value - close-out value; charge = execution value - value at the mark",
            "whole lots; charges by largest remainder over the units closed",
        )


def lots_feasible(state: WaterfallState, offer: Offer, found: Counterparty) -> int:
    """Return the most whole lots of an offer that a counterparty can close."""
    return mul_div_down(feasible_units(state, offer, found.position, found.equity), 1, offer.step)


def _priced(
    state: WaterfallState, offer: Offer, chosen: Sequence[tuple[Counterparty, int]]
) -> tuple[Fill, ...]:
    # Values by running total: each within a unit of its exact share, together exactly the whole.
    totals, units_done = [(0, 0)], 0
    for _, units in chosen:
        units_done += units
        totals.append(offer.values(units_done))
    at_mark = mul_div_down(offer.mark_value, units_done, offer.size)
    charges = allocate_pro_rata(
        max(0, totals[-1][1] - at_mark),
        [units for _, units in chosen],
        tie_key=tie_keys(state.event_id, [found.account for found, _ in chosen]),
    )
    return tuple(
        Fill(found, units, after[0] - before[0], after[1] - before[1], charge)
        for (found, units), before, after, charge in zip(chosen, totals, totals[1:], charges, strict=False)
    )


def _cost_of(state: WaterfallState, fill: Fill) -> int:
    held = fill.counterparty.position
    return int(perpetual_rules(state.terms.rules).closed_cost(held.cost, abs(held.quantity), fill.units))


def _lots_closed(closings: Sequence[Closing]) -> dict[str, int]:
    closed: dict[str, int] = {}
    for closing in closings:
        instrument = closing.offer.lot.instrument
        closed[instrument] = closed.get(instrument, 0) + closing.units
    return closed
