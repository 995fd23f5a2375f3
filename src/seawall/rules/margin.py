"""Margin curves: how much equity a position must keep, as a closed set of shapes.

Flat, brackets, square root of size, open interest, skew. Notionals are >= 0 in any one unit of
value; rates are in ppm; a requirement is rounded up, against the account. Curves are combined by
`+` (a flat add-on) and `max` (a minimum), which need no rule.

Functions of whole tables of brackets loop over them and are for exact code; kernels find the bracket
in their own way and call the scalar `bracket_piece`.

The `cum` of a bracket is kept in value x ppm, so that continuity at the floors is exact and the
one division is the last step.
"""

from __future__ import annotations

from collections.abc import Sequence

from seawall.core.rounding import mul_div_down, mul_div_up, sqrt_down

PPM = 10**6

__all__ = [
    "PPM",
    "bracket_cum",
    "bracket_piece",
    "bracket_requirement",
    "flat_requirement",
    "open_interest_rate_ppm",
    "skew_rate_ppm",
    "sqrt_rate_ppm",
    "sqrt_requirement",
]


def flat_requirement(notional: int, rate_ppm: int) -> int:
    """Return rate x notional, rounded up [value].

    Source: dYdX v4, perpetuals/lib `GetMarginRequirementsInQuoteQuantums` (both margins round up).
    """
    return mul_div_up(notional, rate_ppm, PPM)


def bracket_cum(floor: int, rate_ppm: int, rate_prev_ppm: int, cum_prev: int) -> int:
    """Return what a bracket takes off so that the curve is continuous at its floor [value x ppm].

    cum_n = floor_n * (rate_n - rate_{n-1}) + cum_{n-1}; the first bracket has 0. Exact.

    Args:
        floor: Notional where the bracket begins [value].
        rate_ppm: Marginal rate from there on [ppm].
        rate_prev_ppm: Marginal rate of the bracket below [ppm].
        cum_prev: Its cum [value x ppm].

    Source: Binance, Leverage and Margin of USDS-M Futures; Liquidation Price of COIN-M Futures
        (maintenance amount).
    """
    return floor * (rate_ppm - rate_prev_ppm) + cum_prev


def bracket_piece(notional: int, rate_ppm: int, cum: int) -> int:
    """Return the requirement in a known bracket: rate * notional - cum, rounded up [value].

    Where rates do not fall with size, the curve is the largest of its pieces: a kernel may take
    `max` over them instead of looking for the bracket.

    Source: Binance, Leverage and Margin of USDS-M Futures.
    """
    return mul_div_up(notional * rate_ppm - cum, 1, PPM)


def bracket_requirement(
    notional: int, floors: Sequence[int], rates_ppm: Sequence[int], cums: Sequence[int]
) -> int:
    """Return the requirement of a tiered market, rounded up [value].

    The bracket is the one with the largest floor <= notional: at a floor the upper one holds,
    which by continuity asks the same.

    Args:
        notional: Size of the position [value], >= 0.
        floors: Where brackets begin, shape (n_brackets,) [value], ascending, the first 0.
        rates_ppm: Marginal rates, shape (n_brackets,) [ppm].
        cums: From `bracket_cum`, shape (n_brackets,) [value x ppm].

    Source: Binance, Leverage and Margin of USDS-M Futures.
    """
    rate_ppm, cum = rates_ppm[0], cums[0]
    for n in range(len(floors)):
        if floors[n] <= notional:
            rate_ppm, cum = rates_ppm[n], cums[n]
    return bracket_piece(notional, rate_ppm, cum)


def sqrt_rate_ppm(size: int, unit: int, rate_ppm: int, factor_ppm: int) -> int:
    """Return max(rate, factor * sqrt(size in contracts)), at most 1, rounded down [ppm].

    floor(factor * sqrt(s)) = isqrt(floor(factor^2 * s)): one exact root, no float.

    Args:
        size: Lots held, >= 0.
        unit: Lots in one contract, > 0.
        rate_ppm: Rate of a small position [ppm].
        factor_ppm: Rate of one contract, growing with the square root [ppm].

    Source: FTX docs, Futures Margin Requirements (IMF weight); dYdX v3 and Drift v2 have the shape.
    """
    premium = sqrt_down(mul_div_down(factor_ppm * factor_ppm, size, unit))
    return min(PPM, max(rate_ppm, premium))


def sqrt_requirement(notional: int, size: int, unit: int, rate_ppm: int, factor_ppm: int) -> int:
    """Return the requirement under a square-root size premium, rounded up [value].

    The rate itself is rounded down to a ppm; other arguments as in `sqrt_rate_ppm`.

    Source: FTX docs, Futures Margin Requirements.
    """
    return flat_requirement(notional, sqrt_rate_ppm(size, unit, rate_ppm, factor_ppm))


def open_interest_rate_ppm(rate_ppm: int, open_interest: int, lower: int, upper: int) -> int:
    """Return the initial rate as open interest fills its cap, rounded down [ppm].

    rate + (1 - rate) * (oi - lower) / (upper - lower); `rate` up to `lower`, 1 from `upper` on.
    An `upper` of 0 switches the term off. For initial margin only: scaling maintenance would
    liquidate everybody when open interest grows.

    Args:
        rate_ppm: Rate while open interest is low [ppm], at most 1.
        open_interest: Open notional of the market [value].
        lower: Where the rate begins to rise [value], at most `upper`.
        upper: Where it reaches 1 [value]; 0 for a market without the term.

    Source: dYdX v4, perpetuals/types/liquidity_tier.go (OIMF).
    """
    if upper == 0:
        return rate_ppm
    if open_interest >= upper:
        return PPM
    if open_interest <= lower:
        return rate_ppm
    return rate_ppm + mul_div_down(PPM - rate_ppm, open_interest - lower, upper - lower)


def skew_rate_ppm(size: int, skew_scale: int, rate_min_ppm: int, slope_ppm: int) -> int:
    """Return a rate that grows with the share of the market's skew scale, rounded up [ppm].

    rate_min + slope * size / skew_scale.

    Args:
        size: Lots held, >= 0.
        skew_scale: Lots at which the slope counts in full, > 0.
        rate_min_ppm: Rate of a small position [ppm].
        slope_ppm: Added rate at `skew_scale` [ppm].

    Source: Synthetix v3, perps-market PerpsMarketConfiguration `calculateRequiredMargins`.
    """
    return rate_min_ppm + mul_div_up(slope_ppm, size, skew_scale)
