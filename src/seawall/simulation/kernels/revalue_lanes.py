"""Accounts of lending under a tile of scenarios at once: first a screen in float32, then sums in float64.

A cohort's accounts differ in quantities alone, so the prices of its two to five codes stay in the
first cache and the inner loop runs over scenarios: multiply, add, compare, nothing else. The screen
may reorder and round as it likes; what comes near zero in a lane, or leaves a gap, is left to float64.
"""

from __future__ import annotations

import numpy as np

from seawall.simulation.kernels.compiling import bounding

TILE = 64
"""Scenarios in a tile: prices of five codes fill a third of a first cache of 32 KB."""

UNSURE = 2.0**-20
"""Part of the sum of all legs by which float32 may be off: eight roundings of 2^-24, doubled."""

SMALLEST, LARGEST = 1e-30, 1e15
"""Prices beyond these are outside of what float32 bounds, with quantities up to 2^53: not screened then."""

ONE, NONE = np.float32(1.0), np.float32(0.0)
"""Lanes are counted in float32: compared and added without leaving the vector."""


@bounding
def lanes_2(q, at, near, gap, price, pays, most, a, b, counts, hit, found):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Count the accounts of two legs of which float32 is sure, and list the others; return how many.

    Sure is who fails in some lanes of a tile beyond any doubt, in the others not at all, and leaves no
    gap in any; of whom no lane comes near zero, nothing is said.

    Args:
        q, at: Quantities, and the first leg of the block.
        near, gap: Accounts of the block to look at in each tile, and how many of these may leave a gap.
        price, pays: Trigger prices, and what liquidators give, in float32, shape (n_tiles, n_codes, TILE).
        most: Largest price of each code in each tile, by any measure, shape (n_tiles, n_codes).
        a, b: Codes of the legs.
        counts: Liquidatable accounts, shape (n_tiles, TILE).
        hit: Output, the others as tile and row, after the first `found`, shape (2, BLOCK * n_tiles).
    """
    for tile in range(near.size):
        for row in range(near[tile]):
            leg = at + 2 * row
            x, y = np.float32(q[leg]), np.float32(q[leg + 1])
            size = abs(q[leg]) * most[tile, a] + abs(q[leg + 1]) * most[tile, b]
            bound = np.float32(UNSURE * size)
            low = NONE
            for lane in range(TILE):
                worth = x * price[tile, a, lane] + y * price[tile, b, lane]
                low += ONE if worth <= bound else NONE
            if low == NONE:
                continue
            low = NONE
            if row < gap[tile]:
                for lane in range(TILE):
                    worth = x * pays[tile, a, lane] + y * pays[tile, b, lane]
                    low += ONE if worth <= bound else NONE
            if low == NONE:
                for lane in range(TILE):
                    worth = x * price[tile, a, lane] + y * price[tile, b, lane]
                    low += ONE if abs(worth) <= bound else NONE
                    counts[tile, lane] += np.int32(1) if worth < -bound else np.int32(0)
                if low == NONE:
                    continue
                for lane in range(TILE):
                    worth = x * price[tile, a, lane] + y * price[tile, b, lane]
                    counts[tile, lane] -= np.int32(1) if worth < -bound else np.int32(0)
            hit[0, found], hit[1, found] = tile, row
            found += 1
    return found


@bounding
def lanes_3(q, at, near, gap, price, pays, most, a, b, c, counts, hit, found):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Do as `lanes_2` for three legs."""
    for tile in range(near.size):
        for row in range(near[tile]):
            leg = at + 3 * row
            x, y, z = np.float32(q[leg]), np.float32(q[leg + 1]), np.float32(q[leg + 2])
            size = (
                abs(q[leg]) * most[tile, a]
                + abs(q[leg + 1]) * most[tile, b]
                + abs(q[leg + 2]) * most[tile, c]
            )
            bound = np.float32(UNSURE * size)
            low = NONE
            for lane in range(TILE):
                worth = x * price[tile, a, lane] + y * price[tile, b, lane] + z * price[tile, c, lane]
                low += ONE if worth <= bound else NONE
            if low == NONE:
                continue
            low = NONE
            if row < gap[tile]:
                for lane in range(TILE):
                    worth = x * pays[tile, a, lane] + y * pays[tile, b, lane] + z * pays[tile, c, lane]
                    low += ONE if worth <= bound else NONE
            if low == NONE:
                for lane in range(TILE):
                    worth = x * price[tile, a, lane] + y * price[tile, b, lane] + z * price[tile, c, lane]
                    low += ONE if abs(worth) <= bound else NONE
                    counts[tile, lane] += np.int32(1) if worth < -bound else np.int32(0)
                if low == NONE:
                    continue
                for lane in range(TILE):
                    worth = x * price[tile, a, lane] + y * price[tile, b, lane] + z * price[tile, c, lane]
                    counts[tile, lane] -= np.int32(1) if worth < -bound else np.int32(0)
            hit[0, found], hit[1, found] = tile, row
            found += 1
    return found


@bounding
def lanes_4(q, at, near, gap, price, pays, most, a, b, c, d, counts, hit, found):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Do as `lanes_2` for four legs."""
    for tile in range(near.size):
        for row in range(near[tile]):
            leg = at + 4 * row
            x, y, z = np.float32(q[leg]), np.float32(q[leg + 1]), np.float32(q[leg + 2])
            u = np.float32(q[leg + 3])
            size = (
                abs(q[leg]) * most[tile, a]
                + abs(q[leg + 1]) * most[tile, b]
                + abs(q[leg + 2]) * most[tile, c]
            )
            size += abs(q[leg + 3]) * most[tile, d]
            bound = np.float32(UNSURE * size)
            low = NONE
            for lane in range(TILE):
                worth = x * price[tile, a, lane] + y * price[tile, b, lane] + z * price[tile, c, lane]
                worth += u * price[tile, d, lane]
                low += ONE if worth <= bound else NONE
            if low == NONE:
                continue
            low = NONE
            if row < gap[tile]:
                for lane in range(TILE):
                    worth = x * pays[tile, a, lane] + y * pays[tile, b, lane] + z * pays[tile, c, lane]
                    worth += u * pays[tile, d, lane]
                    low += ONE if worth <= bound else NONE
            if low == NONE:
                for lane in range(TILE):
                    worth = x * price[tile, a, lane] + y * price[tile, b, lane] + z * price[tile, c, lane]
                    worth += u * price[tile, d, lane]
                    low += ONE if abs(worth) <= bound else NONE
                    counts[tile, lane] += np.int32(1) if worth < -bound else np.int32(0)
                if low == NONE:
                    continue
                for lane in range(TILE):
                    worth = x * price[tile, a, lane] + y * price[tile, b, lane] + z * price[tile, c, lane]
                    worth += u * price[tile, d, lane]
                    counts[tile, lane] -= np.int32(1) if worth < -bound else np.int32(0)
            hit[0, found], hit[1, found] = tile, row
            found += 1
    return found


@bounding
def lanes_5(q, at, near, gap, price, pays, most, a, b, c, d, e, counts, hit, found):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Do as `lanes_2` for five legs."""
    for tile in range(near.size):
        for row in range(near[tile]):
            leg = at + 5 * row
            x, y, z = np.float32(q[leg]), np.float32(q[leg + 1]), np.float32(q[leg + 2])
            u, v = np.float32(q[leg + 3]), np.float32(q[leg + 4])
            size = (
                abs(q[leg]) * most[tile, a]
                + abs(q[leg + 1]) * most[tile, b]
                + abs(q[leg + 2]) * most[tile, c]
            )
            size += abs(q[leg + 3]) * most[tile, d] + abs(q[leg + 4]) * most[tile, e]
            bound = np.float32(UNSURE * size)
            low = NONE
            for lane in range(TILE):
                worth = x * price[tile, a, lane] + y * price[tile, b, lane] + z * price[tile, c, lane]
                worth += u * price[tile, d, lane] + v * price[tile, e, lane]
                low += ONE if worth <= bound else NONE
            if low == NONE:
                continue
            low = NONE
            if row < gap[tile]:
                for lane in range(TILE):
                    worth = x * pays[tile, a, lane] + y * pays[tile, b, lane] + z * pays[tile, c, lane]
                    worth += u * pays[tile, d, lane] + v * pays[tile, e, lane]
                    low += ONE if worth <= bound else NONE
            if low == NONE:
                for lane in range(TILE):
                    worth = x * price[tile, a, lane] + y * price[tile, b, lane] + z * price[tile, c, lane]
                    worth += u * price[tile, d, lane] + v * price[tile, e, lane]
                    low += ONE if abs(worth) <= bound else NONE
                    counts[tile, lane] += np.int32(1) if worth < -bound else np.int32(0)
                if low == NONE:
                    continue
                for lane in range(TILE):
                    worth = x * price[tile, a, lane] + y * price[tile, b, lane] + z * price[tile, c, lane]
                    worth += u * price[tile, d, lane] + v * price[tile, e, lane]
                    counts[tile, lane] -= np.int32(1) if worth < -bound else np.int32(0)
            hit[0, found], hit[1, found] = tile, row
            found += 1
    return found
