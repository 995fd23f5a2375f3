"""The two-slope rate of Aave v2 at, below and above its kink."""

import pytest

from seawall.rules.aave_v2 import utilisation, variable_rate
from seawall.rules.aave_v3 import RAY

PERCENT = RAY // 100
CURVE = (80 * PERCENT, 0, 4 * PERCENT, 100 * PERCENT)


@pytest.mark.parametrize(
    ("debt", "liquidity", "part"),
    [(0, 0, 0), (0, 5, 0), (5, 0, RAY), (1, 2, RAY // 3), (2, 1, (2 * RAY + 1) // 3)],
)
def test_utilisation_is_the_lent_part_half_up(debt: int, liquidity: int, part: int) -> None:
    assert utilisation(debt, liquidity) == part


@pytest.mark.parametrize(
    ("used", "rate"),
    [
        (0, 0),
        (40 * PERCENT, 2 * PERCENT),
        (80 * PERCENT, 4 * PERCENT),
        (80 * PERCENT + 1, 4 * PERCENT + 5),
        (100 * PERCENT, 104 * PERCENT),
    ],
)
def test_the_kink_belongs_to_the_first_slope(used: int, rate: int) -> None:
    assert variable_rate(used, *CURVE) == rate


def test_exactly_at_a_tiny_kink_the_first_slope_shows_its_rounding() -> None:
    # 3 x 0.5 = 1.5 -> 2, over 3: two thirds and not the slope of one half.
    assert variable_rate(3, 3, 0, RAY // 2, RAY) == (2 * RAY + 1) // 3


@pytest.mark.parametrize(
    ("used", "optimal", "slope1", "rate"),
    [
        (1, RAY, RAY // 2, 1),
        (1, RAY, RAY // 2 - 1, 0),
        (1, 60 * PERCENT, RAY, 2),
        (1, 80 * PERCENT, RAY, 1),
    ],
)
def test_both_steps_of_the_first_slope_round_half_up(used: int, optimal: int, slope1: int, rate: int) -> None:
    assert variable_rate(used, optimal, 0, slope1, 0) == rate


@pytest.mark.parametrize(
    ("excess", "room", "slope2", "rate"),
    [
        (1, 3, RAY, RAY // 3),
        (2, 3, RAY, 2 * RAY // 3 + 1),
        (RAY // 2, RAY, 1, 1),
        (RAY // 2 - 1, RAY, 1, 0),
    ],
)
def test_both_steps_of_the_second_slope_round_half_up(excess: int, room: int, slope2: int, rate: int) -> None:
    optimal = RAY - room
    assert variable_rate(optimal + excess, optimal, 0, 0, slope2) == rate
