"""Liquity v1, StabilityPool: one product and one sum in place of a loop over depositors.

A deposit is remembered with the product P and the sum S of its day. Each offset multiplies P
by the share that survives and adds to S what a deposit of one would have gained; both are
rounded against the depositor, and the error of each rounding is carried into the next offset.
The gain is added before the loss, by the old P. P is scaled by 1e9 before it runs out of digits.

Amounts are in wei; per-unit numbers and P have 18 decimals, S has 36.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down
from seawall.core.units import WAD

SCALE_FACTOR = 10**9


def offset_most(deposits: int, floor: int) -> int:
    """Return the debt that a pool can offset: all deposits above the floor (1e18 since 2025).

    Source: Liquity v1 since 2025, StabilityPool MIN_LUSD_IN_SP.
    """
    return max(0, deposits - floor)


def loss_per_unit(debt: int, deposits: int, error: int) -> tuple[int, int]:
    """Return (loss per unit of deposit, error to carry), rounded up: against the depositor.

    What it took too much is given back whole at the next offset, however little of it survived until
    then, so that deposits may come to exceed the pool by a few wei. A debt so small that the carried
    error pays for it still costs one unit per deposit.

    Args:
        debt: Offset, 0 < debt < deposits.
        error: Carried from the last offset: what it took too much.

    Source: Liquity v1, StabilityPool `_computeRewardsPerUnitStaked`.
    """
    numerator = max(0, debt * WAD - error)
    per_unit = mul_div_down(numerator, 1, deposits) + 1
    return per_unit, per_unit * deposits - numerator


def offset_loss(debt: int, deposits: int, error: int) -> tuple[int, int]:
    """Return (loss per unit of deposit, error to carry) where an offset may take the whole pool.

    All is lost (WAD) iff debt and deposits are equal, and no error is carried beyond it.

    Source: Liquity v1 as deployed, StabilityPool `_computeRewardsPerUnitStaked`.
    """
    return (WAD, 0) if debt == deposits else loss_per_unit(debt, deposits, error)


def gain_per_unit(collateral: int, deposits: int, error: int) -> tuple[int, int]:
    """Return (collateral gained per unit of deposit, error to carry), rounded down.

    Source: Liquity v1, StabilityPool `_computeRewardsPerUnitStaked`.
    """
    numerator = collateral * WAD + error
    per_unit = mul_div_down(numerator, 1, deposits)
    return per_unit, numerator - per_unit * deposits


def next_product(product: int, loss: int) -> tuple[int, int]:
    """Return (P after a loss per unit, how often it was scaled up by 1e9: 0, 1 or 2).

    Source: Liquity v1 since 2025, StabilityPool `_updateRewardSumAndProduct`.
    """
    factor = WAD - loss
    after, scales = mul_div_down(product, factor, WAD), 0
    if after < SCALE_FACTOR:
        after, scales = mul_div_down(product * factor, SCALE_FACTOR, WAD), 1
        if after < SCALE_FACTOR:
            after, scales = mul_div_down(product * factor, SCALE_FACTOR * SCALE_FACTOR, WAD), 2
    return after, scales


def next_product_once(product: int, loss: int) -> tuple[int, int]:
    """Return (P after a loss per unit below all of it, how often it was scaled up by 1e9: 0 or 1).

    Source: Liquity v1 as deployed, StabilityPool `_updateRewardSumAndProduct`; what takes the whole
    pool starts a new epoch instead, with P at 1.
    """
    factor = WAD - loss
    after = mul_div_down(product, factor, WAD)
    if after < SCALE_FACTOR:
        return mul_div_down(product * factor, SCALE_FACTOR, WAD), 1
    return after, 0


def compounded_deposit(deposit: int, product_then: int, product: int, scales: int) -> int:
    """Return what is left of a deposit, rounded down; nothing below a 1e-9th of it.

    Args:
        product_then, product: P when it was made, and now.
        scales: How often P was scaled up in between.

    Source: Liquity v1, StabilityPool `_getCompoundedStakeFromSnapshots`.
    """
    if scales > 1:
        return 0
    left = mul_div_down(deposit, product, product_then)
    if scales == 1:
        left = mul_div_down(left, 1, SCALE_FACTOR)
    return 0 if left < mul_div_down(deposit, 1, SCALE_FACTOR) else left


def deposit_gain(deposit: int, product_then: int, sum_then: int, sum_same: int, sum_next: int) -> int:
    """Return the collateral a deposit has gained, rounded down.

    Args:
        product_then, sum_then: P, and S of its scale, when it was made.
        sum_same, sum_next: S of that scale now, and S of the next one.

    Source: Liquity v1, StabilityPool `_getETHGainFromSnapshots`.
    """
    gained = sum_same - sum_then + mul_div_down(sum_next, 1, SCALE_FACTOR)
    return mul_div_down(mul_div_down(deposit, gained, product_then), 1, WAD)
