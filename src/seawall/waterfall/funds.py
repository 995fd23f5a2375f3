"""Layers that pay cash: the failing account's own, a penalty reserve, an insurance fund, first-loss capital.

One rule for all four: pay up to the balance above the floor, the cap per event and the share
of the loss. To pay for lots is to close them in the market at their close-out value and make
up the difference: whole lots first, the cheapest entry first, then cash for what is owed. Cash
is divisible and lots are not, so this order leaves the least unused.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seawall.core.layers import FundTerms, OwnCollateralTerms
from seawall.core.loss import Absorption, Charge, Default, Move
from seawall.waterfall.close_out import close_affordable
from seawall.waterfall.layer import BoundLayer, WaterfallState, key_of, payment

BREAKS: Mapping[str, Mapping[str, str]] = {
    "fund": {
        "W5": "a larger loss may hold a cheaper lot, close it first and leave more unused: within one lot",
        "W6": "which lots are closed depends on which come first: within one lot",
    },
}


@dataclass(frozen=True, slots=True)
class Fund(BoundLayer[FundTerms | OwnCollateralTerms]):
    """Pays cash from an account: own_collateral, penalty_reserve, fee_pool, insurance_fund, first_loss."""

    @property
    def is_venue_money(self) -> bool:
        """Whether the venue pays, and not the failing account itself."""
        return isinstance(self.terms, FundTerms)

    @property
    def takes_surplus(self) -> bool:
        """Whether what close-outs bring beyond a loss flows into it."""
        return isinstance(self.terms, FundTerms) and self.terms.surplus

    def account(self, default: Default) -> str:
        """Return who pays: the account of the terms, or the failing account itself."""
        return self.terms.account if isinstance(self.terms, FundTerms) else default.account

    def room(self, state: WaterfallState, default: Default) -> int:
        """Return what the account can pay now: its balance above the floor, within the cap per event."""
        balance = state.draft.cash(self.account(default), default.asset)
        return self.cap_left(state, default, balance - state.units(self.terms.floor, default.asset))

    def capacity(self, state: WaterfallState, default: Default) -> int:
        """Return min(balance - floor, cap - used, share of the loss), without what it may not pay for."""
        if not self.is_venue_money and state.kind_of(default.account) != "user":
            return 0
        room = self.share(default, self.room(state, default))
        if isinstance(self.terms, FundTerms) and self.terms.self_dealing == "block":
            room = min(room, max(0, default.loss - state.matched.get(key_of(default), 0)))
        return room

    def absorb(self, state: WaterfallState, default: Default, limit: int | None = None) -> Absorption:
        """Close as many whole lots as the budget affords, then pay cash."""
        if limit is None:
            limit = self.capacity(state, default)
        budget = min(limit, self.room(state, default), default.loss)
        if budget <= 0:
            return self.nothing(default, "nothing to pay with, or nothing to pay")
        closings, rest, closed = close_affordable(state, default, budget)
        paid = min(budget, max(0, rest.cash_shortfall))
        if not paid and not closings:
            return self.nothing(default, "the budget is below the cost of one lot")
        payer = self.account(default)
        working = self.working(
            "pay cash, lots first",
            {
                "account": payer,
                "balance": state.draft.cash(payer, default.asset),
                "floor": state.units(self.terms.floor, default.asset),
                "loss": default.loss,
                "limit": limit,
                "budget": budget,
                "lots_closed": closed,
                "paid": paid,
            },
            "min(balance - floor, cap per event - used, share of the loss, loss)",
            "whole lots; cash to the unit",
        )
        cover = Move(f"cover:{self.kind}", payment(payer, default.asset, paid), working)
        charge = Charge(payer, default.asset, paid, self.name, default.account, f"{self.kind} pays")
        return Absorption(
            layer=self.name,
            kind=self.kind,
            taken=paid,
            charges=(charge,) if paid else (),
            rest=rest.after(rest.cash_shortfall - paid),
            moves=(*closings, cover),
            lots_closed=closed,
            state_changes=self.use(state, default, paid),
            working=working,
        )
