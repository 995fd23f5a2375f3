"""A history of prices: what it may hold, and what follows from it."""

from __future__ import annotations

import numpy as np
import pytest

from seawall.core.price_history import PriceHistory
from seawall.errors import InputError, MissingData

TIMES = [0.0, 60.0, 120.0]


def test_returns_are_logs_of_ratios_in_the_order_asked_for() -> None:
    history = PriceHistory.of(TIMES, {"A": [1.0, 2.0, 1.0], "B": [4.0, 4.0, 1.0]})
    assert np.allclose(history.log_returns(("B", "A")), np.log([[1, 2], [0.25, 0.5]]))
    assert history.step_s == 60.0


@pytest.mark.parametrize(
    ("times", "prices", "message"),
    [
        (TIMES, {"A": [1.0, 2.0]}, "A: has 2 prices, expected one per time \\(3\\)"),
        (TIMES, {}, "expected one or more assets"),
        ([0.0], {"A": [1.0]}, "at least two times"),
        ([0.0, 60.0, 60.0], {"A": [1.0, 1.0, 1.0]}, "row 2: 60.0 s does not follow 60.0 s"),
        ([0.0, float("nan"), 60.0], {"A": [1.0, 1.0, 1.0]}, "row 1: nan s"),
        (TIMES, {"A": [1.0, 0.0, 1.0]}, "row 1:A: price is 0.0"),
        (TIMES, {"A": [1.0, float("nan"), 1.0]}, "row 1:A: price is nan"),
        (TIMES, {"A": [1.0, float("inf"), 1.0]}, "row 1:A: price is inf"),
    ],
)
def test_what_is_no_history_is_refused_with_its_place(
    times: list[float], prices: dict[str, list[float]], message: str
) -> None:
    with pytest.raises(InputError, match=message):
        PriceHistory.of(times, prices)


def test_all_that_is_wrong_is_told_and_the_rest_counted() -> None:
    with pytest.raises(InputError) as caught:
        PriceHistory.of(np.zeros(20), {"A": -np.ones(20)})
    codes = [problem.code for problem in caught.value.problems]
    assert codes == ["times_not_rising"] * 5 + ["price_not_positive"] * 5 + ["more"]
    assert "and 29 more" in str(caught.value)


def test_a_gap_is_told_with_its_place() -> None:
    history = PriceHistory.of([0.0, 60.0, 120.0, 240.0, 300.0], {"A": [1.0] * 5})
    with pytest.raises(InputError, match=r"row 3 comes 120.0 s after the one before \(1 such\)"):
        _ = history.step_s


def test_an_asset_without_prices_is_named() -> None:
    with pytest.raises(MissingData, match="no prices of 'B', there are A"):
        PriceHistory.of(TIMES, {"A": [1.0] * 3}).log_returns(("B",))
