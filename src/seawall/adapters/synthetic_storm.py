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

import numpy as np
from numpy.typing import NDArray

from seawall.core.storm import AdlStorm, Ints, Wave

__all__ = ["synthetic_storm"]

ACCOUNTS, MARKETS, WAVES = 437_723, 162, 16
MICRO = 10**6
NOTIONAL_USD, REMOVED_USD, NEEDED_USD = 2_103_111_431, 60_110_000, 15_080_000
SHORTS = 0.275
HEDGED = 0.2
MARKETS_PER_WAVE = 40
CLOSED_MAX = 0.22  # of all shorts of a market, in one wave: bankrupt longs never outweigh the winners


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
