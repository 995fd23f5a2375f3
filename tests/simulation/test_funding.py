"""Funding in a storm: who pays whom, how much, and when it takes an account to its margin."""

from __future__ import annotations

import math
from typing import Any

import pytest

from seawall.core.book import Account, Balance, Book, Position
from seawall.errors import InputError
from seawall.simulation.scenario import Scenario
from seawall.simulation.storm import Storm
from tests.simulation.worlds import exchange_world
from tests.worlds import exchange_book, exchange_market, exchange_terms, long_btc, short_btc, trader

HOUR_S = 3600
YEAR_S = 365 * 86_400
MARK = 50_000.0
TIER = 0.005
"""Maintenance of up to fifty thousand dollars."""


def market_of(book: Book, steps: int, **scenario: Any) -> Storm:
    """Hours in which nothing moves by itself."""
    raw = {
        "run": {"n_paths": 1, "horizon_s": HOUR_S * steps, "step_s": HOUR_S},
        "prices": {"kind": "gbm", "assets": {"BTC-PERP": {"vol": 0.0}}},
        "markets": {"BTC-PERP": {}},
    }
    return Storm.of(book, exchange_market(), exchange_terms(), Scenario.build({**raw, **scenario}))


def pair(long_cash: int = 3000, short_cash: int = 3000) -> Book:
    """A long and a short of one coin, from the mark."""
    return exchange_book(
        trader("long", long_cash, long_btc(1000, 50_000)),
        trader("short", short_cash, short_btc(1000, 50_000)),
    )


@pytest.mark.parametrize("rate", [0.876, -0.876])
def test_one_side_gets_what_the_other_pays(rate: float) -> None:
    """A ten-thousandth an hour of fifty thousand is five dollars."""
    totals = market_of(pair(), 7, funding={"BTC-PERP": {"rate_per_year": rate}}).run(0, 1)
    assert totals.value("funding_paid").tolist() == pytest.approx([35.0], abs=1e-4)
    assert totals.value("funding_paid")[0] - totals.value("funding_received")[0] == pytest.approx(
        0, abs=14e-6
    )
    assert totals.value("funding_received")[0] <= totals.value("funding_paid")[0]


def test_a_part_of_a_quantum_is_paid_and_not_received() -> None:
    """Seven payments of 1.900684931... dollars: each side rounds against itself, by less than a quantum."""
    totals = market_of(pair(), 7, funding={"BTC-PERP": {"rate_per_year": 0.333}}).run(0, 1)
    exact = 7 * MARK * 0.333 * HOUR_S / YEAR_S
    paid, received = totals.value("funding_paid")[0], totals.value("funding_received")[0]
    assert received < exact < paid
    assert paid - received <= 7 * 2e-6 + 1e-9  # a quantum, and the millionth in which money is told


def test_what_longs_pay_more_than_shorts_get_is_the_imbalance() -> None:
    book = exchange_book(
        trader("a", 9000, long_btc(3000, 50_000)), trader("b", 9000, short_btc(1000, 50_000))
    )
    totals = market_of(book, 4, funding={"BTC-PERP": {"rate_per_year": 0.876}}).run(0, 1)
    assert totals.value("funding_paid").tolist() == pytest.approx([60.0], abs=1e-4)
    assert totals.value("funding_received").tolist() == pytest.approx([20.0], abs=1e-4)


@pytest.mark.parametrize("cash", [256.0, 266.0, 300.0])
@pytest.mark.parametrize("side", ["long", "short"])
def test_funding_alone_takes_an_account_to_its_margin(cash: float, side: str) -> None:
    """Five dollars an hour leave `cash`; half a percent of fifty thousand is needed, and equality is safe."""
    last = math.floor((cash - TIER * MARK) / 5)
    book = pair(long_cash=int(cash), short_cash=9000) if side == "long" else pair(9000, int(cash))
    rate = {"rate_per_year": 0.876 if side == "long" else -0.876}
    for steps, called in ((last, 0), (last + 1, 1)):
        if steps:
            storm = market_of(book, steps, funding={"BTC-PERP": rate})
            for detector in ("scan", "index", "index_without_epochs"):
                found = storm.run(0, 1, detector=detector)
                assert found.count("accounts_liquidated").tolist() == [called]


def test_shorts_pay_while_a_sale_holds_the_market_below_its_index() -> None:
    """A long is closed out in the first step and the market stays where that left it."""
    book = exchange_book(
        trader("fails", 100, long_btc(1000, 50_000)),
        trader("long", 20_000, long_btc(1000, 50_000)),
        trader("short", 20_000, short_btc(1000, 50_000)),
    )
    impact = {"kind": "linear", "value": 500_000.0, "move_bps": 100}
    oracle = {"feed": {"kind": "fixed", "price": MARK}}
    told = {"kind": "premium", "interval_s": 28_800, "most": 0.5}
    storm = market_of(
        book, 5, funding={"BTC-PERP": told}, markets={"BTC-PERP": {"impact": impact, "oracle": oracle}}
    )
    totals = storm.run(0, 1)
    premium = math.expm1(float(totals.end_move[0, 0]))
    assert premium < 0
    # Before the first step there is no premium; then in each of four an eighth of it.
    assert totals.value("funding_paid").tolist() == pytest.approx([-premium * MARK * 4 / 8], rel=1e-6)
    capped = market_of(
        book, 5, funding={"BTC-PERP": {**told, "most": 1e-4}},
        markets={"BTC-PERP": {"impact": impact, "oracle": oracle}},
    ).run(0, 1)  # fmt: skip
    assert capped.value("funding_paid").tolist() == pytest.approx([1e-4 * MARK * 4 / 8], abs=1e-4)


def test_whoever_is_long_a_contract_settled_in_coins_pays_too() -> None:
    book, market, terms = exchange_world(1, accounts=0)
    people = [
        Account("x", balances=(Balance("BTC", "cash", 10**8),), positions=(of_coins(100),)),
        Account("y", balances=(Balance("BTC", "cash", 10**8),), positions=(of_coins(-50),)),
    ]
    book = Book.of(people, assets=book.assets, instruments=book.instruments, venue="test")
    raw = {
        "run": {"n_paths": 1, "horizon_s": HOUR_S, "step_s": HOUR_S},
        "prices": {"kind": "gbm", "assets": {"BTC-COIN": {"vol": 0.0}}},
        "markets": {"BTC-COIN": {"moves": ["BTC-COIN", "BTC"]}},
        "funding": {"BTC-COIN": {"rate_per_year": 0.876}},
    }
    totals = Storm.of(book, market, terms, Scenario.build(raw)).run(0, 1)
    # A ten-thousandth of ten thousand dollars.
    assert totals.value("funding_paid").tolist() == pytest.approx([1.0], rel=1e-2)
    assert totals.value("funding_received").tolist() == pytest.approx([0.5], rel=1e-2)


def of_coins(contracts: int) -> Position:
    """Contracts of a hundred dollars, from the mark."""
    return Position("BTC-COIN", "net", contracts, round(contracts * 100 / MARK * 10**8))


def test_a_run_with_funding_says_that_it_looks_at_all_accounts() -> None:
    assert market_of(pair(), 1).remarks == ()
    notes = market_of(pair(), 1, funding={"BTC-PERP": {"rate_per_year": 0.1}}).remarks
    assert "looking at all" in notes[-1]


def test_funding_of_what_is_no_instrument_is_told_with_its_place() -> None:
    with pytest.raises(InputError) as caught:
        market_of(pair(), 1, funding={"USDT": {"rate_per_year": 0.1}, "SOL-PERP": {"rate_per_year": 0.1}})
    assert [each.where for each in caught.value.problems] == ["funding.USDT", "funding.SOL-PERP"]
    with pytest.raises(InputError) as caught:
        market_of(pair(), 1, funding={"BTC-PERP": {}})
    assert [each.where for each in caught.value.problems] == ["scenario:funding.BTC-PERP.rate_per_year"]
