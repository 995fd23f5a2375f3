"""crvUSD: the borrow rate follows the coin's price and the debt that keeps its peg, and a market's ceiling.

Prices, powers, fractions and multipliers [wad], rates [wad per second], times [s]. Every division rounds
down but that of a price above its peg, which goes toward zero.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, mul_div_toward_zero
from seawall.core.units import WAD
from seawall.rules.rational_exp import POWER_END, exp_down

EXP_MAX = 1000 * WAD

__all__ = [
    "borrow_rate",
    "ceiling_multiplier",
    "debt_ratio",
    "peg_power",
    "peg_rate",
    "rate_near_ceiling",
    "smoothed_ratio",
]


def debt_ratio(peg_keeper_debt: int, total_debt: int, target: int) -> int:
    """Return the debt of the peg keepers as a part of all; the target where there is no debt.

    Source: curvefi/curve-stablecoin, AggMonetaryPolicy4.vy `calculate_ema_debt_ratio`.
    """
    if total_debt == 0:
        return target
    return mul_div_down(WAD, peg_keeper_debt, total_debt)


def smoothed_ratio(before: int, ratio: int, elapsed_s: int, ema_time_s: int) -> int:
    """Return the exponential average of the ratio after a time at this ratio.

    The contract takes the target itself, unsmoothed, while there is no debt at all.

    Source: curvefi/curve-stablecoin, AggMonetaryPolicy4.vy `calculate_ema_debt_ratio`.
    """
    kept = WAD
    if elapsed_s > 0:
        kept = exp_down(-mul_div_down(elapsed_s, WAD, ema_time_s))
    return mul_div_down(before * kept + ratio * (WAD - kept), 1, WAD)


def peg_power(price: int, sigma: int, ratio: int, target: int) -> int:
    """Return the power of e: how far the coin is below its peg in sigmas, less the ratio in targets.

    Source: curvefi/curve-stablecoin, AggMonetaryPolicy4.vy `calculate_rate`.
    """
    return mul_div_toward_zero(WAD - price, WAD, sigma) - mul_div_down(ratio, WAD, target)


def peg_rate(rate0: int, power: int, extra: int) -> int:
    """Return the rate of all markets: that at the peg times e^power, at most a thousand times, and an extra.

    A power of 135.3 or more makes the contract revert; here the thousand holds there too.

    Source: curvefi/curve-stablecoin, AggMonetaryPolicy4.vy `calculate_rate`.
    """
    factor = min(exp_down(min(power, POWER_END - 1)), EXP_MAX)
    return mul_div_down(rate0, factor, WAD) + extra


def ceiling_multiplier(debt: int, ceiling: int, target_remainder: int) -> int:
    """Return the factor on the rate: 1 without debt, 1 + 9 r at a remainder of one tenth r, then steep.

    (1 - r) + r / (1 - f), f the part of the ceiling used, held a thousandth of r below 1.

    Args:
        ceiling: Of the market; at 0 it has none, and the factor is 1.
        target_remainder: r.

    Source: curvefi/curve-stablecoin, AggMonetaryPolicy4.vy `calculate_rate`.
    """
    if ceiling == 0:
        return WAD
    used = min(WAD - mul_div_down(target_remainder, 1, 1000), mul_div_down(debt, WAD, ceiling))
    return WAD - target_remainder + mul_div_down(target_remainder, WAD, WAD - used)


def rate_near_ceiling(rate: int, multiplier: int, rate_max: int) -> int:
    """Return the rate with its multiplier, never above the most.

    Source: curvefi/curve-stablecoin, AggMonetaryPolicy4.vy `calculate_rate`.
    """
    return min(mul_div_down(rate, multiplier, WAD), rate_max)


def borrow_rate(rate: int, debt: int, ceiling: int, target_remainder: int, rate_max: int) -> int:
    """Return the rate of one market from that of all; without a ceiling it has neither factor nor cap.

    Args:
        debt: Of the market, the least of the last day or so, as the contract keeps it.

    Source: curvefi/curve-stablecoin, AggMonetaryPolicy4.vy `calculate_rate`.
    """
    if ceiling == 0:
        return rate
    return rate_near_ceiling(rate, ceiling_multiplier(debt, ceiling, target_remainder), rate_max)
