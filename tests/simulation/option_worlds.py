"""Exchanges for options, drawn from a seed: portfolios beside others, all near failure."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from seawall.core.book import Account, AccountKind, Balance, Book, MarginMode, Order, Position
from seawall.core.market import Mark, Market, Price
from seawall.core.portfolio import PortfolioTerms
from seawall.core.terms import Terms
from seawall.core.units import WAD
from seawall.risk.assess import assess
from seawall.risk.options import model_worth, seconds_left
from seawall.simulation.scenario import Scenario
from seawall.simulation.storm import Storm
from tests.risk.portfolios import AS_OF, ASSETS, GRID, INSTRUMENTS, LEVEL, USD
from tests.simulation.worlds import World, exchange_venue

GRIDS = (
    GRID,
    PortfolioTerms(price_moves_ppm=(-300_000, 0, 300_000), maintenance_ppm=700_001),
    PortfolioTerms(
        price_moves_ppm=(-200_000, 100_000, 900_000),
        vol_moves_ppm=(-200_000, 300_000),
        vol_move="absolute",
        term_power_ppm=700_000,
        term_days_min=20,
        netting="settle",
        short_option_floor_ppm=200_000,
        maintenance_ppm=1_300_000,
    ),
    PortfolioTerms(
        price_moves_ppm=(-120_000, 150_000),
        vol_moves_ppm=(400_000,),
        short_option_ppm=20_000,
        future_ppm=9_000,
    ),
)
UNITS = {"BTC-COIN": 600.0, "BTC-PERP": 60.0, "ETH-PERP": 30.0}


def option_world(
    seed: int,
    accounts: int = 10,
    *,
    slippage_bps: int = 0,
    levels: tuple[float, ...] = (0.9, 1.02, 1.2, 2.0),
    first: float = 0.0,
    is_hedged: bool = True,
    **changes: Any,
) -> World:
    """Accounts of options and futures on two coins whose equity lies about what they must keep.

    Args:
        slippage_bps: What closing an option costs.
        levels: Equity over what must be kept, drawn for each account.
        first: That of the first account, in place of one that is drawn.
        is_hedged: Whether some hold an instrument on both sides.
    """
    chance = np.random.default_rng([seed, 5])
    grid = GRIDS[int(chance.integers(0, len(GRIDS)))]
    terms = _terms(grid, slippage_bps, **changes)
    market = _market(chance)
    people = [_account(chance, number, is_hedged) for number in range(accounts)]
    people.append(_fund(chance))
    book = Book.of(people, assets=ASSETS, instruments=INSTRUMENTS, venue="options", as_of=AS_OF)
    wanted = [first or float(chance.choice(levels)), *chance.choice(levels, accounts).tolist()]
    people = [
        _funded(wanted.pop(0), each, book, market, terms) if each.kind == "user" else each for each in people
    ]
    return (
        Book.of(people, assets=ASSETS, instruments=INSTRUMENTS, venue="options", as_of=AS_OF),
        market,
        terms,
    )


def _terms(grid: PortfolioTerms, slippage_bps: int, **changes: Any) -> Terms:
    flat = {"maintenance": {"kind": "flat", "rate_ppm": 25_000}, "close_out_slippage_bps": 0}
    options = {
        item.id: flat | {"close_out_slippage_bps": slippage_bps} for item in INSTRUMENTS if item.option
    }
    terms = exchange_venue(**{"instruments": {"*": flat} | options, **changes})
    return terms.model_copy(update={"portfolio": grid})


def _market(chance: np.random.Generator) -> Market:
    seen = Market(as_of=AS_OF, prices={"BTC": Price(60_000 * USD, 59_950 * USD), "USDC": Price(USD)})
    marks: dict[str, Mark] = {}
    for item in INSTRUMENTS:
        level = LEVEL[item.underlying]
        if item.option is None:
            marks[item.id] = Mark(level, index=round(level * float(chance.choice([1.0, 0.999, 1.002]))))
            continue
        vol = int(WAD * chance.uniform(0.3, 0.9))
        worth = (
            model_worth(item.option, level, vol, seconds_left(item.option, seen), seen.mark_decimals) // WAD
        )
        marks[item.id] = Mark(
            round(worth * float(chance.choice([1.0, 0.98, 1.05]))),
            index=round(worth * 1.01) if chance.random() < 0.2 else None,
            forward=level,
            vol=vol,
        )
    return replace(seen, marks=marks)


def _account(chance: np.random.Generator, number: int, is_hedged: bool) -> Account:
    is_portfolio = bool(chance.random() < 0.75)
    names = [item.id for item in INSTRUMENTS if is_portfolio or item.option is None]
    chosen = chance.choice(names, int(chance.integers(1, min(6, len(names)) + 1)), replace=False).tolist()
    positions: list[Position] = []
    for name in sorted(chosen):
        size = max(1, int(UNITS.get(name, 120.0) * chance.lognormal(0.0, 1.0)))
        cost = (
            int(chance.normal(0.0, 2e9))
            if "COIN" not in name and name not in IN_COIN
            else int(chance.normal(0, 3e6))
        )
        if chance.random() < 0.25 and is_hedged:
            positions += [Position(name, "long", size, cost), Position(name, "short", -size // 3, 0)]
        else:
            positions.append(Position(name, "net", size * int(chance.choice([-1, 1])), cost))
    hold = int(chance.integers(1, 10**9))
    orders = (Order("BTC-PERP", 1, 50_000 * USD, hold=hold),) if chance.random() < 0.2 else ()
    coins = (Balance("BTC", "cash", int(chance.integers(-(10**6), 10**7))),) if chance.random() < 0.4 else ()
    mode: MarginMode = "portfolio" if is_portfolio else "cross"
    return Account(
        f"t{number:03d}", margin_mode=mode, balances=coins, positions=tuple(positions), orders=orders
    )


IN_COIN = {item.id for item in INSTRUMENTS if item.is_paid_in_coin}


def _fund(chance: np.random.Generator) -> Account:
    kind: AccountKind = "fund"
    money = int(chance.choice([0, 10, 10**4])) * 10**6
    return Account("fund:insurance", kind=kind, balances=(Balance("USDC", "cash", money),) if money else ())


def _funded(level: float, account: Account, book: Book, market: Market, terms: Terms) -> Account:
    # Cash that leaves the account so much of what it must keep.
    health = assess(account, book, market, terms)
    unit = 10**36 * 10**market.price_decimals
    cash = int((health.requirement * level - health.margin_equity) / unit * 10**6)
    return replace(account, balances=(*account.balances, Balance("USDC", "cash", cash)))


def option_scenario(seed: int, *, n_steps: int = 30, n_paths: int = 3, is_calm: bool = False) -> Scenario:
    """Prices of two coins that move a lot, with markets that are pushed, and oracles that lag.

    Args:
        is_calm: Whether they hardly move but for one fall in the middle, and borrowers do nothing.
    """
    chance = np.random.default_rng([seed, 9])
    step_s = int(chance.choice([600, 6 * 3600]))
    impact = [{"kind": "none"}, {"kind": "linear", "value": 3e6, "half_life_s": 3600.0}]
    oracle = [
        {"feed": {"kind": "spot", "same_block": True}},
        {"feed": {"kind": "spot", "heartbeat_s": 6 * 3600.0, "deviation_bps": 100.0}},
    ]
    moves = {"BTC": ["BTC-PERP", "BTC-COIN", "BTC"], "ETH": ["ETH-PERP"]}
    if chance.random() < 0.3:
        moves["BTC"].remove("BTC")
    raw: dict[str, Any] = {
        "run": {"n_paths": n_paths, "seed": int(seed), "horizon_s": n_steps * step_s, "step_s": step_s},
        "prices": {
            "kind": "gbm",
            "assets": {name: {"vol": float(chance.choice([0.5, 2.0, 8.0]))} for name in moves},
            "correlation": {"between": 0.7},
        },
        "markets": {
            name: {
                "moves": things,
                "impact": impact[int(chance.integers(0, 2))],
                "oracle": oracle[int(chance.integers(0, 2))],
            }
            for name, things in moves.items()
        },
    }
    if is_calm:
        raw["run"] |= {"horizon_s": n_steps * 60, "step_s": 60}
        raw["prices"]["assets"] = {name: {"vol": 0.1} for name in moves}
        fall = float(chance.choice([-0.4, -0.2, -0.1]))
        raw["shocks"] = [{"at_s": n_steps // 2 * 60, "moves": dict.fromkeys(moves, fall)}]
    raw["volatilities"] = {"per_fall": float(chance.choice([0.0, 0.0, 1.0, 4.0]))}
    if chance.random() < 0.3 and not is_calm:
        raw["borrowers"] = {
            "share": 0.7,
            "action": str(chance.choice(["top_up", "de_lever"])),
            "trigger_health": 1.1,
            "target_health": 1.4,
        }
    return Scenario.build(raw)


def option_storm(seed: int, *, n_steps: int = 30, **changes: Any) -> Storm:
    """A drawn exchange under a drawn storm; half of them deleverage winners, and half have calm days."""
    is_calm = seed % 4 >= 2
    if seed % 2:
        changes = {"waterfall": DELEVERAGING, "breaks": {}, **changes}
    if is_calm:
        changes = {"levels": (1.2, 2.0, 4.0), "accounts": 6, **changes}
    world = option_world(seed, slippage_bps=20, **changes)
    return Storm.of(*world, option_scenario(seed, n_steps=n_steps, is_calm=is_calm))


DELEVERAGING = [
    {"name": "insurance_fund", "kind": "insurance_fund", "account": "fund:insurance"},
    {"name": "adl", "kind": "adl"},
    {"name": "unassigned", "kind": "residual", "bearer": "residual:unassigned"},
]
"""A fund, winners by a queue, and nobody for the rest."""
