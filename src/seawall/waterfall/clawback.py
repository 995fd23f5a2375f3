"""Clawback: gains realised in a window before the event are taken back, nobody beyond its own.

Realised gains stand in the state of the book, `gain:<account>:<asset>:<unix time>` [minor units,
signed]; who keeps them is the venue's choice. An account's gain is net over the window; what it
has left of it in cash is the most it pays. A gain taken back is written off its counters, the
newest first, so nobody pays for one twice.

    taken back = min(gain of the window, cash, gain * rate)  one rate for all, largest remainder

Source: OKEx, clawback of futures 2014 to 2019, where the window was a week.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from seawall.core.layers import ClawbackTerms
from seawall.core.loss import Default, Posting
from seawall.waterfall.from_gains import FromGains, Told
from seawall.waterfall.layer import WaterfallState

BREAKS: Mapping[str, Mapping[str, str]] = {
    "clawback": {
        "S4": "gains decide, not the balance: a larger balance with smaller gains pays less",
        "S7": "largest remainder: one more unit of loss may lower a charge by one unit",
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
class Clawback(FromGains[ClawbackTerms, Realised]):
    """Takes realised gains back in proportion: kind clawback."""

    def told(self, state: WaterfallState) -> Told:
        """Return the words of the working."""
        return Told(
            rule=f"take back gains of the last {self.terms.window_s} s",
            inputs={"window_start": state.now - self.terms.window_s},
            formula="min(cap, gain * rate), one rate for all; cap = min(gain, cash)",
            rounding="largest remainder, ties by sha256 of event and account",
            reason="share of gains realised",
            nothing="no gain of the window that could be taken back",
        )

    def lines(self, state: WaterfallState, default: Default, gain: Realised, taken: int) -> Sequence[Posting]:
        """Return the payment: out of cash."""
        return (Posting(gain.account, default.asset, -taken),)

    def remembered(
        self, state: WaterfallState, default: Default, gain: Realised, taken: int
    ) -> Mapping[str, int]:
        """Return the counters of gains that were taken back."""
        return gain.less(taken)

    def gains(self, state: WaterfallState, default: Default) -> list[Realised]:
        """Return net gains of the window, in id order.

        At the very start of the window a gain still counts; a later one than now does not.
        """
        asset = default.asset
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
