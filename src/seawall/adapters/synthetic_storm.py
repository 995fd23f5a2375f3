"""A synthetic deleveraging storm of the shape of 10 October 2025, from a seed.

What is copied from that day are published totals only, as targets of the scaling: 437,723
accounts, 162 markets, 16 waves; 2.103 billion USD of contracts deleveraged from about 19,300
users, a transfer of 60.11 million USD where 15.08 million were needed. Which account holds what
is drawn: sizes are log-normal with a heavy tail, leverage is low with a few reckless, one short
in five is the hedge of something held elsewhere. No row of any venue's data is in it.

How a wave works: the prices of some markets fall from `previous` to `mark`; longs are bankrupt
with `lots` open and `deficit` unpaid; shorts in profit stand on the other side. A venue that
closes all these lots at the previous mark takes lots * (previous - mark) from the shorts,
whatever the deficit is.

Source: public replays of the event, as summed in arXiv 2512.01112 and the data sets behind it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["AdlStorm", "Wave", "synthetic_storm"]

ACCOUNTS, MARKETS, WAVES = 437_723, 162, 16
MICRO = 10**6
NOTIONAL_USD, REMOVED_USD, NEEDED_USD = 2_103_111_431, 60_110_000, 15_080_000
SHORTS = 0.275
HEDGED = 0.2
MARKETS_PER_WAVE = 40
CLOSED_MAX = 0.22  # of all shorts of a market, in one wave: bankrupt longs never outweigh the winners

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
        is_synthetic: True; false for a storm read from a file.
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


def synthetic_storm(seed: int = 7, *, accounts: int = ACCOUNTS) -> AdlStorm:
    """Draw a storm; same seed, same storm. With fewer accounts all totals shrink in proportion.

    Args:
        seed: Of all draws.
        accounts: How many, at least 1000.
    """
    rng = np.random.default_rng(seed)
    scale = accounts / ACCOUNTS
    weight = 1 / np.arange(1, MARKETS + 1) ** 1.1
    price = np.rint(MICRO * np.exp(rng.normal(2.5, 0.6, MARKETS))).astype(np.int64)
    account, market = _who_is_short(rng, accounts, weight / weight.sum())
    notional = np.exp(rng.normal(5.2, 3.8, len(account)))
    lots = np.maximum(1, np.rint(notional * MICRO / price[market])).astype(np.int64)
    gain = rng.beta(2.2, 2.4, len(account)) * 0.73  # entry above the price before the storm, as a part of it
    entry = np.rint(price[market] * (1 + gain)).astype(np.int64)
    held = np.bincount(account, weights=lots * price[market].astype(float), minlength=accounts)
    leverage = np.exp(rng.normal(-0.85, 1.3, accounts))
    idle = np.exp(rng.normal(5.0, 2.0, accounts)) * MICRO
    equity = np.rint(np.where(held > 0, held / leverage, idle)).astype(np.int64)
    available = np.bincount(market, weights=lots.astype(float), minlength=MARKETS).astype(float)
    return AdlStorm(
        accounts=accounts,
        markets=tuple(f"M{number:03}-PERP" for number in range(MARKETS)),
        waves=tuple(_waves(rng, price, available, scale)),
        account=account,
        market=market,
        lots=lots,
        entry=entry,
        equity=equity,
        is_hedged=rng.random(len(account)) < HEDGED,
    )


def _who_is_short(rng: np.random.Generator, accounts: int, weight: NDArray[np.float64]) -> tuple[Ints, Ints]:
    # (account, market) of each short, no pair twice, sorted by market and then by account.
    traders = np.flatnonzero(rng.random(accounts) < SHORTS)
    owner = np.repeat(traders, 1 + rng.poisson(0.6, len(traders)))
    drawn = rng.choice(len(weight), size=len(owner), p=weight)
    pairs = np.unique(drawn.astype(np.int64) * accounts + owner)
    return pairs % accounts, pairs // accounts


def _waves(
    rng: np.random.Generator, price: Ints, available: NDArray[np.float64], scale: float
) -> Iterator[Wave]:
    # Sizes and falls are drawn, then each is scaled to its total.
    wave = np.repeat(np.arange(WAVES), MARKETS_PER_WAVE)
    market = np.concatenate([np.sort(rng.permutation(len(price))[:MARKETS_PER_WAVE]) for _ in range(WAVES)])
    heavy = np.exp(rng.normal(0, 1.0, len(wave))) * np.exp(-wave / 6)
    open_value = available[market] * price[market]
    closed = np.minimum(_to_total(open_value * heavy, NOTIONAL_USD * MICRO * scale), open_value * CLOSED_MAX)
    fall = np.exp(rng.normal(0, 0.8, len(wave)))
    moved = np.minimum(_to_total(closed * fall, REMOVED_USD * MICRO * scale), closed * 0.5)
    needed = np.minimum(_to_total(moved * rng.beta(0.6, 1.6, len(wave)), NEEDED_USD * MICRO * scale), moved)
    now = price.astype(float)
    rebound = rng.normal(0.12, 0.08, len(wave))
    for at in range(len(wave)):
        row = int(market[at])
        previous = int(now[row])
        lots = max(1, round(closed[at] / previous))
        now[row] = max(previous - max(1, round(moved[at] / lots)), 1)
        mark = int(now[row])
        later = max(1, round(mark * (1 + rebound[at])))
        yield Wave(int(wave[at]), row, previous, mark, later, lots, int(needed[at]))


def _to_total(values: NDArray[np.float64], total: float) -> NDArray[np.float64]:
    scaled: NDArray[np.float64] = values * (total / values.sum())
    return scaled
