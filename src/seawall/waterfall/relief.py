"""Several losses relieved out of one budget: lots that it affords are closed, what is owed is paid.

For layers that spread losses over many: they charge once for all, and here is what each of the
losses gets of it, in the order they came in.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seawall.core.loss import Default, Move
from seawall.waterfall.close_out import close_affordable
from seawall.waterfall.layer import WaterfallState


@dataclass(frozen=True, slots=True)
class Relief:
    """What a budget does for several defaults.

    Attributes:
        parts: Cash paid towards each failing account [asset minor units].
        rests: What is left of each default, as if that cash were paid.
        closings: Moves that close the lots.
        closed: Quantity closed per instrument.
    """

    parts: Mapping[str, int]
    rests: tuple[Default, ...]
    closings: tuple[Move, ...]
    closed: Mapping[str, int]

    @property
    def taken(self) -> int:
        """What must be collected for it."""
        return sum(self.parts.values())


def relieve(state: WaterfallState, defaults: Sequence[Default], budget: int) -> Relief:
    """Spend a budget on several defaults of one asset and pool, in their order."""
    parts: dict[str, int] = {}
    closed: dict[str, int] = {}
    rests: list[Default] = []
    closings: list[Move] = []
    for default in defaults:
        moves, rest, quantities = close_affordable(state, default, min(budget, default.loss))
        paid = min(budget, default.loss, max(0, rest.cash_shortfall))
        budget -= paid
        closings += moves
        rests.append(rest.after(rest.cash_shortfall - paid))
        parts[default.account] = parts.get(default.account, 0) + paid
        for instrument, quantity in quantities.items():
            closed[instrument] = closed.get(instrument, 0) + quantity
    return Relief(parts, tuple(rests), tuple(closings), closed)
