"""Aave v4: a bonus that grows as health falls, and repayment up to a target health.

Amounts [minor units], units [10 ** decimals], prices [base currency, 8 decimals], values [price x
wad: 1e26 per dollar], health [wad], bonus, collateral factor and fee [bps].
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, mul_div_up
from seawall.rules.aave_v3 import BPS, WAD

__all__ = ["debt_to_target", "leg_value", "liquidation_amounts", "liquidation_bonus"]


def leg_value(amount: int, price: int, unit: int) -> int:
    """Return the value of what one leg holds, rounded down [price x wad].

    Source: Aave v4, LiquidationLogic (dust check of either leg).
    """
    return mul_div_down(amount, price * WAD, unit)


def liquidation_bonus(health: int, health_for_max: int, factor_bps: int, bonus_max_bps: int) -> int:
    """Return the value seized per value repaid at a health below 1, rounded down [bps].

    The full bonus at or below `health_for_max`; from there it falls on a line to
    1 + (bonus_max - 1) * factor at a health of 1.

    Source: Aave v4, LiquidationLogic `calculateLiquidationBonus`.
    """
    if health <= health_for_max:
        return bonus_max_bps
    lowest = mul_div_down(bonus_max_bps - BPS, factor_bps, BPS) + BPS
    return lowest + mul_div_down(bonus_max_bps - lowest, WAD - health, WAD - health_for_max)


def debt_to_target(
    debt_value: int,
    debt_price: int,
    debt_unit: int,
    bonus_bps: int,
    collateral_factor_bps: int,
    health: int,
    target_health: int,
) -> int:
    """Return the repayment that lifts an account from `health` to `target_health`, rounded up.

    D * (THF - HF) / ((THF - LB * CF) * p), with LB * CF rounded up to a wad first. A debt value
    scaled by a ray gives a repayment scaled by a ray. Needs target_health > LB * CF.

    Source: Aave v4, LiquidationLogic `calculateDebtToTargetHealthFactor`.
    """
    drag = mul_div_up(bonus_bps * collateral_factor_bps, WAD, BPS * BPS)
    return mul_div_up(
        debt_value * debt_unit, target_health - health, (target_health - drag) * debt_price * WAD
    )


def liquidation_amounts(
    debt: int,
    collateral: int,
    debt_to_cover: int,
    debt_to_target: int,
    debt_price: int,
    debt_unit: int,
    collateral_price: int,
    collateral_unit: int,
    bonus_bps: int,
    fee_bps: int,
    dust_value: int,
) -> tuple[int, int, int]:
    """Return what a liquidation repays, what it seizes, and how much of that the liquidator keeps.

    The smallest of what is owed, what is offered and what reaches the target; raised to the whole
    debt where a remainder worth less than `dust_value` [price x wad] would be left, and to the
    whole collateral where such a rest of it would. The call is refused (MustNotLeaveDust) when
    the repayment returned here exceeds `debt_to_cover`.

    Returns:
        Repaid, rounded up where the collateral caps it [minor units of the debt]; seized, rounded
        down; what the liquidator keeps after the fee on the bonus, itself rounded down
        [both minor units of the collateral].

    Source: Aave v4, LiquidationLogic `calculateLiquidationAmounts`.
    """
    repaid = min(debt, min(debt_to_cover, debt_to_target))
    if repaid < debt and leg_value(debt - repaid, debt_price, debt_unit) < dust_value:
        repaid = debt
    seized = mul_div_down(
        repaid, debt_price * collateral_unit * bonus_bps, debt_unit * collateral_price * BPS
    )
    rest = collateral - seized
    dusty = rest > 0 and repaid < debt and leg_value(rest, collateral_price, collateral_unit) < dust_value
    if rest < 0 or dusty:
        seized = collateral
        repaid = mul_div_up(
            seized * collateral_price, debt_unit * BPS, debt_price * collateral_unit * bonus_bps
        )
    return repaid, seized, seized - mul_div_down(seized, fee_bps * (bonus_bps - BPS), bonus_bps * BPS)
