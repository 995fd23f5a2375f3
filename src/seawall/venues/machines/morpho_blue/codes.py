"""What Morpho Blue says when it refuses, and our code for it."""

from __future__ import annotations

from collections.abc import Mapping

from seawall.venues.machines.machine import UINT256_MAX, Revert
from seawall.venues.machines.refusals import requirer

# More repaid than is owed, more seized or withdrawn than there is, or a number beyond its width.
PANIC_RANGE = "Panic:0x11"
PANIC_ZERO = "Panic:0x12"

CODES: Mapping[str, str] = {
    "Error:inconsistent input": "inconsistent_input",
    "Error:zero assets": "nothing_asked",
    "Error:insufficient collateral": "unhealthy_after",
    "Error:insufficient liquidity": "insufficient_liquidity",
    "Error:position is healthy": "healthy",
    "Error:already set": "already_set",
    "Error:max fee exceeded": "bad_protocol_fee",
    "Error:max uint128 exceeded": "out_of_range",
    PANIC_RANGE: "out_of_range",
    PANIC_ZERO: "zero_price",
}

require = requirer(CODES)


def uint256(value: int) -> int:
    """Return the result of a sum, difference or product of 256 bits; leave the call where it does not fit."""
    if not 0 <= value <= UINT256_MAX:
        raise Revert(PANIC_RANGE, CODES[PANIC_RANGE])
    return value


def uint128(value: int) -> int:
    """Return the result of a sum or difference of 128 bits; leave the call where it does not fit."""
    if not 0 <= value < 2**128:
        raise Revert(PANIC_RANGE, CODES[PANIC_RANGE])
    return value


def cast128(value: int) -> int:
    """Return a number of 256 bits as one of 128; leave the call, in words, where it does not fit."""
    require(value < 2**128, "max uint128 exceeded")
    return value


def divisor(value: int) -> int:
    """Return what is divided by; leave the call where it is zero."""
    if value == 0:
        raise Revert(PANIC_ZERO, CODES[PANIC_ZERO])
    return value
