"""Tear-up: the engine's contracts are cancelled against the other side, winners and losers.

Pro rata, everybody who holds the other side gives up the same part of its position, in whole lots;
who could not bear its part gives what it can, and the others give the rest. At random, they are
asked one after the other in an order drawn from event and seed, each for all it can give: dYdX's
offsets, fair before the draw and not after. A loser that is torn up at the mark loses nothing more,
and a winner no more than its future gains: what the price takes from them is the charge. Accounts
under water are passed over: they are defaults of their own.

    part = lots * size / sum of sizes, largest remainder     pro rata

Relief and charge are those of `adl`.

Source: CPMI-IOSCO, Recovery of financial market infrastructures, partial tear-up (pro rata); dYdX v4,
clob/keeper/deleveraging.go `OffsetSubaccountPerpetualPosition` (random).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from seawall.allocation.arrival import random_order
from seawall.allocation.proportional import allocate_capped, tie_keys
from seawall.allocation.queue import allocate_queue
from seawall.core.book import Account, Position
from seawall.core.layers import TearUpTerms
from seawall.core.loss import Default
from seawall.risk.assess import assess
from seawall.waterfall.counterparties import Counterparty, open_profit
from seawall.waterfall.layer import WaterfallState
from seawall.waterfall.lot_closing import Before, LotClosing, lots_feasible
from seawall.waterfall.offer import Offer

BREAKS: Mapping[str, Mapping[str, str]] = {
    "tear_up": {
        "S2": "lots are indivisible: a part below one lot is nothing, or a whole lot",
        "S5": "an account split below one lot may be passed over, or pay a lot for each part",
        "W6": "lots are indivisible: two losses below one lot each are not torn up",
    },
    "tear_up_random": {
        "S2": "the first drawn gives up all it has, the last nothing",
        "S4": "the draw decides who pays, not the balance",
        "S5": "each half of a split account is drawn on its own",
        "W6": "lots are indivisible: two losses below one lot each are not torn up",
    },
}


@dataclass(frozen=True, slots=True)
class TearUp(LotClosing[TearUpTerms]):
    """Cancels lots against the other side, in proportion to size or by draw: kind tear_up."""

    def choose(
        self, state: WaterfallState, default: Default, offer: Offer, lots: int, before: Before
    ) -> Sequence[tuple[Counterparty, int]]:
        """Return everybody on the other side with its part, largest remainder; or the first drawn."""
        found = [
            (now, cap)
            for one in self._other_side(state, default, offer)
            if (now := before.left(one)) is not None and (cap := lots_feasible(state, offer, now))
        ]
        names = [one.account for one, _ in found]
        if self.terms.selection == "random":
            order = random_order(names, state.event_id, state.event.seed)
            return allocate_queue(lots, [found[place] for place in order])
        caps = [cap for _, cap in found]
        shares = allocate_capped(
            min(lots, sum(caps)),
            [abs(one.position.quantity) for one, _ in found],
            caps,
            tie_key=tie_keys(state.event_id, names),
        )
        return [(one, share) for (one, _), share in zip(found, shares, strict=True) if share]

    def rule(self) -> str:
        """Return what the working calls it."""
        return "tear up by draw" if self.terms.selection == "random" else "tear up in proportion to size"

    def told(self, state: WaterfallState) -> Mapping[str, object]:
        """Return the seed of a draw."""
        return {"seed": state.event.seed} if self.terms.selection == "random" else {}

    def _other_side(self, state: WaterfallState, default: Default, offer: Offer) -> Iterator[Counterparty]:
        # Solvent users whose position the lot would close, in id order.
        is_long = offer.lot.quantity < 0
        for name, position in state.draft.positions_on(offer.lot.instrument):
            is_other_side = (position.quantity > 0) == is_long
            if not is_other_side or name == default.account or state.kind_of(name) != "user":
                continue
            found = _standing(state, state.draft.account(name), position)
            if found is not None:
                yield found


def _standing(state: WaterfallState, account: Account, position: Position) -> Counterparty | None:
    health = assess(account, state.draft.book, state.market, state.terms)
    if health.status == "unpriced" or health.equity < 0:
        return None
    profit = max(0, open_profit(state, position))
    return Counterparty(account.id, position, profit, health.equity, (abs(position.quantity), 1))
