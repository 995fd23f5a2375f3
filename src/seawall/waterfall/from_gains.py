"""Layers that are paid out of gains, realised or open: each in proportion to its gain, up to a cap.

What a gain is, and what a payment does to it, a kind says for itself.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from seawall.allocation.proportional import allocate_capped, tie_keys
from seawall.core.layers import ClawbackTerms, GainsHaircutTerms
from seawall.core.loss import Absorption, Charge, Default, Move, Posting
from seawall.core.parties import deficit_of
from seawall.waterfall.layer import BoundLayer, WaterfallState, together
from seawall.waterfall.relief import relieve


class Gained(Protocol):
    """A gain: what it is, and the most of it that may be taken [minor units], both > 0."""

    @property
    def account(self) -> str:
        """Whose gain it is."""

    @property
    def amount(self) -> int:
        """The gain."""

    @property
    def cap(self) -> int:
        """What of it may be taken."""


GainTerms = TypeVar("GainTerms", bound=ClawbackTerms | GainsHaircutTerms)
AnyGain = TypeVar("AnyGain", bound=Gained)


@dataclass(frozen=True, slots=True)
class Told:
    """How a kind tells of its working: rule, further inputs, formula, rounding, reason, and nothing."""

    rule: str
    inputs: Mapping[str, Any]
    formula: str
    rounding: str
    reason: str
    nothing: str


@dataclass(frozen=True, slots=True)
class FromGains(BoundLayer[GainTerms], Generic[GainTerms, AnyGain]):
    """Takes a loss out of gains, once for all losses of one asset and pool."""

    spreads: ClassVar[bool] = True

    @abstractmethod
    def gains(self, state: WaterfallState, default: Default) -> Sequence[AnyGain]:
        """Return the gains that stand behind a loss, in id order."""

    @abstractmethod
    def told(self, state: WaterfallState) -> Told:
        """Return the words of the working."""

    @abstractmethod
    def lines(self, state: WaterfallState, default: Default, gain: AnyGain, taken: int) -> Sequence[Posting]:
        """Return what a payment takes from whom; they sum to minus `taken`."""

    @abstractmethod
    def remembered(
        self, state: WaterfallState, default: Default, gain: AnyGain, taken: int
    ) -> Mapping[str, int]:
        """Return the counters that change, so that nobody pays for one gain twice."""

    def capacity(self, state: WaterfallState, default: Default) -> int:
        """Return what all gains can bear, within the cap per event and the share of the loss."""
        bearable = sum(gain.cap for gain in self.gains(state, default))
        return self.share(default, self.cap_left(state, default, bearable))

    def absorb(self, state: WaterfallState, default: Default, limit: int | None = None) -> Absorption:
        """Take out of gains for one loss."""
        return self.absorb_all(state, [default], limit)[0]

    def absorb_all(
        self, state: WaterfallState, defaults: Sequence[Default], limit: int | None = None
    ) -> tuple[Absorption, tuple[Default, ...]]:
        """Take out of gains once for several losses of one asset and pool."""
        whole, told = together(defaults), self.told(state)
        capacity = self.capacity(state, whole)
        relief = relieve(state, defaults, min(capacity if limit is None else limit, capacity, whole.loss))
        taken = relief.taken
        if not taken:
            return self.nothing(whole, told.nothing), tuple(defaults)
        gains = self.gains(state, whole)
        shares = allocate_capped(
            taken,
            [gain.amount for gain in gains],
            [gain.cap for gain in gains],
            tie_key=tie_keys(state.event_id, [gain.account for gain in gains]),
        )
        paying = [(gain, share) for gain, share in zip(gains, shares, strict=True) if share]
        working = self.working(
            told.rule,
            {
                "loss": whole.loss,
                "limit": limit,
                "taken": taken,
                "defaults": len(defaults),
                "payers": len(paying),
                **told.inputs,
                "profit_capacity": sum(gain.amount for gain in gains),
                "bearable": sum(gain.cap for gain in gains),
            },
            told.formula,
            told.rounding,
        )
        lines = [line for gain, share in paying for line in self.lines(state, whole, gain, share)]
        memory = {
            counter: value
            for gain, share in paying
            for counter, value in self.remembered(state, whole, gain, share).items()
        }
        answer = Absorption(
            layer=self.name,
            kind=self.kind,
            taken=taken,
            charges=tuple(
                Charge(gain.account, whole.asset, share, self.name, whole.account, told.reason)
                for gain, share in paying
            ),
            rest=together(relief.rests),
            moves=(
                *relief.closings,
                Move(self.kind, (*lines, Posting(deficit_of(whole.asset), whole.asset, taken)), working),
            ),
            lots_closed=relief.closed,
            parts=relief.parts,
            state_changes=self.use(state, whole, taken) | memory,
            working=working,
        )
        return answer, relief.rests
