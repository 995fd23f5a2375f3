"""What happened: the input of one pass beside book, market and terms."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Bid:
    """An offer in an auction.

    Attributes:
        auction: Id of the pending loss it is for.
        pay: What the bidder pays [asset of the loss, minor units], > 0.
        lot: What it wants for that [lot asset, minor units], > 0.
        at: Unix time of the bid [s].
    """

    auction: str
    bidder: str
    pay: int
    lot: int
    at: int


@dataclass(frozen=True, slots=True)
class Withdrawal:
    """Cash that an account asks to take out [asset minor units], > 0, at a unix time [s]."""

    account: str
    asset: str
    amount: int
    at: int


@dataclass(frozen=True, slots=True)
class Event:
    """What happened: an id that names it for ever (ties hang on it), its time, and a seed.

    Attributes:
        as_of: Unix time [s]; None takes the time of the book.
        seed: For rules that draw lots; recorded with the run.
        bids, withdrawals: What others did, for layers that settle over time.
    """

    id: str
    as_of: int | None = None
    seed: int = 0
    bids: tuple[Bid, ...] = ()
    withdrawals: tuple[Withdrawal, ...] = ()

    def time(self, otherwise: int) -> int:
        """Return the time of the event, or that of the book where none is given [unix s]."""
        return otherwise if self.as_of is None else self.as_of
