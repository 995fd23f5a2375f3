"""Amounts as people read them: decimal strings, and values in the base currency."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction

from seawall.core.book import Book
from seawall.core.market import Market
from seawall.core.money import format_decimal


def amount(book: Book, asset: str, units: int) -> dict[str, str]:
    """Return an amount with its asset: whole units as a plain decimal string."""
    return {"asset": asset, "amount": format_decimal(units, book.asset(asset).decimals)}


def by_asset(book: Book, parts: Iterable[tuple[str, int]]) -> list[dict[str, str]]:
    """Add up amounts per asset [minor units] and return each with its asset, in order of the name."""
    totals: dict[str, int] = {}
    for asset, units in parts:
        totals[asset] = totals.get(asset, 0) + units
    return [amount(book, asset, units) for asset, units in sorted(totals.items())]


def value_of(book: Book, market: Market, asset: str, units: int) -> Fraction:
    """Return what an amount is worth at the oracle price [base currency]; zero where unpriced."""
    return Fraction(units * (market.price(asset) or 0), book.asset(asset).unit * 10**market.price_decimals)


def total_value(book: Book, market: Market, parts: Iterable[tuple[str, int]]) -> Fraction:
    """Return what several amounts are worth together at the oracle prices [base currency]."""
    return sum((value_of(book, market, asset, units) for asset, units in parts), Fraction(0))


def money(value: Fraction) -> str:
    """Write a value in base currency with cents, halves up.

    >>> money(Fraction(1, 200)), money(Fraction(-3, 2))
    ('0.01', '-1.50')
    """
    cents = int(abs(value) * 100 + Fraction(1, 2))
    return f"{'-' if value < 0 and cents else ''}{cents // 100}.{cents % 100:02}"


def cents(value: float) -> str:
    """Write a number that was computed in floats with two decimals.

    >>> cents(1234.5), cents(-0.25)
    ('1234.50', '-0.25')
    """
    return f"{value:.2f}"


def short(value: str | float | Fraction) -> str:
    """Write a value with three digits and its size: 61.3 k, 2.61 M.

    >>> short("61313.5"), short("999.96"), short("0.004"), short("0")
    ('61.3 k', '1,000', '0.004', '0')
    """
    number = float(value)
    for limit, size in ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(number) >= limit:
            scaled = number / limit
            places = 2 if abs(scaled) < 9.995 else 1 if abs(scaled) < 99.95 else 0
            return f"{scaled:,.{places}f} {size}"
    if abs(number) >= 100:
        return f"{number:,.0f}"
    return f"{number:.3g}"
