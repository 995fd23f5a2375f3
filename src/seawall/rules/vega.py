"""Vega: positions the network takes over at the mark, and how fast it gives them back."""

from __future__ import annotations

from seawall.core.rounding import mul_div_down, mul_div_toward_zero
from seawall.rules.margin import PPM

__all__ = ["cost_closed", "disposal_size"]


def disposal_size(
    size: int, book_volume: int, book_fraction_ppm: int, fraction_ppm: int, size_full: int
) -> int:
    """Return the lots offered in one step, rounded down.

    min(book fraction * book volume, size up to `size_full`, and a fraction of size above it).

    Args:
        size: Lots the network holds, without sign.
        book_volume: Lots on the other side of the book within range.
        book_fraction_ppm: Largest part of that volume [ppm].
        fraction_ppm: Part of the position offered in a step [ppm].
        size_full: Lots from which down the whole position is offered.

    Source: Vega protocol specs, 0012-POSR, disposal strategy.
    """
    wanted = size
    if size > size_full:
        wanted = mul_div_down(size, fraction_ppm, PPM)
    return min(mul_div_down(book_volume, book_fraction_ppm, PPM), wanted)


def cost_closed(size: int, cost: int, traded: int) -> int:
    """Return how much of the cost of a position a trade against it realises, cut off [value].

    Size times average entry price, for what the trade closes; a trade in the same direction closes
    nothing and adds its own value to the cost. Realised pnl is what was traded for less this.

    Args:
        size: Lots held before, signed.
        cost: What they were entered for, signed as the size: size * average entry price [value].
        traded: Lots of the trade, signed; what goes beyond the position opens the other side.

    Source: Vega protocol specs, 0007-POSN and 0012-POSR: realised and unrealised pnl by average entry.
    """
    if size * traded >= 0:
        return 0
    held, opposite = max(size, -size), max(traded, -traded)
    return mul_div_toward_zero(cost, min(opposite, held), held)
