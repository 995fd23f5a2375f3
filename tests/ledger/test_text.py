"""A journal as text: it comes back whole, and damage is told with its line."""

import hashlib
import json
import re
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.errors import Problem
from seawall.ledger.audit import audit
from seawall.ledger.text import from_lines, to_lines
from tests.ledger.stories import alice_is_liquidated
from tests.ledger.strategies import World, carried_out, journal_of, worlds

LINES = list(to_lines(alice_is_liquidated()))
FIRST_ENTRY = next(number for number, line in enumerate(LINES) if line.startswith('{"entry"'))


def verify(lines: list[str]) -> list[Problem]:
    journal, problems = from_lines(lines)
    return [*problems, *audit(journal)]


def codes(problems: list[Problem]) -> set[str]:
    return {problem.code for problem in problems}


@given(worlds())
def test_a_journal_comes_back_whole(world: World) -> None:
    journal = journal_of(carried_out(world))
    again, problems = from_lines(f"{line}\n" for line in to_lines(journal))
    assert problems == []
    assert again == journal
    assert audit(again) == []


def test_a_stranger_can_check_it_without_our_code() -> None:
    previous, totals = "", Counter()
    for line in LINES[FIRST_ENTRY : FIRST_ENTRY + 4]:
        row = json.loads(line)
        body = line[len('{"entry":') : line.rindex(',"hash":')].encode()
        assert hashlib.sha256(b"seawall/ledger/entry/v1\0" + body).hexdigest() == row["hash"]
        assert previous in ("", row["entry"]["previous_hash"])
        previous = row["hash"]
        for posting in row["entry"]["postings"]:
            totals[posting["commodity"]] += int(posting["amount"])
    assert set(totals.values()) == {0}
    assert json.loads(LINES[-1])["seal"]["head"] == previous


@given(st.data())
def test_any_changed_character_is_found(data: st.DataObject) -> None:
    number = data.draw(st.integers(0, len(LINES) - 1))
    at = data.draw(st.integers(0, len(LINES[number]) - 1))
    letter = data.draw(st.characters().filter(lambda new: new != LINES[number][at] and new not in "\r\n"))
    lines = list(LINES)
    lines[number] = lines[number][:at] + letter + lines[number][at + 1 :]
    assert verify(lines)


@pytest.mark.parametrize("seq", [1, 2, 3, 4])
def test_an_edited_amount_is_found_at_its_entry(seq: int) -> None:
    lines, at = list(LINES), FIRST_ENTRY + seq - 1
    lines[at] = re.sub(r'"amount":"(-?\d+)"', lambda found: f'"amount":"{found[1]}0"', lines[at], count=1)
    found = verify(lines)
    assert found[0].where == f"entry {seq}"
    assert {"A2", "E5", "E1"} <= codes(found)


@pytest.mark.parametrize("seq", [1, 2, 3, 4])
def test_a_deleted_entry_is_found(seq: int) -> None:
    lines = list(LINES)
    del lines[FIRST_ENTRY + seq - 1]
    found = verify(lines)
    assert found[0].code == "seal_broken"
    assert seq == 4 or ("E5", f"entry {seq}") in [(item.code, item.where) for item in found]
    assert "E1" in codes(found)


@pytest.mark.parametrize("kept", range(len(LINES)))
def test_a_text_cut_short_is_found(kept: int) -> None:
    assert "seal_missing" in codes(from_lines(LINES[:kept])[1])


def test_two_swapped_entries_are_found_at_the_first() -> None:
    lines, at = list(LINES), FIRST_ENTRY + 1
    lines[at], lines[at + 1] = lines[at + 1], lines[at]
    found = verify(lines)
    assert (found[0].code, found[0].where) == ("E5", "entry 2")


def test_two_swapped_accounts_of_the_opening_are_the_same_opening() -> None:
    lines = [LINES[0], LINES[2], LINES[1], *LINES[3:]]
    assert verify(lines) == []


def test_a_changed_opening_is_found() -> None:
    lines = [line.replace('"supply:USDC":"500"', '"supply:USDC":"501"') for line in LINES]
    assert {"opening_changed", "E5", "E1", "A1"} <= codes(verify(lines))


def test_a_changed_closing_is_found() -> None:
    lines = [line.replace('"supply:USDC":"450"', '"supply:USDC":"451"') for line in LINES]
    assert codes(verify(lines)) == {"seal_broken", "A1", "E1"}


@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("not json", "line_damaged"),
        ("[]", "line_damaged"),
        ('"entry"', "line_damaged"),
        ("7", "line_damaged"),
        ("[" * 100_000, "line_damaged"),
        ('{"entry":{}}', "line_damaged"),
        ('{"entry":null,"hash":""}', "line_damaged"),
        ('{"journal":{"version":1}}', "line_damaged"),
        ('{"opening":{"account":"a","holds":{"cash:USDC":5}}}', "line_damaged"),
        ('{"opening":{"account":"a","holds":{"cash:USDC":"05"}}}', "line_damaged"),
        ('{"opening":{"account":"a","holds":{"cash:USDC":"-0"}}}', "line_damaged"),
        ('{"opening":{"account":"a","holds":{"cash:USDC":"1e3"}}}', "line_damaged"),
        ('{"opening":{"account":"a","holds":{"cash:USDC":"' + "9" * 9999 + '"}}}', "line_damaged"),
        ('{"opening":{"account":"\\ud800","holds":{}}}', "line_damaged"),
        ('{"opening":{"account":"bob","holds":{"cash:USDC":"1"}}}', "line_damaged"),
        ('{"opening": {"account":"new","holds":{}}}', "line_not_canonical"),
        ('{"opening":{"account":"x","account":"y","holds":{}}}', "line_not_canonical"),
        ('{"seal":{"head":NaN}}', "line_damaged"),
        ('{"seal":null}', "seal_broken"),
    ],
)
def test_a_damaged_line_is_a_problem_with_its_number(line: str, code: str) -> None:
    _, problems = from_lines([*LINES[:-1], line])
    assert (code, f"line {len(LINES)}") in [(problem.code, problem.where) for problem in problems]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('"seq":2', '"seq":2.0'),
        ('"seq":2', '"seq":"2"'),
        ('"amount":"80"', '"amount":80'),
        ('"amount":"80"', '"amount":null'),
        (',"scaled":"76"', ""),
        ('"reason":"no collateral is left"', '"reason":3'),
        ('"reason":"no collateral is left"', '"reason":"e\u0301"'),
        ('"kind":"recognise"', '"kind":["recognise"]'),
    ],
)
def test_a_damaged_entry_is_left_out_and_the_rest_is_read(old: str, new: str) -> None:
    lines = list(LINES)
    lines[FIRST_ENTRY + 1] = lines[FIRST_ENTRY + 1].replace(old, new)
    journal, problems = from_lines(lines)
    assert (problems[0].code, problems[0].where) == ("line_damaged", f"line {FIRST_ENTRY + 2}")
    assert [entry.seq for entry in journal.entries] == [1, 3, 4]


def test_a_journal_of_a_newer_version_is_not_guessed_at() -> None:
    _, problems = from_lines([LINES[0].replace('"version":1', '"version":2'), *LINES[1:]])
    assert problems[0].code == "line_damaged"
    assert "version 2, this Seawall reads version 1" in problems[0].message
    assert "head_missing" in codes(problems)


def test_line_ends_and_byte_order_mark_of_other_systems_do_no_harm() -> None:
    assert verify(["\ufeff" + LINES[0] + "\r\n", *(line + "\r\n" for line in LINES[1:]), "\r\n"]) == []


def test_nothing_may_follow_the_seal() -> None:
    assert "line_after_seal" in codes(from_lines([*LINES, LINES[1]])[1])


def test_no_text_is_no_journal() -> None:
    journal, problems = from_lines([])
    assert journal.entries == ()
    assert codes(problems) == {"head_missing", "seal_missing"}


def test_a_whole_journal_rewritten_is_found_by_whoever_holds_the_head() -> None:
    journal = alice_is_liquidated()
    shorter = replace(journal, entries=journal.entries[:-1])
    forged = list(to_lines(replace(shorter, closing={})))
    assert "seal_broken" not in codes(from_lines(forged)[1])
    assert ("E5", "entry 4") in [
        (item.code, item.where) for item in audit(from_lines(forged)[0], head=journal.head)
    ]
