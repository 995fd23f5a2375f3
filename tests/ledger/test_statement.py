"""Statements: one party's view, from opening to closing."""

import pytest
from hypothesis import given

from seawall.core.loss import Move, Posting
from seawall.ledger.holdings import by_commodity
from seawall.ledger.journal import Journal
from seawall.ledger.statement import RollForward, roll_forward, statement
from tests.ledger.stories import alice_is_liquidated
from tests.ledger.strategies import World, carried_out, journal_of, worlds


def test_a_statement_leads_from_opening_to_closing() -> None:
    alice = statement(alice_is_liquidated(), "alice")
    assert alice.opening == {"ETH": 50, "USDC": -120}
    assert alice.closing == {}
    assert [
        (line.seq, line.kind, line.commodity, line.bucket, line.amount, line.balance) for line in alice.lines
    ] == [
        (1, "seize", "USDC", "debt", 40, -80),
        (1, "seize", "ETH", "supply", -50, 0),
        (2, "recognise", "USDC", "debt", 80, 0),
    ]
    assert [line.counter_accounts for line in alice.lines] == [
        ("external:liquidator",),
        ("dust", "external:liquidator"),
        ("deficit:USDC",),
    ]
    assert [line.reason for line in alice.lines] == ["aave_v3@3.7 seize"] * 2 + ["no collateral is left"]


def test_a_fund_has_the_same_statement() -> None:
    fund = statement(alice_is_liquidated(), "fund:main")
    assert (fund.opening, fund.closing) == ({"USDC": 60}, {})
    assert [(line.amount, line.reason) for line in fund.lines] == [(-60, "fund, insurance_fund")]


def test_an_unknown_account_has_an_empty_statement() -> None:
    nobody = statement(alice_is_liquidated(), "nobody")
    assert (nobody.opening, nobody.lines, nobody.closing, nobody.rows()) == ({}, (), {}, [])


def test_who_stands_on_the_same_side_is_no_counter_account() -> None:
    move = Move("share", (Posting("a", "USDC", -1), Posting("b", "USDC", -2), Posting("c", "USDC", 3)))
    journal = Journal.of([move], event_id="e", as_of=0, opening={})
    assert [statement(journal, name).lines[0].counter_accounts for name in "abc"] == [
        ("c",),
        ("c",),
        ("a", "b"),
    ]


def test_what_moves_between_holdings_of_one_account_names_itself() -> None:
    move = Move("settle", (Posting("a", "USDC", 5), Posting("a", "USDC", -5, "cost", instrument="BTC-PERP")))
    journal = Journal.of([move], event_id="e", as_of=0, opening={})
    assert [line.counter_accounts for line in statement(journal, "a").lines] == [("a",), ("a",)]


def test_rows_are_openings_then_lines_then_closings_all_of_one_shape() -> None:
    rows = statement(alice_is_liquidated(), "bob").rows()
    assert [(row["kind"], row["amount"], row["balance"]) for row in rows] == [
        ("opening", None, 500),
        ("mutualise", -50, 450),
        ("closing", None, 450),
    ]
    assert len({tuple(row) for row in rows}) == 1
    assert rows[1]["counter_accounts"] == "deficit:USDC"


@given(worlds())
def test_opening_plus_lines_is_the_closing_of_the_book(world: World) -> None:
    journal = journal_of(carried_out(world))
    for name in journal.opening.keys() | journal.closing.keys():
        found = statement(journal, name)
        assert found.closing == by_commodity(journal.closing.get(name, {}))
        for commodity in found.opening.keys() | found.closing.keys():
            moved = sum(line.amount for line in found.lines if line.commodity == commodity)
            assert found.opening.get(commodity, 0) + moved == found.closing.get(commodity, 0)


def test_bad_debt_rolls_forward_to_its_closing() -> None:
    assert roll_forward(alice_is_liquidated(), "USDC") == RollForward("USDC", 30, 80, 0, 0, 110, 0)


@pytest.mark.parametrize(
    ("kind", "amount", "part"),
    [
        ("recognise", -5, "recognised"),
        ("accrue_interest", -5, "accrued"),
        ("recover", 5, "recovered"),
        ("cover", 5, "covered"),
        ("mutualise", 5, "covered"),
        ("residual", 5, "covered"),
    ],
)
def test_each_kind_of_entry_falls_into_one_part(kind: str, amount: int, part: str) -> None:
    move = Move(kind, (Posting("deficit:USDC", "USDC", amount), Posting("external:x", "USDC", -amount)))
    start = {"deficit:USDC": {"cash:USDC": -7}}
    rolled = roll_forward(Journal.of([move], event_id="e", as_of=0, opening=start), "USDC")
    assert getattr(rolled, part) == 5
    assert rolled.closing == 7 - amount


@pytest.mark.parametrize("kind", ["close_out", "deleverage", "surplus"])
def test_what_closing_lots_brings_lowers_the_loss_and_covers_none_of_it(kind: str) -> None:
    move = Move(kind, (Posting("deficit:USDC", "USDC", 5), Posting("engine", "USDC", -5, "cost")))
    start = {"deficit:USDC": {"cash:USDC": -7}}
    rolled = roll_forward(Journal.of([move], event_id="e", as_of=0, opening=start), "USDC")
    assert rolled == RollForward("USDC", 7, -5, 0, 0, 0, 2)


@given(worlds())
def test_the_roll_forward_closes_to_the_unit(world: World) -> None:
    rolled = roll_forward(journal_of(carried_out(world)), "USDC")
    added, taken = rolled.recognised + rolled.accrued, rolled.recovered + rolled.covered
    assert rolled.opening + added - taken == rolled.closing
