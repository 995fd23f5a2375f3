"""Options and the scenario grid of an exchange, as the columns that storms read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from seawall.core.book import KINDS, MODES, MULTIPLIER_DECIMALS, Book, Instrument
from seawall.core.compiled import compile_rule
from seawall.core.market import Market
from seawall.core.portfolio import PortfolioTerms
from seawall.core.terms import Terms
from seawall.core.units import BPS, PPM, WAD
from seawall.risk.options import seconds_left, sign_of
from seawall.risk.portfolio_sums import refuse_unmargined
from seawall.risk.position_values import mark_of
from seawall.rules import black_76
from seawall.simulation.kernels.grid import OPTION, RULE, SCENARIO, Grid
from seawall.simulation.volatilities import Volatilities

__all__ = [
    "grid_of",
    "in_groups",
    "is_priced",
    "market_of_option",
    "no_grid",
    "notes_on_options",
    "option_rows",
    "portfolios",
    "table_for",
]

DAY_S = 86_400
_USER, _PORTFOLIO = KINDS.index("user"), MODES.index("portfolio")


def no_grid() -> Grid:
    """Return what a venue has that margins nothing by scenarios."""
    columns = (
        np.zeros(size, dtype=kind).view(np.recarray) for size, kind in ((0, OPTION), (0, SCENARIO), (1, RULE))
    )
    return Grid(*columns)


def portfolios(book: Book, terms: Terms) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return the rows of users who are margined as portfolios.

    Raises:
        UnsupportedFeature: Terms do not say how (`portfolio_margin`), or options are held outside of such an
            account (`option_margin`).
    """
    refuse_unmargined(book, terms)
    return np.flatnonzero((book.accounts.margin_mode == _PORTFOLIO) & (book.accounts.kind == _USER))


def in_groups(book: Book, terms: Terms) -> tuple[list[int], list[int]]:
    """Return the order of instruments in which what offsets stands together, and the group of each by row."""
    portfolio = terms.portfolio
    if portfolio is None:
        return list(range(len(book.instruments))), [0] * len(book.instruments)
    key = [
        (item.follows, item.settle_asset if portfolio.netting == "settle" else "")
        for item in book.instruments
    ]
    number = {name: place for place, name in enumerate(sorted(set(key)))}
    group = [number[name] for name in key]
    return sorted(range(len(group)), key=lambda row: (group[row], row)), group


def market_of_option(item: Instrument, book: Book, driver_of: Mapping[str, int]) -> int:
    """Return the market that moves the forward of an option, -1 for none.

    Its own, else that of its underlying, else of the first contract that follows the same.
    """
    alike = [each.id for each in book.instruments if each.follows == item.follows and each.option is None]
    found = (driver_of[name] for name in (item.id, item.follows, *alike) if name in driver_of)
    return next(found, -1)


def grid_of(
    book: Book,
    market: Market,
    terms: Terms,
    driver_of: Mapping[str, int],
    codes: Mapping[tuple[str, bool], int],
    quantum: Mapping[str, float],
    horizon_s: float,
    vols: Volatilities,
) -> Grid:
    """Return options and scenarios of a book that has portfolios.

    Args:
        codes: Code of each instrument's longs (False) and shorts (True), as far as anybody holds them.
        quantum: Quantity units in a quantum of each instrument.
        horizon_s: How long a path is [s].
        vols: How volatilities follow prices.
    """
    portfolio = terms.portfolio
    if portfolio is None:
        return no_grid()
    rows = [
        _option(item, book, market, terms, driver_of, codes, quantum[item.id])
        for item, row in zip(book.instruments, option_rows(book, market), strict=True)
        if row >= 0
    ]
    option = np.array(rows, dtype=OPTION).view(np.recarray)
    return Grid(option, _scenarios(portfolio), _rule(portfolio, horizon_s, vols))


def option_rows(book: Book, market: Market) -> list[int]:
    """Return the row of each instrument in `Grid.option`: -1 for other contracts and what lacks a price."""
    is_row = [item.option is not None and is_priced(market, item) for item in book.instruments]
    return [sum(is_row[:place]) if here else -1 for place, here in enumerate(is_row)]


def notes_on_options(grid: Grid) -> tuple[str, ...]:
    """Return what a storm leaves out of options, a sentence each."""
    is_held = (grid.option.long >= 0) | (grid.option.short >= 0)
    if not is_held.any():
        return ()
    notes = []
    if not grid.rule.vol_per_fall.any():
        notes.append("volatilities of options stand still, whatever prices do")
    expiring = int((is_held & (grid.option.seconds < grid.rule.horizon)).sum())
    if expiring:
        notes.append(
            f"{expiring} options expire on the way and are not exercised: they stay, worth what that pays"
        )
    return tuple(notes)


def is_priced(market: Market, item: Instrument) -> bool:
    """Return whether the model has all it needs of an option."""
    marks = market.marks.get(item.id)
    lacks = marks is None or marks.mark is None or marks.forward is None or marks.vol is None
    return not lacks and market.price(item.settle_asset) is not None


def _option(
    item: Instrument,
    book: Book,
    market: Market,
    terms: Terms,
    driver_of: Mapping[str, int],
    codes: Mapping[tuple[str, bool], int],
    quantum: float,
) -> tuple[Any, ...]:
    # A row of `OPTION`, in the order of its fields.
    option, marks, unit = item.option, market.marks[item.id], 10.0**market.mark_decimals
    if option is None:
        raise TypeError(f"{item.id} is no option")
    forward, strike, seconds = (
        (marks.forward or 0) / unit,
        option.strike / unit,
        float(seconds_left(option, market)),
    )
    model = (
        compile_rule(black_76.price)(forward, strike, float(marks.vol or 0), seconds, float(sign_of(option)))
        / WAD
    )
    return (
        option.in_coin,
        market_of_option(item, book, driver_of),
        codes.get((item.id, False), -1),
        codes.get((item.id, True), -1),
        sign_of(option),
        strike,
        forward,
        marks.vol,
        seconds,
        (marks.mark or 0) / unit,
        (mark_of(market, item.id, "market") or 0) / unit,
        model / forward if option.in_coin else model,
        item.multiplier / 10.0**MULTIPLIER_DECIMALS / 10.0**item.quantity_decimals * quantum,
        terms.instrument_terms(item.id).close_out_slippage_bps / BPS,
    )


def _scenarios(portfolio: PortfolioTerms) -> np.recarray[Any, Any]:
    kept = portfolio.maintenance_ppm / PPM
    rows = [
        (scenario.price_ppm / PPM, scenario.vol_ppm, scenario.cover_ppm / PPM * kept)
        for scenario in portfolio.scenarios
    ]
    return np.array(rows, dtype=SCENARIO).view(np.recarray)


def _rule(portfolio: PortfolioTerms, horizon_s: float, vols: Volatilities) -> np.recarray[Any, Any]:
    kept = portfolio.maintenance_ppm / PPM
    rule = np.zeros(1, dtype=RULE).view(np.recarray)
    rule["vol_per_fall"], rule["vol_most"] = vols.per_fall, vols.most
    rule["is_absolute"] = portfolio.vol_move == "absolute"
    rule["power"], rule["horizon"] = portfolio.term_power_ppm, horizon_s
    rule["term"], rule["term_min"] = portfolio.term_days * DAY_S, portfolio.term_days_min * DAY_S
    rule["future"] = portfolio.future_ppm / PPM * kept
    rule["short"] = portfolio.short_option_ppm / PPM * kept
    rule["floor"] = portfolio.short_option_floor_ppm / PPM * kept
    return rule


def table_for(
    codes: int, portfolio: PortfolioTerms
) -> np.ndarray[tuple[int, int, int], np.dtype[np.float64]]:
    """Return room for what scenarios do to every code, see `Codes.table`."""
    return np.zeros((codes, len(portfolio.scenarios) + 3, 3))
