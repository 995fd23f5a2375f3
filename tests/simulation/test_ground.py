"""What a storm makes of layers: their caps, and what it says of those it only counts."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

import pytest

from seawall.core.book import Account, Asset, Balance, Book, Instrument, Position
from seawall.core.event import Event
from seawall.core.market import Mark, Market, Price
from seawall.resolution import resolve
from seawall.simulation.storm import Storm
from seawall.simulation.totals import MICRO
from tests.simulation.rival_worlds import rivals
from tests.simulation.test_charges import fallen, on_one_coin
from tests.simulation.test_deleveraging import walked
from tests.simulation.test_storm_against_resolve import shocked
from tests.simulation.worlds import World
from tests.worlds import USD

CLOSING: list[dict[str, Any]] = [
    {"name": "adl", "kind": "adl"},
    {"name": "adl", "kind": "adl", "selection": "pro_rata"},
    {"name": "tear_up", "kind": "tear_up", "execution": "takeover"},
    {"name": "holders", "kind": "mutualise", "over": "cash"},
]
CLAIMS = {"name": "claims", "kind": "recovery_claims", "claim_asset": "RRT"}


def three(layer: dict[str, Any], price: int) -> World:
    """A long of ten coins at 1000 with 500 of cash, a short of ten, and another long; cash is at `price`."""
    people = [_holder("first", 500, 10), _holder("short", 9000, -10), _holder("calm", 90_000, 10)]
    book, market, terms = on_one_coin(people, [layer])
    return book, replace(market, prices={"USDT": Price(price * USD)}), terms


def _holder(name: str, cash: int, coins: int) -> Account:
    position = Position("BTC-PERP", "net", coins * 1000, -coins * 1000 * 10**6)
    return Account(name, balances=(Balance("USDT", "cash", cash * 10**6),), positions=(position,))


def borne(world: World) -> float:
    """Return what the first layer bears in one step at 900 [base currency]; also called uncompiled."""
    _, totals = walked(Storm.of(*world, fallen(1)))
    return float(totals.layers[0, 0]) / MICRO


@pytest.mark.parametrize("price", [1, 2])
@pytest.mark.parametrize("layer", CLOSING, ids=["adl", "pro_rata", "tear_up", "holders"])
def test_a_cap_is_in_the_asset_of_the_loss(
    interpreter: ProcessPoolExecutor, layer: dict[str, Any], price: int
) -> None:
    book, market, terms = three({**layer, "cap_per_event": "100"}, price)
    fell = replace(market, marks={"BTC-PERP": Mark(900 * USD)})
    taken = sum(each.taken for each in resolve(book, fell, terms, Event("fall")).absorptions)
    assert taken == 100 * 10**6
    assert interpreter.submit(borne, (book, market, terms)).result() == pytest.approx(100 * price, abs=1e-5)


def test_one_cap_for_several_assets_is_noted() -> None:
    world = rivals(0, cap_per_event="900")
    said = [note for note in Storm.of(*world, shocked(world, 0)[1]).notes if "cap of layer adl" in note]
    assert len(said) == 1
    assert "BTC, USDC, USDT" in said[0]
    unsaid: list[dict[str, Any]] = [{"cap_per_event": "900", "assets": ["USDT"]}, {}]
    for changes in unsaid:
        world = rivals(0, **changes)
        assert not any("cap of layer" in note for note in Storm.of(*world, shocked(world, 0)[1]).notes)


def claimed(price: int | None) -> World:
    """Three longs: one fails, another would if it paid and got nothing for it; and claims at a price."""
    people = [
        *(_holder(name, cash, 10) for name, cash in (("first", 500), ("second", 1400), ("third", 2000))),
        _holder("short", 3000, -30),
    ]
    book, market, terms = on_one_coin(people, [CLAIMS])
    assets = [Asset("USDT", 6), Asset("RRT", 6)]
    items = [Instrument("BTC-PERP", "USDT", quantity_decimals=3, pool="btc")]
    prices = {"USDT": Price(USD)} | ({} if price is None else {"RRT": Price(price * USD)})
    told = Market(prices=prices, marks=market.marks)
    return Book.of(people, assets=assets, instruments=items, venue=book.venue), told, terms


def in_two_steps(world: World) -> tuple[int, float]:
    """Return how many fail, and what claims bear."""
    _, totals = walked(Storm.of(*world, fallen(2)))
    return int(totals.count("accounts_liquidated")[0]), float(totals.layers[0, 0]) / MICRO


@pytest.mark.parametrize("price", [1, None])
def test_claims_are_counted_and_nobody_fails_for_them(
    interpreter: ProcessPoolExecutor, price: int | None
) -> None:
    world = claimed(price)
    book, market, terms = world
    fell = replace(market, marks={"BTC-PERP": Mark(900 * USD)})
    failed = 0
    for number in range(2):
        done = resolve(book, fell, terms, Event(f"pass {number}"))
        book, failed = done.after, failed + len(done.liquidations)
    assert failed == 1
    assert interpreter.submit(in_two_steps, world).result() == (1, 500.0)
    notes = Storm.of(*world, fallen(2)).notes
    assert "what layer claims charges to accounts changes nobody's health" in notes
