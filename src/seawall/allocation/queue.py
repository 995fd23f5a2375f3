"""Let receivers bear an amount one after the other, in the order of an exact score."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeVar

from seawall.allocation.proportional import check_split
from seawall.errors import require

SCORE_DENOMINATOR_MAX = 2**768
T = TypeVar("T")

BREAKS: Mapping[str, Mapping[str, str]] = {
    "queue": {
        "S2": "the first in the queue pays all it can, the others nothing",
        "S4": "the larger balance may pay less: the score decides, not the size",
        "S5": "one half of a split account may fall behind an equal of the other half",
    },
}


def allocate_queue(total: int, payers: Iterable[tuple[T, int]]) -> list[tuple[T, int]]:
    """Let payers pay one after the other, each up to its cap, until `total` is reached.

    Payers are asked one by one, and nobody is asked once nothing is left to pay: a long
    queue costs only its head.

    Args:
        total: Amount to split [any one unit], >= 0.
        payers: (payer, most it can bear >= 0), first payer first.

    Returns:
        (payer, share) of those who pay; the shares sum to min(total, sum of caps).

    Raises:
        InputError: `total` is negative.

    >>> allocate_queue(10, [("a", 4), ("b", 0), ("c", 9), ("d", 5)])
    [('a', 4), ('c', 6)]
    """
    check_split(total, (), "cap")
    paying: list[tuple[T, int]] = []
    if total:
        for payer, cap in payers:
            share = min(cap, total)
            total -= share
            if share:
                paying.append((payer, share))
            if not total:
                break
    return paying


def score_key(numerator: int, denominator: int) -> int:
    """Return a whole number that orders exact scores: it falls as numerator / denominator rises.

    Two different fractions a/b, c/d lie at least 1/(b*d) apart. Scaled by 2**1536 >= b*d that is
    at least 1, so their ceilings differ in the same order, and equal fractions get equal keys.

    Args:
        numerator, denominator: The score [1]; 0 < denominator < 2**768.

    >>> sorted([(1, 3), (1, 2), (2, 6)], key=lambda score: score_key(*score))
    [(1, 2), (1, 3), (2, 6)]
    """
    require(0 < denominator < SCORE_DENOMINATOR_MAX, f"the denominator of a score is {denominator}")
    return -numerator * SCORE_DENOMINATOR_MAX**2 // denominator
