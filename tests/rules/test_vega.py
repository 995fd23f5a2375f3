"""Vega: the network gives positions back in steps."""

from __future__ import annotations

import pytest

from seawall.rules import vega


@pytest.mark.parametrize(
    ("size", "book", "trade"),
    [
        (280, 10_000, 100),  # half is 140, the book allows 1 %
        (180, 10_000, 90),
        (51, 10_000, 25),  # 25.5
        (50, 10_000, 50),  # small enough to go whole
        (49, 10_000, 49),
        (49, 4_899, 48),
        (0, 10_000, 0),
        (280, 99, 0),  # an empty book takes nothing
    ],
)
def test_a_step_is_a_part_of_the_position_and_of_the_book(size: int, book: int, trade: int) -> None:
    assert vega.disposal_size(size, book, 10_000, 500_000, 50) == trade
