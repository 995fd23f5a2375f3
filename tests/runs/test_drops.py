"""Each fall is a run of the engine: what funds pay is what the waterfall would make them pay."""

from __future__ import annotations

from fractions import Fraction

import pytest

from seawall.core.book import Account, Balance, Book
from seawall.core.event import Event
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.resolution import resolve
from seawall.runs.drops import USERS_BEAR, Drops, drop_table, grid
from seawall.runs.shock import fallen
from seawall.runs.value import total_value
from tests.worlds import (
    alice_long_1_btc_bob_short,
    borrower,
    exchange_book,
    exchange_market,
    exchange_terms,
    fund,
    lending_book,
    lending_market,
    lending_terms,
    long_btc,
    short_btc,
    trader,
)

EVENT = Event("e", seed=3)


def exchange(fund_usdt: int = 2000) -> tuple[Book, Market, Terms]:
    book, market = alice_long_1_btc_bob_short(50_000, fund_usdt=fund_usdt)
    return book, market, exchange_terms()


def lending() -> tuple[Book, Market, Terms]:
    book = lending_book(borrower("x", eth=10**18, usdc_debt=1500 * 10**6))
    return book, lending_market(2000), lending_terms()


def table(world: tuple[Book, Market, Terms], chosen: str = "0.1") -> Drops:
    return drop_table(*world, EVENT, chosen=Fraction(chosen))


@pytest.mark.parametrize("world", [exchange(), lending()], ids=["exchange", "lending"])
def test_what_funds_pay_at_a_fall_is_what_they_pay_in_the_run(world: tuple[Book, Market, Terms]) -> None:
    book, market, terms = world
    for row in table(world).rows:
        after = fallen(book, market, row.drop)
        done = resolve(book, after, terms, EVENT)
        paid = ((item.rest.asset, item.taken) for item in done.absorptions if item.kind not in USERS_BEAR)
        assert row.failing == len(done.scan.failing(book, after, terms))
        assert row.loss == total_value(book, after, ((item.asset, item.loss) for item in done.defaults))
        assert row.covered == total_value(book, after, paid)
        assert row.loss == row.covered + row.to_users


def test_the_break_point_lies_between_a_fall_the_fund_bears_and_one_it_does_not() -> None:
    found = table(exchange())
    last_borne = max(row.drop for row in found.rows if not row.dry)
    first_dry = min(row.drop for row in found.rows if row.dry)
    assert found.break_point is not None
    assert last_borne < found.break_point <= first_dry
    assert found.break_asset == "USDT"
    assert found.break_point - last_borne <= first_dry - last_borne


def test_a_fund_that_bears_every_fall_has_no_break_point() -> None:
    found = table(exchange(fund_usdt=10**6))
    assert found.break_point is None
    assert found.fund == 10**6


def test_a_loss_in_an_asset_that_no_fund_holds_runs_no_fund_dry() -> None:
    found = table(lending(), chosen="0.3")
    assert any(row.to_users for row in found.rows)
    assert found.break_point is None
    assert found.fund == 0


@pytest.mark.parametrize("chosen", ["0", "0.005", "0.06", "0.07", "0.25", "0.3", "0.333", "0.9", "0.99"])
def test_the_falls_are_even_and_the_chosen_one_is_among_them(chosen: str) -> None:
    falls = grid(Fraction(chosen))
    assert falls == sorted(falls)
    assert falls[0] == 0
    assert Fraction(chosen) in falls
    assert falls[-1] < 1
    assert 11 <= len(falls) <= 12


def test_falls_are_told_to_the_progress_bar() -> None:
    told: list[tuple[str, int, int]] = []
    drop_table(*exchange(), EVENT, progress=lambda stage, done, total: told.append((stage, done, total)))
    assert told[0] == ("drops", 0, 16)
    assert len(told) == 16


def test_a_short_loses_on_a_rise() -> None:
    # Bob is short one BTC from 50,000 with 6,000 USDT: nothing is left at +12 %, nor of the fund at +16 %.
    # Closing costs 10 bps of what is closed.
    book = exchange_book(
        trader("alice", 90_000, long_btc(1000, 50_000)),
        trader("bob", 6000, short_btc(1000, 50_000)),
        fund(usdt=2000),
    )
    found = drop_table(book, exchange_market(50_000), exchange_terms(), EVENT, chosen=Fraction("0.1"))
    moves = [row.drop for row in found.rows]
    assert moves == sorted(moves)
    assert moves[0] == Fraction("-0.2")
    lost = {row.drop: row.loss for row in found.rows}
    assert lost[Fraction("-0.08")] == 0
    assert lost[Fraction("-0.12")] == 56
    assert lost[Fraction("-0.2")] == 4060
    assert not any(row.loss for row in found.rows if row.drop > 0)
    assert found.break_point is None
    assert found.rise_break_point == pytest.approx(0.16, abs=0.005)
    assert found.rise_break_asset == "USDT"


def test_a_rise_is_run_only_where_somebody_loses_on_one() -> None:
    assert min(row.drop for row in table(lending()).rows) == 0
    owes_ether = Account("y", balances=(Balance("USDC", "supply", 10**10), Balance("ETH", "debt", -(10**18))))
    risen = table((lending_book(owes_ether), lending_market(2000), lending_terms()), chosen="0.3")
    assert min(row.drop for row in risen.rows) < 0
    assert risen.rows[0].loss == 0
