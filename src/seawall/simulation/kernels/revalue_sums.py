"""Accounts of lending under a tile of scenarios, summed in float64: what float32 could not settle.

Each gap is rounded up to a whole millionth before it is added, so a sum hangs on no order.
"""

from __future__ import annotations

import numpy as np

from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.revalue_lanes import TILE

EXACT_MAX = 2.0**52
"""Whole numbers in float64 are added exactly as long as they stay below twice this."""

LIQUIDATABLE, INSOLVENT, MARK_GAP, LIQUIDATION_GAP = range(4)
"""Rows of sums and totals: two counts, and two gaps [millionths of the base currency]."""


@inner
def add_lane(sums, tile, lane, excess, equity, left):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Add one account in one scenario; gaps are rounded up to whole millionths before they are added."""
    behind = left if excess < 0.0 else 0.0
    sums[tile, LIQUIDATABLE, lane] += 1.0 if excess < 0.0 else 0.0
    sums[tile, INSOLVENT, lane] += 1.0 if equity < 0.0 else 0.0
    sums[tile, MARK_GAP, lane] += np.ceil(equity * -1e6) if equity < 0.0 else 0.0
    sums[tile, LIQUIDATION_GAP, lane] += np.ceil(behind * -1e6) if behind < 0.0 else 0.0


@inner
def sum_2(x, y, price, tile, a, b, lane):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the sum of two legs, in the order of operations of `evaluate.excess`."""
    return 0.0 + x * price[tile, a, lane] + y * price[tile, b, lane]


@inner
def sum_3(x, y, z, price, tile, a, b, c, lane):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the sum of three legs."""
    return 0.0 + x * price[tile, a, lane] + y * price[tile, b, lane] + z * price[tile, c, lane]


@inner
def sum_4(x, y, z, u, price, tile, a, b, c, d, lane):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the sum of four legs."""
    first = 0.0 + x * price[tile, a, lane] + y * price[tile, b, lane] + z * price[tile, c, lane]
    return first + u * price[tile, d, lane]


@inner
def sum_5(x, y, z, u, v, price, tile, a, b, c, d, e, lane):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the sum of five legs."""
    first = 0.0 + x * price[tile, a, lane] + y * price[tile, b, lane] + z * price[tile, c, lane]
    return first + u * price[tile, d, lane] + v * price[tile, e, lane]


@inner
def add_2(q, at, hit, first, end, trigger, value, pays, tile, a, b, sums):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Add accounts of two legs in all lanes of a tile.

    Args:
        q, at: Quantities, and the first leg of the block.
        hit, first, end: Rows of the block to add: hit[first:end].
        trigger, value, pays: Prices by tile, code and lane: weighted, whole, what liquidators give.
        tile: Which tile.
        a, b: Codes of the legs.
        sums: Whole numbers, shape (n_tiles, 4, TILE).
    """
    for item in range(first, end):
        leg = at + 2 * hit[item]
        x, y = q[leg], q[leg + 1]
        for lane in range(TILE):
            excess = sum_2(x, y, trigger, tile, a, b, lane)
            equity = sum_2(x, y, value, tile, a, b, lane)
            left = sum_2(x, y, pays, tile, a, b, lane)
            add_lane(sums, tile, lane, excess, equity, left)


@inner
def add_3(q, at, hit, first, end, trigger, value, pays, tile, a, b, c, sums):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Do as `add_2` for three legs."""
    for item in range(first, end):
        leg = at + 3 * hit[item]
        x, y, z = q[leg], q[leg + 1], q[leg + 2]
        for lane in range(TILE):
            excess = sum_3(x, y, z, trigger, tile, a, b, c, lane)
            equity = sum_3(x, y, z, value, tile, a, b, c, lane)
            left = sum_3(x, y, z, pays, tile, a, b, c, lane)
            add_lane(sums, tile, lane, excess, equity, left)


@inner
def add_4(q, at, hit, first, end, trigger, value, pays, tile, a, b, c, d, sums):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Do as `add_2` for four legs."""
    for item in range(first, end):
        leg = at + 4 * hit[item]
        x, y, z, u = q[leg], q[leg + 1], q[leg + 2], q[leg + 3]
        for lane in range(TILE):
            excess = sum_4(x, y, z, u, trigger, tile, a, b, c, d, lane)
            equity = sum_4(x, y, z, u, value, tile, a, b, c, d, lane)
            left = sum_4(x, y, z, u, pays, tile, a, b, c, d, lane)
            add_lane(sums, tile, lane, excess, equity, left)


@inner
def add_5(q, at, hit, first, end, trigger, value, pays, tile, a, b, c, d, e, sums):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Do as `add_2` for five legs."""
    for item in range(first, end):
        leg = at + 5 * hit[item]
        x, y, z, u, v = q[leg], q[leg + 1], q[leg + 2], q[leg + 3], q[leg + 4]
        for lane in range(TILE):
            excess = sum_5(x, y, z, u, v, trigger, tile, a, b, c, d, e, lane)
            equity = sum_5(x, y, z, u, v, value, tile, a, b, c, d, e, lane)
            left = sum_5(x, y, z, u, v, pays, tile, a, b, c, d, e, lane)
            add_lane(sums, tile, lane, excess, equity, left)
