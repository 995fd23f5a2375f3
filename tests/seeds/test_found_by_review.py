"""Found by trying to break it: frozen before they were mended, kept for ever."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from seawall.core.book import Account, Asset, Balance, Book, Order, Position
from seawall.core.event import Event
from seawall.core.market import Depth, DepthLevel, Mark, Market, Price
from seawall.core.terms import Terms
from seawall.errors import InconsistentBook, InvalidTerms
from seawall.liquidation.sale import Desk
from seawall.resolution import resolve
from seawall.risk.assess import assess
from seawall.risk.detect import scan
from tests.worlds import (
    BTC_PERP,
    USD,
    USDT,
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

EVENT = Event("found")


def with_layers(*layers: dict[str, Any]) -> Terms:
    return Terms.build({**exchange_terms().model_dump(), "waterfall": list(layers)})


def test_a_cap_of_a_billion_is_accepted() -> None:
    """It was refused as beyond 10^38: the cap was read with 36 decimals."""
    layer = {
        "name": "f",
        "kind": "insurance_fund",
        "account": "fund:f",
        "cap_per_event": "1000000000",
        "floor": "500",
    }
    assert with_layers(layer).waterfall[0].cap_per_event == "1000000000"


def test_a_debt_does_not_vanish_into_an_asset_without_a_price() -> None:
    """100 USDT were converted into nothing because AAA, which stands first, was worth nothing."""
    account = Account("x", balances=(Balance("USDT", "cash", -(10**8)), Balance("AAA", "cash", -5)))
    book = Book.of([account, fund(usdt=1000)], assets=[USDT, Asset("AAA", 0)], venue="test")
    market = Market(prices={"USDT": Price(USD), "AAA": Price(0)})
    done = resolve(book, market, exchange_terms(), EVENT)
    assert {default.asset: default.loss for default in done.defaults} == {"USDT": 10**8, "AAA": 5}
    assert [charge.amount for charge in done.charges if charge.account == "fund:insurance"] == [10**8]


def test_terms_of_the_other_family_are_refused() -> None:
    """A pool under an exchange's rulebook came out as insolvent accounts and no loss at all."""
    with pytest.raises(InconsistentBook, match="exchange family"):
        scan(lending_book(borrower("x", usdc_debt=1)), lending_market(), exchange_terms())
    with pytest.raises(InconsistentBook, match="lending family"):
        scan(exchange_book(trader("x", 1, long_btc(1, 1))), exchange_market(), lending_terms())


def test_collateral_that_is_not_scaled_is_seized_as_it_is() -> None:
    """It ended in an InvariantError: an index was applied to cash."""
    held = (Balance("ETH", "cash", 10**18), Balance("USDC", "debt", -1700 * 10**6))
    done = resolve(lending_book(Account("x", balances=held)), lending_market(2000), lending_terms(), EVENT)
    (seizure,) = done.liquidations[0].seizures
    assert seizure.repaid == 1700 * 10**6
    assert done.after.account("x").balances[0].scaled == 10**18 - seizure.seized


def test_a_mark_of_zero_is_a_price() -> None:
    book = exchange_book(trader("x", 100, long_btc(1000, 50_000)), fund(usdt=10))
    depth = {"BTC-PERP": Depth(bids=(DepthLevel(USD, 10),))}
    market = replace(exchange_market(), marks={"BTC-PERP": Mark(0)}, depth=depth)
    assert resolve(book, market, exchange_terms(), EVENT).defaults
    assert market.moved(instruments={"BTC-PERP": 0}).mark("BTC-PERP") == 0


def test_closing_an_inverse_contract_at_nothing_does_not_divide_by_zero() -> None:
    inverse = replace(BTC_PERP, kind="inverse")
    book = Book.of([], assets=[USDT], instruments=[inverse])
    market = replace(
        exchange_market(1), marks={"BTC-PERP": Mark(1)}, depth={"BTC-PERP": Depth(bids=(DepthLevel(0, 9),))}
    )
    assert Desk(book, market, exchange_terms()).take_close_out("BTC-PERP", 5) < 0


def test_a_fund_is_no_bearer_of_the_residual() -> None:
    """It passed as terms and then failed as if our own books did not balance."""
    with pytest.raises(InvalidTerms, match="never goes below zero"):
        with_layers({"name": "r", "kind": "residual", "bearer": "fund:insurance"})


@pytest.mark.parametrize("name", ["external:market", "engine", "dust", "deficit:USDT", "fund:x"])
def test_a_user_may_not_take_the_name_of_a_venue_account(name: str) -> None:
    """A trader called external:market escaped deleveraging."""
    with pytest.raises(InconsistentBook, match="give it another id"):
        exchange_book(trader(name, 1))


@pytest.mark.parametrize("quantity", [0, 1])
def test_a_hold_beyond_the_cash_is_told_alike_by_scan_and_assess(quantity: int) -> None:
    positions = (Position("BTC-PERP", "net", quantity, -50 * 10**6 * quantity),) if quantity else ()
    account = trader("x", 100, *positions, orders=(Order("BTC-PERP", 1, 1, 200 * 10**6),))
    book, market = exchange_book(account), exchange_market()
    exact = assess(book.account("x"), book, market, exchange_terms())
    assert bool(scan(book, market, exchange_terms()).flag[0]) == exact.is_liquidatable


def test_the_last_allowed_round_may_restore_an_account() -> None:
    """It was told as rounds_exceeded although the account was safe again."""
    terms = lending_terms(rounds_max=1)
    done = resolve(
        lending_book(borrower("x", eth=10**18, usdc_debt=2000 * 10**6)), lending_market(1500), terms, EVENT
    )
    assert done.liquidations[0].outcome == "exhausted"
