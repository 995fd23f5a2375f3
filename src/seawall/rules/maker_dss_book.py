"""Maker on an ordinary book: a vault's debt with its penalty, paid by a sale at the price of the market.

Units as in `seawall.rules.generic_lending`, from which all is taken but the price. An auction is taken to
end where its falling price meets the oracle's; the penalty is the bonus, and all of it is the protocol's.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down
from seawall.core.units import BPS, RAY, WAD
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
from seawall.rules.maker_dss_vaults import purchase, with_penalty

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
    """Return what a sale brings for a debt, the collateral sold, and the part of it sold for the penalty.

    The debt is paid first: where collateral does not pay for all, the penalty is what is not paid.
    Units as in `seawall.rules.aave_v3_7.seize`; no part of the penalty is set by `fee_bps`.

    Source: makerdao/dss dog.sol, `bark`; clip.sol, `take`.
    """
    price = mul_div_down(collateral_price * debt_unit, RAY, debt_price * collateral_unit)
    tab = with_penalty(debt_to_cover * RAY, mul_div_down(factor, WAD, BPS))
    _, owed, sold = purchase(tab, collateral_balance, price, collateral_balance, 0)
    repaid = min(debt_to_cover, mul_div_down(owed, 1, RAY))
    _, _, for_debt = purchase(repaid * RAY, sold, price, sold, 0)
    return repaid, sold, sold - for_debt
