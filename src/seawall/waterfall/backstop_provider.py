"""A backstop provider: an account that takes lots over at a stated price, as far as it can carry them.

What it takes becomes its own position; nobody else moves. It takes whole lots, the dearest entry
first, as long as it meets its own requirement with them and `notional_max` is kept. At a price
worse than the market's for the loss it is not asked, nor where its own owner failed. It bears what
the price exceeds the mark by; a discount is its gain, and raises what is left of the loss.

    it pays = value at the price - discount * |value|        value down, discount up
    relief  = what it pays - close-out value                 what the loss falls by
    charge  = what it pays - value at the mark

Source: backstop liquidity providers of FTX; the liquidator vault of Hyperliquid.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seawall.core.layers import BackstopProviderTerms
from seawall.core.loss import Absorption, Charge, Default, Move
from seawall.core.money import format_decimal
from seawall.core.rounding import mul_div_down
from seawall.risk.assess import assess
from seawall.waterfall.close_out import lots_with
from seawall.waterfall.contributors import fails_too
from seawall.waterfall.hand_over import HandOver, most_carried
from seawall.waterfall.layer import BoundLayer, WaterfallState
from seawall.waterfall.offer import offer_of

BREAKS: Mapping[str, Mapping[str, str]] = {
    "backstop_provider": {
        "W6": "lots are indivisible: two losses below one lot each are not taken over",
    },
}


@dataclass(frozen=True, slots=True)
class BackstopProvider(BoundLayer[BackstopProviderTerms]):
    """Hands lots to one account that volunteered for them: kind backstop_provider."""

    def capacity(self, state: WaterfallState, default: Default) -> int:
        """Return the loss relieved if the provider took every lot it can, within cap and share."""
        relief = sum(taken.relief for taken in self._plan(state, default))
        return self.share(default, self.cap_left(state, default, relief))

    def absorb(self, state: WaterfallState, default: Default, limit: int | None = None) -> Absorption:
        """Hand over the fewest whole lots that relieve the loss, or the most not beyond a lower `limit`."""
        if limit is None:
            limit = self.capacity(state, default)
        plan = self._plan(state, default, limit)
        if not plan:
            return self.nothing(default, "no whole lot that the provider can carry and that spares a loss")
        rest, closed = default, dict[str, int]()
        for taken in plan:
            lot, owed = taken.offer.lot, taken.takeover_value - taken.execution_value
            rest = rest.after(rest.cash_shortfall + owed, lots_with(rest, lot, lot.split(taken.units)[1]))
            closed[lot.instrument] = closed.get(lot.instrument, 0) + taken.units
        relieved = default.loss - rest.loss
        charges = tuple(self._charge(state, default, taken) for taken in plan if taken.charge)
        charged = sum(charge.amount for charge in charges)
        health = assess(plan[-1].after, state.draft.book, state.market, state.terms)
        working = self.working(
            f"lots to a backstop provider at {self.terms.execution}",
            {
                "provider": self.terms.account,
                "loss": default.loss,
                "limit": limit,
                "lots_closed": closed,
                "cash_relieved": relieved,
                "charged": charged,
                "lot_overshoot": sum(taken.relief for taken in plan) - relieved,
                "value_overshoot": max(0, charged - relieved),
                "margin_equity_after": health.margin_equity,
                "requirement_after": health.requirement,
            },
            "the most whole lots with which the provider meets its requirement",
            "whole lots; values down, discount up",
        )
        return Absorption(
            layer=self.name,
            kind=self.kind,
            taken=relieved,
            charges=charges,
            rest=rest,
            moves=tuple(self._move(taken) for taken in plan),
            avoided=relieved - charged,
            lots_closed=closed,
            state_changes=self.use(state, default, relieved) | self._notional(state, default, plan),
            working=working,
        )

    def _plan(self, state: WaterfallState, default: Default, limit: int | None = None) -> list[HandOver]:
        # Without a limit: all that the provider can carry. The dearest entry first.
        if fails_too(state, self.terms.account, default):
            return []
        account, room, relieved = state.draft.account(self.terms.account), self._room(state, default), 0
        plan: list[HandOver] = []
        for lot in sorted(default.lots, key=lambda item: (-item.cost, item.instrument, item.quantity)):
            offer = offer_of(state, self.terms, lot, discount_bps=self.terms.discount_bps)
            if offer is None or offer.execution_value == lot.close_out_value:
                continue
            wanted = offer.closable
            if limit is not None:
                if relieved >= default.loss:
                    break
                wanted = offer.units_for(max(0, limit - relieved), beyond=limit >= default.loss)
            taken = most_carried(state, account, offer, mul_div_down(wanted, 1, offer.step), room)
            if taken is not None:
                plan.append(taken)
                account, relieved = taken.after, relieved + taken.relief
                room = None if room is None else room - taken.notional
        return plan

    def _room(self, state: WaterfallState, default: Default) -> int | None:
        # What notional_max leaves in this event; None without one.
        if self.terms.notional_max is None:
            return None
        used = state.draft.state.get(self._notional_counter(state, default), 0)
        return state.units(self.terms.notional_max, default.asset) - used

    def _notional(self, state: WaterfallState, default: Default, plan: Sequence[HandOver]) -> dict[str, int]:
        if self.terms.notional_max is None:
            return {}
        counter = self._notional_counter(state, default)
        return {counter: state.draft.state.get(counter, 0) + sum(taken.notional for taken in plan)}

    def _notional_counter(self, state: WaterfallState, default: Default) -> str:
        return f"notional:{self.name}:{state.event_id}:{default.asset}"

    def _charge(self, state: WaterfallState, default: Default, taken: HandOver) -> Charge:
        instrument = state.instrument(taken.offer.lot.instrument)
        contracts = format_decimal(taken.units, instrument.quantity_decimals)
        reason = f"took over {contracts} {instrument.id}"
        return Charge(self.terms.account, default.asset, taken.charge, self.name, default.account, reason)

    def _move(self, taken: HandOver) -> Move:
        working = self.working(
            f"take over at the {self.terms.execution} price",
            {
                "provider": self.terms.account,
                "units": taken.units,
                "price": "takeover" if taken.offer.price is None else taken.offer.price,
                "discount_bps": self.terms.discount_bps,
                "mark": taken.offer.mark,
                "takeover_value": taken.takeover_value,
                "execution_value": taken.execution_value,
                "notional": taken.notional,
                "charge": taken.charge,
            },
            "execution value = value at the price - discount * |value|; charge = it - value at the mark",
            "values down, discount up",
        )
        return Move("take_over", taken.postings, working)
