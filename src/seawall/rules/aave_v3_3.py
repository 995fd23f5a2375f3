"""Aave v3.3: the half-up arithmetic of 3.0.2 with a position-wide close factor, dust rule and deficits.

Units: see `seawall.rules.aave_v3`.

Source: Aave v3.3, docs/3.3/Aave-v3.3-features.md; its rounding changed in 3.5 and again in 3.7.
"""

from __future__ import annotations

from seawall.rules.aave_v3 import (
    BONUS_UNIT,
    HEALTH_INFINITE,
    VALUE_UNIT,
    bonus_factor,
    collateral_value,
    leaves_dust,
    max_repay,
    recognises,
)
from seawall.rules.aave_v3_0_2 import (
    THRESHOLD_SLACK_BPS,
    debt_balance,
    debt_scaled_burn,
    debt_value,
    fee_capped,
    health_factor,
    is_safe,
    seize,
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
