"""Auto-deleveraging: close the engine's lots against solvent winners on the other side.

The fewest whole lots that relieve the loss are closed, the dearest entry first. A winner closes as many
as its equity at the mark can bear; who can bear none is passed over.

    relief = execution value - close-out value               what the loss falls by
    charge = execution value - value at the mark             what a winner pays

`takeover` is the value at which the failing account gave its lots up, `previous` the mark before this one,
`oracle` the index price, `threshold` a stated part of the mark.

Values are rounded down along a running total, so that parts sum to the whole. At the mark nobody pays:
what is relieved is what closing in the market would have cost. Scores are those before the answer: a fill
does not reorder the queue for the next lot of the same default.

Source: BitMEX, Auto-Deleveraging (the queue); Chitra, Autodeleveraging: Impossibilities and Optimization,
arXiv 2512.01112 (pro rata).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from seawall.allocation.proportional import allocate_capped, tie_keys
from seawall.allocation.queue import allocate_queue
from seawall.core.layers import AdlTerms
from seawall.core.loss import Default
from seawall.waterfall.counterparties import Counterparty, Ranking
from seawall.waterfall.layer import WaterfallState
from seawall.waterfall.lot_closing import Before, LotClosing, lots_feasible
from seawall.waterfall.offer import Offer

BREAKS: Mapping[str, Mapping[str, str]] = {
    "adl_queue": {
        "S2": "the first in the queue closes all it has, the next nothing",
        "S4": "the score decides who pays, not the balance",
        "S5": "half of a split account may stand behind an equal of the other half",
    },
    "adl": {
        "W6": "lots are indivisible, and a fill changes the scores the next default meets",
    },
}


@dataclass(frozen=True, slots=True)
class Deleverage(LotClosing[AdlTerms]):
    """Closes lots against the winners of the other side: kind adl, by queue or pro rata."""

    def choose(
        self, state: WaterfallState, default: Default, offer: Offer, lots: int, before: Before
    ) -> Sequence[tuple[Counterparty, int]]:
        """Return the winners that close: first in the queue first, or all in proportion."""
        candidates = self._candidates(state, default, offer, before)
        if self.terms.selection == "queue":
            return allocate_queue(lots, candidates)
        return _pro_rata(state, candidates, lots, by_size=self.terms.score == "size")

    def rule(self) -> str:
        """Return what the working calls it."""
        return f"adl {self.terms.selection} by {self.terms.score}"

    def _candidates(
        self, state: WaterfallState, default: Default, offer: Offer, before: Before
    ) -> Iterator[tuple[Counterparty, int]]:
        # (counterparty as earlier fills left it, most lots it can close), first in the queue first.
        spared = state.owner_of(default.account) if self.terms.exclude_same_owner else ""
        for found in self._ranking(state, offer):
            if found.account == default.account or (spared and state.owner_of(found.account) == spared):
                continue
            now = before.left(found)
            lots = 0 if now is None else lots_feasible(state, offer, now)
            if now is not None and lots:
                yield now, lots

    def _ranking(self, state: WaterfallState, offer: Offer) -> Ranking:
        asked = (offer.lot.instrument, offer.lot.quantity < 0, self.terms.score)
        kept: Ranking | None = state.workspace.get(("ranking", *asked))
        if kept is None:
            kept = state.workspace["ranking", *asked] = Ranking.of(state, *asked)
        return kept.follow()


def _pro_rata(
    state: WaterfallState, candidates: Iterator[tuple[Counterparty, int]], lots: int, *, by_size: bool
) -> list[tuple[Counterparty, int]]:
    items = list(candidates)
    caps = [cap for _, cap in items]
    shares = allocate_capped(
        min(lots, sum(caps)),
        [abs(found.position.quantity) if by_size else found.profit for found, _ in items],
        caps,
        tie_key=tie_keys(state.event_id, [found.account for found, _ in items]),
    )
    return [(found, share) for (found, _), share in zip(items, shares, strict=True) if share]
