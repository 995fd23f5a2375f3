"""The small parts: words of 128 bits, ids, instants, the log, TOML out."""

from __future__ import annotations

import tomllib

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.adapters.csv_table import unescaped
from seawall.adapters.ids import INVALID, MISSING, UNKNOWN, Vocabulary, canonical_id, look_alikes
from seawall.adapters.problem_log import KEPT_PER_CODE, ProblemLog
from seawall.adapters.stack import Stack
from seawall.adapters.times import format_time, parse_time
from seawall.adapters.words import (
    divided,
    is_negative,
    is_positive,
    is_zero,
    multiplied,
    negated,
    out_of_range,
)
from seawall.adapters.write_table import escaped
from seawall.adapters.write_toml import toml_text
from seawall.core.money import AMOUNT_LIMIT, Amounts

TOP = AMOUNT_LIMIT - 1
values = st.lists(st.integers(-TOP, TOP) | st.integers(-(10**6), 10**6), min_size=1, max_size=8)


@given(values)
def test_signs_are_those_of_the_integers(items: list[int]) -> None:
    words = Amounts.of(items).words
    assert is_negative(words).tolist() == [item < 0 for item in items]
    assert is_zero(words).tolist() == [item == 0 for item in items]
    assert is_positive(words).tolist() == [item > 0 for item in items]


@given(values, st.data())
def test_negated_changes_the_chosen_signs(items: list[int], data: st.DataObject) -> None:
    chosen = data.draw(st.lists(st.booleans(), min_size=len(items), max_size=len(items)))
    found = Amounts(negated(Amounts.of(items).words, np.array(chosen)).copy()).ints()
    assert found == [-item if turned else item for item, turned in zip(items, chosen, strict=True)]


@given(values, st.integers(0, 38))
def test_multiplied_is_exact_wherever_it_is_in_range(items: list[int], digits: int) -> None:
    words = Amounts.of(items).words
    beyond = out_of_range(words, digits)
    assert beyond.tolist() == [abs(item) * 10**digits >= AMOUNT_LIMIT for item in items]
    inside = Amounts(multiplied(words, digits)[~beyond]).ints()
    assert inside == [item * 10**digits for item, bad in zip(items, beyond, strict=True) if not bad]


@pytest.mark.parametrize("offset", [-1, 0, 1])
@pytest.mark.parametrize("digits", [0, 1, 20, 37])
def test_out_of_range_is_exact_at_the_edge(digits: int, offset: int) -> None:
    value = 10 ** (38 - digits) + offset
    words = np.array([[value & (2**64 - 1), value >> 64]], dtype=np.uint64)
    assert out_of_range(words, digits).tolist() == [offset >= 0]


@given(values, st.integers(0, 38))
def test_divided_says_which_rows_have_a_rest(items: list[int], digits: int) -> None:
    quotient, has_rest = divided(Amounts.of(items).words, digits)
    assert Amounts(quotient.copy()).ints() == [item // 10**digits for item in items]
    assert has_rest.tolist() == [item % 10**digits != 0 for item in items]


@given(st.text(alphabet="'=+-@ab", max_size=6))
def test_a_quoted_text_reads_back(text: str) -> None:
    assert unescaped(escaped(text)) == text
    assert not escaped(text).startswith(("=", "+", "-", "@"))


@given(st.integers(0, 253_402_300_799))
def test_an_instant_reads_back(seconds: int) -> None:
    assert parse_time(format_time(seconds)) == seconds


def test_a_vocabulary_numbers_canonical_ids_once() -> None:
    known = Vocabulary()
    mixed = "0x52908400098527886E0F7030069857D2E4169EE7"
    codes = known.codes(["a", "b", " a", mixed, mixed.lower(), "", "x\0"])
    assert codes.tolist() == [0, 1, 0, 2, 2, MISSING, INVALID]
    assert known.names == ["a", "b", mixed.lower()]
    known.is_closed = True
    assert known.codes(["a", "c"]).tolist() == [0, UNKNOWN]
    assert known.add("c") == 3
    assert known.is_closed


def test_an_address_inside_an_id_is_lowered_and_nothing_else() -> None:
    mixed = "0x52908400098527886E0F7030069857D2E4169EE7"
    assert canonical_id(f"Base:{mixed}") == f"Base:{mixed.lower()}"
    assert canonical_id(mixed + "FF") == mixed + "FF"


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (["alice", "Alice"], []),
        (["alice", "\u0430lice"], [("alice", "\u0430lice")]),
        (["\uff21\uff22", "AB"], [("\uff21\uff22", "AB")]),
        (["caf\u00e9", "cafe"], []),
    ],
)
def test_look_alikes_are_pairs_with_one_foreign_letter(
    names: list[str], pairs: list[tuple[str, str]]
) -> None:
    assert list(look_alikes(names)) == pairs


def test_the_log_keeps_a_hundred_and_counts_the_rest() -> None:
    log = ProblemLog()
    for row in range(KEPT_PER_CODE + 7):
        log.add("bad", f"row is bad {row}", "f.csv", row)
        log.warn("odd", "row is odd", "f.csv", row)
    problems = log.problems()
    assert len(problems) == 2 * KEPT_PER_CODE + 2
    assert [(item.message, item.severity) for item in problems[-2:]] == [
        ("and 7 more of these in f.csv", "error"),
        ("and 7 more of these in f.csv", "warning"),
    ]
    assert log.errors_in("f.csv") == KEPT_PER_CODE + 7


def test_the_log_is_safe_for_a_terminal() -> None:
    log = ProblemLog()
    log.add("bad", "\x1b[2J" + "x" * 10_000, "f.csv", 1, "a\nb")
    (problem,) = log.problems()
    assert str(problem).isprintable()
    assert len(str(problem)) < 600


def test_a_stack_grows() -> None:
    stack = Stack(np.int64, width=2)
    for number in range(10):
        stack.append(np.full((number, 2), number))
    assert stack.done()[:, 1].tolist() == [number for number in range(10) for _ in range(number)]


scalars = st.integers() | st.booleans() | st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
tables = st.recursive(
    st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), scalars | st.lists(scalars), max_size=4),
    lambda inner: st.dictionaries(st.text("ab.", max_size=3), inner | st.lists(inner, max_size=3), max_size=3),
    max_leaves=8,
)  # fmt: skip


@given(tables)
def test_toml_reads_back(table: dict[str, object]) -> None:
    assert tomllib.loads(toml_text(table)) == table
