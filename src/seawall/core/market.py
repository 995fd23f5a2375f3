"""Prices, marks and depth at one instant.

Every asset has two prices: `oracle`, what the venue itself uses, and `market`, an
independent one. Both are shown in every finding: under a hard-coded oracle the gap on
the oracle basis is zero. A missing price is the value None; a zero price is accepted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Literal

from seawall.core.rounding import mul_div_down

Basis = Literal["oracle", "market"]


@dataclass(frozen=True, slots=True)
class Price:
    """Price of one whole unit of an asset [base currency, 10**-price_decimals]; None is unknown."""

    oracle: int | None
    market: int | None = None

    def on(self, basis: Basis) -> int | None:
        """Return the price on a basis; without an independent price the oracle's stands for both."""
        return self.oracle if basis == "oracle" or self.market is None else self.market


@dataclass(frozen=True, slots=True)
class Mark:
    """Prices of an instrument [settle asset per unit of underlying, 10**-mark_decimals].

    Of an option there are two more: `forward`, the price of its underlying at expiry [10**-mark_decimals,
    as its strike], and `vol`, the volatility implied [wad, per square root of a year].
    """

    mark: int | None
    index: int | None = None
    oracle: int | None = None
    previous: int | None = None
    forward: int | None = None
    vol: int | None = None

    def named(self, name: Literal["mark", "index", "oracle", "previous"]) -> int | None:
        """Return the named price, or the mark where that one is not given."""
        value: int | None = getattr(self, name)
        return self.mark if value is None else value


_NO_MARK = Mark(None)


@dataclass(frozen=True, slots=True)
class DepthLevel:
    """Resting quantity at a price: price [10**-mark_decimals], quantity [quantity units] > 0."""

    price: int
    quantity: int


@dataclass(frozen=True, slots=True)
class Depth:
    """Resting orders of an instrument, best first: bids falling, asks rising."""

    bids: tuple[DepthLevel, ...] = ()
    asks: tuple[DepthLevel, ...] = ()

    def scaled(self, numerator: int, denominator: int) -> Depth:
        """Return this depth with every price times numerator / denominator, rounded down."""

        def moved(levels: tuple[DepthLevel, ...]) -> tuple[DepthLevel, ...]:
            return tuple(
                DepthLevel(mul_div_down(level.price, numerator, denominator), level.quantity)
                for level in levels
            )

        return Depth(moved(self.bids), moved(self.asks))


@dataclass(frozen=True, slots=True)
class Market:
    """Prices of assets, marks and depth of instruments, at `as_of` [unix s].

    `set_prices` overrides the price of every member of a collateral set (Aave 3.0.2
    e-mode categories with their own price source).
    """

    as_of: int = 0
    price_decimals: int = 8
    mark_decimals: int = 8
    prices: Mapping[str, Price] = field(default_factory=dict)
    marks: Mapping[str, Mark] = field(default_factory=dict)
    depth: Mapping[str, Depth] = field(default_factory=dict)
    set_prices: Mapping[str, int] = field(default_factory=dict)

    def price(self, asset: str, basis: Basis = "oracle") -> int | None:
        """Return the price of an asset on a basis, None where it is unknown."""
        found = self.prices.get(asset)
        return None if found is None else found.on(basis)

    def mark(self, instrument: str) -> int | None:
        """Return the mark of an instrument, None where it is unknown."""
        found = self.marks.get(instrument)
        return None if found is None else found.mark

    def moved(
        self, *, assets: Mapping[str, int] | None = None, instruments: Mapping[str, int] | None = None
    ) -> Market:
        """Return this market with some prices replaced on both bases, the old mark kept as previous.

        The depth of a moved instrument moves with its mark: resting orders stand around the price.
        """
        prices = {name: Price(value, value) for name, value in (assets or {}).items()}
        marks = {
            name: replace(
                self.marks.get(name, _NO_MARK),
                mark=value,
                index=value,
                oracle=value,
                previous=self.mark(name),
            )
            for name, value in (instruments or {}).items()
        }
        depth = {
            name: self.depth[name].scaled(value, self.mark(name) or value or 1)
            for name, value in (instruments or {}).items()
            if name in self.depth
        }
        return replace(
            self,
            prices={**self.prices, **prices},
            marks={**self.marks, **marks},
            depth={**self.depth, **depth},
        )
