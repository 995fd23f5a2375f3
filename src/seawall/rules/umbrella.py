"""Aave Umbrella: how much of a deficit is new, how much stake is slashed for it, and what that covers.

Amounts are in minor units of the reserve or of the stake's underlying; a price is of one
minor unit, in any unit that both share.
"""

from __future__ import annotations

from seawall.core.rounding import mul_div_down
from seawall.rules.aave_v3 import BPS

__all__ = ["new_covered", "new_deficit", "offset_coverable", "slash_amount", "slashable"]


def new_deficit(pool_deficit: int, offset: int, pending: int) -> int:
    """Return the part of a pool's deficit that stake is slashed for now.

    max(0, pool deficit - (offset + pending)): the offset is borne before the stake, and what is
    pending has been slashed for and not yet covered.

    Source: Aave Umbrella, Umbrella `isReserveSlashable`.
    """
    return max(0, pool_deficit - (offset + pending))


def slash_amount(deficit: int, fee_bps: int, reserve_price: int, stake_price: int) -> int:
    """Return the stake to slash for a deficit: its value and the fee, each step rounded down.

    Source: Aave Umbrella, Umbrella `slash` and `_slashAsset`.
    """
    return mul_div_down(mul_div_down(deficit, BPS + fee_bps, BPS), reserve_price, stake_price)


def slashable(assets: int, floor: int) -> int:
    """Return the most that can be slashed: what is staked above the floor (1e6 units at Umbrella).

    Source: Aave Umbrella, ERC4626StakeTokenUpgradeable `getMaxSlashableAssets`, MIN_ASSETS_REMAINING.
    """
    return max(0, assets - floor)


def new_covered(deficit: int, to_slash: int, slashed: int) -> int:
    """Return the deficit that a slash covers: all of it, or its part of the slash, rounded down.

    Source: Aave Umbrella, Umbrella `slash`.
    """
    if slashed == to_slash:
        return deficit
    return mul_div_down(deficit, slashed, to_slash)


def offset_coverable(pool_deficit: int, offset: int, pending: int) -> int:
    """Return how much may be covered on account of the offset.

    The offset, unless offset and pending together exceed what the pool still owes (the deficit was
    covered elsewhere, or the offset raised by hand): then only what is not pending.

    Source: Aave Umbrella, Umbrella `coverDeficitOffset`.
    """
    if offset + pending > pool_deficit:
        return max(0, pool_deficit - pending)
    return offset
