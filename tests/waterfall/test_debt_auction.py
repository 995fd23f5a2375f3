"""Debt auctions: steps, times, restarts, escrow; each threshold at, below and above."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.event import Bid
from seawall.core.loss import Default
from seawall.errors import MissingData
from seawall.waterfall.debt_auction import AUCTIONS_MAX
from tests.waterfall.books import cash_default, fund, lots, lots_default, terms_of
from tests.waterfall.over_time import Story, book_with, holder

ONE_USD, TTL, LIFE = 100, 100, 1000
FLOP = {
    "kind": "debt_auction",
    "style": "flop",
    "lot_asset": "GOV",
    "lot_size": "10",
    "beg_bps": 500,
    "pad_bps": 5000,
    "bid_ttl_s": TTL,
    "duration_s": LIFE,
}
ENGLISH = FLOP | {"style": "english"}
DUTCH = FLOP | {"style": "dutch", "start_price": "1", "step_bps": 1000, "step_s": 60}
AUCTION = "event-0:debt_auction:failed:USD:main"


def opened(
    layer: dict[str, Any],
    loss: int = 100,
    *extra: dict[str, Any],
    accounts: tuple[Any, ...] = (),
    default: Default | None = None,
) -> Story:
    """A loss met by an auction at time 0, with anything below it."""
    default = default or cash_default(loss)
    return Story(book_with(accounts, default), terms_of(layer, *extra)).then(0, default)


def bid(pay: int, lot: int, at: int, who: str = "ann", auction: str = AUCTION) -> Bid:
    return Bid(auction, who, pay, lot, at)


def test_the_loss_stays_booked_until_the_auction_is_won() -> None:
    story = opened(FLOP)
    (held,) = story.result.pending
    assert (held.amount, held.due, story.result.charges, story.result.residuals) == (100, LIFE, (), ())
    assert story.cents() == {"deficit:USD": -100}
    story = story.then(10, bids=[bid(100, 9000, 5)])
    assert story.cents() == {"deficit:USD": -100, f"clearing:auction:{AUCTION}": 100, "external:ann": -100}
    story = story.then(5 + TTL + 1)
    (charge,) = story.result.settlements[0].charges
    assert (charge.account, charge.amount) == ("external:issuer", 100)
    assert story.cents() == {"external:ann": -100}
    assert story.cash("external:ann", "GOV") == 9000
    assert not story.result.pending


@pytest.mark.parametrize(("lot", "stands"), [(9523, True), (9524, False), (9525, False), (10_000, False)])
def test_a_flop_bid_must_lower_the_lot_by_the_step(lot: int, stands: bool) -> None:
    """10,000 / 1.05 = 9523.8."""
    story = opened(FLOP).then(10, bids=[bid(100, lot, 5)])
    assert story.result.pending[0].memory["lot"] == (lot if stands else 10_000)


@pytest.mark.parametrize(("pay", "stands"), [(99, False), (100, True), (101, False)])
def test_a_flop_bid_pays_what_is_raised_and_nothing_else(pay: int, stands: bool) -> None:
    story = opened(FLOP).then(10, bids=[bid(pay, 9000, 5)])
    assert ("bidder:ann" in story.result.pending[0].memory) == stands


@pytest.mark.parametrize(("at", "stands"), [(0, True), (999, True), (1000, False), (1001, False)])
def test_bids_are_heard_until_the_end_and_not_at_it(at: int, stands: bool) -> None:
    story = opened(FLOP).then(at, bids=[bid(100, 9000, at)])
    assert bool(story.cash("external:ann")) == stands


@pytest.mark.parametrize(("now", "is_won"), [(5 + TTL - 1, False), (5 + TTL, False), (5 + TTL + 1, True)])
def test_a_bid_wins_once_it_stood_longer_than_its_time(now: int, is_won: bool) -> None:
    story = opened(FLOP).then(10, bids=[bid(100, 9000, 5)]).then(now)
    assert bool(story.cash("external:ann", "GOV")) == is_won


@pytest.mark.parametrize(("now", "is_won"), [(LIFE, False), (LIFE + 1, True)])
def test_the_end_of_the_auction_ends_the_wait(now: int, is_won: bool) -> None:
    story = opened(FLOP | {"bid_ttl_s": 5000}).then(10, bids=[bid(100, 9000, 5)]).then(now)
    assert bool(story.cash("external:ann", "GOV")) == is_won


def test_who_is_outbid_is_paid_back() -> None:
    story = opened(FLOP, accounts=(holder("ann", usd=100), holder("bob", usd=100)))
    story = story.then(10, bids=[bid(100, 9000, 5)])
    assert story.cents()["bob"] == 100
    assert "ann" not in story.cents()
    story = story.then(20, bids=[bid(100, 8000, 15, "bob")]).then(15 + TTL + 1)
    assert story.cents() == {"ann": 100}
    assert (story.cash("bob", "GOV"), story.cash("external:issuer", "GOV")) == (8000, -8000)


@pytest.mark.parametrize(("cash", "stands"), [(99, False), (100, True), (101, True)])
def test_an_account_bids_with_cash_it_has(cash: int, stands: bool) -> None:
    story = opened(FLOP, accounts=(holder("ann", usd=cash),)).then(10, bids=[bid(100, 9000, 5)])
    assert ("bidder:ann" in story.result.pending[0].memory) == stands


def test_the_working_shows_the_dilution() -> None:
    story = opened(FLOP, accounts=(holder("old", GOV=27_000),))
    story = story.then(10, bids=[bid(100, 9000, 5)]).then(500)
    inputs: Any = story.result.settlements[0].working["inputs"]
    assert (inputs["supply_before"], inputs["lot"], inputs["dilution_ppm"]) == (27_000, 9000, 250_000)


@pytest.mark.parametrize(("loss", "auctions", "left"), [(99, 0, 99), (100, 1, 0), (101, 1, 1), (250, 2, 50)])
def test_a_flop_raises_whole_bids(loss: int, auctions: int, left: int) -> None:
    story = opened(FLOP | {"bid_size": "1"}, loss)
    assert [item.amount for item in story.result.pending] == [ONE_USD] * auctions
    assert sum(item.amount for item in story.result.residuals) == left


def test_several_auctions_of_one_loss_are_won_apart() -> None:
    story = opened(FLOP | {"bid_size": "1"}, 200)
    story = story.then(10, bids=[bid(100, 9000, 5, auction=f"{AUCTION}:2")]).then(500)
    assert [item.id for item in story.result.pending] == [f"{AUCTION}:1"]
    assert story.cash("deficit:USD") == -100


def test_no_more_auctions_are_opened_than_anybody_could_hold() -> None:
    story = opened(FLOP | {"bid_size": "0.01"}, AUCTIONS_MAX + 5)
    assert (len(story.result.pending), story.result.residuals[0].amount) == (AUCTIONS_MAX, 5)


def test_without_a_bid_the_loss_goes_on_to_the_layers_below() -> None:
    below = {"kind": "insurance_fund", "account": "fund:below"}
    story = opened(FLOP, 100, below, accounts=(fund("below", 500),))
    assert story.then(LIFE).result.pending
    story = story.then(LIFE + 1)
    assert not story.result.pending
    assert [(item.layer, item.taken) for item in story.result.absorptions] == [("below", 100)]
    assert story.cents() == {"fund:below": 400}


def test_a_restarted_flop_offers_more() -> None:
    story = opened(FLOP | {"restarts_max": 2})
    memory = story.then(LIFE + 1, bids=[bid(100, 1, 2 * LIFE)]).result.pending[0].memory
    assert (memory["lot"], memory["end"], memory["restarts"]) == (15_000, 2 * LIFE, 1)
    memory = story.then(2 * LIFE + 1).result.pending[0].memory
    assert (memory["lot"], memory["end"], memory["restarts"]) == (22_500, 3 * LIFE, 2)
    assert not story.then(3 * LIFE + 1).result.pending


def test_looking_often_changes_nothing() -> None:
    bids = [bid(100, 14_000, 1500), bid(100, 13_000, 1550, "bob")]
    once = opened(FLOP | {"restarts_max": 1}).then(5000, bids=bids)
    often = opened(FLOP | {"restarts_max": 1})
    for now in (1, 999, 1000, 1001, 1500, 1549, 1600, 1651, 1700, 5000):
        often = often.then(now, bids=[item for item in bids if often.book.as_of < item.at <= now])
    assert often.cents() == once.cents() == {"external:bob": -100}


@pytest.mark.parametrize(
    ("pay", "stands"), [(104, False), (105, True), (106, True), (401, False), (400, True)]
)
def test_an_english_bid_must_raise_the_price_by_the_step_and_not_beyond_the_loss(
    pay: int, stands: bool
) -> None:
    story = opened(ENGLISH, 400).then(10, bids=[bid(100, 10_000, 5)])
    story = story.then(20, bids=[bid(pay, 10_000, 15, "bob")])
    assert ("bidder:bob" in story.result.pending[0].memory) == stands


def test_the_last_english_step_may_be_small_where_it_raises_the_whole() -> None:
    story = opened(ENGLISH, 400).then(20, bids=[bid(395, 10_000, 5), bid(400, 10_000, 6, "bob")])
    assert "bidder:bob" in story.result.pending[0].memory


def test_what_an_english_auction_did_not_raise_goes_on() -> None:
    story = opened(ENGLISH, 400).then(10, bids=[bid(150, 10_000, 5)]).then(500)
    (settled,) = story.result.settlements
    assert (settled.received, settled.failed) == (150, 250)
    assert story.result.residuals[0].amount == 250


@pytest.mark.parametrize(
    ("at", "price"), [(0, 100), (59, 100), (60, 90), (119, 90), (120, 81), (180, 72), (600, 34)]
)
def test_a_dutch_price_falls_by_steps(at: int, price: int) -> None:
    """1 USD, less a tenth each minute, rounded down to the cent: 0.9^3 = 0.729, 0.9^10 = 0.3487."""
    story = opened(DUTCH, 1000).then(at, bids=[bid(price, 1000, at)])
    assert (story.result.settlements[0].received, story.cash("external:ann", "GOV")) == (price, 1000)
    cheaper = opened(DUTCH, 1000).then(at, bids=[bid(price - 1, 1000, at)])
    assert cheaper.cash("external:ann", "GOV") == 0


def test_a_dutch_auction_sells_in_parts_and_stops_when_all_is_raised() -> None:
    bids = [bid(1000, 1500, 10), bid(1000, 4000, 70, "bob"), bid(1000, 4000, 130, "cay")]
    story = opened(DUTCH, 400).then(200, bids=bids)
    assert story.cents() == {"external:ann": -150, "external:bob": -250}
    assert story.cash("external:bob", "GOV") == 250 * 1000 // 90
    assert not story.result.pending


def test_a_dutch_auction_that_sold_its_lot_gives_the_rest_back() -> None:
    story = opened(DUTCH, 2000).then(10, bids=[bid(9999, 99_999, 10)])
    (settled,) = story.result.settlements
    assert (settled.received, settled.failed, settled.left) == (1000, 1000, None)


def test_the_same_dutch_bid_given_again_buys_nothing() -> None:
    story = opened(DUTCH, 2000).then(10, bids=[bid(100, 1000, 10)]).then(11, bids=[bid(100, 1000, 10)])
    assert story.cash("external:ann", "GOV") == 1000


def test_an_issuer_with_a_purse_gives_what_it_has_and_a_won_bid_without_a_lot_is_paid_back() -> None:
    layer = FLOP | {"issuer": "fund:gov"}
    rich = opened(layer, accounts=(holder("fund:gov", kind="fund", GOV=9000),))
    rich = rich.then(10, bids=[bid(100, 9000, 5)]).then(500)
    assert (rich.cash("fund:gov", "GOV"), rich.cash("external:ann", "GOV")) == (0, 9000)
    poor = opened(layer, accounts=(holder("fund:gov", kind="fund", GOV=8999),))
    poor = poor.then(10, bids=[bid(100, 9000, 5)]).then(500)
    assert poor.cents() == {"deficit:USD": -100}
    assert poor.result.residuals[0].amount == 100


def test_lots_are_closed_before_their_cost_is_put_on_auction() -> None:
    story = opened(FLOP, default=lots_default(lots(100, 10_000, 9_000), cents=50))
    assert (story.result.pending[0].amount, story.cash("deficit:USD")) == (1050, -1050)


def test_a_lot_the_book_does_not_know_is_refused_with_what_to_do() -> None:
    with pytest.raises(MissingData, match=r"layer debt_auction names asset 'NOPE', expected .*GOV.*: add"):
        opened(FLOP | {"lot_asset": "NOPE"})


def test_without_a_lot_nothing_is_held() -> None:
    assert opened(FLOP | {"lot_size": "0"}).result.residuals[0].amount == 100


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["ann", "bob", "cay"]),
            st.integers(0, 1200) | st.just(500),
            st.integers(0, 12_000),
            st.integers(1, 3500),
        ),
        max_size=8,
    ),
    st.sampled_from([FLOP, ENGLISH, DUTCH]),
    st.integers(0, 2),
    st.permutations(range(8)),
)
def test_money_is_kept_and_the_order_of_bids_in_a_file_decides_nothing(
    offers: list[tuple[str, int, int, int]], layer: dict[str, Any], restarts: int, order: list[int]
) -> None:
    bids = [bid(pay, lot, at, who) for who, pay, lot, at in offers]
    turned = [bids[place] for place in order if place < len(bids)]
    start = opened(layer | {"restarts_max": restarts}, 500, accounts=(holder("bob", usd=700),))
    ends = [start.then(4000, bids=given_bids) for given_bids in (bids, turned)]
    assert ends[0].cents() == ends[1].cents()
    for asset, total in (("USD", 700 - 500), ("GOV", 0)):
        assert sum(ends[0].cash(row.id, asset) for row in ends[0].book.rows()) == total
    uncovered = sum(item.amount for item in ends[0].result.residuals)
    covered = sum(charge.amount for item in ends[0].result.settlements for charge in item.charges)
    assert (uncovered + covered, -ends[0].cash("deficit:USD")) == (500, uncovered)
    assert ends[0].cash("bob") >= 0
