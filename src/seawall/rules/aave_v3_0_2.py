"""Aave v3.0.2: half-up rounding throughout, a close factor per reserve, bad debt never booked.

Units: see `seawall.rules.aave_v3`.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, mul_div_half_up
from seawall.rules.aave_v3 import (
    BONUS_UNIT,
    BPS,
    CLOSE_FACTOR_BPS,
    CLOSE_FACTOR_HEALTH,
    HEALTH_INFINITE,
    RAY,
    SECONDS_PER_YEAR,
    VALUE_UNIT,
    WAD,
    bonus_factor,
    collateral_value,
)

__all__ = [
    "BONUS_UNIT",
    "HEALTH_INFINITE",
    "THRESHOLD_SLACK_BPS",
    "VALUE_UNIT",
    "available_borrows",
    "bonus_factor",
    "collateral_needed",
    "collateral_value",
    "compounded",
    "debt_balance",
    "debt_scaled_burn",
    "debt_scaled_mint",
    "debt_value",
    "fee_capped",
    "fee_within",
    "health_factor",
    "is_safe",
    "leaves_dust",
    "liquidity_rate",
    "max_repay",
    "recognises",
    "seize",
    "supply_balance",
    "supply_scaled_burn",
    "supply_scaled_mint",
    "treasury_accrual",
]

WAD_TO_RAY = 10**9
# The average threshold is floored to a whole basis point: weighted collateral can lose as much.
THRESHOLD_SLACK_BPS = 1


def supply_balance(scaled: int, index: int) -> int:
    """Return a supplier's balance, half-up [minor units].

    Source: Aave v3.0.2, AToken `balanceOf` (rayMul).
    """
    return mul_div_half_up(scaled, index, RAY)


def debt_balance(scaled: int, index: int) -> int:
    """Return a borrower's debt, half-up [minor units].

    Source: Aave v3.0.2, VariableDebtToken `balanceOf` (rayMul).
    """
    return mul_div_half_up(scaled, index, RAY)


def supply_scaled_burn(amount: int, index: int) -> int:
    """Return the scaled supply that an amount [minor units] taken out burns, half-up.

    Source: Aave v3.0.2, ScaledBalanceTokenBase `_burnScaled` (rayDiv).
    """
    return mul_div_half_up(amount, RAY, index)


def supply_scaled_mint(amount: int, index: int) -> int:
    """Return the scaled supply that an amount [minor units] put in mints, half-up.

    Source: Aave v3.0.2, ScaledBalanceTokenBase `_mintScaled` (rayDiv).
    """
    return mul_div_half_up(amount, RAY, index)


def debt_scaled_mint(amount: int, index: int) -> int:
    """Return the scaled debt that borrowing an amount [minor units] mints, half-up.

    Source: Aave v3.0.2, ScaledBalanceTokenBase `_mintScaled` (rayDiv).
    """
    return mul_div_half_up(amount, RAY, index)


def debt_scaled_burn(amount: int, index: int) -> int:
    """Return the scaled debt that a repayment [minor units] burns, half-up.

    Source: Aave v3.0.2, ScaledBalanceTokenBase `_burnScaled` (rayDiv).
    """
    return mul_div_half_up(amount, RAY, index)


def debt_value(amount: int, price: int, unit: int) -> int:
    """Return the value of a debt, rounded down [base currency].

    Source: Aave v3.0.2, GenericLogic `_getUserDebtInBaseCurrency`.
    """
    return mul_div_down(amount, price, unit)


def health_factor(collateral_value: int, weighted_value: int, debt_value: int) -> int:
    """Return the health of an account [wad]; without debt it is `HEALTH_INFINITE`.

    The threshold is averaged first and floored to a whole bp, which can make more collateral
    hurt; the weighted collateral and the quotient then round half-up.

    Args:
        collateral_value: Value of all collateral [base currency].
        weighted_value: Sum of value x liquidation threshold [base currency x bps].
        debt_value: Value of all debts [base currency].

    Source: Aave v3.0.2, GenericLogic `calculateUserAccountData`.
    """
    if debt_value == 0:
        return HEALTH_INFINITE
    if collateral_value == 0:
        return 0
    threshold_bps = mul_div_down(weighted_value, 1, collateral_value)
    return mul_div_half_up(mul_div_half_up(collateral_value, threshold_bps, BPS), WAD, debt_value)


def is_safe(collateral_value: int, weighted_value: int, debt_value: int) -> bool:
    """Return whether an account may not be liquidated; a health of exactly 1 is safe.

    Source: Aave v3.0.2, ValidationLogic `validateLiquidationCall`.
    """
    return health_factor(collateral_value, weighted_value, debt_value) >= WAD


def max_repay(
    debt: int,
    debt_value: int,
    collateral_value: int,
    total_debt_value: int,
    health: int,
    debt_price: int,
    debt_unit: int,
) -> int:
    """Return how much of a reserve's debt may be repaid now: half (half-up), or all of it.

    All of it at or below a health of 0.95. The close factor looks at this reserve alone.

    Source: Aave v3.0.2, LiquidationLogic `_calculateDebt`.
    """
    if health > CLOSE_FACTOR_HEALTH:
        return mul_div_half_up(debt, CLOSE_FACTOR_BPS, BPS)
    return debt


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

    Args:
        debt_to_cover: Debt offered for repayment, at most `max_repay` [minor units of the debt].
        collateral_balance: Collateral of the account in this reserve [its minor units].
        debt_price: Price of the debt [base currency per whole token].
        debt_unit: 10 ** decimals of the debt.
        collateral_price: Price of the collateral [base currency per whole token].
        collateral_unit: 10 ** decimals of the collateral.
        factor: Value seized per value repaid, of `bonus_factor` [bps].
        fee_bps: Share of the bonus that goes to the protocol [bps].

    Returns:
        Repaid [minor units of the debt]; seized, the fee included [minor units of the collateral];
        fee [minor units of the collateral], before `fee_capped`.

    Source: Aave v3.0.2, LiquidationLogic `_calculateAvailableCollateralToLiquidate`.
    """
    base = mul_div_down(debt_to_cover * debt_price, collateral_unit, collateral_price * debt_unit)
    repaid = debt_to_cover
    seized = mul_div_half_up(base, factor, BPS)
    if seized > collateral_balance:
        seized = collateral_balance
        worth = mul_div_down(seized * collateral_price, debt_unit, debt_price * collateral_unit)
        repaid = mul_div_half_up(worth, BPS, factor)
    bonus = seized - mul_div_half_up(seized, BPS, factor)
    return repaid, seized, mul_div_half_up(bonus, fee_bps, BPS)


def fee_capped(collateral_scaled: int, seized: int, fee: int, index: int) -> int:
    """Return the fee [minor units], cut to what is left once the liquidator has its part.

    The cut is decided in scaled units, as the contract does it.

    Source: Aave v3.0.2, LiquidationLogic `executeLiquidationCall`.
    """
    return fee_within(collateral_scaled - supply_scaled_burn(seized - fee, index), fee, index)


def fee_within(scaled_left: int, fee: int, index: int) -> int:
    """Return the fee [minor units], cut to the scaled supply that is left for it.

    Source: Aave v3.0.2, LiquidationLogic `executeLiquidationCall`.
    """
    if supply_scaled_burn(fee, index) > scaled_left:
        return supply_balance(scaled_left, index)
    return fee


def leaves_dust(
    debt_left: int, collateral_left: int, debt_left_value: int, collateral_left_value: int
) -> bool:
    """Return False: 3.0.2 accepts any remainder.

    Source: Aave v3.0.2, LiquidationLogic (no such check before 3.3).
    """
    return False


def recognises(collateral_value_left: int, total_debt_left: int) -> bool:
    """Return False: 3.0.2 leaves the debt in place and lets it accrue.

    Source: Aave v3.0.2, LiquidationLogic (no deficit before 3.3).
    """
    return False


def compounded(rate: int, elapsed: int) -> int:
    """Return what debt has grown by [ray] after seconds at a rate [ray per year].

    Three terms of the binomial (1 + rate/year) ** elapsed: n x + n (n-1) x^2 / 2 +
    n (n-1) (n-2) x^3 / 6, the powers of x rounded half-up and then down, the terms down.

    Source: Aave v3.0.2, MathUtils `calculateCompoundedInterest`.
    """
    square = mul_div_down(mul_div_half_up(rate, rate, RAY), 1, SECONDS_PER_YEAR * SECONDS_PER_YEAR)
    cube = mul_div_down(mul_div_half_up(square, rate, RAY), 1, SECONDS_PER_YEAR)
    pairs = elapsed * (elapsed - 1)
    first = mul_div_down(rate, elapsed, SECONDS_PER_YEAR)
    second = mul_div_down(pairs, square, 2)
    third = mul_div_down(pairs * max(0, elapsed - 2), cube, 6)
    return RAY + first + second + third


def treasury_accrual(
    debt_scaled: int, index_before: int, index_now: int, factor_bps: int, supply_index: int
) -> int:
    """Return the scaled supply that the treasury is due of the interest between two indexes of debt.

    The debt at either index, the treasury's part and its scaling all round half-up.

    Source: Aave v3.0.2, ReserveLogic `_accrueToTreasury`.
    """
    interest = debt_balance(debt_scaled, index_now) - debt_balance(debt_scaled, index_before)
    return supply_scaled_mint(mul_div_half_up(interest, factor_bps, BPS), supply_index)


def liquidity_rate(debt: int, debt_rate: int, usage: int, factor_bps: int) -> int:
    """Return what suppliers earn [ray per year]: the borrow rate times usage, less the treasury's part.

    The overall rate is the interest of a year over the debt, both scaled to a ray: half-up each,
    it can differ from `debt_rate` where the debt is small.

    Source: Aave v3.0.2, DefaultReserveInterestRateStrategy `calculateInterestRates`.
    """
    if debt == 0:
        return 0
    interest = mul_div_half_up(debt * WAD_TO_RAY, debt_rate, RAY)
    overall = mul_div_half_up(interest, RAY, debt * WAD_TO_RAY)
    return mul_div_half_up(mul_div_half_up(overall, usage, RAY), BPS - factor_bps, BPS)


def available_borrows(collateral_value: int, ltv_bps: int, debt_value: int) -> int:
    """Return what may still be borrowed [base currency]: collateral at its loan-to-value, half-up, less debt.

    Source: Aave v3.0.2, GenericLogic `calculateAvailableBorrows`.
    """
    return max(0, mul_div_half_up(collateral_value, ltv_bps, BPS) - debt_value)


def collateral_needed(debt_value: int, ltv_bps: int) -> int:
    """Return the collateral that a debt asks for at a loan-to-value above 0, half-up [base currency].

    Source: Aave v3.0.2, ValidationLogic `validateBorrow`.
    """
    return mul_div_half_up(debt_value, BPS, ltv_bps)
