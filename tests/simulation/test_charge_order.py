"""Whom a layer charges that is one of several: who holds what none above it has paid for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from seawall.core.book import Account, Asset, Balance, Book, Instrument, Position
from seawall.core.event import Event
from seawall.core.market import Mark, Market, Price
from seawall.resolution import resolve
from seawall.simulation.scenario import Scenario
from seawall.simulation.storm import Storm
from seawall.simulation.totals import MICRO
from tests.simulation.charged_worlds import charging_venue
from tests.simulation.test_deleveraging import cash_of, walked
from tests.simulation.worlds import World
from tests.worlds import USD

ADL = {"name": "adl", "kind": "adl", "cap_per_event": "100"}
FUND = {"name": "insurance", "kind": "insurance_fund", "account": "fund:insurance"}
BOTH = {"name": "both", "kind": "mutualise", "over": "per_unit"}
HOLDERS = {"name": "holders", "kind": "mutualise", "over": "cash"}
COINS = ("A", "B")

Cash = dict[str, float]


def holder(name: str, dollars: int, coins: Mapping[str, int], kind: Any = "user") -> Account:
    """An account of so much cash, and so many of each coin, long or short, bought at 1000."""
    positions = tuple(
        Position(coin, "net", number * 1000, -number * 1000 * 10**6) for coin, number in coins.items()
    )
    cash = (Balance("USDT", "cash", dollars * 10**6),) if dollars else ()
    return Account(name, kind=kind, balances=cash, positions=positions)


def two_coins(people: Sequence[Account], layers: list[dict[str, Any]], settles: str = "USDT") -> World:
    """An exchange of two contracts at 1000, of which four hundredths are required; B settles in `settles`."""
    flat = {"maintenance": {"kind": "flat", "rate_ppm": 40_000}, "close_out_slippage_bps": 0}
    items = [
        Instrument(coin, settle, quantity_decimals=3, pool="one")
        for coin, settle in zip(COINS, ("USDT", settles), strict=True)
    ]
    assets = [Asset(name, 6) for name in sorted({"USDT", settles})]
    book = Book.of(people, assets=assets, instruments=items, venue="test")
    terms = charging_venue(layers).model_copy(update={"assets": {}})
    terms = terms.model_copy(update={"instruments": {"*": type(terms.instruments["*"]).model_validate(flat)}})
    prices = {asset.id: Price(USD) for asset in assets}
    return book, Market(prices=prices, marks={coin: Mark(1000 * USD) for coin in COINS}), terms


def storm_of(world: World, falls: Sequence[tuple[str, float]]) -> Storm:
    """Coins fall, one in each step."""
    scenario = {
        "run": {"n_paths": 1, "horizon_s": 60 * len(falls), "step_s": 60},
        "prices": {"kind": "gbm", "assets": {coin: {"vol": 0.0} for coin in COINS}},
        "shocks": [
            {"at_s": 60 * step + (step > 0), "moves": {coin: -by}}
            for step, (coin, by) in enumerate(falls)
            if by
        ],
        "markets": {coin: {} for coin in COINS},
        "liquidators": {"asks": False},
    }
    return Storm.of(*world, Scenario.build(scenario))


def by_storm(world: World, falls: Sequence[tuple[str, float]]) -> tuple[Cash, Cash]:
    """Return who bore what, and the cash that is left; also called in a process without a compiler."""
    storm = storm_of(world, falls)
    with np.errstate(divide="raise", invalid="raise"):  # as the compiled walk does
        walker, totals = walked(storm)
    layers = dict(zip(storm.layers, (totals.layers[0] / MICRO).tolist(), strict=True))
    layers["nobody"] = float(totals.value("uncovered")[0])
    return layers, {key[0]: cash / 10**6 for key, cash in cash_of(storm, world[0], walker).items()}


def by_resolve(world: World, falls: Sequence[tuple[str, float]]) -> tuple[Cash, Cash]:
    """As many passes of `resolve`, each on the book of the last."""
    book, market, terms = world
    layers = dict.fromkeys([layer.name for layer in terms.waterfall if layer.kind != "residual"], 0.0)
    layers["nobody"] = 0.0
    marks = {coin: 1000 for coin in COINS}
    for number, (coin, by) in enumerate(falls):
        before = dict(marks)
        marks[coin] = round(1000 * (1 - by))
        told = {name: Mark(mark * USD, previous=before[name] * USD) for name, mark in marks.items()}
        done = resolve(book, replace(market, marks=told), terms, Event(f"pass {number}"))
        book = done.after
        for each in done.absorptions:
            layers[each.layer] += each.taken / 10**6
        layers["nobody"] += sum(each.amount for each in done.residuals) / 10**6
    cash = {
        account.id: sum([*(b.scaled for b in account.balances), *(p.cost for p in account.positions)]) / 10**6
        for account in book.rows()
        if account.kind == "user"
    }
    return layers, cash


def agree(found: tuple[Cash, Cash], exact: tuple[Cash, Cash]) -> None:
    """The same bearers, and the same cash of all who are in the storm."""
    for name, taken in exact[0].items():
        assert found[0].get(name, 0.0) == pytest.approx(taken, abs=1e-4), name
    for name, cash in exact[1].items():
        assert found[1].get(name, 0.0) == pytest.approx(cash, abs=1e-4), name


def two_defaults(fund: int, layers: list[dict[str, Any]]) -> World:
    """One is long ten of A and fails at 900 with 500 lost, one ten of B, at 800 with as much."""
    people = [
        holder("fails in A", 500, {"A": 10}), holder("fails in B", 1500, {"B": 10}),
        holder("short A", 9000, {"A": -10}), holder("short B", 9000, {"B": -10}),
        holder("long A", 19_000, {"A": 40}), holder("long B", 90_000, {"B": 40}),
        holder("more short A", 90_000, {"A": -40}), holder("more short B", 90_000, {"B": -40}),
        holder("fund:insurance", fund, {}, kind="fund"),
    ]  # fmt: skip
    return two_coins(people, layers)


FALLS = [("A", 0.1), ("B", 0.2)]


@pytest.mark.parametrize("layers", [[ADL, FUND, BOTH], [FUND, BOTH]], ids=["adl first", "fund first"])
def test_who_holds_what_an_earlier_pass_has_paid_for_is_not_charged(
    interpreter: ProcessPoolExecutor, layers: list[dict[str, Any]]
) -> None:
    world = two_defaults(400 if ADL in layers else 500, layers)
    found = interpreter.submit(by_storm, world, FALLS).result()
    assert found[0]["insurance"] > 0.0
    assert found[0]["both"] > 0.0
    assert found[1]["long A"] == 19_000 - 40_000
    agree(found, by_resolve(world, FALLS))


def both_lost() -> World:
    """One default of both coins, of which the fund below pays for one: its holders are not charged."""
    people = [
        holder("fails", 500, {"A": 10, "B": 10}),
        holder("short A", 9000, {"A": -10}), holder("short B", 9000, {"B": -10}),
        holder("long A", 19_000, {"A": 40}), holder("more short A", 90_000, {"A": -40}),
        holder("long B", 90_000, {"B": 40}), holder("more short B", 90_000, {"B": -40}),
        holder("fund:insurance", 900, {}, kind="fund"),
    ]  # fmt: skip
    return two_coins(people, [{**ADL, "cap_per_event": "1"}, FUND, BOTH])


def test_who_holds_what_a_layer_in_between_has_paid_for_is_not_charged(
    interpreter: ProcessPoolExecutor,
) -> None:
    falls = [("B", 0.3)]
    found = interpreter.submit(by_storm, both_lost(), falls).result()
    exact = by_resolve(both_lost(), falls)
    assert min(exact[0]["insurance"], exact[0]["both"]) > 0.0
    agree(found, exact)


@pytest.mark.parametrize(
    "layers",
    [[HOLDERS, ADL], [{**HOLDERS, "cap_per_event": "200"}, ADL], [ADL, HOLDERS], [HOLDERS]],
    ids=["above adl", "above adl, in part", "below adl", "alone"],
)
def test_who_owes_without_a_position_is_paid_for_by_those_charged(
    interpreter: ProcessPoolExecutor, layers: list[dict[str, Any]]
) -> None:
    people = [
        Account("debtor", kind="user", balances=(Balance("USDT", "cash", -500 * 10**6),)),
        holder("long", 9000, {"A": 10}), holder("short", 3000, {"A": -10}),
    ]  # fmt: skip
    world = two_coins(people, layers)
    exact = by_resolve(world, [("A", 0.0)])
    assert exact[0]["holders"] > 0.0
    agree(interpreter.submit(by_storm, world, [("A", 0.0)]).result(), exact)


@pytest.mark.parametrize("worthless", ["USDT", "ZUSD"])
@pytest.mark.parametrize("since", ["entry", "previous"])
def test_gains_in_worthless_money_bear_nothing(
    interpreter: ProcessPoolExecutor, since: str, worthless: str
) -> None:
    layers = [{"name": "gains", "kind": "gains_haircut", "since": since}]
    people = [
        holder("fails", 500, {"A": 10}), holder("long", 9000, {"A": 10}), holder("short", 9000, {"A": -20}),
        holder("other long", 9000, {"B": 1}), holder("other short", 9000, {"B": -1}),
    ]  # fmt: skip
    book, market, terms = two_coins(people, layers, settles="ZUSD")
    world = book, replace(market, prices={**market.prices, worthless: Price(0)}), terms
    layers_found, cash = interpreter.submit(by_storm, world, [("A", 0.1)]).result()
    lost = 0.0 if worthless == "USDT" else 500.0
    assert (layers_found["gains"], layers_found["nobody"]) == (lost, 0.0)
    assert cash["short"] == 29_000 - lost


def test_charges_by_contracts_that_others_have_paid_for_are_told() -> None:
    capped = {**HOLDERS, "cap_per_event": "200"}
    below, above = (
        storm_of(two_defaults(0, layers), FALLS).notes for layers in ([capped, BOTH], [BOTH, capped])
    )
    assert [note for note in below if "layer both goes by all contracts" in note]
    assert above == ()
