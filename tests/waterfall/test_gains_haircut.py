"""Haircuts of gains: whose, since when, how far, and that positions stay open."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.book import Account, Book
from seawall.core.draft import Draft
from seawall.core.event import Event
from seawall.core.market import Mark, Market
from seawall.risk.assess import assess
from seawall.waterfall.waterfall import WaterfallResult, run_waterfall
from tests.waterfall.books import (
    PRICE,
    account,
    cash_default,
    fund,
    market_of,
    position,
    run,
    terms_of,
)
from tests.waterfall.strategies import traders

HAIRCUT = {"kind": "gains_haircut", "name": "vmgh"}
MARKET = market_of(10_000, previous=9_000)  # a long gained 10.00 a contract since the previous mark


def cut(
    loss: int, *accounts: Account, market: Market = MARKET, **layer: Any
) -> tuple[WaterfallResult, Draft]:
    return run(accounts, terms_of({**HAIRCUT, **layer}), cash_default(loss), market=market)


def charges(result: WaterfallResult) -> dict[str, int]:
    return {item.account: item.amount for item in result.charges}


def again(book: Book, loss: int, event: str, market: Market = MARKET, **layer: Any) -> WaterfallResult:
    terms, default = terms_of({**HAIRCUT, **layer}), cash_default(loss)
    return run_waterfall(Draft(book), market, terms, [default], event=Event(event))


def test_every_gain_is_cut_by_the_same_part_and_the_positions_stay_open() -> None:
    ann, bob = account("ann", 500, position(300, 9_000)), account("bob", 500, position(100, 9_000))
    result, draft = cut(1_000, ann, bob)
    assert charges(result) == {"ann": 750, "bob": 250}
    assert [item.quantity for item in draft.account("ann").positions] == [300]
    assert [item.cost for item in draft.account("ann").positions] == [-27_000 - 750]
    assert (draft.cash("ann", "USD"), draft.cash("deficit:USD", "USD")) == (500, 0)


@pytest.mark.parametrize(("loss", "left"), [(999, 0), (1_000, 0), (1_001, 1)])
def test_nobody_is_cut_beyond_the_gain(loss: int, left: int) -> None:
    result, _ = cut(loss, account("ann", 50_000, position(100, 9_000)))
    assert sum(item.amount for item in result.residuals) == left


@pytest.mark.parametrize(
    ("row", "paid"),
    [
        (account("ann", 500, position(-100, 9_000)), 0),  # lost since the previous mark
        (fund("f", 500), 0),
        (account("desk", 500, position(100, 9_000), kind="venue"), 0),
        (account("ann", 500, position(100, 12_000)), 0),  # gained, and is still under water
        (account("ann", 2_500, position(100, 12_000)), 500),  # equity of 5.00
        (account("ann", 5_000, position(100, 12_000)), 1_000),
    ],
)
def test_who_pays(row: Account, paid: int) -> None:
    result, _ = cut(5_000, row)
    assert sum(charges(result).values()) == paid


def test_a_gain_is_net_over_the_contracts_of_the_pool() -> None:
    """10.00 gained on one contract, 4.00 lost on the other: the gain is 6.00, cut out of the winner."""
    ann = account("ann", 50_000, position(100, 9_000), position(-40, 4_000, "SIDE"))
    side = Mark(5_000 * PRICE // 100, previous=4_000 * PRICE // 100)
    market = replace(MARKET, marks={**MARKET.marks, "SIDE": side})
    result, draft = cut(5_000, ann, market=market)
    assert charges(result) == {"ann": 600}
    costs = {item.instrument: item.cost for item in draft.account("ann").positions}
    assert costs == {"PERP": -9_000 - 600, "SIDE": 1_600}


@pytest.mark.parametrize(("entry", "paid"), [(9_999, 1), (10_000, 0), (10_001, 0)])
def test_since_entry_a_gain_starts_above_zero(entry: int, paid: int) -> None:
    result, _ = cut(5_000, account("ann", 50_000, position(100, entry)), since="entry")
    assert sum(charges(result).values()) == paid


@pytest.mark.parametrize("since", ["previous", "entry"])
def test_a_gain_is_cut_once(since: str) -> None:
    ann = account("ann", 50_000, position(100, 9_000))
    _, draft = cut(600, ann, since=since)
    book = draft.book_after()
    second = again(book, 600, "event-2", since=since)
    assert charges(second) == {"ann": 400}


def test_the_gain_since_another_previous_mark_is_another_gain() -> None:
    ann = account("ann", 50_000, position(100, 9_000))
    _, draft = cut(600, ann)
    second = again(draft.book_after(), 600, "event-2", market_of(10_000, previous=9_500))
    assert charges(second) == {"ann": 500}


def test_only_the_pool_of_the_loss_is_asked() -> None:
    result, _ = run(
        [account("ann", 50_000, position(100, 9_000))],
        terms_of(HAIRCUT),
        cash_default(100, pool="other"),
        market=MARKET,
    )
    assert result.charges == ()


def test_several_losses_are_cut_at_once() -> None:
    ann, bob = account("ann", 500, position(100, 9_000)), account("bob", 500, position(100, 9_000))
    losses = [cash_default(3, name) for name in ("x", "y", "z")]
    result, _ = run([ann, bob], terms_of(HAIRCUT), *losses, market=MARKET)
    assert len(result.charges) == 2
    assert sorted(charges(result).values()) == [4, 5]


def test_profit_capacity_and_the_deficit_are_both_told() -> None:
    result, _ = cut(700, account("ann", 1_500, position(100, 11_000)), account("bob", 0, position(50, 9_000)))
    told = result.absorptions[0].working["inputs"]
    assert {key: told[key] for key in ("loss", "profit_capacity", "bearable")} == {  # type: ignore[index]
        "loss": 700,
        "profit_capacity": 1_500,
        "bearable": 1_000,
    }


@given(st.data())
def test_whatever_the_world(data: st.DataObject) -> None:
    """Sums exact, nobody beyond gain or below zero equity, rows decide nothing."""
    mark, side = data.draw(st.integers(8_000, 12_000)), data.draw(st.integers(4_000, 6_000))
    rows = [data.draw(traders(f"u{n}", mark, side)) for n in range(data.draw(st.integers(0, 5)))]
    market = market_of(mark, side, previous=data.draw(st.integers(8_000, 12_000)))
    since = data.draw(st.sampled_from(["previous", "entry"]))
    loss = data.draw(st.integers(1, 20_000))
    result, draft = cut(loss, *rows, market=market, since=since)
    terms, paid = terms_of(HAIRCUT), charges(result)
    previous = market.marks["PERP"].named("previous")
    assert previous is not None
    for row in rows:
        if since == "entry":
            marks = {"PERP": mark, "SIDE": side}
            won = sum(item.cost * 100 + item.quantity * marks[item.instrument] for item in row.positions)
        else:
            moved = mark - previous // 10**6
            won = sum(item.quantity * moved for item in row.positions if item.instrument == "PERP")
        assert paid.get(row.id, 0) <= max(0, won // 100)
        equity = assess(row, draft.book, market, terms).equity
        now = assess(draft.account(row.id), draft.book, market, terms).equity
        assert equity - now == paid.get(row.id, 0) * 10**34 * 10**8
        assert now >= min(0, equity)
    assert sum(paid.values()) + sum(item.amount for item in result.residuals) == loss
    reordered, _ = cut(loss, *data.draw(st.permutations(rows)), market=market, since=since)
    assert reordered == result
