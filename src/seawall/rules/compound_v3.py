"""Compound v3 (Comet): absorption of a whole account, a store front for what it held, two rate curves.

Factors [wad], prices [8 decimals], base amounts [minor units], principals and indexes [1e15 is 1].
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, mul_div_up
from seawall.core.units import WAD

INDEX = 10**15

__all__ = [
    "INDEX",
    "absorbed_balance",
    "borrow_principal",
    "credit",
    "present_value",
    "quote_collateral",
    "rate",
    "reserves",
    "supply_principal",
    "utilisation",
]


def present_value(principal: int, index: int) -> int:
    """Return the balance that a principal of either side stands for, rounded down.

    Source: Compound v3, CometCore.sol `presentValueSupply`, `presentValueBorrow`.
    """
    return mul_div_down(principal, index, INDEX)


def supply_principal(balance: int, index: int) -> int:
    """Return the principal of a supplied balance, rounded down.

    Source: Compound v3, CometCore.sol `principalValueSupply`.
    """
    return mul_div_down(balance, INDEX, index)


def borrow_principal(balance: int, index: int) -> int:
    """Return the principal of a debt, rounded up.

    Source: Compound v3, CometCore.sol `principalValueBorrow`.
    """
    return mul_div_up(balance, INDEX, index)


def reserves(balance: int, supply: int, supply_index: int, borrow: int, borrow_index: int) -> int:
    """Return what the pool has beyond what suppliers may claim; negative when they are short.

    Seized collateral that is not sold yet counts for nothing.

    Args:
        balance: Base held.
        supply, borrow: Total principals.

    Source: Compound v3, Comet.sol `getReserves`.
    """
    return balance - present_value(supply, supply_index) + present_value(borrow, borrow_index)


def credit(amount: int, price: int, unit: int, liquidation_factor: int) -> int:
    """Return the value that an absorbed account is credited for one collateral [8 decimals].

    Source: Compound v3, Comet.sol `absorbInternal`: value, then factor, each rounded down.
    """
    return mul_div_down(mul_div_down(amount, price, unit), liquidation_factor, WAD)


def absorbed_balance(balance: int, credit_value: int, base_price: int, base_unit: int) -> int:
    """Return an account's base balance after absorption: its debt less its credit, never negative.

    Args:
        balance: Base balance before, negative: a debt.
        credit_value: Sum of credits [8 decimals].

    Source: Compound v3, Comet.sol `absorbInternal`.
    """
    return max(0, balance + mul_div_down(credit_value, base_unit, base_price))


def quote_collateral(
    base: int,
    base_price: int,
    base_unit: int,
    asset_price: int,
    asset_unit: int,
    liquidation_factor: int,
    store_front_factor: int,
) -> int:
    """Return how much seized collateral the store front gives for base, rounded down.

    The price is cut by the store front's part of the liquidation penalty.

    Source: Compound v3, Comet.sol `quoteCollateral`.
    """
    discount = mul_div_down(store_front_factor, WAD - liquidation_factor, WAD)
    discounted = mul_div_down(asset_price, WAD - discount, WAD)
    return mul_div_down(mul_div_down(base_price * base, asset_unit, discounted), 1, base_unit)


def utilisation(borrowed: int, supplied: int) -> int:
    """Return debt over supply, present values; may exceed a wad; zero without supply.

    Source: Compound v3, Comet.sol `getUtilization`.
    """
    if supplied == 0:
        return 0
    return mul_div_down(borrowed, WAD, supplied)


def rate(utilisation: int, base: int, low: int, high: int, kink: int) -> int:
    """Return the rate of one side [wad per second]: each side has a curve of its own.

    Args:
        base, low, high: Per second: the yearly parameter over 31,536,000, rounded down.

    Source: Compound v3, Comet.sol `getSupplyRate`, `getBorrowRate`.
    """
    if utilisation <= kink:
        return base + mul_div_down(low, utilisation, WAD)
    return base + mul_div_down(low, kink, WAD) + mul_div_down(high, utilisation - kink, WAD)
