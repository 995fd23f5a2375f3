"""What the positions on one instrument are worth and need, as float columns; the twins of `risk.exchange`.

Each float is within `RELATIVE` of its own size of the exact value, but for what the exact world
rounds: inverse contracts and requirements by 10**-36 of the settle asset, and the rate of a
square-root curve by a ppm (`rate_slack`).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seawall.core.book import MULTIPLIER_DECIMALS, Book, Instrument
from seawall.core.compiled import compile_rule
from seawall.core.curves import BracketCurve, FlatCurve, MarginCurve, SqrtCurve
from seawall.core.market import Basis, Market
from seawall.core.money import Amounts
from seawall.core.terms import Terms
from seawall.core.units import PPM
from seawall.risk.exchange import FUNDING_DECIMALS, curve_of
from seawall.risk.requirement import brackets
from seawall.rules.margin import sqrt_requirement

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class PositionValues:
    """Columns over positions on one instrument, in whole base currency; NaN where a price is missing.

    Attributes:
        worth: Signed value at the mark.
        cost: Cost, signed as in `Position`.
        funding: Funding owed since last touched, + to pay.
        requirement: Maintenance requirement by the curve, >= 0; 0 for options, which have none.
    """

    worth: Floats
    cost: Floats
    funding: Floats
    requirement: Floats


def position_values(
    book: Book, market: Market, terms: Terms, code: int, rows: NDArray[np.intp], basis: Basis = "oracle"
) -> PositionValues:
    """Return the values of the positions at `rows`, all on instrument number `code`."""
    item, held = book.instruments[code], book.positions
    price, mark = market.price(item.settle_asset, basis), mark_of(market, item.id, basis)
    if price is None or mark is None or (mark == 0 and item.kind == "inverse"):
        missing = np.full(len(rows), np.nan)
        return PositionValues(missing, missing, missing, missing)
    settle = price / 10.0**market.price_decimals
    quantity = held.quantity.take(rows).to_float()
    worth = quantity * worth_per_unit(item, market, mark) * settle
    return PositionValues(
        worth,
        held.cost.take(rows).to_float() * (settle / book.asset(item.settle_asset).unit),
        quantity * funding_changes(book, item, rows) * (settle / 10.0**FUNDING_DECIMALS),
        np.zeros(len(rows))
        if item.option is not None
        else needs(curve_of(terms, item.id), np.abs(worth), np.abs(quantity), item, settle),
    )


def mark_of(market: Market, instrument: str, basis: Basis) -> int | None:
    """Return the price a basis values positions at: the mark, or the index where there is one."""
    marks = market.marks.get(instrument)
    return None if marks is None else marks.named("mark" if basis == "oracle" else "index")


def worth_per_unit(item: Instrument, market: Market, mark: int) -> float:
    """Return what one quantity unit is worth at a mark, 0 < mark for inverse [whole settle asset]."""
    contracts = item.multiplier / 10.0**MULTIPLIER_DECIMALS / 10.0**item.quantity_decimals
    if item.kind == "inverse":
        return -contracts * 10.0**market.mark_decimals / mark
    return contracts * mark / 10.0**market.mark_decimals


def funding_changes(book: Book, item: Instrument, rows: NDArray[np.intp]) -> Floats:
    """Return by how much the funding index rose since each position was touched [10**-18 settle asset]."""
    touched = book.positions.funding_index
    before = Amounts.zeros(len(rows)) if touched is None else touched.take(rows)
    return before.taken_from(item.funding_index)


def lines_of(curve: MarginCurve, settle: float) -> list[tuple[float, float]]:
    """Return the lines (rate, cum) that a curve is the largest of; none for a square-root curve.

    Args:
        settle: Price of the settle asset, in which the curve counts [whole base currency].
    """
    if isinstance(curve, FlatCurve):
        return [(curve.rate_ppm / PPM, 0.0)]
    if isinstance(curve, BracketCurve):
        _, rates, cums = brackets(curve, 1)
        return [(rate / PPM, cum / PPM * settle) for rate, cum in zip(rates, cums, strict=True)]
    return []


def needs(curve: MarginCurve, notional: Floats, size: Floats, item: Instrument, settle: float) -> Floats:
    """Return the requirement of positions of one instrument [whole base currency].

    Args:
        notional: Sizes at the mark [whole base currency].
        size: Unsigned quantities [quantity units].
        settle: As in `lines_of`.
    """
    if not isinstance(curve, SqrtCurve):
        needed: Floats = np.maximum.reduce([notional * rate - cum for rate, cum in lines_of(curve, settle)])
        return needed
    rule, unit = compile_rule(sqrt_requirement), 10.0**item.quantity_decimals
    pairs = zip(notional.tolist(), size.tolist(), strict=True)
    return np.array([rule(n, q, unit, curve.rate_ppm, curve.factor_ppm) for n, q in pairs], dtype=np.float64)


def rate_slack(terms: Terms, instrument: str) -> float:
    """Return the part of a notional by which a requirement in floats may differ.

    The square-root rule floors its rate to a ppm, which floats do not follow.
    """
    return 1 / PPM if isinstance(curve_of(terms, instrument), SqrtCurve) else 0.0
