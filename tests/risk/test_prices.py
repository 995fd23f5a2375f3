"""Liquidation, zero-equity and takeover prices: at the price the account stands, one step beyond it falls."""

from __future__ import annotations

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seawall.core.book import Account, Balance, Position
from seawall.core.market import Market, Price
from seawall.risk.assess import assess
from seawall.risk.prices import account_prices, boundary
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
    short_btc,
    trader,
)

TERMS = exchange_terms()


def btc_prices(account: Account, btc: int = 50_000) -> tuple[int | None, int | None, int | None]:
    book = exchange_book(account)
    found = {
        item.market: item
        for item in account_prices(book.account(account.id), book, exchange_market(btc), TERMS)
    }
    return found["BTC-PERP"].liquidation, found["BTC-PERP"].zero_equity, found["BTC-PERP"].takeover


def test_a_long_with_one_tier_is_liquidated_where_equity_meets_half_a_percent() -> None:
    """1 BTC from 50,000 with 3,000: 3000 + P - 50000 = 0.005 P at P = 47000 / 0.995 = 47236.18."""
    liquidation, zero, _ = btc_prices(trader("x", 3000, long_btc(1000, 50_000)))
    assert liquidation == 4723618090453
    assert zero == 47_000 * USD


def test_the_bracket_is_the_one_at_the_liquidation_price() -> None:
    """1 BTC from 60,000 with 12,000: 48,000 is below the 50,000 tier, so 0.5 % holds there, not 1 %."""
    liquidation, _, _ = btc_prices(trader("x", 12_000, long_btc(1000, 60_000)), btc=60_000)
    assert liquidation == -(-48_000 * USD * 1000 // 995)


def test_a_short_is_liquidated_above() -> None:
    """1 BTC short from 50,000 with 3,000: tier 1 % above 50,000 with cum 250: 53000 - P = 0.01 P - 250."""
    liquidation, zero, _ = btc_prices(trader("x", 3000, short_btc(1000, 50_000)))
    assert liquidation == 53_250 * USD * 100 // 101
    assert zero == 53_000 * USD


def test_an_account_that_cannot_fall_has_no_price() -> None:
    assert btc_prices(trader("x", 60_000, long_btc(1000, 50_000)))[:2] == (None, None)


@given(
    st.integers(1, 30_000),
    st.integers(-200_000, 200_000),
    st.integers(-9000, 9000),
    st.integers(45_000, 55_000),
)
def test_the_account_is_safe_at_its_liquidation_price_and_not_one_step_beyond(
    cash: int, milli: int, eth: int, btc: int
) -> None:
    assume(milli)
    positions = [Position("BTC-PERP", "net", milli, -milli * 50_000 * 1000)]
    if eth:
        positions.append(Position("ETH-PERP", "net", eth, -eth * 30 * 10**6))
    account = trader("x", cash, *positions)
    book, market = exchange_book(account), exchange_market(btc)
    for item in account_prices(book.account("x"), book, market, TERMS):
        if item.liquidation is None:
            continue

        def safe(price: int, name: str = item.market) -> bool:
            return not assess(
                book.account("x"), book, market.moved(instruments={name: price}), TERMS
            ).is_liquidatable

        sides = {safe(item.liquidation - 1), safe(item.liquidation), safe(item.liquidation + 1)}
        assert safe(item.liquidation)
        assert sides == {True, False}


@given(
    st.integers(10**15, 10**21),
    st.integers(0, 10**9),
    st.integers(1, 9999),
    st.sampled_from(["aave_v3_7", "generic_lending"]),
)
def test_a_loan_is_safe_at_its_liquidation_price_and_not_one_step_beyond(
    eth: int, btc: int, ltv_bps: int, venue: str
) -> None:
    terms, market = lending_terms(venue), lending_market()
    account = borrower("x", eth=eth, btc=btc, usdc_debt=max(1, eth * 2000 * ltv_bps // 10**16))
    book = lending_book(account)
    found = {item.market: item for item in account_prices(book.account("x"), book, market, terms)}
    price = found["ETH"].liquidation
    if price is None:
        return

    def safe(at: int) -> bool:
        moved = market.moved(assets={"ETH": at})
        return not assess(book.account("x"), book, moved, terms).is_liquidatable

    assert safe(price)
    assert not safe(price - 1)


def test_hedged_legs_are_searched_and_agree_with_their_health() -> None:
    account = trader(
        "x",
        400,
        Position("BTC-PERP", "long", 1000, -50_000 * 10**6),
        Position("BTC-PERP", "short", -900, 45_000 * 10**6),
    )
    book = exchange_book(account)
    price = account_prices(book.account("x"), book, exchange_market(), TERMS)[0].liquidation
    assert price is not None
    for step, safe in ((0, True), (-1, False)):
        market = exchange_market().moved(instruments={"BTC-PERP": price + step})
        assert assess(book.account("x"), book, market, TERMS).is_liquidatable != safe


def test_the_takeover_price_of_a_single_position_is_its_zero_equity_price() -> None:
    _, zero, takeover = btc_prices(trader("x", 3000, long_btc(1000, 50_000)), btc=47_100)
    assert takeover == zero == 47_000 * USD


@pytest.mark.parametrize(
    ("start", "expected"),
    [(100, 50), (50, 50), (49, 50), (0, 50)],
    ids=["above", "at", "just below", "far below"],
)
def test_boundary_returns_the_nearest_price_on_the_holding_side(start: int, expected: int) -> None:
    assert boundary(lambda price: price >= 50, start) == expected


def test_boundary_of_what_always_holds_is_none() -> None:
    assert boundary(lambda price: True, 7) is None


def test_debt_in_the_priced_asset_falls_when_the_price_rises() -> None:
    account = Account(
        "x", balances=(Balance("USDC", "supply", 2000 * 10**6), Balance("ETH", "debt", -(10**17)))
    )
    book = lending_book(account)
    market = Market(prices={"USDC": Price(USD), "ETH": Price(2000 * USD), "BTC": Price(USD)})
    found = {item.market: item for item in account_prices(book.account("x"), book, market, lending_terms())}
    assert found["ETH"].liquidation == 16_000 * USD
    assert found["ETH"].zero_equity == 20_000 * USD
