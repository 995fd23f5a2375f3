"""Scenarios in a cohort's own order: the mildest for its accounts first, whatever the others hold.

In one order for all, a tile's worst lane decides for 64 scenarios of which most reach nobody here. A
cohort of many accounts earns an order of its own: then the pairs looked at are nearly those that fail.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seawall.simulation.kernels.columns import COLLATERAL, Floats, Ints
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.evaluate import NEVER
from seawall.simulation.kernels.index import MARGIN
from seawall.simulation.kernels.revalue_lanes import TILE

WIDEST = 5
"""Most legs of an account in lanes."""

BINS = 256
"""Parts of the range of reaches that scenarios are sorted into: within one, order makes no difference."""


class Own(NamedTuple):
    """Prices of one cohort's legs, in its own order; legs stand where `Tiles` has codes.

    Attributes:
        reach: How far prices part in each scenario, shape (n_lanes,).
        sorted_reach: The same in order, with the margin.
        low: Smallest moves of a tile, shape (TILE,).
        bin: Of each scenario, shape (n_lanes,).
        start: First place of each bin, shape (BINS + 1,).
        order: Which scenario stands in each place, shape (n_lanes,).
        leg: Numbers of the legs, 0 to 4.
        trigger, value, pays, screen, screen_pays, most: As in `Tiles`.
        is_whole: Tiles whose prices are there in float64 too, shape (n_tiles,).
    """

    reach: Floats
    sorted_reach: Floats
    low: Floats
    bin: Ints
    start: Ints
    order: Ints
    leg: NDArray[np.int32]
    trigger: Floats
    value: Floats
    pays: Floats
    screen: NDArray[np.float32]
    screen_pays: NDArray[np.float32]
    most: Floats
    is_whole: NDArray[np.bool_]


def new_own(count: int) -> Own:
    """Return room for `count` tiles."""
    shape, lanes = (count, WIDEST, TILE), count * TILE
    return Own(
        reach=np.empty(lanes),
        sorted_reach=np.empty(lanes),
        low=np.empty(TILE),
        bin=np.empty(lanes, dtype=np.int64),
        start=np.zeros(BINS + 1, dtype=np.int64),
        order=np.arange(lanes),
        leg=np.arange(WIDEST, dtype=np.int32),
        trigger=np.empty(shape),
        value=np.empty(shape),
        pays=np.empty(shape),
        screen=np.empty(shape, dtype=np.float32),
        screen_pays=np.empty(shape, dtype=np.float32),
        most=np.zeros((count, WIDEST)),
        is_whole=np.zeros(count, dtype=np.bool_),
    )


@inner
def has_both_sides(kind, code, leg, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether a cohort has legs for and against it: without, prices cannot part."""
    has_for, has_against = False, False
    for place in range(leg, leg + width):
        if kind[code[place]] == COLLATERAL:
            has_for = True
        else:
            has_against = True
    return has_for and has_against


@inner
def arrange(kind, code, leg, width, tiles, own):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Sort the scenarios by how far they part the prices of a cohort, and lay out its prices in that order.

    Args:
        kind: Of each code.
        code, leg, width: Codes of all legs, the cohort's first, and how many it has.
    """
    least, most = part_prices(kind, code, leg, width, tiles.move, own.low, own.reach)
    sort_lanes(own.reach, least, most, own.bin, own.start, own.order)
    for place in range(own.order.size):
        own.sorted_reach[place] = own.reach[own.order[place]] + MARGIN
    for tile in range(own.is_whole.size):
        own.is_whole[tile] = False
    for at in range(width):
        here = code[leg + at]
        largest = 0.0
        for tile in range(own.is_whole.size):
            largest = max(largest, tiles.most[tile, here])
        for tile in range(own.is_whole.size):
            own.most[tile, at] = largest
        gather(tiles.screen, here, own.order, own.screen, at)
        gather(tiles.screen_pays, here, own.order, own.screen_pays, at)


@inner
def part_prices(kind, code, leg, width, move, low, reach):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill (largest move against) - (smallest move for) of each scenario; return the least and the most."""
    least, most = NEVER, -NEVER
    for tile in range(move.shape[0]):
        first = tile * TILE
        for lane in range(TILE):
            low[lane], reach[first + lane] = NEVER, -NEVER
        for place in range(leg, leg + width):
            here = code[place]
            if kind[here] == COLLATERAL:
                for lane in range(TILE):
                    low[lane] = min(low[lane], move[tile, here, lane])
            else:
                for lane in range(TILE):
                    reach[first + lane] = max(reach[first + lane], move[tile, here, lane])
        for lane in range(TILE):
            reach[first + lane] -= low[lane]
            least, most = min(least, reach[first + lane]), max(most, reach[first + lane])
    return least, most


@inner
def sort_lanes(reach, least, most, which, start, order):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill `order` with the scenarios by rising reach, bin by bin."""
    scale = (BINS - 1) / max(most - least, 1e-300)
    for each in range(BINS + 1):
        start[each] = 0
    for lane in range(reach.size):
        which[lane] = np.int64((reach[lane] - least) * scale)
        start[which[lane] + 1] += 1
    for each in range(1, BINS + 1):
        start[each] += start[each - 1]
    for lane in range(reach.size):
        order[start[which[lane]]] = lane
        start[which[lane]] += 1


@inner
def gather(table, code, order, own, at):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill own[:, at] with the prices of a code, shape (n_tiles, n_codes, TILE), in order."""
    for place in range(order.size):
        own[place // TILE, at, place % TILE] = table[order[place] // TILE, code, order[place] % TILE]


@inner
def make_whole(code, leg, width, tiles, own, tile):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill the prices of a tile in float64, where they are not there yet."""
    if own.is_whole[tile]:
        return
    own.is_whole[tile] = True
    for at in range(width):
        here = code[leg + at]
        for lane in range(TILE):
            source = own.order[tile * TILE + lane]
            own.trigger[tile, at, lane] = tiles.trigger[source // TILE, here, source % TILE]
            own.value[tile, at, lane] = tiles.value[source // TILE, here, source % TILE]
            own.pays[tile, at, lane] = tiles.pays[source // TILE, here, source % TILE]
