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
