"""Suppliers share a loss: the supply index of a storm falls as that of `resolve`, with what it secured."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from seawall.core.book import Account, Asset, Balance, Book, Pool
from seawall.core.event import Event
from seawall.core.market import Market, Price
from seawall.core.units import RAY
from seawall.resolution import resolve
from seawall.simulation.engine import DETECTORS, Walker
from seawall.simulation.scenario import Scenario
from seawall.simulation.storm import Storm
from seawall.simulation.totals import MICRO, PathTotals
from tests.simulation.worlds import PRICE, UNIT, World, lending_venue
from tests.worlds import USD

SHOCK = {"ETH": 0.4}


def suppliers(seed: int) -> World:
    """Loans on ETH that will not be whole, and savers whose USDC secures what they owe, near the edge."""
    chance = np.random.default_rng([seed, 5])
    people = []
    for number in range(4):
        held = float(chance.lognormal(9.0, 0.5))
        balances = [_balance("ETH", "supply", held), _balance("USDC", "debt", -held * 0.72)]
        people.append(Account(f"b{number}", balances=tuple(balances)))
    for number in range(4):  # whole as long as the others fall, and not when ETH falls so far once more
        held = float(chance.lognormal(9.0, 0.5))
        people.append(
            Account(
                f"c{number}",
                balances=(_balance("ETH", "supply", held), _balance("USDC", "debt", -held * 0.28)),
            )
        )
    for number in range(8):
        held = float(chance.lognormal(8.0, 1.0))
        owed = held * 0.85 * (1.0 - float(chance.uniform(0.001, 0.3)))
        balances = [_balance("USDC", "supply", held), _balance("DAI", "debt", -owed)]
        people.append(Account(f"s{number}", balances=tuple(balances)))
    people.append(
        Account("lp", balances=(_balance("USDC", "supply", 60_000.0), _balance("DAI", "supply", 1e5)))
    )
    index = RAY + RAY // 1000 * int(chance.integers(0, 250))
    pools = [
        Pool(name, supply_index=index, debt_index=index, cash=10**9 * unit) for name, unit in UNIT.items()
    ]
    assets = [Asset(name, len(str(unit)) - 1) for name, unit in UNIT.items()]
    book = Book.of(people, assets=assets, pools=pools, venue="test")
    market = Market(prices={name: Price(round(usd * USD)) for name, usd in PRICE.items()})
    return book, market, lending_venue(with_sets=False)


def _balance(asset: str, side: Any, usd: float) -> Balance:
    return Balance(asset, side, int(usd / PRICE[asset] * UNIT[asset]))


def stormy(n_steps: int, falls: Sequence[int] = (0,)) -> Scenario:
    """ETH falls in each of these steps, else it stays; nobody asks for a gain."""
    return Scenario.build(
        {
            "run": {"n_paths": 1, "horizon_s": 60 * n_steps, "step_s": 60},
            "prices": {"kind": "gbm", "assets": {"ETH": {"vol": 0.0}}},
            "shocks": [{"at_s": 60 * step, "moves": {"ETH": SHOCK["ETH"] - 1}} for step in falls],
            "markets": {"ETH": {}},
            "liquidators": {"asks": False},
        }
    )


def by_storm(
    seed: int, n_steps: int, detector: Any = "index", falls: Sequence[int] = (0,)
) -> dict[str, float]:
    """Return what a storm did to the pool and its users; also called in a process without a compiler."""
    world = suppliers(seed)
    storm = Storm.of(*world, stormy(n_steps, falls))
    ground, moves = storm.ground, storm.scenario.moves(0, 1)
    walker = Walker(ground, n_steps)
    totals = PathTotals.empty(
        0, 1, assets=ground.n_assets, layers=ground.layers, drivers=moves.shape[2], n_steps=n_steps
    )
    absent = np.zeros(n_steps, dtype=np.bool_)
    walker.walk(totals, 0, moves[0], np.ones_like(moves[0]), absent, DETECTORS[detector])
    return {
        "index": float(walker.thread.growth[world[0].asset_row["USDC"]]),
        "liquidated": float(totals.count("accounts_liquidated")[0]),
        "recognised": float(totals.value("recognised")[0]),
        "shared": float(totals.layers[0, storm.layers.index("suppliers")]) / MICRO,
    }


def by_resolve(seed: int, passes: int, falls: Sequence[int] = (0,)) -> dict[str, float]:
    """The same through `resolve`, pass after pass on the book the last one left."""
    book, market, terms = suppliers(seed)
    start = book.pool_of["USDC"].supply_index
    found = {"liquidated": 0.0, "recognised": 0.0, "shared": 0.0}
    for number in range(passes):
        level = SHOCK["ETH"] ** sum(step <= number for step in falls)
        now = {**market.prices, "ETH": Price(round(PRICE["ETH"] * level * USD))}
        fallen = replace(market, prices=now)
        done = resolve(book, fallen, terms, Event(f"pass {number}"))
        book = done.after
        found["liquidated"] += sum(bool(each.seizures) for each in done.liquidations)
        found["recognised"] += sum(each.loss / UNIT[each.asset] * PRICE[each.asset] for each in done.defaults)
        shared = [each for each in done.absorptions if each.layer == "suppliers"]
        found["shared"] += sum(each.taken / UNIT[each.rest.asset] * PRICE[each.rest.asset] for each in shared)
    return {"index": book.pool_of["USDC"].supply_index / start, **found}


@pytest.mark.parametrize("passes", [1, 2, 3])
def test_steps_that_write_supply_down_are_as_many_resolves(
    interpreter: ProcessPoolExecutor, passes: int
) -> None:
    later = 0.0
    for seed in range(8):
        exact = by_resolve(seed, passes)
        storm = interpreter.submit(by_storm, seed, passes).result()
        assert exact["index"] < 0.95
        assert storm["index"] == pytest.approx(exact["index"], rel=1e-8)
        assert storm["liquidated"] == exact["liquidated"]
        assert storm["recognised"] == pytest.approx(exact["recognised"], abs=0.01)
        assert storm["shared"] == pytest.approx(exact["shared"], abs=0.01)
        later += exact["liquidated"] > 4
    assert (later > 0) == (passes > 1)  # savers fail after the index fell, and only then


def test_claims_that_were_seized_bear_no_later_loss(interpreter: ProcessPoolExecutor) -> None:
    """Savers are seized after the first fall; the loss of the second is shared by claims that are left."""
    falls = (0, 2)
    for seed in range(8):
        exact, before = by_resolve(seed, 3, falls), by_resolve(seed, 3)
        assert exact["shared"] > before["shared"] + 1000.0
        assert before["liquidated"] > 4
        storm = interpreter.submit(by_storm, seed, 3, "index", falls).result()
        assert storm["index"] == pytest.approx(exact["index"], rel=1e-7), seed


@pytest.mark.parametrize("detector", ["index", "index_without_epochs"])
def test_detectors_see_the_index_fall(interpreter: ProcessPoolExecutor, detector: Any) -> None:
    for seed in range(8):
        by_index = interpreter.submit(by_storm, seed, 4, detector).result()
        assert by_index == interpreter.submit(by_storm, seed, 4, "scan").result()
