"""Variation-gains haircut: what holders gained on the contracts of the pool is cut, each in proportion.

A gain is net over an account's contracts of the pool, since the previous mark or since entry,
funding taken off. The positions stay open: the cut is taken out of their cost, so cash is not
touched, and it is bounded by the equity of the account. What was cut off the gain since one
previous mark is remembered (`cut:...` in the state of the book) and not cut again.

    gain = worth at the mark - worth at the previous mark (or at entry), less what was cut before, down
    cut  = min(gain, equity, gain * rate)                    one rate for all, largest remainder

Source: CPMI-IOSCO, Recovery of financial market infrastructures, variation margin gains haircut; loss
socialisation at the mark of Vega.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256

from seawall.allocation.proportional import allocate_pro_rata, tie_keys
from seawall.core.book import Instrument, Position
from seawall.core.layers import GainsHaircutTerms
from seawall.core.loss import Default, Posting
from seawall.core.rounding import mul_div_down
from seawall.risk.assess import assess
from seawall.risk.exchange import position_worth
from seawall.waterfall.counterparties import open_profit
from seawall.waterfall.from_gains import FromGains, Told
from seawall.waterfall.layer import WaterfallState
from seawall.waterfall.offer import minor_of

BREAKS: Mapping[str, Mapping[str, str]] = {
    "gains_haircut": {
        "S7": "largest remainder: one more unit of loss may lower a charge by one unit",
    },
}


@dataclass(frozen=True, slots=True)
class Gain:
    """What an account gained on the contracts of a pool.

    Attributes:
        amount: Net gain, less what was cut off it before, rounded down, > 0 [minor units].
        cap: Most that may be cut: the gain, or the equity where that is less [minor units].
        winners: The positions that gained, with what each did, > 0 [10**-36 of the settle asset].
        cut: Cut off the gain since the same previous mark before [minor units].
    """

    account: str
    amount: int
    cap: int
    winners: tuple[tuple[Position, int], ...]
    cut: int


@dataclass(frozen=True, slots=True)
class GainsHaircut(FromGains[GainsHaircutTerms, Gain]):
    """Cuts gains in proportion: kind gains_haircut."""

    def told(self, state: WaterfallState) -> Told:
        """Return the words of the working."""
        return Told(
            rule=f"cut gains since {self.terms.since}",
            inputs={},
            formula="min(cap, gain * rate), one rate for all; cap = min(gain, equity)",
            rounding="gains down; largest remainder, ties by sha256 of event and account",
            reason=f"gain since {self.terms.since}",
            nothing="no gain that could be cut for it",
        )

    def lines(self, state: WaterfallState, default: Default, gain: Gain, taken: int) -> Sequence[Posting]:
        """Return the cut: out of the cost of the positions that won, in proportion."""
        ties = tie_keys(state.event_id, [f"{item.instrument}\0{item.leg}" for item, _ in gain.winners])
        parts = allocate_pro_rata(taken, [won for _, won in gain.winners], tie_key=ties)
        return [
            Posting(gain.account, default.asset, -part, "cost", item.leg, item.instrument)
            for (item, _), part in zip(gain.winners, parts, strict=True)
            if part
        ]

    def remembered(
        self, state: WaterfallState, default: Default, gain: Gain, taken: int
    ) -> Mapping[str, int]:
        """Return what was cut off the gain since this previous mark; a lower cost is memory enough."""
        if self.terms.since == "entry":
            return {}
        return {self._counter_of(state, default, gain.account): gain.cut + taken}

    def gains(self, state: WaterfallState, default: Default) -> Sequence[Gain]:
        """Return the gains on the contracts of a loss's pool.

        Capacity and answer ask for the same ones: they are kept until something moves.
        """
        asked = (default.asset, default.pool, len(state.draft.moves))
        kept: tuple[object, Sequence[Gain]] | None = state.workspace.get(("gains", self.name))
        if kept is not None and kept[0] == asked:
            return kept[1]
        gains = self._found(state, default)
        state.workspace["gains", self.name] = asked, gains
        return gains

    def _found(self, state: WaterfallState, default: Default) -> list[Gain]:
        held: dict[str, list[tuple[Position, int]]] = {}
        for instrument in _contracts(state, default):
            for name, position in state.draft.positions_on(instrument.id):
                if state.kind_of(name) == "user":
                    held.setdefault(name, []).append((position, self._gain(state, instrument, position)))
        found = [self._of(state, default, name, held[name]) for name in sorted(held)]
        return [gain for gain in found if gain is not None and gain.cap > 0]

    def _gain(self, state: WaterfallState, instrument: Instrument, position: Position) -> int:
        if self.terms.since == "entry":
            return open_profit(state, position)
        now, before = state.market.mark(instrument.id), _previous(state, instrument.id)
        if now is None or before is None or (instrument.kind == "inverse" and not now * before):
            return 0
        worth, was = (
            position_worth(instrument, position.quantity, price, state.market, state.terms)
            for price in (now, before)
        )
        return worth - was

    def _of(
        self, state: WaterfallState, default: Default, name: str, held: Sequence[tuple[Position, int]]
    ) -> Gain | None:
        minor, price = minor_of(state, default.asset), state.market.price(default.asset)
        cut = state.draft.state.get(self._counter_of(state, default, name), 0)
        amount = mul_div_down(sum(won for _, won in held), 1, minor) - cut
        if amount <= 0 or not price:
            return None
        health = assess(state.draft.account(name), state.draft.book, state.market, state.terms)
        if health.status == "unpriced":
            return None
        cap = min(amount, mul_div_down(health.equity, 1, minor * price))
        return Gain(name, amount, cap, tuple(item for item in held if item[1] > 0), cut)

    def _counter_of(self, state: WaterfallState, default: Default, account: str) -> str:
        # The previous marks name the gain; once they have moved on, it is another one.
        marks = [(item.id, _previous(state, item.id)) for item in _contracts(state, default)]
        named = sha256(repr((default.asset, default.pool, marks)).encode()).hexdigest()[:16]
        return f"cut:{self.terms.since}:{named}:{account}"


def _contracts(state: WaterfallState, default: Default) -> list[Instrument]:
    # Those of the loss's pool (all without one) that are settled in its asset.
    return [
        item
        for item in state.draft.book.instruments
        if item.settle_asset == default.asset and default.pool in ("", item.pool)
    ]


def _previous(state: WaterfallState, instrument: str) -> int | None:
    marks = state.market.marks.get(instrument)
    return None if marks is None else marks.named("previous")
