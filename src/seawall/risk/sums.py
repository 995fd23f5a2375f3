"""The sums behind a scan: equity, margin equity, requirement and their error, as columns."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seawall.core.book import RAY, SIDES, Book, Pool
from seawall.core.market import Basis, Market
from seawall.core.money import Amounts
from seawall.core.terms import Terms
from seawall.core.units import BPS, WAD
from seawall.risk.exchange import FUNDING_DECIMALS, curve_of
from seawall.risk.kernels import RELATIVE, compiled
from seawall.risk.lending import Valuation
from seawall.risk.portfolio_sums import add_portfolios, refuse_unmargined
from seawall.risk.position_values import funding_changes, lines_of, mark_of, needs, rate_slack, worth_per_unit
from seawall.rules import lending_rules

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Sums:
    """Columns over accounts, in whole base currency; NaN error means a price is missing."""

    equity: Floats
    margin_equity: Floats
    requirement: Floats
    debt: Floats
    collateral: Floats
    error: Floats
    owes: NDArray[np.bool_]


def lending_columns(book: Book, market: Market, terms: Terms, basis: Basis) -> Sums:
    """Return the sums of a lending book: equity = C - D, margin equity = sum(C * threshold) - D."""
    worth, step, threshold = _lending_tables(book, market, terms, basis)
    slack = lending_rules(terms.rules).THRESHOLD_SLACK_BPS / BPS
    count = len(book)
    collateral, weighted, debt, error = (np.zeros(count) for _ in range(4))
    owes = np.zeros(count, dtype=bool)
    columns = book.balances
    arguments = (columns.start, columns.asset, columns.side, columns.is_collateral)
    loop = compiled("lending_sums")
    if loop is not None:
        words = columns.scaled.words.view(np.int64)
        tables = (book.accounts.collateral_set, worth, step, threshold, slack)
        loop(*arguments, words, *tables, collateral, weighted, debt, error, owes)
    else:
        _lending_in_numpy(book, worth, step, threshold, slack, collateral, weighted, debt, error, owes)
    ratio = Valuation.of(book, market, terms, basis).trigger_ratio
    if ratio:
        weighted = collateral * (WAD / ratio)
    return Sums(collateral - debt, weighted - debt, np.zeros(count), debt, collateral, error, owes)


def _lending_tables(book: Book, market: Market, terms: Terms, basis: Basis) -> tuple[Floats, Floats, Floats]:
    rules = lending_rules(terms.rules)
    base = 10.0**market.price_decimals
    shape = (len(book.collateral_sets) + 1, len(book.assets))
    worth, step = np.full((*shape, 3), np.nan), np.full((*shape, 3), np.nan)
    threshold = np.zeros(shape)
    for number, name in enumerate(("", *book.collateral_sets)):
        chosen = terms.collateral_sets.get(name)
        for code, asset in enumerate(book.assets):
            threshold[number, code] = terms.asset_terms(asset.id, name).threshold_bps / BPS
            price = market.price(asset.id, basis)
            if basis == "oracle" and chosen is not None and asset.id in chosen.assets:
                price = market.set_prices.get(name, price)
            if price is None:
                continue
            pool = book.pool_of.get(asset.id, Pool(asset.id))
            per_unit = price / base / asset.unit
            worth[number, code] = (
                per_unit,
                per_unit * (pool.supply_index / RAY),
                per_unit * (pool.debt_index / RAY),
            )
            step[number, code] = per_unit + 1 / (rules.VALUE_UNIT * base)
    return worth, step, threshold


def _lending_in_numpy(
    book: Book, worth: Floats, step: Floats, threshold: Floats, slack: float,
    collateral: Floats, weighted: Floats, debt: Floats, error: Floats, owes: NDArray[np.bool_],
) -> None:  # fmt: skip
    columns = book.balances
    owner = np.repeat(np.arange(len(book)), np.diff(columns.start))
    chosen = book.accounts.collateral_set[owner] + 1
    value = columns.scaled.to_float() * worth[chosen, columns.asset, columns.side]
    factor = threshold[chosen, columns.asset]
    owed = columns.side == SIDES.index("debt")
    counts = ~owed & columns.is_collateral & (factor > 0)
    steps = np.where(counts | owed, step[chosen, columns.asset, columns.side], 0.0)
    for total, part in (
        (collateral, np.where(counts, value, 0.0)),
        (weighted, np.where(counts, value * factor, 0.0)),
        (debt, np.where(owed, -value, 0.0)),
        (error, steps),
    ):
        total += np.bincount(owner, weights=part, minlength=len(book))
    error += (collateral + debt) * RELATIVE + collateral * slack
    owes[owner[owed]] = True


def unpledged_values(book: Book, market: Market, terms: Terms, basis: Basis = "oracle") -> Floats:
    """Return what each lending account holds that secures nothing [whole base currency].

    Supplies that are switched off as collateral, and assets without a threshold: no part of `collateral`.
    """
    worth, _, threshold = _lending_tables(book, market, terms, basis)
    columns = book.balances
    owner = np.repeat(np.arange(len(book)), np.diff(columns.start))
    chosen = book.accounts.collateral_set[owner] + 1
    owed = columns.side == SIDES.index("debt")
    idle = ~owed & ~(columns.is_collateral & (threshold[chosen, columns.asset] > 0))
    value = columns.scaled.to_float() * worth[chosen, columns.asset, columns.side]
    return np.bincount(owner, weights=np.where(idle, value, 0.0), minlength=len(book)).astype(np.float64)


def exchange_columns(book: Book, market: Market, terms: Terms, basis: Basis) -> Sums:
    """Return the sums of an exchange book: equity, margin equity after haircuts and holds, requirement."""
    refuse_unmargined(book, terms)
    worth, weight = _cash_tables(book, market, terms, basis)
    mark_worth, cost_worth = _position_tables(book, market, basis)
    count, cash, held = len(book), book.balances, book.positions
    equity, margin, magnitude = (np.zeros(count) for _ in range(3))
    notional = np.zeros(len(held.instrument))
    owner = np.repeat(np.arange(count), np.diff(held.start))
    loop = compiled("exchange_sums")
    if loop is not None:
        loop(
            cash.start, cash.asset, cash.scaled.words.view(np.int64), worth, weight,
            held.start, held.instrument, held.quantity.words.view(np.int64), held.cost.words.view(np.int64),
            mark_worth, cost_worth, *_funding_tables(book, market, basis),
            equity, margin, magnitude, notional,
        )  # fmt: skip
    else:
        _exchange_in_numpy(book, worth, weight, mark_worth, cost_worth, equity, margin, magnitude, notional)
        _add_funding(book, market, basis, owner, equity, margin, magnitude)
    _add_inverse(book, market, basis, owner, equity, margin, magnitude, notional)
    for row, orders in book.orders.items():
        for order in orders:
            margin[row] -= order.hold * worth[book.asset_row[book.instrument(order.instrument).settle_asset]]
    requirement, slack = _requirements(book, market, terms, basis, owner, notional)
    error = (magnitude + requirement) * RELATIVE + 10.0**-market.price_decimals + slack
    zeros = np.zeros(count)
    owes = (np.diff(held.start) > 0) | ~(equity > error)
    owes[list(book.orders)] = True
    return Sums(equity, margin, requirement, zeros, equity, error, owes)


def _cash_tables(book: Book, market: Market, terms: Terms, basis: Basis) -> tuple[Floats, Floats]:
    base = 10.0**market.price_decimals
    worth, weight = np.full(len(book.assets), np.nan), np.ones(len(book.assets))
    for code, asset in enumerate(book.assets):
        price = market.price(asset.id, basis)
        if price is not None:
            worth[code] = price / base / asset.unit
        if asset.id in terms.assets:
            weight[code] = 1 - terms.assets[asset.id].haircut_bps / BPS
    return worth, weight


def cash_values(book: Book, market: Market, terms: Terms, basis: Basis = "oracle") -> Floats:
    """Return what each account holds besides its positions, without haircut [whole base currency]."""
    cash, (worth, _) = book.balances, _cash_tables(book, market, terms, basis)
    owner = np.repeat(np.arange(len(book)), np.diff(cash.start))
    values = cash.scaled.to_float() * worth[cash.asset]
    return np.bincount(owner, weights=values, minlength=len(book)).astype(np.float64)


def _position_tables(book: Book, market: Market, basis: Basis) -> tuple[Floats, Floats]:
    # Inverse contracts are added apart: their worth is not linear in the price.
    base = 10.0**market.price_decimals
    mark_worth, cost_worth = (np.full(len(book.instruments), np.nan) for _ in range(2))
    for code, item in enumerate(book.instruments):
        settle = market.price(item.settle_asset, basis)
        mark = mark_of(market, item.id, basis)
        if settle is None or mark is None:
            continue
        cost_worth[code] = settle / base / book.asset(item.settle_asset).unit
        is_inverse = item.kind == "inverse"
        mark_worth[code] = 0.0 if is_inverse else worth_per_unit(item, market, mark) * (settle / base)
    return mark_worth, cost_worth


def _exchange_in_numpy(
    book: Book, worth: Floats, weight: Floats, mark_worth: Floats, cost_worth: Floats,
    equity: Floats, margin: Floats, magnitude: Floats, notional: Floats,
) -> None:  # fmt: skip
    cash, held = book.balances, book.positions
    owner = np.repeat(np.arange(len(book)), np.diff(cash.start))
    value = cash.scaled.to_float() * worth[cash.asset]
    weighted = np.where(value > 0, value * weight[cash.asset], value)
    holder = np.repeat(np.arange(len(book)), np.diff(held.start))
    gross = held.quantity.to_float() * mark_worth[held.instrument]
    cost = held.cost.to_float() * cost_worth[held.instrument]
    notional += np.abs(gross)
    profit = np.bincount(holder, weights=gross + cost, minlength=len(book))
    equity += np.bincount(owner, weights=value, minlength=len(book)) + profit
    margin += np.bincount(owner, weights=weighted, minlength=len(book)) + profit
    magnitude += np.bincount(owner, weights=np.abs(value), minlength=len(book))
    magnitude += np.bincount(holder, weights=np.abs(gross) + np.abs(cost), minlength=len(book))


def _funding_tables(
    book: Book, market: Market, basis: Basis
) -> tuple[bool, NDArray[np.int64], int, NDArray[np.int64], Floats]:
    # (whether any is paid, index each position was touched at, its stride, index now, worth by instrument)
    touched, now = book.positions.funding_index, Amounts.of([item.funding_index for item in book.instruments])
    worth = np.full(len(book.instruments), np.nan)
    for code, item in enumerate(book.instruments):
        price = market.price(item.settle_asset, basis)
        if price is not None:
            worth[code] = price / 10.0**market.price_decimals / 10.0**FUNDING_DECIMALS
    column = Amounts.zeros(1) if touched is None else touched
    words = (column.words.view(np.int64), 0 if touched is None else 1, now.words.view(np.int64))
    return touched is not None or any(now), *words, worth


def _add_funding(
    book: Book, market: Market, basis: Basis, owner: NDArray[np.int64],
    equity: Floats, margin: Floats, magnitude: Floats,
) -> None:  # fmt: skip
    pays, _, _, _, worth = _funding_tables(book, market, basis)
    for code, item in enumerate(book.instruments if pays else ()):
        rows = np.flatnonzero(book.positions.instrument == code)
        quantity = book.positions.quantity.take(rows).to_float()
        due = quantity * funding_changes(book, item, rows) * worth[code]
        for total, part in ((equity, -due), (margin, -due), (magnitude, np.abs(due))):
            total += np.bincount(owner[rows], weights=part, minlength=len(total))


def _add_inverse(
    book: Book, market: Market, basis: Basis, owner: NDArray[np.int64],
    equity: Floats, margin: Floats, magnitude: Floats, notional: Floats,
) -> None:  # fmt: skip
    for code, item in enumerate(book.instruments):
        mark, settle = mark_of(market, item.id, basis), market.price(item.settle_asset, basis)
        if mark is None or settle is None or item.kind != "inverse":
            continue
        rows = np.flatnonzero(book.positions.instrument == code)
        per_unit = (
            worth_per_unit(item, market, mark) * (settle / 10.0**market.price_decimals) if mark else np.nan
        )
        worth = book.positions.quantity.take(rows).to_float() * per_unit
        notional[rows] = np.abs(worth)
        for total, part in ((equity, worth), (margin, worth), (magnitude, np.abs(worth))):
            total += np.bincount(owner[rows], weights=part, minlength=len(total))


def _requirements(
    book: Book, market: Market, terms: Terms, basis: Basis, owner: NDArray[np.int64], notional: Floats
) -> tuple[Floats, Floats]:
    # (requirement, what floats may miss of it) by account. A curve of brackets with rising rates is
    # the largest of its lines; square-root curves are asked one by one.
    held, requirement, slack = book.positions, np.zeros(len(book)), np.zeros(len(book))
    lines: list[list[tuple[float, float]]] = []
    apart = []
    for code, item in enumerate(book.instruments):
        if item.option is not None:
            lines.append([])  # margined by the grid, or not at all
            continue
        curve = curve_of(terms, item.id)
        settle = (market.price(item.settle_asset, basis) or 0) / 10.0**market.price_decimals
        lines.append(lines_of(curve, settle))
        if not lines[-1]:
            apart.append((code, item, curve, settle))
    loop = compiled("requirement_sums")
    if loop is not None:
        first = np.cumsum([0, *(len(part) for part in lines)])
        rate, cum = np.array([line for part in lines for line in part]).reshape(-1, 2).T.copy()
        loop(held.start, held.instrument, notional, first, rate, cum, requirement)
    else:
        requirement += _lines_in_numpy(book, lines, owner, notional)
    for code, item, curve, settle in apart:
        rows = np.flatnonzero(held.instrument == code)
        size = np.abs(held.quantity.take(rows).to_float())
        np.add.at(requirement, owner[rows], needs(curve, notional[rows], size, item, settle))
        np.add.at(slack, owner[rows], notional[rows] * rate_slack(terms, item.id))
    add_portfolios(book, market, terms, basis, requirement, slack)
    return requirement, slack


def _lines_in_numpy(
    book: Book, lines: list[list[tuple[float, float]]], owner: NDArray[np.int64], notional: Floats
) -> Floats:
    required = np.zeros(len(notional))
    for code, part in enumerate(lines):
        rows = np.flatnonzero(book.positions.instrument == code)
        if part and len(rows):
            required[rows] = np.maximum.reduce([notional[rows] * rate - cum for rate, cum in part])
    total: Floats = np.bincount(owner, weights=required, minlength=len(book)).astype(np.float64)
    return total
