"""W1 to W8 over waterfalls of every kind of layer, in any order, over several events.

The laws of single kinds, with more worlds each, stand in test_w1 to test_w9 and beside each kind. What a
kind is declared to break is left out by name, and has its frozen counterexample.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping
from dataclasses import replace
from random import Random
from typing import TypeVar

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.core.book import Book
from seawall.core.loss import Default
from seawall.ledger.audit import audit
from seawall.ledger.holdings import buckets_of, may_be_negative
from seawall.ledger.journal import Journal
from seawall.risk.assess import assess
from seawall.rules import lending_rules
from seawall.waterfall.layer import WaterfallState
from seawall.waterfall.residual import stays_booked
from seawall.waterfall.waterfall import KINDS
from tests.waterfall.all_kinds import OUTSIDE, START, Tale, Told, tales
from tests.waterfall.strategies import charged

T = TypeVar("T")
# Declared: the offset of a stake goes on while stake is left, and with a fee its slash is rounded twice; a
# flop raises whole bids.
BREAKING = {
    "W2": {"staked_backstop"},
    "W5": {"staked_backstop", "debt_auction"},
    "W6": {"staked_backstop", "debt_auction"},
}


def keeping(law: str) -> list[str]:
    return sorted(set(KINDS) - BREAKING[law])


@pytest.mark.parametrize("law", BREAKING)
def test_a_kind_is_left_out_of_a_law_only_where_it_declares_to_break_it(law: str) -> None:
    for kind in BREAKING[law]:
        variants = sys.modules[KINDS[kind].__module__].BREAKS
        assert any(law in declared for declared in variants.values())


def by_layer(told: Told) -> dict[str, int]:
    """What each layer took or holds."""
    found: dict[str, int] = {}
    for item in told.result.absorptions:
        found[item.layer] = found.get(item.layer, 0) + item.taken + item.held
    return {name: amount for name, amount in found.items() if amount}


def left(told: Told) -> int:
    return sum(item.amount for item in told.result.residuals)


def deficit(book: Book) -> int:
    return cash_of(book).get("deficit:USD", 0)


def cash_of(book: Book) -> dict[str, int]:
    return {
        row.id: sum(item.scaled for item in row.balances if (item.asset, item.side) == ("USD", "cash"))
        for row in book.rows()
    }


@settings(max_examples=50)
@given(tales())
def test_w1_taken_held_and_left_are_the_loss_and_what_was_given_back(tale: Tale) -> None:
    for told in tale.told():
        result = told.result
        met = sum(item.loss for item in result.defaults)
        assert sum(by_layer(told).values()) + left(told) == met
        for item in result.absorptions:
            assert charged(item) + item.avoided == item.taken + item.dust
        back = sum(item.failed for item in result.settlements)
        assert met == back + sum(item.loss for item in told.chapter.defaults)
        for answer in result.settlements:
            still = answer.left.amount if answer.left else 0
            assert answer.received + answer.failed + still == answer.pending.amount


@settings(max_examples=50)
@given(tales())
def test_w1_every_event_is_a_journal_that_passes_its_audit(tale: Tale) -> None:
    rules = lending_rules(tale.terms.rules) if tale.terms.family == "lending" else None
    for told in tale.told():
        after, draft = told.after, told.draft
        journal = Journal.of(
            draft.moves,
            event_id="e",
            as_of=0,
            opening=buckets_of(draft.book, draft.touched, rules),
            closing=buckets_of(after, draft.touched, rules),
            may_be_negative=may_be_negative(after, draft.touched, users=tale.terms.family == "exchange"),
            dust_account=tale.terms.dust_account,
            venue="test",
        )
        assert audit(journal) == []


def held_of(book: Book, asset: str) -> dict[str, int]:
    """Cash of an asset by account, without those that hold none."""
    found = {
        row.id: item.scaled
        for row in book.rows()
        for item in row.balances
        if (item.asset, item.side) == (asset, "cash")
    }
    return {name: amount for name, amount in found.items() if amount}


@settings(max_examples=100)
@given(tales(kinds=["stability_pool", "redistribution", "insurance_fund", "debt_auction", "mutualise"]))
def test_w1_collateral_seized_with_a_debt_is_handed_over_to_the_unit(tale: Tale) -> None:
    for told in tale.told():
        before, after = held_of(told.before, "COL"), held_of(told.after, "COL")
        given_out = {name: after[name] - before.get(name, 0) for name in after if name != OUTSIDE}
        assert sum(given_out.values()) == before.get("engine", 0)
        assert "engine" not in after
        bearers = {charge.account for charge in told.result.charges}
        venue = {"surplus:COL", *(item.bearer for item in told.result.residuals)}
        assert {name for name, amount in given_out.items() if amount} <= bearers | venue


@settings(max_examples=50)
@given(tales(kinds=keeping("W2"), cash_only=True))
def test_w2_nobody_below_bears_while_a_layer_above_still_can(tale: Tale) -> None:
    told = tale.first()
    bears = by_layer(told)
    state = WaterfallState(told.draft, tale.market, tale.terms, told.event)
    below = left(told)
    for layer in reversed(tale.layers()):
        if below:
            rest = Default("d0", "USD", below, pool=tale.pool, bucket=tale.bucket)
            assert layer.capacity(state, rest) == 0, layer.name
        below += bears.get(layer.name, 0)


def equity_of(tale: Tale, book: Book, name: str) -> int:
    return assess(book.account(name), book, tale.market, tale.terms).equity


def closed_in(told: Told) -> set[str]:
    """Accounts of which positions were closed."""
    before = {row.id: row.positions for row in told.before.rows()}
    return {row.id for row in told.after.rows() if row.positions != before.get(row.id, ())}


@settings(max_examples=50)
@given(tales())
def test_w3_nobody_goes_below_zero_and_no_fund_below_its_floor(tale: Tale) -> None:
    for told in tale.told():
        before, after = cash_of(told.before), cash_of(told.after)
        closed = closed_in(told)
        for name, cash in after.items():
            if name.startswith(
                ("external:", "deficit:", "treasury", "dust", "clearing:", "claims:", "engine")
            ):
                continue
            if name in closed:  # what is realised below the entry is carried by profits still open
                assert equity_of(tale, told.after, name) >= min(0, equity_of(tale, told.before, name)), name
            else:
                assert cash >= min(0, before.get(name, 0)), name
        for layer in tale.terms.waterfall:
            bears = by_layer(told).get(layer.name, 0)
            if layer.cap_per_event is not None:
                assert bears <= round(float(layer.cap_per_event) * 100)
            if layer.draws_on.startswith("fund:"):
                names = [row.id for row in told.before.rows() if layer.draws_on in (row.id, row.parent)]
                held = sum(before[name] for name in names)
                assert sum(after[name] for name in names) >= min(held, round(float(layer.keeps) * 100))


@settings(max_examples=50)
@given(tales())
def test_w4_what_is_neither_borne_nor_carried_stands_booked(tale: Tale) -> None:
    standing = 0
    for told in tale.told():
        standing += sum(item.amount for item in told.result.residuals if stays_booked(item.bearer))
        held = sum(item.amount for item in told.after.pending)
        assert deficit(told.after) == -standing - held


@settings(max_examples=50)
@given(
    tales(kinds=keeping("W5"), cash_only=True),
    st.integers(0, 50_000),
    st.one_of(st.just(1), st.integers(0, 9_999)),
)
def test_w5_each_layer_and_the_rest_rise_with_the_loss(tale: Tale, loss: int, more: int) -> None:
    less, full = tale.with_losses(loss).first(), tale.with_losses(loss + more).first()
    for name, amount in by_layer(less).items():
        assert by_layer(full).get(name, 0) >= amount
    assert left(full) >= left(less)


@settings(max_examples=50)
@given(tales(kinds=keeping("W6"), cash_only=True), st.lists(st.integers(0, 20_000), min_size=2, max_size=3))
def test_w6_losses_of_one_event_are_borne_as_one(tale: Tale, parts: list[int]) -> None:
    apart, at_once = tale.with_losses(*parts).first(), tale.with_losses(sum(parts)).first()
    assert (by_layer(apart), left(apart)) == (by_layer(at_once), left(at_once))


@given(tales())
def test_w7_without_a_loss_nothing_happens(tale: Tale) -> None:
    told = tale.with_losses(0).first()
    assert (told.draft.moves, dict(told.draft.state), told.draft.touched) == ([], dict(told.before.state), ())
    assert (told.result.absorptions, told.result.residuals, told.result.pending) == ((), (), ())


@settings(max_examples=50)
@given(tales(), st.randoms(use_true_random=False))
def test_w7_the_order_of_accounts_bids_withdrawals_and_losses_decides_nothing(
    tale: Tale, chance: Random
) -> None:
    def shuffled(items: Iterable[T]) -> tuple[T, ...]:
        mixed = list(items)
        chance.shuffle(mixed)
        return tuple(mixed)

    chapters = tuple(
        replace(
            item,
            defaults=shuffled(item.defaults),
            bids=shuffled(item.bids),
            withdrawals=shuffled(item.withdrawals),
        )
        for item in tale.chapters
    )
    rows = shuffled(tale.book.rows())
    book = Book.of(
        rows,
        assets=tale.book.assets,
        instruments=tale.book.instruments,
        pools=tale.book.pools,
        venue="test",
        state=tale.book.state,
    )
    mixed = replace(tale, book=book, chapters=chapters)
    assert [item.result for item in mixed.told()] == [item.result for item in tale.told()]


def gains(state: Mapping[str, int], window: int) -> dict[str, int]:
    """Net gain of each account in the `window` seconds before the first event."""
    found: dict[str, int] = {}
    for counter, value in state.items():
        if counter.startswith("gain:") and int(counter.rpartition(":")[2]) >= START - window:
            name = counter.split(":")[1]
            found[name] = found.get(name, 0) + value
    return found


@given(tales(kinds=["clawback", "insurance_fund", "mutualise"], cash_only=True))
def test_w8_a_clawback_takes_no_more_than_the_gain_of_the_window(tale: Tale) -> None:
    told = tale.first()
    for layer in tale.terms.waterfall:
        if layer.kind == "clawback":
            most = gains(told.before.state, layer.window_s)
            for charge in (item for item in told.result.charges if item.layer == layer.name):
                assert charge.amount <= most[charge.account]
