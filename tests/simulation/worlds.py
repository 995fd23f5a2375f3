"""Small venues of every account kind, and storms over them, each drawn from a seed.

Beside `storm_worlds` (plain books near the edge) these hold what makes detection hard: sets of
correlated assets, indexes, idle balances, hedge legs, several settle assets, coin-settled contracts,
haircuts, holds, funding that is due, two price bases.
"""

from __future__ import annotations

import tomllib
from typing import Any

import numpy as np

from seawall.core.book import Account, Asset, Balance, Book, Instrument, Order, Pool, Position
from seawall.core.market import Mark, Market, Price
from seawall.core.terms import Terms
from seawall.core.units import RAY
from seawall.simulation.scenario import Scenario
from seawall.simulation.storm import Storm
from seawall.venues import load_rulebook
from tests.simulation.troves import trove_world
from tests.worlds import USD

World = tuple[Book, Market, Terms]

UNIT = {"ETH": 10**18, "WSTETH": 10**18, "BTC": 10**8, "USDC": 10**6, "DAI": 10**18}
PRICE = {"ETH": 2000.0, "WSTETH": 2400.0, "BTC": 50_000.0, "USDC": 1.0, "DAI": 1.0}
MARKS = {"BTC-PERP": 50_000.0, "ETH-PERP": 2000.0, "ETH-USDC": 2000.0, "BTC-COIN": 50_000.0}
DECIMALS = {"USDT": 6, "USDC": 6, "BTC": 8}
SETTLES = {"BTC-PERP": "USDT", "ETH-PERP": "USDT", "ETH-USDC": "USDC", "BTC-COIN": "BTC"}


def lending_venue(venue: str = "generic_lending", *, with_sets: bool = True, **changes: Any) -> Terms:
    """A lending rulebook over five assets, ETH and wstETH a set of their own, DAI no collateral."""
    raw = tomllib.loads(load_rulebook(venue))
    numbers = {"ETH": (8000, 10500), "WSTETH": (7900, 10700), "BTC": (7500, 10700), "USDC": (8500, 10400)}
    raw["assets"] = {
        name: {"ltv_bps": 5000, "threshold_bps": threshold, "bonus_bps": bonus, "protocol_fee_bps": 1000}
        for name, (threshold, bonus) in numbers.items()
    } | {"DAI": {"protocol_fee_bps": 1000}}
    if with_sets:
        members = {"assets": ["ETH", "WSTETH"], "ltv_bps": 9000, "threshold_bps": 9300, "bonus_bps": 10100}
        raw["collateral_sets"] = {"staked": members}
    return Terms.build({**raw, **changes})


def lending_world(seed: int, accounts: int = 20, **changes: Any) -> World:
    """Loans of one to seven legs with health about one, with funds, and indexes above one."""
    chance = np.random.default_rng(seed)
    purse = np.random.default_rng([seed, 11])
    prices = {name: usd * float(np.exp(chance.normal(0, 0.1))) for name, usd in PRICE.items()}
    pools = [
        Pool(
            name,
            supply_index=RAY + RAY // 1000 * int(chance.integers(0, 200)),
            debt_index=RAY + RAY // 1000 * int(chance.integers(0, 250)),
            cash=int(purse.choice([0, 1, 100, 10**6])) * UNIT[name],
        )
        for name in UNIT
    ]
    people = [_borrower(chance, number, prices) for number in range(accounts)]
    people += [
        Account("lp", balances=tuple(Balance(name, "supply", 10**5 * UNIT[name]) for name in UNIT)),
        Account("owes only", balances=(Balance("USDC", "debt", -(10**6)),)),
        _fund("fund:insurance", chance, {"USDC": 10**6, "ETH": 10**18}),
        _fund("fund:penalty_reserve", chance, {"USDC": 10**6}),
    ]
    book = Book.of(
        people, assets=[Asset(name, len(str(unit)) - 1) for name, unit in UNIT.items()], pools=pools,
        venue="test",
    )  # fmt: skip
    quoted = {
        name: Price(round(usd * USD), round(usd * USD * chance.choice([1.0, 1.0, 0.97, 1.02])))
        for name, usd in prices.items()
    }
    sets = {"staked": round(prices["ETH"] * USD)} if chance.random() < 0.3 else {}
    return book, Market(prices=quoted, set_prices=sets), lending_venue(**changes)


def _borrower(chance: np.random.Generator, number: int, prices: dict[str, float]) -> Account:
    in_set = bool(chance.random() < 0.3)
    names = ["ETH", "WSTETH"] if in_set else list(UNIT)
    held = chance.choice(names, chance.integers(1, len(names) + 1), replace=False).tolist()
    owed = chance.choice(names, chance.integers(1, min(4, len(names)) + 1), replace=False).tolist()
    value = chance.lognormal(9.0, 2.0, len(held))
    counts = [0.0 if name == "DAI" else usd for name, usd in zip(held, value, strict=True)]
    limit = sum(counts) * (0.92 if in_set else 0.76) / chance.lognormal(0.06, 0.12)
    debt = chance.dirichlet(np.ones(len(owed))) * max(limit, 1.0)
    balances = [
        Balance(name, "supply", _amount(name, usd, prices), is_collateral=bool(chance.random() < 0.95))
        for name, usd in zip(held, value, strict=True)
    ]
    balances += [
        Balance(name, "debt", -_amount(name, usd, prices)) for name, usd in zip(owed, debt, strict=True)
    ]
    return Account(f"u{number:03d}", collateral_set="staked" if in_set else "", balances=tuple(balances))


def _amount(name: str, usd: float, prices: dict[str, float]) -> int:
    return max(1, int(usd / prices[name] * UNIT[name]))


def _fund(name: str, chance: np.random.Generator, units: dict[str, int]) -> Account:
    held = {asset: int(chance.choice([0, 10, 10**4])) * unit for asset, unit in units.items()}
    return Account(
        name, kind="fund", balances=tuple(Balance(asset, "cash", n) for asset, n in held.items() if n)
    )


def exchange_venue(**changes: Any) -> Terms:
    """The linear rulebook, with a tenth off coins as collateral and a flat curve for coin contracts."""
    raw = tomllib.loads(load_rulebook("linear_perp"))
    raw["assets"] = {"BTC": {"haircut_bps": 1000}, "USDC": {"haircut_bps": 100}}
    raw["instruments"]["BTC-COIN"] = {"maintenance": {"kind": "flat", "rate_ppm": 25_000}}
    return Terms.build({**raw, **changes})


def exchange_world(seed: int, accounts: int = 20, **changes: Any) -> World:
    """Margin accounts of every kind: cross over three settle assets, hedge legs, holds, owed cash."""
    chance = np.random.default_rng(seed)
    instruments = [
        Instrument("BTC-PERP", "USDT", quantity_decimals=3, pool="btc"),
        Instrument("ETH-PERP", "USDT", quantity_decimals=2, pool="alt"),
        Instrument("ETH-USDC", "USDC", quantity_decimals=2, pool="alt", funding_index=3 * 10**18),
        Instrument("BTC-COIN", "BTC", kind="inverse", multiplier=100 * 10**12, pool="coin"),
    ]
    people = [_trader(chance, number) for number in range(accounts)]
    owed = (Balance("USDT", "cash", -(10**9)), Balance("BTC", "cash", 1_500_000))
    people.append(Account("owes cash against coins", balances=owed))
    people.append(_fund("fund:insurance", chance, {"USDT": 10**6, "BTC": 10**5}))
    book = Book.of(
        people, assets=[Asset(name, n) for name, n in DECIMALS.items()], instruments=instruments, venue="test"
    )
    prices = {"USDT": 1.0, "USDC": 0.999, "BTC": 50_000.0}
    marks = {name: Mark(round(mark * USD), round(mark * 1.002 * USD)) for name, mark in MARKS.items()}
    market = Market(prices={name: Price(round(p * USD)) for name, p in prices.items()}, marks=marks)
    return book, market, exchange_venue(**changes)


def _trader(chance: np.random.Generator, number: int) -> Account:
    chosen = chance.choice(list(MARKS), chance.integers(1, 5), replace=False).tolist()
    positions: list[Position] = []
    notional = 0.0
    for name in chosen:
        legs = ("long", "short") if chance.random() < 0.3 else ("net",)
        for leg in legs:
            usd = chance.lognormal(10.0, 1.5)
            sign = {"long": 1, "short": -1}.get(leg) or int(chance.choice([-1, 1]))
            positions.append(_position(chance, name, leg, sign, usd))
            notional += usd
    balances = {"USDT": notional * abs(chance.normal(0.02, 0.06))}
    if chance.random() < 0.5:
        balances["BTC"] = notional * abs(chance.normal(0.0, 0.05))
    if chance.random() < 0.3:
        balances["USDC"] = notional * chance.normal(0.0, 0.02)
    usd_of = {"USDT": 1.0, "USDC": 0.999, "BTC": 50_000.0}
    hold = int(notional * 0.01 * 10**6)
    orders = (Order("BTC-PERP", 1, 50_000 * USD, hold=hold),) if chance.random() < 0.25 else ()
    cash = [
        Balance(name, "cash", int(usd / usd_of[name] * 10 ** DECIMALS[name]))
        for name, usd in balances.items()
    ]
    return Account(f"t{number:03d}", balances=tuple(cash), positions=tuple(positions), orders=orders)


def _position(chance: np.random.Generator, name: str, leg: Any, sign: int, usd: float) -> Position:
    entry = MARKS[name] * float(np.exp(chance.normal(0, 0.03)))
    if name == "BTC-COIN":
        quantity = sign * max(1, int(usd / 100))
        return Position(name, leg, quantity, round(quantity * 100 / entry * 10**8))
    scale = 1000 if name == "BTC-PERP" else 100
    quantity = sign * max(1, int(usd / MARKS[name] * scale))
    paid = round(-quantity / scale * entry * 10**6)
    return Position(name, leg, quantity, paid, funding_index=10**18 if name == "ETH-USDC" else 0)


def world_of(family: str, seed: int) -> World:
    if family == "troves":
        return trove_world(seed, 20)
    return lending_world(seed) if family == "lending" else exchange_world(seed)


def scenario_of(family: str, seed: int, *, n_steps: int = 40, n_paths: int = 4) -> Scenario:
    """A storm with everything drawn: wild prices, markets, oracles, liquidators, outages, rates, depth."""
    chance = np.random.default_rng([seed, 7])
    buyer = np.random.default_rng([seed, 13])  # of its own: the other draws stay what they were
    moved = {"ETH": 2.0, "BTC": 1.5}
    things = {
        "lending": {"ETH": ["ETH"], "WSTETH": ["WSTETH"], "BTC": ["BTC"], "USDC": ["USDC"]},
        "exchange": {
            "ETH": ["ETH-PERP", "ETH-USDC"],
            "BTC": ["BTC-PERP", "BTC-COIN"] + (["BTC"] if chance.random() < 0.5 else []),
            "USDC": ["USDC"],
        },
        "troves": {"ETH": ["ETH"], "ART": ["ART"], "LUSD": ["LUSD"]},
    }[family]
    scale = float(chance.choice([1.0, 5.0, 20.0]))
    vols = {name: {"vol": min(19.0, moved.get(name, 0.3) * scale)} for name in things}
    raw: dict[str, Any] = {
        "run": {"n_paths": n_paths, "seed": int(seed), "horizon_s": n_steps * 600, "step_s": 600},
        "prices": {"kind": "gbm", "assets": vols, "correlation": {"between": 0.6}},
        "markets": {
            name: {"moves": list(moves), "impact": _impact(chance) | _buys(buyer), "oracle": _oracle(chance)}
            for name, moves in things.items()
        },
        "liquidators": _liquidators(chance),
        "rates": {"USDC": {"borrow_per_year": 90.0, "supply_per_year": 60.0}}
        if chance.random() < 0.5
        else {},
        "outages": _outages(chance, n_steps * 600),
    }
    if family != "lending":
        raw["rates"] = {}
    if family == "exchange":
        raw |= _funding(np.random.default_rng([seed, 19]))
    elif family == "lending":
        raw |= _pools(np.random.default_rng([seed, 13]), raw["rates"])
    raw |= _borrowers(np.random.default_rng([seed, 17]), family)
    if chance.random() < 0.3:
        raw["depth"] = {"stresses": [{"assets": ["ETH"], "at_s": 600, "hold_s": 6000, "multiplier": 0.1}]}
    return Scenario.build(raw)


def _pools(chance: np.random.Generator, rates: dict[str, Any]) -> dict[str, Any]:
    """Pools that run out of cash, rates that follow their use, suppliers who leave: each in some storms."""
    kinked = {"kind": "kink", "slope1_per_year": 5.0, "slope2_per_year": 95.0, "optimal": 0.7}
    triggers: list[dict[str, Any]] = [
        {},
        {"trigger": {"kind": "utilisation", "above": 0.5}},
        {"trigger": {"kind": "fall", "market": "ETH", "by": 0.05}},
    ]
    runs = [
        {
            "asset": str(name),
            "share_per_hour": float(chance.choice([0.01, 0.5, 20.0])),
            "share": float(chance.choice([0.3, 1.0])),
            "order": str(chance.choice(["first_come", "pro_rata"])),
            **triggers[int(chance.integers(0, len(triggers)))],
        }
        for name in chance.choice(list(UNIT), int(chance.integers(1, 4)), replace=False)
    ]
    return {
        "rates": rates | ({"DAI": kinked, "ETH": kinked} if chance.random() < 0.5 else {}),
        "pools": {"limited": bool(chance.random() < 0.3)},
        "exits": runs if chance.random() < 0.4 else [],
    }


def _funding(chance: np.random.Generator) -> dict[str, Any]:
    """In half of the storms, funding of some instruments, at a rate or after the premium."""
    kinds: list[dict[str, Any]] = [
        {"rate_per_year": 40.0},
        {"rate_per_year": -300.0},
        {"kind": "premium", "base": 0.0001, "most": 0.05, "interval_s": 3600},
    ]
    names = chance.choice(list(MARKS), int(chance.integers(1, 5)), replace=False).tolist()
    told = {str(name): kinds[int(chance.integers(0, len(kinds)))] for name in names}
    return {"funding": told} if chance.random() < 0.5 else {}


def _borrowers(chance: np.random.Generator, family: str) -> dict[str, Any]:
    """In half of the storms, borrowers of every kind who act."""
    actions = ["top_up", "de_lever", "repay"][: 2 if family == "exchange" else 3]
    trigger = float(chance.choice([1.0, 1.02, 1.2]))
    told = {
        "share": float(chance.choice([0.3, 0.9])),
        "action": str(chance.choice(actions)),
        "trigger_health": trigger,
        "target_health": trigger * float(chance.choice([1.01, 1.3])),
        "delay_s": int(chance.choice([0, 600, 1500])),
        "share_max": float(chance.choice([0.1, 1.0])),
    }
    if chance.random() < 0.3:
        told["wallet"] = 2000.0
    return {"borrowers": told} if chance.random() < 0.5 else {}


def _impact(chance: np.random.Generator) -> dict[str, Any]:
    value = float(10 ** chance.uniform(4.0, 7.0))
    half_life = {} if chance.random() < 0.4 else {"half_life_s": float(chance.choice([0.0, 300.0, 7200.0]))}
    kinds: list[dict[str, Any]] = [
        {"kind": "none"},
        {"kind": "linear", "value": value, **half_life},
        {"kind": "linear", "value": value, "shape": "relative", "fee_bps": 5.0, **half_life},
        {"kind": "square_root", "volume": 10 * value, "volatility": 0.8, **half_life},
        {"kind": "constant_product", "reserve": 10 * value, **half_life},
        {"kind": "ranges", "ranges": [{"low": 1e-3, "high": 1e6, "liquidity": value / 10}], **half_life},
    ]
    return kinds[int(chance.integers(0, len(kinds)))]


def _buys(chance: np.random.Generator) -> dict[str, Any]:
    return {"buys_debt": bool(chance.random() < 0.5)}


def _oracle(chance: np.random.Generator) -> dict[str, Any]:
    kinds: list[dict[str, Any]] = [
        {"feed": {"kind": "spot", "same_block": True}},
        {"feed": {"kind": "spot", "heartbeat_s": 3600.0, "deviation_bps": 50.0}},
        {"feed": {"kind": "spot", "delay_s": 1200.0}},
        {"feed": {"kind": "twap", "window_s": 1800.0}},
        {"feed": {"kind": "spot", "move_max_bps": 200.0, "same_block": True}},
        {"feed": {"kind": "spot", "heartbeat_s": 7200.0}, "stale_after_s": 3600.0},
        {"feed": {"kind": "spot"}, "second": {"kind": "twap", "window_s": 3600.0}, "choice": "min"},
    ]
    return kinds[int(chance.integers(0, len(kinds)))]


def _liquidators(chance: np.random.Generator) -> dict[str, Any]:
    kinds: list[dict[str, Any]] = [
        {"asks": False, "takes_claims": True},
        {},
        {"gas": 20.0, "profit_min_bps": 10.0},
        {"gas": 5.0, "slots_max": 2},
        {"inventory": 20_000.0, "absent_share": 0.3},
    ]
    return kinds[int(chance.integers(0, len(kinds)))]


def _outages(chance: np.random.Generator, horizon_s: int) -> list[dict[str, Any]]:
    kinds: list[list[dict[str, Any]]] = [
        [],
        [{"what": "oracle", "from_s": horizon_s // 4, "for_s": horizon_s // 4}],
        [{"what": "liquidators", "from_s": 0, "for_s": horizon_s // 2}],
    ]
    return kinds[int(chance.integers(0, len(kinds)))]


def drawn_storm(family: str, seed: int, *, n_steps: int = 40) -> Storm:
    """A venue and a storm over it, all from one seed."""
    return Storm.of(*world_of(family, seed), scenario_of(family, seed, n_steps=n_steps))
