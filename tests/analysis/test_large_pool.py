"""Expected losses of tranches against what must hold for them, and against a slow twin."""

from __future__ import annotations

from math import inf, nan, sqrt
from statistics import NormalDist

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.analysis import expected_tranche_loss
from seawall.errors import InputError

NORMAL = NormalDist()


def twin(pd: float, rho: float, lgd: float, attach: float, detach: float, steps: int = 20_000) -> float:
    """The mean over equally likely states, each at its middle: slow and obvious."""
    total = 0.0
    for step in range(steps):
        state = NORMAL.inv_cdf((step + 0.5) / steps)
        pool = lgd * NORMAL.cdf((NORMAL.inv_cdf(pd) - sqrt(rho) * state) / sqrt(1 - rho))
        total += min(max(pool - attach, 0.0), detach - attach)
    return total / steps / (detach - attach)


@pytest.mark.parametrize(
    ("pd", "rho", "lgd", "attach", "detach"),
    [
        (0.05, 0.2, 0.6, 0.0, 0.03),
        (0.05, 0.2, 0.6, 0.03, 0.07),
        (0.01, 0.9, 1.0, 0.1, 0.4),
        (0.3, 0.05, 0.45, 0.1, 0.2),
        (0.5, 0.99, 0.5, 0.2, 0.3),
    ],
)
def test_the_integral_agrees_with_a_mean_over_states(
    pd: float, rho: float, lgd: float, attach: float, detach: float
) -> None:
    assert expected_tranche_loss(pd, rho, lgd, attach, detach) == pytest.approx(
        twin(pd, rho, lgd, attach, detach), abs=2e-4
    )


@given(pd=st.floats(0.001, 0.999), rho=st.floats(0.0001, 0.9999), lgd=st.floats(0.05, 1.0))
def test_a_tranche_of_nearly_everything_loses_what_the_pool_loses(pd: float, rho: float, lgd: float) -> None:
    """Up to a whole 1e-9th below the worst loss nothing is cut off, and the integral is the mean of L."""
    most = lgd * (1 - 1e-9)
    assert expected_tranche_loss(pd, rho, lgd, 0.0, most) * most == pytest.approx(pd * lgd, abs=1.1e-9)


@given(
    pd=st.floats(0.001, 0.999),
    rho=st.floats(0.0001, 0.9999),
    lgd=st.floats(0.05, 1.0),
    low=st.floats(0.0, 0.4),
    high=st.floats(0.5, 1.0),
)
def test_the_junior_half_never_loses_less_than_the_senior(
    pd: float, rho: float, lgd: float, low: float, high: float
) -> None:
    middle = (low + high) / 2
    junior = expected_tranche_loss(pd, rho, lgd, low, middle)
    senior = expected_tranche_loss(pd, rho, lgd, middle, high)
    assert -1e-9 <= senior <= junior + 1e-9 <= 1 + 2e-9


def test_a_pool_that_moves_as_one_loses_all_or_nothing() -> None:
    assert expected_tranche_loss(0.05, 0.9999, 1.0, 0.3, 0.6) == pytest.approx(0.05, abs=1e-3)


def test_a_pool_of_independent_debts_loses_its_mean() -> None:
    assert expected_tranche_loss(0.05, 1e-6, 0.6, 0.0, 0.03) == pytest.approx(1.0, abs=5e-3)
    assert expected_tranche_loss(0.05, 1e-6, 0.6, 0.04, 0.1) == pytest.approx(0.0, abs=1e-6)


@pytest.mark.parametrize(
    ("arguments", "wrong"),
    [
        ((0.0, 0.2, 0.6, 0.0, 0.1), ["pd"]),
        ((0.1, 1.0, 0.6, 0.0, 0.1), ["rho"]),
        ((0.1, 0.2, 1.1, 0.0, 0.1), ["lgd"]),
        ((0.1, 0.2, 0.6, -0.1, 0.1), ["attach"]),
        ((0.1, 0.2, 0.6, 0.1, 0.1), ["attach", "detach"]),
        ((nan, inf, 0.0, 0.0, 1.5), ["pd", "rho", "lgd", "detach"]),
    ],
)
def test_all_parameters_out_of_range_are_told(arguments: tuple[float, ...], wrong: list[str]) -> None:
    with pytest.raises(InputError) as told:
        expected_tranche_loss(*arguments)
    assert [problem.message.split(" ")[0] for problem in told.value.problems] == wrong
