"""Morpho Blue on an ordinary book: its incentive and its seizure, over exact values.

Units as in `seawall.rules.generic_lending`, from which all is taken but the price: a debt here is an
amount with an index, not shares with a virtual part, and the price of the pair comes from two prices.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down
from seawall.core.units import BPS, WAD
from seawall.rules.generic_lending import (
    HEALTH_INFINITE,
    THRESHOLD_SLACK_BPS,
    VALUE_UNIT,
    collateral_value,
    debt_balance,
    debt_scaled_burn,
    debt_value,
    fee_capped,
    health_factor,
    is_safe,
    leaves_dust,
    max_repay,
    recognises,
    supply_balance,
    supply_scaled_burn,
    supply_scaled_mint,
)
from seawall.rules.morpho_blue import (
    INCENTIVE_CURSOR,
    INCENTIVE_MAX,
    PRICE_SCALE,
    incentive_factor,
    quoted_up,
    repaid_for,
    seized_for,
)

__all__ = [
    "BONUS_UNIT",
    "HEALTH_INFINITE",
    "THRESHOLD_SLACK_BPS",
    "VALUE_UNIT",
    "bonus_factor",
    "collateral_value",
    "debt_balance",
    "debt_scaled_burn",
    "debt_value",
    "fee_capped",
    "health_factor",
    "is_safe",
    "leaves_dust",
    "max_repay",
    "recognises",
    "seize",
    "supply_balance",
    "supply_scaled_burn",
    "supply_scaled_mint",
]

BONUS_UNIT = WAD


def bonus_factor(threshold_bps: int, bonus_bps: int) -> int:
    """Return the value seized per value repaid [wad]: it follows from the threshold, no bonus is set.

    Source: morpho-org/morpho-blue 1.0.0, Morpho.sol `liquidate`.
    """
    return incentive_factor(mul_div_down(threshold_bps, WAD, BPS), INCENTIVE_CURSOR, INCENTIVE_MAX)


def seize(
    debt_to_cover: int,
    collateral_balance: int,
    debt_price: int,
    debt_unit: int,
    collateral_price: int,
    collateral_unit: int,
    factor: int,
    fee_bps: int,
) -> tuple[int, int, int]:
    """Return what a liquidation repays, what it seizes, and a fee of nothing: the liquidator gets it all.

    What pays for the whole collateral takes the whole; anything below it takes less than the whole,
    for what it takes is rounded down. Units as in `seawall.rules.aave_v3_7.seize`.

    Args:
        factor: Value seized per value repaid, of `bonus_factor` [wad].

    Source: morpho-org/morpho-blue 1.0.0, Morpho.sol `liquidate`, by seized assets and by repaid shares.
    """
    price = mul_div_down(collateral_price * debt_unit, PRICE_SCALE, debt_price * collateral_unit)
    whole = repaid_for(quoted_up(collateral_balance, price), factor)
    if debt_to_cover >= whole:
        return whole, collateral_balance, 0
    return debt_to_cover, seized_for(debt_to_cover, factor, price), 0
