"""Clawback: gains realised in a window before the event are taken back, nobody beyond its own.

Realised gains stand in the state of the book, `gain:<account>:<asset>:<unix time>` [minor units,
signed]; who keeps them is the venue's choice. An account's gain is net over the window; what it
has left of it in cash is the most it pays. A gain taken back is written off its counters, the
newest first, so nobody pays for one twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar

from seawall.allocation.proportional import allocate_capped, tie_keys
from seawall.core.layers import ClawbackTerms
from seawall.core.loss import Absorption, Charge, Default, Move, Posting
from seawall.core.parties import deficit_of
from seawall.waterfall.layer import BoundLayer, WaterfallState, together
from seawall.waterfall.relief import relieve

BREAKS: Mapping[str, Mapping[str, str]] = {
    "clawback": {
        "S4": "gains decide, not the balance: a larger balance with smaller gains pays less",
        "W5": "largest remainder: one more unit of loss may lower a charge by one unit",
    },
}


@dataclass(frozen=True, slots=True)
class Realised:
    """Realised gains of an account in the window.

    Attributes:
        amount: Net, > 0 [minor units].
        cap: The amount, or the cash where that is less [minor units].
        counters: (counter, value) of each, the newest first.
    """

    account: str
    amount: int
    cap: int
    counters: tuple[tuple[str, int], ...]

    def less(self, taken: int) -> dict[str, int]:
        """Return the counters that change when so much is taken back."""
        changed = {}
        for counter, value in self.counters:
            part = min(taken, max(0, value))
            if part:
                changed[counter] = value - part
                taken -= part
        return changed


@dataclass(frozen=True, slots=True)
class Clawback(BoundLayer[ClawbackTerms]):
    """Takes realised gains back in proportion: kind clawback."""

    spreads: ClassVar[bool] = True

    def capacity(self, state: WaterfallState, default: Default) -> int:
        """Return what can be taken back, within the cap per event and the share of the loss."""
        bearable = sum(gain.cap for gain in self._gains(state, default.asset))
        return self.share(default, self.cap_left(state, default, bearable))

    def absorb(self, state: WaterfallState, default: Default, limit: int | None = None) -> Absorption:
        """Take gains back for one loss."""
        return self.absorb_all(state, [default], limit)[0]

    def absorb_all(
        self, state: WaterfallState, defaults: Sequence[Default], limit: int | None = None
    ) -> tuple[Absorption, tuple[Default, ...]]:
        """Take gains back once for several losses of one asset and pool."""
        whole, asset = together(defaults), defaults[0].asset
        capacity = self.capacity(state, whole)
        relief = relieve(state, defaults, min(capacity if limit is None else limit, capacity, whole.loss))
        taken = relief.taken
        if not taken:
            return self.nothing(whole, "no gain of the window that could be taken back"), tuple(defaults)
        gains = self._gains(state, asset)
        shares = allocate_capped(
            taken,
            [gain.amount for gain in gains],
            [gain.cap for gain in gains],
            tie_key=tie_keys(state.event_id, [gain.account for gain in gains]),
        )
        paying = [(gain, share) for gain, share in zip(gains, shares, strict=True) if share]
        working = self.working(
            f"take back gains of the last {self.terms.window_s} s",
            {
                "loss": whole.loss,
                "limit": limit,
                "taken": taken,
                "defaults": len(defaults),
                "payers": len(paying),
                "window_start": state.now - self.terms.window_s,
                "profit_capacity": sum(gain.amount for gain in gains),
                "bearable": sum(gain.cap for gain in gains),
            },
            "min(cap, gain * rate), one rate for all; cap = min(gain, cash)",
            "largest remainder, ties by sha256 of event and account",
        )
        lines = [Posting(gain.account, asset, -share) for gain, share in paying]
        answer = Absorption(
            layer=self.name,
            kind=self.kind,
            taken=taken,
            charges=tuple(
                Charge(gain.account, asset, share, self.name, whole.account, "share of gains realised")
                for gain, share in paying
            ),
            rest=together(relief.rests),
            moves=(
                *relief.closings,
                Move(self.kind, (*lines, Posting(deficit_of(asset), asset, taken)), working),
            ),
            lots_closed=relief.closed,
            parts=relief.parts,
            state_changes=self.use(state, whole, taken)
            | {counter: left for gain, share in paying for counter, left in gain.less(share).items()},
            working=working,
        )
        return answer, relief.rests

    def _gains(self, state: WaterfallState, asset: str) -> list[Realised]:
        # In id order. At the very start of the window a gain still counts; a later one than now does not.
        found: dict[str, list[tuple[int, str, int]]] = {}
        for counter, value in state.draft.state.items():
            named = realised_by(counter)
            if named is None or named[1] != asset or not 0 <= state.now - named[2] <= self.terms.window_s:
                continue
            if state.kind_of(named[0]) == "user":
                found.setdefault(named[0], []).append((-named[2], counter, value))
        gains = []
        for name, items in sorted(found.items()):
            amount = sum(value for _, _, value in items)
            cap = min(amount, state.draft.cash(name, asset))
            if cap > 0:
                counters = tuple((counter, value) for _, counter, value in sorted(items))
                gains.append(Realised(name, amount, cap, counters))
        return gains


def realised(account: str, asset: str, at: int) -> str:
    """Return the counter of the gain an account realised at a unix time."""
    return f"gain:{account}:{asset}:{at}"


def realised_by(counter: str) -> tuple[str, str, int] | None:
    """Return (account, asset, unix time) of a counter of realised gains, None for any other counter.

    >>> realised_by("gain:desk:7:USD:1700000000")
    ('desk:7', 'USD', 1700000000)
    """
    kind, _, rest = counter.partition(":")
    parts = rest.rsplit(":", 2)
    if kind != "gain" or len(parts) != 3 or not parts[2].isdecimal():
        return None
    return parts[0], parts[1], int(parts[2])
