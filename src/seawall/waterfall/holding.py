"""Holding a loss for later: lots become cash owed first, and what is owed then waits."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seawall.core.loss import Default, Move
from seawall.waterfall.close_out import close_affordable
from seawall.waterfall.layer import WaterfallState


@dataclass(frozen=True, slots=True)
class Holding:
    """What a layer may hold of a default, and what is left.

    Attributes:
        amount: Held [asset minor units].
        rest: What is left of the default.
        closings: Moves that close the lots whose cost is held.
        closed: Quantity closed per instrument.
    """

    amount: int
    rest: Default
    closings: tuple[Move, ...]
    closed: Mapping[str, int]


def hold(state: WaterfallState, default: Default, budget: int) -> Holding:
    """Close as many whole lots as a budget covers, and hold what is then owed, up to the budget.

    Only cash can wait: a lot left open would go on losing while nobody answers for it.
    """
    closings, rest, closed = close_affordable(state, default, budget)
    amount = min(budget, max(0, rest.cash_shortfall))
    return Holding(amount, rest.after(rest.cash_shortfall - amount), closings, closed)
