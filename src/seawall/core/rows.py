"""The rows a book is made of: assets, instruments, pools, accounts and what they hold."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, NamedTuple

from seawall.core.loss import Leg
from seawall.core.units import RAY

Side = Literal["cash", "supply", "debt"]
AccountKind = Literal["user", "fund", "venue", "external"]
MarginMode = Literal["cross", "isolated", "portfolio"]
InstrumentKind = Literal["linear", "inverse", "option"]
Right = Literal["call", "put"]

SIDES: tuple[Side, ...] = ("cash", "supply", "debt")
LEGS: tuple[Leg, ...] = ("net", "long", "short")
KINDS: tuple[AccountKind, ...] = ("user", "fund", "venue", "external")
MODES: tuple[MarginMode, ...] = ("cross", "isolated", "portfolio")
RIGHTS: tuple[Right, ...] = ("call", "put")

MULTIPLIER_DECIMALS = 12


@dataclass(frozen=True, slots=True)
class Asset:
    """A token or currency; amounts count 10**-decimals of it."""

    id: str
    decimals: int

    @property
    def unit(self) -> int:
        """Smallest units in one whole."""
        return int(10**self.decimals)


@dataclass(frozen=True, slots=True)
class Option:
    """What makes an instrument an option; its premium is margined, as its mark moves.

    Attributes:
        strike: Price of exercise [mark units].
        expires: Instant of exercise [unix s].
        in_coin: Whether it is quoted and paid in the coin that is priced, so that its mark is a part of one
            underlying; otherwise in what the strike is quoted in.
    """

    right: Right
    strike: int
    expires: int
    in_coin: bool = False


@dataclass(frozen=True, slots=True)
class Instrument:
    """A contract that is margined, not owned.

    Attributes:
        settle_asset: Asset in which cost and profit are counted; USDT is not the dollar.
        kind: What a position is worth: its quantity times the mark for "linear", over it for "inverse"; an
            "option" is worth its quantity times a mark that follows the price of something else.
        quantity_decimals: Quantities count 10**-quantity_decimals contracts.
        lot: Smallest closable quantity [quantity units].
        tick: Price step [mark units].
        multiplier: Underlying per contract times 10**12.
        pool: Insurance pool the contract belongs to.
        underlying: What its price follows: positions that name the same one offset each other in a
            portfolio; its own id when empty.
        option: Of an option, and of nothing else.
    """

    id: str
    settle_asset: str
    kind: InstrumentKind = "linear"
    quantity_decimals: int = 0
    lot: int = 1
    tick: int = 1
    multiplier: int = 10**MULTIPLIER_DECIMALS
    pool: str = ""
    funding_index: int = 0
    underlying: str = ""
    option: Option | None = None

    @property
    def follows(self) -> str:
        """What its price follows."""
        return self.underlying or self.id

    @property
    def is_paid_in_coin(self) -> bool:
        """Whether it settles in the coin that is priced, so that its cash falls with the price."""
        return self.kind == "inverse" or (self.option is not None and self.option.in_coin)


@dataclass(frozen=True, slots=True)
class Pool:
    """A lending reserve: its indexes now and at its last update, its cash and its deficit.

    `supply_index` and `debt_index` scale balances now [ray]; `debt_index_last` is the
    stored one, from which accrued interest is told apart.
    """

    asset: str
    supply_index: int = RAY
    debt_index: int = RAY
    debt_index_last: int = RAY
    cash: int = 0
    deficit: int = 0


class Balance(NamedTuple):
    """A holding of an asset; `scaled` is signed (debts negative) and times the index of its side.

    A named tuple, as `Posting` is: every row view and every posting makes some.
    """

    asset: str
    side: Side
    scaled: int
    is_collateral: bool = True
    principal: int | None = None


@dataclass(frozen=True, slots=True)
class Position:
    """A signed quantity of an instrument with its cost in the settle asset (cost = -value at entry)."""

    instrument: str
    leg: Leg
    quantity: int
    cost: int
    funding_index: int = 0


@dataclass(frozen=True, slots=True)
class Order:
    """An open order; `hold` is what it reserves of the settle asset [minor units]."""

    instrument: str
    quantity: int
    price: int
    hold: int = 0


@dataclass(frozen=True, slots=True)
class Account:
    """The smallest ring-fence: everything in it secures everything owed in it."""

    id: str
    owner: str = ""
    parent: str = ""
    kind: AccountKind = "user"
    margin_mode: MarginMode = "cross"
    collateral_set: str = ""
    balances: tuple[Balance, ...] = ()
    positions: tuple[Position, ...] = ()
    orders: tuple[Order, ...] = ()
