"""Tables of price against quantity, from listed orders or from ranges of liquidity.

Each side is a run of nodes (units traded so far, price relative to the start), from (0, 1) outward,
for `kernels.depth_curve`. Two nodes of one quantity are a gap, such as half of the spread.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

__all__ = ["Nodes", "nodes_of_orders", "nodes_of_ranges"]

Side = tuple[tuple[float, float], ...]
START = (0.0, 1.0)
MOVE_MIN = 1e-4
"""Least log price move over a whole side: what continues beyond it must fall."""


class Nodes(NamedTuple):
    """Both sides of a market, and the log price per unit beyond the last node of each."""

    sales: Side
    purchases: Side
    beyond: tuple[float, float]


def nodes_of_orders(
    bids: Iterable[tuple[float, float]], asks: Iterable[tuple[float, float]], mark: float
) -> Nodes:
    """Return the curve of listed orders, which never pays more than the orders themselves.

    The quantity of each level is spread from its own price to that of the next, so the curve has an
    inverse; the last level, and what goes beyond it, at the average log price per unit of the whole
    side. Prices are relative to the middle of the spread, to the mark where a side is empty; an empty
    side is the other one mirrored. Orders beyond the middle (a crossed book) count as at the middle.

    Args:
        bids, asks: (price, quantity [whole units]), > 0, in any order; not both empty.
        mark: Price of the instrument, of the unit of the orders, > 0.
    """
    falling = _levels(bids, reverse=True)
    rising = _levels(asks, reverse=False)
    middle = math.sqrt(falling[0][0] * rising[0][0]) if falling and rising else mark
    sales = [(min(price / middle, 1.0), quantity) for price, quantity in falling]
    purchases = [(min(middle / price, 1.0), quantity) for price, quantity in rising]
    sold, sold_rate = _side(sales or purchases)
    bought, bought_rate = _side(purchases or sales)
    return Nodes(sold, tuple((quantity, 1 / price) for quantity, price in bought), (sold_rate, bought_rate))


def nodes_of_ranges(ranges: Sequence[tuple[float, float, float]], price: float) -> Nodes:
    """Return the curve of concentrated liquidity: L * (1 / sqrt(p) - 1 / sqrt(p0)) units are sold at p.

    Beyond the last range the price goes on at the average log price per unit of that side; a side
    without liquidity goes on as the other does.

    Args:
        ranges: (low, high, liquidity) by rising price, not overlapping, in base currency.
        price: At the start, of the same unit.
    """
    root = math.sqrt(price)
    below: list[tuple[float, float]] = [START]
    above: list[tuple[float, float]] = [START]
    for low, high, liquidity in reversed(ranges):
        _run(below, min(high, price) / price, min(low, price) / price, liquidity / root)
    for low, high, liquidity in ranges:
        _run(above, max(low, price) / price, max(high, price) / price, liquidity / root)
    rates = [_rate(nodes) for nodes in (below, above)]
    return Nodes(tuple(below), tuple(above), (rates[0] or rates[1], rates[1] or rates[0]))


def _levels(orders: Iterable[tuple[float, float]], *, reverse: bool) -> list[tuple[float, float]]:
    # Best first, orders of one price together.
    best_first = sorted(orders, reverse=reverse)
    return [
        (price, math.fsum(quantity for _, quantity in level))
        for price, level in groupby(best_first, key=lambda order: order[0])
    ]


def _side(levels: Sequence[tuple[float, float]]) -> tuple[Side, float]:
    nodes = [START]
    sold = 0.0
    for price, quantity in levels:
        if price < nodes[-1][1]:
            nodes.append((sold, price))
        sold += quantity
    return tuple(nodes), max(-math.log(levels[-1][0]), MOVE_MIN) / sold


def _run(nodes: list[tuple[float, float]], near: float, far: float, liquidity: float) -> None:
    # One range: from the price nearer to the start to the other, after the gap before it.
    if near == far:
        return
    traded = nodes[-1][0]
    if near != nodes[-1][1]:
        nodes.append((traded, near))
    nodes.append((traded + liquidity * abs(1 / math.sqrt(far) - 1 / math.sqrt(near)), far))


def _rate(nodes: Sequence[tuple[float, float]]) -> float:
    sold, price = nodes[-1]
    return max(abs(math.log(price)), MOVE_MIN) / sold if sold else 0.0
