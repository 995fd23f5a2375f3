"""Aave v3.7: every rounding has a side, and it is never the side of the one who calls.

Units: see `seawall.rules.aave_v3`.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, mul_div_half_up, mul_div_up
from seawall.rules.aave_v3 import (
    BONUS_UNIT,
    BPS,
    HEALTH_INFINITE,
    RAY,
    SECONDS_PER_YEAR,
    THRESHOLD_SLACK_BPS,
    VALUE_UNIT,
    WAD,
    bonus_factor,
    collateral_value,
    leaves_dust,
    max_repay,
    recognises,
)

__all__ = [
    "BONUS_UNIT",
    "HEALTH_INFINITE",
    "THRESHOLD_SLACK_BPS",
    "VALUE_UNIT",
    "available_borrows",
    "bonus_factor",
    "collateral_consumed",
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


def supply_balance(scaled: int, index: int) -> int:
    """Return a supplier's balance, rounded down [minor units].

    Source: Aave v3.5 and later, docs/3.5/Aave-v3.5-features.md; TokenMath `getATokenBalance`.
    """
    return mul_div_down(scaled, index, RAY)


def debt_balance(scaled: int, index: int) -> int:
    """Return a borrower's debt, rounded up [minor units].

    Source: Aave v3.5 and later, TokenMath `getVTokenBalance`.
    """
    return mul_div_up(scaled, index, RAY)


def supply_scaled_burn(amount: int, index: int) -> int:
    """Return the scaled supply that an amount [minor units] taken out or moved burns, rounded up.

    Source: Aave v3.5 and later, TokenMath `getATokenBurnScaledAmount`, `getATokenTransferScaledAmount`.
    """
    return mul_div_up(amount, RAY, index)


def supply_scaled_mint(amount: int, index: int) -> int:
    """Return the scaled supply that an amount [minor units] put in mints, rounded down.

    Source: Aave v3.5 and later, TokenMath `getATokenMintScaledAmount`.
    """
    return mul_div_down(amount, RAY, index)


def debt_scaled_mint(amount: int, index: int) -> int:
    """Return the scaled debt that borrowing an amount [minor units] mints, rounded up.

    Source: Aave v3.5 and later, TokenMath `getVTokenMintScaledAmount`.
    """
    return mul_div_up(amount, RAY, index)


def debt_scaled_burn(amount: int, index: int) -> int:
    """Return the scaled debt that a repayment [minor units] burns, rounded down.

    Source: Aave v3.5 and later, TokenMath `getVTokenBurnScaledAmount`.
    """
    return mul_div_down(amount, RAY, index)


def debt_value(amount: int, price: int, unit: int) -> int:
    """Return the value of a debt, rounded up [base currency]: no debt is too small to be seen.

    Source: Aave v3.5 and later, GenericLogic `_getUserDebtInBaseCurrency`.
    """
    return mul_div_up(amount, price, unit)


def health_factor(collateral_value: int, weighted_value: int, debt_value: int) -> int:
    """Return the health of an account [wad]; without debt it is `HEALTH_INFINITE`.

    floor(half_up(weighted_value x 1e18 / debt_value) / 1e4): the threshold is not averaged first.

    Args:
        collateral_value: Value of all collateral [base currency]; not needed by this version.
        weighted_value: Sum of value x liquidation threshold [base currency x bps].
        debt_value: Value of all debts [base currency].

    Source: Aave v3.7, GenericLogic `calculateUserAccountData`.
    """
    if debt_value == 0:
        return HEALTH_INFINITE
    return mul_div_down(mul_div_half_up(weighted_value, WAD, debt_value), 1, BPS)


def is_safe(collateral_value: int, weighted_value: int, debt_value: int) -> bool:
    """Return whether an account may not be liquidated; a health of exactly 1 is safe.

    Source: Aave v3.7, ValidationLogic `validateLiquidationCall`.
    """
    return health_factor(collateral_value, weighted_value, debt_value) >= WAD


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

    Seized rounds down, for the borrower; the repayment of a capped call and the fee round up.

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

    Source: Aave v3.7, docs/3.7/liquidation-rounding.md; LiquidationLogic
        `_calculateAvailableCollateralToLiquidate`.
    """
    base = mul_div_down(debt_to_cover * debt_price, collateral_unit, collateral_price * debt_unit)
    repaid = debt_to_cover
    seized = mul_div_down(base, factor, BPS)
    if seized > collateral_balance:
        seized = collateral_balance
        worth = mul_div_down(seized * collateral_price, debt_unit, debt_price * collateral_unit)
        repaid = mul_div_up(worth, BPS, factor)
    bonus = seized - mul_div_down(seized, BPS, factor)
    return repaid, seized, mul_div_up(bonus, fee_bps, BPS)


def fee_capped(collateral_scaled: int, seized: int, fee: int, index: int) -> int:
    """Return the fee [minor units], cut to what is left once the liquidator has its part.

    The contract compares in scaled units: up(fee / index) > left. For whole numbers that is
    fee > left * index, which is fee > down(left * index): the minimum written here.

    Source: Aave v3.7, LiquidationLogic `executeLiquidationCall`.
    """
    return fee_within(collateral_scaled - supply_scaled_burn(seized - fee, index), fee, index)


def fee_within(scaled_left: int, fee: int, index: int) -> int:
    """Return the fee [minor units], cut to the scaled supply that is left for it.

    Source: Aave v3.7, LiquidationLogic `executeLiquidationCall`.
    """
    return min(fee, supply_balance(scaled_left, index))


def collateral_consumed(scaled: int, to_liquidator: int, fee: int, index: int) -> int:
    """Return the scaled supply that a liquidation takes of a reserve, at most all of it.

    What the liquidator gets and the fee are each rounded up, as the token will round them: together
    they can empty a balance that the amounts alone would leave a unit of.

    Source: Aave v3.7, docs/3.7/Aave-v3.7-changelog.md; LiquidationLogic `executeLiquidationCall`.
    """
    return min(scaled, supply_scaled_burn(to_liquidator, index) + supply_scaled_burn(fee, index))


def compounded(rate: int, elapsed: int) -> int:
    """Return what debt has grown by [ray] after seconds at a rate [ray per year].

    e^x to the third order as x + x (x/2 + x (x/6)), where x is the rate of the time that passed,
    rounded down; halves and sixths round down, products half-up.

    Source: Aave v3.7, MathUtils `calculateCompoundedInterest`.
    """
    x = mul_div_down(rate, elapsed, SECONDS_PER_YEAR)
    inner = mul_div_down(x, 1, 2) + mul_div_half_up(x, mul_div_down(x, 1, 6), RAY)
    return RAY + x + mul_div_half_up(x, inner, RAY)


def treasury_accrual(
    debt_scaled: int, index_before: int, index_now: int, factor_bps: int, supply_index: int
) -> int:
    """Return the scaled supply that the treasury is due of the interest between two indexes of debt.

    The interest rounds down, the treasury's part half-up, its scaling down.

    Source: Aave v3.7, ReserveLogic `_accrueToTreasury`.
    """
    interest = mul_div_down(debt_scaled, index_now - index_before, RAY)
    return supply_scaled_mint(mul_div_half_up(interest, factor_bps, BPS), supply_index)


def liquidity_rate(debt: int, debt_rate: int, usage: int, factor_bps: int) -> int:
    """Return what suppliers earn [ray per year]: the borrow rate times usage, less the treasury's part.

    Both steps round half-up.

    Source: Aave v3.7, DefaultReserveInterestRateStrategyV2 `calculateInterestRates`.
    """
    if debt == 0:
        return 0
    return mul_div_half_up(mul_div_half_up(debt_rate, usage, RAY), BPS - factor_bps, BPS)


def available_borrows(collateral_value: int, ltv_bps: int, debt_value: int) -> int:
    """Return what may still be borrowed [base currency]: collateral at its loan-to-value, less debt.

    The first is rounded down.

    Source: Aave v3.7, GenericLogic `calculateAvailableBorrows`.
    """
    return max(0, mul_div_down(collateral_value, ltv_bps, BPS) - debt_value)


def collateral_needed(debt_value: int, ltv_bps: int) -> int:
    """Return the collateral that a debt asks for at a loan-to-value above 0, rounded up [base currency].

    Source: Aave v3.7, ValidationLogic `validateHFAndLtv`.
    """
    return mul_div_up(debt_value, BPS, ltv_bps)
