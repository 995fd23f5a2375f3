"""The legs of every account as flat columns: what it holds, owes or has reserved, each with a code.

One leg is one signed quantity of one thing. Legs with the same code are worth the same per quantum
at every moment, so prices are worked out per code and never per leg.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from seawall.core.book import KINDS, SIDES, Book
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.core.units import BPS, RAY, WAD
from seawall.rules import hand_over_rules, lending_rules
from seawall.simulation.kernels.columns import (
    CODE,
    COLLATERAL,
    DEBT,
    NO_TABLE,
    QUANTA_MAX,
    Codes,
)
from seawall.simulation.kernels.grid import Grid
from seawall.simulation.storm_grid import (
    no_grid,
)

__all__ = ["LegCode", "Legs", "gap_between", "in_quanta", "legs_of", "lending_legs", "quanta_of"]

_USER = KINDS.index("user")
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
            where nobody asks: no target health, and no layer that closes positions or charges accounts.
        funding: What a quantum of each position owes in funding, + to pay [quanta of its settle asset], shape
            (n_legs,); empty where nobody asks, or nobody owes any.
        grid: How portfolios are margined.
    """

    account: NDArray[np.int64]
    code: NDArray[np.int64]
    quantity: NDArray[np.float64]
    codes: Codes
    name: tuple[str, ...]
    quantum: NDArray[np.float64]
    cost: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    funding: NDArray[np.float64] = field(default_factory=lambda: np.zeros(0))
    grid: Grid = field(default_factory=no_grid)


@dataclass(slots=True)
class LegCode:
    """One row of `Codes`, as it is put together; see `kernels.columns.CODE`."""

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
    group: int = -1
    option: int = -1


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
    quantum = quanta_of(raw, asset, len(book.assets))
    found, code = np.unique(key, return_inverse=True)
    rows = [
        _lending_code(book, market, terms, driver_of, quantum, names, int(each)) for each in found.tolist()
    ]
    return legs_of(owner, code, in_quanta(raw / quantum[asset]), rows, quantum)


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
) -> LegCode:
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
    return LegCode(
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
        gap=gap_between(price, traded),
    )


def gap_between(price: int | None, traded: int | None) -> float:
    """Return ln(market price / price the venue looks at), 0 where one of them is missing."""
    return float(np.log(traded / price)) if price and traded else 0.0


def quanta_of(raw: NDArray[np.float64], thing: NDArray[np.int64], count: int) -> NDArray[np.float64]:
    """Return the smallest power of ten of which the whole book holds no more than `QUANTA_MAX`, by thing."""
    total = np.bincount(thing, weights=np.abs(raw), minlength=count)
    excess = np.maximum(total / QUANTA_MAX, 1.0)
    return np.asarray(10.0 ** np.ceil(np.log10(excess)), dtype=np.float64)


def in_quanta(quantity: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return whole quanta, rounded against the account, what it owes included."""
    return np.floor(quantity)


def legs_of(
    account: NDArray[np.int64],
    code: NDArray[np.int64],
    quantity: NDArray[np.float64],
    rows: list[LegCode],
    quantum: NDArray[np.float64],
) -> Legs:
    """Put codes and legs together.

    Args:
        rows: What each code means.
    """
    lines = [line for row in rows for line in row.lines]
    ends = np.cumsum([0, *(len(row.lines) for row in rows)])
    item = np.zeros(len(rows), dtype=CODE).view(np.recarray)
    for place, row in enumerate(rows):
        for name in CODE.names or ():
            if name not in ("first_line", "last_line"):
                item[name][place] = getattr(row, name)
    item.first_line, item.last_line = ends[:-1], ends[1:]
    codes = Codes(item, np.array(lines or [(0.0, 0.0)], dtype=np.float64).reshape(-1, 2), NO_TABLE)
    return Legs(account, code.astype(np.int64), quantity, codes, tuple(row.name for row in rows), quantum)
