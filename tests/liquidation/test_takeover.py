"""Takeover: orders first, then everything, leaving the account with exactly nothing."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.book import Account, Asset, Balance, Book, Instrument, Order, Position
from seawall.core.draft import Draft
from seawall.core.market import Depth, DepthLevel, Mark, Market, Price
from seawall.liquidation.sale import Desk
from seawall.liquidation.takeover import Takeover, take_over
from seawall.risk.assess import assess
from tests.worlds import (
    BTC_PERP,
    ETH_PERP,
    USD,
    USDT,
    exchange_book,
    exchange_market,
    exchange_terms,
    long_btc,
    trader,
)

TERMS = exchange_terms()


def taken(book: Book, market: Market, name: str = "x") -> tuple[Draft, Takeover]:
    draft = Draft(book)
    return draft, take_over(draft, market, TERMS, Desk(book, market, TERMS), name)


def test_cancelling_orders_may_be_enough() -> None:
    held = Order("BTC-PERP", 100, 49_000 * USD, hold=2_800 * 10**6)
    book = exchange_book(trader("x", 3000, long_btc(1000, 50_000), orders=(held,)))
    assert assess(book.account("x"), book, exchange_market(), TERMS).is_liquidatable
    draft, done = taken(book, exchange_market())
    assert (done.is_restored, done.orders_cancelled) == (True, 1)
    assert draft.account("x").positions == book.account("x").positions
    assert draft.account("x").orders == ()


def test_a_cross_account_is_left_with_nothing_and_its_equity_is_split_by_requirement() -> None:
    """47,100 and 3,000 marks: equity 3000 - 2900 + 0; requirement 235.5 and 75: BTC gives 75.84... of 100."""
    book = exchange_book(
        trader("x", 3000, long_btc(1000, 50_000), Position("ETH-PERP", "net", -500, 15_000 * 10**6))
    )
    draft, done = taken(book, exchange_market(47_100))
    assert draft.account("x").balances == draft.account("x").positions == ()
    btc, eth = done.lots["USDT"]
    assert done.equity == {"USDT": 100 * 10**6}
    assert btc.takeover_value == 47_100 * 10**6 - 100 * 10**6 * 2355 // 3105
    assert btc.takeover_value + eth.takeover_value == -(3000 - 50_000 + 15_000) * 10**6


rows_of_positions = st.lists(
    st.tuples(
        st.sampled_from(["BTC-PERP", "ETH-PERP"]), st.integers(-5000, 5000), st.integers(-(10**12), 10**12)
    ),
    min_size=1,
    max_size=2,
    unique_by=lambda row: row[0],
)


@given(st.integers(-5000, 3000), rows_of_positions, st.integers(1, 10**13), st.integers(1, 10**13))
def test_takeover_values_and_cash_add_up_to_zero_exactly(
    cash: int, rows: list[tuple[str, int, int]], btc: int, eth: int
) -> None:
    positions = [Position(name, "net", quantity, cost) for name, quantity, cost in rows if quantity]
    book = exchange_book(trader("x", cash, *positions))
    market = Market(prices={"USDT": Price(USD)}, marks={"BTC-PERP": Mark(btc), "ETH-PERP": Mark(eth)})
    if not assess(book.account("x"), book, market, TERMS).is_liquidatable:
        return
    draft, done = taken(book, market)
    assert draft.account("x").positions == ()
    assert draft.cash("x", "USDT") == 0
    lots = done.lots.get("USDT", ())
    holding = cash * 10**6 + sum(position.cost for position in positions)
    if lots:
        assert sum(lot.takeover_value for lot in lots) == -holding
        assert sum(position.cost for position in draft.account("engine").positions) == holding
    assert sum(default.loss for default in done.defaults) >= 0


def test_hedged_legs_are_taken_one_by_one() -> None:
    legs = (
        Position("BTC-PERP", "long", 1000, -50_000 * 10**6),
        Position("BTC-PERP", "short", -800, 40_000 * 10**6),
    )
    book = exchange_book(trader("x", 300, *legs))
    _, done = taken(book, exchange_market(49_000))
    assert [lot.quantity for lot in done.lots["USDT"]] == [1000, -800]


def test_isolated_collateral_rescues_nobody_else() -> None:
    """Two rows of one owner: the isolated one fails alone and its cross sibling keeps its cash."""
    isolated = replace(
        trader("x:iso", 100, long_btc(1000, 50_000)), owner="x", parent="x", margin_mode="isolated"
    )
    book = exchange_book(trader("x", 1_000_000), isolated)
    draft, done = taken(book, exchange_market(49_000), "x:iso")
    assert not done.is_restored
    assert draft.account("x") == book.account("x")


def test_funding_is_settled_before_the_takeover() -> None:
    """Longs owe 0.002 USDT per thousandth of a BTC: 2 USDT on one BTC, to the clearing account."""
    owing = replace(BTC_PERP, funding_index=2 * 10**15)
    book = Book.of([trader("x", 100, long_btc(1000, 50_000))], assets=[USDT], instruments=[owing, ETH_PERP])
    draft, done = taken(book, exchange_market(50_000))
    assert draft.cash("clearing:funding:BTC-PERP", "USDT") == 2 * 10**6
    assert done.equity == {"USDT": 98 * 10**6}


def test_other_collateral_is_converted_at_the_oracle_price_less_its_haircut() -> None:
    terms = TERMS.model_copy(
        update={"assets": {"ETH": TERMS.asset_terms("ETH").model_copy(update={"haircut_bps": 1000})}}
    )
    account = Account("x", balances=(Balance("ETH", "cash", 10**18),), positions=(long_btc(1000, 53_000),))
    book = Book.of([account], assets=[USDT, Asset("ETH", 18)], instruments=[BTC_PERP])
    market = Market(
        prices={"USDT": Price(USD), "ETH": Price(2000 * USD)}, marks={"BTC-PERP": Mark(50_000 * USD)}
    )
    draft = Draft(book)
    done = take_over(draft, market, terms, Desk(book, market, terms), "x")
    assert draft.account("x").balances == ()
    assert draft.cash("external:conversion", "ETH") == 10**18
    assert draft.cash("external:conversion", "USDT") == -1800 * 10**6
    assert done.equity == {"USDT": -1200 * 10**6}


def test_positions_in_two_settle_assets_share_one_equity() -> None:
    usdc = Asset("USDC", 6)
    other = Instrument("ETH-USDC", "USDC", quantity_decimals=2)
    account = Account(
        "x",
        balances=(Balance("USDT", "cash", 3000 * 10**6),),
        positions=(long_btc(1000, 50_000), Position("ETH-USDC", "net", 500, -15_000 * 10**6)),
    )
    book = Book.of([account], assets=[USDT, usdc], instruments=[BTC_PERP, other])
    market = Market(
        prices={"USDT": Price(USD), "USDC": Price(USD)},
        marks={"BTC-PERP": Mark(47_100 * USD), "ETH-USDC": Mark(3000 * USD)},
    )
    draft, done = taken(book, market)
    assert draft.account("x").balances == draft.account("x").positions == ()
    assert sum(done.equity.values()) == pytest.approx(100 * 10**6, abs=2)
    assert done.equity["USDT"] > done.equity["USDC"] > 0


def test_negative_cash_without_positions_is_a_bare_shortfall() -> None:
    draft, done = taken(exchange_book(trader("x", -5)), exchange_market())
    assert [(default.asset, default.loss) for default in done.defaults] == [("USDT", 5 * 10**6)]
    assert draft.cash("deficit:USDT", "USDT") == -5 * 10**6


def test_a_close_out_goes_down_the_depth_and_remembers_what_it_used() -> None:
    depth = Depth(bids=(DepthLevel(49_000 * USD, 600), DepthLevel(48_000 * USD, 600)))
    market = replace(exchange_market(50_000), depth={"BTC-PERP": depth})
    desk = Desk(exchange_book(), market, TERMS)
    assert desk.take_close_out("BTC-PERP", 600) == 29_400 * 10**6
    assert desk.take_close_out("BTC-PERP", 600) == 28_800 * 10**6
    beyond = 48_000 * USD * 9990 // 10_000
    assert desk.take_close_out("BTC-PERP", 1000) == beyond // 100


@pytest.mark.parametrize(("quantity", "value"), [(1000, 49_950 * 10**6), (-1000, -50_050 * 10**6)])
def test_without_depth_a_close_out_pays_the_slippage_of_the_terms(quantity: int, value: int) -> None:
    assert Desk(exchange_book(), exchange_market(50_000), TERMS).take_close_out("BTC-PERP", quantity) == value
