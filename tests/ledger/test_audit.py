"""The audit: every law it checks is broken once, and it says which and where."""

from dataclasses import fields, replace
from typing import Any

import pytest

from seawall.core.loss import Move, Posting
from seawall.ledger.audit import audit
from seawall.ledger.journal import Entry, Journal, entry_hash
from tests.ledger.stories import FREE, OPENING, alice_is_liquidated

JOURNAL = alice_is_liquidated()


def with_entries(*entries: Entry) -> Journal:
    return replace(JOURNAL, entries=entries)


def found_in(journal: Journal, **given: Any) -> list[tuple[str, str]]:
    return [(problem.code, problem.where) for problem in audit(journal, **given)]


def one_entry(*postings: Posting, opening: dict[str, dict[str, int]] | None = None) -> Journal:
    return Journal.of(
        [Move("any", postings)], event_id="e", as_of=0, opening=opening or {}, may_be_negative=FREE
    )


def test_a_sound_journal_has_no_problem() -> None:
    assert audit(JOURNAL, OPENING, JOURNAL.closing, head=JOURNAL.head) == []


CHANGED: dict[str, object] = {
    "seq": 9,
    "event_id": "other",
    "as_of": 5,
    "kind": "gift",
    "working": {"reason": "other"},
    "previous_hash": "00",
    "hash": "00",
}


@pytest.mark.parametrize("at", [0, 1, 2, 3])
@pytest.mark.parametrize("name", sorted(CHANGED))
def test_any_changed_field_is_found_at_its_entry(name: str, at: int) -> None:
    entries = list(JOURNAL.entries)
    entries[at] = replace(entries[at], **{name: CHANGED[name]})
    found = found_in(with_entries(*entries))
    assert found[0] == ("E5", f"entry {at + 1}")


POSTING_CHANGED: dict[str, object] = {
    "account": "mallory",
    "commodity": "DAI",
    "amount": 41,
    "bucket": "cost",
    "leg": "long",
    "instrument": "BTC-PERP",
    "scaled": 39,
}


@pytest.mark.parametrize("name", sorted(POSTING_CHANGED))
def test_any_changed_field_of_a_posting_is_found_at_its_entry(name: str) -> None:
    first = JOURNAL.entries[0]
    line = first.postings[1]._replace(**{name: POSTING_CHANGED[name]})
    forged = replace(first, postings=(first.postings[0], line, *first.postings[2:]))
    assert found_in(with_entries(forged, *JOURNAL.entries[1:]))[0] == ("E5", "entry 1")


def test_all_fields_are_tampered_with_above() -> None:
    assert {*CHANGED, "postings"} == {field.name for field in fields(Entry)}
    assert set(POSTING_CHANGED) == set(Posting._fields)


def test_an_entry_rehashed_by_a_forger_breaks_the_chain_at_the_next() -> None:
    entries = list(JOURNAL.entries)
    forged = replace(entries[1], kind="gift")
    entries[1] = replace(forged, hash=entry_hash(forged))
    assert found_in(with_entries(*entries)) == [("E5", "entry 3")]


def test_a_gap_in_the_numbers_is_found_even_when_rehashed() -> None:
    forged = replace(JOURNAL.entries[3], seq=5)
    forged = replace(forged, hash=entry_hash(forged))
    assert found_in(with_entries(*JOURNAL.entries[:3], forged)) == [("E5", "entry 4")]


def test_swapped_entries_are_found_at_the_first() -> None:
    one, two, three, four = JOURNAL.entries
    assert found_in(with_entries(one, three, two, four))[0] == ("E5", "entry 2")


@pytest.mark.parametrize("kept", [0, 1, 2, 3])
def test_a_deleted_tail_is_found_by_the_closing_and_by_the_head(kept: int) -> None:
    shorter = with_entries(*JOURNAL.entries[:kept])
    assert {"E1"} == {code for code, _ in found_in(shorter)}
    assert ("E5", f"entry {kept + 1}") in found_in(shorter, head=JOURNAL.head)


def test_another_opening_than_the_chain_starts_from_is_found() -> None:
    assert found_in(JOURNAL, opening={**OPENING, "bob": {"supply:USDC": 501}}) == [
        ("E5", "entry 1"),
        ("A1", "closing"),
        ("E1", "closing"),
    ]


def test_every_difference_to_the_closing_is_listed_and_not_only_the_first() -> None:
    closing = {"bob": {"supply:USDC": 449}, "eve": {"cash:USDC": 1}, "external:liquidator": {"cash:ETH": 50}}
    problems = audit(JOURNAL, closing=closing)
    assert [problem.message.split(" in the closing")[0] for problem in problems if problem.code == "E1"] == [
        "bob holds 449 of supply:USDC",
        "dust holds 0 of cash:ETH",
        "eve holds 1 of cash:USDC",
        "external:liquidator holds 50 of cash:ETH",
        "external:liquidator holds 0 of cash:USDC",
    ]


def test_the_right_amount_in_the_wrong_bucket_is_found() -> None:
    moved = {**JOURNAL.closing, "bob": {"cash:USDC": 450}}
    assert [code for code, _ in found_in(JOURNAL, closing=moved)] == ["E1", "E1"]


@pytest.mark.parametrize(
    ("bucket", "held", "change", "is_fault"),
    [
        ("cash", 5, -4, False),
        ("cash", 5, -5, False),
        ("cash", 5, -6, True),
        ("supply", 5, -5, False),
        ("supply", 5, -6, True),
        ("debt", -5, 4, False),
        ("debt", -5, 5, False),
        ("debt", -5, 6, True),
        ("cash", -5, 3, False),
        ("cash", -5, -1, True),
        ("cost", 5, -6, False),
        ("lots", 5, -6, False),
    ],
)
def test_a_declared_sign_holds_at_its_boundary(bucket: Any, held: int, change: int, is_fault: bool) -> None:
    journal = one_entry(
        Posting("alice", "USDC", change, bucket),
        Posting("dust" if bucket == "lots" else "external:liquidator", "USDC", -change, bucket),
        opening={"alice": {f"{bucket}:USDC": held}},
    )
    signs = [item for item in found_in(journal) if item[0] == "A3"]
    assert signs == ([("A3", "entry 1")] if is_fault else [])


def test_signs_are_judged_after_the_whole_entry() -> None:
    journal = one_entry(
        Posting("alice", "USDC", -5),
        Posting("alice", "USDC", 3),
        Posting("bob", "USDC", 2),
        opening={"alice": {"cash:USDC": 2}},
    )
    assert audit(journal) == []


def test_only_the_named_dust_account_is_held_to_rounding() -> None:
    moved = one_entry(Posting("external:liquidator", "USDC", -9), Posting("dust", "USDC", 9))
    assert found_in(moved) == [("A5", "entry 1")]
    assert audit(replace(moved, dust_account="crumbs", entries=())) != audit(moved)


def test_dust_may_reach_what_a_scaled_unit_is_worth() -> None:
    # An index of 3: burning whole scaled units leaves up to two units of the asset per account.
    def repaid(paid: int) -> Journal:
        return one_entry(
            Posting("external:liquidator", "USDC", -paid),
            Posting("alice", "USDC", 30, "debt", scaled=10),
            Posting("dust", "USDC", paid - 30),
            opening={"alice": {"debt:USDC": -300}},
        )

    assert audit(repaid(38)) == []
    assert found_in(repaid(39)) == [("A5", "entry 1")]


def test_an_entry_that_does_not_balance_breaks_two_laws_and_its_hash() -> None:
    entry = JOURNAL.entries[2]
    forged = replace(entry, postings=(*entry.postings, Posting("dust", "USDC", 1)))
    found = found_in(with_entries(*JOURNAL.entries[:2], forged, JOURNAL.entries[3]))
    assert found == [("E5", "entry 3"), ("A2", "entry 3"), ("A1", "event crash-1"), ("E1", "closing")]
