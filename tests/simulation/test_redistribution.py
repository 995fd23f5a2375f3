"""A loss spread over all who owe: steps of a storm are as many resolves, account by account."""

from __future__ import annotations

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
from seawall.simulation.storm import Storm
from tests.simulation.troves import one_fall, walk_once
from tests.simulation.worlds import PRICE, UNIT, World, lending_venue
from tests.worlds import USD

FALL = 0.4
LAYERS: dict[str, list[dict[str, Any]]] = {
    by: [
        {"name": "others", "kind": "redistribution", "by": by},
        {"name": "rest", "kind": "residual", "bearer": "residual:unassigned"},
    ]
    for by in ("collateral", "debt")
}


def borrowers(seed: int, by: str) -> World:
    """Loans on ETH that will not be whole, and others on BTC near the edge, in one or two stablecoins."""
    chance = np.random.default_rng([seed, 31])
    grown = RAY + RAY // 1000 * int(chance.integers(0, 250))
    people = []
    for number in range(10):
        coin = "ETH" if number < 4 else "BTC"
        held = float(chance.lognormal(9.0, 0.5))
        owed = held * RAY / grown * (0.72 if coin == "ETH" else 0.75 * float(chance.uniform(0.7, 0.999)))
        part = float(chance.choice([0.0, 0.4, 1.0]))
        balances = [_balance(coin, "supply", held)]
        balances += [
            _balance(name, "debt", -usd)
            for name, usd in (("USDC", owed * part), ("DAI", owed * (1 - part)))
            if usd
        ]
        people.append(Account(f"u{number}", balances=tuple(balances)))
    people.append(Account("lp", balances=(_balance("USDC", "supply", 1e6), _balance("DAI", "supply", 1e6))))
    pools = [Pool(name, supply_index=RAY, debt_index=grown, cash=10**9 * unit) for name, unit in UNIT.items()]
    assets = [Asset(name, len(str(unit)) - 1) for name, unit in UNIT.items()]
    book = Book.of(people, assets=assets, pools=pools, venue="test")
    market = Market(prices={name: Price(round(usd * USD)) for name, usd in PRICE.items()})
    return book, market, lending_venue(with_sets=False, waterfall=LAYERS[by])


def _balance(asset: str, side: Any, usd: float) -> Balance:
    return Balance(asset, side, int(usd / PRICE[asset] * UNIT[asset]))


def by_storm(seed: int, by: str, n_steps: int) -> tuple[dict[str, dict[str, float]], dict[str, float]]:
    """Return debts by account, and sums; also called in a process without a compiler."""
    world = borrowers(seed, by)
    walked = walk_once(Storm.of(*world, one_fall({"ETH": FALL - 1.0}, n_steps)), world[0])
    totals = walked.totals
    for asset in ("USDC", "DAI"):  # a pool lends what borrowers owe it, whoever it is now
        owed = -sum(own.get(asset, 0.0) for own in walked.rows.values())
        assert walked.owed[asset] == pytest.approx(owed, rel=1e-12)
    return walked.rows, {
        "liquidated": float(totals.count("accounts_liquidated")[0]),
        "recognised": float(totals.value("recognised")[0]),
        "shared": float(totals.layers[0, 0]) / 1e6,
        "uncovered": float(totals.value("uncovered")[0]),
    }


def by_resolve(seed: int, by: str, passes: int) -> tuple[Book, dict[str, float]]:
    """The same through `resolve`, pass after pass on the book the last one left."""
    book, market, terms = borrowers(seed, by)
    fallen = replace(market, prices={**market.prices, "ETH": Price(round(PRICE["ETH"] * FALL * USD))})
    found = dict.fromkeys(("liquidated", "recognised", "shared", "uncovered"), 0.0)
    for number in range(passes):
        done = resolve(book, fallen, terms, Event(f"pass {number}"))
        book = done.after
        found["liquidated"] += sum(bool(each.seizures) for each in done.liquidations)
        found["recognised"] += sum(each.loss / UNIT[each.asset] for each in done.defaults)
        found["shared"] += sum(each.taken / UNIT[each.rest.asset] for each in done.absorptions)
        found["uncovered"] += sum(each.amount / UNIT[each.asset] for each in done.residuals)
    return book, found


@pytest.mark.parametrize("by", ["collateral", "debt"])
@pytest.mark.parametrize("passes", [1, 3])
def test_steps_that_spread_losses_are_as_many_resolves(
    interpreter: ProcessPoolExecutor, by: str, passes: int
) -> None:
    later = 0
    for seed in range(12):
        rows, storm = interpreter.submit(by_storm, seed, by, passes).result()
        after, exact = by_resolve(seed, by, passes)
        assert storm == pytest.approx(exact, abs=0.01)
        assert exact["shared"] > 0.0
        for row in after.rows():
            for item in row.balances:
                if row.id in rows and item.side == "debt":
                    owed = rows[row.id].get(item.asset, 0.0) / UNIT[item.asset]
                    assert owed == pytest.approx(item.scaled / UNIT[item.asset], abs=1e-3), (seed, row.id)
        later += exact["liquidated"] > 4
    assert (later > 0) == (passes > 1)  # others fail once they owe more, and only then


def planned(seed: int) -> tuple[World, list[dict[str, Any]]]:
    """One to four loans that will not be whole, none to three others, and layers that spread or share."""
    chance = np.random.default_rng([seed, 37])
    book, market, _ = borrowers(seed, "debt")
    failing, others = int(chance.integers(1, 5)), int(chance.choice([0, 0, 1, 3]))
    kept = {f"u{number}" for number in (*range(failing), *range(4, 4 + others))} | {"lp"}
    people = [row for row in book.rows() if row.id in kept]
    supply: dict[str, Any] = {"name": "savers", "kind": "mutualise", "over": "supply_index"}
    layers: list[dict[str, Any]] = [
        {"name": f"spread{place}", "kind": "redistribution", "by": str(chance.choice(["collateral", "debt"]))}
        | ({"assets": [str(chance.choice(["USDC", "DAI"]))]} if chance.random() < 0.3 else {})
        for place in range(int(chance.integers(1, 4)))
    ]
    if chance.random() < 0.4:
        layers.insert(int(chance.integers(0, len(layers) + 1)), supply)
    if chance.random() < 0.7:
        layers.append({"name": "rest", "kind": "residual", "bearer": "residual:unassigned"})
    plan = lending_venue(with_sets=False, waterfall=layers)
    assets = [Asset(name, len(str(unit)) - 1) for name, unit in UNIT.items()]
    pools = [Pool(name, supply_index=RAY, debt_index=RAY, cash=10**9 * unit) for name, unit in UNIT.items()]
    return (Book.of(people, assets=assets, pools=pools, venue="test"), market, plan), layers


def plan_by_storm(seed: int) -> tuple[dict[str, float], dict[str, float], dict[str, float]]:
    """Return what each layer bore, sums, and how supply grew; also called without a compiler."""
    world, _ = planned(seed)
    storm = Storm.of(*world, one_fall({"ETH": FALL - 1.0}, 1))
    walked = walk_once(storm, world[0])
    totals = walked.totals
    told = dict(zip(storm.layers, totals.layers[0] / 1e6, strict=True))
    assert totals.layers.sum() + totals.uncovered.sum() == totals.recognised.sum(), seed
    return (
        told,
        {"recognised": totals.recognised.sum() / 1e6, "uncovered": totals.uncovered.sum() / 1e6},
        {name: walked.growth[name] for name in ("USDC", "DAI")},
    )


def test_whatever_layers_spread_a_loss_is_borne_or_uncovered_as_by_resolve(
    interpreter: ProcessPoolExecutor,
) -> None:
    passed_on, written_down = 0, 0
    for seed in range(40):
        (book, market, terms), layers = planned(seed)
        fallen = replace(market, prices={**market.prices, "ETH": Price(round(PRICE["ETH"] * FALL * USD))})
        done = resolve(book, fallen, terms, Event("fall"))
        borne = {layer["name"]: 0.0 for layer in layers}
        for each in done.absorptions:
            borne[each.layer] += each.taken / UNIT[each.rest.asset]
        told, sums, growth = interpreter.submit(plan_by_storm, seed).result()
        assert told | {"rest": 0.0} == pytest.approx(borne | {"rest": 0.0}, abs=0.01), seed
        lost = sum(each.loss / UNIT[each.asset] for each in done.defaults)
        nobody = sum(each.amount / UNIT[each.asset] for each in done.residuals)
        assert sums == pytest.approx({"recognised": lost, "uncovered": nobody}, abs=0.01), seed
        index = {name: done.after.pool_of[name].supply_index / RAY for name in growth}
        assert growth == pytest.approx(index, rel=1e-8), seed
        spreads = sum(layer["kind"] == "redistribution" for layer in layers)
        passed_on += spreads > 1 and borne["spread0"] == 0.0 and lost > 0.0
        written_down += layers[0].get("over") is None and min(index.values()) < 1.0
    assert min(passed_on, written_down) > 3
