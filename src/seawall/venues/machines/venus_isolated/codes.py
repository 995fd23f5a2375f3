"""What Venus's isolated pools say when they refuse, and our code for it."""

from __future__ import annotations

from collections.abc import Mapping

from seawall.venues.machines.machine import UINT256_MAX, Revert
from seawall.venues.machines.refusals import requirer

# A number below zero or beyond its width: debts that rounding left larger than their sum, too little cash.
PANIC_RANGE = "Panic:0x11"
PANIC_ZERO = "Panic:0x12"

CODES: Mapping[str, str] = {
    "E:PriceError": "zero_price",
    "E:InsufficientLiquidity": "unhealthy_after",
    "E:BorrowCashNotAvailable": "insufficient_liquidity",
    "E:RedeemTransferOutNotPossible": "insufficient_liquidity",
    "Error:redeemAmount is zero": "nothing_asked",
    "E:MinimalCollateralViolated": "account_too_small",
    "E:InsufficientShortfall": "healthy",
    "E:TooMuchRepay": "too_much_repaid",
    "E:LiquidateLiquidatorIsBorrower": "own_account",
    "E:LiquidateSeizeLiquidatorIsBorrower": "own_account",
    "E:LiquidateCloseAmountIsZero": "nothing_asked",
    "Error:LIQUIDATE_SEIZE_TOO_MUCH": "insufficient_collateral",
    "E:InsufficientCollateral": "insufficient_collateral",
    # The account is worth more than the least, or, when it is healed, more than its debt and the incentive.
    "E:CollateralExceedsThreshold": "account_too_large",
    "Error:Nonzero borrow balance after liquidation": "debt_left",
    "E:MarketNotCollateral": "no_collateral",
    "E:ActionPaused": "paused",
    "E:SupplyCapExceeded": "supply_cap",
    "E:BorrowCapExceeded": "borrow_cap",
    "E:NonzeroBorrowBalance": "still_owed",
    "E:InvalidCollateralFactor": "bad_terms",
    "E:InvalidLiquidationThreshold": "bad_terms",
    "Error:Close factor greater than maximum close factor": "bad_terms",
    "Error:Close factor smaller than minimum close factor": "bad_terms",
    "Error:liquidation incentive should be greater than 1e18": "bad_terms",
    "Error:no on-going auction": "no_auction",
    "Error:auction is on-going": "auction_running",
    "Error:auction is stale, restart it": "auction_stale",
    "Error:you need to wait for more time for first bidder": "auction_not_stale",
    "Error:basis points cannot be zero": "nothing_asked",
    "Error:basis points cannot be more than 10000": "out_of_range",
    "Error:your bid is not the highest": "bid_not_better",
    "Error:waiting for next bidder. cannot close auction": "too_early",
    "Error:pool bad debt is too low": "debt_too_small",
    PANIC_RANGE: "out_of_range",
    PANIC_ZERO: "zero_price",
}

require = requirer(CODES)


def check(holds: bool, error: str) -> None:
    """Leave the call with a custom error unless something holds."""
    if not holds:
        raise Revert(f"E:{error}", CODES[f"E:{error}"])


def uint(value: int) -> int:
    """Return a number that fits 256 bits; leave the call where it does not."""
    if not 0 <= value <= UINT256_MAX:
        raise Revert(PANIC_RANGE, CODES[PANIC_RANGE])
    return value


def divisor(value: int) -> int:
    """Return what is divided by; leave the call where it is zero."""
    if value == 0:
        raise Revert(PANIC_ZERO, CODES[PANIC_ZERO])
    return value
