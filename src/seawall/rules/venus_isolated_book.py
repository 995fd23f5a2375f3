"""Venus isolated pools on an ordinary book: half of a debt a call, small accounts whole, truncated ratios.

Units as in `seawall.rules.generic_lending`, from which all is taken but size and price. Collateral is an
amount of what was supplied: the tokens of a market stand one to one, so that the ratio of a seizure is
truncated as for a token whose exchange rate is 1.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down
from seawall.core.units import BPS, WAD
from seawall.rules.compound_v2 import max_repay as part_of_debt
from seawall.rules.compound_v2 import seize_tokens
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
    recognises,
    supply_balance,
    supply_scaled_burn,
    supply_scaled_mint,
)
from seawall.rules.venus_isolated import (
    collateral_to_seize,
    healed_part,
    healed_repayment,
    protocol_tokens,
    value,
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

CLOSE_FACTOR = 5 * 10**17
# Up to here an account is only healed or liquidated whole: 100 in base currency.
SMALL_COLLATERAL = 100 * 10**8 * VALUE_UNIT
# A price of one smallest unit has this many digits more than the price of a token.
MANTISSA = 10**36


def max_repay(
    debt: int,
    debt_value: int,
    collateral_value: int,
    total_debt_value: int,
    health: int,
    debt_price: int,
    debt_unit: int,
) -> int:
    """Return how much of a reserve's debt may be repaid now: half, or all against small collateral.

    Source: @venusprotocol/isolated-pools 4.4.0, Comptroller.sol `preLiquidateHook`; as deployed, a close
        factor of 50 % and a minLiquidatableCollateral of 100 USD.
    """
    if collateral_value <= SMALL_COLLATERAL:
        return debt
    return part_of_debt(debt, CLOSE_FACTOR)


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
    """Return what a liquidation repays, what it seizes, and the protocol's fee out of that.

    Where the collateral does not pay for all, it pays the part of the debt that healing pays. The
    protocol's share of what is repaid is `fee_bps` of the bonus. Units as in
    `seawall.rules.aave_v3_7.seize`.

    Source: @venusprotocol/isolated-pools 4.4.0, Comptroller.sol `liquidateCalculateSeizeTokens`,
        `healAccount`; VToken.sol `_seize`.
    """
    incentive = mul_div_down(factor, WAD, BPS)
    share = mul_div_down(incentive - WAD, fee_bps, BPS)
    debt_price = mul_div_down(debt_price, MANTISSA, debt_unit)
    collateral_price = mul_div_down(collateral_price, MANTISSA, collateral_unit)
    seized = seize_tokens(debt_to_cover, incentive, debt_price, collateral_price, WAD)
    repaid = debt_to_cover
    if seized > collateral_balance:
        seized = collateral_balance
        to_seize = collateral_to_seize(value(debt_price, debt_to_cover), incentive)
        part = healed_part(value(collateral_price, collateral_balance), max(1, to_seize))
        repaid = healed_repayment(min(part, WAD), debt_to_cover)
    return repaid, seized, protocol_tokens(seized, share, incentive)
