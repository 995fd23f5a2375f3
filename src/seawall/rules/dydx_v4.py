"""dYdX v4: notionals, requirements, and how much may be closed at what price.

Units: base quantums (signed), prices [quote quantums per base quantum, as price * numerator /
denominator], quote quantums, ppm. Takeover values and fund payments are those of
`seawall.rules.linear_perp`, whose rules are dYdX's.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, mul_div_toward_zero, mul_div_up
from seawall.rules.margin import PPM

__all__ = [
    "initial_requirement",
    "is_valid_after",
    "limit_price",
    "liquidatable_notional",
    "maintenance_requirement",
    "net_notional",
]


def net_notional(base: int, price: int, numerator: int, denominator: int) -> int:
    """Return the signed value of a position, its fraction cut off [quote quantums].

    Source: dYdX v4, lib/quantums.go `BaseToQuoteQuantums`.
    """
    return mul_div_toward_zero(base * price, numerator, denominator)


def initial_requirement(net_notional: int, rate_ppm: int) -> int:
    """Return the initial margin of a position, rounded up [quote quantums].

    `rate_ppm` may be scaled by `margin.open_interest_rate_ppm`.

    Source: dYdX v4, perpetuals/types/liquidity_tier.go `GetInitialMarginQuoteQuantums`.
    """
    return mul_div_up(max(net_notional, -net_notional), rate_ppm, PPM)


def maintenance_requirement(net_notional: int, rate_ppm: int, fraction_ppm: int) -> int:
    """Return the maintenance margin of a position, rounded up twice [quote quantums].

    A fraction of the initial margin at the base rate: never the one scaled by open interest.

    Source: dYdX v4, perpetuals/lib `GetMarginRequirementsInQuoteQuantums`.
    """
    return mul_div_up(initial_requirement(net_notional, rate_ppm), fraction_ppm, PPM)


def liquidatable_notional(net_notional: int, notional_min: int, portion_ppm: int) -> tuple[int, int]:
    """Return the least and the most of a position that one block may liquidate [quote quantums].

    Least: the configured minimum, or the whole position where that is smaller. Most: the portion,
    rounded down, but never below the least.

    Source: dYdX v4, clob/keeper/liquidations.go `GetMaxAndMinPositionNotionalLiquidatable`.
    """
    size = max(net_notional, -net_notional)
    least = min(notional_min, size)
    return least, max(least, mul_div_down(size, portion_ppm, PPM))


def limit_price(
    net_notional: int,
    base: int,
    requirement: int,
    equity: int,
    requirement_total: int,
    adjustment_ppm: int,
    spread_ppm: int,
) -> tuple[int, int]:
    """Return the worst price a liquidation order accepts, as (numerator, denominator), exact.

    (N - clamp(BA * (1 - TNC / TMMR), 0, 1) * SMMR * MMR) / size, in quote quantums per base quantum;
    the deeper under water, the wider the spread off the oracle price, up to SMMR * MMR.

    Args:
        net_notional: Value of the position, N [quote quantums].
        base: Size of the position [base quantums], not 0.
        requirement: Maintenance margin of the position, MMR [quote quantums].
        equity: Net collateral of the account, TNC [quote quantums].
        requirement_total: Maintenance margin of the account, TMMR [quote quantums], > 0.
        adjustment_ppm: Bankruptcy adjustment, BA [ppm].
        spread_ppm: Largest spread as a part of MMR, SMMR [ppm].

    Returns:
        Numerator and denominator, denominator > 0, not in lowest terms.

    Source: dYdX v4, clob/keeper/liquidations.go `GetFillablePrice`.
    """
    whole = PPM * requirement_total
    rating = min(max(adjustment_ppm * (requirement_total - equity), 0), whole)
    numerator = net_notional * whole * PPM - rating * spread_ppm * requirement
    denominator = base * whole * PPM
    if denominator < 0:
        return -numerator, -denominator
    return numerator, denominator


def is_valid_after(
    equity: int, requirement: int, equity_after: int, requirement_after: int, initial_after: int
) -> bool:
    """Return whether a fill may leave an account so: well collateralised, or less risky than before.

    An account below its initial margin may trade only if its maintenance margin does not rise and
    equity / maintenance margin does not fall; without any positions, before or after, only if equity
    rises. Who is offset against a failing account must pass it, or is skipped.

    Args:
        equity, requirement: Net collateral and maintenance margin before [quote quantums].
        equity_after, requirement_after, initial_after: After, with the initial margin.

    Source: dYdX v4, subaccounts/lib `IsValidStateTransitionForUndercollateralizedSubaccount`;
        clob/keeper/deleveraging.go `ProcessDeleveraging`.
    """
    if equity_after >= initial_after:
        return True
    if requirement_after > requirement:
        return False
    if requirement_after == 0 or requirement == 0:
        return equity_after > equity
    return equity_after * requirement >= equity * requirement_after
