"""Vega: the network gives positions back in steps, and realises by average entry."""

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


@pytest.mark.parametrize(
    ("size", "cost", "traded", "closed"),
    [
        (2, 190, 1, 0),  # the same direction closes nothing
        (2, 190, -1, 95),
        (2, 190, -2, 190),
        (2, 190, -3, 190),  # the third opens a short
        (-2, -190, 1, -95),
        (3, 100, -1, 33),  # 33.3, cut off
        (-3, -100, 1, -33),
        (0, 0, 5, 0),
    ],
)
def test_a_trade_against_a_position_realises_at_the_average_entry(
    size: int, cost: int, traded: int, closed: int
) -> None:
    assert vega.cost_closed(size, cost, traded) == closed
