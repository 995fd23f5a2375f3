"""European options on a forward: Black's price and its sensitivities, in money and in coins.

Nothing is discounted, as where premiums are margined daily. Forward and strike count any one unit of
price; volatility is per square root of a year of 365 days [wad]; `right` is 1 for a call and -1 for a put.
Sensitivities are relative: of a move of the whole forward, so that they have no unit of price.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_toward_zero, sqrt_down
from seawall.core.units import WAD
from seawall.rules.normal_law import cdf, density, ln

YEAR_S = 365 * 86400
REACH = 40 * 10**18  # standard deviations beyond which nothing changes any more

__all__ = ["coin_sensitivities", "price", "sensitivities"]


def price(forward: int, strike: int, vol: int, seconds: int, right: int) -> int:
    """Return right * (F N(right d1) - K N(right d2)), at least what exercising now pays [price x wad].

    The error is below 1e-15 of forward plus strike; call less put is exactly forward less strike. Without
    time or volatility it is what exercising pays.

    Args:
        forward, strike: Above 0 [price].
        vol: At least 0 [wad].
        seconds: Left, at least 0 [s].

    Source: Black, The pricing of commodity contracts (1976).
    """
    paid = max(0, right * (forward - strike)) * WAD
    sd = _deviation(vol, seconds)
    if sd == 0:
        return paid
    d1 = _d1(forward, strike, sd)
    return max(paid, right * (forward * cdf(right * d1) - strike * cdf(right * (d1 - sd))))


def sensitivities(forward: int, strike: int, vol: int, seconds: int, right: int) -> tuple[int, int, int]:
    """Return (delta, gamma, vega) of the price, each over the forward [wad].

    delta = dC/dF, gamma = F d2C/dF2 and vega = (dC/dvol) / F, the last per 1 of volatility. Without time
    or volatility delta is a step and the others are 0. Arguments as for `price`.

    Source: Black, The pricing of commodity contracts (1976).
    """
    sd = _deviation(vol, seconds)
    if sd == 0:
        return (right * WAD if right * (forward - strike) > 0 else 0), 0, 0
    d1 = _d1(forward, strike, sd)
    bell, root = density(d1), _root_of_years(seconds)
    return (
        right * cdf(right * d1),
        mul_div_toward_zero(bell, WAD, sd),
        mul_div_toward_zero(bell, root, WAD),
    )


def coin_sensitivities(forward: int, strike: int, vol: int, seconds: int, right: int) -> tuple[int, int, int]:
    """Return (delta, gamma, vega) of an option that is quoted and paid in the coin, c = C / F [wad].

    delta = F dc/dF = dC/dF - c, gamma = F^2 d2c/dF2 = F d2C/dF2 - 2 delta, vega = dc/dvol. Arguments as
    for `price`.

    Source: Black (1976), by the chain rule on C / F; Deribit, Option greeks (premium-adjusted delta).
    """
    coins = mul_div_toward_zero(price(forward, strike, vol, seconds, right), 1, forward)
    delta, gamma, vega = sensitivities(forward, strike, vol, seconds, right)
    return delta - coins, gamma - 2 * (delta - coins), vega


def _root_of_years(seconds: int) -> int:
    return sqrt_down(mul_div_toward_zero(seconds * WAD, WAD, YEAR_S))


def _deviation(vol: int, seconds: int) -> int:
    # Of the log of the forward at expiry [wad].
    return mul_div_toward_zero(vol, _root_of_years(seconds), WAD)


def _d1(forward: int, strike: int, sd: int) -> int:
    distance = mul_div_toward_zero(ln(mul_div_toward_zero(forward, WAD, strike)), WAD, sd)
    return min(max(distance + mul_div_toward_zero(sd, 1, 2), -REACH), REACH)
