"""Allocation: tables at the edges, and each rule against its slow twin."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.allocation.proportional import (
    allocate_capped,
    allocate_per_unit,
    allocate_pro_rata,
    tie_keys,
)
from seawall.allocation.queue import SCORE_DENOMINATOR_MAX, allocate_queue, score_key
from seawall.errors import InputError, InvariantError
from tests.models import allocation as twin

amounts = st.one_of(st.integers(0, 30), st.integers(0, 10**30))


@st.composite
def claims(draw: st.DrawFn) -> tuple[int, list[int], list[int], list[bytes]]:
    """A total that the caps of positive weights can bear, weights, caps and tie keys."""
    size = draw(st.integers(1, 8))
    weights = draw(st.lists(amounts, min_size=size, max_size=size).filter(any))
    caps = draw(st.lists(amounts, min_size=size, max_size=size))
    bearable = sum(cap for cap, weight in zip(caps, weights, strict=True) if weight)
    total = draw(st.one_of(st.just(bearable), st.integers(0, bearable)))
    return total, weights, caps, tie_keys("e", [str(place) for place in range(size)])


@pytest.mark.parametrize(
    ("total", "weights", "shares"),
    [
        (0, [1, 1], [0, 0]),
        (0, [0, 0], [0, 0]),
        (1, [1, 1], [1, 0]),
        (2, [1, 1], [1, 1]),
        (3, [1, 1], [2, 1]),
        (10, [6, 3, 1], [6, 3, 1]),
        (11, [6, 3, 1], [7, 3, 1]),  # remainders .6 .3 .1
        (5, [0, 7], [0, 5]),
        (100, [1], [100]),
    ],
)
def test_pro_rata_gives_the_units_left_over_to_the_largest_remainders(
    total: int, weights: list[int], shares: list[int]
) -> None:
    ties = [bytes([place]) for place in range(len(weights))]
    assert allocate_pro_rata(total, weights, tie_key=ties) == shares


def test_equal_remainders_go_by_the_tie_key_and_not_by_position() -> None:
    assert allocate_pro_rata(1, [1, 1, 1], tie_key=[b"c", b"a", b"b"]) == [0, 1, 0]
    assert allocate_pro_rata(2, [1, 1, 1], tie_key=[b"c", b"a", b"b"]) == [0, 1, 1]


@given(claims())
def test_pro_rata_is_its_slow_twin(case: tuple[int, list[int], list[int], list[bytes]]) -> None:
    total, weights, _, ties = case
    assert allocate_pro_rata(total, weights, tie_key=ties) == twin.pro_rata(total, weights, ties)


@given(claims())
def test_capped_is_its_slow_twin(case: tuple[int, list[int], list[int], list[bytes]]) -> None:
    total, weights, caps, ties = case
    assert allocate_capped(total, weights, caps, tie_key=ties) == twin.capped(total, weights, caps, ties)


@pytest.mark.parametrize(
    ("cap", "shares"),
    [
        (4, [4, 3, 3]),  # just below the proportional 5
        (5, [5, 3, 2]),  # at it: capped, and the others share the other 5
        (6, [5, 3, 2]),  # just above: it does not bind
    ],
)
def test_a_cap_binds_below_the_proportional_share(cap: int, shares: list[int]) -> None:
    ties = [b"a", b"b", b"c"]
    assert allocate_capped(10, [2, 1, 1], [cap, 9, 9], tie_key=ties) == shares


@pytest.mark.parametrize(
    ("total", "paid"),
    [
        (0, []),
        (3, [("a", 3)]),
        (4, [("a", 4)]),
        (5, [("a", 4), ("c", 1)]),
        (9, [("a", 4), ("c", 5)]),
        (10, [("a", 4), ("c", 5)]),
    ],
)
def test_a_queue_asks_the_next_only_when_the_first_is_empty(total: int, paid: list[tuple[str, int]]) -> None:
    assert allocate_queue(total, [("a", 4), ("b", 0), ("c", 5)]) == paid


def test_a_queue_reads_no_further_than_it_must() -> None:
    payers = iter([("a", 4), ("b", 4), ("c", 4)])
    allocate_queue(8, payers)
    assert next(payers) == ("c", 4)


@given(st.lists(st.integers(0, 6), max_size=6), st.integers(0, 40))
def test_the_queue_is_its_slow_twin(caps: list[int], total: int) -> None:
    paid = dict(allocate_queue(total, enumerate(caps)))
    assert [paid.get(place, 0) for place in range(len(caps))] == twin.queue(total, caps)


@given(claims())
def test_per_unit_is_its_slow_twin(case: tuple[int, list[int], list[int], list[bytes]]) -> None:
    total, sizes, caps, _ = case
    charges = allocate_per_unit(total, sizes, caps)
    assert charges == twin.per_unit(total, sizes, caps)
    assert all(0 <= charge <= cap for charge, cap in zip(charges, caps, strict=True))
    assert total <= sum(charges) <= max(total, total + len(sizes) - 1)


@pytest.mark.parametrize(
    ("total", "charges"),
    [
        (0, [0, 0, 0]),
        (11, [7, 4, 0]),  # 7 and 4 units of size: exact
        (12, [8, 5, 0]),  # 12/11 a unit: both rounded up, one unit of dust
        (55, [30, 25, 0]),  # the first at its cap of 30, the other bears the rest
    ],
)
def test_every_unit_of_size_is_charged_the_same_rounded_up(total: int, charges: list[int]) -> None:
    assert allocate_per_unit(total, [7, 4, 0], [30, 30, 30]) == charges


@given(st.lists(st.tuples(st.integers(-(10**40), 10**40), st.integers(1, 10**40)), max_size=8))
def test_score_keys_order_fractions_exactly(scores: list[tuple[int, int]]) -> None:
    for top, bottom in scores:
        for other_top, other_bottom in scores:
            left, right = top * other_bottom, other_top * bottom
            mine, theirs = score_key(top, bottom), score_key(other_top, other_bottom)
            assert (left > right) == (mine < theirs)
            assert (left == right) == (mine == theirs)


@pytest.mark.parametrize("bottom", [0, -1, SCORE_DENOMINATOR_MAX])
def test_a_score_without_a_usable_denominator_stops_the_program(bottom: int) -> None:
    with pytest.raises(InvariantError, match="denominator"):
        score_key(1, bottom)


def test_tie_keys_depend_on_event_and_receiver() -> None:
    assert len({*tie_keys("a", ["x", "y"]), *tie_keys("b", ["x", "y"])}) == 4
    assert tie_keys("a", ["x"]) == tie_keys("a", ["x"])
    assert tie_keys("a", ["bx"]) != tie_keys("ab", ["x"])


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: allocate_pro_rata(-1, [1], tie_key=[b""]), "cannot split -1"),
        (lambda: allocate_pro_rata(1, [2, -1], tie_key=[b"", b""]), "weight 1 is -1"),
        (lambda: allocate_pro_rata(1, [0], tie_key=[b""]), "no weight is positive"),
        (lambda: allocate_capped(5, [1, 0], [4, 9], tie_key=[b"", b"a"]), "caps bear 4, expected at least 5"),
        (lambda: allocate_capped(5, [1], [-4], tie_key=[b""]), "cap 0 is -4"),
        (lambda: allocate_queue(-1, []), "cannot split -1"),
        (lambda: allocate_per_unit(5, [1, 0], [4, 9]), "caps bear 4, expected at least 5"),
        (lambda: allocate_per_unit(5, [-1], [4]), "quantity 0 is -1"),
    ],
)
def test_what_cannot_be_split_is_refused_with_the_number(call, message: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(InputError, match=message):
        call()
