"""What a position must keep: a curve of the terms, run through the rules of margin."""

from __future__ import annotations

from functools import lru_cache

from seawall.core.book import Instrument
from seawall.core.curves import BracketCurve, FlatCurve, MarginCurve
from seawall.rules.margin import bracket_cum, bracket_requirement, flat_requirement, sqrt_requirement

Brackets = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


@lru_cache(maxsize=4096)
def brackets(curve: BracketCurve, unit: int) -> Brackets:
    """Return floors [value], rates [ppm] and cums [value x ppm] of a curve whose floors count `unit`."""
    floors: list[int] = []
    rates: list[int] = []
    cums = [0]
    for tier in curve.tiers:
        if rates:
            cums.append(bracket_cum(tier.floor * unit, tier.rate_ppm, rates[-1], cums[-1]))
        floors.append(tier.floor * unit)
        rates.append(tier.rate_ppm)
    return tuple(floors), tuple(rates), tuple(cums)


def requirement(curve: MarginCurve, notional: int, size: int, instrument: Instrument, unit: int) -> int:
    """Return the maintenance requirement of a position, rounded up [value].

    Args:
        notional: Size at the mark, >= 0 [value].
        size: Unsigned quantity [quantity units].
        unit: Values in one whole settle asset.
    """
    if isinstance(curve, FlatCurve):
        return flat_requirement(notional, curve.rate_ppm)
    if isinstance(curve, BracketCurve):
        return bracket_requirement(notional, *brackets(curve, unit))
    return sqrt_requirement(
        notional, size, 10**instrument.quantity_decimals, curve.rate_ppm, curve.factor_ppm
    )
