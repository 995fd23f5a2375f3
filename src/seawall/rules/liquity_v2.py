"""Liquity v2 (BOLD): one trove's debt split between the stability pool and redistribution.

Amounts and prices [wad]. Every division rounds down.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down
from seawall.core.units import WAD

GAS_COMPENSATION_DIVISOR = 200
GAS_COMPENSATION_MAX = 2 * WAD

__all__ = ["GAS_COMPENSATION_MAX", "liquidation_split", "penalised"]


def penalised(collateral: int, debt: int, penalty: int, price: int) -> tuple[int, int]:
    """Return the collateral taken for a debt at a penalty, and what is left for the owner.

    Source: Liquity v2, TroveManager.sol `_getCollPenaltyAndSurplus`.
    """
    most = mul_div_down(debt, WAD + penalty, price)
    if collateral > most:
        return most, collateral - most
    return collateral, 0


def liquidation_split(
    debt: int, collateral: int, pool: int, price: int, pool_penalty: int, redistribution_penalty: int
) -> tuple[int, int, int, int, int, int, int]:
    """Return how one trove is closed.

    Gas compensation is taken from the stability pool's part alone. What that part leaves over is eaten
    by the penalty of the redistributed part before the owner sees it.

    Args:
        pool: Deposits of the stability pool that may be used.
        pool_penalty, redistribution_penalty: Of each part.

    Returns:
        Collateral that goes with the offset debt, debt offset, collateral to the pool, gas
        compensation, debt redistributed, collateral redistributed, surplus of the owner.

    Source: Liquity v2, TroveManager.sol `_getOffsetAndRedistributionVals`.
    """
    offset = min(debt, pool)
    part = mul_div_down(collateral, offset, debt)
    gas = min(mul_div_down(part, 1, GAS_COMPENSATION_DIVISOR), GAS_COMPENSATION_MAX)
    to_pool, surplus = penalised(part - gas, offset, pool_penalty, price)
    redistributed = debt - offset
    collateral_redistributed = 0
    if redistributed > 0 and collateral > part:
        collateral_redistributed, surplus = penalised(
            collateral - part + surplus, redistributed, redistribution_penalty, price
        )
    return part, offset, to_pool, gas, redistributed, collateral_redistributed, surplus
