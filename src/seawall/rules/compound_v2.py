"""Compound v2: seizure through three truncations, liquidity that is safe at exactly zero, the jump rate.

Mantissas [wad]: prices of one smallest unit in any one currency, factors, exchange rate (underlying per
cToken), rates per block. Every division rounds down, as the contracts truncate.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down
from seawall.core.units import WAD

__all__ = [
    "accrued_debt",
    "borrow_rate",
    "collateral_value",
    "is_liquidatable",
    "max_repay",
    "protocol_seize_share",
    "seize_ratio",
    "seize_tokens",
    "supplied",
    "supply_rate",
    "utilisation",
]


def accrued_debt(borrow: int, rate_per_block: int, blocks: int) -> int:
    """Return a debt after one accrual over some blocks: simple interest.

    Source: Compound v2, CToken.sol `accrueInterest`.
    """
    return borrow + mul_div_down(borrow, rate_per_block * blocks, WAD)


def supplied(cash: int, borrows: int, reserves: int) -> int:
    """Return what all cTokens of a market stand for.

    Source: Compound v2, CToken.sol `exchangeRateStored`.
    """
    return cash + borrows - reserves


def collateral_value(amount: int, factor: int, price: int) -> int:
    """Return the part of a supply's value that secures debt.

    Source: Compound v2, Comptroller.sol `getHypotheticalAccountLiquidityInternal`.
    """
    return mul_div_down(mul_div_down(amount, factor, WAD), price, WAD)


def is_liquidatable(collateral_value: int, debt_value: int) -> bool:
    """Return whether an account may be called: at exactly zero liquidity it may not.

    Source: Compound v2, Comptroller.sol `liquidateBorrowAllowed`.
    """
    return debt_value > collateral_value


def max_repay(debt: int, close_factor: int) -> int:
    """Return how much of a market's debt one call may repay.

    Source: Compound v2, Comptroller.sol `liquidateBorrowAllowed`.
    """
    return mul_div_down(debt, close_factor, WAD)


def seize_ratio(incentive: int, price_borrowed: int, price_collateral: int, exchange_rate: int) -> int:
    """Return the cTokens seized for each unit repaid: numerator, denominator and ratio are truncated each.

    Source: Compound v2, Comptroller.sol `liquidateCalculateSeizeTokens`.
    """
    numerator = mul_div_down(incentive, price_borrowed, WAD)
    denominator = mul_div_down(price_collateral, exchange_rate, WAD)
    return mul_div_down(numerator, WAD, denominator)


def seize_tokens(
    repaid: int, incentive: int, price_borrowed: int, price_collateral: int, exchange_rate: int
) -> int:
    """Return the cTokens seized for a repayment, truncated once more.

    Source: Compound v2, Comptroller.sol `liquidateCalculateSeizeTokens`.
    """
    ratio = seize_ratio(incentive, price_borrowed, price_collateral, exchange_rate)
    return mul_div_down(ratio, repaid, WAD)


def protocol_seize_share(seized: int, share: int) -> int:
    """Return the cTokens of a seizure that go to reserves; `share` is 0.028 wad on the deployed markets.

    Source: Compound v2, CToken.sol `seizeInternal`, protocolSeizeShareMantissa.
    """
    return mul_div_down(seized, share, WAD)


def utilisation(cash: int, borrows: int, reserves: int) -> int:
    """Return the part of a market that is lent out; may exceed a wad where reserves exceed cash.

    Source: Compound v2, BaseJumpRateModelV2.sol `utilizationRate`.
    """
    if borrows == 0:
        return 0
    return mul_div_down(borrows, WAD, cash + borrows - reserves)


def borrow_rate(utilisation: int, base: int, slope: int, jump_slope: int, kink: int) -> int:
    """Return the borrow rate per block: one slope up to the kink, a jump slope beyond.

    Source: Compound v2, BaseJumpRateModelV2.sol `getBorrowRateInternal`.
    """
    if utilisation <= kink:
        return mul_div_down(utilisation, slope, WAD) + base
    normal = mul_div_down(kink, slope, WAD) + base
    return mul_div_down(utilisation - kink, jump_slope, WAD) + normal


def supply_rate(utilisation: int, borrow_rate: int, reserve_factor: int) -> int:
    """Return the supply rate per block: what borrowers pay, less the reserves' part.

    Source: Compound v2, BaseJumpRateModelV2.sol `getSupplyRate`.
    """
    return mul_div_down(utilisation, mul_div_down(borrow_rate, WAD - reserve_factor, WAD), WAD)
