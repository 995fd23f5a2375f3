"""A layer of the waterfall: one source of absorption, bound to its terms, asked and never asking.

A layer reads a `WaterfallState` and answers with an `Absorption`; it changes nothing.
`waterfall.run_waterfall` carries the answer out and checks it.

Where a loss stands while it runs down the layers: the cash shortfall is negative cash of
`deficit:<asset>`, the lots are held by the account `engine` at their takeover value. To pay
cash is to post from a fund to the deficit account; to close lots in the market is to move
them from the engine to `external:market` and their cost to the deficit account, which leaves
the loss as it is. So a default has one number at every moment, and so has the book.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar, Generic, Protocol, TypeVar

from seawall.core.book import KINDS, AccountKind, Asset, Instrument
from seawall.core.draft import Draft
from seawall.core.event import Event
from seawall.core.layers import LayerBase
from seawall.core.loss import Absorption, Default, Pending, Posting, Settlement
from seawall.core.market import Market
from seawall.core.money import parse_decimal
from seawall.core.parties import deficit_of
from seawall.core.rounding import mul_div_up
from seawall.core.terms import Terms
from seawall.core.units import BPS
from seawall.errors import MissingData

AnyTerms = TypeVar("AnyTerms", bound=LayerBase)
SEIZED = "seized"  # in the memory of what is held: its collateral was seized


@dataclass(frozen=True, slots=True)
class WaterfallState:
    """What a layer may look at: the draft as it stands (not to be written), market, terms, event.

    Attributes:
        event: Its id names caps per event and ties; its seed is for rules that draw lots.
        matched: Matched gain of each default that has one; see `self_dealing`.
        workspace: What layers have worked out of this draft and will ask for again; it changes no answer.
    """

    draft: Draft
    market: Market
    terms: Terms
    event: Event
    matched: Mapping[str, int] = field(default_factory=dict)
    workspace: dict[tuple[object, ...], Any] = field(default_factory=dict, compare=False, repr=False)

    @property
    def event_id(self) -> str:
        """Id of the event."""
        return self.event.id

    @property
    def now(self) -> int:
        """Time of the event [unix s]."""
        return self.event.time(self.draft.book.as_of)

    def units(self, text: str, asset: str) -> int:
        """Return an amount of the terms, written in whole units, in minor units of `asset`."""
        return parse_decimal(text, self.draft.book.asset(asset).decimals)

    def kind_of(self, account: str) -> AccountKind:
        """Return the kind of an account without building its row."""
        row = self.draft.book.row_of.get(account)
        return self.draft.account(account).kind if row is None else KINDS[self.draft.book.accounts.kind[row]]

    def owner_of(self, account: str) -> str:
        """Return the owner of an account, "" when unknown, without building its row."""
        row = self.draft.book.row_of.get(account)
        return self.draft.account(account).owner if row is None else str(self.draft.book.accounts.owner[row])

    def instrument(self, name: str) -> Instrument:
        """Return an instrument of the book."""
        return self.draft.book.instrument(name)


class Layer(Protocol):
    """What every kind of layer can do; all methods are pure."""

    spreads: ClassVar[bool]
    """Whether several losses of one asset and pool are spread at once; see `Spreading`."""

    @property
    def name(self) -> str:
        """Name in the terms, unique."""

    @property
    def kind(self) -> str:
        """Kind in the terms."""

    def covers(self, default: Default) -> bool:
        """Return whether the terms let the layer meet a loss of this asset and pool."""

    def capacity(self, state: WaterfallState, default: Default) -> int:
        """Return the most it could bear of this default now [asset minor units], >= 0."""

    def absorb(self, state: WaterfallState, default: Default, limit: int | None = None) -> Absorption:
        """Answer how it bears up to `limit` of the loss (its capacity when None)."""


class Spreading(Layer, Protocol):
    """A layer that charges each holder once for several losses of one asset and pool."""

    def absorb_all(
        self, state: WaterfallState, defaults: Sequence[Default], limit: int | None = None
    ) -> tuple[Absorption, tuple[Default, ...]]:
        """Answer for all together, and say what is left of each."""


class Waiting(Layer, Protocol):
    """A layer that takes time: what it holds of a loss comes back as `Pending`."""

    def settle(self, state: WaterfallState, pending: Pending) -> Settlement:
        """Answer what became of it by the time of the event: covered, still held, or given back."""


@dataclass(frozen=True, slots=True)
class BoundLayer(Generic[AnyTerms]):
    """Base of all kinds: a layer bound to its terms, with the caps that any kind may have."""

    spreads: ClassVar[bool] = False
    terms: AnyTerms

    @property
    def name(self) -> str:
        """Name in the terms, unique."""
        return self.terms.name

    @property
    def kind(self) -> str:
        """Kind in the terms."""
        return self.terms.kind

    def covers(self, default: Default) -> bool:
        """Return whether the terms let the layer meet a loss of this asset and pool."""
        wanted = self.terms
        return (not wanted.assets or default.asset in wanted.assets) and (
            not wanted.pools or default.pool in wanted.pools
        )

    def cap_left(self, state: WaterfallState, default: Default, available: int) -> int:
        """Return `available` cut to what the cap per event still allows, >= 0."""
        if self.terms.cap_per_event is None:
            return max(0, available)
        cap = state.units(self.terms.cap_per_event, default.asset)
        return max(0, min(available, cap - state.draft.state.get(self._counter(state, default), 0)))

    def share(self, default: Default, available: int) -> int:
        """Return `available` cut to the layer's share of the loss, the share rounded up to a unit.

        Up, so that shares of equal rank which sum to 1 can bear the loss to the last unit.
        """
        if self.terms.share_bps == BPS:
            return available
        return min(available, mul_div_up(default.loss, self.terms.share_bps, BPS))

    def use(self, state: WaterfallState, default: Default, taken: int) -> dict[str, int]:
        """Return the new value of the counter behind `cap_per_event`, if there is a cap."""
        if self.terms.cap_per_event is None or not taken:
            return {}
        counter = self._counter(state, default)
        return {counter: state.draft.state.get(counter, 0) + taken}

    def held(
        self,
        state: WaterfallState,
        default: Default,
        amount: int,
        due: int,
        memory: Mapping[str, int] | None = None,
    ) -> Pending:
        """Return the note of a part of a loss that this layer holds until it settles.

        It remembers that collateral was seized, so that no more is taken from the account should it fail.
        """
        name = ":".join(
            part for part in (state.event_id, self.name, default.account, default.asset, default.pool) if part
        )
        return Pending(
            name,
            self.name,
            self.kind,
            default.account,
            default.asset,
            amount,
            state.now,
            due,
            default.pool,
            {**(memory or {}), **({SEIZED: 1} if default.collateral is not None else {})},
        )

    def named_asset(self, state: WaterfallState, name: str) -> Asset:
        """Return an asset that the terms of this layer name.

        Raises:
            MissingData: The book does not know it: the layer would silently bear nothing.
        """
        if name not in state.draft.book.asset_row:
            known = ", ".join(sorted(state.draft.book.asset_row))
            message = f"layer {self.name} names asset {name!r}, expected one of the book ({known}): add it"
            raise MissingData(message, code="unknown_asset")
        return state.draft.book.asset(name)

    def nothing(self, default: Default, why: str) -> Absorption:
        """Return the answer of a layer that bears nothing, with the reason."""
        return Absorption(self.name, self.kind, 0, (), default, working=self.working(why, {}))

    def working(
        self, rule: str, inputs: Mapping[str, object], formula: str = "", rounding: str = ""
    ) -> dict[str, object]:
        """Return a working in the one shape all layers share."""
        return {
            "layer": self.name,
            "kind": self.kind,
            "rule": rule,
            "inputs": inputs,
            "formula": formula,
            "rounding": rounding,
        }

    def _counter(self, state: WaterfallState, default: Default) -> str:
        return f"used:{self.name}:{state.event_id}:{default.asset}"


def surplus_of(asset: str) -> str:
    """Return the venue's account for surplus that no fund takes."""
    return f"surplus:{asset}"


def payment(payer: str, asset: str, amount: int, receiver: str = "") -> tuple[Posting, Posting]:
    """Return the postings by which an account pays cash, into the deficit of the asset unless told."""
    return Posting(payer, asset, -amount), Posting(receiver or deficit_of(asset), asset, amount)


def key_of(default: Default) -> str:
    """Return what tells one default from all others of an event: account, asset and pool."""
    return f"{default.account}\0{default.asset}\0{default.pool}"


def together(defaults: Sequence[Default]) -> Default:
    """Return several defaults of one asset and pool as one: their sums, under the name of all."""
    first = defaults[0]
    if len(defaults) == 1:
        return first
    seized = [item.collateral for item in defaults if item.collateral is not None]
    return Default(
        account=f"{len(defaults)} accounts",
        asset=first.asset,
        cash_shortfall=sum(item.cash_shortfall for item in defaults),
        lots=tuple(lot for item in defaults for lot in item.lots),
        as_of=first.as_of,
        pool=first.pool,
        bucket=first.bucket,
        collateral=tuple(part for parts in seized for part in parts) if seized else None,
    )
