"""Canonical bytes: one text for one value, and nothing without one."""

import json
from decimal import Decimal
from enum import IntEnum, StrEnum
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.errors import InputError, InvariantError
from seawall.ledger.canonical import check_name, digest, encode, plain

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.fractions(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=20,
)


class Colour(StrEnum):
    RED = "red"


class Rank(IntEnum):
    FIRST = 1


@given(VALUES)
def test_a_plain_value_survives_writing_and_reading(value: object) -> None:
    try:
        made = plain(value)
    except InvariantError:  # two keys that are one in NFC
        return
    assert json.loads(encode(made)) == made
    assert plain(made) == made


@given(st.dictionaries(st.text(st.characters(codec="ascii")), st.integers()))
def test_the_order_of_keys_leaves_no_trace(mapping: dict[str, int]) -> None:
    turned = dict(reversed(mapping.items()))
    assert encode(plain(mapping)) == encode(plain(turned))


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (10**40, '"' + "1" + "0" * 40 + '"'),
        (-1, '"-1"'),
        (True, "true"),
        (None, "null"),
        (0.1, '"0.1"'),
        (float("nan"), '"nan"'),
        (np.int64(7), '"7"'),
        (np.float64(0.5), '"0.5"'),
        (Fraction(1, 3), '"1/3"'),
        (Decimal("1.50"), '"1.50"'),
        (Rank.FIRST, '"1"'),
        (Colour.RED, '"red"'),
        ((1, [2]), '["1",["2"]]'),
        ({"b": 1, "a": {}}, '{"a":{},"b":"1"}'),
        ("e\u0301", '"\u00e9"'),
        ("\ud800", '"?"'),
        ('"\\\n\x7f', '"\\"\\\\\\n\x7f"'),
    ],
)
def test_each_kind_of_value_has_one_text(value: object, text: str) -> None:
    assert encode(plain(value)) == text


@pytest.mark.parametrize("value", [{1, 2}, object(), b"bytes", {("a", "b"): 1}, {None: 1}, {1: 2, "1": 3}])
def test_a_value_without_canonical_form_is_refused_with_its_place(value: object) -> None:
    with pytest.raises(InvariantError, match=r"working\.inputs"):
        plain({"inputs": value})


def test_the_same_text_hashes_differently_as_another_thing() -> None:
    assert len({digest(what, "{}") for what in ("entry", "genesis", "holdings")}) == 3


@pytest.mark.parametrize(("name", "code"), [("e\u0301", "text_not_nfc"), ("a\ud800", "text_not_unicode")])
def test_a_name_that_would_come_back_changed_is_refused(name: str, code: str) -> None:
    with pytest.raises(InputError) as caught:
        check_name(name, "account")
    assert caught.value.code == code


@pytest.mark.parametrize("name", ["", "alice", "zo\u00eb", "\u5c0f\u660e"])
def test_a_name_in_nfc_passes(name: str) -> None:
    check_name(name, "account")
