"""A shock moves both price bases and the depth, and leaves alone what others are priced in."""

from __future__ import annotations

from fractions import Fraction

import pytest

from seawall.core.book import Book, Instrument
from seawall.core.market import Depth, DepthLevel, Mark, Market, Price
from seawall.errors import InputError
from seawall.runs.shock import Shock, fallen, read_shock, steady
from tests.worlds import USD, USDT, alice_long_1_btc_bob_short, lending_book, lending_market

HALF = Fraction(1, 2)


def test_both_price_bases_fall_and_what_lies_between_them_stays() -> None:
    market = Market(prices={"ETH": Price(2000 * USD, 1900 * USD), "USDC": Price(USD, USD)})
    after = fallen(lending_book(), market, HALF)
    assert after.prices["ETH"] == Price(1000 * USD, 950 * USD)
    assert after.prices["USDC"] == Price(USD, USD)


def test_marks_fall_with_their_index_and_depth_and_remember_the_old_mark() -> None:
    book, _ = alice_long_1_btc_bob_short(50_000)
    market = Market(
        prices={"USDT": Price(USD)},
        marks={"BTC-PERP": Mark(100, index=98, oracle=99, previous=90)},
        depth={"BTC-PERP": Depth(bids=(DepthLevel(96, 7),))},
    )
    after = fallen(book, market, HALF)
    assert after.marks["BTC-PERP"] == Mark(50, index=49, oracle=49, previous=100)
    assert after.depth["BTC-PERP"].bids == (DepthLevel(48, 7),)


@pytest.mark.parametrize(("price", "is_steady"), [(95, True), (105, True), (94, False), (106, False)])
def test_an_asset_within_a_twentieth_of_the_base_currency_stands_still(price: int, is_steady: bool) -> None:
    market = lending_market(usdc=price * USD // 100)
    assert ("USDC" in steady(lending_book(), market)) == is_steady


def test_cash_of_linear_contracts_stands_still_and_coin_of_inverse_ones_falls() -> None:
    market = Market(prices={"USDT": Price(2 * USD), "BTC": Price(50_000 * USD)})
    from seawall.core.book import Asset

    contracts = [Instrument("LIN", "USDT"), Instrument("INV", "BTC", kind="inverse")]
    book = Book.of([], assets=[USDT, Asset("BTC", 8)], instruments=contracts)
    assert steady(book, market) == {"USDT"}


def test_an_unknown_price_stays_unknown_and_zero_stays_zero() -> None:
    market = Market(prices={"ETH": Price(None, 7), "BTC": Price(0)})
    after = fallen(lending_book(), market, HALF)
    assert after.prices == {"ETH": Price(None, 3), "BTC": Price(0)}


def test_a_price_set_by_name_does_not_fall_again() -> None:
    book, market = lending_book(), lending_market(eth_usd=2000, btc_usd=50_000)
    after = Shock(HALF, {"ETH": 1500 * USD}).apply(book, market)
    assert (after.price("ETH"), after.price("BTC")) == (1500 * USD, 25_000 * USD)


def test_no_shock_leaves_the_very_same_market() -> None:
    market = lending_market()
    assert Shock().apply(lending_book(), market) is market


def test_a_shock_is_read_as_it_is_written() -> None:
    shock = read_shock("0.3", ["ETH=1234.5"], [], lending_market())
    assert shock == Shock(Fraction(3, 10), {"ETH": 123_450_000_000}, {})


@pytest.mark.parametrize(
    ("drop", "prices", "marks", "says"),
    [
        ("1", [], [], "up to 1"),
        ("-0.1", [], [], "up to 1"),
        ("30%", [], [], "0.3"),
        ("nan", [], [], "finite"),
        ("", ["ETH"], [], "NAME=VALUE"),
        ("", ["DOGE=1"], [], "DOGE"),
        ("", ["ETH=-1"], [], "at least 0"),
        ("", ["ETH=1.123456789"], [], "more than 8 decimals"),
        ("", [], ["BTC-PERP=1"], "none here"),
    ],
)
def test_a_malformed_shock_is_a_usage_error_that_says_what_is_wrong(
    drop: str, prices: list[str], marks: list[str], says: str
) -> None:
    with pytest.raises(InputError, match=says) as raised:
        read_shock(drop, prices, marks, lending_market())
    assert raised.value.code == "usage"


def test_all_faults_of_a_shock_are_told_at_once() -> None:
    with pytest.raises(InputError) as raised:
        read_shock("2", ["X=1", "Y"], ["Z=1"], lending_market())
    assert [problem.where for problem in raised.value.problems] == ["--drop", "--price", "--price", "--mark"]
