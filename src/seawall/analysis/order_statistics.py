"""Binomial probabilities, and the ranks and proportions that follow from them without any assumption."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import exp, lgamma, log, log1p

import numpy as np

from seawall.analysis.ranges import require_in_range

__all__ = ["Ranks", "binomial_cdf", "proportion_interval", "var_ranks"]


@dataclass(frozen=True, slots=True)
class Ranks:
    """Two order statistics between which a quantile lies.

    Attributes:
        low, high: Ranks from 1 (the smallest) to n; high n + 1 means that no path bounds it above, low 0
            that none does below.
        coverage: Probability that the quantile of a continuous loss lies between them [1].
    """

    low: int
    high: int
    coverage: float


def var_ranks(n: int, q: float, *, confidence: float = 0.95) -> Ranks:
    """Return the ranks that bracket the q-quantile of n independent paths.

    The number of paths below the quantile is binomial. Each side errs at most half of 1 - confidence:
    low is the largest, high the smallest rank that keeps to it, so the coverage is never below the
    confidence; losses with atoms, such as zero, only raise it.

    Args:
        n: Paths, >= 1.
        q: Level, above 0 and below 1 [1].
        confidence: Above 0 and below 1 [1].

    Raises:
        InputError: A parameter is out of its range; all are told.

    Source: David and Nagaraja, Order Statistics (2003), 7.1.

    >>> var_ranks(100_000, 0.999).low, var_ranks(100_000, 0.999).high
    (99880, 99920)
    """
    require_in_range(
        "var_ranks",
        [
            ("n", n, "at least 1", n >= 1),
            ("q", q, "above 0 and below 1", 0 < q < 1),
            ("confidence", confidence, "above 0 and below 1", 0 < confidence < 1),
        ],
    )
    side = (1 - confidence) / 2
    below = _first(n, lambda count: binomial_cdf(count, n, q) > side)
    above = _first(n, lambda count: binomial_cdf(count, n, q) >= 1 - side)
    low, high = below, above + 1
    return Ranks(low, high, binomial_cdf(high - 1, n, q) - (binomial_cdf(low - 1, n, q) if low else 0.0))


def proportion_interval(count: int, n: int, *, confidence: float = 0.95) -> tuple[float, float]:
    """Return the interval of a probability that was met `count` times in n independent paths.

    Source: Clopper and Pearson (1934); coverage is never below the confidence.

    >>> low, high = proportion_interval(0, 100_000)
    >>> low, f"{high:.2e}"
    (0.0, '3.69e-05')
    """
    side = (1 - confidence) / 2
    low = 0.0 if count == 0 else _root(lambda p: 1 - binomial_cdf(count - 1, n, p) > side)
    high = 1.0 if count == n else _root(lambda p: binomial_cdf(count, n, p) < side)
    return low, high


def binomial_cdf(count: int, n: int, p: float) -> float:
    """Return P(X <= count) of n trials of probability p, 0 < p < 1.

    The smaller tail is summed from its largest term by ratios, until nothing is added.

    >>> round(binomial_cdf(3, 10, 0.5), 6)
    0.171875
    """
    if count < 0:
        return 0.0
    if count >= n:
        return 1.0
    if count > n * p:
        return 1 - binomial_cdf(n - count - 1, n, 1 - p)
    most = (
        lgamma(n + 1) - lgamma(count + 1) - lgamma(n - count + 1) + count * log(p) + (n - count) * log1p(-p)
    )
    total, first, top = 1.0, 1.0, count
    while top > 0:
        ks = np.arange(top, max(0, top - 4096), -1, dtype=np.float64)
        terms = first * np.cumprod(ks / (n - ks + 1) * ((1 - p) / p))
        total += float(terms.sum())
        first, top = float(terms[-1]), top - len(ks)
        if first < 1e-18 * total:
            break
    return exp(most) * total


def _first(n: int, holds: Callable[[int], bool]) -> int:
    # The smallest count in 0 .. n from which a condition holds; it holds at n.
    low, high = -1, n
    while high - low > 1:
        middle = (low + high) // 2
        if holds(middle):
            high = middle
        else:
            low = middle
    return high


def _root(beyond: Callable[[float], bool]) -> float:
    # The probability from which a condition holds, to 1e-17 or the last digit.
    low, high = 0.0, 1.0
    for _ in range(200):
        middle = (low + high) / 2
        if not low < middle < high or high - low < 1e-17:
            break
        if beyond(middle):
            high = middle
        else:
            low = middle
    return high
