"""What a position loses between trigger and sale: the delay put.

At the trigger the collateral is worth debt / threshold. It is sold a delay later, at a slippage, and
the liquidator must be handed 1 + bonus for every unit repaid: the rest of the debt is lost,

    E max(0, 1 - m * exp(X)),   m = (1 - slippage) / (threshold * (1 + bonus)),

an option that the lender has written. Prices are lognormal, or jump as in Merton's model.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import exp, log

from seawall.analysis.horizon import YEAR_S, deviation
from seawall.analysis.normal import cdf
from seawall.analysis.ranges import Ranged, require_in_range

__all__ = [
    "DelayPut",
    "delay_put",
    "highest_threshold",
    "jump_delay_put",
    "loss_from_cover",
    "wang_delay_put",
]

_JUMPS_MAX = 10_000


@dataclass(frozen=True, slots=True)
class DelayPut:
    """Loss given default and how likely there is any, once the trigger was hit.

    Attributes:
        lgd: Expected loss [of the debt].
        prob_bad_debt: Probability that anything is lost [1].
    """

    lgd: float
    prob_bad_debt: float


def loss_from_cover(cover: float, sd: float) -> DelayPut:
    """Return E max(0, 1 - cover * exp(sd Z - sd^2 / 2)) and the probability that it is above zero.

    Args:
        cover: Expected value of what is sold after the bonus [of the debt], > 0.
        sd: Standard deviation of the log price until the sale [1], >= 0.
    """
    if sd == 0:
        return DelayPut(max(0.0, 1.0 - cover), float(cover < 1))
    d1 = (log(cover) + sd * sd / 2) / sd
    d2 = d1 - sd
    return DelayPut(max(0.0, cdf(-d2) - cover * cdf(-d1)), cdf(-d2))


def delay_put(
    threshold: float, bonus: float, vol: float, delay_s: float, *, slippage: float = 0.0, drift: float = 0.0
) -> DelayPut:
    """Return the loss of a position that was triggered and is sold `delay_s` later.

    Phi(-d2) - m Phi(-d1) with m = exp(drift * delay) (1 - slippage) / (threshold (1 + bonus)).

    Args:
        threshold: Debt / collateral at which the trigger fires, above 0 and at most 1 [1].
        bonus: What a liquidator receives beyond what is repaid, >= 0 [of the repayment].
        vol: Annual volatility of the price, >= 0 [1/sqrt(year)].
        delay_s: From the trigger to the sale, >= 0 [s].
        slippage: Lost in the sale, 0 to below 1 [of the value].
        drift: Expected growth of the price [1/year].

    Raises:
        InputError: A parameter is out of its range; all are told.

    Source:
        Black and Scholes (1973), the put; on collateral and delay, Warmuz et al., Toxic Liquidation
        Spirals (2022) for the threshold without volatility.

    >>> f"{delay_put(0.9, 0.06, 1.0, 6 * 3600).lgd:.6e}"
    '3.830944e-04'
    """
    _check("delay_put", threshold, bonus, vol, delay_s, slippage)
    return loss_from_cover(
        _cover(threshold, bonus, slippage) * exp(drift * delay_s / YEAR_S), deviation(vol, delay_s)
    )


def jump_delay_put(
    threshold: float,
    bonus: float,
    vol: float,
    delay_s: float,
    *,
    jump_rate: float,
    jump_log_mean: float,
    jump_log_sd: float,
    slippage: float = 0.0,
    drift: float = 0.0,
) -> DelayPut:
    """Return the loss where the price also jumps: Merton's mixture over the number of jumps.

    The drift is that of the price, jumps included: exp(drift * t) is its mean.

    Args:
        threshold, bonus, vol, delay_s, slippage, drift: As for `delay_put`.
        jump_rate: Jumps expected in a year, >= 0 [1/year].
        jump_log_mean, jump_log_sd: Of the log of one jump, the sd >= 0 [1].

    Source: Merton, Option pricing when underlying stock returns are discontinuous (1976).

    >>> jumps = dict(jump_rate=50, jump_log_mean=-0.1, jump_log_sd=0.08)
    >>> f"{jump_delay_put(0.9, 0.06, 1.0, 3600, **jumps).lgd:.6e}"
    '3.488746e-04'
    """
    _check("jump_delay_put", threshold, bonus, vol, delay_s, slippage)
    require_in_range(
        "jump_delay_put",
        [
            ("jump_rate", jump_rate, "at least 0", jump_rate >= 0),
            ("jump_log_sd", jump_log_sd, "at least 0", jump_log_sd >= 0),
        ],
    )
    time = delay_s / YEAR_S
    expected = jump_rate * time
    growth = jump_log_mean + jump_log_sd**2 / 2  # log of the mean of one jump
    steady = _cover(threshold, bonus, slippage) * exp((drift - jump_rate * (exp(growth) - 1)) * time)
    lgd = prob = seen = 0.0
    weight = exp(-expected)
    for count in range(_JUMPS_MAX):
        sd = (deviation(vol, delay_s) ** 2 + count * jump_log_sd**2) ** 0.5
        put = loss_from_cover(steady * exp(count * growth), sd)
        lgd, prob, seen = lgd + weight * put.lgd, prob + weight * put.prob_bad_debt, seen + weight
        weight *= expected / (count + 1)
        if count > expected and weight < 1e-18:
            break
    return DelayPut(lgd, prob)


def highest_threshold(
    target_lgd: float, bonus: float, vol: float, delay_s: float, *, slippage: float = 0.0
) -> float:
    """Return the threshold at which the expected loss is `target_lgd`: where the frontier lies.

    By bisection: the loss rises with the threshold.

    Args:
        target_lgd: Loss that is accepted, above 0 and below 1 [of the debt].
        bonus, vol, delay_s, slippage: As for `delay_put`.

    Returns:
        Debt / collateral [1]; at most 1.

    Raises:
        InputError: A parameter is out of its range; all are told.

    >>> round(highest_threshold(1e-4, 0.05, 1.0, 6 * 3600, slippage=0.02), 6)
    0.878909
    """
    _check("highest_threshold", 1.0, bonus, vol, delay_s, slippage)
    require_in_range(
        "highest_threshold", [("target_lgd", target_lgd, "above 0 and below 1", 0 < target_lgd < 1)]
    )
    sd = deviation(vol, delay_s)
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if loss_from_cover(_cover(middle, bonus, slippage), sd).lgd <= target_lgd:
            low = middle
        else:
            high = middle
    return low


def wang_delay_put(
    threshold: float, bonus: float, vol: float, delay_s: float, *, price_of_risk: float, slippage: float = 0.0
) -> float:
    """Return the premium for taking the loss over, loaded for its risk [of the debt].

    Wang's transform Phi(Phi^-1(F) + price_of_risk) of a lognormal price is the same put with the
    mean of the log price moved down by price_of_risk standard deviations.

    Args:
        price_of_risk: Standard deviations by which the log price is moved, >= 0 [1].

    Source: Wang, A class of distortion operators for pricing financial and insurance risks (2000).

    >>> round(wang_delay_put(0.9, 0.06, 1.0, 24 * 3600, price_of_risk=0.5), 9)
    0.012192311
    """
    _check("wang_delay_put", threshold, bonus, vol, delay_s, slippage)
    require_in_range("wang_delay_put", [("price_of_risk", price_of_risk, "at least 0", price_of_risk >= 0)])
    sd = deviation(vol, delay_s)
    return loss_from_cover(_cover(threshold, bonus, slippage) * exp(-price_of_risk * sd), sd).lgd


def _cover(threshold: float, bonus: float, slippage: float) -> float:
    return (1 - slippage) / (threshold * (1 + bonus))


def _check(where: str, threshold: float, bonus: float, vol: float, delay_s: float, slippage: float) -> None:
    parameters: list[Ranged] = [
        ("threshold", threshold, "above 0 and at most 1", 0 < threshold <= 1),
        ("bonus", bonus, "at least 0", bonus >= 0),
        ("vol", vol, "at least 0", vol >= 0),
        ("delay_s", delay_s, "at least 0", delay_s >= 0),
        ("slippage", slippage, "at least 0 and below 1", 0 <= slippage < 1),
    ]
    require_in_range(where, parameters)
