"""What Liquity's contracts say when they refuse, and our code for it."""

from __future__ import annotations

from collections.abc import Mapping

from seawall.venues.machines.machine import UINT256_MAX
from seawall.venues.machines.refusals import requirer

CODES: Mapping[str, str] = {
    "Error:BorrowerOps: Trove is active": "already_open",
    "Error:BorrowerOps: Trove does not exist or is closed": "no_trove",
    "Error:BorrowerOps: Trove's net debt must be greater than minimum": "leaves_dust",
    "Error:BorrowerOps: Operation must leave trove with ICR >= CCR": "unhealthy_after",
    "Error:BorrowerOps: An operation that would result in ICR < MCR is not permitted": "unhealthy_after",
    "Error:BorrowerOps: An operation that would result in TCR < CCR is not permitted": "system_unhealthy",
    "Error:BorrowerOps: There must be either a collateral change or a debt change": "nothing_asked",
    "Error:StabilityPool: Amount must be non-zero": "nothing_asked",
    "Error:StabilityPool: User must have a non-zero deposit": "no_deposit",
    "Error:StabilityPool: Cannot withdraw while there are troves with ICR < MCR": "liquidations_waiting",
    "Error:ERC20: transfer amount exceeds balance": "insufficient_balance",
    "Error:TroveManager: Trove does not exist or is closed": "no_trove",
    "Error:TroveManager: Calldata address array must not be empty": "nothing_asked",
    "Error:TroveManager: nothing to liquidate": "healthy",
    "Error:SafeMath: multiplication overflow": "out_of_range",
    "Error:SafeMath: subtraction overflow": "out_of_range",
    "Error:SafeMath: addition overflow": "out_of_range",
}

require = requirer(CODES)


def product(a: int, b: int) -> int:
    """Return a product that fits 256 bits; leave the call where it does not."""
    require(a * b <= UINT256_MAX, "SafeMath: multiplication overflow")
    return a * b


def total(a: int, b: int) -> int:
    """Return a sum that fits 256 bits; leave the call where it does not."""
    require(a + b <= UINT256_MAX, "SafeMath: addition overflow")
    return a + b
