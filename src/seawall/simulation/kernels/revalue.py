"""A book under many scenarios: totals per scenario, whole numbers, with or without pruning.

Scenarios stand in tiles, the mildest first. In a tile a cohort's reach is one number (as in
`kernels.index`), so only the accounts whose key lies below it can be liquidatable; an account that is
not liquidatable adds nothing, which is why the pruned totals equal the plain ones to the last unit.
"""

from __future__ import annotations

import numpy as np

from seawall.simulation.kernels.columns import COLLATERAL
from seawall.simulation.kernels.compiling import inner, making
from seawall.simulation.kernels.evaluate import NEVER
from seawall.simulation.kernels.revalue_lanes import TILE, lanes_2, lanes_3, lanes_4, lanes_5
from seawall.simulation.kernels.revalue_order import arrange, has_both_sides, make_whole
from seawall.simulation.kernels.revalue_rest import LOOKED_AT, SUMMED
from seawall.simulation.kernels.revalue_sums import EXACT_MAX, LIQUIDATABLE, add_2, add_3, add_4, add_5
from seawall.simulation.kernels.revalue_tiles import below

BLOCK = 256
"""Accounts taken through all tiles before the next: their quantities stay in the first cache."""


@making
def revalue_lanes(cohorts, chosen, kind, q, tiles, own, own_from, leak, prune, totals, work):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Add cohorts of two to five legs, collateral and debt, to `totals`, shape (4, n_lanes).

    Args:
        chosen: Numbers of the cohorts.
        kind: Of each code.
        own: Room, see `revalue_order`.
        own_from: Accounts of a cohort from which an order of its own is worth the sorting.
        leak: ln(price liquidators give, or whole price if less / trigger price) of each code.
        prune: Whether accounts that cannot be reached are passed over.
        work: Pairs of account and scenario looked at, and summed in float64.
    """
    count = tiles.is_screened.size
    code, key = cohorts.code, cohorts.key
    reach = np.empty(count)
    everywhere = np.arange(count * TILE)
    room = (
        np.empty(count, dtype=np.int64),
        np.empty(count, dtype=np.int64),
        np.empty((2, BLOCK * count), dtype=np.int64),
    )
    mine = (np.zeros((count, 4, TILE)), np.zeros((count, TILE), dtype=np.int32), np.zeros(count))
    ours = (np.zeros((count, 4, TILE)), np.zeros((count, TILE), dtype=np.int32), np.zeros(count))
    may_sort = prune and tiles.is_screened.all()
    common = (tiles.trigger, tiles.value, tiles.pays, tiles.screen, tiles.screen_pays, tiles.most)
    sorted_ones = (own.trigger, own.value, own.pays, own.screen, own.screen_pays, own.most)
    for cohort in chosen:
        first, end = cohorts.first[cohort], cohorts.first[cohort + 1]
        leg, width = cohorts.leg_first[cohort], cohorts.width[cohort]
        further = leak_of(kind, code, leg, width, leak)
        rows = (key, first, end, leg, width, further)
        if may_sort and end - first >= own_from and has_both_sides(kind, code, leg, width):
            arrange(kind, code, leg, width, tiles, own)
            for tile in range(count):
                reach[tile] = own.sorted_reach[tile * TILE : (tile + 1) * TILE].max()
            add_cohort(
                q,
                rows,
                sorted_ones,
                own.leg,
                0,
                tiles,
                own,
                True,
                code,
                reach,
                True,
                own.order,
                mine,
                room,
                totals,
                work,
            )
            for tile in range(count):
                flush(mine, tile, own.order, totals)
            continue
        positive, negative = cohorts.collateral_set[cohort], cohorts.debt_set[cohort]
        for tile in range(count):
            reach[tile] = tiles.high_against[negative, tile] - tiles.low_for[positive, tile]
        add_cohort(
            q,
            rows,
            common,
            code,
            leg,
            tiles,
            own,
            False,
            code,
            reach,
            prune,
            everywhere,
            ours,
            room,
            totals,
            work,
        )
    for tile in range(count):
        flush(ours, tile, everywhere, totals)


@inner
def add_cohort(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    q, rows, tables, codes, at_code, tiles, own, is_own, code, reach, prune, order, sums, room, totals, work
):  # fmt: skip
    """Add a cohort, block by block of accounts and tile by tile, the most severe tile first.

    Args:
        rows: Keys of all accounts, the cohort's first and one past its last, its first leg and width, and
            how much further than to be liquidatable prices must part for a gap.
        tables: Prices by tile, code and lane, six of them.
        codes, at_code: Codes of the legs in `tables`, and where the first of them is.
        is_own: Whether these are in the cohort's own order.
        code: Codes of all legs.
        reach: How far prices part in each tile.
        order: Scenario of each lane.
        sums: Sums, counts, and how much may be in the sums.
    """
    trigger, value, pays, screen, screen_pays, most = tables
    key, first, end, leg, width, further = rows
    amounts, counts, filled = sums
    near, gap, hit = room
    count = reach.size
    for row in range(first, end, BLOCK):
        at = leg + (row - first) * width
        last = min(row + BLOCK, end)
        found = 0
        if prune:
            reached = 0
            for back in range(count):
                tile = count - 1 - back
                is_reached = reach[tile] > key[row]
                near[tile] = below(key, row, last, reach[tile]) if is_reached else 0
                gap[tile] = below(key, row, row + near[tile], reach[tile] - further) if is_reached else 0
                reached += near[tile]
            if reached == 0:
                continue
            work[LOOKED_AT] += reached * TILE
        else:
            for tile in range(count):
                near[tile], gap[tile] = last - row, last - row
            work[LOOKED_AT] += (last - row) * count * TILE
        for tile in range(count):
            if not tiles.is_screened[tile]:
                for each in range(near[tile]):
                    hit[0, found], hit[1, found] = tile, each
                    found += 1
                near[tile] = 0
        found = weigh(q, at, near, gap, screen, screen_pays, most, width, codes, at_code, counts, hit, found)
        start = 0
        while start < found:
            tile, stop = hit[0, start], start
            while stop < found and hit[0, stop] == tile:
                stop += 1
            if is_own:
                make_whole(code, leg, width, tiles, own, tile)
            work[SUMMED] += (stop - start) * TILE
            size = size_of(q, at, hit[1], start, stop, most, tile, width, codes, at_code)
            if filled[tile] + size > EXACT_MAX:
                flush(sums, tile, order, totals)
            filled[tile] += size
            if size <= EXACT_MAX:
                add(q, at, hit[1], start, stop, trigger, value, pays, tile, width, codes, at_code, amounts)
            else:
                for item in range(start, stop):  # one term in each sum is exact, however large
                    filled[tile] = size
                    add(
                        q,
                        at,
                        hit[1],
                        item,
                        item + 1,
                        trigger,
                        value,
                        pays,
                        tile,
                        width,
                        codes,
                        at_code,
                        amounts,
                    )
                    flush(sums, tile, order, totals)
            start = stop


@inner
def leak_of(kind, code, leg, width, leak):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how much further prices must part for a gap than for a liquidation, a lower bound."""
    least_for, most_against = NEVER, -NEVER
    for place in range(leg, leg + width):
        if kind[code[place]] == COLLATERAL:
            least_for = min(least_for, leak[code[place]])
        else:
            most_against = max(most_against, leak[code[place]])
    return least_for - most_against


@inner
def weigh(q, at, near, gap, price, pays, most, width, code, leg, counts, hit, found):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Do as `lanes_2` for a cohort of any width."""
    a, b = code[leg], code[leg + 1]
    if width == 2:
        return lanes_2(q, at, near, gap, price, pays, most, a, b, counts, hit, found)
    c = code[leg + 2]
    if width == 3:
        return lanes_3(q, at, near, gap, price, pays, most, a, b, c, counts, hit, found)
    d = code[leg + 3]
    if width == 4:
        return lanes_4(q, at, near, gap, price, pays, most, a, b, c, d, counts, hit, found)
    return lanes_5(q, at, near, gap, price, pays, most, a, b, c, d, code[leg + 4], counts, hit, found)


@inner
def add(q, at, hit, first, end, trigger, value, pays, tile, width, code, leg, sums):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Add the accounts hit[first:end] of a block under one tile."""
    a, b = code[leg], code[leg + 1]
    if width == 2:
        add_2(q, at, hit, first, end, trigger, value, pays, tile, a, b, sums)
        return
    c = code[leg + 2]
    if width == 3:
        add_3(q, at, hit, first, end, trigger, value, pays, tile, a, b, c, sums)
        return
    d = code[leg + 3]
    if width == 4:
        add_4(q, at, hit, first, end, trigger, value, pays, tile, a, b, c, d, sums)
    else:
        add_5(q, at, hit, first, end, trigger, value, pays, tile, a, b, c, d, code[leg + 4], sums)


@inner
def size_of(q, at, hit, first, end, most, tile, width, code, leg):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return a bound on what the accounts hit[first:end] add to a sum of gaps [millionths]."""
    total = 1.0 * (end - first)
    for item in range(first, end):
        here = at + width * hit[item]
        for place in range(width):
            total += 1e6 * abs(q[here + place]) * most[tile, code[leg + place]]
    return total


@inner
def flush(sums, tile, order, totals):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Move the sums and counts of a tile to totals in int64."""
    amounts, counts, filled = sums
    for lane in range(TILE):
        totals[LIQUIDATABLE, order[tile * TILE + lane]] += counts[tile, lane]
        counts[tile, lane] = 0
    if filled[tile] == 0.0:
        return
    for lane in range(TILE):
        for which in range(4):
            totals[which, order[tile * TILE + lane]] += np.int64(amounts[tile, which, lane])
            amounts[tile, which, lane] = 0.0
    filled[tile] = 0.0
