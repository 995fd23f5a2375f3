"""Layers that contributors fill together: a mutual default fund, a tranche.

Each pays in proportion to what it holds in the fund, to the unit, down to the floor of the
whole. In a mutual fund the defaulter's own contribution goes first: survivors pay only what it
does not cover. Holders of a tranche are investors and all pay alike.

    pays    = min(sum held - floor, loss)
    of each = pays * held / sum held                         largest remainder

Source: EMIR art. 42 and 45 (default funds); Gibson, Understanding the Risk of Synthetic CDOs (tranches).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seawall.core.layers import MutualFundTerms
from seawall.core.loss import Absorption, Default
from seawall.waterfall.contributors import Amounts, contributors, fails_too, pay_together, split_pro_rata
from seawall.waterfall.layer import BoundLayer, WaterfallState

BREAKS: Mapping[str, Mapping[str, str]] = {
    "mutual_fund": {
        "S7": "largest remainder: one more unit of loss may lower a charge by one unit",
        "S8": "a loss split in two and paid twice moves single charges by a unit",
    },
}


@dataclass(frozen=True, slots=True)
class MutualFund(BoundLayer[MutualFundTerms]):
    """Charges the contributors of an account in proportion: mutual_fund, tranche."""

    def capacity(self, state: WaterfallState, default: Default) -> int:
        """Return min(sum held - floor, cap - used, share of the loss)."""
        return self.share(default, self._room(state, default))

    def absorb(self, state: WaterfallState, default: Default, limit: int | None = None) -> Absorption:
        """Close as many whole lots as they can pay for together, then pay cash."""
        if limit is None:
            limit = self.capacity(state, default)
        held = contributors(state, self.terms.account, default.asset)
        return pay_together(
            self,
            state,
            default,
            min(limit, self._room(state, default), default.loss),
            lambda paid: self._split(state, default, paid, held),
            "share of the tranche" if self.kind == "tranche" else "share of the mutual fund",
            {
                "account": self.terms.account,
                "held": sum(amount for _, amount in held),
                "contributors": len(held),
                "floor": state.units(self.terms.floor, default.asset),
                "limit": limit,
            },
            "min(sum held - floor, cap per event - used, share of the loss, loss), each in proportion",
        )

    def _room(self, state: WaterfallState, default: Default) -> int:
        held = sum(amount for _, amount in contributors(state, self.terms.account, default.asset))
        return self.cap_left(state, default, held - state.units(self.terms.floor, default.asset))

    def _split(self, state: WaterfallState, default: Default, paid: int, held: Amounts) -> Amounts:
        if self.kind == "tranche":
            return split_pro_rata(state, paid, held)
        own = [item for item in held if fails_too(state, item[0], default)]
        others = [item for item in held if item not in own]
        first = min(paid, sum(amount for _, amount in own))
        return sorted(
            [*split_pro_rata(state, first, own), *split_pro_rata(state, paid - first, others)],
        )
