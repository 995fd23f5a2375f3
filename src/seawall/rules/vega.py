"""Vega: how fast the network gives back positions it took over."""

from __future__ import annotations

from seawall.core.rounding import mul_div_down
from seawall.rules.margin import PPM

__all__ = ["disposal_size"]


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
