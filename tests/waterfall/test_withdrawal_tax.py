"""A withdrawal tax: rate, rounding, window, cash, the last second; each threshold at, below and above."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.event import Withdrawal
from tests.waterfall.books import cash_default, fund, terms_of
from tests.waterfall.over_time import Story, book_with, holder

TAX = {"kind": "withdrawal_tax", "rate_bps": 1000, "window_s": 100}
BELOW = {"kind": "insurance_fund", "account": "fund:below"}


def taxed(*losses: int, layer: dict[str, Any] | None = None, **cash: int) -> Story:
    """Losses held for those who withdraw, above a fund; the accounts hold cents."""
    defaults = [cash_default(loss, f"d{number}") for number, loss in enumerate(losses)]
    accounts = [holder(name, usd=cents) for name, cents in cash.items()]
    terms = terms_of({**TAX, **(layer or {})}, BELOW)
    return Story(book_with([*accounts, fund("below", 10**6)], *defaults), terms).then(0, *defaults)


def out(account: str, amount: int, at: int = 10, asset: str = "USD") -> Withdrawal:
    return Withdrawal(account, asset, amount, at)


def kept(story: Story) -> dict[str, int]:
    found: dict[str, int] = {}
    for charge in (charge for item in story.result.settlements for charge in item.charges):
        found[charge.account] = found.get(charge.account, 0) + charge.amount
    return found


@pytest.mark.parametrize(("amount", "tax"), [(1, 1), (9, 1), (10, 1), (11, 2), (1000, 100), (0, 0)])
def test_a_part_of_each_withdrawal_is_kept_rounded_up(amount: int, tax: int) -> None:
    story = taxed(500, ann=5000).then(20, withdrawals=[out("ann", amount)])
    assert kept(story) == ({"ann": tax} if tax else {})
    assert (story.cash("ann"), story.cash("deficit:USD")) == (5000 - tax, tax - 500)
    assert story.result.pending[0].amount == 500 - tax


@pytest.mark.parametrize(("cash", "tax"), [(0, 0), (49, 49), (50, 50), (51, 50)])
def test_never_more_than_the_account_has(cash: int, tax: int) -> None:
    assert kept(taxed(500, ann=cash).then(20, withdrawals=[out("ann", 500)])).get("ann", 0) == tax


def test_never_more_than_the_withdrawal() -> None:
    story = taxed(500, layer={"rate_bps": 10_000}, ann=5000).then(20, withdrawals=[out("ann", 70)])
    assert kept(story) == {"ann": 70}


@pytest.mark.parametrize(("amount", "tax"), [(4990, 499), (5000, 500), (5010, 500)])
def test_the_tax_stops_when_the_loss_is_paid(amount: int, tax: int) -> None:
    story = taxed(500, ann=10_000).then(20, withdrawals=[out("ann", amount)])
    assert kept(story) == {"ann": tax}
    assert bool(story.result.pending) == (tax < 500)


@pytest.mark.parametrize(("at", "is_taxed"), [(-1, False), (0, True), (99, True), (100, False)])
def test_only_withdrawals_within_the_window_are_taxed(at: int, is_taxed: bool) -> None:
    assert bool(kept(taxed(500, ann=5000).then(200, withdrawals=[out("ann", 100, at)]))) == is_taxed


@pytest.mark.parametrize(("now", "given_back"), [(99, 0), (100, 400), (101, 400)])
def test_when_the_window_is_over_the_rest_goes_on(now: int, given_back: int) -> None:
    story = taxed(500, ann=5000).then(now, withdrawals=[out("ann", 1000)])
    assert sum(item.failed for item in story.result.settlements) == given_back
    assert story.cash("fund:below") == 10**6 - given_back


def test_first_out_pays_first_and_the_last_second_shares_what_is_missing() -> None:
    """100 of 500 come from ann; bob and cay would owe 300 and 600 for the 400 missing: 133.3 and 266.7."""
    cash = {"ann": 9000, "bob": 9000, "cay": 9000, "dot": 9000}
    withdrawals = [out("bob", 3000, 30), out("ann", 1000, 20), out("cay", 6000, 30), out("dot", 9000, 40)]
    assert kept(taxed(500, **cash).then(50, withdrawals=withdrawals)) == {"ann": 100, "bob": 133, "cay": 267}


def test_a_withdrawal_is_taxed_once_for_two_losses_and_in_two_events() -> None:
    story = taxed(60, 500, ann=5000).then(20, withdrawals=[out("ann", 1000)])
    assert kept(story) == {"ann": 100}
    assert sum(item.amount for item in story.result.pending) == 460
    assert kept(story.then(30, withdrawals=[out("ann", 1000)])) == {}


def test_other_assets_funds_and_late_news_are_left_alone() -> None:
    withdrawals = [out("ann", 1000, asset="GOV"), out("fund:below", 1000), out("ann", 1000, at=21)]
    assert kept(taxed(500, ann=5000).then(20, withdrawals=withdrawals)) == {}


ways = st.lists(
    st.tuples(st.sampled_from("abcd"), st.integers(0, 3000), st.integers(0, 120)), min_size=1, max_size=8
)


@given(ways, st.lists(st.integers(1, 400), min_size=1, max_size=3), st.randoms())
def test_sums_are_exact_and_the_order_of_withdrawals_in_a_file_decides_nothing(
    asked: list[tuple[str, int, int]], losses: list[int], random: Any
) -> None:
    start = taxed(*losses, a=100, b=1000, c=0, d=9999)
    asked_turned = random.sample(asked, len(asked))
    one, other = (
        start.then(200, withdrawals=[out(*item) for item in items]) for items in (asked, asked_turned)
    )
    assert one.cents() == other.cents()
    assert min(one.cash(name) for name in "abcd") >= 0
    received = sum(item.received for item in one.result.settlements)
    assert received == sum(kept(one).values()) <= sum(losses)
    assert one.cash("fund:below") == 10**6 - (sum(losses) - received)
    assert one.cash("deficit:USD") == 0
    for name, charge in kept(one).items():
        assert charge <= sum(-(-amount // 10) for who, amount, at in asked if who == name and at < 100)


@given(ways)
def test_settling_second_by_second_or_once_keeps_the_same(asked: list[tuple[str, int, int]]) -> None:
    once = taxed(300, a=10**5, b=10**5, c=10**5, d=10**5)
    often = once
    once = once.then(200, withdrawals=[out(*item) for item in asked], name="same")
    for now in (*sorted({at for _, _, at in asked}), 200):
        due = [out(*item) for item in asked if item[2] == now]
        often = often.then(now, withdrawals=due, name="same")
    assert often.cents() == once.cents()
