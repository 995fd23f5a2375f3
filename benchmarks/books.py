"""Books of any size, drawn as columns: 2 collaterals and 1 debt an account, or 2 positions and cash."""

from __future__ import annotations

import tomllib
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from seawall.core.book import (
    AccountColumns,
    Asset,
    BalanceColumns,
    Book,
    Instrument,
    Pool,
    PositionColumns,
)
from seawall.core.curves import BracketCurve
from seawall.core.market import Mark, Market, Price
from seawall.core.money import Amounts
from seawall.core.terms import Terms
from seawall.core.units import BPS, RAY
from seawall.venues import load_rulebook

USD = 10**8
SUPPLY, DEBT = 1, 2

LENDING = (Asset("BTC", 8), Asset("DAI", 18), Asset("ETH", 18), Asset("LINK", 18), Asset("USDC", 6))
PRICES_USD = {"BTC": 60_000, "DAI": 1, "ETH": 3_000, "LINK": 15, "USDC": 1}
COLLATERALS, DEBTS = (0, 2, 3), (1, 4)
THRESHOLDS_BPS = {"BTC": 7800, "DAI": 8000, "ETH": 8250, "LINK": 6800, "USDC": 8000}

USDT = Asset("USDT", 6)
MARKS_USD = {"BTC-PERP": 60_000, "ETH-PERP": 3_000, "SOL-PERP": 150}
CONTRACTS = tuple(Instrument(name, "USDT", quantity_decimals=6, pool="main") for name in MARKS_USD)

Floats = NDArray[np.float64]


def lending_terms(rulebook: str = "generic_lending") -> Terms:
    """Return a rulebook over the five assets, with a bonus of 5 %."""
    raw = tomllib.loads(load_rulebook(rulebook))
    raw["assets"] = {
        name: {"ltv_bps": bps - 500, "threshold_bps": bps, "bonus_bps": 10500, "protocol_fee_bps": 1000}
        for name, bps in THRESHOLDS_BPS.items()
    }
    return Terms.build(raw)


def lending_market() -> Market:
    """Return prices in whole dollars, both bases alike."""
    return Market(prices={name: Price(usd * USD, usd * USD) for name, usd in PRICES_USD.items()})


def lending_pools() -> tuple[Pool, ...]:
    """Return reserves with a past: supply index 1.03, debt index 1.05."""
    return tuple(
        Pool(asset.id, RAY * 103 // 100, RAY * 105 // 100, RAY * 105 // 100, cash=10**30) for asset in LENDING
    )


def lending_book(health: Floats, chance: np.random.Generator) -> Book:
    """Return a lending book: account by account of the given health (see `lending_terms`).

    Args:
        health: Weighted collateral / debt, shape (n_accounts,); the debt follows from it.
        chance: Draws collaterals, debts and sizes (log-normal, median 3000 dollars a leg).
    """
    count = len(health)
    first = chance.integers(0, 3, count)
    second = (first + chance.integers(1, 3, count)) % 3
    pair = np.sort(np.stack([first, second], axis=1), axis=1)
    asset = np.empty((count, 3), dtype=np.int32)
    asset[:, :2], asset[:, 2] = np.array(COLLATERALS)[pair], np.array(DEBTS)[chance.integers(0, 2, count)]
    side = np.full((count, 3), SUPPLY, dtype=np.int8)
    side[:, 2] = DEBT
    value = chance.lognormal(8.0, 1.5, (count, 3))
    threshold = np.array([THRESHOLDS_BPS[item.id] for item in LENDING]) / BPS
    value[:, 2] = (value[:, :2] * threshold[asset[:, :2]]).sum(axis=1) / health
    worth = np.array([PRICES_USD[item.id] / item.unit for item in LENDING])
    index = np.where(side == DEBT, 1.05, 1.03)
    scaled = value / worth[asset] / index * np.where(side == DEBT, -1.0, 1.0)
    # Rows stand in the order of (asset, side).
    order = np.argsort(asset, axis=1, kind="stable")
    codes, sides, rows = (np.take_along_axis(part, order, axis=1).ravel() for part in (asset, side, scaled))
    return Book(
        venue="bench",
        as_of=0,
        assets=LENDING,
        instruments=(),
        pools=lending_pools(),
        collateral_sets=(),
        accounts=_accounts(count),
        balances=BalanceColumns(
            _starts(count, 3), codes, sides, np.ones(3 * count, dtype=bool), amounts_of(rows)
        ),
        positions=_no_positions(count),
    )


def exchange_market() -> Market:
    """Return marks in whole dollars, USDT at one dollar."""
    marks = {name: Mark(usd * USD, usd * USD, usd * USD) for name, usd in MARKS_USD.items()}
    return Market(prices={"USDT": Price(USD, USD)}, marks=marks)


def exchange_book(health: Floats, chance: np.random.Generator, terms: Terms) -> Book:
    """Return an exchange whose contracts sum to zero: the second half mirrors the first.

    Args:
        health: Equity / requirement, shape (n_accounts,), n even; the cash follows from it.
        chance: Draws contracts, sizes (log-normal, median 3000 dollars) and entry prices.
        terms: Gives the brackets.
    """
    count, half = len(health), len(health) // 2
    skipped = np.tile(chance.integers(0, 3, half), 2)
    contract = np.array([(1, 2), (0, 2), (0, 1)], dtype=np.int32)[skipped]
    mark = np.array(list(MARKS_USD.values()), dtype=float)[contract]
    size = np.floor(chance.lognormal(8.0, 1.5, (half, 2)) / mark[:half] * 1e6) + 1
    size *= chance.choice([-1.0, 1.0], (half, 2))
    quantity = np.concatenate([size, -size])
    entry = mark * chance.normal(1.0, 0.02, (count, 2))
    cost = np.round(-quantity * entry)  # 6 decimals of contracts and of USDT: no scale
    notional = np.abs(quantity) * mark / 1e6
    required = bracket_requirement(notional, terms).sum(axis=1)
    profit = (quantity * mark + cost).sum(axis=1)
    cash = np.round(health * required * 1e6 - profit)
    return Book(
        venue="bench",
        as_of=0,
        assets=(USDT,),
        instruments=CONTRACTS,
        pools=(),
        collateral_sets=(),
        accounts=_accounts(count),
        balances=BalanceColumns(
            _starts(count, 1),
            np.zeros(count, dtype=np.int32),
            np.zeros(count, dtype=np.int8),
            np.ones(count, dtype=bool),
            amounts_of(cash),
        ),
        positions=PositionColumns(
            _starts(count, 2),
            contract.ravel(),
            np.zeros(2 * count, dtype=np.int8),
            amounts_of(quantity.ravel()),
            amounts_of(cost.ravel()),
        ),
    )


def with_funding(book: Book, chance: np.random.Generator) -> Book:
    """Return an exchange where every position was last touched at a funding index of its own."""
    now = 10**12
    before = chance.integers(now - 10**10, now, len(book.positions.instrument))
    instruments = tuple(replace(item, funding_index=now) for item in book.instruments)
    positions = replace(book.positions, funding_index=Amounts.of_int64(before))
    return replace(book, instruments=instruments, positions=positions)


def bracket_lines(terms: Terms) -> list[tuple[float, float]]:
    """Return the brackets of the terms as lines (rate, cum): the requirement is the largest of them."""
    curve = terms.instruments["*"].maintenance
    assert isinstance(curve, BracketCurve)
    lines: list[tuple[float, float]] = []
    for tier in curve.tiers:
        rate, last = tier.rate_ppm / 1e6, lines[-1] if lines else (0.0, 0.0)
        lines.append((rate, last[1] + tier.floor * (rate - last[0])))
    return lines


def bracket_requirement(notional: Floats, terms: Terms) -> Floats:
    """Return the requirement of positions of one settle asset worth a dollar."""
    lines = bracket_lines(terms)
    required = notional * lines[0][0]
    for rate, cum in lines[1:]:
        np.maximum(required, notional * rate - cum, out=required)
    return required


def amounts_of(values: Floats) -> Amounts:
    """Return floats, rounded toward zero, as a column of exact integers."""
    size = np.floor(np.abs(values))
    high = np.floor(size / 2.0**64)
    words = np.stack([(size - high * 2.0**64).astype(np.uint64), high.astype(np.uint64)], axis=1)
    below = values < 0
    words[below] = ~words[below]
    words[below, 0] += np.uint64(1)
    words[below & (words[:, 0] == 0), 1] += np.uint64(1)
    return Amounts(words)


def _accounts(count: int) -> AccountColumns:
    return AccountColumns(
        id=np.array([f"user-{number:08d}" for number in range(count)], dtype=object),
        owner=np.full(count, "", dtype=object),
        parent=np.full(count, "", dtype=object),
        kind=np.zeros(count, dtype=np.int8),
        margin_mode=np.zeros(count, dtype=np.int8),
        collateral_set=np.full(count, -1, dtype=np.int32),
    )


def _starts(count: int, each: int) -> NDArray[np.int64]:
    return np.arange(0, count * each + 1, each, dtype=np.int64)


def _no_positions(count: int) -> PositionColumns:
    none = np.zeros(0, dtype=np.int32)
    return PositionColumns(
        np.zeros(count + 1, dtype=np.int64), none, none.astype(np.int8), Amounts.zeros(0), Amounts.zeros(0)
    )
