"""Silo v2: liquidation to a target loan-to-value at a fixed fee, in values, then in assets.

Values, loan-to-values and fees [wad]; assets [minor units]. Every division rounds down but that of the
loan-to-value after.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, mul_div_up
from seawall.core.units import WAD

DUST = 9 * 10**17  # more than this part of the debt is repaid whole

__all__ = [
    "DUST",
    "collateral_for",
    "liquidation_preview",
    "ltv_after",
    "ltv_before",
    "max_repay_value",
]


def ltv_before(debt_value: int, collateral_value: int) -> int:
    """Return the loan-to-value that the lens shows.

    Source: Silo v2, SiloSolvencyLib.sol `calculateLtv`.
    """
    return mul_div_down(debt_value, WAD, collateral_value)


def ltv_after(debt_value: int, collateral_value: int, repaid_value: int, seized_value: int) -> int:
    """Return the loan-to-value after, rounded up; zero when either side is gone.

    Source: Silo v2, PartialLiquidationLib.sol `liquidationPreview`.
    """
    if collateral_value <= seized_value or debt_value <= repaid_value:
        return 0
    return mul_div_up(debt_value - repaid_value, WAD, collateral_value - seized_value)


def collateral_for(repaid_value: int, collateral_value: int, fee: int) -> int:
    """Return the value seized for a repayment with its fee, never more than there is.

    Source: Silo v2, PartialLiquidationLib.sol `calculateCollateralToLiquidate`.
    """
    return min(collateral_value, repaid_value + mul_div_down(repaid_value, fee, WAD))


def max_repay_value(debt_value: int, collateral_value: int, target_ltv: int, fee: int) -> int:
    """Return the repayment that brings the loan-to-value to the target.

    All of the debt where the target cannot be reached, where the account is insolvent, or where more
    than nine tenths would be repaid.

    Source: Silo v2, PartialLiquidationLib.sol `estimateMaxRepayValue`.
    """
    if debt_value == 0 or fee >= WAD:
        return 0
    if debt_value >= collateral_value or target_ltv == 0:
        return debt_value
    if target_ltv * collateral_value >= debt_value * WAD:
        return 0
    weight = target_ltv + mul_div_down(target_ltv, fee, WAD)
    if weight >= WAD:
        return debt_value
    value = mul_div_down(debt_value * WAD - target_ltv * collateral_value, 1, WAD - weight)
    if value > debt_value or mul_div_down(value, WAD, debt_value) > DUST:
        return debt_value
    return value


def liquidation_preview(
    ltv: int,
    collateral_assets: int,
    collateral_value: int,
    debt_assets: int,
    debt_value: int,
    target_ltv: int,
    fee: int,
    debt_to_cover: int,
) -> tuple[int, int, int, int]:
    """Return collateral and debt of one call in assets, and in values.

    From a loan-to-value of 1 on any amount is allowed, and a liquidator may repay more than it gets. A
    repayment that is forced to the whole debt ignores what the liquidator asked for. Values are
    derived again from the floored assets.

    Args:
        ltv: Before the call.
        debt_to_cover: What the liquidator offers [debt assets].

    Source: Silo v2, PartialLiquidationLib.sol `liquidationPreview`.
    """
    forced = False
    if ltv >= WAD:
        repaid = min(debt_to_cover, debt_assets)
    else:
        most = max_repay_value(debt_value, collateral_value, target_ltv, fee)
        forced = most == debt_value
        repaid = debt_assets if forced else min(debt_to_cover, mul_div_down(most, debt_assets, debt_value))
    repaid_value = debt_value if forced else mul_div_down(repaid, debt_value, debt_assets)
    seized_value = collateral_for(repaid_value, collateral_value, fee)
    seized = mul_div_down(seized_value, collateral_assets, collateral_value)
    return seized, repaid, seized_value, repaid_value
