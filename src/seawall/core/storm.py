"""A deleveraging storm as columns: who is short, and what is to be closed in which wave."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Wave:
    """One market in one wave.

    Attributes:
        number: Wave, from 0.
        market: Row of the market.
        previous, mark, later: Price of one lot before, now, and an hour after [micro-USD].
        lots: Lots of bankrupt longs to be closed, > 0.
        deficit: What they cannot pay [micro-USD], >= 0.
    """

    number: int
    market: int
    previous: int
    mark: int
    later: int
    lots: int
    deficit: int


@dataclass(frozen=True, eq=False)
class AdlStorm:
    """Shorts on one side, waves of bankrupt longs on the other.

    Attributes:
        accounts: How many there are; account i is named `trader-<i>`.
        markets: Their names, shape (n_markets,).
        waves: In time order, then by market.
        account, market: Account and market of each short, shape (n_shorts,), sorted by market.
        lots: Size of each short, unsigned, > 0.
        entry: Average entry price of one lot [micro-USD].
        equity: Equity of each account [micro-USD], shape (n_accounts,).
        is_hedged: Whether the short is the hedge of something held elsewhere, shape (n_shorts,).
        is_synthetic: Whether it was drawn, not observed.
    """

    accounts: int
    markets: tuple[str, ...]
    waves: tuple[Wave, ...]
    account: Ints
    market: Ints
    lots: Ints
    entry: Ints
    equity: Ints
    is_hedged: NDArray[np.bool_]
    is_synthetic: bool = True

    def shorts_of(self, market: int) -> slice:
        """Return the rows of the shorts of a market."""
        first, end = np.searchsorted(self.market, [market, market + 1])
        return slice(int(first), int(end))
