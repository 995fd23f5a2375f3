"""A lending pool without a venue's quirks: exact rational values, rounding only where tokens move.

Units as in `seawall.rules.aave_v3`, but values are exact: `VALUE_UNIT` value units make one unit
of price, so that every amount of a token with up to 36 decimals has a whole number of them.
Index arithmetic is that of Aave v3.7, which rounds against the account on every side.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, mul_div_up
from seawall.rules.aave_v3 import BONUS_UNIT, BPS, HEALTH_INFINITE, WAD, bonus_factor
from seawall.rules.aave_v3_7 import (
    debt_balance,
    debt_scaled_burn,
    fee_capped,
    supply_balance,
    supply_scaled_burn,
    supply_scaled_mint,
)

VALUE_UNIT = 10**36
THRESHOLD_SLACK_BPS = 0

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
    "target_repay",
]


def collateral_value(amount: int, price: int, unit: int) -> int:
    """Return the exact value of collateral [1 / VALUE_UNIT of the price's unit].

    Source: docs/explanation/account-model.md: E = sum of price x quantity, without rounding.
    """
    return mul_div_down(amount * price, VALUE_UNIT, unit)


def debt_value(amount: int, price: int, unit: int) -> int:
    """Return the exact value of a debt [1 / VALUE_UNIT of the price's unit].

    Source: docs/explanation/account-model.md: E = sum of price x quantity, without rounding.
    """
    return mul_div_down(amount * price, VALUE_UNIT, unit)


def health_factor(collateral_value: int, weighted_value: int, debt_value: int) -> int:
    """Return the health of an account, rounded down [wad], to be shown: `is_safe` decides exactly.

    Source: docs/explanation/account-model.md: weighted collateral / debt, weights w(asset) = threshold.
    """
    if debt_value == 0:
        return HEALTH_INFINITE
    return mul_div_down(weighted_value, WAD, debt_value * BPS)


def is_safe(collateral_value: int, weighted_value: int, debt_value: int) -> bool:
    """Return whether weighted collateral covers the debt: by cross-multiplying, equality is safe.

    Source: docs/explanation/account-model.md: health, 1 is the boundary.
    """
    return weighted_value >= debt_value * BPS


def max_repay(
    debt: int,
    debt_value: int,
    collateral_value: int,
    total_debt_value: int,
    health: int,
    debt_price: int,
    debt_unit: int,
) -> int:
    """Return how much of a reserve's debt may be repaid now: all of it [minor units].

    Source: venues/rulebooks/generic_lending.toml: size policy `full`; no close factor to hide a parameter in.
    """
    return debt


def target_repay(
    debt: int,
    debt_value: int,
    weighted_value: int,
    target_health: int,
    bonus_bps: int,
    threshold_bps: int,
    debt_price: int,
    debt_unit: int,
) -> int:
    """Return the smallest repayment that lifts an account to a target health, rounded up.

    x = (h * D - W) / (h - LB * LT): repaying x takes x * LB of collateral with threshold LT.
    Zero for an account already there; the whole debt where the target is out of reach, which
    includes every h <= LB * LT (each slice then lowers health).

    Args:
        debt: Debt of the reserve [minor units].
        debt_value: Value of all debts, D [value units].
        weighted_value: Sum of value x threshold, W [value units x bps].
        target_health: Health to reach, h [wad].
        bonus_bps: Value seized per value repaid, LB [bps].
        threshold_bps: Liquidation threshold of the seized collateral, LT [bps].
        debt_price: Price of the debt [base currency per whole token].
        debt_unit: 10 ** decimals of the debt.

    Returns:
        Amount of the reserve's debt [minor units], at most `debt`.

    Source: target-health designs (Aave v4, Euler v1, Silo v2); `models.json`, repay_to_target.
    """
    missing = target_health * debt_value * BPS - weighted_value * WAD
    gain = target_health * BPS * BPS - bonus_bps * threshold_bps * WAD
    if missing <= 0:
        return 0
    if gain <= 0:
        return debt
    return min(debt, mul_div_up(missing * BPS, debt_unit, gain * debt_price * VALUE_UNIT))


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

    One rounding each: seized down; repaid up, where the collateral caps it; fee down. Arguments
    and units as in `seawall.rules.aave_v3_7.seize`.

    Source: venues/rulebooks/generic_lending.toml: price policy `fixed bonus`, split policy `fee on bonus`.
    """
    seized = mul_div_down(
        debt_to_cover * debt_price, collateral_unit * factor, collateral_price * debt_unit * BPS
    )
    repaid = debt_to_cover
    if seized > collateral_balance:
        seized = collateral_balance
        repaid = mul_div_up(seized * collateral_price, debt_unit * BPS, debt_price * collateral_unit * factor)
    return repaid, seized, mul_div_down(seized, (factor - BPS) * fee_bps, factor * BPS)


def leaves_dust(
    debt_left: int, collateral_left: int, debt_left_value: int, collateral_left_value: int
) -> bool:
    """Return False: any remainder may be left.

    Source: venues/rulebooks/generic_lending.toml: no dust rule in the generic preset.
    """
    return False


def recognises(collateral_value_left: int, total_debt_left: int) -> bool:
    """Return whether what is still owed is a loss: no collateral value is left and debt is.

    Source: venues/rulebooks/generic_lending.toml: recognition policy `zero collateral value`.
    """
    return collateral_value_left == 0 and total_debt_left > 0
