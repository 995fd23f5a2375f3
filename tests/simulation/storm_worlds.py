"""Small books near the edge, drawn from a seed: what the kernels of the storm are held to."""

from __future__ import annotations

import numpy as np

from seawall.core.book import Account, Balance, Book, Order, Position
from seawall.core.market import Mark, Market, Price
from seawall.core.terms import Terms
from seawall.simulation.storm_book import StormBook, storm_book
from tests.worlds import (
    USD,
    USDT,
    exchange_book,
    exchange_market,
    exchange_terms,
    lending_book,
    lending_market,
    lending_terms,
    trader,
)

World = tuple[Book, Market, Terms]

UNIT = {"ETH": 10**18, "BTC": 10**8, "USDC": 10**6}
USD_OF = {"ETH": 2000, "BTC": 50_000, "USDC": 1}


def lending_world(seed: int, accounts: int = 24) -> World:
    """Accounts of one to six legs, healths about one."""
    chance = np.random.default_rng(seed)
    people = []
    for number in range(accounts):
        held = chance.choice(list(UNIT), chance.integers(1, 4), replace=False).tolist()
        owed = chance.choice(list(UNIT), chance.integers(1, 4), replace=False).tolist()
        value = chance.lognormal(8.0, 2.0, len(held))
        debt = chance.dirichlet(np.ones(len(owed))) * value.sum() * 0.78 / chance.lognormal(0.05, 0.15)
        supplied = [
            Balance(asset, "supply", _amount(asset, usd)) for asset, usd in zip(held, value, strict=True)
        ]
        borrowed = [
            Balance(asset, "debt", -_amount(asset, usd)) for asset, usd in zip(owed, debt, strict=True)
        ]
        people.append(Account(f"u{number}", balances=(*supplied, *borrowed)))
    people.append(Account("owes only", balances=(Balance("USDC", "debt", -(10**6)),)))
    return lending_book(*people), lending_market(), lending_terms()


def exchange_world(seed: int, accounts: int = 24) -> World:
    """Longs, shorts and both, some with orders that hold cash back; equity about the requirement."""
    chance = np.random.default_rng(seed)
    people = []
    for number in range(accounts):
        positions = []
        for contract, mark, scale in (("BTC-PERP", 50_000, 1000), ("ETH-PERP", 3000, 100)):
            size = int(chance.lognormal(np.log(scale), 1.5) * chance.choice([-1, 0, 1]))
            if size:
                entry = mark * chance.normal(1.0, 0.05)
                positions.append(Position(contract, "net", size, round(-size * entry / scale * USDT.unit)))
        if positions:
            notional = sum(abs(p.quantity) * (50 if p.instrument == "BTC-PERP" else 30) for p in positions)
            orders = (
                (Order("BTC-PERP", 1, 50_000 * USD, hold=int(notional * 10**3)),)
                if chance.random() < 0.2
                else ()
            )
            cash = int(notional * abs(chance.normal(0.02, 0.05)))
            people.append(trader(f"t{number}", cash, *positions, orders=orders))
    return exchange_book(*people), exchange_market(), exchange_terms()


def world_of(family: str, seed: int) -> World:
    return lending_world(seed) if family == "lending" else exchange_world(seed)


def laid_out(family: str, seed: int) -> StormBook:
    return storm_book(*world_of(family, seed))


def shocked(market: Market, factor: dict[str, float]) -> tuple[Market, dict[str, float]]:
    """Return the market with prices multiplied, rounded to price units, and the log moves that this is."""
    prices, marks, moved = {}, {}, {}
    for asset, price in market.prices.items():
        assert price.oracle is not None
        now = max(1, round(price.oracle * factor.get(asset, 1.0)))
        prices[asset], moved[asset] = Price(now, now), float(np.log(now / price.oracle))
    for name, mark in market.marks.items():
        assert mark.mark is not None
        now = max(1, round(mark.mark * factor.get(name, 1.0)))
        marks[name], moved[name] = Mark(now), float(np.log(now / mark.mark))
    return Market(prices=prices, marks=marks), moved


def _amount(asset: str, usd: float) -> int:
    return max(1, int(usd / USD_OF[asset] * UNIT[asset]))
