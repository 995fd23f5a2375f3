"""A cascade into a constant-product pool: its fixed point by Lambert's W.

Collateral of Q units with trigger prices even in the log over a band is sold into a pool that holds X
units. The pool's price is proportional to 1 / X^2, so a log fall u obeys, with a = Q / (X * band),

    u = shock + 2 ln(1 + a u)      until the band is exhausted.

The right side is concave: the cascade always ends, though it may take the whole band.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import e, exp, log, sqrt

from seawall.analysis.ranges import require_in_range

__all__ = ["PoolCascade", "lambert_w_lower", "pool_cascade"]


@dataclass(frozen=True, slots=True)
class PoolCascade:
    """Where a cascade comes to rest.

    Attributes:
        log_drop: Total fall of the log price, the shock in it [log].
        units_sold: Collateral sold [units].
        branching: Further log fall triggered by a unit of log fall, at its beginning: 2a [1].
    """

    log_drop: float
    units_sold: float
    branching: float

    @property
    def price_drop(self) -> float:
        """Total fall [of the price]."""
        return 1 - exp(-self.log_drop)


def pool_cascade(log_shock: float, units: float, reserve: float, log_band: float) -> PoolCascade:
    """Return the least fixed point: u = -2 W_-1(-exp(-(1/a + shock)/2) / (2a)) - 1/a, or the whole band.

    Args:
        log_shock: Fall from outside, >= 0 [log].
        units: Collateral over the whole band, > 0 [units].
        reserve: Units of the same asset in the pool, without fee, > 0 [units].
        log_band: Width of the band of trigger prices, directly below the price, > 0 [log].

    Raises:
        InputError: A parameter is out of its range; all are told.

    Source: Corless et al., On the Lambert W function (1996), for the solution of u = s + c ln(1 + a u).

    >>> round(pool_cascade(0.05, 1000, 10_000, 0.5).log_drop, 12)
    0.082880387938
    """
    require_in_range(
        "pool_cascade",
        [
            ("log_shock", log_shock, "at least 0", log_shock >= 0),
            ("units", units, "above 0", units > 0),
            ("reserve", reserve, "above 0", reserve > 0),
            ("log_band", log_band, "above 0", log_band > 0),
        ],
    )
    a = units / (reserve * log_band)
    if log_shock == 0:
        return PoolCascade(0.0, 0.0, 2 * a)
    all_sold = log_shock + 2 * log(1 + units / reserve)
    if all_sold >= log_band:
        # The map is concave: at the band's end it lies above the diagonal, and so it does before.
        return PoolCascade(all_sold, units, 2 * a)
    argument = max(-1 / e, -exp(-(1 / a + log_shock) / 2) / (2 * a))  # a hair beyond by rounding at most
    drop = -2 * lambert_w_lower(argument) - 1 / a
    return PoolCascade(drop, units * drop / log_band, 2 * a)


def lambert_w_lower(x: float) -> float:
    """Return W_-1(x): the w <= -1 with w exp(w) = x, for -1/e <= x < 0.

    Halley's iteration from the series at the branch point or the asymptote at 0.

    Raises:
        InputError: x is outside.

    >>> round(lambert_w_lower(-0.1), 12)
    -3.577152063957
    """
    require_in_range("lambert_w_lower", [("x", x, "at least -1/e and below 0", -1 / e <= x < 0)])
    if x < -0.25:
        root = -sqrt(max(0.0, 2 * (1 + e * x)))
        w = -1 + root - root * root / 3
    else:
        w = log(-x) - log(-log(-x))
    for _ in range(50):
        grown = exp(w)
        off = w * grown - x
        slope = grown * (w + 1)
        if slope == 0:  # the branch point itself
            break
        step = off / (slope - (w + 2) * off / (2 * w + 2))
        w -= step
        if abs(step) <= 1e-15 * abs(w):
            break
    return w
