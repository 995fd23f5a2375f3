"""The legs of every account as flat columns: what it holds, owes or has reserved, each with a code.

One leg is one signed quantity of one thing. Legs with the same code are worth the same per quantum
at every moment, so prices are worked out per code and never per leg.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from seawall.core.book import KINDS, MODES, SIDES, Book, Instrument
from seawall.core.layers import CLOSING_KINDS
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.core.units import BPS, RAY, WAD
from seawall.errors import Problem, UnsupportedFeature
from seawall.risk.exchange import FUNDING_DECIMALS, curve_of
from seawall.risk.position_values import funding_changes, lines_of, mark_of, worth_per_unit
from seawall.rules import hand_over_rules, lending_rules
from seawall.simulation.kernels.columns import (
    CASH,
    CODE,
    COLLATERAL,
    DEBT,
    HOLD,
    LONG,
    QUANTA_MAX,
    SHORT,
    Codes,
)

__all__ = ["Legs", "exchange_legs", "lending_legs"]

_USER, _PORTFOLIO = KINDS.index("user"), MODES.index("portfolio")
_CASH, _SUPPLY, _DEBT = (SIDES.index(name) for name in ("cash", "supply", "debt"))


@dataclass(frozen=True, eq=False)
class Legs:
    """Legs in no order: the account each belongs to, its code and its quantity [quanta, signed].

    Attributes:
        account: Row in the book, shape (n_legs,).
        code: Shape (n_legs,).
        quantity: Whole numbers in float64, shape (n_legs,).
        codes: What the codes mean.
        name: Asset or instrument of each code, for messages and results.
        quantum: Smallest units in a quantum of each asset, and of each instrument after them.
        cost: What each position cost [quanta of its settle asset], 0 for other legs, shape (n_legs,); empty
            where positions are never closed in part by the venue: no target health and no closing layer.
    """

    account: NDArray[np.int64]
    code: NDArray[np.int64]
    quantity: NDArray[np.float64]
    codes: Codes
    name: tuple[str, ...]
    quantum: NDArray[np.float64]
    cost: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))


@dataclass(slots=True)
class _Code:
    # One row of `Codes`, as it is put together.
    kind: int
    name: str
    asset: int
    driver: int = -1
    driver_too: int = -1
    power: float = 1.0
    power_too: float = 1.0
    index: int = -1
    worth: float = np.nan
    weight: float = 1.0
    unit: float = 1.0
    threshold_bps: float = 0.0
    factor: float = 0.0
    fee_bps: float = 0.0
    settle: int = -1
    gap: float = 0.0
    lines: tuple[tuple[float, float], ...] = ()


def lending_legs(book: Book, market: Market, terms: Terms, driver_of: Mapping[str, int]) -> Legs:
    """Return the legs of a lending book: what secures, and what is owed; idle balances are left out.

    Where accounts are handed over to others, each has a leg, even of nought, for all that may come to it.

    Args:
        driver_of: Number of the market that moves each asset; one that is not named stands still.
    """
    columns = book.balances
    owner = np.repeat(np.arange(len(book)), np.diff(columns.start))
    chosen = book.accounts.collateral_set[owner].astype(np.int64) + 1
    names = ("", *book.collateral_sets)
    threshold = np.array(
        [[terms.asset_terms(asset.id, name).threshold_bps for asset in book.assets] for name in names]
    )
    is_debt = columns.side == _DEBT
    secures = ~is_debt & columns.is_collateral & (threshold[chosen, columns.asset] > 0)
    raw = columns.scaled.to_float()
    kept = (is_debt | secures) & (raw != 0) & (book.accounts.kind[owner] == _USER)
    owner, chosen, raw = owner[kept], chosen[kept], raw[kept]
    asset, side = columns.asset[kept].astype(np.int64), columns.side[kept].astype(np.int64)
    key = (chosen * len(book.assets) + asset) * len(SIDES) + side
    if terms.sale.kind == "hand_over":
        is_priced = np.array([market.price(asset.id) is not None for asset in book.assets])
        owner, key, raw = _with_room(owner, key, raw, is_priced[asset])
        asset = key // len(SIDES) % len(book.assets)
    quantum = _quanta(raw, asset, len(book.assets))
    found, code = np.unique(key, return_inverse=True)
    rows = [
        _lending_code(book, market, terms, driver_of, quantum, names, int(each)) for each in found.tolist()
    ]
    return _legs(owner, code, _whole(raw / quantum[asset]), rows, quantum)


def _with_room(
    owner: NDArray[np.int64], key: NDArray[np.int64], raw: NDArray[np.float64], is_priced: NDArray[np.bool_]
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    # Whoever owes gets a leg of nought for each collateral that another one who owes has.
    is_debt, width = key % len(SIDES) == _DEBT, int(key.max(initial=0)) + 1
    owing = np.unique(owner[is_debt])
    wanted = np.unique(key[~is_debt & is_priced & np.isin(owner, owing)])
    added = np.setdiff1d(np.add.outer(owing * width, wanted), owner * width + key)
    return (
        np.concatenate([owner, added // width]),
        np.concatenate([key, added % width]),
        np.concatenate([raw, np.zeros(len(added))]),
    )


def _lending_code(
    book: Book,
    market: Market,
    terms: Terms,
    driver_of: Mapping[str, int],
    quantum: NDArray[np.float64],
    names: tuple[str, ...],
    key: int,
) -> _Code:
    rest, side = divmod(key, len(SIDES))
    chosen, row = divmod(rest, len(book.assets))
    asset, rules = book.assets[row], lending_rules(terms.rules)
    own, members = terms.asset_terms(asset.id, names[chosen]), terms.collateral_sets.get(names[chosen])
    price = market.price(asset.id)
    if members is not None and asset.id in members.assets:
        price = market.set_prices.get(names[chosen], price)
    traded = market.price(asset.id, "market")
    pool = book.pool_of.get(asset.id)
    index = 1.0 if pool is None else (1.0, pool.supply_index / RAY, pool.debt_index / RAY)[side]
    per_unit = 10.0**-market.price_decimals / asset.unit * quantum[row]
    together = hand_over_rules(terms.rules)
    # Where all are judged together, by what holds while all is well; `kernels.together` moves it from there.
    weight = own.threshold_bps / BPS if together is None else WAD / together.trigger_ratio(1, 0)
    return _Code(
        kind=DEBT if side == _DEBT else COLLATERAL,
        name=asset.id,
        asset=row,
        driver=driver_of.get(asset.id, -1),
        index=-1 if side == _CASH else row + (len(book.assets) if side == _DEBT else 0),
        worth=np.nan if price is None else price * per_unit * index,
        weight=1.0 if side == _DEBT else weight,
        unit=asset.unit / quantum[row] / index,
        threshold_bps=float(own.threshold_bps),
        factor=float(rules.bonus_factor(own.threshold_bps, own.bonus_bps)),
        fee_bps=0.0 if terms.split.kind == "none" else float(terms.asset_terms(asset.id).protocol_fee_bps),
        gap=_gap(price, traded),
    )


def exchange_legs(book: Book, market: Market, terms: Terms, driver_of: Mapping[str, int]) -> Legs:
    """Return the legs of an exchange book: cash with the cost of positions in it, positions, holds.

    The cost of positions stands beside them too, empty where positions are never closed in part by the
    venue: no target health and no closing layer. Who holds a position has a leg of cash to settle in, even of
    nought.

    Funding due is taken into cash. A coin-settled contract is counted by minus its quantity, so that
    the worth of a quantum is positive: 1 / price in coins.

    Raises:
        UnsupportedFeature: A margin curve that is not made of lines (`storm_curve`), portfolio margin or
            options (`storm_portfolio`).
    """
    _refuse_portfolios(book)
    held, cash = book.positions, book.balances
    holder = np.repeat(np.arange(len(book)), np.diff(held.start))
    settle = np.array([book.asset_row[item.settle_asset] for item in book.instruments] or [0], dtype=np.int64)
    is_inverse = np.array([item.kind == "inverse" for item in book.instruments] or [False])
    code_of = held.instrument.astype(np.int64)
    size = held.quantity.to_float() * np.where(is_inverse, -1.0, 1.0)[code_of]
    unit_of = np.array([float(asset.unit) for asset in book.assets])
    paid = held.cost.to_float() - _funding_due(book) * unit_of[settle[code_of]]
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
        (holder, 2 * assets + 2 * code_of + (size < 0), size, assets + code_of),
    ]
    if held_back:
        rows, codes, amounts = (np.array(each) for each in zip(*held_back, strict=True))
        parts.append((rows, 2 * assets + 2 * items + codes, amounts, codes))
    account, key, raw, thing = (np.concatenate(each) for each in zip(*parts, strict=True))
    keeps_cost = terms.size.kind == "target_health" or any(
        layer.kind in CLOSING_KINDS for layer in terms.waterfall
    )
    # Cash that is nought stays: positions that are closed or funded in part settle in it.
    settles = np.isin(account * 2 * assets + key, holder * 2 * assets + 2 * settle[code_of]) & (
        key < 2 * assets
    )
    kept = ((raw != 0) | settles) & (book.accounts.kind[account] == _USER)
    cost = np.zeros(len(raw))
    cost[len(wallet[0]) : len(wallet[0]) + len(holder)] = held.cost.to_float()
    account, key, raw, thing, cost = account[kept], key[kept], raw[kept], thing[kept], cost[kept]
    quantum = _quanta(raw, thing, assets + items)
    settled = np.unique(np.concatenate([key, 2 * settle[np.unique(code_of)]])) if items else np.unique(key)
    code = np.searchsorted(settled, key)
    table = [_exchange_code(book, market, terms, driver_of, quantum, int(each)) for each in settled.tolist()]
    place = {int(each): number for number, each in enumerate(settled.tolist())}
    for row in table:
        if row.kind in (LONG, SHORT):
            row.settle = place[2 * row.asset]
    cost = np.trunc(cost / quantum[np.array([row.asset for row in table] or [0])[code]])
    legs = _legs(account, code, _whole(raw / quantum[thing]), table, quantum)
    return replace(legs, cost=cost) if keeps_cost else legs


def _refuse_portfolios(book: Book) -> None:
    # Their worth and requirement are no sum over legs of which each follows one price.
    is_portfolio = (book.accounts.margin_mode == _PORTFOLIO) & (book.accounts.kind == _USER)
    options = [code for code, item in enumerate(book.instruments) if item.option is not None]
    held = int(np.isin(book.positions.instrument, options).sum())
    if is_portfolio.any() or held:
        name = str(book.accounts.id[int(np.argmax(is_portfolio))]) if is_portfolio.any() else ""
        what = f"{int(is_portfolio.sum())} accounts margined as portfolios" + (
            f" ({name} ...)" if name else ""
        )
        message = f"the book has {what} and {held} positions in options, which no storm moves yet"
        hint = "use scan or resolve with a shock, or leave them out"
        raise UnsupportedFeature.of([Problem("storm_portfolio", f"{message}: {hint}", book.venue)])


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
    key: int,
) -> _Code:
    assets, items = len(book.assets), len(book.instruments)
    if 2 * assets <= key < 2 * (assets + items):
        row, is_short = divmod(key - 2 * assets, 2)
        return _position_code(book, market, terms, driver_of, quantum, row, bool(is_short))
    is_hold = key >= 2 * (assets + items)
    row, is_cost = (key - 2 * (assets + items), 0) if is_hold else divmod(key, 2)
    asset, price = book.assets[row], market.price(book.assets[row].id)
    haircut = terms.assets[asset.id].haircut_bps if asset.id in terms.assets and not is_cost else 0
    return _Code(
        kind=HOLD if is_hold else CASH,
        name=asset.id,
        asset=row,
        driver=driver_of.get(asset.id, -1),
        worth=np.nan if price is None else price * 10.0**-market.price_decimals / asset.unit * quantum[row],
        weight=1 - haircut / BPS,
        unit=asset.unit / quantum[row],
        gap=_gap(price, market.price(asset.id, "market")),
    )


def _position_code(
    book: Book,
    market: Market,
    terms: Terms,
    driver_of: Mapping[str, int],
    quantum: NDArray[np.float64],
    row: int,
    is_short: bool,
) -> _Code:
    item = book.instruments[row]
    mark, price = mark_of(market, item.id, "oracle"), market.price(item.settle_asset)
    settle = np.nan if price is None else price * 10.0**-market.price_decimals
    unit = 10.0**item.quantity_decimals / quantum[len(book.assets) + row]
    return _Code(
        kind=SHORT if is_short else LONG,
        name=item.id,
        asset=book.asset_row[item.settle_asset],
        driver=driver_of.get(item.id, -1),
        driver_too=driver_of.get(item.settle_asset, -1),
        power=-1.0 if item.kind == "inverse" else 1.0,
        worth=_position_worth(item, market, mark, settle) * quantum[len(book.assets) + row],
        unit=unit,
        gap=_gap(mark, mark_of(market, item.id, "market")),
        lines=_lines(terms, item, settle),
    )


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


def _gap(price: int | None, traded: int | None) -> float:
    return float(np.log(traded / price)) if price and traded else 0.0


def _quanta(raw: NDArray[np.float64], thing: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    # The smallest power of ten of which the whole book holds no more than QUANTA_MAX.
    total = np.bincount(thing, weights=np.abs(raw), minlength=count)
    excess = np.maximum(total / QUANTA_MAX, 1.0)
    return np.asarray(10.0 ** np.ceil(np.log10(excess)), dtype=np.float64)


def _whole(quantity: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.floor(quantity)  # against the account, what it owes included


def _legs(
    account: NDArray[np.int64],
    code: NDArray[np.int64],
    quantity: NDArray[np.float64],
    rows: list[_Code],
    quantum: NDArray[np.float64],
) -> Legs:
    lines = [line for row in rows for line in row.lines]
    ends = np.cumsum([0, *(len(row.lines) for row in rows)])
    item = np.zeros(len(rows), dtype=CODE).view(np.recarray)
    for place, row in enumerate(rows):
        for name in CODE.names or ():
            if name not in ("first_line", "last_line"):
                item[name][place] = getattr(row, name)
    item.first_line, item.last_line = ends[:-1], ends[1:]
    codes = Codes(item, np.array(lines or [(0.0, 0.0)], dtype=np.float64).reshape(-1, 2))
    return Legs(account, code.astype(np.int64), quantity, codes, tuple(row.name for row in rows), quantum)
