"""How far a time-weighted average price lags behind the spot."""

from __future__ import annotations

from seawall.analysis.horizon import deviation

__all__ = ["twap_lag_variance"]


def twap_lag_variance(vol: float, window_s: float) -> float:
    """Return the variance of ln(spot) minus the log of the geometric average over a window [1].

    vol^2 w / 3: the lag is the integral over the window of the moves since, each weighted by its age.
    Added to the variance of the delay it is a first estimate of what an averaged trigger costs.

    Args:
        vol: Annual volatility [1/sqrt(year)].
        window_s: Length of the average [s].

    >>> f"{twap_lag_variance(0.8, 86_400):.9e}"
    '5.844748858e-04'
    """
    return deviation(vol, window_s) ** 2 / 3
