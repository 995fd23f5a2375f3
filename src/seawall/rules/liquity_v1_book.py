"""Liquity v1 on an ordinary book: a trove is handed over whole, its debt with what secures it.

Units as in `seawall.rules.generic_lending`, from which all is taken but when a trove may be seized and
what is taken of it. The minimum ratio is the protocol's own, whatever threshold an asset has; in recovery
mode, below a ratio of 150 % of all troves together, it is the ratio of all of them.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down
from seawall.core.units import BPS, WAD
from seawall.rules.generic_lending import (
    BONUS_UNIT,
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
    seize,
    supply_balance,
    supply_scaled_burn,
    supply_scaled_mint,
)
from seawall.rules.liquity_v1_troves import (
    collateral_ratio,
    in_recovery,
    is_capped,
    is_redistributed,
)
from seawall.rules.liquity_v1_troves import gas_compensation as compensation

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
    "gas_coins",
    "gas_compensation",
    "health_factor",
    "is_safe",
    "leaves_dust",
    "max_repay",
    "may_seize",
    "recognises",
    "seize",
    "seized_value",
    "spares_pool",
    "supply_balance",
    "supply_scaled_burn",
    "supply_scaled_mint",
    "trigger_ratio",
]

MINIMUM_RATIO = 11 * 10**17
CRITICAL_RATIO = 15 * 10**17
GAS_DIVISOR = 200
GAS_COINS = 200


def trigger_ratio(total_collateral: int, total_debt: int) -> int:
    """Return the ratio below which a trove may be seized [wad], from the values of all troves.

    Source: Liquity v1, TroveManager `_liquidateNormalMode`, `_liquidateRecoveryMode`; LiquityBase MCR, CCR.
    """
    total_ratio = collateral_ratio(total_collateral, total_debt, WAD)
    return max(MINIMUM_RATIO, total_ratio) if in_recovery(total_ratio, CRITICAL_RATIO) else MINIMUM_RATIO


def may_seize(
    collateral: int, debt: int, total_collateral: int, total_debt: int, owed: int, room: int
) -> bool:
    """Return whether a trove may be seized: from the minimum ratio on only if the pool takes all of it.

    Args:
        collateral, debt, total_collateral, total_debt: Of the trove and of all troves [value units].
        owed, room: Its debt, and what the pool can still offset [minor units].

    Source: Liquity v1, TroveManager `_liquidateNormalMode`, `_liquidateRecoveryMode`.
    """
    ratio, total_ratio = (
        collateral_ratio(collateral, debt, WAD),
        collateral_ratio(total_collateral, total_debt, WAD),
    )
    if ratio < MINIMUM_RATIO:
        return True
    recovers = in_recovery(total_ratio, CRITICAL_RATIO)
    return recovers and is_capped(ratio, total_ratio, MINIMUM_RATIO, owed, room)


def spares_pool(collateral: int, debt: int, total_collateral: int, total_debt: int) -> bool:
    """Return whether all of a trove is redistributed: in recovery mode, worth its debt at most.

    Source: Liquity v1, TroveManager `_liquidateRecoveryMode`.
    """
    recovers = in_recovery(collateral_ratio(total_collateral, total_debt, WAD), CRITICAL_RATIO)
    return recovers and is_redistributed(collateral_ratio(collateral, debt, WAD))


def seized_value(collateral: int, debt: int) -> int:
    """Return how much of a trove's collateral is taken: the debt's worth at the minimum ratio at most.

    Exact: values have more digits than the ratio. What is above is left to the owner.

    Source: Liquity v1, TroveManager `_getCappedOffsetVals`.
    """
    return min(collateral, mul_div_down(debt, MINIMUM_RATIO, WAD))


def bonus_factor(threshold_bps: int, bonus_bps: int) -> int:
    """Return the value seized per value of debt it stands for [bps], down: nobody earns but for the gas.

    Args:
        threshold_bps, bonus_bps: Of the asset; the protocol asks for neither.

    Source: Liquity v1, LiquityBase PERCENT_DIVISOR.
    """
    return mul_div_down(BPS, GAS_DIVISOR, GAS_DIVISOR - 1)


def gas_compensation(collateral: int) -> int:
    """Return what the liquidator keeps of the collateral taken.

    Source: Liquity v1, LiquityBase `_getCollGasCompensation`, PERCENT_DIVISOR.
    """
    return compensation(collateral, GAS_DIVISOR)


def gas_coins(unit: int, reserved: int) -> int:
    """Return the coins that the liquidator gets out of those reserved [minor units; `unit` a whole coin].

    Source: Liquity v1, LiquityBase LUSD_GAS_COMPENSATION.
    """
    return min(GAS_COINS * unit, reserved)
