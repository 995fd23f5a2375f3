"""Simulated paths, weighted or not, and the mean of anything over them with its interval.

Plain paths have a normal interval, corrected for the skewness that a few large losses leave in a mean;
weighted or batched ones a mean over batches with Student's interval. Weights are used as they are, never
scaled to sum to one: that would bias what lies in the tail.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import copysign, inf, sqrt
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seawall.analysis.normal import quantile, student_quantile
from seawall.errors import InputError

__all__ = ["BATCHES_MIN", "Estimate", "Mean", "Method", "Sample", "effective"]

BATCHES_MIN = 20
_BATCHES = 50
_OFF = 6.0  # standard errors by which weights may miss their mean of one

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Method = Literal["ranks", "clopper-pearson", "skew-corrected normal", "batch means"]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A number with its interval.

    Attributes:
        value, low, high: Estimate, and the interval at the stated confidence [unit of what is estimated].
        method: How the interval was made.
        backed_by: Effective number of paths that decide the number [paths].
        variance_ratio: Variance of a plain path over the variance of one of these [1]: how many plain
            paths one is worth. 1 where paths are plain.
    """

    value: float
    low: float
    high: float
    method: Method
    backed_by: float
    variance_ratio: float = 1.0


@dataclass(frozen=True, slots=True)
class Sample:
    """Checked paths.

    Attributes:
        n: Paths that were drawn; those that have no row here weigh nothing.
        losses: Shape (n_rows,), >= 0 [money].
        weights: Likelihood ratios, ones where paths are plain, shape (n_rows,) [1].
        labels: Batch of each path from 0, shape (n_rows,); None where paths are plain and independent.
        n_batches: How many batches there are, of equally many drawn paths each.
        confidence: Of every interval [1].
        ranked: Losses from the largest, shape (n_rows,) [money].
        above: Weight of each of these and of all before it, shape (n_rows,) [1].
    """

    n: int
    losses: Floats
    weights: Floats
    labels: Ints | None
    n_batches: int
    confidence: float
    ranked: Floats
    above: Floats

    @classmethod
    def of(
        cls,
        losses: Floats,
        weights: Floats | None,
        batches: Ints | None,
        confidence: float,
        numbers: Ints | None = None,
        drawn: int | None = None,
    ) -> Sample:
        """Check columns; arguments and errors are those of `estimate_tail`."""
        found = np.asarray(losses, dtype=np.float64)
        rows = len(found)
        ratio = np.ones(rows) if weights is None else np.asarray(weights, dtype=np.float64)
        for name, column in (("losses", found), ("weights", ratio)):
            if column.shape != (rows,) or not rows or not np.isfinite(column).all() or column.min() < 0:
                raise InputError(
                    f"{name}: expected one finite number >= 0 for each of n >= 1 paths, got shape"
                    f" {column.shape}" + (f" from {column.min()} to {column.max()}" if column.size else "")
                )
        n = rows if drawn is None else drawn
        if (numbers is None) != (drawn is None) or n < rows:
            raise InputError(f"expected numbers and drawn >= {rows} together, or neither, got drawn {drawn}")
        order = np.argsort(-found, kind="stable")
        ranked, above = found[order], np.cumsum(ratio[order])
        if weights is None and batches is None:
            return cls(n, found, ratio, None, 0, confidence, ranked, above)
        labels, count = _numbered(numbers, n) if numbers is not None else _labels(batches, n)
        sample = cls(n, found, ratio, labels, count, confidence, ranked, above)
        mean = sample.mean(np.ones(rows))
        if abs(mean.value - 1) > _OFF * mean.error + 1e-12:
            raise InputError(
                f"weights average {mean.value:.4g} with a standard error of {mean.error:.2g}, expected 1:"
                " they are no likelihood ratios of these paths, or the paths miss a part of the law"
            )
        return sample

    def mean(self, values: Floats) -> Mean:
        """Return the mean of `values` under the true law, with its interval."""
        terms, side = values * self.weights, 1 - (1 - self.confidence) / 2
        if self.labels is None:
            spread = float(terms.std(ddof=1)) if len(terms) > 1 else 0.0
            mean, error = float(terms.mean()), spread / sqrt(len(terms))
            skewed = float(((terms - mean) ** 3).mean()) / spread**3 / sqrt(len(terms)) if spread else 0.0
            low, high = (mean - error * _unskewed(x, skewed) for x in (quantile(side), -quantile(side)))
            return Mean(mean, error, low, high, 1.0)
        sums = np.bincount(self.labels, weights=terms, minlength=self.n_batches)
        means = sums * self.n_batches / self.n
        mean, error = float(means.mean()), float(means.std(ddof=1)) / sqrt(self.n_batches)
        half = student_quantile(side, self.n_batches - 1) * error
        plain = float((terms * values).sum()) / self.n - mean**2
        return Mean(mean, error, mean - half, mean + half, plain / (error**2 * len(terms)) if error else 1.0)


@dataclass(frozen=True, slots=True)
class Mean:
    """A mean, its standard error and interval, and the variance of a plain path over that of one of these."""

    value: float
    error: float
    low: float
    high: float
    variance_ratio: float

    def at(self, method: Method, backed_by: float, *, origin: float = 0.0, most: float = inf) -> Estimate:
        """Return it as an estimate of what is at least `origin` and that much more, at most `most`."""
        low, high = min(most, origin + max(0.0, self.low)), min(most, origin + self.high)
        return Estimate(min(most, origin + self.value), low, high, method, backed_by, self.variance_ratio)


def _unskewed(x: float, skewness: float) -> float:
    # A standard normal turned into a skewed t statistic: the monotone cubic of Hall, On the removal of
    # skewness by transformation (1992), inverted.
    if abs(skewness) < 1e-6:
        return x
    inner = 1 + skewness * (x - skewness / 6)
    return 3 / skewness * (copysign(abs(inner) ** (1 / 3), inner) - 1)


def _labels(batches: Ints | None, n: int) -> tuple[Ints, int]:
    if batches is None:
        return _numbered(np.arange(n, dtype=np.int64), n)
    _, labels, sizes = np.unique(np.asarray(batches), return_inverse=True, return_counts=True)
    if labels.shape != (n,) or len(sizes) < BATCHES_MIN or sizes.min() != sizes.max():
        raise InputError(
            f"batches: expected {n} labels of at least {BATCHES_MIN} batches of one size, got"
            f" {labels.size} of {len(sizes)} batches of {sizes.min()} to {sizes.max()} paths"
        )
    return labels.astype(np.int64), len(sizes)


def _numbered(numbers: Ints, n: int) -> tuple[Ints, int]:
    # Batches of consecutive paths.
    if n < BATCHES_MIN:
        raise InputError(f"weights: expected at least {BATCHES_MIN} paths for as many batches, got {n}")
    if len(numbers) and not 0 <= numbers.min() <= numbers.max() < n:
        raise InputError(f"numbers: expected from 0 to {n - 1}, got {numbers.min()} to {numbers.max()}")
    count = min(_BATCHES, n)
    return numbers * count // n, count


def effective(weights: Floats) -> float:
    """Return Kish's effective number of paths, (sum w)^2 / sum w^2.

    >>> effective(np.array([1.0, 1.0, 0.0])), effective(np.array([]))
    (2.0, 0.0)
    """
    squares = float(weights @ weights)
    return float(weights.sum()) ** 2 / squares if squares else 0.0
