"""Lots handed over to an account that keeps them: what moves, and how the account stands then.

What the lots reduce of its position is realised, the rest is opened at the price paid. Equity
changes by the worth at the mark less the price, and by nothing else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from seawall.core.book import Account, Balance, Position
from seawall.core.loss import Leg, Posting
from seawall.core.parties import ENGINE, deficit_of
from seawall.core.parties import funding_of as clearing_of
from seawall.core.rounding import mul_div_down, mul_div_up
from seawall.risk.assess import assess
from seawall.risk.exchange import funding_due, position_worth
from seawall.rules import perpetual_rules
from seawall.waterfall.layer import WaterfallState
from seawall.waterfall.offer import Offer


@dataclass(frozen=True, slots=True)
class HandOver:
    """Units of an offer in new hands.

    Attributes:
        takeover_value, execution_value: Of these units [minor units].
        notional: Their size at the mark, rounded up [minor units].
        charge: What the price exceeds the worth at the mark by, 0 where it does not [minor units].
        after: The account with them.
    """

    offer: Offer
    units: int
    takeover_value: int
    execution_value: int
    notional: int
    charge: int
    after: Account
    postings: tuple[Posting, ...]

    @property
    def relief(self) -> int:
        """Loss relieved [minor units]."""
        return self.offer.relief(self.units)


def most_carried(
    state: WaterfallState, account: Account, offer: Offer, lots: int, room: int | None
) -> HandOver | None:
    """Return the most of so many lots that an account can carry; None where it can carry none.

    By halving: the excess over a convex requirement is concave in the lots taken. What is returned
    was itself assessed; under a requirement that is not convex it may be less than the most.

    Args:
        room: Most notional it may take [minor units]; None where that is not bounded.
    """
    if not is_safe(state, account):
        return None
    low, best = 0, None
    while low < lots:
        middle = mul_div_up(low + lots, 1, 2)
        found = hand_over(state, account, offer, middle * offer.step)
        if (room is None or found.notional <= room) and is_safe(state, found.after):
            low, best = middle, found
        else:
            lots = middle - 1
    return best


def is_safe(state: WaterfallState, account: Account) -> bool:
    """Return whether an account meets its requirement."""
    return assess(account, state.draft.book, state.market, state.terms).status == "safe"


def hand_over(state: WaterfallState, account: Account, offer: Offer, units: int) -> HandOver:
    """Return what handing over so many units does.

    Funding that the position has not settled would later be asked for the new lots too: the account
    is paid that now, rounded down, by the clearing account that will receive it.
    """
    instrument, delivered = state.instrument(offer.lot.instrument), offer.signed(units)
    asset, held = instrument.settle_asset, _held(account, offer, instrument.funding_index)
    takeover, execution = offer.values(units)
    reduced = min(abs(held.quantity), units) if held.quantity * delivered < 0 else 0
    realised = paid = 0
    if reduced:
        rules = perpetual_rules(state.terms.rules)
        realised = int(rules.closed_cost(held.cost, abs(held.quantity), reduced))
        paid = offer.values(reduced)[1]
    due = mul_div_down(funding_due(instrument, replace(held, quantity=delivered)), 1, offer.minor)
    worth = position_worth(instrument, delivered, offer.mark, state.market, state.terms)
    to_account = (
        Posting(account.id, instrument.id, delivered, "lots", held.leg),
        Posting(account.id, asset, paid - execution - realised, "cost", held.leg, instrument.id),
        Posting(account.id, asset, realised - paid + due),
    )
    others = (
        Posting(ENGINE, instrument.id, -delivered, "lots"),
        Posting(ENGINE, asset, takeover, "cost", instrument=instrument.id),
        Posting(deficit_of(asset), asset, execution - takeover),
        Posting(clearing_of(instrument.id), asset, -due),
    )
    return HandOver(
        offer=offer,
        units=units,
        takeover_value=takeover,
        execution_value=execution,
        notional=mul_div_up(abs(worth), 1, offer.minor),
        charge=max(0, execution - mul_div_down(offer.mark_value, units, offer.size)),
        after=_after(account, held, asset, to_account),
        postings=tuple(item for item in (*to_account, *others) if item.amount),
    )


def _held(account: Account, offer: Offer, funding_index: int) -> Position:
    # One-way accounts net; an account that keeps two legs adds to the leg of the lots' side.
    name = offer.lot.instrument
    legs = {item.leg: item for item in account.positions if item.instrument == name}
    side: Leg = "long" if offer.lot.quantity > 0 else "short"
    leg: Leg = side if legs and "net" not in legs else "net"
    return legs.get(leg) or Position(name, leg, 0, 0, funding_index)


def _after(account: Account, held: Position, asset: str, postings: Sequence[Posting]) -> Account:
    lots, cost, cash = (item.amount for item in postings)
    position = replace(held, quantity=held.quantity + lots, cost=held.cost + cost)
    balances = {(item.asset, item.side): item for item in account.balances}
    balance = balances.get((asset, "cash"), Balance(asset, "cash", 0))
    balances[asset, "cash"] = balance._replace(scaled=balance.scaled + cash)
    kept = [item for item in account.positions if (item.instrument, item.leg) != (held.instrument, held.leg)]
    return replace(account, balances=tuple(balances.values()), positions=(*kept, position))
