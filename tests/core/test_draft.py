"""The draft: one way to change money, all of it or nothing."""

from __future__ import annotations

import pytest

from seawall.core.book import Account, Asset, Balance, Book, Instrument
from seawall.core.draft import Draft
from seawall.core.loss import Move, Posting
from seawall.errors import InvariantError
from tests.worlds import exchange_book, trader


def two_traders() -> Draft:
    return Draft(exchange_book(trader("alice", 10), trader("bob", 10)))


def test_a_move_that_does_not_balance_changes_nothing() -> None:
    draft = two_traders()
    with pytest.raises(InvariantError, match="does not balance"):
        draft.post("gift", [Posting("alice", "USDT", 5)])
    assert (draft.cash("alice", "USDT"), draft.moves, draft.touched) == (10 * 10**6, [], ())


@pytest.mark.parametrize(
    "unknown",
    [
        Posting("bob", "NOPE", 5, "lots"),
        Posting("bob", "NOPE", 5),
        Posting("bob", "USDT", 5, "cost", instrument="NOPE"),
    ],
    ids=["instrument", "asset", "instrument of a cost"],
)
def test_a_move_in_something_unknown_changes_nothing(unknown: Posting) -> None:
    """Frozen: the postings before the unknown one were applied and stayed."""
    draft = two_traders()
    back = Posting("alice", unknown.commodity, -5, unknown.bucket, instrument=unknown.instrument)
    with pytest.raises(InvariantError, match="unknown"):
        draft.post("trade", [Posting("alice", "USDT", -5), Posting("bob", "USDT", 5), back, unknown])
    assert draft.touched == ()


def test_lots_and_cash_of_one_name_do_not_balance_each_other() -> None:
    """Frozen: five lots of U against minus five U in cash went through."""
    book = Book.of(
        [Account("a", balances=(Balance("U", "cash", 9),))],
        assets=[Asset("U", 0)],
        instruments=[Instrument("U", "U")],
    )
    with pytest.raises(InvariantError, match="does not balance"):
        Draft(book).post("odd", [Posting("a", "U", 5, "lots"), Posting("a", "U", -5)])


def test_postings_of_nothing_are_left_out_whoever_made_the_move() -> None:
    draft = two_traders()
    draft.carry_out(
        Move("m", (Posting("alice", "USDT", 0), Posting("bob", "USDT", -1), Posting("dust", "USDT", 1)))
    )
    draft.carry_out(Move("empty", (Posting("alice", "USDT", 0),)))
    assert [len(move.postings) for move in draft.moves] == [2]


def test_the_book_after_keeps_untouched_rows_and_the_order_of_ids() -> None:
    draft = two_traders()
    draft.post("fee", [Posting("bob", "USDT", -3), Posting("aaron", "USDT", 3)])
    after = draft.book_after()
    assert list(after.accounts.id) == ["aaron", "alice", "bob"]
    assert after.account("alice") == draft.book.account("alice")
    assert [after.account(name).balances[0].scaled for name in ("aaron", "bob")] == [3, 10 * 10**6 - 3]


@pytest.mark.parametrize("is_collateral", [True, False])
def test_a_posting_changes_how_much_is_held_and_nothing_else(is_collateral: bool) -> None:
    held = Balance("USDC", "debt", -100, is_collateral, principal=-90)
    draft = Draft(Book.of([Account("ann", balances=(held,)), Account("bob")], assets=[Asset("USDC", 6)]))
    draft.post("repay", [Posting("ann", "USDC", 30, "debt", scaled=30), Posting("bob", "USDC", -30)])
    assert draft.account("ann").balances == (Balance("USDC", "debt", -70, is_collateral, principal=-90),)
