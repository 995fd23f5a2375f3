"""One tick of one market: which accounts became liquidatable, which are safe again, and no others looked at.

Rows stand in blocks. Every row has a threshold: a safe row stays safe while (largest move of a code
against it) less (smallest move of a code for it), since the block's reference, stays below; a failing
row stays failing while the reverse does. From the smallest thresholds of a block follows how far each
of its markets may go, down and up, before anybody in it must be looked at: a level. A tick compares
the new price with the levels of its market, which lie side by side, and wakes the blocks it has passed.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from seawall.simulation.kernels.columns import SHORT, Floats, Ints
from seawall.simulation.kernels.compiling import bounding, inner, kernel
from seawall.simulation.kernels.evaluate import (
    NEVER,
    reprice,
)
from seawall.simulation.kernels.index import MARGIN
from seawall.simulation.kernels.sides import judge

CHUNK = 64
"""Levels compared at once, before any of them is looked at alone."""

EVALUATIONS, WAKES, REFERENCES = range(3)

BLOCK = np.dtype(
    [
        ("first", np.int64),
        ("end", np.int64),
        ("leg", np.int64),
        ("width", np.int64),
        ("slot", np.int64),
        ("against", np.int64),
        ("slot_end", np.int64),
        ("safe_until", np.float64),
        ("failing_until", np.float64),
        ("wasted", np.int64),
        ("is_plain", np.bool_),
    ]
)
"""Rows [first, end) of one cohort, the first of them with its legs at `leg`.

slot, against, slot_end: the codes that may count for it are slots [slot, against), those against it
[against, slot_end). safe_until, failing_until: smallest thresholds of its
safe and of its failing rows. wasted: evaluations since the last reference that a nearer one would
have spared. is_plain: its legs are collateral and debt alone.
"""

SLOT = np.dtype([("code", np.int64), ("reference", np.float64), ("level", np.int64), ("level_too", np.int64)])
"""A code of a block: where its price stood when thresholds were last taken anew, and its markets' levels.

level, level_too: places among the levels of the one or two markets that move it, -1 for none; codes of a
block that follow the same market share a place.
"""


class Watch(NamedTuple):
    """What a monitor remembers.

    Attributes:
        block, slot: See above.
        threshold, is_failing: Of each row, shape (N,).
        driver_first: First level of each market, shape (n_drivers + 1,).
        level_block: Block of each level.
        down, up: How far the market may go before the block is woken.
        roughness: Sum of the moves of each market so far, up or down: rough ones get more room.
        changed: Rows that changed sides in this call, shape (N,).
        counters: Work done, by the names above.
    """

    block: NDArray[np.void]
    slot: NDArray[np.void]
    threshold: Floats
    is_failing: NDArray[np.bool_]
    driver_first: Ints
    level_block: NDArray[np.int32]
    down: Floats
    up: Floats
    roughness: Floats
    changed: Ints
    counters: Ints


@inner
def renew_prices(codes, prices, seen, index):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill the prices of all codes; the bound of shorts holds around them, not around those of the start.

    `codes` is the monitor's own copy: what a short was worth at the start is looked up in no other place.
    """
    for code in range(codes.item.size):
        if codes.item[code].kind == SHORT:
            codes.item[code].worth = prices[code].scale  # back to the start, for `reprice`
    reprice(codes, seen, seen, index, False, prices)
    for code in range(codes.item.size):
        if codes.item[code].kind == SHORT:
            codes.item[code].worth = prices[code].value / prices[code].settle


@inner
def span_of(slots, prices, first, against, end):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the lowest and highest move since the reference, of the codes for and of those against."""
    low_for, high_for = NEVER, -NEVER
    for slot in range(first, against):
        move = prices[slots[slot].code].move - slots[slot].reference
        low_for = min(low_for, move)
        high_for = max(high_for, move)
    low_against, high_against = NEVER, -NEVER
    for slot in range(against, end):
        move = prices[slots[slot].code].move - slots[slot].reference
        low_against = min(low_against, move)
        high_against = max(high_against, move)
    return low_for, high_for, low_against, high_against


@inner
def set_levels(blocks, slots, down, up, roughness, item, prices, seen, which):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Work out how far each market of a block may go before one of its rows must be looked at.

    The distance that is left is shared between the codes for and the codes against, the rougher side
    getting more; a code moved by two markets gives each half of its share.
    """
    block = blocks[which]
    low_for, high_for, low_against, high_against = span_of(
        slots, prices, block.slot, block.against, block.slot_end
    )
    left = block.safe_until - (high_against - low_for)
    back = block.failing_until - (high_for - low_against)
    rough_for, rough_against = 1e-12, 1e-12
    for slot in range(block.slot, block.slot_end):
        driver = item[slots[slot].code].driver
        if driver >= 0 and slot < block.against:
            rough_for = max(rough_for, roughness[driver])
        elif driver >= 0:
            rough_against = max(rough_against, roughness[driver])
    part = min(0.95, max(0.05, rough_for / (rough_for + rough_against)))
    for slot in range(block.slot, block.slot_end):
        for level in (slots[slot].level, slots[slot].level_too):
            if level >= 0:
                down[level] = -NEVER
                up[level] = NEVER
    for slot in range(block.slot, block.slot_end):
        one = item[slots[slot].code]
        move = prices[slots[slot].code].move - slots[slot].reference
        # With nothing left the bound says no more: then any move the wrong way wakes the block.
        if slot < block.against:
            fall = move - low_for + part * left if left > 0.0 else 0.0
            rise = high_for - move + part * back if back > 0.0 else 0.0
        else:
            fall = move - low_against + (1.0 - part) * back if back > 0.0 else 0.0
            rise = high_against - move + (1.0 - part) * left if left > 0.0 else 0.0
        level, other = slots[slot].level, slots[slot].level_too
        if level >= 0 and other >= 0:
            fall *= 0.5
            rise *= 0.5
        if level >= 0 and one.power != 0.0:
            below = fall / one.power if one.power > 0.0 else -rise / one.power
            above = rise / one.power if one.power > 0.0 else -fall / one.power
            down[level] = max(down[level], seen[one.driver] - below)
            up[level] = min(up[level], seen[one.driver] + above)
        if other >= 0 and one.power_too != 0.0:
            below = fall / one.power_too if one.power_too > 0.0 else -rise / one.power_too
            above = rise / one.power_too if one.power_too > 0.0 else -fall / one.power_too
            down[other] = max(down[other], seen[one.driver_too] - below)
            up[other] = min(up[other], seen[one.driver_too] + above)


@inner
def take_block(blocks, rows, counters, codes, prices, code, q, which, span, is_whole, count):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Evaluate the rows of a block that may have changed sides; return how many have by now.

    Args:
        rows: Thresholds, sides, and where rows that changed sides are noted.
        span: See `span_of`.
        is_whole: Whether all rows are evaluated.
    """
    threshold, is_failing, changed = rows
    low_for, high_for, low_against, high_against = span
    block = blocks[which]
    reach = high_against - low_for
    back = high_for - low_against
    lost = (high_for - low_for) + (high_against - low_against)
    safe_until, failing_until = NEVER, NEVER
    first, width, leg, is_plain = block.first, block.width, block.leg, block.is_plain
    wasted, looked_at = 0, 0
    for row in range(first, block.end):
        fails = is_failing[row]
        until = threshold[row]
        if is_whole or until < (back if fails else reach):
            at = leg + (row - first) * width
            now, far = judge(codes, prices, code, q, at, width, is_plain)
            looked_at += 1
            if now != fails:
                is_failing[row] = now
                changed[count] = row
                count += 1
            fails = now
            until = far - MARGIN + ((low_for - high_against) if fails else (low_against - high_for))
            threshold[row] = until
            if until - (back if fails else reach) < lost:
                wasted += 1  # more of its distance is lost to the reference than kept
        failing_until = min(failing_until, until if fails else NEVER)
        safe_until = min(safe_until, NEVER if fails else until)
    counters[EVALUATIONS] += looked_at
    blocks[which].wasted += wasted
    blocks[which].safe_until = safe_until
    blocks[which].failing_until = failing_until
    return count


@bounding
def count_passed(level, first, end, sign, move):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how many of the levels [first, end) the move has passed; `sign` is 1 going up, -1 down."""
    passed = 0.0
    for place in range(first, end):
        passed += 1.0 if sign * (move - level[place]) > 0.0 else 0.0
    return passed


@inner
def refer(blocks, slots, prices, counters, which):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Measure the moves of a block from now on."""
    for slot in range(blocks[which].slot, blocks[which].slot_end):
        slots[slot].reference = prices[slots[slot].code].move
    blocks[which].wasted = 0
    counters[REFERENCES] += 1


@kernel
def take_tick(watch, codes, prices, code, q, seen, index, driver, move, budget):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Take the new price of a market, and wake the blocks whose level it has passed.

    Args:
        seen: Moves of all markets before this one.
        index: As for `reprice`.
        move: The new move of this market.
        budget: How many blocks may get a new reference in this tick.

    Returns:
        How many rows changed sides.
    """
    is_up = move > seen[driver]
    watch.roughness[driver] += abs(move - seen[driver])
    seen[driver] = move
    renew_prices(codes, prices, seen, index)
    blocks, slots, counters = watch.block, watch.slot, watch.counters
    rows = (watch.threshold, watch.is_failing, watch.changed)
    down, up, roughness = watch.down, watch.up, watch.roughness
    count = 0
    level = up if is_up else down
    sign = 1.0 if is_up else -1.0
    last = watch.driver_first[driver + 1]
    for first in range(watch.driver_first[driver], last, CHUNK):
        end = min(last, first + CHUNK)
        if count_passed(level, first, end, sign, move) == 0.0:
            continue
        for place in range(first, end):
            if sign * (move - level[place]) <= 0.0:
                continue
            which = np.int64(watch.level_block[place])
            counters[WAKES] += 1
            block = blocks[which]
            span = span_of(slots, prices, block.slot, block.against, block.slot_end)
            if span[3] - span[0] > block.safe_until or span[1] - span[2] > block.failing_until:
                is_whole = 4 * block.wasted > block.end - block.first and budget > 0
                if is_whole:
                    budget -= 1
                    refer(blocks, slots, prices, counters, which)
                    span = (0.0, 0.0, 0.0, 0.0)
                count = take_block(
                    blocks, rows, counters, codes, prices, code, q, which, span, is_whole, count
                )
            set_levels(blocks, slots, down, up, roughness, codes.item, prices, seen, which)
    return count


@kernel
def take_rows(watch, codes, prices, code, q, seen, rows, which):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Evaluate rows whose quantities changed; return how many changed sides.

    Args:
        which: Block of each row.
    """
    count = 0
    slots = watch.slot
    for item in range(rows.size):
        row = rows[item]
        block = watch.block[which[item]]
        at = block.leg + (row - block.first) * block.width
        span = span_of(slots, prices, block.slot, block.against, block.slot_end)
        fails, far = judge(codes, prices, code, q, at, block.width, block.is_plain)
        watch.counters[EVALUATIONS] += 1
        if fails != watch.is_failing[row]:
            watch.is_failing[row] = fails
            watch.changed[count] = row
            count += 1
        until = far - MARGIN + ((span[0] - span[3]) if fails else (span[2] - span[1]))
        watch.threshold[row] = until
        if until >= (block.failing_until if fails else block.safe_until):
            continue
        if fails:
            block.failing_until = until
        else:
            block.safe_until = until
        levels = (watch.down, watch.up, watch.roughness)
        set_levels(watch.block, slots, *levels, codes.item, prices, seen, which[item])
    return count


@kernel
def take_all(watch, codes, prices, code, q, seen, index):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Evaluate every row and set every level: the start; return how many rows fail."""
    reprice(codes, seen, seen, index, False, prices)
    renew_prices(codes, prices, seen, index)
    blocks, slots, counters = watch.block, watch.slot, watch.counters
    rows = (watch.threshold, watch.is_failing, watch.changed)
    levels = (watch.down, watch.up, watch.roughness)
    still = (0.0, 0.0, 0.0, 0.0)
    count = 0
    for which in range(blocks.size):
        refer(blocks, slots, prices, counters, which)
        count = take_block(blocks, rows, counters, codes, prices, code, q, which, still, True, count)
        set_levels(blocks, slots, *levels, codes.item, prices, seen, which)
    return count
