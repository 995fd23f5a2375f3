"""What a layer charges to accounts is gone from them: a step of a storm is a `resolve`, account by account.

Apart by design: out of a layer that runs dry a storm pays for a part of a lot, `resolve` for whole lots, so
that a layer below it that goes by contracts may go by fewer; and where a layer cannot bear the losses of two
pools in one asset, the first of them by name finds it full, where `resolve` draws the order from the event.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from seawall.allocation.proportional import allocate_capped, allocate_per_unit, tie_keys
from seawall.core.book import Account, Asset, Balance, Book, Instrument, Position
from seawall.core.event import Event
from seawall.core.market import Mark, Market, Price
from seawall.resolution import resolve
from seawall.simulation.engine import DETECTORS, Detector
from seawall.simulation.kernels.charge import along_a_total, each_up, rate_of
from seawall.simulation.scenario import Scenario
from seawall.simulation.storm import Storm
from seawall.simulation.totals import MICRO
from tests.simulation.charged_worlds import CHARGES, charged, charging_venue
from tests.simulation.rival_worlds import funding_of
from tests.simulation.test_deleveraging import Holdings, cash_of, lots_of, walked
from tests.simulation.test_storm_against_resolve import shocked
from tests.simulation.worlds import World, scenario_of
from tests.worlds import USD

HOLDERS = [{"name": "holders", **CHARGES["holders"]}]
ADL = {
    "name": "adl",
    "kind": "adl",
    "cap_per_event": "900",
    "assets": ["USDT"],
}  # its cap is money: coins of one
FUND = {"name": "insurance", "kind": "insurance_fund", "account": "fund:insurance"}
TEAR_UP = {**ADL, "kind": "tear_up", "execution": "takeover"}
EACH = {name: [{"name": name, **layer}] for name, layer in CHARGES.items() if "pools" not in layer}


@dataclass(frozen=True)
class After:
    """What passes leave: lots, cash with the cost of positions in it; who bore what [base currency]."""

    liquidated: int
    defaults: int
    lots: Holdings
    cash: Holdings
    layers: dict[str, float]
    lost: float
    uncovered: float


def by_storm(seed: int, passes: int, worlds: dict[str, Any]) -> After:
    """So many steps of a storm; also called in a process without a compiler."""
    world = charged(seed, **worlds)
    book = world[0]
    storm = Storm.of(*world, shocked(world, seed, passes)[1])
    walker, totals = walked(storm)
    outside = walker.thread.charged.outside.sum(axis=1) * storm.book.quantum[: len(book.assets)]
    for each in book.rows():  # that of funds is not charged
        for held in each.balances if each.kind == "fund" else ():
            outside[book.asset_row[held.asset]] -= held.scaled
    saved = {("savers", asset.id): float(cash) for asset, cash in zip(book.assets, outside, strict=True)}
    return After(
        liquidated=int(totals.count("accounts_liquidated")[0]),
        defaults=0,
        lots=lots_of(storm, book, walker),
        cash=cash_of(storm, book, walker) | saved,
        layers=dict(zip(storm.layers, (totals.layers[0] / MICRO).tolist(), strict=True)),
        lost=float(totals.value("recognised")[0]),
        uncovered=float(totals.value("uncovered")[0]),
    )


def by_resolve(seed: int, passes: int, worlds: dict[str, Any], event: str = "") -> After:
    """As many passes of `resolve`, each on the book of the last; `event` draws the order of losses."""
    world = charged(seed, **worlds)
    book, _, terms = world
    market = shocked(world, seed, passes)[0]
    marks = {name: Mark(mark.mark, previous=world[1].marks[name].mark) for name, mark in market.marks.items()}
    still = {name: Mark(mark.mark, previous=mark.mark) for name, mark in market.marks.items()}
    market, later = replace(market, marks=marks), replace(market, marks=still)
    layers = {layer.name: 0.0 for layer in terms.waterfall if layer.kind != "residual"}
    liquidated, defaults, lost, uncovered = 0, 0, 0.0, 0.0
    for number in range(passes):
        done = resolve(book, later if number else market, terms, Event(f"pass {event}{number}"))
        book = done.after
        liquidated += len(done.liquidations)
        defaults += len(done.defaults)
        lost += sum(worth(book, market, each.asset, each.loss) for each in done.defaults)
        for each in done.absorptions:
            layers[each.layer] += worth(book, market, each.rest.asset, each.taken)
        uncovered += sum(worth(book, market, each.asset, each.amount) for each in done.residuals)
    lots: Holdings = {}
    cash: Holdings = {}
    for account in book.rows():
        if account.kind != "user":
            continue
        name = "savers" if "saver" in account.id else account.id
        for position in account.positions:
            if position.quantity:
                lots[name, position.instrument] = float(position.quantity)
            settle = book.instrument(position.instrument).settle_asset
            cash[name, settle] = cash.get((name, settle), 0.0) + position.cost - funding_of(book, position)
        for balance in account.balances:
            cash[name, balance.asset] = cash.get((name, balance.asset), 0.0) + balance.scaled
    return After(liquidated, defaults, lots, cash, layers, lost, uncovered)


def worth(book: Book, market: Market, asset: str, amount: int) -> float:
    return float(amount * (market.price(asset) or 0) / 10**market.price_decimals / book.asset(asset).unit)


def agree(storm: After, exact: After, told: object) -> None:
    """The same accounts and lots, and cash but for the last cent: values of lots are rounded to coins."""
    assert storm.liquidated == exact.liquidated, told
    assert storm.lots == exact.lots, told
    assert storm.lost == pytest.approx(exact.lost, abs=0.05), told
    assert storm.uncovered == pytest.approx(exact.uncovered, abs=0.05), told
    for name, taken in exact.layers.items():
        assert storm.layers[name] == pytest.approx(taken, abs=0.05), (told, name)
    for key in storm.cash.keys() | exact.cash.keys():
        near = 512 if key[1] == "BTC" else 10_000
        assert storm.cash.get(key, 0.0) == pytest.approx(exact.cash.get(key, 0.0), abs=near), (told, key)


def apart(storm: After, exact: After) -> float:
    """Return how far cash is apart [minor units]."""
    return sum(abs(storm.cash.get(key, 0.0) - amount) for key, amount in exact.cash.items())


@pytest.mark.parametrize("passes", [1, 2, 3])
def test_steps_that_charge_accounts_are_as_many_resolves(
    interpreter: ProcessPoolExecutor, passes: int
) -> None:
    charges = dict.fromkeys([*CHARGES, "nobody"], 0)
    later = 0
    for seed in range(40):
        exact = by_resolve(seed, passes, {})
        agree(interpreter.submit(by_storm, seed, passes, {}).result(), exact, seed)
        for name, taken in {**exact.layers, "nobody": exact.uncovered}.items():
            charges[name] += taken > 0.0
        later += exact.liquidated > by_resolve(seed, 1, {}).liquidated
    assert min(charges.values()) >= 5, charges
    assert (later >= 3) == (passes > 1)  # somebody fails because it was charged, and only then


@pytest.mark.parametrize("layers", EACH.values(), ids=list(EACH))
def test_losses_of_several_pools_are_charged_to_those_who_bear_each(
    interpreter: ProcessPoolExecutor, layers: list[dict[str, Any]]
) -> None:
    worlds = {"layers": layers, "is_pooled": False}
    compared = 0
    for seed in range(12):
        drawn = [by_resolve(seed, 1, worlds, event) for event in "abcdefgh"]
        if not drawn[0].uncovered:
            storm = interpreter.submit(by_storm, seed, 1, worlds).result()
            # Who pays for contracts of two pools has less for the second: one of the orders is the storm's.
            agree(storm, min(drawn, key=lambda exact: apart(storm, exact)), seed)
            compared += drawn[0].defaults > 1
    assert compared >= 3


@pytest.mark.parametrize("first", ["", "club", "movers", "winners"])
@pytest.mark.parametrize("closing", [ADL, TEAR_UP], ids=["adl", "tear_up"])
@pytest.mark.parametrize("last", [HOLDERS, [FUND, *EACH["both sides"]]], ids=["holders", "fund, both sides"])
def test_accounts_are_charged_before_and_after_positions_are_closed(
    interpreter: ProcessPoolExecutor, first: str, closing: dict[str, Any], last: list[dict[str, Any]]
) -> None:
    above = [{"name": first, **CHARGES[first], "cap_per_event": "300"}] if first else []
    is_pooled = FUND in last  # whose contracts the fund has paid for, of those of a pool, are not charged
    worlds = {"layers": [*above, closing, *last], "failing": 1, "is_pooled": is_pooled, "fund": 1000}
    compared = 0
    for seed in range(40):
        exact = by_resolve(seed, 1, worlds)
        if exact.defaults == 1 and min(exact.layers.values()) > 0.0:
            agree(interpreter.submit(by_storm, seed, 1, worlds).result(), exact, seed)
            compared += 1
    assert compared >= 3


@pytest.mark.parametrize("first", ["", "club", "winners", "holders"])
def test_who_owes_without_a_position_is_one_default_more(
    interpreter: ProcessPoolExecutor, first: str
) -> None:
    above = [{"name": first, **CHARGES[first], "cap_per_event": "300"}] if first else []
    worlds = {
        "layers": [*above, ADL, FUND, *EACH["both sides"], *HOLDERS][: -1 if first == "holders" else None]
    }
    worlds |= {"failing": 1, "fund": 1000, "debt": 700}
    charged_first = 0
    compared = 0
    for seed in range(20):
        drawn = [by_resolve(seed, 1, worlds, event) for event in "abcd"]
        if drawn[0].defaults == 2:
            storm = interpreter.submit(by_storm, seed, 1, worlds).result()
            agree(storm, min(drawn, key=lambda exact: apart(storm, exact)), seed)
            charged_first += storm.layers.get(first, 0.0) > 0.0
            compared += 1
    assert compared >= 3
    assert not first or charged_first >= 3


def chain(fund: int) -> World:
    """Three longs of ten coins at 1000, a short of thirty, and a saver of 2000 with no contract.

    At 900 the first lacks 500 (cash 500, loss 1000). Cash of all others is 1400 + 2000 + 3000 + 2000 = 8400,
    and they bear 5.95 % of it: the second, whose 1400 less 1000 of loss stand against a requirement of 360,
    is left with 317 and fails. It is worth that, and leaves no loss.
    """
    people = [
        holder("first", 500, 10), holder("second", 1400, 10), holder("third", 2000, 10),
        holder("short", 3000, -30), holder("saver", 2000, 0), holder("fund:insurance", fund, 0, kind="fund"),
    ]  # fmt: skip
    return on_one_coin(
        people, [{"name": "insurance", "kind": "insurance_fund", "account": "fund:insurance"}, *HOLDERS]
    )


def torn() -> World:
    """A long of ten coins that fails at 700 with 2500 lost, and two shorts of fifteen, one of them poor.

    Each gives up five coins at 950, the takeover price, and so 1250. The poor one owes 3000 and has won 4500:
    1500 against a requirement of 420. Afterwards it has 250 against one of 280. Many others are far
    from failure, so that an index pays and no path scans.
    """
    people = [
        holder("first", 500, 10), holder("second", 9000, 20),
        holder("poor", -3000, -15), holder("rich", 5000, -15),
        *(holder(f"calm {number}", 5000, 1) for number in range(200)),
    ]  # fmt: skip
    tear_up = {"name": "tear_up", "kind": "tear_up", "execution": "takeover"}
    return on_one_coin(people, [tear_up])


def on_one_coin(people: list[Account], layers: list[dict[str, Any]]) -> World:
    """An exchange of one contract at 1000, of which four hundredths are required."""
    flat = {"maintenance": {"kind": "flat", "rate_ppm": 40_000}, "close_out_slippage_bps": 0}
    items = [Instrument("BTC-PERP", "USDT", quantity_decimals=3, pool="btc")]
    book = Book.of(people, assets=[Asset("USDT", 6)], instruments=items, venue="test")
    terms = charging_venue(layers).model_copy(update={"assets": {}})
    terms = terms.model_copy(update={"instruments": {"*": type(terms.instruments["*"]).model_validate(flat)}})
    return book, Market(prices={"USDT": Price(USD)}, marks={"BTC-PERP": Mark(1000 * USD)}), terms


def holder(name: str, dollars: int, coins: int, kind: Any = "user") -> Account:
    """An account of so much cash and so many coins, long or short, bought at 1000."""
    position = Position("BTC-PERP", "net", coins * 1000, -coins * 1000 * 10**6)
    cash = (Balance("USDT", "cash", dollars * 10**6),) if dollars else ()
    return Account(name, kind=kind, balances=cash, positions=(position,) if coins else ())


def fallen(n_steps: int, *, by: float = 0.1, away: int = 0) -> Scenario:
    """The coin falls in the first step and stays; nobody is there to close anything for `away` steps."""
    return Scenario.build(
        {
            "run": {"n_paths": 1, "horizon_s": 60 * n_steps, "step_s": 60},
            "prices": {"kind": "gbm", "assets": {"BTC-PERP": {"vol": 0.0}}},
            "shocks": [{"at_s": 0, "moves": {"BTC-PERP": -by}}],
            "markets": {"BTC-PERP": {}},
            "liquidators": {"asks": False},
            "outages": [{"what": "liquidators", "from_s": 0, "for_s": 60 * away}] if away else [],
        }
    )


def chain_of(
    world: World, detector: Detector, scenario: Scenario
) -> tuple[int, dict[str, float], Holdings, float]:
    """Return how many were liquidated, who bore what, the cash that is left, and that of savers."""
    storm = Storm.of(*world, scenario)
    walker, totals = walked(storm, detector)
    layers = dict(zip(storm.layers, (totals.layers[0] / MICRO).tolist(), strict=True))
    failed = int(totals.count("accounts_liquidated")[0])
    return failed, layers, cash_of(storm, world[0], walker), float(walker.thread.charged.outside.sum())


@pytest.mark.parametrize("detector", list(DETECTORS))
def test_who_is_charged_fails_in_the_next_step(interpreter: ProcessPoolExecutor, detector: Detector) -> None:
    part = 500 / 8400
    failed, layers, cash, saved = interpreter.submit(chain_of, chain(0), detector, fallen(1)).result()
    assert (failed, layers["holders"]) == (1, 500.0)
    bought = {"second": 10_000, "third": 10_000, "short": -30_000}
    for name, had in {"second": 1400, "third": 2000, "short": 3000}.items():
        left = cash[name, "USDT"] / 10**6 + bought[name]
        assert left == pytest.approx(had * (1 - part), abs=1e-6), name
    assert saved == pytest.approx(2000 * 10**6 * (1 - part), abs=1)
    failed, layers, cash, _ = interpreter.submit(chain_of, chain(0), detector, fallen(2)).result()
    assert (failed, layers["holders"]) == (2, 500.0)
    assert ("second", "USDT") not in cash
    assert (
        interpreter.submit(chain_of, chain(500), detector, fallen(2)).result()[0] == 1
    )  # a fund that pays saves it


@pytest.mark.parametrize("detector", list(DETECTORS))
def test_who_gave_up_a_part_fails_in_the_next_step(
    interpreter: ProcessPoolExecutor, detector: Detector
) -> None:
    """Liquidators come back in a step after the thresholds were made anew, while prices stand still."""
    then, after = (fallen(n_steps, by=0.3, away=26) for n_steps in (27, 28))
    failed, layers, cash, _ = interpreter.submit(chain_of, torn(), detector, then).result()
    assert (failed, layers["tear_up"]) == (1, 2500.0)
    assert cash["poor", "USDT"] == (-3000 + 15_000 - 5 * 950) * 10**6
    assert cash["rich", "USDT"] == (5000 + 15_000 - 5 * 950) * 10**6
    assert interpreter.submit(chain_of, torn(), detector, after).result()[0] == 2


@pytest.mark.parametrize("detector", ["index", "index_without_epochs"])
def test_detectors_agree_where_others_are_charged(interpreter: ProcessPoolExecutor, detector: Any) -> None:
    totals = [interpreter.submit(totals_of, seed, detector).result() for seed in range(6)]
    scanned = [interpreter.submit(totals_of, seed, "scan").result() for seed in range(6)]
    assert totals == scanned
    assert sum(charges > 0 for _, charges in scanned) >= 3


def totals_of(seed: int, detector: Any) -> tuple[list[int], int]:
    """Return the totals of a storm over many steps, and how often all accounts changed on its path."""
    world = charged(seed, failing=4, others=24)
    storm = Storm.of(*world, scenario_of("exchange", seed, n_steps=30, n_paths=1))
    walker, done = walked(storm, detector)
    named = [*done.money[0].tolist(), *done.counts[0].tolist(), *done.sold[0].tolist()]
    return [*named, *done.layers[0].tolist(), *np.floor(walker.thread.q).tolist()], int(
        walker.thread.rewrites[0]
    )


def splits(seed: int) -> tuple[list[int], list[int], list[int], list[int]]:
    """Return charges as a storm splits them along a total, then up; and each as `allocation` does."""
    chance = np.random.default_rng([seed, 47])
    count = int(chance.integers(1, 30))
    weights = chance.integers(0, 10 ** int(chance.integers(1, 12)), count).astype(float)
    weights[0] += 1.0
    caps = np.where(chance.random(count) < 0.5, weights, np.floor(weights * chance.random(count)))
    total = int(chance.integers(0, int(caps[weights > 0].sum()) + 1))
    found = []
    for goes_up in (False, True):
        memory = SimpleNamespace(weight=weights.copy(), cap=np.where(weights > 0, caps, 0.0))
        thread = SimpleNamespace(charged=memory)
        rate = rate_of(thread, 0.0, total)
        if goes_up:
            each_up(thread, rate)
        else:
            pots = SimpleNamespace(bearers=SimpleNamespace(reaches=np.zeros((1, 0), dtype=bool)))
            along_a_total(pots, thread, 0, 0, rate, total)
        found.append(memory.cap.astype(int).tolist())
    owed, most = weights.astype(int).tolist(), caps.astype(int).tolist()
    exact = allocate_capped(total, owed, most, tie_key=tie_keys("event", [str(n) for n in range(count)]))
    return found[0], exact, found[1], allocate_per_unit(total, owed, most)


def test_charges_are_split_to_the_quantum(interpreter: ProcessPoolExecutor) -> None:
    equal = 0
    for seed, (along, exact, up, exact_up) in enumerate(interpreter.map(splits, range(300))):
        assert sum(along) == sum(exact), seed
        assert sum(up) >= sum(exact), seed
        for one, other in (along, exact), (up, exact_up):
            assert all(abs(a - b) <= 1 for a, b in zip(one, other, strict=True)), seed
        equal += up == exact_up
    assert equal >= 290  # where a float falls on the other side of a whole number, it is a quantum
