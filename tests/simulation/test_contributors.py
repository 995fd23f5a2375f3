"""Layers that contributors pay: one step of a storm takes from each layer what `resolve` takes.

Contributors pay in proportion to what each has left, so all of a layer are spent alike, and what one of
them paid is its share at the start of what the layer bore.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor

import numpy as np
import pytest

from seawall.core.book import Account, Balance, Book
from seawall.core.event import Event
from seawall.resolution import resolve
from seawall.simulation.storm import Storm
from seawall.simulation.totals import MICRO
from tests.simulation.test_storm_against_resolve import loans, shocked
from tests.simulation.worlds import UNIT, World, lending_venue

LAYERS = [
    {"name": "house", "kind": "first_loss", "account": "fund:house", "floor": "10"},
    {"name": "members", "kind": "mutual_fund", "account": "fund:members", "floor": "20"},
    {"name": "call", "kind": "assessment", "account": "fund:members", "multiple_bps": 5000},
    {"name": "junior", "kind": "tranche", "account": "fund:junior"},
    {
        "name": "stake", "kind": "staked_backstop", "account": "fund:stake", "stake_asset": "ETH",
        "haircut_bps": 1000,
    },
    {"name": "suppliers", "kind": "mutualise", "over": "supply_index"},
    {"name": "unassigned", "kind": "residual", "bearer": "residual:unassigned"},
]  # fmt: skip
BY_CONTRIBUTORS = ("members", "call", "junior", "stake")


def venue(seed: int) -> World:
    """Loans in USDC under a house, members who can be called, a junior tranche and a stake in ETH."""
    book, market, _ = loans(seed, "compound_v3")
    chance = np.random.default_rng([seed, 77])
    people = [each for each in book.rows() if not each.id.startswith("fund:")]
    people.append(Account("fund:house", kind="fund", balances=_cash("USDC", _units(chance))))
    for fund in ("members", "junior"):
        people.append(Account(f"fund:{fund}", kind="fund"))
        for number in range(3):
            held, owner = _cash("USDC", _units(chance)), f"o{number}" if fund == "members" else ""
            people.append(Account(f"{fund}{number}", parent=f"fund:{fund}", owner=owner, balances=held))
    people += [
        Account(f"wallet{number}", owner=f"o{number}", balances=_cash("USDC", _units(chance)))
        for number in range(3)
    ]
    people.append(Account("fund:stake", kind="fund"))
    for number in range(2):
        held = _cash("ETH", int(chance.uniform(0, 2) * UNIT["ETH"]))
        people.append(Account(f"staker{number}", parent="fund:stake", balances=held))
    laid = Book.of(people, assets=list(book.assets), pools=list(book.pools), venue="test")
    return laid, market, lending_venue(with_sets=False, waterfall=LAYERS, breaks={})


def _units(chance: np.random.Generator) -> int:
    return int(chance.choice([0, 50, 500, 3000]) * UNIT["USDC"] + chance.integers(0, UNIT["USDC"]))


def _cash(asset: str, units: int) -> tuple[Balance, ...]:
    return (Balance(asset, "cash", units),) if units else ()


def by_storm(seed: int) -> dict[str, float]:
    """Return what each layer bore in one step; also called in a process without a compiler."""
    world = venue(seed)
    storm = Storm.of(*world, shocked(world, seed)[1])
    borne = storm.run(0, 1).layers[0].tolist()
    return {name: amount / MICRO for name, amount in zip(storm.layers, borne, strict=True)}


def test_contributors_layers_bear_what_resolve_has_them_bear(interpreter: ProcessPoolExecutor) -> None:
    asked = dict.fromkeys(BY_CONTRIBUTORS, 0)
    for seed in range(40):
        world = venue(seed)
        book, market = world[0], shocked(world, seed)[0]
        exact: dict[str, float] = {}
        done = resolve(book, market, world[2], Event("shock"))
        for each in done.absorptions:
            worth = each.taken * (market.price(each.rest.asset) or 0) / 10**market.price_decimals
            exact[each.layer] = exact.get(each.layer, 0.0) + worth / book.asset(each.rest.asset).unit
        storm = interpreter.submit(by_storm, seed).result()
        for name, borne in storm.items():
            assert borne == pytest.approx(exact.get(name, 0.0), abs=0.01), (seed, name)
        for name in BY_CONTRIBUTORS:
            asked[name] += storm[name] > 0.0
    assert min(asked.values()) >= 5, asked


def test_each_contributor_pays_its_share_at_the_start() -> None:
    paid: dict[str, int] = {}
    world = venue(2)
    book, market = world[0], shocked(world, 2)[0]
    for each in resolve(book, market, world[2], Event("shock")).absorptions:
        for charge in each.charges:
            if each.layer == "junior":
                paid[charge.account] = paid.get(charge.account, 0) + charge.amount
    held = {f"junior{number}": book.account(f"junior{number}").balances[0].scaled for number in range(3)}
    part = sum(paid.values()) / sum(held.values())
    assert part > 0.0
    assert all(paid[name] == pytest.approx(part * amount, abs=len(paid)) for name, amount in held.items())
