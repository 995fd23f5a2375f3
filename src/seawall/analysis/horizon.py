"""Time and volatility: seconds here, years there, in one place."""

from __future__ import annotations

from math import sqrt

__all__ = ["YEAR_S", "deviation"]

YEAR_S = 365 * 86_400  # 8760 h: crypto markets do not close


def deviation(vol: float, time_s: float) -> float:
    """Return the standard deviation of a log price over a time: vol * sqrt(time / year).

    Args:
        vol: Annual volatility [1/sqrt(year)].
        time_s: Time [s].

    >>> round(deviation(1.0, 24 * 3600), 6)
    0.052342
    """
    return vol * sqrt(time_s / YEAR_S)
