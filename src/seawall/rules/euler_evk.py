"""Euler v2 (EVK): a liquidation at a health-linear discount, and what is left socialised.

Values are in the vault's unit of account; factors are wad, loan-to-values basis points. Every division
is rounded down.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down
from seawall.core.units import BPS, WAD

SOCIALISATION_MIN = 1_000_000


def is_liquidatable(adjusted_value: int, liability_value: int) -> bool:
    """Return whether an account may be liquidated: equality may be.

    Source: euler-xyz/euler-vault-kit LiquidityUtils.sol: healthy iff adjusted > liability.
    """
    return liability_value > 0 and adjusted_value <= liability_value


def adjusted_value(collateral_value: int, liquidation_ltv_bps: int) -> int:
    """Return the value of collateral at its liquidation loan-to-value.

    Source: euler-xyz/euler-vault-kit LiquidityUtils.sol, `getCollateralValue`.
    """
    return mul_div_down(collateral_value, liquidation_ltv_bps, BPS)


def discount_factor(adjusted_value: int, liability_value: int, discount_max_bps: int) -> int:
    """Return what is paid for one unit of collateral value [wad]: the health, but not below 1 - max discount.

    Source: euler-xyz/euler-vault-kit Liquidation.sol, `calculateMaxLiquidation`.
    """
    least = WAD - mul_div_down(WAD, discount_max_bps, BPS)
    return max(mul_div_down(adjusted_value, WAD, liability_value), least)


def liquidation_values(collateral_value: int, liability_value: int, factor: int) -> tuple[int, int]:
    """Return (value repaid, value seized): the whole debt, or as much as the collateral pays for.

    Source: euler-xyz/euler-vault-kit Liquidation.sol, `calculateMaxLiquidation`.
    """
    seized = mul_div_down(liability_value, WAD, factor)
    if collateral_value < seized:
        return mul_div_down(collateral_value, factor, WAD), collateral_value
    return liability_value, seized


def part_of(whole: int, value: int, whole_value: int) -> int:
    """Return the part of a balance that a part of its value stands for, rounded down.

    Source: euler-xyz/euler-vault-kit Liquidation.sol: repayValue * liability / liabilityValue.
    """
    return mul_div_down(whole, value, whole_value)


def socialised(
    debt: int, repaid: int, liability_value: int, collateral_left: int, *, is_enabled: bool = True
) -> int:
    """Return the debt that the depositors bear.

    Args:
        debt, repaid: Owed before, and taken over by the liquidator [asset minor units].
        liability_value: Value of the debt before [unit of account].
        collateral_left: Of any kind; a single unit keeps the debt with the account.
        is_enabled: Whether the vault socialises (CFG_DONT_SOCIALIZE_DEBT is not set).

    Source: euler-xyz/euler-vault-kit Liquidation.sol, `executeLiquidation`.
    """
    if collateral_left or liability_value < SOCIALISATION_MIN or not is_enabled:
        return 0
    return debt - repaid
