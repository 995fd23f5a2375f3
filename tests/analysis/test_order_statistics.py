"""Ranks and proportions against exact fractions."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.analysis.order_statistics import binomial_cdf, proportion_interval, var_ranks
from seawall.errors import InputError


def exact_cdf(count: int, n: int, p: float) -> float:
    share = Fraction(p)
    return float(sum(comb(n, k) * share**k * (1 - share) ** (n - k) for k in range(count + 1)))


@given(n=st.integers(1, 60), p=st.floats(0.001, 0.999), data=st.data())
def test_the_binomial_is_exact(n: int, p: float, data: st.DataObject) -> None:
    count = data.draw(st.integers(-1, n))
    assert binomial_cdf(count, n, p) == pytest.approx(exact_cdf(count, n, p), abs=1e-12)


@pytest.mark.parametrize(("n", "low", "high"), [(100_000, 99_880, 99_920), (10_000, 9_983, 9_997)])
def test_the_ranks_at_one_in_a_thousand(n: int, low: int, high: int) -> None:
    ranks = var_ranks(n, 0.999)
    assert (ranks.low, ranks.high) == (low, high)
    assert ranks.coverage >= 0.95


@given(n=st.integers(1, 60), q=st.floats(0.01, 0.99), confidence=st.floats(0.5, 0.999))
def test_ranks_cover_and_are_the_narrowest_that_err_so_little_on_each_side(
    n: int, q: float, confidence: float
) -> None:
    ranks, side = var_ranks(n, q, confidence=confidence), (1 - confidence) / 2
    below = exact_cdf(ranks.low - 1, n, q) if ranks.low else 0.0
    above = 1 - exact_cdf(ranks.high - 1, n, q)
    assert ranks.coverage == pytest.approx(1 - below - above, abs=1e-9)
    assert max(below, above) <= side + 1e-9
    assert exact_cdf(ranks.low, n, q) > side - 1e-9  # one more would err too often
    assert ranks.high == 1 or 1 - exact_cdf(ranks.high - 2, n, q) > side - 1e-9


def test_a_quantile_beyond_all_paths_has_no_upper_rank() -> None:
    assert var_ranks(100, 0.999).high == 101
    assert var_ranks(100, 0.001).low == 0


@given(n=st.integers(1, 60), confidence=st.floats(0.5, 0.999), data=st.data())
def test_a_proportion_lies_in_its_interval_and_each_end_errs_half(
    n: int, confidence: float, data: st.DataObject
) -> None:
    count = data.draw(st.integers(0, n))
    low, high = proportion_interval(count, n, confidence=confidence)
    side = (1 - confidence) / 2
    assert low <= count / n <= high
    assert count == 0 or 1 - exact_cdf(count - 1, n, low) == pytest.approx(side, abs=1e-6)
    assert count == n or exact_cdf(count, n, high) == pytest.approx(side, abs=1e-6)


def test_parameters_out_of_range_are_told_whole() -> None:
    with pytest.raises(InputError) as told:
        var_ranks(0, 1.0, confidence=0.0)
    assert len(told.value.problems) == 3
