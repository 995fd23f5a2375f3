"""The rate of crvUSD: its peg, its peg keepers, and the ceilings of markets."""

from __future__ import annotations

from fractions import Fraction
from math import floor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.units import WAD
from seawall.rules import crvusd, rational_exp
from tests.rules.digits import exact_exp, within

RATE0, SIGMA, TARGET, EXTRA = 3_488_077_118, 2 * 10**16, 2 * 10**17, 10**9
PEG_CASES = [
    # Price [1e-4], ratio of the peg keepers [1e-4].
    *((10_000 + off, 0) for off in (-1_000, -200, -100, -1, 0, 1, 100, 200, 1_000)),
    *((10_000 + off, ratio) for off in (-100, 0, 100) for ratio in (1, 1_000, 2_000, 10_000)),
]


@pytest.mark.parametrize(("price", "ratio"), PEG_CASES)
def test_the_rate_of_all_crvusd_markets_follows_price_and_peg_keepers(price: int, ratio: int) -> None:
    power = crvusd.peg_power(price * 10**14, SIGMA, ratio * 10**14, TARGET)
    below = Fraction(10_000 - price, 10_000) / Fraction(SIGMA, WAD)
    exact = exact_exp(below - Fraction(ratio, 10_000) / Fraction(TARGET, WAD))
    assert within(crvusd.peg_rate(RATE0, power, EXTRA), RATE0 * exact + EXTRA, 1e-17, 1)


@pytest.mark.parametrize(
    ("power", "factor"), [("6.9", 992), ("6.9078", 1000), ("135.4", 1000), ("9999", 1000)]
)
def test_the_rate_of_all_crvusd_markets_is_at_most_a_thousand_times_that_at_the_peg(
    power: str, factor: int
) -> None:
    assert crvusd.peg_rate(10**9, int(Fraction(power) * WAD), 0) // 10**9 == factor


@given(st.integers(1, 10**30), st.integers(0, 10**30), st.integers(1, 10**9), st.integers(1, WAD))
def test_every_rounding_of_the_rate_of_all_crvusd_markets_is_down(
    total: int, debt: int, elapsed_s: int, other: int
) -> None:
    assert crvusd.debt_ratio(debt, total, TARGET) == floor(Fraction(WAD * debt, total))
    kept = rational_exp.exp_down(-floor(Fraction(elapsed_s * WAD, 173_102)))
    average = floor(Fraction(TARGET * kept + other * (WAD - kept), WAD))
    assert crvusd.smoothed_ratio(TARGET, other, elapsed_s, 173_102) == average
    # A price above the peg is cut toward zero, which is up.
    part = floor(Fraction(other * WAD, 3))
    ratio = floor(Fraction(other * WAD, TARGET + 1))
    assert crvusd.peg_power(WAD - other, 3, other, TARGET + 1) == part - ratio
    assert crvusd.peg_power(WAD + other, 3, other, TARGET + 1) == -part - ratio
    assert crvusd.peg_rate(total, -other, EXTRA) == EXTRA + floor(
        Fraction(total * rational_exp.exp_down(-other), WAD)
    )


@pytest.mark.parametrize("elapsed_s", [0, 1, 12, 600, 3_600, 86_400, 10**7])
@pytest.mark.parametrize("ratio", [0, 10**17, 9 * 10**17])
def test_the_ratio_of_peg_keepers_is_smoothed_exponentially(elapsed_s: int, ratio: int) -> None:
    got = crvusd.smoothed_ratio(3 * 10**17, ratio, elapsed_s, 173_102)
    kept = exact_exp(Fraction(-elapsed_s, 173_102))
    assert within(got, 3 * 10**17 * kept + ratio * (1 - kept), 0, 3)


def test_the_ratio_of_peg_keepers_is_its_target_without_debt() -> None:
    assert [crvusd.debt_ratio(5, total, TARGET) for total in (0, 1, 10)] == [TARGET, 5 * WAD, WAD // 2]


@pytest.mark.parametrize(
    ("ceiling", "expected"), [(0, 10**12), (1, 43_959_106_799), (10**30, 43_959_106_799)]
)
def test_a_crvusd_market_without_a_ceiling_has_neither_factor_nor_cap(ceiling: int, expected: int) -> None:
    assert crvusd.borrow_rate(10**12, 10**6, ceiling, 10**17, 43_959_106_799) == expected


@pytest.mark.parametrize(
    ("used", "factor"),
    [(0, "1"), (9_000, "1.9"), (9_998, "500.9"), (9_999, "1000.9"), (10_000, "1000.9"), (20_000, "1000.9")],
)
def test_a_crvusd_market_near_its_ceiling_pays_a_multiple(used: int, factor: str) -> None:
    got = crvusd.borrow_rate(10**9, used, 10_000, 10**17, 10**13)
    assert got == Fraction(factor) * 10**9
