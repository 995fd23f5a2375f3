"""Accounts of lending under a tile of scenarios at once: first a screen in float32, then sums in float64.

A cohort's accounts differ in quantities alone, so the prices of its two to five codes stay in the
first cache and the inner loop runs over scenarios: multiply, add, compare, nothing else. The screen
may reorder and round as it likes; it lets an account pass only where no lane comes near zero.
"""

from __future__ import annotations

import numpy as np

from seawall.simulation.kernels.compiling import bounding, kernel

TILE = 64
"""Scenarios in a tile: prices of five codes fill a third of a first cache of 32 KB."""

UNSURE = 2.0**-20
"""Part of the sum of all legs by which float32 may be off: eight roundings of 2^-24, doubled."""

SMALLEST = 1e-30
"""Prices below this are outside of what float32 bounds: nothing is screened then."""

EXACT_MAX = 2.0**52
"""Whole numbers in float64 are added exactly as long as they stay below twice this."""

LIQUIDATABLE, INSOLVENT, MARK_GAP, LIQUIDATION_GAP = range(4)
"""Rows of sums and totals: two counts, and two gaps [millionths of the base currency]."""


@bounding
def screen_2(q, at, rows, price, most, tile, a, b, hit):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill `hit` with the rows of two legs that may be liquidatable in a lane; return how many.

    Args:
        q, at, rows: Quantities, the first leg, and how many accounts to look at.
        price: Trigger prices in float32, shape (n_tiles, n_codes, TILE).
        most: Largest price of each code in each tile, by any measure, shape (n_tiles, n_codes).
        tile: Which tile.
        a, b: Codes of the legs.
        hit: Output, room for `rows` + 1.
    """
    found = 0
    for row in range(rows):
        x, y = np.float32(q[at]), np.float32(q[at + 1])
        near = np.float32(UNSURE * (abs(q[at]) * most[tile, a] + abs(q[at + 1]) * most[tile, b]))
        low = np.float32(0.0)
        for lane in range(TILE):
            worth = x * price[tile, a, lane] + y * price[tile, b, lane]
            low += np.float32(1.0) if worth <= near else np.float32(0.0)
        hit[found] = row
        found += 1 if low > np.float32(0.0) else 0
        at += 2
    return found


@bounding
def screen_3(q, at, rows, price, most, tile, a, b, c, hit):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Do as `screen_2` for three legs."""
    found = 0
    for row in range(rows):
        x, y, z = np.float32(q[at]), np.float32(q[at + 1]), np.float32(q[at + 2])
        size = abs(q[at]) * most[tile, a] + abs(q[at + 1]) * most[tile, b] + abs(q[at + 2]) * most[tile, c]
        near = np.float32(UNSURE * size)
        low = np.float32(0.0)
        for lane in range(TILE):
            worth = x * price[tile, a, lane] + y * price[tile, b, lane] + z * price[tile, c, lane]
            low += np.float32(1.0) if worth <= near else np.float32(0.0)
        hit[found] = row
        found += 1 if low > np.float32(0.0) else 0
        at += 3
    return found


@bounding
def screen_4(q, at, rows, price, most, tile, a, b, c, d, hit):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Do as `screen_2` for four legs."""
    found = 0
    for row in range(rows):
        x, y = np.float32(q[at]), np.float32(q[at + 1])
        z, u = np.float32(q[at + 2]), np.float32(q[at + 3])
        size = abs(q[at]) * most[tile, a] + abs(q[at + 1]) * most[tile, b]
        size += abs(q[at + 2]) * most[tile, c] + abs(q[at + 3]) * most[tile, d]
        near = np.float32(UNSURE * size)
        low = np.float32(0.0)
        for lane in range(TILE):
            worth = (
                x * price[tile, a, lane]
                + y * price[tile, b, lane]
                + z * price[tile, c, lane]
                + u * price[tile, d, lane]
            )
            low += np.float32(1.0) if worth <= near else np.float32(0.0)
        hit[found] = row
        found += 1 if low > np.float32(0.0) else 0
        at += 4
    return found


@bounding
def screen_5(q, at, rows, price, most, tile, a, b, c, d, e, hit):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Do as `screen_2` for five legs."""
    found = 0
    for row in range(rows):
        x, y, z = np.float32(q[at]), np.float32(q[at + 1]), np.float32(q[at + 2])
        u, v = np.float32(q[at + 3]), np.float32(q[at + 4])
        size = abs(q[at]) * most[tile, a] + abs(q[at + 1]) * most[tile, b] + abs(q[at + 2]) * most[tile, c]
        size += abs(q[at + 3]) * most[tile, d] + abs(q[at + 4]) * most[tile, e]
        near = np.float32(UNSURE * size)
        low = np.float32(0.0)
        for lane in range(TILE):
            worth = (
                x * price[tile, a, lane]
                + y * price[tile, b, lane]
                + z * price[tile, c, lane]
                + u * price[tile, d, lane]
                + v * price[tile, e, lane]
            )
            low += np.float32(1.0) if worth <= near else np.float32(0.0)
        hit[found] = row
        found += 1 if low > np.float32(0.0) else 0
        at += 5
    return found


@kernel
def add_lane(sums, tile, lane, excess, equity, left):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Add one account in one scenario; gaps are rounded up to whole millionths before they are added."""
    behind = left if excess < 0.0 else 0.0
    sums[tile, LIQUIDATABLE, lane] += 1.0 if excess < 0.0 else 0.0
    sums[tile, INSOLVENT, lane] += 1.0 if equity < 0.0 else 0.0
    sums[tile, MARK_GAP, lane] += np.ceil(equity * -1e6) if equity < 0.0 else 0.0
    sums[tile, LIQUIDATION_GAP, lane] += np.ceil(behind * -1e6) if behind < 0.0 else 0.0


@kernel
def sum_2(x, y, price, tile, a, b, lane):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the sum of two legs, in the order of operations of `evaluate.excess`."""
    return 0.0 + x * price[tile, a, lane] + y * price[tile, b, lane]


@kernel
def sum_3(x, y, z, price, tile, a, b, c, lane):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the sum of three legs."""
    return 0.0 + x * price[tile, a, lane] + y * price[tile, b, lane] + z * price[tile, c, lane]


@kernel
def sum_4(x, y, z, u, price, tile, a, b, c, d, lane):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the sum of four legs."""
    first = 0.0 + x * price[tile, a, lane] + y * price[tile, b, lane] + z * price[tile, c, lane]
    return first + u * price[tile, d, lane]


@kernel
def sum_5(x, y, z, u, v, price, tile, a, b, c, d, e, lane):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the sum of five legs."""
    first = 0.0 + x * price[tile, a, lane] + y * price[tile, b, lane] + z * price[tile, c, lane]
    return first + u * price[tile, d, lane] + v * price[tile, e, lane]


@kernel
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


@kernel
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


@kernel
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


@kernel
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
