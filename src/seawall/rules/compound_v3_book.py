"""Compound v3 on an ordinary book: an account is credited its collateral at the liquidation factor.

Units as in `seawall.rules.generic_lending`, from which all is taken but the price. The liquidation factor is
the inverse of the bonus; the fee is the part of the penalty that the store front does not give away.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down
from seawall.core.units import BPS, WAD
from seawall.rules.compound_v3 import absorbed_balance, credit, quote_collateral
from seawall.rules.generic_lending import (
    BONUS_UNIT,
    HEALTH_INFINITE,
    THRESHOLD_SLACK_BPS,
    VALUE_UNIT,
    bonus_factor,
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

# The contract cuts a discounted price to 8 decimals; a price of a few of them would be cut to nothing.
MORE_DIGITS = 10**18


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
    """Return what an absorption pays of a debt, the collateral it takes for that, and what reserves keep.

    All collateral is credited at the liquidation factor; what its credit pays beyond the debt is left
    as collateral, where the contract turns it into a balance of the base asset. A buyer at the store
    front gets collateral for what was paid, and reserves keep the rest. Units as in
    `seawall.rules.aave_v3_7.seize`.

    Source: Compound v3, Comet.sol `absorbInternal`, `quoteCollateral`.
    """
    liquidation_factor = mul_div_down(BPS, WAD, factor)
    store_front_factor = mul_div_down(BPS - fee_bps, WAD, BPS)
    credited = absorbed_balance(
        0,
        credit(collateral_balance, collateral_price, collateral_unit, liquidation_factor),
        debt_price,
        debt_unit,
    )
    prices = (debt_price * MORE_DIGITS, debt_unit, collateral_price * MORE_DIGITS, collateral_unit)
    repaid, seized = credited, collateral_balance
    if debt_to_cover < credited:
        repaid = debt_to_cover
        seized = min(seized, quote_collateral(repaid, *prices, liquidation_factor, WAD))
    sold = quote_collateral(repaid, *prices, liquidation_factor, store_front_factor)
    return repaid, seized, max(0, seized - sold)
