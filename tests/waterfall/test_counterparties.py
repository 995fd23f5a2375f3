"""The queue of winners: settled only as far as it is asked for, and in the order of the exact scores."""

from __future__ import annotations

import math
from itertools import islice
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.allocation.scores import SCORES
from seawall.core.book import Account, Asset, Balance, Book, Instrument, Order, Position
from seawall.core.draft import Draft
from seawall.core.loss import Posting
from seawall.core.market import Mark, Market, Price
from seawall.core.terms import Terms
from seawall.errors import UnsupportedFeature
from seawall.risk.assess import assess
from seawall.risk.health import Health
from seawall.waterfall.counterparties import Ranking
from seawall.waterfall.layer import WaterfallState
from seawall.waterfall.score_bounds import ScoreBounds
from tests.models import ranking as twin
from tests.waterfall.books import EVENT, PRICE, terms_of

USD, BTC, OLD = Asset("USD", 2), Asset("BTC", 8), Asset("OLD", 0)
LEGS = ("net", "long", "short")
CURVES: tuple[dict[str, Any], ...] = (
    {"kind": "flat", "rate_ppm": 10_000},
    {"kind": "flat", "rate_ppm": 0},
    {"kind": "brackets", "tiers": [{"floor": 0, "rate_ppm": 5_000}, {"floor": 900, "rate_ppm": 40_000}]},
    {"kind": "sqrt", "rate_ppm": 20_000, "factor_ppm": 3_000},
)
SIZES = st.sampled_from([1, 7, 100, 101, 10**6, 10**6 + 1, 10**17])
NAMES = st.sampled_from(["PERP", "SIDE", "COIN"])


@st.composite
def positions(draw: st.DrawFn, instrument: str, leg: str) -> Position:
    """A position near a round entry price, or anywhere; long or short as its leg says."""
    size = draw(SIZES)
    sign = {"net": draw(st.sampled_from([-1, 1])), "long": 1, "short": -1}[leg]
    entry = draw(st.sampled_from([80, 99, 100, 101, 120]) | st.integers(1, 200))
    cost = sign * size * 10**8 // entry if instrument == "COIN" else -sign * size * entry
    cost += draw(st.sampled_from([0, 0, 1]))
    funding = draw(st.sampled_from([0, 0, 10**15, -(10**18)]))
    return Position(instrument, leg, sign * size, cost, funding)  # type: ignore[arg-type]


@st.composite
def accounts(draw: st.DrawFn) -> Account:
    """An account with cash in several assets, and positions on several contracts or on both legs."""
    balances = [
        Balance("USD", "cash", draw(st.sampled_from([0, 1, 10_000, -500, 10**20]) | st.integers(0, 10**7)))
    ]
    if draw(st.booleans()):
        balances.append(Balance("BTC", "cash", draw(st.sampled_from([1, 10**6, -(10**5), 10**8]))))
    if draw(st.integers(0, 9)) == 0:
        balances.append(Balance("OLD", "cash", draw(st.sampled_from([0, 5]))))
    held = []
    for instrument in ("PERP", "SIDE", "COIN"):
        chosen = draw(st.sampled_from([(), ("net",), ("net",), ("long", "short")]))
        held += [draw(positions(instrument, leg)) for leg in chosen]
    orders = (Order("PERP", 1, 1, 100),) if draw(st.booleans()) else ()
    return Account(
        "",
        kind="venue" if draw(st.integers(0, 9)) == 0 else "user",
        balances=tuple(balances),
        positions=tuple(held),
        orders=orders,
    )


@st.composite
def venues(draw: st.DrawFn) -> WaterfallState:
    """A book with equals under other names, on prices that may be missing, under curves of all kinds."""
    shapes = draw(st.lists(accounts(), min_size=1, max_size=4))
    rows = [
        Account(
            f"a{number}",
            kind=shape.kind,
            balances=shape.balances,
            positions=shape.positions,
            orders=shape.orders,
        )
        for number, shape in enumerate(draw(st.lists(st.sampled_from(shapes), min_size=1, max_size=8)))
    ]
    now = draw(st.sampled_from([0, 0, 10**15, 5 * 10**21]))
    kinds = {"PERP": ("USD", "linear"), "SIDE": ("BTC", "linear"), "COIN": ("BTC", "inverse")}
    instruments = [
        Instrument(name, asset, kind, quantity_decimals=2, pool="main", funding_index=now)  # type: ignore[arg-type]
        for name, (asset, kind) in kinds.items()
    ]
    market = Market(
        prices={"USD": Price(PRICE, PRICE), "BTC": Price(100 * PRICE + 1, 100 * PRICE)},
        marks={name: Mark(draw(st.sampled_from([100, 100, 97, 3])) * PRICE) for name in kinds},
    )
    terms = terms_of(
        {"kind": "adl"},
        instruments={
            "*": {"maintenance": draw(st.sampled_from(CURVES))},
            "PERP": {"maintenance": draw(st.sampled_from(CURVES))},
        },
    )
    book = Book.of(rows, assets=[USD, BTC, OLD], instruments=instruments, venue="test")
    return WaterfallState(Draft(book), market, terms, EVENT)


@given(venues(), NAMES, st.booleans(), st.sampled_from(sorted(SCORES)))
def test_the_queue_is_that_of_the_exact_scores(
    state: WaterfallState, instrument: str, is_long: bool, score: str
) -> None:
    expected = twin.ranking(state, instrument, is_long, score)
    assert list(Ranking.of(state, instrument, is_long, score)) == expected


@given(venues(), NAMES, st.booleans(), st.sampled_from(sorted(SCORES)), st.data())
def test_the_queue_follows_what_moves_between_two_questions(
    state: WaterfallState, instrument: str, is_long: bool, score: str, data: st.DataObject
) -> None:
    kept = Ranking.of(state, instrument, is_long, score)
    users = sorted(name for name in state.draft.book.accounts.id)
    for _ in range(3):
        asked = data.draw(st.integers(0, 4))
        expected = twin.ranking(state, instrument, is_long, score)
        assert list(islice(kept.follow(), asked)) == expected[:asked]
        giver, taker = data.draw(st.sampled_from(users)), data.draw(st.sampled_from(users))
        cash, lots = data.draw(st.integers(0, 10**6)), data.draw(st.sampled_from([0, 1, 100]))
        postings = (
            Posting(giver, "USD", -cash),
            Posting(taker, "USD", cash),
            Posting(giver, instrument, -lots, "lots"),
            Posting(taker, instrument, lots, "lots"),
        )
        state.draft.post("trade", postings)
    assert list(kept.follow()) == twin.ranking(state, instrument, is_long, score)


def crowd(*more: Account) -> WaterfallState:
    """A thousand winners of rising leverage and profit, and some more accounts."""
    rows = [
        Account(
            f"u{number:04d}",
            balances=(Balance("USD", "cash", 10**7 - 1000 * number),),
            positions=(Position("PERP", "net", 100 + number, -(100 + number) * (90 - number % 50)),),
        )
        for number in range(1000)
    ]
    instruments = [Instrument("PERP", "USD", quantity_decimals=2, pool="main")]
    market = Market(prices={"USD": Price(PRICE, PRICE)}, marks={"PERP": Mark(100 * PRICE)})
    book = Book.of([*rows, *more], assets=[USD], instruments=instruments, venue="test")
    return WaterfallState(Draft(book), market, terms_of({"kind": "adl"}), EVENT)


@pytest.mark.parametrize("score", sorted(SCORES))
def test_only_the_head_of_a_queue_is_assessed(score: str, monkeypatch: pytest.MonkeyPatch) -> None:
    state = crowd()
    expected = twin.ranking(state, "PERP", True, score)[:3]
    asked: list[str] = []

    def noted(account: Account, book: Book, market: Market, terms: Terms) -> Health:
        asked.append(account.id)
        return assess(account, book, market, terms)

    monkeypatch.setattr("seawall.waterfall.counterparties.assess", noted)
    assert list(islice(Ranking.of(state, "PERP", True, score), 3)) == expected
    assert len(asked) <= 6


@pytest.mark.parametrize("score", sorted(SCORES))
def test_who_moves_while_waiting_stands_in_the_queue_once(score: str) -> None:
    state = crowd()
    kept = Ranking.of(state, "PERP", True, score)
    last = twin.ranking(state, "PERP", True, score)[-1].account
    assert next(iter(kept)).account != last
    state.draft.post("pay", (Posting(last, "USD", -(10**6)), Posting("treasury", "USD", 10**6)))
    assert list(kept.follow()) == twin.ranking(state, "PERP", True, score)


@pytest.mark.parametrize(("cents", "is_there"), [(-1, False), (0, True), (1, True)])
def test_a_winner_stands_in_the_queue_from_an_equity_of_zero(cents: int, is_there: bool) -> None:
    poor = Account(
        "poor",
        balances=(Balance("USD", "cash", cents - 1000),),
        positions=(Position("PERP", "net", 100, -9000),),
    )
    queue = Ranking.of(crowd(poor), "PERP", True, "bitmex")
    assert ("poor" in [found.account for found in queue]) is is_there


def test_a_portfolio_account_on_the_side_is_refused_as_it_is_everywhere() -> None:
    held = (Position("PERP", "net", 100, -9000),)
    grid = Account("grid", margin_mode="portfolio", balances=(Balance("USD", "cash", 10**9),), positions=held)
    with pytest.raises(UnsupportedFeature, match="grid is margined as a portfolio"):
        next(iter(Ranking.of(crowd(grid), "PERP", True, "bitmex")))


@pytest.mark.parametrize(("rows_max", "is_told"), [(1, False), (2, True)])
def test_an_account_with_very_many_holdings_is_left_to_the_exact_world(
    rows_max: int, is_told: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody here has two: the error of float sums is bounded for a number of terms."""
    monkeypatch.setattr("seawall.waterfall.score_bounds.ROWS_MAX", rows_max)
    state = crowd()
    bounds = ScoreBounds.of(state.draft.book, state.market, state.terms)
    _, highest = bounds.winners("PERP", True, SCORES["bitmex"])
    assert len(highest) == 1000
    assert bool((highest < math.inf).all()) is is_told
