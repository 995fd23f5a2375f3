"""What Maker's contracts say when they refuse, and our code for it."""

from __future__ import annotations

from collections.abc import Mapping

from seawall.venues.machines.machine import UINT256_MAX, Revert
from seawall.venues.machines.refusals import requirer

# A sum, difference or product beyond its width: the contracts refuse it without a word of their own.
OUT_OF_RANGE = "Error:"

CODES: Mapping[str, str] = {
    OUT_OF_RANGE: "out_of_range",
    "Error:Vat/ceiling-exceeded": "ceiling_exceeded",
    "Error:Vat/not-safe": "unhealthy_after",
    "Error:Vat/dust": "leaves_dust",
    "Error:Jug/invalid-now": "too_early",
    "Error:Dog/not-unsafe": "healthy",
    "Error:Dog/liquidation-limit-hit": "limit_reached",
    "Error:Dog/dusty-auction-from-partial-liquidation": "auction_too_small",
    "Error:Dog/null-auction": "nothing_seized",
    "Error:Clipper/zero-top-price": "zero_price",
    "Error:Clipper/not-running-auction": "no_auction",
    "Error:Clipper/needs-reset": "auction_stale",
    "Error:Clipper/cannot-reset": "auction_not_stale",
    "Error:Clipper/too-expensive": "price_above_limit",
    "Error:Clipper/no-partial-purchase": "leaves_dust",
    "Error:Vow/wait-not-finished": "too_early",
    "Error:Vow/insufficient-surplus": "insufficient_surplus",
    "Error:Vow/insufficient-debt": "insufficient_debt",
    "Error:Vow/surplus-not-zero": "surplus_left",
    "Error:Flopper/guy-not-set": "no_auction",
    "Error:Flopper/already-finished-tic": "auction_over",
    "Error:Flopper/already-finished-end": "auction_over",
    "Error:Flopper/not-matching-bid": "bid_does_not_match",
    "Error:Flopper/lot-not-lower": "bid_not_better",
    "Error:Flopper/insufficient-decrease": "bid_not_better",
    "Error:Flopper/not-finished": "too_early",
    "Error:Flopper/bid-already-placed": "bid_stands",
}


require = requirer(CODES)


def uint(value: int) -> int:
    """Return a number that fits 256 bits without a sign; leave the call where it does not."""
    if not 0 <= value <= UINT256_MAX:
        raise Revert(OUT_OF_RANGE, CODES[OUT_OF_RANGE])
    return value


def sint(value: int) -> int:
    """Return a number that fits 256 bits with a sign; leave the call where it does not."""
    if not -(2**255) <= value < 2**255:
        raise Revert(OUT_OF_RANGE, CODES[OUT_OF_RANGE])
    return value
