"""How unevenly a burden lies: haircuts, concentration, and ranks turned round. Columns in, one number out.

Counts and ratios of whole units are exact; Gini and Jain are float64, for people to read.
A book of hundreds of thousands of accounts takes a fraction of a second.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from heapq import nlargest

import numpy as np
from numpy.typing import NDArray

__all__ = ["gini", "haircuts", "hhi", "inversions", "jain", "max_haircut", "top_share"]

_NEAR = 1e-14  # far above the error of two conversions and a division


def haircuts(shares: Sequence[int], weights: Sequence[int]) -> NDArray[np.float64]:
    """Return share / weight [1] of everyone with a weight, shape (n_weighted,)."""
    paid, whole = np.array(shares, dtype=np.float64), np.array(weights, dtype=np.float64)
    return np.divide(paid[whole > 0], whole[whole > 0])


def max_haircut(shares: Sequence[int], weights: Sequence[int]) -> Fraction:
    """Return the largest share / weight [1], exactly; 0 when nobody has a weight.

    >>> max_haircut([1, 1, 0], [3, 4, 0])
    Fraction(1, 3)
    """
    found = haircuts(shares, weights)
    if not len(found):
        return Fraction(0)
    weighted = np.flatnonzero(np.array(weights, dtype=np.float64) > 0)
    near = weighted[found >= found.max() * (1 - _NEAR)].tolist()  # floats find the few, integers decide
    best, whole = 0, 1
    for place in near:
        if shares[place] * whole > best * weights[place]:
            best, whole = int(shares[place]), int(weights[place])
    return Fraction(best, whole)


def gini(values: NDArray[np.float64]) -> float:
    """Return the Gini index [1] of values >= 0: 0 when all are equal, towards 1 when one has all.

    >>> round(gini(np.array([0.1, 1.0, 0.0, 0.0])), 10)
    0.7045454545
    """
    count, whole = len(values), float(values.sum())
    if not whole:
        return 0.0
    ranked = float(np.dot(np.arange(1, count + 1), np.sort(values)))
    return max(0.0, float(np.divide(2 * ranked, count * whole) - np.divide(count + 1, count)))


def jain(values: NDArray[np.float64]) -> float:
    """Return Jain's index [1]: 1 when all are equal, 1 / n when one has all."""
    squares = float(np.dot(values, values))
    return float(np.divide(float(values.sum()) ** 2, len(values) * squares)) if squares else 1.0


def hhi(shares: Sequence[int]) -> Fraction:
    """Return the Herfindahl-Hirschman index [1] of the parts of a loss: the sum of squared parts.

    >>> hhi([10, 50, 0, 0])
    Fraction(13, 18)
    """
    whole = sum(shares)
    return Fraction(sum(share * share for share in shares), whole * whole) if whole else Fraction(0)


def top_share(shares: Sequence[int], count: int) -> Fraction:
    """Return the part [1] of a loss that the `count` largest payers bear together."""
    whole = sum(shares)
    return Fraction(sum(nlargest(count, shares)), whole) if whole else Fraction(0)


def inversions(weights: Sequence[int], shares: Sequence[int], *, within: int = 0) -> int:
    """Count pairs turned round: the larger weight bears less, by more than `within` units.

    Exact, in O(n log n). Every row stands twice in order of weight: as the larger of a pair with
    its share and what it may fall short by, and as the smaller with its share. What is to be
    counted is how often a smaller one with more stands before a larger one with less. Bit by bit
    from the highest, among rows whose higher bits agree, that is a 1 before a 0.

    Args:
        weights: Shape (n_accounts,) [any one unit].
        shares: Shape (n_accounts,) [units].
        within: What rounding may turn round without being counted [units].

    >>> inversions([1, 2, 3], [5, 0, 5]), inversions([2, 2], [9, 1]), inversions([1, 2], [1, 0], within=1)
    (1, 0, 0)
    """
    count = len(shares)
    both = _ranks([*shares, *(share + within for share in shares)])
    # Among equal weights those read as larger come first, and so make no pair.
    order = np.argsort(np.tile(2 * _ranks(weights), 2) + np.repeat((1, 0), count), kind="stable")
    ranks, smaller = both[order].astype(np.int32), order < count
    rows = np.arange(len(ranks), dtype=np.int32)
    found = 0
    for bit in reversed(range(int(ranks.max(initial=0)).bit_length())):
        ones = (ranks >> bit) & 1 == 1
        firsts = np.flatnonzero(np.append(True, np.diff(ranks >> (bit + 1)) != 0)).astype(np.int32)
        sizes = np.append(firsts[1:], len(ranks)).astype(np.int32) - firsts
        first = np.repeat(firsts, sizes)
        before = _before(ones & smaller, firsts, sizes)
        found += int(before[~ones & ~smaller].sum(dtype=np.int64))
        # Stable partition of every group: its zeros move to the front.
        before = _before(ones, firsts, sizes)
        zeros = np.repeat(sizes - np.add.reduceat(ones, firsts, dtype=np.int32), sizes)
        place = np.where(ones, first + zeros + before, rows - before)
        parted, kept = np.empty_like(ranks), np.empty_like(smaller)
        parted[place], kept[place] = ranks, smaller
        ranks, smaller = parted, kept
    return found


def _before(
    ones: NDArray[np.bool_], firsts: NDArray[np.int32], sizes: NDArray[np.int32]
) -> NDArray[np.int32]:
    # How many ones stand before each row within its group.
    before: NDArray[np.int32] = np.cumsum(ones, dtype=np.int32) - ones
    return before - np.repeat(before[firsts], sizes)


def _ranks(values: Sequence[int]) -> NDArray[np.int64]:
    # Dense ranks from 0. Beyond 64 bits: float64 keeps the order of integers and merges some; those
    # are told apart by what their floats leave out, which is 53 bits shorter.
    if not len(values):
        return np.zeros(0, dtype=np.int64)
    if min(values) >= -(2**63) and max(values) < 2**63:
        return np.unique(np.array(values, dtype=np.int64), return_inverse=True)[1].astype(np.int64)
    floats, place, count = np.unique(
        np.array(values, dtype=np.float64), return_inverse=True, return_counts=True
    )
    rest = np.zeros(len(values), dtype=np.int64)
    merged = np.flatnonzero(count[place] > 1)
    rest[merged] = _ranks([values[row] - int(floats[place[row]]) for row in merged.tolist()])
    order = np.lexsort((rest, place))
    steps = (np.diff(place[order]) != 0) | (np.diff(rest[order]) != 0)
    ranks = np.empty(len(values), dtype=np.int64)
    ranks[order] = np.append(0, np.cumsum(steps))
    return ranks
