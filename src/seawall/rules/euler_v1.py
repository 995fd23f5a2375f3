"""Euler v1: a liquidation at a discount that grows as health falls, up to a target health.

Values, prices, health and discounts [wad]; collateral and borrow factors [4e9 is 1]. Every division
rounds down.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down
from seawall.core.units import WAD

FACTOR = 4 * 10**9

__all__ = [
    "FACTOR",
    "collateral_value",
    "conversion_rate",
    "discount",
    "health_score",
    "liability_value",
    "liquidation_amounts",
    "repaid_with_fee",
    "repay_to_target",
]


def collateral_value(amount: int, price: int, collateral_factor: int) -> int:
    """Return the risk-adjusted value of collateral.

    Source: Euler v1, RiskManager.sol `computeLiquidityRaw`.
    """
    return mul_div_down(mul_div_down(amount, price, WAD), collateral_factor, FACTOR)


def liability_value(debt: int, price: int, borrow_factor: int) -> int:
    """Return the risk-adjusted value of a debt.

    Source: Euler v1, RiskManager.sol `computeLiquidityRaw`.
    """
    return mul_div_down(mul_div_down(debt, price, WAD), FACTOR, borrow_factor)


def health_score(collateral_value: int, liability_value: int) -> int:
    """Return the health of an account; below a wad it may be liquidated.

    Source: Euler v1, Liquidation.sol `computeLiqOpp`.
    """
    return mul_div_down(collateral_value, WAD, liability_value)


def discount(
    health: int, reserves_fee: int, booster: int, booster_discount_max: int, discount_max: int
) -> int:
    """Return the discount at which collateral is sold: the fee plus how far health is below 1, boosted.

    Source: Euler v1, Liquidation.sol `computeLiqOpp`.
    """
    base = reserves_fee + (WAD - health)
    boosted = mul_div_down(base, booster, WAD)
    return min(boosted, base + booster_discount_max, discount_max)


def conversion_rate(debt_price: int, collateral_price: int, discount: int) -> int:
    """Return the collateral given for one unit of debt repaid.

    Source: Euler v1, Liquidation.sol `computeLiqOpp`.
    """
    return mul_div_down(mul_div_down(debt_price, WAD, collateral_price), WAD, WAD - discount)


def repay_to_target(
    collateral_value: int,
    liability_value: int,
    collateral_factor: int,
    borrow_factor: int,
    discount: int,
    target_health: int,
    debt_price: int,
    debt: int,
) -> int:
    """Return the repayment that brings health to the target: all of the debt where none does.

    Source: Euler v1, Liquidation.sol `computeLiqOpp`.
    """
    debt_weight = mul_div_down(target_health, FACTOR, borrow_factor)
    collateral_weight = mul_div_down(mul_div_down(WAD, collateral_factor, FACTOR), WAD, WAD - discount)
    if debt_weight <= collateral_weight:
        return debt
    missing = mul_div_down(liability_value, target_health, WAD) - collateral_value
    value = mul_div_down(missing, WAD, debt_weight - collateral_weight)
    return min(debt, mul_div_down(value, WAD, debt_price))


def liquidation_amounts(repay: int, conversion_rate: int, collateral: int) -> tuple[int, int]:
    """Return what is repaid (fee left out) and seized; the collateral there is bounds both.

    Source: Euler v1, Liquidation.sol `computeLiqOpp`.
    """
    seized = mul_div_down(repay, conversion_rate, WAD)
    if collateral < seized:
        return mul_div_down(collateral, WAD, conversion_rate), collateral
    return repay, seized


def repaid_with_fee(repaid: int, reserves_fee: int) -> int:
    """Return what the liquidator pays: the fee goes to the reserves of the debt's pool.

    Source: Euler v1, Liquidation.sol `computeLiqOpp`.
    """
    return mul_div_down(repaid, WAD + reserves_fee, WAD)
