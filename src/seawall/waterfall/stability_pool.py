"""A stability pool: deposits are cancelled against the debt, and take over what secured it.

Every depositor loses in proportion to its deposit, to the unit, and gains in proportion to
its loss what cash of other assets the failing account still has: of each asset the part that
the pool bears of the loss. The gain is only taken from an account that owes nothing else.

Liquity keeps this by one product and one sum (`rules.liquity_v1`), which leave a few wei of
each deposit in the pool; here the deposits are in the book, and nobody pays for roundings.

    offset          = min(deposits - floor, loss)
    loss of each    = offset * deposit / sum of deposits
    collateral out  = held * offset / loss, down             shared as the losses are

Source: Liquity v1, StabilityPool `offset`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from seawall.allocation.proportional import allocate_pro_rata, tie_keys
from seawall.core.layers import StabilityPoolTerms
from seawall.core.loss import Absorption, Charge, Default, Move, Posting
from seawall.core.rounding import mul_div_down
from seawall.rules.liquity_v1 import offset_most
from seawall.waterfall.contributors import contributors, pay_together, split_pro_rata
from seawall.waterfall.layer import BoundLayer, WaterfallState

BREAKS: Mapping[str, Mapping[str, str]] = {
    "stability_pool": {
        "W5": "largest remainder: one more unit of loss may lower a charge by one unit",
    },
}


@dataclass(frozen=True, slots=True)
class StabilityPool(BoundLayer[StabilityPoolTerms]):
    """Cancels deposits against a debt: kind stability_pool."""

    def capacity(self, state: WaterfallState, default: Default) -> int:
        """Return min(deposits - floor, cap - used, share of the loss)."""
        return self.share(default, self._room(state, default))

    def absorb(self, state: WaterfallState, default: Default, limit: int | None = None) -> Absorption:
        """Cancel deposits in proportion, and hand the depositors their part of the collateral."""
        if limit is None:
            limit = self.capacity(state, default)
        held = contributors(state, self.terms.account, default.asset)
        answer = pay_together(
            self,
            state,
            default,
            min(limit, self._room(state, default), default.loss),
            lambda paid: split_pro_rata(state, paid, held),
            "deposit cancelled against the debt",
            {
                "account": self.terms.account,
                "deposits": sum(amount for _, amount in held),
                "depositors": len(held),
                "floor": state.units(self.terms.floor, default.asset),
                "limit": limit,
            },
            "min(deposits - floor, cap per event - used, share of the loss, loss), each in proportion",
        )
        gains = tuple(_gains(state, default, answer.taken, answer.charges, answer.working))
        return replace(answer, moves=(*answer.moves, *gains))

    def _room(self, state: WaterfallState, default: Default) -> int:
        deposits = sum(amount for _, amount in contributors(state, self.terms.account, default.asset))
        return self.cap_left(
            state, default, offset_most(deposits, state.units(self.terms.floor, default.asset))
        )


def _gains(
    state: WaterfallState,
    default: Default,
    taken: int,
    charges: Sequence[Charge],
    working: Mapping[str, object],
) -> Iterator[Move]:
    # The moves that hand over the collateral of the part taken; the rest stays for who bears the rest.
    failing = state.draft.account(default.account)
    owes_more = failing.positions or any(item.scaled < 0 or item.side == "debt" for item in failing.balances)
    if not taken or owes_more:
        return
    for item in failing.balances:
        part = mul_div_down(item.scaled, taken, default.loss)
        if item.side != "cash" or item.asset == default.asset or not part:
            continue
        names = [charge.account for charge in charges]
        shares = allocate_pro_rata(
            part, [charge.amount for charge in charges], tie_key=tie_keys(state.event_id, names)
        )
        received = {name: share for name, share in zip(names, shares, strict=True) if share}
        kept = received.pop(default.account, 0)  # the failing account may be a depositor too
        if not received:
            continue
        yield Move(
            "collateral:stability_pool",
            (
                Posting(default.account, item.asset, kept - part),
                *(Posting(name, item.asset, share) for name, share in received.items()),
            ),
            {
                **working,
                "rule": "collateral to the depositors who bore the debt",
                "inputs": {
                    "asset": item.asset,
                    "held": item.scaled,
                    "taken": taken,
                    "loss": default.loss,
                    "handed_over": part - kept,
                    **({"kept": kept} if kept else {}),
                },
                "formula": "held * taken / loss, each in proportion to its charge",
                "rounding": "down, the rest stays in the account; shares by largest remainder",
            },
        )
