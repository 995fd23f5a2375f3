"""Liquity v1, troves: ratios, the borrowing fee, stakes, and how a liquidation is divided.

Amounts are wei, prices and ratios have 18 decimals. Every division is rounded down.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down
from seawall.core.units import WAD

RATIO_INFINITE = 2**256 - 1
NOMINAL_UNIT = 10**20
FEE_MIN = 5 * 10**15
FEE_MAX = 5 * 10**16


def collateral_ratio(collateral: int, debt: int, price: int) -> int:
    """Return collateral value over debt; without debt the largest number there is.

    Source: Liquity v1, LiquityMath `_computeCR`.
    """
    return mul_div_down(collateral, price, debt) if debt > 0 else RATIO_INFINITE


def nominal_ratio(collateral: int, debt: int) -> int:
    """Return collateral over debt at no price, by which troves are sorted [20 decimals].

    Source: Liquity v1, LiquityMath `_computeNominalCR`.
    """
    return mul_div_down(collateral, NOMINAL_UNIT, debt) if debt > 0 else RATIO_INFINITE


def in_recovery(total_ratio: int, ccr: int) -> bool:
    """Return whether the whole system is in recovery mode; at the critical ratio it is not.

    Source: Liquity v1, LiquityBase `_checkRecoveryMode`.
    """
    return total_ratio < ccr


def borrowing_fee(amount: int, base_rate: int) -> int:
    """Return the fee on what is drawn: half a percent and the base rate, at most five percent.

    Source: Liquity v1, TroveManager `_calcBorrowingFee`.
    """
    return mul_div_down(min(FEE_MIN + base_rate, FEE_MAX), amount, WAD)


def stake(collateral: int, stakes: int, all_collateral: int) -> int:
    """Return a trove's share in redistributions: its collateral, corrected for what went before.

    Args:
        collateral: Of the trove.
        stakes, all_collateral: Sums at the last liquidation, 0 before the first.

    Source: Liquity v1, TroveManager `_computeNewStake`.
    """
    return mul_div_down(collateral, stakes, all_collateral) if all_collateral > 0 else collateral


def pending(stake: int, per_unit: int, per_unit_then: int) -> int:
    """Return what redistributions have added to a trove since it was last touched.

    Source: Liquity v1, TroveManager `getPendingETHReward`.
    """
    return mul_div_down(stake, per_unit - per_unit_then, WAD)


def gas_compensation(collateral: int, divisor: int) -> int:
    """Return the collateral that the liquidator keeps.

    Source: Liquity v1, LiquityBase `_getCollGasCompensation`.
    """
    return mul_div_down(collateral, 1, divisor)


def offset_split(debt: int, collateral: int, deposits: int) -> tuple[int, int]:
    """Return (debt that the pool offsets, collateral that goes to it); the rest is redistributed.

    Source: Liquity v1, TroveManager `_getOffsetAndRedistributionVals`.
    """
    offset = min(debt, deposits)
    return offset, mul_div_down(collateral, offset, debt)


def capped_collateral(debt: int, price: int, mcr: int) -> int:
    """Return the collateral taken from a trove above the minimum ratio: the debt's worth at that ratio.

    Source: Liquity v1, TroveManager `_getCappedOffsetVals`.
    """
    return mul_div_down(debt, mcr, price)


def is_redistributed(ratio: int) -> bool:
    """Return whether recovery mode spares the pool a trove: it is worth its debt at most.

    Source: Liquity v1, TroveManager `_liquidateRecoveryMode`.
    """
    return ratio <= WAD


def is_capped(ratio: int, total_ratio: int, mcr: int, debt: int, deposits: int) -> bool:
    """Return whether recovery mode takes a trove above the minimum ratio: below the system's, and whole.

    Source: Liquity v1, TroveManager `_liquidateRecoveryMode`.
    """
    return mcr <= ratio < total_ratio and debt <= deposits
