"""What options are worth by the model, and how their marks follow their underlying.

An option's position is worth its quantity times its mark, as any other; the model says how that mark moves.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from fractions import Fraction

from seawall.core.book import Book, Instrument, Option
from seawall.core.market import Mark, Market
from seawall.core.rounding import mul_div_down, mul_div_toward_zero
from seawall.core.units import WAD
from seawall.rules import black_76

__all__ = ["followed", "model_worth", "seconds_left", "sign_of"]


def seconds_left(option: Option, market: Market) -> int:
    """Return the time to expiry when the market was seen, 0 after it [s]."""
    return max(0, option.expires - market.as_of)


def sign_of(option: Option) -> int:
    """Return 1 for a call and -1 for a put, as rules take it."""
    return 1 if option.right == "call" else -1


def model_worth(option: Option, forward: int, vol: int, seconds: int, mark_decimals: int) -> int:
    """Return the worth of an option on one underlying by the model, exact rule [10**-(mark_decimals + 18)].

    In the settle asset: in coins that is the price over the forward.

    Args:
        forward: Above 0 [mark units, as the strike].
        vol: At least 0 [wad].
        seconds: Time to expiry, at least 0 [s].
    """
    worth = black_76.price(forward, option.strike, vol, seconds, sign_of(option))
    return mul_div_toward_zero(worth, 10**mark_decimals, forward) if option.in_coin else worth


def followed(
    book: Book, market: Market, left: Fraction, *, chosen: Callable[[Instrument], bool]
) -> Mapping[str, Mark]:
    """Return the marks of options after their forwards were multiplied by a fraction, volatility standing.

    The mark moves by what the model's worth moves, and is at least 0; rounded down. An option without a
    forward or volatility keeps its mark, and nobody can tell better.

    Args:
        left: What is left of each forward, above 0.
        chosen: Which options; others are left out.
    """
    found = {}
    for item in book.instruments:
        mark = market.marks.get(item.id)
        if item.option is None or mark is None or not chosen(item):
            continue
        if mark.mark is None or mark.forward is None or mark.vol is None:
            found[item.id] = replace(mark, previous=mark.mark)
            continue
        forward = max(1, mul_div_down(mark.forward, left.numerator, left.denominator))
        seconds = seconds_left(item.option, market)
        before, after = (
            model_worth(item.option, each, mark.vol, seconds, market.mark_decimals)
            for each in (mark.forward, forward)
        )
        now = max(0, mark.mark + mul_div_down(after - before, 1, WAD))
        found[item.id] = Mark(now, previous=mark.mark, forward=forward, vol=mark.vol)
    return found
