"""The smallest largest haircut: whole units given out so that nobody's fraction is larger than need be."""

from __future__ import annotations

import heapq
from collections.abc import Sequence

from seawall.allocation.proportional import check_split, sorted_by_ratio
from seawall.core.rounding import mul_div_down
from seawall.errors import InputError

__all__ = ["allocate_min_max", "water_level"]


def allocate_min_max(
    total: int, weights: Sequence[int], caps: Sequence[int], *, tie_key: Sequence[bytes]
) -> list[int]:
    """Split `total` in whole units so that the largest fraction share / weight is the least possible.

    Unit after unit goes to whoever then has the smallest fraction (share + 1) / weight, ties by
    `tie_key`: D'Hondt's rule with caps. It minimises the largest fraction: units come in the order of their
    fractions, so those with a smaller one than the last are fewer than `total`, and no split lives on them.
    The bulk is given at once: with the exact level e at which sum min(cap, e * weight) = total, every
    unit up to floor(e * weight) has a fraction <= e and comes before all others; fewer than n remain.

    Args:
        total: Amount to split [units], 0 <= total <= sum of the caps of positive weights.
        weights: What the fraction is of, shape (n_accounts,) [any one unit], >= 0.
        caps: Most that each can bear, shape (n_accounts,) [units], >= 0.
        tie_key: Order among equal fractions, shape (n_accounts,).

    Returns:
        Shares, shape (n_accounts,) [units]; they sum to `total` exactly.

    Raises:
        InputError: A number is negative, or the caps cannot bear `total`.

    Source:
        D'Hondt (1882); Balinski and Young, Fair Representation: it minimises the largest ratio.

    >>> allocate_min_max(4, [5, 2], [9, 9], tie_key=[b"a", b"b"])
    [3, 1]
    """
    top, bottom = water_level(total, weights, caps)
    shares = [
        min(cap, mul_div_down(weight, top, bottom)) if weight else 0
        for weight, cap in zip(weights, caps, strict=True)
    ]
    # One whole number per fraction, as in `score_key`: equal fractions, equal keys.
    scale = 1 << 2 * max((weight.bit_length() for weight in weights), default=0)

    def waiting(place: int) -> tuple[int, bytes, int]:
        return mul_div_down(shares[place] + 1, scale, weights[place]), tie_key[place], place

    heap = [waiting(place) for place, weight in enumerate(weights) if weight and shares[place] < caps[place]]
    heapq.heapify(heap)
    for _ in range(total - sum(shares)):
        place = heap[0][2]
        shares[place] += 1
        if shares[place] < caps[place]:
            heapq.heapreplace(heap, waiting(place))
        else:
            heapq.heappop(heap)
    return shares


def water_level(total: int, weights: Sequence[int], caps: Sequence[int]) -> tuple[int, int]:
    """Return the exact level e = numerator / denominator at which sum min(cap, e * weight) = total.

    Where the caps bear no more than `total`, the level is that of the largest cap / weight.

    Args:
        total, weights, caps: As in `allocate_min_max`.

    Raises:
        InputError: A number is negative, or the caps cannot bear `total`.

    >>> water_level(10, [1, 1, 2], [1, 9, 9])
    (9, 3)
    """
    check_split(total, weights, "weight")
    check_split(total, caps, "cap")
    paying = [place for place, weight in enumerate(weights) if weight]
    if sum(caps[place] for place in paying) < total:
        raise InputError(f"caps bear {sum(caps[place] for place in paying)}, expected at least {total}")
    left, weight_left = total, sum(weights)
    top = (0, 1)
    for place in sorted_by_ratio(paying, caps, weights):
        if caps[place] * weight_left > left * weights[place]:
            return left, weight_left
        left -= caps[place]
        weight_left -= weights[place]
        top = caps[place], weights[place]
    return top
