"""A cascade into a constant-product pool: its fixed point by Lambert's W.

Collateral of Q units with trigger prices even in the log over a band is sold into a pool that holds X
units. The pool's price is proportional to 1 / X^2, so a log fall u obeys, with a = Q / (X * band),

    u = shock + 2 ln(1 + a u)      until the band is exhausted.

The right side is concave: the cascade always ends, though it may take the whole band.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log, log1p, sqrt

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
    all_sold = log_shock + 2 * log1p(units / reserve)
    if all_sold >= log_band:
        # The map is concave: at the band's end it lies above the diagonal, and so it does before.
        return PoolCascade(all_sold, units, 2 * a)
    # In logs, as the argument of W vanishes for small a. The difference of large terms is then mended by
    # Newton's steps on a convex function from above its root, where they cannot miss.
    y = (1 / a + log_shock) / 2 + log(2 * a)
    drop = -2 * lambert_w_lower(y) - 1 / a + 1e-7 * sqrt(y)
    for _ in range(100):
        step = (drop - log_shock - 2 * log1p(a * drop)) / (1 - 2 * a / (1 + a * drop))
        drop -= step
        if abs(step) <= 1e-15 * drop:
            break
    return PoolCascade(drop, units * drop / log_band, 2 * a)


def lambert_w_lower(y: float) -> float:
    """Return W_-1(-exp(-y)): the w <= -1 with w exp(w) = -exp(-y), for y >= 1.

    Newton's iteration on v - ln(v) = y, v = -w, from above, where it falls without a miss.

    Raises:
        InputError: y is below 1 (by more than rounding): -exp(-y) lies beyond the branch point -1/e.

    >>> round(lambert_w_lower(-log(0.1)), 12)
    -3.577152063957
    """
    require_in_range("lambert_w_lower", [("y", y, "at least 1", y >= 1 - 1e-12)])
    beyond = max(0.0, y - 1)
    if beyond == 0:
        return -1.0
    v = 1 + sqrt(2 * beyond) + beyond  # above the root
    for _ in range(100):
        step = (v - log(v) - y) / (1 - 1 / v)
        v -= step
        if abs(step) <= 1e-15 * v:
            break
    return -v
