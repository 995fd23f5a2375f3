"""Calls on members after the fund: who is called, for how much, and what they cannot pay."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.book import Account
from seawall.core.draft import Draft
from seawall.core.event import Event
from seawall.waterfall.waterfall import WaterfallResult, run_waterfall
from tests.waterfall.books import (
    EVENT,
    account,
    book_of,
    cash_default,
    lots,
    lots_default,
    market_of,
    position,
    run,
    terms_of,
)
from tests.waterfall.test_mutual_fund import MUTUAL, member

CALL = {"kind": "assessment", "name": "call", "account": "fund:default"}


def clearing(contribution: int, cash: int, name: str) -> list[Account]:
    """A member: what it put into the fund, and its own account."""
    return [member(name, contribution, owner=name), account(f"{name}/main", cash, owner=name)]


def called(result: WaterfallResult) -> dict[str, int]:
    return {item.account.split("/")[0]: item.amount for item in result.charges if item.layer == "call"}


TWO = [*clearing(300, 10_000, "a"), *clearing(100, 10_000, "b")]


def test_members_are_called_in_proportion_to_their_contributions() -> None:
    result, draft = run(TWO, terms_of(CALL), cash_default(40))
    assert called(result) == {"a": 30, "b": 10}
    assert (draft.cash("a/main", "USD"), draft.cash("fund:default/a", "USD")) == (9_970, 300)


def test_what_the_fund_has_paid_does_not_lower_the_call() -> None:
    result, _ = run(TWO, terms_of(MUTUAL, CALL), cash_default(440))
    assert [(item.layer, item.taken) for item in result.absorptions] == [("default", 400), ("call", 40)]
    assert called(result) == {"a": 30, "b": 10}


@pytest.mark.parametrize(
    ("multiple", "loss", "taken"),
    [
        (10_000, 399, 399),
        (10_000, 400, 400),
        (10_000, 401, 400),
        (5_000, 201, 200),
        (20_000, 801, 800),
        (1, 5, 0),
    ],
)
def test_no_member_is_called_beyond_the_multiple(multiple: int, loss: int, taken: int) -> None:
    result, _ = run(TWO, terms_of({**CALL, "multiple_bps": multiple}), cash_default(loss))
    assert sum(called(result).values()) == taken
    assert sum(item.amount for item in result.residuals) == loss - taken


def test_the_limit_holds_for_all_losses_of_an_event() -> None:
    losses = [cash_default(loss, name) for name, loss in (("x", 150), ("y", 200), ("z", 200))]
    result, draft = run(TWO, terms_of(CALL), *losses)
    assert sum(item.taken for item in result.absorptions) == 400
    assert {name: amount for name, amount in draft.state.items() if name.startswith("called:")} == {
        "called:call:event-1:a:USD": 300,
        "called:call:event-1:b:USD": 100,
    }


@pytest.mark.parametrize(("event", "taken"), [("event-1", 150), ("event-2", 400)])
def test_another_event_calls_anew(event: str, taken: int) -> None:
    draft = Draft(book_of(TWO, [cash_default(1_000)]))
    draft.state |= {"called:call:event-1:a:USD": 200, "called:call:event-1:b:USD": 50}
    result = run_waterfall(draft, market_of(), terms_of(CALL), [cash_default(1_000)], event=Event(event))
    assert sum(called(result).values()) == taken


def test_what_one_member_cannot_pay_the_others_are_called_for_and_the_rest_stays() -> None:
    rows = [*clearing(300, 10, "a"), *clearing(100, 10_000, "b")]
    result, _ = run(rows, terms_of(CALL), cash_default(200))
    assert called(result) == {"a": 10, "b": 100}
    assert [item.amount for item in result.residuals] == [90]


def test_the_failing_owner_is_not_called() -> None:
    result, _ = run([*TWO, account("failed", 0, owner="a")], terms_of(CALL), cash_default(40))
    assert called(result) == {"b": 40}


@pytest.mark.parametrize(
    "payer", [account("a/main", 500, owner="a"), account("a", 500), account("a", 500, owner="a")]
)
def test_a_member_pays_from_the_accounts_of_its_owner(payer: Account) -> None:
    result, _ = run([member("a", 300, owner="a"), payer], terms_of(CALL), cash_default(40))
    assert {item.account: item.amount for item in result.charges} == {payer.id: 40}


@pytest.mark.parametrize(
    "other", [account("desk", 500, kind="venue", owner="a"), account("c", 500, owner="c"), account("d", 500)]
)
def test_nobody_elses_money_is_called(other: Account) -> None:
    result, _ = run([member("a", 300, owner="a"), other], terms_of(CALL), cash_default(40))
    assert [item.amount for item in result.residuals] == [40]


def test_several_accounts_of_an_owner_pay_together() -> None:
    rows = [member("a", 300, owner="a"), account("a/1", 30, owner="a"), account("a/2", 90, owner="a")]
    result, _ = run(rows, terms_of(CALL), cash_default(40))
    assert {item.account: item.amount for item in result.charges} == {"a/1": 10, "a/2": 30}


# A long of one contract entered at 100.00 and marked there needs 1 % of it: 1.00.
@pytest.mark.parametrize(("cash", "paid"), [(99, 0), (100, 0), (101, 1), (139, 39), (140, 40), (141, 40)])
def test_a_call_never_makes_a_member_liquidatable(cash: int, paid: int) -> None:
    rows = [member("a", 300, owner="a"), account("a/main", cash, position(100, 10_000), owner="a")]
    result, _ = run(rows, terms_of(CALL), cash_default(40))
    assert sum(called(result).values()) == paid


def test_members_are_called_for_whole_lots() -> None:
    rows = [*clearing(995, 10_000, "a")]
    result, _ = run(rows, terms_of(CALL), lots_default(lots(100, 10_000, 9_000)))
    assert (called(result), result.absorptions[0].lots_closed) == ({"a": 990}, {"PERP": 99})


@given(
    members=st.lists(st.tuples(st.integers(0, 500), st.integers(0, 900)), min_size=1, max_size=6),
    losses=st.lists(st.integers(0, 1_500), min_size=1, max_size=3),
    multiple=st.integers(1, 30_000),
    seed=st.randoms(use_true_random=False),
)
def test_calls_are_exact_within_each_limit_and_blind_to_order(
    members: list[tuple[int, int]], losses: list[int], multiple: int, seed: Any
) -> None:
    rows = [row for number, pair in enumerate(members) for row in clearing(*pair, f"m{number}")]
    terms = terms_of({**CALL, "multiple_bps": multiple})
    defaults = [cash_default(loss, f"d{number}") for number, loss in enumerate(losses)]
    result, draft = run(rows, terms, *defaults)
    limits = [min(cash, put_in * multiple // 10_000) for put_in, cash in members]
    assert sum(item.taken for item in result.absorptions) == min(sum(losses), sum(limits))
    for number, ((_, cash), limit) in enumerate(zip(members, limits, strict=True)):
        assert 0 <= cash - draft.cash(f"m{number}/main", "USD") <= limit
    seed.shuffle(rows)
    assert run(rows, terms, *defaults, event=EVENT)[0].charges == result.charges
