"""What is known of those whose positions may be closed, and what a thread remembers of them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from seawall.simulation.kernels.columns import Floats, Ints

BITMEX, BINANCE, OKX, HYPERLIQUID, PNL, SIZE, LEVERAGE = range(7)
"""Scores winners are ranked by."""

AT_TAKEOVER, AT_MARK, AT_THRESHOLD = range(3)
"""Prices at which positions are closed."""

BY_QUEUE, WINNERS_BY_PROFIT, WINNERS_BY_SIZE, ALL_BY_SIZE = range(4)
"""Whom a layer closes: winners one after the other by score, all of them by profit or size, or everybody."""

PASS, SCORED, OWNER = range(3)
"""Counters of `Winners`; `OWNER` is no count but whose accounts are spared now, -1 for nobody's."""

RIVAL = np.dtype(
    [
        ("other", np.int32),
        ("pool", np.int32),
        ("first", np.int64),
        ("last", np.int64),
        ("heap", np.int64),
        ("room", np.int64),
        ("lot", np.float64),
        ("is_covered", np.bool_),
    ],
    align=True,
)
"""What a code is to those who hold the other side.

other: code of the other side of the same instrument, -1 for none. pool: number of its pool. first, last:
its places in `Rivals.place`. heap, room: first entry of its heap, and how many it has room for. lot: smallest
quantity that is closed [quanta]. is_covered: whether losses in it are any of the layer's business.
"""

PLACE = np.dtype([("cohort", np.int32), ("offset", np.int32)])
"""A cohort whose accounts hold a code, and at which of their legs."""


class Rivals(NamedTuple):
    """Who may be asked to close, as far as it never changes.

    Attributes:
        code: By code, shape (n_codes,) of `RIVAL`.
        place: Shape (n_places,) of `PLACE`.
        cost: What each leg was bought for at the start [quanta of its cash code], shape (n_legs,); empty
            where nobody asks: no target health, and no layer that closes positions or charges accounts.
        funding: What a quantum of each position owes in funding at the start, + to pay [quanta of its cash
            code], shape (n_legs,); empty where nobody asks, or nobody owes any.
        pot: Pot whose use closes positions, -1 for none.
        selection, score, execution: Names above.
        threshold: Part of the mark at which positions are closed, where that is the price.
        unit: Value units in one unit of base currency, in which the rules compare.
        owner: Number of the owner of each row, -1 for none, shape (N,); empty where no owner is spared.
    """

    code: np.recarray[Any, Any]
    place: np.recarray[Any, Any]
    cost: Floats
    funding: Floats
    pot: int
    selection: int
    score: int
    execution: int
    threshold: float
    unit: float
    owner: Ints


ENTRY = np.dtype([("score", np.float64), ("row", np.int32), ("stamp", np.int32)])
"""A place in a queue: it holds as long as the row's stamp is the same."""

LOT = np.dtype(
    [
        *(
            (name, np.float64)
            for name in ("worth", "need", "brought", "x_before", "takeover", "quanta", "left", "handed")
        ),
        ("gain", np.float64),
        ("owed", np.float64),
        ("rest", np.int64),
    ]
)
"""A position the engine took over; values of all of it [base currency].

worth: at the mark. need: its requirement. brought: what the market pays for it. x_before: log impact in its
market before. takeover: what the account is credited. quanta, left, handed: how much, what no layer has
answered for, and what winners closed. gain: what the market pays for the rest beyond its share of all.
owed, rest: of the default a lot stands for, cash owed (negative is a surplus), and loss that nobody has borne
yet [millionths].
"""


class Winners(NamedTuple):
    """What a thread remembers of those who are closed.

    Attributes:
        cost: What each leg was bought for, now; shape of `Rivals.cost`.
        funding: That of `Rivals`.
        entry: All heaps, one segment for each code, of `ENTRY`.
        items, made: Entries of each heap, and the pass it was made in, shape (n_codes,).
        stamp: How often each row was closed in part, shape (N,).
        lot: Positions taken over from one account, shape (widest account,) of `LOT`.
        counters: By the names above: passes, scores worked out on a path, and whose accounts are spared.
    """

    cost: Floats
    funding: Floats
    entry: np.recarray[Any, Any]
    items: Ints
    made: Ints
    stamp: NDArray[np.int32]
    lot: np.recarray[Any, Any]
    counters: Ints
