"""Accounts handed over in a storm: as many steps as resolves, account by account; and who comes, and why.

What is left apart by design: a storm asks a pool that runs dry in the order of liquidation, `resolve` in
an order drawn by hash (so the event is chosen whose hash takes the same), and a debt that is spread is
rounded over all who bear it one after the other, in `resolve` by largest remainder: a unit each.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from seawall.core.book import Account, Balance, Book
from seawall.core.market import Market, Price
from seawall.core.terms import Terms
from seawall.errors import UnsupportedFeature
from seawall.resolution import Resolution
from seawall.risk.bad_debt import book_gaps
from seawall.risk.detect import LIQUIDATABLE, scan
from seawall.risk.lending import Valuation
from seawall.simulation.storm import Storm
from seawall.simulation.storm_book import storm_book
from seawall.simulation.totals import COUNTS, MICRO, MONEY
from tests.simulation.test_storm import RESULTS
from tests.simulation.troves import (
    UNIT,
    Walked,
    book_of,
    fall_of,
    fallen,
    fund,
    market_of,
    moves_of,
    one_fall,
    resolved,
    trove,
    trove_terms,
    trove_world,
    walk_once,
)
from tests.simulation.worlds import drawn_storm, world_of

SEEDS = range(60)


def by_storm(seed: int, passes: int, detector: Any = "index") -> tuple[dict[str, Any], dict[str, Any]]:
    """Return (rows, sums) after so many steps; also called in a process without a compiler."""
    book, market, terms = trove_world(seed)
    moves = fallen(market, moves_of(seed))[1]
    walked = walk_once(Storm.of(book, market, terms, one_fall(moves, passes)), book, detector)
    totals = walked.totals
    found: dict[str, Any] = {
        name: float(totals.value(name)[0])
        for name in (
            *("recognised", "uncovered", "repaid", "depositors_gained", "borrowers_gained"),
            *("mark_gap_oracle", "liquidation_gap_oracle"),
        )
    }
    found |= {name: int(totals.count(name)[0]) for name in ("accounts_liquidated", "failing_at_end")}
    found["layers"] = dict(zip(walked.layers, (totals.layers[0] / MICRO).tolist(), strict=True))
    found["held"] = walked.held
    return walked.rows, found


def by_resolve(seed: int, passes: int) -> tuple[Book, list[Resolution], Market, Terms]:
    """The same through `resolve`, pass after pass on the book the last one left."""
    book, market, terms = trove_world(seed)
    now = fallen(market, moves_of(seed))[0]
    done = []
    for number in range(passes):
        done.append(resolved(book, now, terms, number))
        book = done[-1].after
    return book, done, now, terms


def worth(asset: str, amount: float, market: Market) -> float:
    return amount / UNIT[asset] * (market.price(asset) or 0) / 10.0**market.price_decimals


def gained(done: list[Resolution], kind: str, market: Market) -> float:
    """Value of the collateral that came to those who bore debts in a layer."""
    return sum(
        worth(posting.commodity, posting.amount, market)
        for each in done
        for entry in each.journal.entries
        if entry.kind == f"collateral:{kind}"
        for posting in entry.postings
        if posting.amount > 0
    )


@pytest.mark.parametrize("passes", [1, 2, 4])
def test_as_many_steps_as_resolves(interpreter: ProcessPoolExecutor, passes: int) -> None:
    """Account by account, to a unit for each time that debts were spread."""
    seen = {"calm": 0, "recovery": 0, "capped": 0, "spared": 0, "later": 0, "pool": 0, "spread": 0}
    for seed in SEEDS:
        rows, storm = interpreter.submit(by_storm, seed, passes).result()
        after, done, market, terms = by_resolve(seed, passes)
        exact = {str(row.id): {item.asset: item.scaled for item in row.balances} for row in after.rows()}
        spread = sum(each.kind == "redistribution" for one in done for each in one.absorptions)
        slack = 2 * spread + 2
        for name, own in rows.items():
            for asset in UNIT:
                there = exact[name].get(asset, 0)
                # A unit more of collateral bears more of the next debt: hence the relative part.
                assert own.get(asset, 0) == pytest.approx(there, abs=slack, rel=1e-9), (seed, name, asset)
        compare(storm, after, done, market, terms, slack)
        owing = [own for own in rows.values() if "LUSD" in own]
        for name, amount in storm["held"].items():  # what was added up on the way is what is there
            assert amount == sum(own.get(name, 0.0) for own in owing), (seed, name)
        note(seen, done, market, terms)
    assert min(value for name, value in seen.items() if passes > 1 or name != "later") >= 3, seen


def compare(
    storm: dict[str, Any], after: Book, done: list[Resolution], market: Market, terms: Terms, slack: float
) -> None:
    """Sums of money to a few units of each, and what is still failing."""
    cents = 1e-3 * slack * 10
    layers: dict[str, float] = {}
    for each in (absorption for one in done for absorption in one.absorptions):
        layers[each.layer] = layers.get(each.layer, 0.0) + worth("LUSD", each.taken, market)
    lost = sum(worth("LUSD", each.loss, market) for one in done for each in one.defaults)
    assert storm["recognised"] == pytest.approx(lost, abs=cents)
    assert storm["repaid"] == pytest.approx(lost, abs=cents)
    for name, value in storm["layers"].items():
        assert value == pytest.approx(layers.get(name, 0.0), abs=cents)
    left = sum(worth("LUSD", each.amount, market) for one in done for each in one.residuals)
    assert storm["uncovered"] == pytest.approx(left, abs=cents)
    for name, kind in (("depositors_gained", "stability_pool"), ("borrowers_gained", "redistribution")):
        assert storm[name] == pytest.approx(gained(done, kind, market), abs=cents)
    handed = sum(item.outcome == "handed_over" for one in done for item in one.liquidations)
    assert storm["accounts_liquidated"] == handed
    assert storm["failing_at_end"] == int((scan(after, market, terms).flag == LIQUIDATABLE).sum())
    valued = Valuation.of(after, market, terms)
    together, value = valued.totals, valued.rules.VALUE_UNIT * 10.0**market.price_decimals
    gaps = book_gaps(after, market, terms)
    assert storm["mark_gap_oracle"] == pytest.approx(gaps.mark_gap / value, abs=cents)
    assert storm["liquidation_gap_oracle"] == pytest.approx(gaps.liquidation_gap / value, abs=cents)
    held = sum(worth(name, amount, market) for name, amount in storm["held"].items() if name != "LUSD")
    assert held == pytest.approx(together.collateral / value, abs=cents)
    assert -storm["held"]["LUSD"] / UNIT["LUSD"] == pytest.approx(together.debt / value, abs=cents)


def note(seen: dict[str, int], done: list[Resolution], market: Market, terms: Terms) -> None:
    """Count what the worlds are meant to reach."""
    ratio = Valuation.of(done[0].before, market, terms).trigger_ratio or 0
    seen["recovery" if ratio > 11 * 10**17 else "calm"] += 1
    handed = [item.handed_over for one in done for item in one.liquidations if item.handed_over]
    seen["spared"] += any(each.defaults[0].after_layer for each in handed)
    seen["later"] += any(item.handed_over for one in done[1:] for item in one.liquidations)
    for kind, name in (("stability_pool", "pool"), ("redistribution", "spread")):
        seen[name] += any(each.kind == kind for one in done for each in one.absorptions)
    seen["capped"] += any(any(_left(one).values()) for one in done)


def _left(done: Resolution) -> dict[str, int]:
    """What accounts that were handed over keep, in smallest units of all assets together."""
    return {
        item.account: sum(each.scaled for each in done.after.account(item.account).balances)
        for item in done.liquidations
        if item.handed_over
    }


def drawn(seed: int, detector: Any, threads: int = 1, first: int = 0, count: int = 2) -> dict[str, Any]:
    """Return all that a drawn storm came to; also called in a process without a compiler."""
    totals = drawn_storm("troves", seed, n_steps=24).run(first, count, detector=detector, threads=threads)
    return {name: np.asarray(getattr(totals, name)).tolist() for name in RESULTS}


def test_every_detector_any_threads_and_any_parts_find_the_same(interpreter: ProcessPoolExecutor) -> None:
    spread = acts = 0
    for seed in range(10):
        by_scan = interpreter.submit(drawn, seed, "scan").result()
        for detector in ("index", "index_without_epochs"):
            assert interpreter.submit(drawn, seed, detector).result() == by_scan
        assert interpreter.submit(drawn, seed, "index", 2).result() == by_scan
        last = interpreter.submit(drawn, seed, "index", 1, 1, 1).result()
        assert last["money"] == by_scan["money"][1:]
        spread += any(path[MONEY.index("borrowers_gained")] for path in by_scan["money"])
        acts += any(path[COUNTS.index("borrower_acts")] for path in by_scan["counts"])
    assert min(spread, acts) >= 2


def kept(seed: int) -> tuple[dict[str, float], dict[str, float], bool]:
    """Return what a drawn storm of borrowers who act added up on its way, and what is there in the end."""
    storm = drawn_storm("troves", seed, n_steps=24)
    walked = walk_once(storm, world_of("troves", seed)[0])
    owing = [own for own in walked.rows.values() if own.get("LUSD", 0.0) < 0.0]
    there = {name: sum(own.get(name, 0.0) for own in owing) for name in walked.held}
    return walked.held, there, bool(walked.totals.count("borrower_acts")[0])


def test_sums_over_all_accounts_know_of_borrowers_who_act(interpreter: ProcessPoolExecutor) -> None:
    acts = 0
    for seed in range(12):
        held, there, has_acted = interpreter.submit(kept, seed).result()
        assert held == there
        acts += has_acted
    assert acts >= 2


# At 109: Ann is at 109 %, Bob at 110.2 %, the whale at 436 %. Ann's debt and what is left of her coin after
# half a percent of gas go to the others, a fifth of it to Bob: 118.9 owed against 1.199 coins, 109.9 %.
CHAIN = (trove("ann", 100.0, ETH=1.0), trove("bob", 98.9, ETH=1.0), trove("whale", 100.0, ETH=4.0))


def test_a_debt_that_is_spread_takes_the_next_one_down(interpreter: ProcessPoolExecutor) -> None:
    once, twice, later = (
        interpreter.submit(fall_of, CHAIN, 150.0, 109.0, n_steps).result() for n_steps in (1, 2, 5)
    )
    assert whole(once) == {
        "ann": {},
        "bob": {"ETH": 1.199, "LUSD": -118.9},
        "whale": {"ETH": 4.796, "LUSD": -180},
    }
    assert counted(once) == (1, 1, 100.0)
    assert whole(twice) == {"ann": {}, "bob": {}, "whale": {"ETH": 5.989005, "LUSD": -298.9}}
    assert counted(twice) == counted(later) == (2, 0, 218.9)
    assert later.rows == twice.rows


def whole(walked: Walked) -> dict[str, dict[str, float]]:
    """What each holds and owes in whole coins; both have no more than nine decimals."""
    return {
        name: {asset: round(amount / UNIT[asset], 9) for asset, amount in own.items()}
        for name, own in walked.rows.items()
    }


def counted(walked: Walked) -> tuple[int, int, float]:
    """Accounts handed over, accounts failing at the end, and what was recognised."""
    totals = walked.totals
    recognised = round(float(totals.value("recognised")[0]), 4)
    return int(totals.count("accounts_liquidated")[0]), int(totals.count("failing_at_end")[0]), recognised


def test_who_stands_at_the_ratio_of_all_is_safe(interpreter: ProcessPoolExecutor) -> None:
    """Of one trove, or of equal ones, each stands there in recovery mode, whatever rounding makes of it."""
    for owed in (74.1, 77.7, 81.3, 85.9, 88.1, 91.9, 93.7, 97.3):
        for number in (1, 3):
            rows = [trove(f"t{place}", owed, ETH=1.0) for place in range(number)]
            walked = interpreter.submit(fall_of, rows, 150.0, 109.0, 1).result()
            assert counted(walked) == (0, 0, 0.0), (owed, number)


def second_fall() -> Walked:
    """Ann and Bob fail at once, and one call is made a step; then what Art holds falls, and he is worse."""
    rows = (
        trove("ann", 100.0, ETH=1.0),
        trove("bob", 95.0, ETH=1.0),
        trove("art", 100.0, ART=4.0),
        trove("whale", 100.0, ETH=9.0),
    )
    book, liquidators = book_of(*rows), {"asks": False, "slots_max": 1}
    falls = [{"at_s": 0, "moves": {"ETH": -0.31}}, {"at_s": 120, "moves": {"ART": -0.49}}]
    storm = one_fall({"ETH": 0.0, "ART": 0.0}, 2, shocks=falls, liquidators=liquidators)
    return walk_once(Storm.of(book, market_of(ETH=150.0), trove_terms(), storm), book)


def test_the_worst_goes_first_whoever_waits(interpreter: ProcessPoolExecutor) -> None:
    rows = interpreter.submit(second_fall).result().rows
    assert (rows["ann"], rows["art"]) == ({}, {})
    assert rows["bob"]["ETH"] > UNIT["ETH"]


# Ann's trove at 109 % of 1000: half a percent of its collateral is worth 5.45.
PAIR = (trove("ann", 1000.0, ETH=10.0), trove("whale", 1000.0, ETH=100.0))


@pytest.mark.parametrize(
    ("coins", "gas", "calls"),
    [(0, 5.4, 1), (0, 5.5, 0), (10_000, 205.4, 1), (10_000, 205.5, 0), (50, 55.4, 1), (50, 55.5, 0)],
)
def test_who_calls_is_paid_by_the_gas_compensation(
    interpreter: ProcessPoolExecutor, coins: float, gas: float, calls: int
) -> None:
    rows = (*PAIR, fund("fund:gas_pool", coins))
    totals = interpreter.submit(fall_of, rows, 150.0, 109.0, 1, {"gas": gas}).result().totals
    assert int(totals.count("liquidations")[0]) == calls
    assert int(totals.count("not_worth_it")[0]) == 1 - calls


def test_coins_that_are_reserved_are_paid_once_and_the_caller_sells_its_part(
    interpreter: ProcessPoolExecutor,
) -> None:
    """Two calls at 204 each: the coins of the pool pay for one of them."""
    rows = (*PAIR, trove("bob", 1000.0, ETH=10.0), fund("fund:gas_pool", 200.0))
    totals = interpreter.submit(fall_of, rows, 150.0, 109.0, 3, {"gas": 204.0}).result().totals
    assert int(totals.count("liquidations")[0]) == 1
    assert totals.sold[0, 0] / MICRO == pytest.approx(5.45, abs=1e-4)


def test_a_debt_that_nobody_can_owe_is_uncovered(interpreter: ProcessPoolExecutor) -> None:
    """Two troves without collateral: one is handed over, the other, the last, has no weight to share by."""
    rows = (trove("ann", 70.0), trove("bob", 30.0))
    walked = interpreter.submit(fall_of, rows, 150.0, 109.0, 2).result()
    assert float(walked.totals.value("uncovered")[0]) == pytest.approx(70.0, abs=1e-5)
    assert walked.totals.layers[0].tolist() == [0, 0]
    assert walked.rows == {"ann": {}, "bob": {"LUSD": -30.0 * UNIT["LUSD"]}}
    assert walked.held["LUSD"] == -30.0 * UNIT["LUSD"]


def test_a_collateral_without_a_price_leaves_out_who_holds_it_and_nobody_else() -> None:
    book = book_of(trove("ann", 30.0, ETH=1.0), trove("bob", 30.0, ETH=1.0, ART=1.0))
    market = market_of()
    market = replace(market, prices={**market.prices, "ART": Price(None)})
    laid = storm_book(book, market, trove_terms())
    assert (laid.account.tolist(), laid.unpriced.tolist()) == ([0], [1])


SOLD = {
    "sale": {"kind": "fixed_bonus"},
    "split": {"kind": "none"},
    "recognition": {"kind": "zero_collateral_value"},
}
SETS = {"eth": {"assets": ["ETH"], "ltv_bps": 9000, "threshold_bps": 9300, "bonus_bps": 10100}}
TROVE = (Balance("ETH", "cash", 5), Balance("LUSD", "debt", -5))


@pytest.mark.parametrize(
    ("rows", "changes", "told"),
    [
        ([Account("ann", balances=(Balance("ETH", "debt", -5),))], {}, "owe ETH, LUSD"),
        ([], SOLD, "set sale.kind = hand_over"),
        (
            [Account("ann", collateral_set="eth", balances=TROVE)],
            {"collateral_sets": SETS},
            "several collateral sets hold ETH",
        ),
    ],
)
def test_what_no_storm_hands_over_is_refused_by_name(
    rows: list[Account], changes: dict[str, Any], told: str
) -> None:
    book = book_of(trove("bob", 30.0, ETH=1.0), *rows)
    with pytest.raises(UnsupportedFeature, match=told):
        Storm.of(book, market_of(), trove_terms(**changes), one_fall({"ETH": -0.1}, 1))
