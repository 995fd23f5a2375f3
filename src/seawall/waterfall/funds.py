"""Layers that pay cash: the failing account, a penalty reserve, a fee pool, an insurance fund, own capital.

One rule for all: pay up to the balance above the floor, the cap per event and the share
of the loss. To pay for lots is to close them in the market at their close-out value and make
up the difference: whole lots first, the cheapest entry first, then cash for what is owed. Cash
is divisible and lots are not, so this order leaves the least unused.

A fund that holds another asset sells as much of it as the payment needs, at the price of the
moment less its haircut: where that price falls with the event, so does what the fund can bear.

    pays = min(balance - floor, loss)                        in the loss's own asset, to the unit
    sold = what it pays / (price * (1 - haircut))            in another: up, and what it brings down

Source: EMIR (EU 648/2012) art. 45, the defaulter's money first, then the house's, then that of others;
insurance funds as at BitMEX, Binance, dYdX v4 and Drift v2.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seawall.core.layers import FundTerms, OwnCollateralTerms
from seawall.core.loss import Absorption, Charge, Default, Move
from seawall.core.parties import deficit_of
from seawall.waterfall.close_out import close_affordable
from seawall.waterfall.conversion import Rate, rate_of, residue, sell
from seawall.waterfall.layer import BoundLayer, WaterfallState, key_of

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

    def holds(self, default: Default) -> str:
        """Return the asset it pays from, in which its floor is counted: the loss's own unless named."""
        return (isinstance(self.terms, FundTerms) and self.terms.reserve_asset) or default.asset

    def rate(self, state: WaterfallState, default: Default) -> Rate | None:
        """Return what a unit of its reserve brings of the loss's asset, None without a price."""
        if not isinstance(self.terms, FundTerms):
            return Rate(default.asset, default.asset)
        reserve, basis = self.terms.reserve_asset, self.terms.conversion
        return rate_of(state, reserve, default.asset, basis, self.terms.haircut_bps)

    def room(self, state: WaterfallState, default: Default) -> int:
        """Return what it can pay now: the balance above the floor, sold, within the cap per event."""
        held, rate = self.holds(default), self.rate(state, default)
        if rate is None:
            return 0
        spare = state.draft.cash(self.account(default), held) - state.units(self.terms.floor, held)
        return self.cap_left(state, default, rate.brings_down(max(0, spare)))

    def capacity(self, state: WaterfallState, default: Default) -> int:
        """Return min(balance - floor, cap - used, share of the loss), without what it may not pay for.

        A reserve in another asset counts for what it brings, rounded down.
        """
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
        budget, rate = min(limit, self.room(state, default), default.loss), self.rate(state, default)
        if budget <= 0 or rate is None:
            unpriced = f"no price to sell {self.holds(default)} at"
            return self.nothing(default, "nothing to pay with, or nothing to pay" if rate else unpriced)
        closings, rest, closed = close_affordable(state, default, budget)
        paid = min(budget, max(0, rest.cash_shortfall))
        if not paid and not closings:
            return self.nothing(default, "the budget is below the cost of one lot")
        payer, given = self.account(default), rate.needs_up(paid)
        brought = rate.brings_down(given)
        sold = {} if rate.is_same else {"sold": given, "brought": brought}
        working = self.working(
            "pay cash, lots first" if rate.is_same else "sell the reserve, pay cash, lots first",
            {
                "account": payer,
                "balance": state.draft.cash(payer, rate.held),
                "floor": state.units(self.terms.floor, rate.held),
                **rate.inputs(),
                "loss": default.loss,
                "limit": limit,
                "budget": budget,
                "lots_closed": closed,
                "paid": paid,
                **sold,
            },
            "min(balance - floor, cap per event - used, share of the loss, loss)",
            "whole lots; cash to the unit"
            + ("" if rate.is_same else "; units sold up, what they bring down"),
        )
        receivers = [(deficit_of(default.asset), paid), *residue(state, default.asset, brought - paid)]
        cover = Move(f"cover:{self.kind}", sell([(payer, given)], rate, receivers), working)
        charge = Charge(payer, default.asset, brought, self.name, default.account, f"{self.kind} pays")
        return Absorption(
            layer=self.name,
            kind=self.kind,
            taken=paid,
            charges=(charge,) if paid else (),
            rest=rest.after(rest.cash_shortfall - paid),
            moves=(*closings, cover),
            dust=brought - paid,
            lots_closed=closed,
            state_changes=self.use(state, default, paid),
            working=working,
        )
