"""A book under many scenarios: totals per scenario, whole numbers, with or without pruning.

Scenarios stand in tiles, the mildest first. In a tile a cohort's reach is one number (as in
`kernels.index`), so only the accounts whose key lies below it can be liquidatable; an account that is
not liquidatable adds nothing, which is why the pruned totals equal the plain ones to the last unit.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seawall.simulation.kernels.columns import LONG, SHORT, Floats
from seawall.simulation.kernels.compiling import kernel, making
from seawall.simulation.kernels.evaluate import BOX, NEVER, equity, excess, reprice
from seawall.simulation.kernels.index import MARGIN, extremes
from seawall.simulation.kernels.revalue_lanes import (
    EXACT_MAX,
    INSOLVENT,
    LIQUIDATABLE,
    LIQUIDATION_GAP,
    MARK_GAP,
    SMALLEST,
    TILE,
    add_2,
    add_3,
    add_4,
    add_5,
    screen_2,
    screen_3,
    screen_4,
    screen_5,
)

BLOCK = 256
"""Accounts taken through all tiles before the next: their quantities stay in the first cache."""

LOOKED_AT, SUMMED = range(2)


class Tiles(NamedTuple):
    """Prices of all codes in all scenarios, tile by tile.

    Attributes:
        trigger, value, pays: Weighted, at full worth, and what liquidators give, shape
            (n_tiles, n_codes, TILE).
        screen: `trigger` in float32.
        most: Largest of the three in a tile, shape (n_tiles, n_codes).
        is_screened: Whether float32 can stand for the prices of a tile, shape (n_tiles,).
        low_for, high_against: Extremes of moves over a tile by set of codes, shape (n_sets, n_tiles);
            the margin is in the first.
    """

    trigger: Floats
    value: Floats
    pays: Floats
    screen: NDArray[np.float32]
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
                high[code] = max(high[code], prices[code].move)
        tiles.is_screened[tile] = True
        for code in range(prices.size):
            for lane in range(TILE):
                worth = tiles.trigger[tile, code, lane]
                tiles.screen[tile, code, lane] = worth
                largest = max(worth, max(tiles.value[tile, code, lane], tiles.pays[tile, code, lane]))
                tiles.most[tile, code] = max(tiles.most[tile, code], largest)
                if (
                    0.0 < worth < SMALLEST
                    or largest > 1.0 / SMALLEST
                    or worth > tiles.value[tile, code, lane]
                ):
                    tiles.is_screened[tile] = False
        extremes(low, for_sets, low_for, unused_for)
        extremes(high, against_sets, unused_against, high_against)
        tiles.low_for[:, tile] = low_for - MARGIN
        tiles.high_against[:, tile] = high_against


@kernel
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


@making
def revalue_lanes(cohorts, chosen, q, tiles, prune, totals, work):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Add cohorts of two to five legs, collateral and debt, to `totals`, shape (n_tiles, 4, TILE).

    Args:
        chosen: Numbers of the cohorts.
        prune: Whether accounts that cannot be reached are passed over.
        work: Pairs of account and scenario looked at, and summed in float64.
    """
    trigger, value, pays, price, most = tiles.trigger, tiles.value, tiles.pays, tiles.screen, tiles.most
    count = tiles.is_screened.size
    sums = np.zeros((count, 4, TILE))
    filled = np.zeros(count)
    everybody = np.arange(BLOCK)
    hit = np.empty(BLOCK + 1, dtype=np.int64)
    for cohort in chosen:
        positive, negative = cohorts.collateral_set[cohort], cohorts.debt_set[cohort]
        width, leg = cohorts.width[cohort], cohorts.leg_first[cohort]
        end = cohorts.first[cohort + 1]
        for row in range(cohorts.first[cohort], end, BLOCK):
            at = leg + (row - cohorts.first[cohort]) * width
            rows = min(BLOCK, end - row)
            for tile in range(count):
                if prune:
                    reach = tiles.high_against[negative, tile] - tiles.low_for[positive, tile]
                    if reach <= cohorts.key[row]:
                        continue
                    rows = below(cohorts.key, row, min(row + BLOCK, end), reach)
                work[LOOKED_AT] += rows * TILE
                found = rows
                if tiles.is_screened[tile]:
                    found = screen(q, at, rows, price, most, tile, width, cohorts.code, leg, hit)
                    if found == 0:
                        continue
                else:
                    hit[:rows] = everybody[:rows]
                work[SUMMED] += found * TILE
                size = size_of(q, at, hit, found, most, tile, width, cohorts.code, leg)
                if filled[tile] + size > EXACT_MAX:
                    flush(sums, tile, totals)
                    filled[tile] = 0.0
                filled[tile] += size
                if size <= EXACT_MAX:
                    add(q, at, hit, 0, found, trigger, value, pays, tile, width, cohorts.code, leg, sums)
                    continue
                for item in range(found):  # one term in each sum is exact, however large
                    add(
                        q, at, hit, item, item + 1, trigger, value, pays, tile, width, cohorts.code, leg, sums
                    )
                    flush(sums, tile, totals)
    for tile in range(count):
        flush(sums, tile, totals)


@kernel
def screen(q, at, rows, price, most, tile, width, code, leg, hit):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill `hit` with the accounts of a block that may be liquidatable; return how many."""
    a, b = code[leg], code[leg + 1]
    if width == 2:
        return screen_2(q, at, rows, price, most, tile, a, b, hit)
    c = code[leg + 2]
    if width == 3:
        return screen_3(q, at, rows, price, most, tile, a, b, c, hit)
    d = code[leg + 3]
    if width == 4:
        return screen_4(q, at, rows, price, most, tile, a, b, c, d, hit)
    return screen_5(q, at, rows, price, most, tile, a, b, c, d, code[leg + 4], hit)


@kernel
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


@kernel
def size_of(q, at, hit, found, most, tile, width, code, leg):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return a bound on what the accounts hit[:found] add to a sum of gaps [millionths]."""
    total = 1.0 * found
    for item in range(found):
        here = at + width * hit[item]
        for place in range(width):
            total += 1e6 * abs(q[here + place]) * most[tile, code[leg + place]]
    return total


@kernel
def flush(sums, tile, totals):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Move the sums of a tile in float64 to totals in int64."""
    for which in range(4):
        for lane in range(TILE):
            totals[tile, which, lane] += np.int64(sums[tile, which, lane])
            sums[tile, which, lane] = 0.0


@kernel
def left_behind(codes, prices, shares, code, q, at, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what a liquidation to exhaustion leaves of an account [base currency]; negative is a gap."""
    total = 0.0
    for leg in range(at, at + width):
        kind = codes.item[code[leg]].kind
        if kind in (LONG, SHORT):
            worth = q[leg] * prices[code[leg]].value
            total += worth - abs(worth) * shares.slippage[code[leg]]
        elif kind < LONG:
            total += q[leg] * (prices[code[leg]].value / shares.bonus[code[leg]])
    return total


@making
def revalue_rest(cohorts, chosen, codes, at_market, q, moves, scratch, sets, shares, prune, totals, work):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Add cohorts of any kind, scenario by scenario.

    Args:
        chosen: Numbers of the cohorts.
        scratch: Indexes as they stand, and room for prices.
        sets: Codes that may count for and against.
    """
    index, prices = scratch
    for_sets, against_sets = sets
    low_for, high_for = np.empty(for_sets.member.shape[1]), np.empty(for_sets.member.shape[1])
    low_against, high_against = np.empty(against_sets.member.shape[1]), np.empty(against_sets.member.shape[1])
    for scenario in range(moves.shape[0]):
        reprice(codes, moves[scenario], moves[scenario], index, at_market, prices)
        leave_the_box(codes, prices)
        extremes(prices.move, for_sets, low_for, high_for)
        extremes(prices.move, against_sets, low_against, high_against)
        total = totals[scenario // TILE, :, scenario % TILE]
        for cohort in chosen:
            reach = high_against[cohorts.debt_set[cohort]] - low_for[cohorts.collateral_set[cohort]] + MARGIN
            at, end = cohorts.first[cohort], cohorts.first[cohort + 1]
            rows = below(cohorts.key, at, end, reach) if prune else end - at
            work[LOOKED_AT] += rows
            add_rows(cohorts, codes, prices, shares, q, cohort, rows, total, work)


@kernel
def leave_the_box(codes, prices):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Send the move of a short whose bound no longer holds to the sky, so that nothing is passed over."""
    boxed = np.log(BOX)
    for code in range(codes.item.size):
        if (
            codes.item[code].kind == SHORT
            and prices[code].move - prices[codes.item[code].settle].move > boxed
        ):
            prices[code].move = NEVER


@kernel
def add_rows(cohorts, codes, prices, shares, q, cohort, rows, total, work):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Add the first `rows` accounts of a cohort under one scenario to `total`, shape (4,)."""
    width = cohorts.width[cohort]
    leg = cohorts.leg_first[cohort]
    for _ in range(rows):
        if excess(codes, prices, cohorts.code, q, leg, width) < 0.0:
            total[LIQUIDATABLE] += 1
            work[SUMMED] += 1
            left = left_behind(codes, prices, shares, cohorts.code, q, leg, width)
            if left < 0.0:
                total[LIQUIDATION_GAP] += np.int64(np.ceil(left * -1e6))
        worth = equity(prices, codes, cohorts.code, q, leg, width)
        if worth < 0.0:
            total[INSOLVENT] += 1
            total[MARK_GAP] += np.int64(np.ceil(worth * -1e6))
        leg += width
