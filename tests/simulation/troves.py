"""Small books of troves under Liquity's rules, near the edge, in calm and in recovery mode, from a seed."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from seawall.core.book import Account, Asset, Balance, Book
from seawall.core.event import Event
from seawall.core.loss import Default
from seawall.core.market import Market, Price
from seawall.core.terms import Terms
from seawall.resolution import Resolution, resolve
from seawall.simulation.engine import DETECTORS, Detector, Walker
from seawall.simulation.scenario import Scenario
from seawall.simulation.storm import Storm
from seawall.simulation.totals import PathTotals
from seawall.venues import load_rulebook
from seawall.waterfall.waterfall import in_order
from tests.worlds import USD

World = tuple[Book, Market, Terms]

UNIT = {"ETH": 10**11, "ART": 10**9, "LUSD": 10**8}
PRICE = {"ETH": 2000.0, "ART": 50.0, "LUSD": 1.0}
TRIES = 5000


def trove_terms(**changes: Any) -> Terms:
    raw = tomllib.loads(load_rulebook("liquity_v1"))
    raw["assets"] = {name: {"threshold_bps": 8000} for name in ("ETH", "ART")}
    return Terms.build({**raw, **changes})


def trove(name: str, owed: float, **held: float) -> Account:
    """So many LUSD owed against so many ETH and ART."""
    balances = [Balance(asset, "cash", round(units * UNIT[asset])) for asset, units in held.items()]
    return Account(name, balances=(*balances, Balance("LUSD", "debt", -round(owed * UNIT["LUSD"]))))


def fund(name: str, lusd: float, parent: str = "") -> Account:
    return Account(
        name, kind="fund", parent=parent, balances=(Balance("LUSD", "cash", round(lusd * UNIT["LUSD"])),)
    )


def depositor(lusd: float, name: str = "dee") -> Account:
    return fund(name, lusd, "fund:stability_pool")


def book_of(*rows: Account) -> Book:
    return Book.of(rows, assets=[Asset(name, len(str(n)) - 1) for name, n in UNIT.items()], venue="test")


def market_of(**usd: float) -> Market:
    return Market(prices={name: Price(round(price * USD)) for name, price in (PRICE | usd).items()})


def trove_world(seed: int, accounts: int | None = None) -> World:
    """Two to nine troves of one or two collaterals; a pool that is empty, small, about right, or large."""
    chance = np.random.default_rng([seed, 23])
    people = []
    width = float(chance.choice([0.1, 0.5, 1.0]))
    drawn = int(chance.integers(2, 10))
    for number in range(accounts or drawn):
        owed = float(chance.lognormal(8.0, 1.2))
        ratio = 1.1 + float(chance.exponential(width))
        art = float(chance.choice([0.0, 0.0, 0.3, 1.0]))
        held = {"ETH": owed * ratio * (1 - art) / PRICE["ETH"], "ART": owed * ratio * art / PRICE["ART"]}
        people.append(trove(f"t{number}", owed, **{name: n for name, n in held.items() if n}))
    all_owed = sum(-each.balances[-1].scaled for each in people) / UNIT["LUSD"]
    deposits = all_owed * float(chance.choice([0.0, 0.02, 0.3, 2.0]))
    people += [depositor(deposits * part, f"d{part}") for part in (0.25, 0.75) if deposits]
    people.append(fund("fund:gas_pool", float(chance.choice([0.0, 300.0, 10_000.0]))))
    people.append(Account("saver", balances=(Balance("ETH", "cash", 10**14),)))  # owes nothing: not counted
    return book_of(*people), market_of(), trove_terms()


def moves_of(seed: int) -> dict[str, float]:
    """Factors on prices."""
    chance = np.random.default_rng([seed, 29])
    level = float(chance.choice([1.0, 0.95, 0.8, 0.6]))
    return {name: level * float(np.exp(chance.normal(0, 0.05))) for name in ("ETH", "ART")}


def fallen(market: Market, factors: Mapping[str, float]) -> tuple[Market, dict[str, float]]:
    """Return the market after the fall, in price units, and the moves that this is."""
    prices, moves = dict(market.prices), {}
    for name, factor in factors.items():
        before = market.price(name) or 0
        now = round(before * factor)
        prices[name], moves[name] = Price(now), now / before - 1
    return replace(market, prices=prices), moves


def one_fall(moves: Mapping[str, float], n_steps: int, **changes: Any) -> Scenario:
    """Prices fall in the first step and stay; nobody asks for a gain unless told."""
    raw = {
        "run": {"n_paths": 1, "horizon_s": 60 * n_steps, "step_s": 60},
        "prices": {"kind": "gbm", "assets": {name: {"vol": 0.0} for name in moves}},
        "shocks": [{"at_s": 0, "moves": dict(moves)}],
        "markets": {name: {} for name in moves},
        "liquidators": {"asks": False},
    }
    return Scenario.build({**raw, **changes})


@dataclass(frozen=True)
class Walked:
    """One path of a storm: its totals, and what each account that may fail holds and owes at its end.

    Attributes:
        layers: Names of the layers.
        rows: By account, then by asset, owed below 0 [smallest units].
        held: The sums over all accounts that the storm kept, by asset; empty where it keeps none.
        owed: What pools say is owed to them, by asset [scaled smallest units].
        growth: Supply index over that of the start, by asset [1].
    """

    layers: tuple[str, ...]
    totals: PathTotals
    rows: dict[str, dict[str, float]]
    held: dict[str, float]
    owed: dict[str, float]
    growth: dict[str, float]


def walk_once(storm: Storm, book: Book, detector: Detector = "index") -> Walked:
    """Walk the first path and read what it left in its thread."""
    ground, moves = storm.ground, storm.scenario.moves(0, 1)
    n_steps = moves.shape[1]
    walker = Walker(ground, n_steps)
    totals = PathTotals.empty(
        0, 1, assets=ground.n_assets, layers=ground.layers, drivers=moves.shape[2], n_steps=n_steps
    )
    absent = np.zeros(n_steps, dtype=np.bool_)
    walker.walk(totals, 0, moves[0], np.ones_like(moves[0]), absent, DETECTORS[detector])
    laid = storm.book
    quantum = laid.quantum[laid.codes.item.asset]
    owner = np.repeat(laid.account, np.repeat(laid.cohorts.width, np.diff(laid.cohorts.first)))
    rows: dict[str, dict[str, float]] = {}
    for row, code, quanta in zip(owner, laid.cohorts.code, walker.thread.q, strict=True):
        own = rows.setdefault(str(book.accounts.id[row]), {})
        if quanta:
            own[laid.name[code]] = float(quanta * quantum[code])
    sums = walker.thread.together.held
    held = dict(zip(laid.name, (sums * quantum).tolist(), strict=True)) if len(sums) else {}
    owed = dict(zip(book.asset_row, walker.desk.pool.owed * laid.quantum[: len(book.assets)], strict=True))
    growth = dict(zip(book.asset_row, walker.thread.growth.tolist(), strict=False))
    return Walked(storm.layers, totals, rows, held, owed, growth)


def fall_of(
    rows: Sequence[Account], eth: float, to: float, n_steps: int, liquidators: Mapping[str, Any] | None = None
) -> Walked:
    """Walk troves through a fall of one coin, from so many dollars to so many."""
    book, wanted = book_of(*rows), liquidators or {"asks": False}
    fall = one_fall({"ETH": to / eth - 1.0}, n_steps, liquidators=wanted)
    return walk_once(Storm.of(book, market_of(ETH=eth), trove_terms(), fall), book)


def resolved(book: Book, market: Market, terms: Terms, number: int) -> Resolution:
    """Resolve with an event whose hash has the pool take the same troves that it takes in a storm.

    A storm asks the pool in the order of liquidation; a pool that runs dry on the way leaves other troves
    to the others in another order.
    """
    done = resolve(book, market, terms, Event(f"pass {number}"))
    served = {item.account: place for place, item in enumerate(done.liquidations)}
    wanted = _offsets(book, sorted(done.defaults, key=lambda each: served[each.account]))
    for tried in range(TRIES):
        name = f"pass {number} try {tried}"
        if _offsets(book, in_order(done.defaults, name)) == wanted:
            return resolve(book, market, terms, Event(name))
    raise AssertionError(f"no event in {TRIES} leaves the pool to {wanted}")


def _offsets(book: Book, defaults: Sequence[Default]) -> dict[str, int]:
    # What a pool takes of each debt, asked in this order.
    left = sum(
        item.scaled
        for row in book.rows()
        if row.parent == "fund:stability_pool"
        for item in row.balances
        if item.asset == "LUSD"
    )
    taken = {}
    for each in defaults:
        if not each.after_layer:
            taken[each.account] = min(left, each.loss)
            left -= taken[each.account]
    return taken
