"""Exchanges on which somebody fails and others stand on the other side, drawn from a seed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from seawall.core.book import Account, Asset, Balance, Book, Instrument, Position
from seawall.core.market import Mark, Market, Price
from seawall.core.terms import Terms
from seawall.risk.exchange import FUNDING_DECIMALS, VALUE_DECIMALS, funding_due
from tests.simulation.worlds import DECIMALS, MARKS, World, exchange_venue
from tests.worlds import USD

SCORES = ("bitmex", "binance", "okx", "hyperliquid", "pnl", "size", "leverage")


def closing_venue(slippage_bps: int = 0, target_bps: int = 0, **changes: Any) -> Terms:
    """A fund, then deleveraging, then nobody: no layer reads cash that the pass itself moves."""
    layers = [
        {"name": "insurance_fund", "kind": "insurance_fund", "account": "fund:insurance"},
        {"name": "adl", "kind": "adl", **changes},
        {"name": "unassigned", "kind": "residual", "bearer": "residual:unassigned"},
    ]
    free = {"maintenance": {"kind": "flat", "rate_ppm": 20_000}, "close_out_slippage_bps": slippage_bps}
    size = {"kind": "target_health", "target_health_bps": target_bps} if target_bps else {"kind": "full"}
    return exchange_venue(waterfall=layers, instruments={"*": free}, breaks={}, size=size)


def rivals(
    seed: int,
    *,
    failing: int = 1,
    others: int = 9,
    slippage_bps: int = 0,
    backing: float = 0.021,
    target_bps: int = 0,
    is_funded: bool = False,
    **changes: Any,
) -> World:
    """Some accounts with next to no cash, others with enough, or just enough, to stay.

    Args:
        failing: How many hold too little, the first of the book.
        backing: Their cash, as a part of what they hold.
        target_bps: Requirement, in parts of it, to which accounts are reduced first; 0 where they are not.
        slippage_bps: What the market takes off a sale; contracts are then linear, and who fails is long.
        is_funded: Whether funding is due.
        changes: Of the layer adl.
    """
    chance = np.random.default_rng([seed, 11])
    instruments = [
        Instrument("BTC-PERP", "USDT", quantity_decimals=3, lot=int(chance.choice([1, 5])), pool="btc"),
        Instrument("ETH-PERP", "USDT", quantity_decimals=2, pool="alt"),
        Instrument("ETH-USDC", "USDC", quantity_decimals=2, pool="alt"),
        Instrument("BTC-COIN", "BTC", kind="inverse", multiplier=100 * 10**12, pool="coin"),
    ]
    side = 1 if chance.random() < 0.8 else -1
    items = list(MARKS)
    straight = 0.85
    if slippage_bps:
        items, side, straight = [name for name in items if name != "BTC-COIN"], 1, 1.0
    people = [_account(chance, f"f{number}", items, side, backing, straight) for number in range(failing)]
    people += [
        _account(chance, f"w{number}", items, -side, float(chance.choice([0.03, 0.3, 2.0])), straight)
        for number in range(others)
    ]
    units = {"USDT": 10**6, "USDC": 10**6, "BTC": 10**4}
    fund = [
        Balance(asset, "cash", int(chance.choice([0, 300, 10**5])) * unit) for asset, unit in units.items()
    ]
    people.append(
        Account("fund:insurance", kind="fund", balances=tuple(each for each in fund if each.scaled))
    )
    if is_funded:
        people, instruments = funded(people, instruments, seed)
    book = Book.of(
        people, assets=[Asset(name, n) for name, n in DECIMALS.items()], instruments=instruments, venue="test"
    )
    prices = {"USDT": 1.0, "USDC": 0.999, "BTC": 50_000.0}
    market = Market(
        prices={name: Price(round(p * USD)) for name, p in prices.items()},
        marks={name: Mark(round(mark * USD)) for name, mark in MARKS.items()},
    )
    return book, market, closing_venue(slippage_bps, target_bps, **changes)


def funded(
    people: list[Account], items: list[Instrument], seed: int
) -> tuple[list[Account], list[Instrument]]:
    """Let contracts have funding, which some positions owe, some are owed, and some have settled.

    Nobody owes any in coins: such cash is cut, and settling what is owed out of it saves some who fail in
    `resolve`, which a storm does not see.
    """
    chance = np.random.default_rng([seed, 53])
    index = {}
    for item in items:
        unit = item.multiplier / 10**12 / 50_000 if item.kind == "inverse" else 1 / 10**item.quantity_decimals
        worth = unit * (1.0 if item.kind == "inverse" else MARKS[item.id])
        index[item.id] = [round(worth * part * 10**FUNDING_DECIMALS) for part in chance.normal(0.0, 0.004, 3)]
    settled = [replace(item, funding_index=index[item.id][0]) for item in items]
    in_coins = {item.id for item in items if item.kind == "inverse"}

    def touched(held: Position) -> Position:
        now, *before = index[held.instrument]
        then = int(chance.choice([now, *before]))
        owes = held.quantity * (now - then) > 0
        return replace(held, funding_index=now if owes and held.instrument in in_coins else then)

    moved = [replace(each, positions=tuple(touched(held) for held in each.positions)) for each in people]
    return moved, settled


def funding_of(book: Book, position: Position) -> float:
    """Return what a position owes in funding [minor units]."""
    item = book.instrument(position.instrument)
    return float(funding_due(item, position) * book.asset(item.settle_asset).unit / 10**VALUE_DECIMALS)


def _account(
    chance: np.random.Generator, name: str, items: list[str], side: int, backing: float, straight: float
) -> Account:
    chosen = chance.choice(items, chance.integers(1, 4), replace=False).tolist()
    positions: list[Position] = []
    cash: dict[str, float] = {}
    for item in chosen:
        usd = float(chance.lognormal(10.0, 1.0))
        sign = side if chance.random() < straight else -side
        entry = MARKS[item] * float(np.exp(chance.normal(0, 0.03)))
        positions.append(_position(item, sign, usd, entry))
        settle = {"ETH-USDC": "USDC", "BTC-COIN": "BTC"}.get(item, "USDT")
        cash[settle] = cash.get(settle, 0.0) + usd * backing
    worth = {"USDT": 1.0, "USDC": 0.999, "BTC": 50_000.0}
    balances = [
        Balance(asset, "cash", int(usd / worth[asset] * 10 ** DECIMALS[asset])) for asset, usd in cash.items()
    ]
    owner = f"o{int(name[1:]) % 5}"
    return Account(name, owner=owner, balances=tuple(balances), positions=tuple(positions))


def _position(item: str, sign: int, usd: float, entry: float) -> Position:
    if item == "BTC-COIN":
        quantity = sign * max(1, int(usd / 100))
        return Position(item, "net", quantity, round(quantity * 100 / entry * 10**8))
    scale = 1000 if item == "BTC-PERP" else 100
    quantity = sign * max(1, int(usd / MARKS[item] * scale))
    return Position(item, "net", quantity, round(-quantity / scale * entry * 10**6))
