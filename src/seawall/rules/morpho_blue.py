"""Morpho Blue's arithmetic: shares with a virtual part, health, liquidation, bad debt at zero collateral.

Amounts are smallest units of the loan or the collateral token, factors and rates wad, the price quotes one
smallest unit of collateral in smallest units of the loan times 1e36. What the market receives is rounded
up and what it gives is rounded down, but for the interest, which is rounded down.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, mul_div_up
from seawall.core.units import WAD

__all__ = [
    "INCENTIVE_CURSOR",
    "INCENTIVE_MAX",
    "PRICE_SCALE",
    "VIRTUAL_ASSETS",
    "VIRTUAL_SHARES",
    "bad_debt",
    "compounded",
    "debt_after",
    "fee_shares",
    "incentive_factor",
    "interest",
    "is_healthy",
    "max_borrow",
    "quoted_up",
    "repaid_for",
    "seized_for",
    "to_assets_down",
    "to_assets_up",
    "to_shares_down",
    "to_shares_up",
    "utilisation_rate",
    "with_incentive",
]

PRICE_SCALE = 10**36
INCENTIVE_CURSOR = 3 * 10**17
INCENTIVE_MAX = 115 * 10**16
# Nobody's part of every total: without it the first depositor could set the price of a share.
VIRTUAL_SHARES = 10**6
VIRTUAL_ASSETS = 1
YEAR_S = 365 * 86_400


def to_shares_down(assets: int, total_assets: int, total_shares: int) -> int:
    """Return the shares that assets buy, rounded down: of a supply, or of a debt repaid.

    Source: morpho-org/morpho-blue 1.0.0, SharesMathLib.sol.
    """
    return mul_div_down(assets, total_shares + VIRTUAL_SHARES, total_assets + VIRTUAL_ASSETS)


def to_shares_up(assets: int, total_assets: int, total_shares: int) -> int:
    """Return the shares that assets cost, rounded up: of a supply withdrawn, or of a debt taken on.

    Source: morpho-org/morpho-blue 1.0.0, SharesMathLib.sol.
    """
    return mul_div_up(assets, total_shares + VIRTUAL_SHARES, total_assets + VIRTUAL_ASSETS)


def to_assets_down(shares: int, total_assets: int, total_shares: int) -> int:
    """Return the assets that shares are paid out as, rounded down.

    Source: morpho-org/morpho-blue 1.0.0, SharesMathLib.sol.
    """
    return mul_div_down(shares, total_assets + VIRTUAL_ASSETS, total_shares + VIRTUAL_SHARES)


def to_assets_up(shares: int, total_assets: int, total_shares: int) -> int:
    """Return the assets that shares stand for as a debt, rounded up: it may exceed the total by one.

    Source: morpho-org/morpho-blue 1.0.0, SharesMathLib.sol.
    """
    return mul_div_up(shares, total_assets + VIRTUAL_ASSETS, total_shares + VIRTUAL_SHARES)


def max_borrow(collateral: int, price: int, lltv: int) -> int:
    """Return the most that collateral lets an account owe, rounded down twice.

    Args:
        collateral: Of the account [collateral units].
        price: Of one unit of it in units of the loan [1e36].
        lltv: Loan-to-value limit of the market [wad].

    Source: morpho-org/morpho-blue 1.0.0, Morpho.sol `_isHealthy`.
    """
    return mul_div_down(mul_div_down(collateral, price, PRICE_SCALE), lltv, WAD)


def is_healthy(max_borrow: int, borrowed: int) -> bool:
    """Return whether an account may not be liquidated: owing exactly the most is healthy.

    Source: morpho-org/morpho-blue 1.0.0, Morpho.sol `_isHealthy`.
    """
    return max_borrow >= borrowed


def incentive_factor(lltv: int, cursor: int, most: int) -> int:
    """Return what is seized for each unit repaid [wad]: min(most, 1 / (1 - cursor (1 - lltv))).

    The product and the quotient are rounded down.

    Args:
        lltv: Loan-to-value limit [wad], <= 1.
        cursor: How fast the factor grows with 1 - lltv [wad], < 1.
        most: Its cap [wad].

    Source: morpho-org/morpho-blue 1.0.0, Morpho.sol `liquidate`.
    """
    return min(most, mul_div_down(WAD, WAD, WAD - mul_div_down(cursor, WAD - lltv, WAD)))


def quoted_up(seized: int, price: int) -> int:
    """Return collateral at its price in units of the loan, rounded up.

    Source: morpho-org/morpho-blue 1.0.0, Morpho.sol `liquidate`.
    """
    return mul_div_up(seized, price, PRICE_SCALE)


def repaid_for(quoted: int, incentive: int) -> int:
    """Return what must be repaid for collateral quoted in the loan, rounded up.

    Source: morpho-org/morpho-blue 1.0.0, Morpho.sol `liquidate`.
    """
    return mul_div_up(quoted, WAD, incentive)


def with_incentive(repaid: int, incentive: int) -> int:
    """Return a repayment and the liquidator's part on top, in units of the loan, rounded down.

    Source: morpho-org/morpho-blue 1.0.0, Morpho.sol `liquidate`.
    """
    return mul_div_down(repaid, incentive, WAD)


def seized_for(repaid: int, incentive: int, price: int) -> int:
    """Return the collateral seized for a repayment, rounded down twice.

    Args:
        repaid: Value of the repaid shares, itself rounded down [loan units].
        incentive: What is seized for each unit repaid [wad].
        price: Of one unit of collateral in units of the loan [1e36], > 0.

    Source: morpho-org/morpho-blue 1.0.0, Morpho.sol `liquidate`.
    """
    return mul_div_down(with_incentive(repaid, incentive), PRICE_SCALE, price)


def debt_after(total: int, repaid: int) -> int:
    """Return what all borrowers owe after a repayment, which may exceed it by the one rounded up.

    Source: morpho-org/morpho-blue 1.0.0, UtilsLib.sol `zeroFloorSub`.
    """
    return max(0, total - repaid)


def bad_debt(shares: int, total_assets: int, total_shares: int) -> int:
    """Return what suppliers lose with shares of debt that nothing secures: rounded up, within the total.

    Source: morpho-org/morpho-blue 1.0.0, Morpho.sol `liquidate`.
    """
    return min(total_assets, to_assets_up(shares, total_assets, total_shares))


def compounded(rate: int, elapsed_s: int) -> int:
    """Return e^(rate x time) - 1 by three terms of its series, each rounded down [wad].

    Source: morpho-org/morpho-blue 1.0.0, MathLib.sol `wTaylorCompounded`.
    """
    first = rate * elapsed_s
    second = mul_div_down(first, first, 2 * WAD)
    return first + second + mul_div_down(second, first, 3 * WAD)


def interest(borrowed: int, growth: int) -> int:
    """Return the interest on all debts, rounded down.

    Source: morpho-org/morpho-blue 1.0.0, Morpho.sol `_accrueInterest`.
    """
    return mul_div_down(borrowed, growth, WAD)


def fee_shares(interest: int, fee: int, supplied: int, shares: int) -> int:
    """Return the supply shares that pay the fee, rounded down twice.

    Args:
        interest: Of the period [loan units].
        fee: Part of it that is the fee [wad].
        supplied: All supply, with the interest and so with the fee [loan units].
        shares: All supply shares before the fee.

    Source: morpho-org/morpho-blue 1.0.0, Morpho.sol `_accrueInterest`.
    """
    paid = mul_div_down(interest, fee, WAD)
    return to_shares_down(paid, supplied - paid, shares)


def utilisation_rate(borrowed: int, supplied: int) -> int:
    """Return a rate per second that comes to the utilisation in a year [wad]; nothing without supply.

    Source: morpho-org/morpho-blue 1.0.0, mocks/IrmMock.sol: the curve of its tests and of the recordings.
    """
    return mul_div_down(mul_div_down(borrowed, WAD, supplied), 1, YEAR_S) if supplied else 0
