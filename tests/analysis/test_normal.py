"""The normal and Student's law at published points and against each other."""

from __future__ import annotations

from math import atan, pi

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.analysis.normal import cdf, cdfs, density, quantile, quantiles, student_quantile


@given(x=st.floats(-8, 8))
def test_a_quantile_inverts(x: float) -> None:
    assert quantile(cdf(-abs(x))) == pytest.approx(-abs(x), abs=1e-9)
    assert cdf(x) + cdf(-x) == pytest.approx(1)
    assert density(x) == pytest.approx((cdf(x + 1e-5) - cdf(x - 1e-5)) / 2e-5, abs=1e-8)


def test_columns_are_the_same_function() -> None:
    xs = np.array([[-3.0, 0.0], [0.5, 6.0]])
    assert cdfs(xs).tolist() == [[cdf(x) for x in row] for row in xs.tolist()]
    assert quantiles(np.array([0.1, 0.9])).tolist() == [quantile(0.1), quantile(0.9)]


# Abramowitz and Stegun, table 26.10.
@pytest.mark.parametrize(
    ("p", "degrees", "t"),
    [
        (0.975, 1, 12.706),
        (0.975, 2, 4.303),
        (0.975, 5, 2.571),
        (0.995, 19, 2.861),
        (0.975, 19, 2.093),
        (0.975, 120, 1.980),
        (0.9995, 3, 12.941),
    ],
)
def test_students_quantiles_are_those_of_the_table(p: float, degrees: int, t: float) -> None:
    # 12.941 is what that table prints for 3 degrees; later ones say 12.924.
    wanted = 12.924 if (p, degrees) == (0.9995, 3) else t
    assert student_quantile(p, degrees) == pytest.approx(wanted, abs=6e-4)


def test_one_degree_is_cauchy_and_many_are_normal() -> None:
    assert 0.5 + atan(student_quantile(0.9, 1)) / pi == pytest.approx(0.9)
    assert student_quantile(0.975, 10_001) == pytest.approx(student_quantile(0.975, 9_999), abs=1e-6)
    assert student_quantile(0.975, 10**9) == pytest.approx(quantile(0.975), abs=1e-8)
