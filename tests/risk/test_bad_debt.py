"""The four bad debts and what is owed, each on a stated basis."""

from __future__ import annotations

import pytest

from seawall.core.book import Account, Asset, Balance, Book, Pool
from seawall.core.market import Market, Price
from seawall.risk.assess import assess
from seawall.risk.bad_debt import account_gaps, debt_breakdown, gaps, restoration
from seawall.risk.toxic import toxicity
from tests.worlds import (
    USD,
    borrower,
    exchange_book,
    exchange_market,
    exchange_terms,
    lending_book,
    lending_market,
    lending_terms,
    long_btc,
    trader,
)

TERMS = lending_terms()
USDC_VALUE = 10**30 * USD  # one millionth of a dollar, in value units


def test_the_mark_gap_is_500_and_the_liquidation_gap_571_43() -> None:
    """Collateral 1500, debt 2000, bonus 5 %: the bonus is paid even by an insolvent account."""
    book = lending_book(borrower("x", eth=10**18, usdc_debt=2000 * 10**6))
    health = assess(book.account("x"), book, lending_market(1500), TERMS)
    found = gaps(health, TERMS)
    assert found.mark_gap == 500 * 10**6 * USDC_VALUE
    assert found.liquidation_gap // USDC_VALUE == 571_428_571


@pytest.mark.parametrize(("debt", "mark", "liquidation"), [(1500, 0, 71_428_571), (1428, 0, 0), (1100, 0, 0)])
def test_a_solvent_account_can_still_end_in_bad_debt(debt: int, mark: int, liquidation: int) -> None:
    book = lending_book(borrower("x", eth=10**18, usdc_debt=debt * 10**6))
    found = gaps(assess(book.account("x"), book, lending_market(1500), TERMS), TERMS)
    assert (found.mark_gap // USDC_VALUE, found.liquidation_gap // USDC_VALUE) == (mark, liquidation)


def test_both_bases_are_given_and_a_hard_coded_oracle_shows_nothing() -> None:
    book = lending_book(borrower("x", eth=10**18, usdc_debt=1500 * 10**6))
    prices = {"ETH": Price(2000 * USD, 1000 * USD), "USDC": Price(USD, USD), "BTC": Price(1, 1)}
    oracle, independent = account_gaps(book, Market(prices=prices), TERMS, "x")
    assert oracle.mark_gap == oracle.liquidation_gap == 0
    assert independent.mark_gap == 500 * 10**6 * USDC_VALUE


def test_the_gaps_of_a_position_are_negative_equity_and_that_plus_slippage() -> None:
    """Long 1 BTC from 50,000 with 3,000 at 46,000: -1,000, and 10 bps of 46,000 to close."""
    book = exchange_book(trader("x", 3000, long_btc(1000, 50_000)))
    terms = exchange_terms()
    found = gaps(assess(book.account("x"), book, exchange_market(46_000), terms), terms)
    assert found.mark_gap == 1000 * 10**6 * USDC_VALUE
    assert found.liquidation_gap == 1046 * 10**6 * USDC_VALUE


def test_debt_is_told_apart_into_principal_accrued_dead_and_deficit() -> None:
    alive = Account(
        "a", balances=(Balance("ETH", "supply", 10**18), Balance("USDC", "debt", -100, principal=90))
    )
    dead = Account("d", balances=(Balance("USDC", "debt", -50),))
    ray = 10**27
    book = Book.of(
        [alive, dead],
        assets=[Asset("ETH", 18), Asset("USDC", 6)],
        pools=[Pool("ETH"), Pool("USDC", ray, 2 * ray, ray, deficit=7)],
    )
    healths = [assess(row, book, lending_market(), TERMS) for row in book.rows()]
    found = debt_breakdown(healths, book)["USDC"]
    assert (found.principal, found.accrued, found.dead, found.deficit) == (140, 160, 100, 7)


@pytest.mark.parametrize("deposit", [0, -1])
def test_what_restores_a_loan_restores_it_and_one_unit_less_does_not(deposit: int) -> None:
    account = borrower("x", eth=10**18, usdc_debt=1700 * 10**6)
    book, market = lending_book(account), lending_market(2000)
    needed = restoration(assess(account, book, market, TERMS), TERMS).deposit["ETH"]
    wei = -(-needed // (2000 * USD * 10**18)) + deposit
    richer = borrower("x", eth=10**18 + wei, usdc_debt=1700 * 10**6)
    assert assess(richer, lending_book(richer), market, TERMS).is_liquidatable == (deposit < 0)


def test_a_loan_without_collateral_is_restored_by_repaying_all_of_it() -> None:
    """Frozen: it was taken for an exchange account, for it has no weighted collateral."""
    bare = Account("d", balances=(Balance("USDC", "debt", -(10**8)),))
    needed = restoration(assess(bare, lending_book(bare), lending_market(), TERMS), TERMS)
    assert (needed.repay, needed.deposit) == (10**8 * USDC_VALUE, {})


def test_what_restores_a_trader_is_the_missing_equity() -> None:
    book = exchange_book(trader("x", 3000, long_btc(1000, 50_000)))
    terms, market = exchange_terms(), exchange_market(47_000)
    needed = restoration(assess(book.account("x"), book, market, terms), terms).deposit["cash"]
    assert needed == 235 * 10**6 * USDC_VALUE
    assert restoration(assess(trader("y", 9000), book, market, terms), terms).deposit == {}


@pytest.mark.parametrize(
    ("debt", "lowers", "raises"),
    [(1900, False, False), (1904, False, False), (1905, True, True), (1999, True, True)],
    ids=["well inside", "just inside", "just beyond", "beyond"],
)
def test_the_toxic_flags_turn_at_ltv_one_over_lb(debt: int, lowers: bool, raises: bool) -> None:
    """ETH at 2000, LB 1.05: D/C = 1/1.05 at 1904.76; one collateral, so both flags turn together."""
    book = lending_book(borrower("x", eth=10**18, usdc_debt=debt * 10**6))
    flags = toxicity(assess(book.account("x"), book, lending_market(2000), TERMS))[0]
    assert (flags.lowers_health, flags.raises_leverage) == (lowers, raises)


def test_through_a_stronger_leg_health_falls_before_leverage_rises() -> None:
    """Two collaterals: a call through the one with the higher LT x LB lowers health first."""
    book = lending_book(borrower("x", eth=10**18, btc=4 * 10**6, usdc_debt=3700 * 10**6))
    flags = {
        item.commodity: item for item in toxicity(assess(book.account("x"), book, lending_market(), TERMS))
    }
    assert flags["ETH"].lowers_health
    assert not flags["BTC"].lowers_health
    assert not flags["ETH"].raises_leverage
