"""Clawback: which gains count, how far each is taken back, and that none is taken back twice."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.book import Account, Book
from seawall.core.draft import Draft
from seawall.core.event import Event
from seawall.waterfall.clawback import realised, realised_by
from seawall.waterfall.waterfall import WaterfallResult, run_waterfall
from tests.waterfall.books import account, book_of, cash_default, fund, market_of, terms_of

WEEK = 7 * 86_400
NOW = 100 * WEEK
CLAWBACK = {"kind": "clawback", "name": "clawback", "window_s": WEEK}


def book_with(gains: Mapping[str, int], *accounts: Account, loss: int = 0) -> Book:
    base = book_of(accounts, [cash_default(loss)])
    return base.replaced([], state=gains)


def claw(
    loss: int, gains: Mapping[str, int], *accounts: Account, at: int = NOW, **layer: Any
) -> tuple[WaterfallResult, Draft]:
    draft = Draft(book_with(gains, *accounts, loss=loss))
    return run_again(draft, loss, Event("event-1", at), **layer), draft


def run_again(draft: Draft, loss: int, event: Event, **layer: Any) -> WaterfallResult:
    terms = terms_of({**CLAWBACK, **layer})
    return run_waterfall(draft, market_of(), terms, [cash_default(loss)], event=event)


def charges(result: WaterfallResult) -> dict[str, int]:
    return {item.account: item.amount for item in result.charges}


def gain(name: str, amount: int, ago: int = 0, asset: str = "USD") -> dict[str, int]:
    return {realised(name, asset, NOW - ago): amount}


def test_gains_are_taken_back_in_proportion() -> None:
    gains = gain("ann", 600) | gain("bob", 200)
    result, draft = claw(400, gains, account("ann", 5_000), account("bob", 5_000))
    assert charges(result) == {"ann": 300, "bob": 100}
    assert (draft.cash("ann", "USD"), draft.cash("deficit:USD", "USD")) == (4_700, 0)


@pytest.mark.parametrize(("ago", "paid"), [(WEEK - 1, 100), (WEEK, 100), (WEEK + 1, 0), (0, 100), (-1, 0)])
def test_the_window_ends_with_the_event(ago: int, paid: int) -> None:
    result, _ = claw(500, gain("ann", 100, ago), account("ann", 5_000))
    assert sum(charges(result).values()) == paid


@pytest.mark.parametrize(
    ("gains", "row", "paid"),
    [
        (gain("ann", 100), account("ann", 99), 99),
        (gain("ann", 100), account("ann", 100), 100),
        (gain("ann", 100), account("ann", 101), 100),  # never principal
        (gain("ann", 100), account("ann", -1), 0),
        (gain("ann", 100) | gain("ann", -30, 5), account("ann", 500), 70),  # net over the window
        (gain("ann", 100) | gain("ann", -100, 5), account("ann", 500), 0),
        (gain("ann", 100, asset="EUR"), account("ann", 500), 0),
        (gain("bob", 100), account("ann", 500), 0),
        (gain("fund:f", 100), fund("f", 500), 0),
        ({"gain:ann:USD": 100, "used:x": 5}, account("ann", 500), 0),
    ],
)
def test_how_far(gains: dict[str, int], row: Account, paid: int) -> None:
    result, _ = claw(1_000, gains, row)
    assert sum(charges(result).values()) == paid


def test_who_has_spent_the_gain_pays_what_is_left_and_the_others_the_rest() -> None:
    gains = gain("ann", 100) | gain("bob", 100) | gain("cat", 100)
    result, _ = claw(150, gains, account("ann", 10), account("bob", 500), account("cat", 500))
    assert charges(result) == {"ann": 10, "bob": 70, "cat": 70}


def test_a_gain_taken_back_is_not_taken_back_twice() -> None:
    gains = gain("ann", 60, 10) | gain("ann", 40, 20)
    result, draft = claw(70, gains, account("ann", 5_000))
    assert charges(result) == {"ann": 70}
    # The newest first: 60 are gone, 30 are left of the older.
    assert {key: value for key, value in draft.state.items() if value} == gain("ann", 30, 20)
    second = Draft(draft.book_after())
    assert charges(run_again(second, 70, Event("event-2", NOW))) == {"ann": 30}
    assert charges(run_again(Draft(second.book_after()), 70, Event("event-3", NOW))) == {}


def test_profit_capacity_and_the_deficit_are_both_told() -> None:
    result, _ = claw(60, gain("ann", 100), account("ann", 80))
    told = result.absorptions[0].working["inputs"]
    assert {key: told[key] for key in ("loss", "profit_capacity", "bearable")} == {  # type: ignore[index]
        "loss": 60,
        "profit_capacity": 100,
        "bearable": 80,
    }


@pytest.mark.parametrize("name", ["ann", "desk:7", "a:b:c", ""])
def test_a_counter_names_account_asset_and_time(name: str) -> None:
    assert realised_by(realised(name, "USD", 17)) == (name, "USD", 17)


@given(
    st.lists(st.tuples(st.integers(-50, 3_000), st.integers(-20, 4_000)), min_size=1, max_size=6),
    st.integers(1, 9_000),
    st.randoms(use_true_random=False),
)
def test_whatever_the_gains(people: list[tuple[int, int]], loss: int, rows: Any) -> None:
    """Sums exact, nobody beyond its gain or its cash, rows decide nothing, counters fall by the charge."""
    accounts = [account(f"u{n}", cash) for n, (_, cash) in enumerate(people)]
    gains = {key: value for n, (won, _) in enumerate(people) for key, value in gain(f"u{n}", won, n).items()}
    result, draft = claw(loss, gains, *accounts)
    paid = charges(result)
    for n, (won, cash) in enumerate(people):
        assert paid.get(f"u{n}", 0) <= max(0, min(won, cash))
        assert draft.state[realised(f"u{n}", "USD", NOW - n)] == won - paid.get(f"u{n}", 0)
    bearable = sum(max(0, min(won, cash)) for won, cash in people)
    assert sum(paid.values()) == min(loss, bearable)
    rows.shuffle(accounts)
    assert claw(loss, gains, *accounts)[0] == result
