"""The legs of margin accounts: cash, positions, what orders hold back, and the mark of a portfolio."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from seawall.core.book import KINDS, Book, Instrument
from seawall.core.layers import CHARGING_KINDS, CLOSING_KINDS
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.core.units import BPS
from seawall.errors import Problem, UnsupportedFeature
from seawall.risk.exchange import FUNDING_DECIMALS, curve_of
from seawall.risk.position_values import funding_changes, lines_of, mark_of, worth_per_unit
from seawall.simulation.kernels.columns import CASH, HOLD, LONG, SHORT, WHOLE
from seawall.simulation.storm_grid import (
    grid_of,
    in_groups,
    market_of_option,
    option_rows,
    portfolios,
    table_for,
)
from seawall.simulation.storm_legs import LegCode, Legs, gap_between, in_quanta, legs_of, quanta_of
from seawall.simulation.volatilities import STANDING, Volatilities

__all__ = ["exchange_legs"]

_USER = KINDS.index("user")

LEGS_MAX = 62
"""Legs of one account: those that were tried already are bits of a number."""


def exchange_legs(
    book: Book,
    market: Market,
    terms: Terms,
    driver_of: Mapping[str, int],
    horizon_s: float = 0.0,
    vols: Volatilities = STANDING,
) -> Legs:
    """Return the legs of an exchange book: cash with the cost of positions in it, positions, holds.

    The cost of positions, and the funding they owe, stand beside them too, empty where nobody asks: no target
    health, and no layer that closes positions or charges accounts. Who holds a position has a leg of cash to
    settle in, even of nought.

    Funding due is taken into cash. A coin-settled contract is counted by minus its quantity, so that
    the worth of a quantum is positive: 1 / price in coins. An account that is margined as a portfolio has a
    last leg of nothing, which marks it.

    Args:
        driver_of: As for `lending_legs`; what options follow has a market of its own there too.
        horizon_s: How long a path is [s].
        vols: How volatilities of options follow prices.

    Raises:
        UnsupportedFeature: A margin curve that is not made of lines (`storm_curve`); portfolios or options
            that the terms do not margin; an account of more legs than are told apart (`storm_legs`).
    """
    whole = portfolios(book, terms)
    order, group = in_groups(book, terms)
    rank = np.argsort(order)
    held, cash = book.positions, book.balances
    holder = np.repeat(np.arange(len(book)), np.diff(held.start))
    settle = np.array([book.asset_row[item.settle_asset] for item in book.instruments] or [0], dtype=np.int64)
    is_inverse = np.array([item.kind == "inverse" for item in book.instruments] or [False])
    code_of = held.instrument.astype(np.int64)
    size = held.quantity.to_float() * np.where(is_inverse, -1.0, 1.0)[code_of]
    unit_of = np.array([float(asset.unit) for asset in book.assets])
    due = _funding_due(book) * unit_of[settle[code_of]]
    paid = held.cost.to_float() - due
    owner = np.repeat(np.arange(len(book)), np.diff(cash.start))
    held_back = [
        (row, book.asset_row[book.instrument(order.instrument).settle_asset], -float(order.hold))
        for row, orders in book.orders.items()
        for order in orders
        if order.hold
    ]
    wallet = _summed(
        [
            (
                owner,
                cash.asset.astype(np.int64),
                cash.scaled.to_float(),
                np.zeros(len(owner), dtype=np.int64),
            ),
            (holder, settle[code_of], paid, _is_cut(book, terms)[settle[code_of]].astype(np.int64)),
            (holder, settle[code_of], np.zeros(len(holder)), np.zeros(len(holder), dtype=np.int64)),
        ]
    )
    assets, items = len(book.assets), len(book.instruments)
    parts = [
        (wallet[0], wallet[1] * 2 + wallet[3], wallet[2], wallet[1]),
        (holder, 2 * assets + 2 * rank[code_of] + (size < 0), size, assets + code_of),
        (
            whole,
            np.full(len(whole), 3 * assets + 2 * items),
            np.zeros(len(whole)),
            np.zeros(len(whole), np.int64),
        ),
    ]
    if held_back:
        rows, codes, amounts = (np.array(each) for each in zip(*held_back, strict=True))
        parts.append((rows, 2 * assets + 2 * items + codes, amounts, codes))
    account, key, raw, thing = (np.concatenate(each) for each in zip(*parts, strict=True))
    keeps_cost = terms.size.kind == "target_health" or any(
        layer.kind in (*CLOSING_KINDS, *CHARGING_KINDS) for layer in terms.waterfall
    )
    # Cash that is nought stays: positions that are closed or funded in part settle in it.
    settles = np.isin(account * 2 * assets + key, holder * 2 * assets + 2 * settle[code_of]) & (
        key < 2 * assets
    )
    kept = (raw != 0) | settles | (key == 3 * assets + 2 * items)
    kept &= book.accounts.kind[account] == _USER
    cost = np.zeros(len(raw))
    funding = np.zeros(len(raw))
    positions = slice(len(wallet[0]), len(wallet[0]) + len(holder))
    cost[positions], funding[positions] = held.cost.to_float(), due
    account, key, raw, thing = account[kept], key[kept], raw[kept], thing[kept]
    cost, funding = cost[kept], funding[kept]
    quantum = quanta_of(raw, thing, assets + items)
    settled = np.unique(np.concatenate([key, 2 * settle[np.unique(code_of)]])) if items else np.unique(key)
    code = np.searchsorted(settled, key)
    table = [
        _exchange_code(book, market, terms, driver_of, quantum, order, int(each)) for each in settled.tolist()
    ]
    if len(whole):
        _mark_options(book, market, driver_of, table, group)
    place = {int(each): number for number, each in enumerate(settled.tolist())}
    for row in table:
        if row.kind in (LONG, SHORT):
            row.settle = place[2 * row.asset]
    settled_in = quantum[np.array([row.asset for row in table] or [0])[code]]
    cost = np.trunc(cost / settled_in)
    quanta = in_quanta(raw / quantum[thing])
    funding = np.divide(funding / settled_in, quanta, out=np.zeros(len(raw)), where=quanta != 0.0)
    legs = legs_of(account, code, quanta, table, quantum)
    _check_width(book, account)
    if len(whole):
        legs = _with_grid(legs, book, market, terms, driver_of, table, horizon_s, vols)
    if not keeps_cost:
        return legs
    return replace(legs, cost=cost, funding=funding if funding.any() else funding[:0])


def _check_width(book: Book, account: NDArray[np.int64]) -> None:
    count = np.bincount(account, minlength=1)
    widest = int(np.argmax(count))
    if count[widest] > LEGS_MAX:
        message = (
            f"account {book.accounts.id[widest]} has {count[widest]} legs, a storm tells {LEGS_MAX} apart"
        )
        raise UnsupportedFeature.of(
            [Problem("storm_legs", f"{message}: leave it out, or use scan or resolve", book.venue)]
        )


def _with_grid(
    legs: Legs,
    book: Book,
    market: Market,
    terms: Terms,
    driver_of: Mapping[str, int],
    table: list[LegCode],
    horizon_s: float,
    vols: Volatilities,
) -> Legs:
    if terms.portfolio is None:
        return legs
    held = {(row.name, row.kind == SHORT): at for at, row in enumerate(table) if row.kind in (LONG, SHORT)}
    quantum = legs.quantum[len(book.assets) :].tolist()
    sizes = {item.id: size for item, size in zip(book.instruments, quantum, strict=True)}
    return replace(
        legs,
        codes=legs.codes._replace(table=table_for(len(table), terms.portfolio)),
        grid=grid_of(book, market, terms, driver_of, held, sizes, horizon_s, vols),
    )


def _is_cut(book: Book, terms: Terms) -> NDArray[np.bool_]:
    # Assets with a haircut: what a position cost is not cut, so it cannot be one leg with the cash.
    return np.array(
        [asset.id in terms.assets and terms.assets[asset.id].haircut_bps > 0 for asset in book.assets]
    )


def _summed(
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]],
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64], NDArray[np.int64]]:
    # One row per (account, asset, flag).
    account, asset, amount, flag = (np.concatenate(each) for each in zip(*parts, strict=True))
    width = int(asset.max(initial=0)) + 1
    key, where = np.unique((account * width + asset) * 2 + flag, return_inverse=True)
    total = np.bincount(where, weights=amount, minlength=len(key)).astype(np.float64)
    return key // 2 // width, key // 2 % width, total, key % 2


def _funding_due(book: Book) -> NDArray[np.float64]:
    # Per position, in whole settle asset, + to pay.
    due = np.zeros(len(book.positions.instrument))
    for code, item in enumerate(book.instruments):
        rows = np.flatnonzero(book.positions.instrument == code)
        quantity = book.positions.quantity.take(rows).to_float()
        due[rows] = quantity * funding_changes(book, item, rows) / 10.0**FUNDING_DECIMALS
    return due


def _exchange_code(
    book: Book,
    market: Market,
    terms: Terms,
    driver_of: Mapping[str, int],
    quantum: NDArray[np.float64],
    order: list[int],
    key: int,
) -> LegCode:
    assets, items = len(book.assets), len(book.instruments)
    if 2 * assets <= key < 2 * (assets + items):
        place, is_short = divmod(key - 2 * assets, 2)
        return _position_code(book, market, terms, driver_of, quantum, order[place], bool(is_short))
    if key == 3 * assets + 2 * items:
        return LegCode(kind=WHOLE, name="", asset=-1, worth=0.0)
    is_hold = key >= 2 * (assets + items)
    row, is_cost = (key - 2 * (assets + items), 0) if is_hold else divmod(key, 2)
    asset, price = book.assets[row], market.price(book.assets[row].id)
    is_cut = asset.id in terms.assets and not is_cost and not is_hold  # what is held back is held back whole
    haircut = terms.assets[asset.id].haircut_bps if is_cut else 0
    return LegCode(
        kind=HOLD if is_hold else CASH,
        name=asset.id,
        asset=row,
        driver=driver_of.get(asset.id, -1),
        worth=np.nan if price is None else price * 10.0**-market.price_decimals / asset.unit * quantum[row],
        weight=1 - haircut / BPS,
        unit=asset.unit / quantum[row],
        gap=gap_between(price, market.price(asset.id, "market")),
    )


def _position_code(
    book: Book,
    market: Market,
    terms: Terms,
    driver_of: Mapping[str, int],
    quantum: NDArray[np.float64],
    row: int,
    is_short: bool,
) -> LegCode:
    item = book.instruments[row]
    mark, price = mark_of(market, item.id, "oracle"), market.price(item.settle_asset)
    settle = np.nan if price is None else price * 10.0**-market.price_decimals
    unit = 10.0**item.quantity_decimals / quantum[len(book.assets) + row]
    return LegCode(
        kind=SHORT if is_short else LONG,
        name=item.id,
        asset=book.asset_row[item.settle_asset],
        driver=driver_of.get(item.id, -1),
        driver_too=driver_of.get(item.settle_asset, -1),
        power=-1.0 if item.kind == "inverse" else 1.0,
        worth=_position_worth(item, market, mark, settle) * quantum[len(book.assets) + row],
        unit=unit,
        gap=gap_between(mark, mark_of(market, item.id, "market")),
        lines=() if item.option is not None else _lines(terms, item, settle),
    )


def _mark_options(
    book: Book, market: Market, driver_of: Mapping[str, int], table: list[LegCode], group: list[int]
) -> None:
    # Positions know what they offset. Options follow their forward, and are sold into no market.
    option = option_rows(book, market)
    for code in table:
        if code.kind in (LONG, SHORT):
            row = book.instrument_row[code.name]
            code.group, item = group[row], book.instruments[row]
            if item.option is not None:
                code.option, code.driver, code.gap = option[row], -1, 0.0
                code.driver_too = market_of_option(item, book, driver_of)
                code.worth = code.worth if code.option >= 0 else np.nan


def _position_worth(item: Instrument, market: Market, mark: int | None, settle: float) -> float:
    if mark is None or (mark == 0 and item.kind == "inverse"):
        return np.nan
    return abs(worth_per_unit(item, market, mark)) * settle


def _lines(terms: Terms, item: Instrument, settle: float) -> tuple[tuple[float, float], ...]:
    lines = lines_of(curve_of(terms, item.id), settle)
    if not lines:
        message = (
            f"the margin curve of {item.id} is no set of lines, expected flat or brackets: "
            "give brackets that lie above it"
        )
        raise UnsupportedFeature.of([Problem("storm_curve", message, f"{terms.venue}:instruments.{item.id}")])
    return tuple(lines)
