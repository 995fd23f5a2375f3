"""A stability pool: deposits are cancelled against the debt, and take over what secured it.

Every depositor loses in proportion to its deposit, to the unit, and gains in proportion to
its loss what secured the debt: of each collateral the part that the pool bears of the loss.

Liquity keeps this by one product and one sum (`rules.liquity_v1`), which leave a few wei of
each deposit in the pool; here the deposits are in the book, and nobody pays for roundings.

    offset          = min(deposits - floor, loss)
    loss of each    = offset * deposit / sum of deposits
    collateral out  = balance * offset / debt, down          shared as the losses are

Source: Liquity v1, StabilityPool `offset`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from seawall.core.layers import StabilityPoolTerms
from seawall.core.loss import Absorption, Default
from seawall.rules.liquity_v1 import offset_most
from seawall.waterfall.collateral import hand_over_collateral
from seawall.waterfall.contributors import contributors, pay_together, split_pro_rata
from seawall.waterfall.layer import BoundLayer, WaterfallState

BREAKS: Mapping[str, Mapping[str, str]] = {
    "stability_pool": {
        "S7": "largest remainder: one more unit of loss may lower a charge by one unit",
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
        gains, (left,) = hand_over_collateral(
            state,
            [(default, answer.taken)],
            [(charge.account, charge.amount) for charge in answer.charges],
            answer.working,
        )
        rest = replace(answer.rest, collateral=left)
        return replace(answer, rest=rest, moves=(*answer.moves, *gains))

    def _room(self, state: WaterfallState, default: Default) -> int:
        deposits = sum(amount for _, amount in contributors(state, self.terms.account, default.asset))
        return self.cap_left(
            state, default, offset_most(deposits, state.units(self.terms.floor, default.asset))
        )
