"""A synthetic exchange for options: writers, buyers, desks, traders of futures, and makers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from seawall.adapters.synthetic_draws import AS_OF, USD, Venue, account_columns, joined, sizes
from seawall.core.assemble import BalanceRows, PositionRows, book_of_columns
from seawall.core.book import LEGS, MODES, Asset, Instrument, Option
from seawall.core.market import Mark, Market, Price
from seawall.core.money import Amounts
from seawall.core.portfolio import GridScenario, PortfolioTerms
from seawall.core.units import WAD
from seawall.venues import load_terms

__all__ = ["synthetic_options"]

MAKERS = 12
CASH_UNIT = 10**6
DECIMALS = 3
UNIT = 10**DECIMALS
DAY_S = 86_400
DAYS = (7, 28, 84)
PUTS, CALLS = (0.8, 0.9, 1.0), (1.0, 1.1, 1.25)
GRID = PortfolioTerms(
    price_moves_ppm=(-160_000, -120_000, -80_000, -40_000, 0, 40_000, 80_000, 120_000, 160_000),
    vol_moves_ppm=(-280_000, 0, 380_000),
    term_power_ppm=300_000,
    extremes=(
        GridScenario(price_ppm=-500_000, vol_ppm=380_000, cover_ppm=350_000),
        GridScenario(price_ppm=1_000_000, vol_ppm=380_000, cover_ppm=350_000),
    ),
    future_ppm=6_000,
    short_option_ppm=10_000,
)
TYPICAL = np.array([9.0, 1.2, 1.8, 3.0, 2.0])
"""Coins held, over equity, by what an account does; typical ones."""
EQUITY_MAX, LEVERAGE_MAX = 200_000.0, 1.65
"""Most equity of a trader [USD], and most leverage over the typical one: at the start nobody fails."""

Whole = NDArray[np.int64]
Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class _Coin:
    id: str
    price: float
    vol: float
    step: float
    weight: float


COINS = (_Coin("BTC", 112_000, 0.45, 500, 0.65), _Coin("ETH", 4_100, 0.70, 50, 0.35))


@dataclass(frozen=True, slots=True)
class _Contract:
    # A future where there is no strike. Prices [USD].
    id: str
    coin: _Coin
    price: float
    vol: float = 0.0
    strike: float = 0.0
    days: int = 0
    is_call: bool = False


def synthetic_options(accounts: int = 3_000, seed: int = 7) -> Venue:
    """Return an exchange for options on two coins with `accounts` accounts, 12 market makers included.

    A third trade futures alone, margined by position; the others are margined as portfolios: writers of
    strangles, holders who write calls on a future, buyers, and desks that hedge what they hold.

    Args:
        accounts: Number of user accounts, more than the market makers.
        seed: Same seed, same venue, to the unit.
    """
    rng = np.random.default_rng(seed)
    contracts = [contract for coin in COINS for contract in _contracts(coin)]
    traders = accounts - MAKERS
    kind = rng.choice(5, traders, p=[0.35, 0.2, 0.15, 0.2, 0.1])
    holder, code, quantity = _held(rng, contracts, kind)
    price = np.array([contract.price for contract in contracts])
    level = np.array([contract.coin.price for contract in contracts])
    equity = np.minimum(sizes(rng, traders, 9.0, 1.4), EQUITY_MAX)
    gross = np.bincount(holder, np.abs(quantity) * level[code], traders)
    leverage = TYPICAL[kind] * np.minimum(np.exp(rng.normal(0, 0.5, traders)), LEVERAGE_MAX)
    units = np.rint(quantity * (equity * leverage / gross)[holder] * UNIT).astype(np.int64)
    units += np.where(units == 0, np.sign(quantity).astype(np.int64), 0)
    cost = _cost(units, price[code] * np.exp(rng.normal(0, 0.05, len(code))))
    worth = np.bincount(holder, units / UNIT * price[code] * CASH_UNIT + cost, traders)
    cash = np.rint(equity * CASH_UNIT - worth).astype(np.int64)
    makers, makers_code, makers_units = _makers(rng, code, units, len(contracts))
    backing = np.bincount(makers, np.abs(makers_units) / UNIT * level[makers_code], MAKERS) * 2 + 10**6
    everyone = joined(
        [
            replace(
                account_columns([f"trader-{number:06}" for number in range(traders)]),
                margin_mode=_modes(kind > 0),
            ),
            replace(
                account_columns([f"maker-{number:02}" for number in range(MAKERS)]),
                margin_mode=_modes(np.ones(MAKERS, dtype=np.bool_)),
            ),
            account_columns(["fund:insurance"], owners=[""], kind="fund"),
        ]
    )
    fund = int(cash.sum()) // 2000
    book = book_of_columns(
        everyone,
        assets=(Asset("USDC", 6),),
        instruments=[_instrument(contract) for contract in contracts],
        balances=_balances(np.concatenate([cash, np.rint(backing * CASH_UNIT).astype(np.int64), [fund]])),
        positions=_rows(
            np.concatenate([holder, traders + makers]),
            np.concatenate([code, makers_code]),
            np.concatenate([units, makers_units]),
            np.concatenate([cost, _cost(makers_units, price[makers_code])]),
        ),
        venue="synthetic options exchange",
        as_of=AS_OF,
    )
    terms = load_terms("linear_perp").model_copy(update={"portfolio": GRID})
    marks = {contract.id: _mark(contract) for contract in contracts}
    market = Market(as_of=AS_OF, prices={"USDC": Price(USD, USD)}, marks=dict(sorted(marks.items())))
    return book, market, terms


def _contracts(coin: _Coin) -> list[_Contract]:
    found = [_Contract(f"{coin.id}-PERP", coin, coin.price)]
    for days in DAYS:
        for is_call, parts in ((False, PUTS), (True, CALLS)):
            for part in parts:
                strike = round(coin.price * part / coin.step) * coin.step
                vol = coin.vol * (1 + 0.4 * (part - 1) ** 2) * (1.1 if days == min(DAYS) else 1.0)
                name = f"{coin.id}-{days:02}D-{strike:.0f}-{'C' if is_call else 'P'}"
                price = _quote(coin.price, strike, vol, days, is_call)
                found.append(_Contract(name, coin, price, vol, strike, days, is_call))
    return found


def _quote(forward: float, strike: float, vol: float, days: int, is_call: bool) -> float:
    # What this made-up market asks for an option, to a tick; no rule of a venue is asked.
    deviation = vol * (days / 365) ** 0.5
    d1 = np.log(forward / strike) / deviation + deviation / 2
    sign, normal = (1 if is_call else -1), NormalDist()
    worth = sign * (forward * normal.cdf(sign * d1) - strike * normal.cdf(sign * (d1 - deviation)))
    return max(0.1, round(float(worth), 1))


def _held(rng: np.random.Generator, contracts: list[_Contract], kind: Whole) -> tuple[Whole, Whole, Floats]:
    # (account, contract, signed coins) before they are scaled to the size of the account.
    coin = rng.choice(len(COINS), len(kind), p=[item.weight for item in COINS])
    day = rng.choice(len(DAYS), len(kind), p=[0.3, 0.5, 0.2])
    each = len(contracts) // len(COINS)
    per_day = len(PUTS) + len(CALLS)
    future = coin * each
    first = future + 1 + day * per_day
    sign = np.where(rng.random(len(kind)) < 0.6, 1.0, -1.0)
    rows: list[tuple[Whole, Whole, Floats]] = []

    def hold(who: NDArray[np.bool_], code: Whole, size: Floats) -> None:
        rows.append((np.flatnonzero(who), code[who], size[who]))

    one = np.ones(len(kind))
    hold(kind == 0, future, sign)
    hold(kind == 1, first + rng.integers(0, 3, len(kind)), -one)
    hold(kind == 1, first + len(PUTS) + rng.integers(0, 3, len(kind)), -rng.uniform(0.5, 1.0, len(kind)))
    hold(kind == 2, future, one)
    hold(kind == 2, first + len(PUTS) + rng.integers(0, 3, len(kind)), -rng.uniform(0.5, 1.2, len(kind)))
    hold(kind == 3, first + rng.integers(0, per_day, len(kind)), one)
    for place in range(per_day):
        hold(kind == 4, first + place, rng.normal(0, 1, len(kind)))
    hold(kind == 4, future, rng.normal(0, 0.5, len(kind)))
    account, code, size = (np.concatenate(part) for part in zip(*rows, strict=True))
    order = np.lexsort((code, account))
    return account[order], code[order], size[order]


def _makers(
    rng: np.random.Generator, code: Whole, units: Whole, contracts: int
) -> tuple[Whole, Whole, Whole]:
    # Market makers hold the other side of everyone, so that each contract nets to zero.
    net = np.zeros(contracts, dtype=np.int64)
    np.add.at(net, code, units)
    shares = rng.dirichlet(np.full(MAKERS, 1.5), contracts)
    parts = np.rint(-net[:, None] * shares).astype(np.int64)
    parts[:, -1] = -net - parts[:, :-1].sum(axis=1)
    contract, maker = np.nonzero(parts)
    return maker, contract, parts[contract, maker]


def _cost(units: Whole, entry: Floats) -> Whole:
    cost: Whole = -np.rint(units / UNIT * entry * CASH_UNIT).astype(np.int64)
    return cost


def _modes(is_portfolio: NDArray[np.bool_]) -> NDArray[np.int8]:
    modes = np.where(is_portfolio, MODES.index("portfolio"), MODES.index("cross"))
    return modes.astype(np.int8)


def _instrument(contract: _Contract) -> Instrument:
    option = None
    if contract.days:
        right: Literal["call", "put"] = "call" if contract.is_call else "put"
        option = Option(right, int(contract.strike * USD), AS_OF + contract.days * DAY_S)
    return Instrument(
        contract.id,
        "USDC",
        kind="linear" if option is None else "option",
        quantity_decimals=DECIMALS,
        tick=USD // 10,
        underlying=contract.coin.id,
        option=option,
    )


def _mark(contract: _Contract) -> Mark:
    mark, forward = round(contract.price * USD), round(contract.coin.price * USD)
    if not contract.days:
        return Mark(mark, index=mark, oracle=mark, previous=mark)
    return Mark(mark, previous=mark, forward=forward, vol=round(contract.vol * WAD))


def _balances(cash: Whole) -> BalanceRows:
    account = np.flatnonzero(cash)
    return BalanceRows(
        account=account.astype(np.int32),
        asset=np.zeros(len(account), dtype=np.int32),
        side=np.zeros(len(account), dtype=np.int8),
        is_collateral=np.ones(len(account), dtype=bool),
        scaled=Amounts.of_int64(cash[account]),
    )


def _rows(account: Whole, contract: Whole, units: Whole, cost: Whole) -> PositionRows:
    return PositionRows(
        account=account.astype(np.int32),
        instrument=contract.astype(np.int32),
        leg=np.full(len(account), LEGS.index("net"), dtype=np.int8),
        quantity=Amounts.of_int64(units),
        cost=Amounts.of_int64(cost),
    )
