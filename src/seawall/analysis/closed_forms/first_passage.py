"""How likely a lognormal price touches a level: watched all the time, or at updates of an oracle."""

from __future__ import annotations

from math import exp, log

from seawall.analysis.horizon import YEAR_S, deviation
from seawall.analysis.normal import cdf
from seawall.analysis.ranges import require_in_range

__all__ = ["OVERSHOOT", "mean_log_overshoot", "prob_hit", "prob_hit_discrete"]

OVERSHOOT = 0.5825971579390107
"""-zeta(1/2) / sqrt(2 pi): the mean overshoot of a random walk with normal steps of unit variance [1]."""


def prob_hit(price: float, trigger: float, vol: float, horizon_s: float, *, drift: float = 0.0) -> float:
    """Return the probability that the price falls to `trigger` within the horizon, watched all the time.

    Reflection: Phi((x - nu T) / s) + exp(2 nu x / vol^2) Phi((x + nu T) / s), with x = ln(trigger /
    price), nu = drift - vol^2 / 2 and s = vol sqrt(T).

    Args:
        price, trigger: Now, and the level below it, both above 0 [one unit].
        vol: Annual volatility, above 0 [1/sqrt(year)].
        horizon_s: Time watched, above 0 [s].
        drift: Expected growth of the price [1/year].

    Returns:
        Probability [1]; 1 where the price stands at the trigger or below.

    Raises:
        InputError: A parameter is out of its range; all are told.

    Source: Harrison, Brownian Motion and Stochastic Flow Systems (1985), 1.8.

    >>> round(prob_hit(1.25, 1.0, 1.0, 30 * 86_400), 12)
    0.48564797513
    """
    require_in_range(
        "prob_hit",
        [
            ("price", price, "above 0", price > 0),
            ("trigger", trigger, "above 0", trigger > 0),
            ("vol", vol, "above 0", vol > 0),
            ("horizon_s", horizon_s, "above 0", horizon_s > 0),
            ("drift", drift, "finite", True),
        ],
    )
    if price <= trigger:
        return 1.0
    x, sd, nu = log(trigger / price), deviation(vol, horizon_s), drift - vol * vol / 2
    moved = nu * horizon_s / YEAR_S
    return cdf((x - moved) / sd) + exp(2 * nu * x / (vol * vol)) * cdf((x + moved) / sd)


def prob_hit_discrete(
    price: float, trigger: float, vol: float, horizon_s: float, heartbeat_s: float, *, drift: float = 0.0
) -> float:
    """Return the probability that an update of the oracle finds the price at `trigger` or below, nearly.

    The trigger is moved down by the mean overshoot of one update; off by 1e-4 to 6e-4 at a day to a
    quarter of a day. It is no correction for the loss: that is `oracle_expected_loss`.

    Source: Broadie, Glasserman and Kou, A continuity correction for discrete barrier options (1997).

    >>> round(prob_hit_discrete(1.25, 1.0, 1.0, 30 * 86_400, 3600), 4)  # exact: 0.473045
    0.473
    """
    return prob_hit(price, trigger * exp(-mean_log_overshoot(vol, heartbeat_s)), vol, horizon_s, drift=drift)


def mean_log_overshoot(vol: float, heartbeat_s: float) -> float:
    """Return how far below the trigger an update finds the price on average [log].

    >>> round(mean_log_overshoot(1.0, 3600), 6)
    0.006225
    """
    return OVERSHOOT * deviation(vol, heartbeat_s)
