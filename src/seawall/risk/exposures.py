"""What accounts are exposed to: notional, delta, gamma and vega by underlying, as columns.

All are in the base currency and of relative moves, so that they add up whatever instruments settle in:
delta is gained per move of the whole price of the underlying, gamma is what delta gains per such a move,
vega is gained per 1 of volatility. Of positions only; coins that are held are not among them. Settle assets
are valued at their prices now.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seawall.core.book import MULTIPLIER_DECIMALS, Book, Instrument
from seawall.core.compiled import compile_rule
from seawall.core.market import Basis, Market
from seawall.core.units import WAD
from seawall.risk.exposure_kernels import compiled
from seawall.risk.options import seconds_left, sign_of
from seawall.risk.position_values import mark_of, worth_per_unit
from seawall.rules import black_76

__all__ = ["SENSITIVITIES", "Exposures", "UnderlyingTotal", "exposures"]

Floats = NDArray[np.float64]

SENSITIVITIES = ("delta", "gamma", "vega")


@dataclass(frozen=True, slots=True)
class UnderlyingTotal:
    """All accounts on one underlying [base currency]; each sensitivity as (long, short), summed by account.

    Attributes:
        accounts: How many hold something.
        unpriced: How many of them are left out, because a price, forward or volatility is missing.
    """

    underlying: str
    accounts: int
    unpriced: int
    notional: float
    delta: tuple[float, float]
    gamma: tuple[float, float]
    vega: tuple[float, float]


@dataclass(frozen=True, eq=False)
class Exposures:
    """Columns with one row per account and underlying it holds something on, in that order.

    Attributes:
        underlyings: Names, in order.
        account: Row in the book.
        underlying: Number of the underlying.
        notional, delta, gamma, vega: [base currency]; NaN where a price, forward or volatility is missing.
    """

    underlyings: tuple[str, ...]
    account: NDArray[np.int64]
    underlying: NDArray[np.int64]
    notional: Floats
    delta: Floats
    gamma: Floats
    vega: Floats

    def __len__(self) -> int:
        return len(self.account)

    def totals(self, chosen: NDArray[np.bool_] | None = None) -> tuple[UnderlyingTotal, ...]:
        """Return the whole book by underlying, of the accounts chosen [by row in the book]."""
        found = []
        for number, name in enumerate(self.underlyings):
            rows = self.underlying == number
            if chosen is not None:
                rows &= chosen[self.account]
            known = rows & np.isfinite(self.notional + self.delta + self.gamma + self.vega)
            sides = [
                (float(part[part > 0].sum()), float(part[part < 0].sum()))
                for part in (self.delta[known], self.gamma[known], self.vega[known])
            ]
            count = int(rows.sum())
            notional = float(self.notional[known].sum())
            found.append(UnderlyingTotal(name, count, count - int(known.sum()), notional, *sides))
        return tuple(found)


def exposures(book: Book, market: Market, basis: Basis = "oracle") -> Exposures:
    """Return what every account of a book is exposed to.

    Sensitivities of a linear position are those of its mark, of an inverse one those of what it is worth
    in coins, of an option those of the model at its forward and volatility.
    """
    held, items = book.positions, book.instruments
    names = tuple(sorted({item.follows for item in items}))
    number = {name: place for place, name in enumerate(names)}
    follows = np.array([number[item.follows] for item in items], dtype=np.int64)
    per_unit = np.array([_per_unit(item, market, basis) for item in items]).reshape(-1, 4)
    account, code = (np.zeros(len(held.instrument), dtype=np.int64) for _ in range(2))
    sums = np.zeros((len(held.instrument), 4))
    count = compiled()(
        held.start.astype(np.int64), held.instrument.astype(np.int64), held.quantity.to_float(),
        per_unit, follows, account, code, sums,
    )  # fmt: skip
    notional, delta, gamma, vega = (np.ascontiguousarray(column[:count]) for column in sums.T)
    return Exposures(names, account[:count], code[:count], notional, delta, gamma, vega)


def _per_unit(item: Instrument, market: Market, basis: Basis) -> tuple[float, float, float, float]:
    # Notional, delta, gamma, vega of one quantity unit [base currency].
    price, mark = market.price(item.settle_asset, basis), mark_of(market, item.id, basis)
    marks = market.marks.get(item.id)
    missing = (np.nan, np.nan, np.nan, np.nan)
    if price is None or mark is None or marks is None or (mark == 0 and item.kind == "inverse"):
        return missing
    settle = price / 10.0**market.price_decimals
    if item.option is None:
        worth = worth_per_unit(item, market, mark) * settle
        # -1/p falls half as fast with each power of p: its slope is minus itself, its curvature twice itself.
        return (-worth, -worth, 2 * worth, 0.0) if item.kind == "inverse" else (worth, worth, 0.0, 0.0)
    if marks.forward is None or marks.vol is None:
        return missing
    option = item.option
    rule = black_76.coin_sensitivities if option.in_coin else black_76.sensitivities
    seconds, sign = float(seconds_left(option, market)), float(sign_of(option))
    found = compile_rule(rule)(float(marks.forward), float(option.strike), float(marks.vol), seconds, sign)
    one = item.multiplier / 10.0**MULTIPLIER_DECIMALS / 10.0**item.quantity_decimals * settle
    notional = one if option.in_coin else one * (marks.forward / 10.0**market.mark_decimals)
    delta, gamma, vega = (notional * (each / WAD) for each in found)
    return notional, delta, gamma, vega
