"""What liquidation hands to the waterfall, and what the waterfall answers.

`liquidation` and `waterfall` do not know each other; they meet in these types. All
amounts are signed ints in smallest units; a loss is a positive number.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal, NamedTuple

from seawall.core.rounding import mul_div_down

Bucket = Literal["cash", "supply", "debt", "cost", "lots"]
Leg = Literal["net", "long", "short"]
Working = Mapping[str, object]


class Posting(NamedTuple):
    """One line of a movement: `account` receives `amount` of `commodity` (negative: gives).

    A named tuple, for a journal has very many: a frozen dataclass takes three times as long to make.

    Attributes:
        account: Account id; funds, dust and external parties are accounts too.
        commodity: Asset id, or instrument id when `bucket` is "lots".
        amount: Signed change [asset minor units, or quantity units of the instrument].
        bucket: Which holding changes. "supply" and "debt" are scaled by an index;
            "cost" is the settle asset held inside a position.
        leg, instrument: The position, for "lots" and "cost".
        scaled: Signed change of the scaled balance, for "supply" and "debt". A debt is
            held as a negative number, so repaying is positive.
    """

    account: str
    commodity: str
    amount: int
    bucket: Bucket = "cash"
    leg: Leg = "net"
    instrument: str = ""
    scaled: int = 0


@dataclass(frozen=True, slots=True)
class Move:
    """A balanced set of postings with its reason: what the journal will hold as an entry."""

    kind: str
    postings: tuple[Posting, ...]
    working: Working = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Lots:
    """A position the venue has taken over and must close.

    Attributes:
        quantity: Signed quantity: positive was long [instrument quantity units].
        takeover_value: What the failing account was credited for it, signed: the
            quantity times the takeover price [settle asset minor units].
        close_out_value: What closing it in the market would bring, signed, same unit.
    """

    instrument: str
    quantity: int
    takeover_value: int
    close_out_value: int

    @property
    def cost(self) -> int:
        """Loss if closed in the market [settle asset minor units]; negative is a surplus."""
        return self.takeover_value - self.close_out_value

    def split(self, closed: int) -> tuple[Lots, Lots]:
        """Divide into (the first `closed` units of |quantity|, the rest), values adding up exactly."""
        size = abs(self.quantity)
        sign = 1 if self.quantity >= 0 else -1
        first = Lots(
            self.instrument,
            sign * closed,
            mul_div_down(self.takeover_value, closed, size) if size else 0,
            mul_div_down(self.close_out_value, closed, size) if size else 0,
        )
        rest = Lots(
            self.instrument,
            self.quantity - first.quantity,
            self.takeover_value - first.takeover_value,
            self.close_out_value - first.close_out_value,
        )
        return first, rest


class Collateral(NamedTuple):
    """Collateral seized and not sold: the account `engine` holds it for whoever bears the debt.

    Attributes:
        side: "cash", or "supply" where it is a claim on a pool.
        scaled: Amount, > 0 [asset minor units; scaled by the index of its side for "supply"].
    """

    asset: str
    side: Literal["cash", "supply"]
    scaled: int


@dataclass(frozen=True, slots=True)
class Default:
    """What one account hands to the waterfall, in one settle asset.

    Attributes:
        account, asset: Who failed, and the asset its loss is counted in.
        cash_shortfall: Owed and not repaid, > 0 [asset minor units].
        lots: Positions taken over and not yet closed; each has a cost (or a surplus).
        as_of: Unix time of the event [s].
        pool: Pool of contracts or market the loss belongs to; layers may be bound to it.
        bucket: Where the shortfall stands in the account: a debt, or negative cash.
        after_layer: Layer that held it before and gave it back, or that is spared it; it goes on to the
            layers below that one.
        collateral: What was seized with the debt and goes to who bears it; None where nothing was, and
            what is left of it is with the failing account.
    """

    account: str
    asset: str
    cash_shortfall: int
    lots: tuple[Lots, ...] = ()
    as_of: int = 0
    pool: str = ""
    bucket: Bucket = "cash"
    after_layer: str = ""
    collateral: tuple[Collateral, ...] | None = None

    @property
    def loss(self) -> int:
        """Cash-equivalent loss: shortfall plus what closing the lots would cost, >= 0."""
        return max(0, self.net)

    @property
    def net(self) -> int:
        """As `loss`, but negative when closing out leaves a surplus."""
        return self.cash_shortfall + sum(lot.cost for lot in self.lots)

    @property
    def is_settled(self) -> bool:
        """Whether nothing is owed, and no lot or collateral is left."""
        return self.cash_shortfall == 0 and not self.lots and not self.collateral

    def after(self, cash_shortfall: int, lots: tuple[Lots, ...] | None = None) -> Default:
        """Return this default with another shortfall and, where given, other lots."""
        return replace(self, cash_shortfall=cash_shortfall, lots=self.lots if lots is None else lots)


@dataclass(frozen=True, slots=True)
class Charge:
    """Part of a loss borne by one account or fund, > 0 [asset minor units]."""

    account: str
    asset: str
    amount: int
    layer: str
    default_account: str
    reason: str


@dataclass(frozen=True, slots=True)
class Pending:
    """Part of a loss that a layer holds and settles later; the deficit stays booked until then.

    Attributes:
        id: Names it for ever: event, layer, account, asset and pool.
        layer, kind: The layer that holds it.
        account, asset, pool: The default it is part of.
        amount: Still open, > 0 [asset minor units].
        opened, due: Unix times [s]; what `due` means (cover, end of an auction) is the layer's.
        memory: What the layer must know when it settles: named ints in units it documents.
    """

    id: str
    layer: str
    kind: str
    account: str
    asset: str
    amount: int
    opened: int
    due: int
    pool: str = ""
    memory: Mapping[str, int] = field(default_factory=dict)

    def __hash__(self) -> int:
        return hash(self.id)


@dataclass(frozen=True, slots=True)
class Absorption:
    """A layer's answer: what it took, who bears it, and what is left for the next.

    Attributes:
        layer, kind: The layer's name and kind.
        taken: Cash-equivalent loss absorbed, >= 0 [asset minor units]: loss before less loss after.
        dust: Collected beyond `taken` by rounding and booked to the dust account, >= 0.
        avoided: Loss relieved that nobody bears, because lots were closed without crossing the market;
            negative where deleveraging charges more than it relieves (its value overshoot). Always
            sum of charges + avoided == taken + dust.
        lots_closed: Quantity closed or taken per instrument, unsigned.
        rest: What is left of the default.
        moves: The balanced postings that carry it out.
        parts: Taken per failing account, where several losses were spread at once; `rest` is then
            what is left of all together.
        index_changes: New supply index per asset, where a haircut was applied to an index.
        state_changes: New values of named counters of the book (caps used, windows).
        pending: Parts of the loss the layer holds and settles later; neither taken nor left to the next.
        working: Rule, inputs and roundings as data; `explain` renders it.
    """

    layer: str
    kind: str
    taken: int
    charges: tuple[Charge, ...]
    rest: Default
    moves: tuple[Move, ...] = ()
    dust: int = 0
    avoided: int = 0
    lots_closed: Mapping[str, int] = field(default_factory=dict)
    parts: Mapping[str, int] = field(default_factory=dict)
    index_changes: Mapping[str, int] = field(default_factory=dict)
    state_changes: Mapping[str, int] = field(default_factory=dict)
    pending: tuple[Pending, ...] = ()
    working: Working = field(default_factory=dict)

    @property
    def held(self) -> int:
        """Loss held for later [asset minor units]."""
        return sum(item.amount for item in self.pending)


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a pending loss: received + failed + what is still held = its amount.

    Attributes:
        pending: As it was held.
        received: Cash that now covers the deficit, >= 0 [asset minor units].
        failed: Given back: it goes on to the next layer, >= 0.
        charges: Who bears what was received; sum of charges + avoided = received + dust.
        left: What is still held, None when nothing is.
        moves, state_changes, working: As of an `Absorption`.
    """

    pending: Pending
    received: int
    failed: int
    charges: tuple[Charge, ...] = ()
    left: Pending | None = None
    moves: tuple[Move, ...] = ()
    dust: int = 0
    avoided: int = 0
    state_changes: Mapping[str, int] = field(default_factory=dict)
    working: Working = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Residual:
    """Loss after the last layer; always booked, always to a named bearer.

    Attributes:
        id: Names this bad debt for ever: event, account, asset and pool.
        working: Who was asked before, and where the loss now stands, as data.
    """

    default_account: str
    asset: str
    amount: int
    bearer: str
    pool: str = ""
    id: str = ""
    working: Working = field(default_factory=dict)


def loss_vector(defaults: tuple[Default, ...]) -> dict[tuple[str, str], int]:
    """Sum losses by (pool, asset) [asset minor units]."""
    totals: dict[tuple[str, str], int] = {}
    for default in defaults:
        key = (default.pool, default.asset)
        totals[key] = totals.get(key, 0) + default.loss
    return totals
