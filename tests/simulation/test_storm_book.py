"""The book as the storm lays it out says of every account what the exact world says."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from seawall.core.book import Account, Book
from seawall.core.market import Market
from seawall.core.terms import Terms
from seawall.risk.detect import LIQUIDATABLE, scan
from seawall.simulation.kernels.scan import detect_by_scan
from seawall.simulation.storm_book import StormBook, start_prices, storm_book
from tests.simulation.worlds import exchange_world, lending_venue, lending_world
from tests.worlds import borrower, lending_book, lending_market, lending_terms

Floats = NDArray[np.float64]

VENUES = (
    "generic_lending",
    "aave_v3_0_2",
    "aave_v3_7",
    "compound_v3",
    "maker_dss",
    "morpho_blue",
    "venus_isolated",
)


def failing(storm: StormBook) -> set[int]:
    """Rows of the book that a full pass over the columns finds."""
    found = np.empty(len(storm) + 1, dtype=np.int64)
    closed = np.zeros(len(storm), dtype=np.bool_)
    prices = start_prices(storm.codes, storm.grid)
    count = detect_by_scan(storm.cohorts, storm.codes, prices, storm.q, closed, found)
    return set(storm.account[found[:count]].tolist())


def quanta_worth(storm: StormBook, accounts: int) -> Floats:
    """Worth of one quantum of every leg of each account: what rounding to quanta can take away."""
    cohorts = storm.cohorts
    each = np.abs(storm.codes.item.worth[cohorts.code]) * (1 + storm.codes.item.weight[cohorts.code])
    rows = np.repeat(storm.account, np.repeat(cohorts.width, np.diff(cohorts.first)))
    return np.bincount(rows, weights=each, minlength=accounts)


def agrees(book: Book, market: Market, terms: Terms) -> set[int]:
    """Whoever is certain is right; where the two part, the account lies within the error of both.

    Returns:
        The rows on which they part.
    """
    storm, exact = storm_book(book, market, terms), scan(book, market, terms)
    found = failing(storm)
    wanted = set(np.flatnonzero(exact.flag == LIQUIDATABLE).tolist()) - set(storm.unpriced.tolist())
    distance = np.abs(exact.margin_equity - exact.requirement)
    slack = exact.error + quanta_worth(storm, len(book))
    parted = found ^ wanted
    for row in parted:
        assert distance[row] <= slack[row], (book.account(row), distance[row], slack[row])
    return parted


@pytest.mark.parametrize("venue", VENUES)
@settings(max_examples=15)
@given(seed=st.integers(0, 2**32))
@example(seed=0)
def test_a_loan_is_flagged_as_the_exact_scan_flags_it(venue: str, seed: int) -> None:
    book, market, _ = lending_world(seed)
    agrees(book, market, lending_venue(venue))


@settings(max_examples=60)
@given(seed=st.integers(0, 2**32))
@example(seed=0)
def test_a_margin_account_is_flagged_as_the_exact_scan_flags_it(seed: int) -> None:
    agrees(*exchange_world(seed))


@st.composite
def loans_at_the_boundary(draw: st.DrawFn) -> list[Account]:
    """Accounts of every size whose health is 1, give or take a few units of debt."""
    accounts = []
    for number in range(draw(st.integers(1, 5))):
        eth = draw(st.integers(1, 9)) * 10 ** draw(st.integers(1, 20)) + draw(st.integers(0, 99))
        btc = draw(st.sampled_from([0, 1, 10**6, 10**10]))
        boundary = eth * 2000 * 8 // 10**13 + btc * 50_000 * 75 // 10**4
        debt = max(1, boundary + draw(st.integers(-3, 3)))
        accounts.append(borrower(f"x{number}", eth=eth, btc=btc, usdc_debt=debt))
    return accounts


@settings(max_examples=150)
@given(loans_at_the_boundary())
def test_at_the_boundary_only_what_lies_within_the_error_may_differ(accounts: list[Account]) -> None:
    agrees(lending_book(*accounts), lending_market(2000), lending_terms())


@pytest.mark.parametrize(
    ("debt", "is_failing"), [(1600 * 10**6 - 1, False), (1600 * 10**6, False), (1600 * 10**6 + 1, True)]
)
def test_health_of_exactly_one_is_safe_in_the_storm_too(debt: int, is_failing: bool) -> None:
    book = lending_book(borrower("x", eth=10**18, usdc_debt=debt))
    storm = storm_book(book, lending_market(2000), lending_terms())
    assert bool(failing(storm)) == is_failing


def test_quanta_are_rounded_against_the_account() -> None:
    """10^24 wei in a book count in quanta of 10^9: a debt counts one more, a collateral one less."""
    book = lending_book(
        borrower("x", eth=10**24 + 1, usdc_debt=10**6), borrower("y", eth=10**18 + 1, usdc_debt=1)
    )
    storm = storm_book(book, lending_market(2000), lending_terms())
    quantum = dict(zip((asset.id for asset in book.assets), storm.quantum.tolist(), strict=True))
    assert quantum == {"ETH": 10.0**9, "BTC": 1.0, "USDC": 1.0}
    assert sorted(np.abs(storm.q).tolist()) == [1.0, 10.0**6, 10.0**9, 10.0**15]


def test_who_cannot_fail_or_has_no_price_is_left_out_and_told() -> None:
    book, market, terms = lending_world(3)
    prices = {name: price for name, price in market.prices.items() if name != "WSTETH"}
    storm = storm_book(book, Market(prices=prices), terms)
    left_out = {book.account(row).id for row in storm.unpriced.tolist()}
    owing = {account.id for account in map(book.account, range(len(book))) if _owes(account)}
    touched = {account.id for account in map(book.account, range(len(book))) if _holds(account, "WSTETH")}
    laid = {book.account(row).id for row in storm.account.tolist()}
    assert left_out
    assert left_out <= owing & touched
    assert laid == owing - left_out


def _owes(account: Account) -> bool:
    return any(balance.side == "debt" for balance in account.balances)


def _holds(account: Account, asset: str) -> bool:
    return any(balance.asset == asset for balance in account.balances)
