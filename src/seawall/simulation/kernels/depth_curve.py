"""A price that falls with what was sold, as a table: listed orders, or ranges of concentrated liquidity.

One side of a market is a run of nodes (quantity traded so far, price there), prices moving away from 1.
Between nodes the price is linear in the quantity (orders spread evenly), or 1 / sqrt(price) is (each
range is a constant product pool of its own). Two nodes of one quantity are a gap: the price jumps.
Beyond the last node the price moves on exponentially, at the average rate of the whole side.

Every function takes one side: all nodes (shape (n, 2): quantity, price), the first and last of this side,
and `rate`, the log price per unit beyond the last, negative where prices fall (sales). Prices are relative
to the fundamental one, quantities are counted upward from 0 on both sides.
"""

from __future__ import annotations

import math

from seawall.simulation.kernels.compiling import inner

BOOK, RANGES = 5, 6
"""Kinds of tables: price linear in the quantity, or 1 / sqrt(price); the other kinds are in `curves`."""


@inner
def between(kind, here, there, part):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the price where `part` of the quantity from a node to the next is traded."""
    if kind == BOOK:
        return here + part * (there - here)
    root = (1.0 - part) / math.sqrt(here) + part / math.sqrt(there)
    return 1.0 / (root * root)


@inner
def table_price(kind, node, first, last, rate, quantity):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the price after `quantity` >= 0 units; at a gap, the price beyond it."""
    if quantity >= node[last, 0]:
        return node[last, 1] * math.exp(rate * (quantity - node[last, 0]))
    at, beyond = first, last
    while beyond - at > 1:  # the last node at or before the quantity
        middle = (at + beyond) // 2
        if node[middle, 0] <= quantity:
            at = middle
        else:
            beyond = middle
    part = (quantity - node[at, 0]) / (node[at + 1, 0] - node[at, 0])
    return between(kind, node[at, 1], node[at + 1, 1], part)


@inner
def table_sold(kind, node, first, last, rate, target):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how much is traded when the price has come to `target`: the inverse of `table_price`."""
    sign = 1.0 if rate < 0.0 else -1.0  # prices times sign fall on both sides
    if sign * target >= sign * node[first, 1]:
        return node[first, 0]
    if sign * target <= sign * node[last, 1]:
        return node[last, 0] + math.log(target / node[last, 1]) / rate
    at, beyond = first, last
    while beyond - at > 1:  # the last node whose price is not yet passed
        middle = (at + beyond) // 2
        if sign * node[middle, 1] >= sign * target:
            at = middle
        else:
            beyond = middle
    here, there = node[at, 1], node[at + 1, 1]
    if kind == BOOK:
        part = (here - target) / (here - there)
    else:
        root = 1.0 / math.sqrt(here)
        part = (1.0 / math.sqrt(target) - root) / (1.0 / math.sqrt(there) - root)
    return node[at, 0] + part * (node[at + 1, 0] - node[at, 0])


@inner
def table_value(kind, node, first, last, rate, start, end):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the integral of the price from `start` to `end` units, start <= end."""
    total = 0.0
    for at in range(first, last):
        here, there = node[at, 0], node[at + 1, 0]
        low, high = max(start, here), min(end, there)
        if low < high:
            begins = between(kind, node[at, 1], node[at + 1, 1], (low - here) / (there - here))
            ends = between(kind, node[at, 1], node[at + 1, 1], (high - here) / (there - here))
            mean = 0.5 * (begins + ends) if kind == BOOK else math.sqrt(begins * ends)
            total += mean * (high - low)
    low = max(start, node[last, 0])
    if end > low:
        begins = node[last, 1] * math.exp(rate * (low - node[last, 0]))
        total += begins * math.expm1(rate * (end - low)) / rate
    return total
