"""A price that falls with what was sold, as a table: listed orders, or ranges of concentrated liquidity.

One side of a market is a run of nodes (quantity sold so far, price there), prices moving away from 1.
Between nodes the price is linear in the quantity (orders spread evenly) or 1 / sqrt(price) is (each
range is a constant product pool of its own). Two nodes of one quantity are a gap: the price jumps.
Beyond the last node the price moves on exponentially, at the average rate of the whole side.

All prices are relative to the fundamental one; a side is 0 for sales (prices fall from 1) and 1 for
purchases (prices rise from 1), quantities counted upward from 0 on both.
"""

from __future__ import annotations

import math

from seawall.simulation.kernels.compiling import kernel

BOOK = 5
"""Kind of a table whose price is linear in the quantity; the other kinds are in `impact`."""


@kernel
def price_at(impact, asset, side, sold):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the price after `sold` >= 0 units; at a gap, the price beyond it."""
    first, last = impact.first_node[2 * asset + side], impact.first_node[2 * asset + side + 1] - 1
    if sold >= impact.node_sold[last]:
        return continued(impact, asset, side, last, sold - impact.node_sold[last])
    node = first
    beyond = last
    while beyond - node > 1:  # the last node at or before `sold`
        middle = (node + beyond) // 2
        if impact.node_sold[middle] <= sold:
            node = middle
        else:
            beyond = middle
    width = impact.node_sold[node + 1] - impact.node_sold[node]
    part = (sold - impact.node_sold[node]) / width
    return between(impact, asset, node, part)


@kernel
def continued(impact, asset, side, last, more):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the price `more` units beyond the last node."""
    rate = impact.beyond[asset, side]
    return impact.node_price[last] * math.exp(rate * more if side else -rate * more)


@kernel
def between(impact, asset, node, part):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the price where `part` of the quantity from a node to the next is sold."""
    here, there = impact.node_price[node], impact.node_price[node + 1]
    if impact.kind[asset] == BOOK:
        return here + part * (there - here)
    root = (1.0 - part) / math.sqrt(here) + part / math.sqrt(there)
    return 1.0 / (root * root)


@kernel
def sold_at(impact, asset, side, price):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how much is sold when the price has come to `price`: the inverse of `price_at`."""
    first, last = impact.first_node[2 * asset + side], impact.first_node[2 * asset + side + 1] - 1
    sign = -1.0 if side else 1.0
    if sign * price >= sign * impact.node_price[first]:
        return impact.node_sold[first]
    if sign * price <= sign * impact.node_price[last]:
        rate = impact.beyond[asset, side]
        return impact.node_sold[last] + sign * math.log(impact.node_price[last] / price) / rate
    node = first
    beyond = last
    while beyond - node > 1:  # the last node whose price is not yet passed
        middle = (node + beyond) // 2
        if sign * impact.node_price[middle] >= sign * price:
            node = middle
        else:
            beyond = middle
    here, there = impact.node_price[node], impact.node_price[node + 1]
    if impact.kind[asset] == BOOK:
        part = (here - price) / (here - there)
    else:
        root = 1.0 / math.sqrt(here)
        part = (1.0 / math.sqrt(price) - root) / (1.0 / math.sqrt(there) - root)
    return impact.node_sold[node] + part * (impact.node_sold[node + 1] - impact.node_sold[node])


@kernel
def value_between(impact, asset, side, start, end):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the integral of the price from `start` to `end` units sold, start <= end."""
    first, last = impact.first_node[2 * asset + side], impact.first_node[2 * asset + side + 1] - 1
    total = 0.0
    for node in range(first, last):
        here, there = impact.node_sold[node], impact.node_sold[node + 1]
        low, high = max(start, here), min(end, there)
        if low >= high:
            continue
        begins = between(impact, asset, node, (low - here) / (there - here))
        ends = between(impact, asset, node, (high - here) / (there - here))
        mean = 0.5 * (begins + ends) if impact.kind[asset] == BOOK else math.sqrt(begins * ends)
        total += mean * (high - low)
    low = max(start, impact.node_sold[last])
    if end > low:
        begins = continued(impact, asset, side, last, low - impact.node_sold[last])
        exponent = impact.beyond[asset, side] * (end - low) * (1.0 if side else -1.0)
        total += begins * (end - low) * (math.expm1(exponent) / exponent if exponent != 0.0 else 1.0)
    return total
