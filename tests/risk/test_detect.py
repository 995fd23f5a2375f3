"""The scan: fast where it is certain, exact where it is not, and never wrong when certain."""

from __future__ import annotations

from unittest import mock

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.book import Account, Balance, Book, Order, Position
from seawall.core.curves import SqrtCurve
from seawall.core.market import Mark, Market, Price
from seawall.core.terms import Terms
from seawall.risk import kernels
from seawall.risk.assess import assess
from seawall.risk.detect import LIQUIDATABLE, SAFE, UNSURE, scan
from tests.worlds import (
    USD,
    borrower,
    exchange_book,
    exchange_market,
    exchange_terms,
    fund,
    lending_book,
    lending_market,
    lending_terms,
    long_btc,
    trader,
)

RULES = ("generic_lending", "aave_v3_7", "aave_v3_0_2")


@st.composite
def loans_near_the_boundary(draw: st.DrawFn) -> list[Account]:
    """Accounts of every size whose health is 1 give or take a few units of debt."""
    accounts = []
    for number in range(draw(st.integers(1, 5))):
        eth = draw(st.integers(1, 9)) * 10 ** draw(st.integers(1, 24)) + draw(st.integers(0, 99))
        btc = draw(st.sampled_from([0, 1, 10**6, 10**12]))
        boundary = eth * 2000 * 8 // 10**13 + btc * 50_000 * 75 // 10**4
        debt = boundary + draw(st.integers(-3, 3)) - boundary * draw(st.integers(0, 20)) // 10**5
        accounts.append(borrower(f"x{number}", eth=eth, btc=btc, usdc_debt=max(1, debt)))
    return accounts


@pytest.mark.parametrize("rules", RULES)
@settings(max_examples=200)
@given(accounts=loans_near_the_boundary())
def test_a_certain_lending_flag_is_never_wrong(rules: str, accounts: list[Account]) -> None:
    terms, book, market = lending_terms(rules), lending_book(*accounts), lending_market(2000)
    agree_with_exact(book, market, terms)


@pytest.mark.parametrize("parts_below", [1, 5, 9, 10])
def test_an_averaged_threshold_is_within_the_error_of_the_scan(parts_below: int) -> None:
    """Frozen: 0.01 BTC beside a million ETH floors the average threshold by a basis point."""
    debt = 16 * 10**14 - 16 * 10**9 * parts_below
    book = lending_book(borrower("x", eth=10**24, btc=10**6, usdc_debt=debt))
    agree_with_exact(book, lending_market(2000), lending_terms("aave_v3_0_2"))


@st.composite
def margin_accounts(draw: st.DrawFn) -> list[Account]:
    """Cross accounts with one to two positions, near their requirement or far from it."""
    accounts = []
    for number in range(draw(st.integers(1, 4))):
        entry = draw(st.integers(45_000, 55_000))
        milli = draw(st.integers(1, 200_000)) * draw(st.sampled_from([-1, 1]))
        positions = [Position("BTC-PERP", "net", milli, -milli * entry * 1000)]
        if draw(st.booleans()):
            positions.append(
                Position(
                    "ETH-PERP", "net", draw(st.integers(-(10**6), 10**6)), draw(st.integers(-(10**9), 10**9))
                )
            )
        orders = (Order("BTC-PERP", 1, 1, draw(st.integers(0, 10**9))),) if draw(st.booleans()) else ()
        cash = (
            max(0, -(milli * 50_000 - milli * entry) // 1000)
            + abs(milli) * 50 // 200
            + draw(st.integers(-3, 50))
        )
        accounts.append(trader(f"x{number}", cash, *positions, orders=orders))
    return accounts


@given(margin_accounts(), st.integers(45_000, 55_000))
def test_a_certain_margin_flag_is_never_wrong(accounts: list[Account], btc: int) -> None:
    agree_with_exact(exchange_book(*accounts), exchange_market(btc), exchange_terms())


@given(st.integers(10**3, 10**7), st.integers(-3, 3), st.integers(0, 40))
def test_a_certain_flag_under_a_square_root_curve_is_never_wrong(milli: int, step: int, below: int) -> None:
    """The exact rule floors the rate to a ppm: accounts between the two requirements were flagged wrongly."""
    curve = SqrtCurve(rate_ppm=1000, factor_ppm=317)
    star = exchange_terms().instruments["*"].model_copy(update={"maintenance": curve})
    terms = exchange_terms().model_copy(update={"instruments": {"*": star}})
    notional = milli * 50
    cash = int(notional * 317 * (milli / 1000) ** 0.5 / 10**6) - below * notional // 10**7 + step
    agree_with_exact(
        exchange_book(trader("x", cash, long_btc(milli, 50_000))), exchange_market(50_000), terms
    )


def agree_with_exact(book: Book, market: Market, terms: Terms) -> None:
    found = scan(book, market, terms)
    for row in range(len(book)):
        exact = assess(book.account(row), book, market, terms)
        assert (found.flag[row] == LIQUIDATABLE) == exact.is_liquidatable, exact
        assert bool(found.is_insolvent[row]) == (exact.status == "insolvent"), exact
        scale = exact.value_unit * 10**market.price_decimals
        distance = (exact.margin_equity - exact.requirement) / scale
        assert abs((found.margin_equity[row] - found.requirement[row]) - distance) <= found.error[row]


@given(loans_near_the_boundary())
def test_the_numpy_sums_equal_the_compiled_ones(accounts: list[Account]) -> None:
    book, market, terms = lending_book(*accounts), lending_market(), lending_terms()
    fast = scan(book, market, terms)
    with mock.patch("seawall.risk.sums.compiled", return_value=None):
        slow = scan(book, market, terms)
    assert np.array_equal(fast.flag, slow.flag)
    np.testing.assert_allclose(fast.equity, slow.equity, rtol=1e-12)


@given(margin_accounts())
def test_the_numpy_sums_equal_the_compiled_ones_on_an_exchange(accounts: list[Account]) -> None:
    book, market, terms = exchange_book(*accounts), exchange_market(), exchange_terms()
    fast = scan(book, market, terms)
    with mock.patch("seawall.risk.sums.compiled", return_value=None):
        slow = scan(book, market, terms)
    assert np.array_equal(fast.flag, slow.flag)
    np.testing.assert_allclose(fast.margin_equity, slow.margin_equity, rtol=1e-9, atol=1e-6)


@given(st.integers(-(2**127), 2**127 - 1))
def test_a_128_bit_word_pair_is_read_as_its_number(value: int) -> None:
    low, high = value & (2**64 - 1), value >> 64
    signed_low = low - 2**64 if low >> 63 else low
    assert kernels.read_amount(signed_low, high) == pytest.approx(float(value), rel=2**-50)


def test_the_boundary_is_asked_exactly_and_far_accounts_are_not() -> None:
    book = lending_book(
        borrower("at", eth=10**18, usdc_debt=1600 * 10**6),
        borrower("far", eth=10**18, usdc_debt=100 * 10**6),
        borrower("under", eth=10**18, usdc_debt=1900 * 10**6),
    )
    found = scan(book, lending_market(2000), lending_terms())
    assert list(found.exact) == [book.row_of["at"]]
    assert found.flag[book.row_of["at"]] == SAFE
    assert found.flag[book.row_of["under"]] == LIQUIDATABLE


def test_a_missing_price_leaves_only_the_accounts_that_need_it_open() -> None:
    book = lending_book(borrower("owes", eth=10**18, usdc_debt=1), borrower("holds", eth=10**18))
    market = Market(prices={"USDC": Price(USD)})
    found = scan(book, market, lending_terms())
    assert found.flag[book.row_of["owes"]] == UNSURE
    assert found.flag[book.row_of["holds"]] == SAFE
    assert found.exact[book.row_of["owes"]].unpriced == ("ETH",)


def test_funds_are_never_flagged() -> None:
    book = exchange_book(fund(usdt=-100), trader("x", 1, long_btc(1000, 50_000)))
    found = scan(book, exchange_market(40_000), exchange_terms())
    assert found.flag[book.row_of["fund:insurance"]] == SAFE
    assert found.flag[book.row_of["x"]] == LIQUIDATABLE


def test_a_hard_coded_oracle_hides_the_gap_on_its_own_basis_only() -> None:
    book = lending_book(
        Account("x", balances=(Balance("ETH", "supply", 10**18), Balance("USDC", "debt", -1500 * 10**6)))
    )
    prices = {"ETH": Price(2000 * USD, 1000 * USD), "USDC": Price(USD, USD), "BTC": Price(1, 1)}
    market, terms = Market(prices=prices), lending_terms()
    assert not scan(book, market, terms, "oracle").is_insolvent.any()
    assert scan(book, market, terms, "market").is_insolvent[book.row_of["x"]]


def test_the_independent_price_of_a_position_is_its_index() -> None:
    book = exchange_book(trader("x", 1000, long_btc(1000, 50_000)))
    market = Market(
        prices={"USDT": Price(USD)},
        marks={"BTC-PERP": Mark(50_000 * USD, index=48_000 * USD), "ETH-PERP": Mark(1)},
    )
    assert not scan(book, market, exchange_terms(), "oracle").is_insolvent.any()
    assert scan(book, market, exchange_terms(), "market").is_insolvent[book.row_of["x"]]
