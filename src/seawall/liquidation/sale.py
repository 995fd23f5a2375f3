"""What a pass of liquidations uses up: depth of the market, and where accounts are handed over, the pool.

Closing a position brings what the depth pays, or the mark less slippage.
"""

from __future__ import annotations

from functools import cached_property

from seawall.core.book import Book
from seawall.core.market import DepthLevel, Market
from seawall.core.rounding import mul_div_down
from seawall.core.terms import Terms
from seawall.core.units import BPS
from seawall.liquidation.system import System
from seawall.risk.exchange import VALUE_DECIMALS, position_worth


class Desk:
    """Quotes close-outs against resting depth, remembering what earlier quotes used up.

    Within one resolve the orders of the book are hit in the order of the defaults; a
    quantity beyond the given depth is valued at the worst level, less the slippage of
    the terms.
    """

    def __init__(self, book: Book, market: Market, terms: Terms) -> None:
        self._book, self._market, self._terms = book, market, terms
        self._used: dict[tuple[str, bool], int] = {}

    @cached_property
    def system(self) -> System:
        """All accounts together as they stand by now, for a venue that judges each by them."""
        return System.of(self._book, self._market, self._terms)

    def take_close_out(self, instrument_id: str, quantity: int) -> int:
        """Close `quantity` against what depth is left and return its proceeds [settle asset minor units].

        Signed, rounded down: selling a long brings a positive amount, buying back a short a negative one.
        The depth it used is gone for the next.
        """
        instrument = self._book.instrument(instrument_id)
        unit_gap = 10 ** (VALUE_DECIMALS - self._book.asset(instrument.settle_asset).decimals)
        lowest = (
            1 if instrument.kind == "inverse" else 0
        )  # a coin has no worth in contracts at a price of zero
        worth = sum(
            position_worth(instrument, part, max(price, lowest), self._market, self._terms)
            for part, price in self._fills(instrument_id, quantity)
        )
        return mul_div_down(worth, 1, unit_gap)

    def _fills(self, instrument_id: str, quantity: int) -> list[tuple[int, int]]:
        sells = quantity > 0
        sign = 1 if sells else -1
        left = abs(quantity)
        used = self._used.get((instrument_id, sells), 0)
        self._used[instrument_id, sells] = used + left
        fills, last = [], self._market.mark(instrument_id) or 0
        for level in self._levels(instrument_id, sells):
            skipped = min(used, level.quantity)
            used -= skipped
            taken = min(left, level.quantity - skipped)
            if taken:
                fills.append((sign * taken, level.price))
                left -= taken
            last = level.price
            if not left:
                break
        if left:
            fills.append((sign * left, self._slipped(instrument_id, last, sells)))
        return fills

    def _levels(self, instrument_id: str, sells: bool) -> tuple[DepthLevel, ...]:
        depth = self._market.depth.get(instrument_id)
        if depth is None:
            return ()
        return depth.bids if sells else depth.asks

    def _slipped(self, instrument_id: str, price: int, sells: bool) -> int:
        chosen = self._terms.instrument_terms(instrument_id)
        slippage = chosen.close_out_slippage_bps
        if sells:
            return mul_div_down(price, BPS - slippage, BPS)
        return -mul_div_down(-price, BPS + slippage, BPS)
