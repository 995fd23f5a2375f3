"""Rules that let accounts bear the amount one after the other: by score, by time, or by lot."""

from __future__ import annotations

from collections.abc import Sequence

from seawall.allocation import queue
from seawall.allocation.arrival import random_order
from seawall.allocation.queue import allocate_queue, score_key
from seawall.allocation.sharing import Answer, RuleOfAllocation, Sharing

__all__ = ["ORDER_RULES"]

NONE_ROUNDED = "none: each bears its whole bound, the last one a part"


def _highest_first(asked: Sharing) -> Answer:
    return _one_by_one(asked, [score_key(*score) for score in asked.order])


def _earliest_first(asked: Sharing) -> Answer:
    return _one_by_one(asked, [-score_key(*time) for time in asked.order])


def _one_by_one(asked: Sharing, keys: Sequence[int]) -> Answer:
    order = sorted(range(len(keys)), key=lambda place: (keys[place], asked.tie_key[place]))
    return _down_the_line(asked, order)


def _by_lot(asked: Sharing) -> Answer:
    answer = _down_the_line(asked, random_order(asked.ids, asked.event, asked.seed))
    return Answer(answer.shares, {**answer.working, "seed": asked.seed})


def _down_the_line(asked: Sharing, order: Sequence[int]) -> Answer:
    paid = allocate_queue(asked.budget, ((place, asked.bounds[place]) for place in order))
    shares = [0] * len(order)
    for place, share in paid:
        shares[place] = share
    return Answer(shares, {"hit": len(paid), "last": asked.ids[paid[-1][0]] if paid else None})


ORDER_RULES = (
    RuleOfAllocation(
        "fifo",
        "the earliest bears first, all it can: first in, first out",
        "share = min(bound, budget - what earlier ones bear); `order` is a time",
        NONE_ROUNDED,
        "First in, first out, as positions are closed or lots used up",
        queue.BREAKS["queue"],
        _earliest_first,
        needs=("order",),
    ),
    RuleOfAllocation(
        "queue",
        "the highest score bears first, all it can",
        "share = min(bound, budget - what higher scores bear); `order` is a score",
        NONE_ROUNDED,
        "Deleveraging queues of BitMEX, Binance, OKX and Hyperliquid",
        queue.BREAKS["queue"],
        _highest_first,
        needs=("order",),
    ),
    RuleOfAllocation(
        "random",
        "an order drawn by lot; each in turn bears all it can",
        "share = min(bound, budget - what those drawn before bear)",
        NONE_ROUNDED,
        "dYdX v4: counterparties offset from a random start; here every order is equally likely",
        queue.BREAKS["queue"],
        _by_lot,
        has_chance=True,
    ),
    RuleOfAllocation(
        "withdrawal_order",
        "who withdraws first is paid in full: the latest bears first, all it can",
        "share = min(bound, budget - what later ones bear); `order` is the time of withdrawal",
        NONE_ROUNDED,
        "First come, first served on deposits: Diamond and Dybvig (1983)",
        queue.BREAKS["queue"],
        _highest_first,
        needs=("order",),
    ),
)
