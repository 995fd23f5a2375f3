"""Found by trying to break it: frozen before they were mended, kept for ever."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from seawall.core.book import RAY, Account, Asset, Balance, Book, Order, Position
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


def indexed(account: Account, *, debt_index: int, supply_index: int = RAY) -> Book:
    """The lending book with other indices of all its pools."""
    book = lending_book(account)
    pools = [replace(pool, debt_index=debt_index, supply_index=supply_index) for pool in book.pools]
    return replace(book, pools=tuple(pools))


@pytest.mark.parametrize("debt", [1, 2])
def test_crumbs_of_two_tokens_do_not_hide_a_loss_for_ever(debt: int) -> None:
    """Each was worth less than one scaled unit of the debt: every call was refused, and no loss told."""
    held = (Balance("BTC", "supply", 1), Balance("ETH", "supply", 10**9), Balance("USDC", "debt", -debt))
    book = indexed(Account("x", balances=held), debt_index=1000 * RAY)
    done = resolve(book, lending_market(), lending_terms(), EVENT)
    assert [(item.account, item.asset, item.loss) for item in done.defaults] == [("x", "USDC", 1000 * debt)]
    assert not [item for item in done.after.account("x").balances if item.side == "debt"]
    assert done.liquidations[0].outcome == "exhausted"


def test_an_account_that_could_pay_is_not_written_off_where_its_token_is_too_coarse_to_seize() -> None:
    """The mending of the above must not reach an account with more collateral than debt."""
    held = (Balance("BTC", "supply", 1), Balance("USDC", "debt", -450))  # 0.0005 USD, 0.00045 USD
    done = resolve(lending_book(Account("x", balances=held)), lending_market(), lending_terms(), EVENT)
    assert [item.code for item in done.liquidations[0].refusals] == ["nothing_repaid"]
    assert (done.liquidations[0].outcome, done.defaults) == ("not_callable", ())


@pytest.mark.parametrize("debt_index", [RAY, RAY + 1, 17 * RAY // 10, 29 * RAY // 10])
@pytest.mark.parametrize("supply_index", [RAY, 14 * RAY // 10, 23 * RAY // 10])
@pytest.mark.parametrize("debt", [1650 * 10**6, 1_700_123_457, 1801 * 10**6 + 1])
def test_a_target_health_of_one_is_reached_in_one_call(debt: int, supply_index: int, debt_index: int) -> None:
    """Token rounding left it a few units short, and further calls crept up to rounds_max."""
    held = (Balance("ETH", "supply", 10**18), Balance("USDC", "debt", -debt))
    book = indexed(Account("x", balances=held), debt_index=debt_index, supply_index=supply_index)
    market = lending_market(2000 * debt_index // supply_index)
    size = {"kind": "target_health", "target_health_bps": 10_000}
    (done,) = resolve(book, market, lending_terms(size=size), EVENT).liquidations
    assert (done.outcome, len(done.seizures)) == ("restored", 1)
    assert 10**18 <= (done.seizures[0].health_after or 0) < 10**18 + 10**11
