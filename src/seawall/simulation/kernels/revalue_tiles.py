"""Prices of all codes in all scenarios, tile by tile, and how far they move in each."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seawall.simulation.kernels.columns import COLLATERAL, Floats
from seawall.simulation.kernels.compiling import inner, making
from seawall.simulation.kernels.evaluate import NEVER, reprice
from seawall.simulation.kernels.index import MARGIN, extremes
from seawall.simulation.kernels.revalue_lanes import LARGEST, SMALLEST, TILE


class Tiles(NamedTuple):
    """Prices of all codes in all scenarios, tile by tile.

    Attributes:
        trigger, value, pays: Weighted, at full worth, and what liquidators give, shape
            (n_tiles, n_codes, TILE).
        screen, screen_pays: `trigger` and `pays` in float32.
        move: ln(price / price at the start), of the same shape.
        most: Largest of the three prices in a tile, shape (n_tiles, n_codes).
        is_screened: Whether float32 can stand for the prices of a tile, shape (n_tiles,).
        low_for, high_against: Extremes of moves over a tile by set of codes, shape (n_sets, n_tiles);
            the margin is in the first.
    """

    trigger: Floats
    value: Floats
    pays: Floats
    screen: NDArray[np.float32]
    screen_pays: NDArray[np.float32]
    move: Floats
    most: Floats
    is_screened: NDArray[np.bool_]
    low_for: Floats
    high_against: Floats


class Shares(NamedTuple):
    """What a liquidation leaves on the table, by code, shape (n_codes,).

    Attributes:
        bonus: Value seized per value repaid; 1 for what is no collateral.
        slippage: Part of a position's notional lost when it is closed out.
    """

    bonus: Floats
    slippage: Floats


@making
def tabulate(codes, at_market, moves, index, prices, for_sets, against_sets, bonus, tiles):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill `tiles` from the moves of all scenarios, shape (n_tiles * TILE, n_drivers)."""
    low, high = np.empty(prices.size), np.empty(prices.size)
    unused_for = np.empty(tiles.low_for.shape[0])
    unused_against = np.empty(tiles.high_against.shape[0])
    low_for, high_against = np.empty_like(unused_for), np.empty_like(unused_against)
    for tile in range(tiles.is_screened.size):
        low[:], high[:] = NEVER, -NEVER
        for lane in range(TILE):
            here = moves[tile * TILE + lane]
            reprice(codes, here, here, index, at_market, prices)
            for code in range(prices.size):
                value = prices[code].value
                tiles.value[tile, code, lane] = value
                tiles.trigger[tile, code, lane] = prices[code].trigger
                tiles.pays[tile, code, lane] = value / bonus[code]
                low[code] = min(low[code], prices[code].move)
                tiles.move[tile, code, lane] = prices[code].move
                high[code] = max(high[code], prices[code].move)
        tiles.is_screened[tile] = True
        for code in range(prices.size):
            for lane in range(TILE):
                worth, pays = tiles.trigger[tile, code, lane], tiles.pays[tile, code, lane]
                value = tiles.value[tile, code, lane]
                tiles.screen[tile, code, lane] = worth
                tiles.screen_pays[tile, code, lane] = pays
                largest = max(worth, max(value, pays))
                tiles.most[tile, code] = max(tiles.most[tile, code], largest)
                # What is not short by what pays must not be short at full worth either.
                is_in_order = worth <= value and pays <= value
                if codes.item[code].kind != COLLATERAL:
                    is_in_order = is_in_order and pays == value
                smallest = min(worth if worth > 0.0 else value, pays)
                if smallest < SMALLEST or largest > LARGEST or not is_in_order:
                    tiles.is_screened[tile] = False
        extremes(low, for_sets, low_for, unused_for)
        extremes(high, against_sets, unused_against, high_against)
        tiles.low_for[:, tile] = low_for - MARGIN
        tiles.high_against[:, tile] = high_against


@inner
def below(key, first, end, reach):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how many keys of [first, end), sorted, lie below `reach`."""
    low = first
    while low < end:
        middle = (low + end) >> 1
        if key[middle] < reach:
            low = middle + 1
        else:
            end = middle
    return low - first
