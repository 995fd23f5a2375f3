"""A halt: the loss is held while trading stops, then goes on to the layers below.

Nobody pays for the halt itself. The counter `halted:<pool>` (or the asset, for a loss without a
pool) says until when, for whoever runs the venue; several halts of one pool end with the last.

    due = now + resume_after_s

Source: dYdX v4, which stops withdrawals while an account is below zero; the length is the plan's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from seawall.core.layers import HaltTerms
from seawall.core.loss import Absorption, Default, Pending, Settlement
from seawall.waterfall.holding import hold
from seawall.waterfall.layer import BoundLayer, WaterfallState

BREAKS: Mapping[str, Mapping[str, str]] = {}


@dataclass(frozen=True, slots=True)
class Halt(BoundLayer[HaltTerms]):
    """Holds the loss for a stated time: kind halt."""

    def capacity(self, state: WaterfallState, default: Default) -> int:
        """Return the loss, within the cap per event and the share of the loss."""
        return self.share(default, self.cap_left(state, default, default.loss))

    def absorb(self, state: WaterfallState, default: Default, limit: int | None = None) -> Absorption:
        """Hold the loss, and note until when its pool stands still."""
        if limit is None:
            limit = self.capacity(state, default)
        held = hold(state, default, min(limit, self.capacity(state, default), default.loss))
        if not held.amount:
            return self.nothing(default, "nothing to hold, or the budget is below the cost of one lot")
        due = state.now + self.terms.resume_after_s
        until = max(due, state.draft.state.get(_counter(default), 0))
        working = self.working(
            "hold the loss while trading stops",
            {
                "loss": default.loss,
                "limit": limit,
                "held": held.amount,
                "resumes": due,
                "halted_until": until,
            },
            "resumes = now + resume_after_s",
            "whole lots; cash to the unit",
        )
        return Absorption(
            self.name,
            self.kind,
            0,
            (),
            held.rest,
            moves=held.closings,
            lots_closed=held.closed,
            state_changes={**self.use(state, default, held.amount), _counter(default): until},
            pending=(self.held(state, default, held.amount, due),),
            working=working,
        )

    def settle(self, state: WaterfallState, pending: Pending) -> Settlement:
        """Give the whole loss back once the time is over; before that, go on holding it."""
        if state.now < pending.due:
            return Settlement(pending, 0, 0, left=pending)
        others = (item for item in state.draft.pending.values() if item.kind == self.kind)
        until = max((item.due for item in others if _counter(item) == _counter(pending)), default=0)
        resumed = {_counter(pending): until if until > state.now else 0}
        working = self.working(
            "trading resumes, the loss goes on",
            {"held": pending.amount, "due": pending.due, "now": state.now, **resumed},
        )
        return Settlement(pending, 0, pending.amount, state_changes=resumed, working=working)


def _counter(loss: Default | Pending) -> str:
    return f"halted:{loss.pool or loss.asset}"
