"""What portfolios need, as columns: the twin of `risk.portfolio` in floats.

Scenarios are worked out once per instrument, by the compiled rule, and added up per account. The model in
floats is within `MODEL` of forward plus strike of the exact one, which a property test holds it to; all
other rounding is covered by `RELATIVE`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seawall.core.book import KINDS, MODES, MULTIPLIER_DECIMALS, Book, Instrument
from seawall.core.compiled import compile_rule
from seawall.core.market import Basis, Mark, Market
from seawall.core.portfolio import PortfolioTerms
from seawall.core.terms import Terms
from seawall.core.units import PPM, WAD
from seawall.risk.exchange import refuse_margin
from seawall.risk.kernels import RELATIVE
from seawall.risk.options import seconds_left, sign_of
from seawall.risk.portfolio import moved_vol
from seawall.risk.portfolio_kernels import compiled
from seawall.risk.position_values import mark_of, worth_per_unit
from seawall.rules import black_76

__all__ = ["MODEL", "add_portfolios", "refuse_unmargined"]

Floats = NDArray[np.float64]

MODEL = 2.0**-44
REFUSED_MAX = 20  # accounts named in one refusal
_USER, _PORTFOLIO = KINDS.index("user"), MODES.index("portfolio")


@dataclass(frozen=True, slots=True, eq=False)
class _Tables:
    gain: Floats
    charge: Floats
    slack: Floats
    group: NDArray[np.int64]


def refuse_unmargined(book: Book, terms: Terms) -> None:
    """Refuse a book with users whose margin the terms do not say; see `risk.exchange.refuse_margin`.

    Raises:
        UnsupportedFeature: Naming the first of them.
    """
    is_portfolio = book.accounts.margin_mode == _PORTFOLIO
    found = is_portfolio & (terms.portfolio is None)
    options = [code for code, item in enumerate(book.instruments) if item.option is not None]
    if options:
        owner = np.repeat(np.arange(len(book)), np.diff(book.positions.start))
        holds = np.bincount(owner, weights=np.isin(book.positions.instrument, options), minlength=len(book))
        found |= (holds > 0) & ~is_portfolio & (book.accounts.kind == _USER)
    rows = np.flatnonzero(found)[:REFUSED_MAX].tolist()
    if rows:
        refuse_margin([book.account(row) for row in rows], book, terms)


def add_portfolios(
    book: Book, market: Market, terms: Terms, basis: Basis, requirement: Floats, slack: Floats
) -> None:
    """Set what accounts margined as portfolios need, and what floats may miss of it [whole base currency].

    Args:
        requirement, slack: Output, shape (n_accounts,); rows of other accounts are left alone.
    """
    rows = np.flatnonzero(book.accounts.margin_mode == _PORTFOLIO)
    portfolio, held = terms.portfolio, book.positions
    if not len(rows) or portfolio is None:
        return
    requirement[rows], slack[rows] = 0.0, 0.0
    if not len(held.instrument):
        return
    tables = _tables(book, market, portfolio, basis)
    cover = np.array([scenario.cover_ppm / PPM for scenario in portfolio.scenarios])
    compiled()(
        rows, held.start.astype(np.int64), held.instrument.astype(np.int64), held.quantity.to_float(),
        tables.gain, cover, tables.group, tables.charge, tables.slack / RELATIVE,
        portfolio.maintenance_ppm / PPM, requirement, slack,
    )  # fmt: skip
    slack[rows] *= RELATIVE


def _tables(book: Book, market: Market, portfolio: PortfolioTerms, basis: Basis) -> _Tables:
    items, scenarios = book.instruments, portfolio.scenarios
    gain = np.full((len(items), len(scenarios)), np.nan)
    charge, slack = np.zeros((len(items), 3)), np.zeros(len(items))
    names: dict[tuple[str, str], int] = {}
    group = [
        names.setdefault((i.follows, i.settle_asset if portfolio.netting == "settle" else ""), len(names))
        for i in items
    ]
    for code, item in enumerate(items):
        price, mark = market.price(item.settle_asset, basis), mark_of(market, item.id, basis)
        marks = market.marks.get(item.id)
        if price is None or mark is None or marks is None or (mark == 0 and item.kind == "inverse"):
            continue
        settle = price / 10.0**market.price_decimals
        if item.option is None:
            gain[code] = _future_gains(item, market, mark, portfolio) * settle
            notional = abs(worth_per_unit(item, market, marks.named("index") or marks.mark or mark))
            charge[code, 0] = notional * settle * portfolio.future_ppm / PPM
        elif marks.forward is not None and marks.vol is not None:
            per_unit = _underlying_per_unit(item) * settle
            gain[code], slack[code] = _option_gains(item, market, marks, portfolio)
            gain[code], slack[code] = gain[code] * per_unit, slack[code] * per_unit
            notional = per_unit * (1.0 if item.option.in_coin else marks.forward / 10.0**market.mark_decimals)
            charge[code, 1] = notional * portfolio.short_option_ppm / PPM
            charge[code, 2] = notional * portfolio.short_option_floor_ppm / PPM
    return _Tables(gain, charge, slack, np.array(group, dtype=np.int64))


def _underlying_per_unit(item: Instrument) -> float:
    return item.multiplier / 10.0**MULTIPLIER_DECIMALS / 10.0**item.quantity_decimals


def _future_gains(item: Instrument, market: Market, mark: int, portfolio: PortfolioTerms) -> Floats:
    # What one quantity unit gains [whole settle asset].
    move = np.array([scenario.price_ppm / PPM for scenario in portfolio.scenarios])
    worth = worth_per_unit(item, market, mark)
    return -worth * move / (1 + move) if item.kind == "inverse" else worth * move


def _option_gains(
    item: Instrument, market: Market, marks: Mark, portfolio: PortfolioTerms
) -> tuple[Floats, float]:
    # What one underlying gains, and what the model in floats may miss of it [whole settle asset].
    option, forward, vol = item.option, float(marks.forward or 0), marks.vol or 0
    if option is None:
        raise TypeError(f"{item.id} is no option")
    seconds, sign, rule = seconds_left(option, market), sign_of(option), compile_rule(black_76.price)
    vols = {
        move: moved_vol(portfolio, vol, seconds, move) for move in {s.vol_ppm for s in portfolio.scenarios}
    }

    def worth(price: float, at: float) -> float:
        found = float(rule(price, float(option.strike), at, float(seconds), float(sign))) / WAD
        return found / price if option.in_coin else found / 10.0**market.mark_decimals

    now = worth(forward, float(vol))
    found = [
        worth(forward * (1 + scenario.price_ppm / PPM), float(vols[scenario.vol_ppm])) - now
        for scenario in portfolio.scenarios
    ]
    highest = forward * max(1.0, *(1 + scenario.price_ppm / PPM for scenario in portfolio.scenarios))
    lowest = forward * min(1.0, *(1 + scenario.price_ppm / PPM for scenario in portfolio.scenarios))
    missed = 2 * MODEL * (highest + option.strike)
    return np.array(found), missed / lowest if option.in_coin else missed / 10.0**market.mark_decimals
