"""Bybit: the bankruptcy price of inverse contracts, and the drawdown that starts deleveraging."""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, mul_div_up
from seawall.rules.margin import PPM

__all__ = ["drawdown_borne_by_winners", "inverse_bankruptcy_price", "is_drawdown_triggered"]


def inverse_bankruptcy_price(
    entry: int, leverage: int, leverage_unit: int, is_long: bool, tick: int
) -> tuple[bool, int]:
    """Return (found, price) at which an inverse position has lost its initial margin.

    Long: entry * L / (L + 1), rounded up to the tick. Short: entry * L / (L - 1), rounded down; none
    where L <= 1, since a short of an inverse contract at 1x cannot lose its margin.

    Args:
        entry: Average entry price [any one unit].
        leverage: L * leverage_unit, > 0.
        leverage_unit: What stands for a leverage of 1.
        is_long: Whether the position is long.
        tick: Step of prices [unit of `entry`], > 0.

    Returns:
        Whether there is such a price, and the price, -1 if not.

    Source: Bybit, What is Auto-Deleveraging (ADL), inverse contracts (long; the short is its mirror).
    """
    if is_long:
        return True, mul_div_up(entry, leverage, (leverage + leverage_unit) * tick) * tick
    if leverage <= leverage_unit:
        return False, -1
    return True, mul_div_down(entry, leverage, (leverage - leverage_unit) * tick) * tick


def is_drawdown_triggered(
    pnl_change: int, pool_peak: int, trigger_ppm: int, pool_balance: int, balance_min: int
) -> bool:
    """Return whether deleveraging starts: the pool fell by more than the trigger, or is empty.

    pnl change / peak < -trigger, cross-multiplied: at exactly the trigger it has not started.

    Args:
        pnl_change: Result of the contract since its best in the window [value].
        pool_peak: Highest balance of the pool in the window [value].
        trigger_ppm: Part of the peak that may be lost [ppm].
        pool_balance: Balance now [value].
        balance_min: Balance below which the pool counts as empty [value].

    Source: Bybit API v5, market/adl-alert.
    """
    return pnl_change * PPM < -trigger_ppm * pool_peak or pool_balance < balance_min


def drawdown_borne_by_winners(pnl_change: int, pool_peak: int, trigger_ppm: int) -> int:
    """Return the loss beyond the trigger, which deleveraged accounts bear, rounded down [value].

    Source: Bybit API v5, market/adl-alert, example 1.
    """
    return max(-pnl_change - mul_div_up(pool_peak, trigger_ppm, PPM), 0)
