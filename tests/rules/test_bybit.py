"""Bybit: inverse bankruptcy prices on the tick, and the drawdown trigger."""

from __future__ import annotations

import pytest

from seawall.rules import bybit


# Entry 1000 at 4x: a long is gone at 800, a short at 1333.33.
@pytest.mark.parametrize(
    ("entry", "leverage", "is_long", "tick", "expected"),
    [
        (1_000, 400, True, 1, (True, 800)),
        (1_001, 400, True, 1, (True, 801)),  # 800.8, up
        (999, 400, True, 1, (True, 800)),  # 799.2, up
        (1_000, 400, True, 5, (True, 800)),
        (1_001, 400, True, 5, (True, 805)),
        (1_000, 400, False, 1, (True, 1_333)),  # down
        (1_000, 400, False, 5, (True, 1_330)),
        (1_000, 150, False, 1, (True, 3_000)),
        (1_000, 101, False, 1, (True, 101_000)),
        (1_000, 100, False, 1, (False, -1)),  # a 1x short of an inverse contract cannot be wiped out
        (1_000, 99, False, 1, (False, -1)),
        (1_000, 100, True, 1, (True, 500)),
    ],
)
def test_inverse_bankruptcy_price(
    entry: int, leverage: int, is_long: bool, tick: int, expected: tuple[bool, int]
) -> None:
    assert bybit.inverse_bankruptcy_price(entry, leverage, 100, is_long, tick) == expected


@pytest.mark.parametrize(
    ("change", "balance", "triggered", "borne"),
    [
        (100, 1_000, False, 0),
        (-299, 1_000, False, 0),
        (-300, 1_000, False, 0),  # at the trigger nothing has started
        (-301, 1_000, True, 1),
        (-350, 1_000, True, 50),
        (0, 2, False, 0),
        (0, 1, False, 0),
        (0, 0, True, 0),  # an empty pool
    ],
)
def test_deleveraging_starts_beyond_the_drawdown_or_when_the_pool_is_empty(
    change: int, balance: int, triggered: bool, borne: int
) -> None:
    assert bybit.is_drawdown_triggered(change, 1_000, 300_000, balance, 1) is triggered
    assert bybit.drawdown_borne_by_winners(change, 1_000, 300_000) == borne


def test_winners_bear_the_part_beyond_the_trigger_rounded_down() -> None:
    assert bybit.drawdown_borne_by_winners(-10, 7, 300_000) == 7  # 10 - 2.1, the fund's part rounded up
