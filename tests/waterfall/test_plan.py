"""What a plan is warned of, alone and against a book: each warning where it is true, and only there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from seawall.core.book import Account, Book
from seawall.waterfall.plan import steps, warnings
from seawall.waterfall.unbacked import unbacked
from tests.waterfall.books import terms_of
from tests.waterfall.reserves import TWO, holder, owing, priced

Plan = Mapping[str, Any]
FUND = {"name": "fund", "kind": "insurance_fund", "account": "fund:a"}
OTHER = {"name": "other", "kind": "first_loss", "account": "fund:b"}
REST = {"name": "rest", "kind": "residual", "bearer": "residual:x"}
HALT = {"name": "halt", "kind": "halt", "resume_after_s": 60}
TAX = {"name": "tax", "kind": "withdrawal_tax", "rate_bps": 100, "window_s": 60}
FLOP = {"name": "flop", "kind": "debt_auction", "lot_asset": "COIN", "lot_size": "1"}
DUTCH = {**FLOP, "style": "dutch", "start_price": "1"}
SHARED = {"name": "all", "kind": "mutualise", "over": "cash"}


def told(*layers: Plan, code: str) -> list[str]:
    """The layers a warning of this code is told of, "" where it is told of the plan."""
    found = warnings(terms_of(*layers))
    return [item.where.partition("waterfall")[2].lstrip(".") for item in found if item.code == code]


@pytest.mark.parametrize(
    ("first", "second", "count"),
    [
        ({}, {}, 1),
        ({"assets": ["USD"]}, {}, 1),
        ({"assets": ["USD", "COIN"]}, {"assets": ["EUR", "USD"]}, 1),
        ({"assets": ["USD"]}, {"assets": ["COIN"]}, 0),
        ({"reserve_asset": "COIN"}, {}, 0),
        ({"reserve_asset": "COIN"}, {"assets": ["COIN"]}, 1),
        ({"reserve_asset": "COIN"}, {"reserve_asset": "COIN", "assets": ["USD"]}, 1),
        ({}, {"account": "fund:b"}, 0),
    ],
)
def test_a_fund_behind_two_layers_is_counted_twice_where_it_is_the_same_money(
    first: Plan, second: Plan, count: int
) -> None:
    plan = ({**FUND, **first}, {**OTHER, "account": "fund:a", **second}, REST)
    assert told(*plan, code="fund_counted_twice") == [""] * count


@pytest.mark.parametrize(("members", "count"), [(["fund:a", "x"], 1), (["x"], 0), ([], 0)])
def test_a_fund_that_is_a_member_too_is_counted_twice(members: list[str], count: int) -> None:
    found = told(FUND, {**SHARED, "members": members}, REST, code="fund_counted_twice")
    assert found == [""] * count


@pytest.mark.parametrize(
    ("holder", "below", "expected"),
    [
        (HALT, {}, ["other"]),
        ({**HALT, "share_bps": 5000}, {}, []),
        ({**HALT, "share_bps": 9999}, {}, []),
        ({**HALT, "cap_per_event": "5"}, {}, []),
        ({**HALT, "assets": ["USD"]}, {}, []),
        ({**HALT, "assets": ["USD"]}, {"assets": ["USD"]}, ["other"]),
        ({**HALT, "assets": ["USD", "COIN"]}, {"assets": ["USD"]}, ["other"]),
        ({**HALT, "assets": ["USD"]}, {"assets": ["USD", "COIN"]}, []),
        ({**HALT, "pools": ["btc"]}, {"pools": ["eth"]}, []),
        ({**HALT, "rank": 1}, {"rank": 1}, []),
        (TAX, {}, ["other"]),
        ({**TAX, "cap_per_event": "5"}, {}, []),
        ({**FLOP, "bid_size": "0"}, {}, ["other"]),
        ({**FLOP, "bid_size": "10"}, {}, []),
        (DUTCH, {}, ["other"]),
        ({**DUTCH, "style": "english"}, {}, ["other"]),
        (FUND, {}, []),
    ],
)
def test_a_layer_below_one_that_holds_every_loss_whole_is_never_reached(
    holder: Plan, below: Plan, expected: list[str]
) -> None:
    assert told(holder, {**OTHER, **below}, REST, code="never_reached") == expected


def test_a_second_residual_names_a_bearer_only_for_what_the_first_does_not_cover() -> None:
    one, two = {**REST, "rank": 8}, {**REST, "name": "more", "rank": 9}
    assert told(FUND, one, two, code="never_reached") == ["more"]
    assert told(FUND, {**one, "pools": ["btc"]}, two, code="never_reached") == []


def test_an_order_after_the_residual_says_nothing() -> None:
    assert told({**FUND, "after": ["rest"]}, REST, code="after_residual") == ["fund"]
    assert told({**FUND, "after": ["other"]}, OTHER, REST, code="after_residual") == []


def test_members_of_an_index_are_not_asked() -> None:
    index = {**SHARED, "over": "supply_index", "members": ["x"]}
    assert told(index, REST, code="members_unused") == ["all"]
    assert told({**SHARED, "members": ["x"]}, REST, code="members_unused") == []


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ([], "every holder pays in proportion to its cash"),
        (["a"], "each of its members (a) pays in proportion to its cash"),
        (
            ["a", "b", "c", "d", "e"],
            "each of its members (a, b, c and 2 more) pays in proportion to its cash",
        ),
    ],
)
def test_members_are_named(members: list[str], said: str) -> None:
    assert steps(terms_of({**SHARED, "members": members}))[0].words == said


@pytest.mark.parametrize(
    ("family", "bearer", "expected"),
    [
        ("lending", "alice", ["rest"]),
        ("lending", "residual:x", []),
        ("lending", "external:x", []),
        ("lending", "suppliers of the reserve", []),
        ("lending", "unassigned", []),
        ("exchange", "alice", []),
    ],
)
def test_in_lending_a_bearer_that_may_be_a_user_is_told(
    family: str, bearer: str, expected: list[str]
) -> None:
    found = warnings(terms_of({**REST, "bearer": bearer}, family=family))
    assert [item.where.rpartition(".")[2] for item in found if item.code == "bearer_may_be_user"] == expected


def against(*layers: Plan, rows: tuple[Account, ...] = (), usd: int | None = 10**8) -> list[tuple[str, str]]:
    book: Book = owing(100, holder("fund:a", USD=5, COIN=5), holder("alice", kind="user", USD=5), *rows)
    return [(item.code, item.where) for item in unbacked(terms_of(*layers), book, priced(100, usd=usd))]


def test_members_that_the_book_has_not_are_told() -> None:
    assert {asset.id for asset in TWO} == {"USD", "COIN"}
    absent = [("unbacked_layer", "test:waterfall.all")]
    assert against({**SHARED, "members": ["alice", "typo"]}) == absent
    assert against({**SHARED, "members": ["typo"]}) == absent
    assert against({**SHARED, "members": ["alice"]}) == []


def test_a_fund_that_is_a_user_is_told() -> None:
    assert against({**FUND, "account": "alice"}) == [("fund_is_user", "test:waterfall.fund")]
    assert against(FUND) == []


def test_a_reserve_that_cannot_be_sold_for_want_of_a_price_is_told() -> None:
    reserve = {**FUND, "reserve_asset": "COIN"}
    assert against(reserve) == []
    assert against(reserve, usd=None) == [("missing_price", "test:waterfall.fund")]
    assert against({**reserve, "assets": ["EUR"]}, usd=None) == [("unknown_asset", "test:waterfall.fund")]
    assert against(FUND, usd=None) == []
