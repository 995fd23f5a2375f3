"""Value at risk with the cost of leaving: half of a wide spread on top."""

from __future__ import annotations

from math import exp

__all__ = ["liquidity_var"]


def liquidity_var(
    value: float, sd: float, z: float, spread_mean: float, spread_sd: float, spread_deviations: float
) -> float:
    """Return value (1 - exp(-z sd)) + value (spread_mean + k spread_sd) / 2 [money].

    Args:
        value: At the mid price, >= 0 [money].
        sd: Of the log price over the horizon [1].
        z: Quantile of the log price, > 0 for a loss [1].
        spread_mean, spread_sd: Of the relative spread [of the mid price].
        spread_deviations: k, how wide the spread is taken to be [1].

    Source: Bangia, Diebold, Schuermann and Stroughair, Modeling liquidity risk (1999).

    >>> round(liquidity_var(100, 0.02, 2.326, 0.004, 0.002, 3), 6)
    5.045453
    """
    return value * (1 - exp(-z * sd)) + value * (spread_mean + spread_deviations * spread_sd) / 2
