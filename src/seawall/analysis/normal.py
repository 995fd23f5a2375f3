"""The normal law and its neighbours: probabilities and quantiles that the rest of the room needs.

Tails are computed from the complementary error function, so that one in 10^12 is right to the last
digits; quantiles are those of the standard library, and for Student's t by bisection.
"""

from __future__ import annotations

from math import atan, cos, erfc, exp, log, pi, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

__all__ = ["cdf", "cdfs", "density", "quantile", "quantiles", "student_quantile"]

_NORMAL = NormalDist()
_ROOT_2 = sqrt(2.0)
_ERFC = np.frompyfunc(erfc, 1, 1)
_QUANTILE = np.frompyfunc(_NORMAL.inv_cdf, 1, 1)


def cdf(x: float) -> float:
    """Return P(Z <= x) of a standard normal Z, exact to the last digits in the left tail too.

    >>> f"{cdf(-7.0):.12e}"
    '1.279812543886e-12'
    """
    return 0.5 * erfc(-x / _ROOT_2)


def cdfs(x: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return P(Z <= x) of each, same shape."""
    return 0.5 * np.asarray(_ERFC(-np.asarray(x) / _ROOT_2), dtype=np.float64)


def density(x: float) -> float:
    """Return the density of a standard normal at x."""
    return exp(-x * x / 2) / sqrt(2 * pi)


def quantile(p: float) -> float:
    """Return the x with P(Z <= x) = p, 0 < p < 1."""
    return _NORMAL.inv_cdf(p)


def quantiles(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the x with P(Z <= x) = p of each, same shape; every p above 0 and below 1."""
    return np.asarray(_QUANTILE(p), dtype=np.float64)


def student_quantile(p: float, degrees: int) -> float:
    """Return the quantile of Student's t with whole degrees of freedom, 0.5 <= p < 1.

    By bisection on the distribution, which is elementary for whole degrees.

    Source: Abramowitz and Stegun 26.7.3 and 26.7.4.

    >>> round(student_quantile(0.975, 19), 6)
    2.093024
    """
    low, high = 0.0, 1.0
    while _student_cdf(high, degrees) < p:
        high *= 2
    while high - low > 1e-13 * high:
        middle = (low + high) / 2
        if _student_cdf(middle, degrees) < p:
            low = middle
        else:
            high = middle
        if middle in (low, high) and high - low <= 2e-16 * high:
            break
    return high


def _student_cdf(t: float, degrees: int) -> float:
    if degrees > 10_000:  # the series grows with the degrees; the normal is closer than 1e-4 of t
        return _student_far(t, degrees)
    angle = atan(t / sqrt(degrees))
    odd = degrees % 2
    term, total = (cos(angle) if odd else 1.0), 0.0
    for step in range(degrees // 2 if not odd else (degrees - 1) // 2):
        total += term
        k = 2 * step + (2 if odd else 1)
        term *= cos(angle) ** 2 * k / (k + 1)
    sine = t / sqrt(degrees + t * t)
    within = 2 / pi * (angle + sine * total) if odd else sine * total
    return 0.5 + within / 2


def _student_far(t: float, degrees: int) -> float:
    # Wallace's approximation: off by less than 1e-9 from 10,000 degrees on.
    return cdf((8 * degrees + 1) / (8 * degrees + 3) * sqrt(degrees * log(1 + t * t / degrees)))
