"""Prices after a shock: a fall of all prices, or single prices set by name.

A fall keeps what lies between the price bases: oracle, market, mark and index fall by the same
fraction, resting orders with their mark. What other prices are counted in stands still.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field, replace
from fractions import Fraction

from seawall.core.book import Book
from seawall.core.market import Depth, Mark, Market, Price
from seawall.core.money import parse_decimal
from seawall.core.rounding import mul_div_down
from seawall.errors import InputError, Problem
from seawall.risk.options import followed

STEADY_WITHIN = 20  # of one unit of the base currency: a twentieth


@dataclass(frozen=True, slots=True)
class Shock:
    """What is done to prices: first the settings, then the fall of all others.

    Attributes:
        drop: Fraction taken off every price but the steady ones and those set by name, 0 <= drop < 1.
        prices: Price of one whole unit by asset [10**-price_decimals].
        marks: Mark by instrument [10**-mark_decimals].
    """

    drop: Fraction = Fraction(0)
    prices: dict[str, int] = field(default_factory=dict)
    marks: dict[str, int] = field(default_factory=dict)

    def apply(self, book: Book, market: Market) -> Market:
        """Return the market after the shock; without a shock it is the market itself."""
        moved = self.settings_only().on(market)
        return fallen(book, moved, self.drop, but={*self.prices, *self.marks}) if self.drop else moved

    def settings_only(self) -> Shock:
        """Return the shock without its fall."""
        return replace(self, drop=Fraction(0))

    def on(self, market: Market) -> Market:
        """Return the market with the named prices set."""
        if not self.prices and not self.marks:
            return market
        return market.moved(assets=self.prices, instruments=self.marks)


def fallen(book: Book, market: Market, drop: Fraction, *, but: Collection[str] = ()) -> Market:
    """Return a market with every price down by a fraction, rounded down; the steady ones stay.

    A fraction below zero is a rise. Options follow their forwards by the model, at the same volatility.

    Args:
        book: Says which assets instruments settle in.
        drop: Fraction taken off, drop < 1.
        but: Assets and instruments to leave alone.
    """
    left = 1 - drop
    still = {*but, *steady(book, market)}

    options = followed(book, market, left, chosen=lambda item: item.id not in still)

    def cut(price: int | None) -> int | None:
        return None if price is None else mul_div_down(price, left.numerator, left.denominator)

    return replace(
        market,
        prices={
            name: price if name in still else Price(cut(price.oracle), cut(price.market))
            for name, price in market.prices.items()
        },
        marks={
            name: mark
            if name in still
            else options.get(name, Mark(cut(mark.mark), cut(mark.index), cut(mark.oracle), mark.mark))
            for name, mark in market.marks.items()
        },
        depth={
            name: depth
            if name in still
            else _with_option(depth, market.marks.get(name), options[name])
            if name in options
            else depth.scaled(left.numerator, left.denominator)
            for name, depth in market.depth.items()
        },
        set_prices={
            name: price if _is_one(price, market) else mul_div_down(price, left.numerator, left.denominator)
            for name, price in market.set_prices.items()
        },
    )


def steady(book: Book, market: Market) -> frozenset[str]:
    """Return what a fall leaves alone: what is worth about one base unit, and cash of linear contracts."""
    pegged = {
        name
        for name, price in market.prices.items()
        if price.oracle is not None and _is_one(price.oracle, market)
    }
    return frozenset(pegged | {item.settle_asset for item in book.instruments if not item.is_paid_in_coin})


def _with_option(depth: Depth, before: Mark | None, now: Mark) -> Depth:
    # Resting orders keep their place relative to the mark of an option, as those of others do.
    if before is None or not before.mark or now.mark is None:
        return depth
    return depth.scaled(now.mark, before.mark)


def read_shock(drop: str, prices: Collection[str], marks: Collection[str], market: Market) -> Shock:
    """Read a shock as people write it: a fraction, and NAME=VALUE settings.

    Raises:
        InputError: A part is malformed or names nothing known (`usage`); all of them are told.
    """
    problems: list[Problem] = []
    fraction = _drop_of(drop, problems)
    assets = _settings("--price", prices, market.prices, market.price_decimals, problems)
    instruments = _settings("--mark", marks, market.marks, market.mark_decimals, problems)
    if problems:
        raise InputError.of(problems)
    return Shock(fraction, assets, instruments)


def _drop_of(text: str, problems: list[Problem]) -> Fraction:
    if not text:
        return Fraction(0)
    try:
        drop = Fraction(parse_decimal(text, 9), 10**9)
    except InputError as error:
        problems.append(Problem("usage", f"{error}: write a fraction such as 0.3", "--drop"))
        return Fraction(0)
    if not 0 <= drop < 1:
        problems.append(
            Problem("usage", f"a drop is a fraction from 0 up to 1, got {text}: 0.3 is 30 %", "--drop")
        )
    return drop


def _settings(
    option: str, given: Collection[str], known: Collection[str], decimals: int, problems: list[Problem]
) -> dict[str, int]:
    found: dict[str, int] = {}
    for setting in given:
        name, separator, text = setting.rpartition("=")
        if not separator:
            problems.append(Problem("usage", f"expected NAME=VALUE, got {setting!r}", option))
        elif name not in known:
            some = ", ".join(sorted(known)[:8]) or "none here"
            problems.append(
                Problem("usage", f"no price is called {name!r} ({setting!r}); there are: {some}", option)
            )
        else:
            try:
                found[name] = parse_decimal(text, decimals)
            except InputError as error:
                problems.append(Problem("usage", f"{setting!r}: {error}", option))
                continue
            if found[name] < 0:
                problems.append(Problem("usage", f"{setting!r}: a price is at least 0", option))
    return found


def _is_one(price: int, market: Market) -> bool:
    unit = 10**market.price_decimals
    return bool(abs(price - unit) * STEADY_WITHIN <= unit)
