"""Aave v3: what its versions share, and the position-wide close factor that came with 3.3.

Units, here and in every lending module: amounts [minor units of the token], `unit` [10 ** decimals],
prices [base currency, 8 decimals, per whole token], values [base currency], indexes [ray, 1e27],
health [wad, 1e18], thresholds, bonuses and fees [bps]; a bonus of 10500 pays 5 % beyond the debt.
A collateral price of zero makes `seize` raise ZeroDivisionError, where the contract panics.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, mul_div_half_up

BPS = 10**4
WAD = 10**18
RAY = 10**27
SECONDS_PER_YEAR = 365 * 86_400
VALUE_UNIT = 1
BONUS_UNIT = BPS
THRESHOLD_SLACK_BPS = 0
HEALTH_INFINITE = 2**256 - 1

CLOSE_FACTOR_BPS = 5000
CLOSE_FACTOR_HEALTH = 95 * 10**16
CLOSE_FACTOR_VALUE_MIN = 2000 * 10**8
LEFTOVER_VALUE_MIN = 1000 * 10**8


def collateral_value(amount: int, price: int, unit: int) -> int:
    """Return the value of collateral, rounded down [base currency].

    Source: Aave v3 (all versions), GenericLogic `_getUserBalanceInBaseCurrency`.
    """
    return mul_div_down(amount, price, unit)


def close_factor_bps(debt_value: int, collateral_value: int, health: int, value_min: int) -> int:
    """Return the share of the total debt that one call may repay: 5000, or 10000 [bps].

    It is 10000 at or below a health of 0.95 and where either leg of the call is worth less than
    `value_min`; both thresholds belong to the side that is written here.

    Source: Aave v3.3, docs/3.3/Aave-v3.3-features.md section 2.2 and LiquidationLogic.
    """
    if health > CLOSE_FACTOR_HEALTH and collateral_value >= value_min and debt_value >= value_min:
        return CLOSE_FACTOR_BPS
    return BPS


def position_wide_repay(
    debt: int,
    debt_value: int,
    collateral_value: int,
    total_debt_value: int,
    health: int,
    debt_price: int,
    debt_unit: int,
    value_min: int,
) -> int:
    """Return how much of a reserve's debt may be repaid when the close factor spans the position.

    Half (half-up) of the *total* debt value, turned into tokens rounded down, binds only where
    this reserve alone owes more than that half.

    Args:
        debt: Debt of the reserve [minor units].
        debt_value: Its value [base currency].
        collateral_value: Value of the account's collateral in the seized reserve [base currency].
        total_debt_value: Value of all debts of the account [base currency].
        health: Health of the account [wad].
        debt_price: Price of the debt [base currency per whole token].
        debt_unit: 10 ** decimals of the debt.
        value_min: Value below which a leg may be closed whole [base currency].

    Returns:
        Amount of the reserve's debt [minor units], before any cap by the collateral.

    Source: Aave v3.3 and later, LiquidationLogic `executeLiquidationCall`.
    """
    if close_factor_bps(debt_value, collateral_value, health, value_min) == BPS:
        return debt
    half = mul_div_half_up(total_debt_value, CLOSE_FACTOR_BPS, BPS)
    if debt_value <= half:
        return debt
    return mul_div_down(half, debt_unit, debt_price)


def max_repay(
    debt: int,
    debt_value: int,
    collateral_value: int,
    total_debt_value: int,
    health: int,
    debt_price: int,
    debt_unit: int,
) -> int:
    """Return how much of a reserve's debt may be repaid now, with the deployed minimum of $2000.

    Units as in `position_wide_repay`.

    Source: Aave v3.3 and later, LiquidationLogic `MIN_BASE_MAX_CLOSE_FACTOR_THRESHOLD`.
    """
    return position_wide_repay(
        debt,
        debt_value,
        collateral_value,
        total_debt_value,
        health,
        debt_price,
        debt_unit,
        CLOSE_FACTOR_VALUE_MIN,
    )


def bonus_factor(threshold_bps: int, bonus_bps: int) -> int:
    """Return the value seized per value repaid [1 / BONUS_UNIT]: a parameter, whatever the threshold.

    Source: Aave v3 (all versions), ReserveConfiguration `getLiquidationBonus`.
    """
    return bonus_bps


def leaves_dust(
    debt_left: int, collateral_left: int, debt_left_value: int, collateral_left_value: int
) -> bool:
    """Return whether a call is refused for what it leaves of its two legs.

    A call must close one leg [minor units] or leave at least $1000 [base currency] on both.

    Source: Aave v3.3 and later, LiquidationLogic `MIN_LEFTOVER_BASE`, error MustNotLeaveDust.
    """
    if debt_left == 0 or collateral_left == 0:
        return False
    return debt_left_value < LEFTOVER_VALUE_MIN or collateral_left_value < LEFTOVER_VALUE_MIN


def recognises(collateral_value_left: int, total_debt_left: int) -> bool:
    """Return whether a liquidation books what is still owed as a deficit.

    It does iff no collateral *value* is left and debt is. The value left is the value before the
    call less the value of what was seized [base currency]; worthless tokens do not stand in the
    way. The debt left is any measure that is zero with the debt.

    Source: Aave v3.3 and later, LiquidationLogic `hasNoCollateralLeft` and `_burnBadDebt`.
    """
    return collateral_value_left == 0 and total_debt_left > 0


def linear_growth(rate: int, elapsed: int) -> int:
    """Return what supply has grown by [ray] after seconds at a rate [ray per year]: simple interest.

    Source: Aave v3 (all versions), MathUtils `calculateLinearInterest`.
    """
    return RAY + mul_div_down(rate, elapsed, SECONDS_PER_YEAR)


def index_grown(index: int, growth: int) -> int:
    """Return an index [ray] after a growth [ray], half-up.

    Source: Aave v3 (all versions), ReserveLogic `_updateIndexes` (rayMul).
    """
    return mul_div_half_up(growth, index, RAY)


def average_bps(weighted_value: int, value: int) -> int:
    """Return an average of basis points weighted by value, rounded down; zero without value.

    Source: Aave v3 (all versions), GenericLogic `calculateUserAccountData`.
    """
    return mul_div_down(weighted_value, 1, value) if value else 0


def share_of_ceiling(amount: int, ceiling_unit: int) -> int:
    """Return what an amount [minor units] takes up of a debt ceiling, rounded down [1/100 token].

    `ceiling_unit` is 10 ** (decimals - 2).

    Source: Aave v3.0.2, BorrowLogic `executeBorrow` and IsolationModeLogic.
    """
    return mul_div_down(amount, 1, ceiling_unit)


def liquidation_room_bps(threshold_bps: int, bonus_bps: int) -> int:
    """Return what a whole liquidation at the threshold would seize, half-up [bps of the collateral].

    A reserve is listed with at most 10000.

    Source: Aave v3 (all versions), PoolConfigurator `configureReserveAsCollateral`.
    """
    return mul_div_half_up(threshold_bps, bonus_bps, BPS)
