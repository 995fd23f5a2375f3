"""Three cascades in closed form against cascades run account by account."""

from __future__ import annotations

from itertools import pairwise
from math import exp, log, sqrt

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seawall.analysis.closed_forms.borel_tanner import BorelTanner, poisson_cascade
from seawall.analysis.closed_forms.constant_product import lambert_w_lower, pool_cascade
from seawall.analysis.closed_forms.uniform_band import critical_depth, uniform_band
from seawall.errors import InputError

ACCOUNTS = 200_000


def run_band(shock: float, width: float, units: float, impact: float, gap: float) -> float:
    """Fall of the price when evenly spaced accounts sell what they hold, until nobody new is triggered."""
    triggers = gap + width * (np.arange(ACCOUNTS) + 0.5) / ACCOUNTS
    drop, before = shock, -1.0
    while drop > before:
        sold = np.searchsorted(triggers, drop)  # below the fall, strictly
        before, drop = drop, shock + impact * units * sold / ACCOUNTS
    return drop


@pytest.mark.parametrize("impact", [0.0, 0.001, 0.0016, 0.0019, 0.002, 0.0021])
@pytest.mark.parametrize(("shock", "gap"), [(2.0, 0.0), (2.0, 1.5), (2.0, 2.0), (1.0, 2.0), (25.0, 1.0)])
def test_a_band_falls_as_far_as_its_accounts_drive_it(impact: float, shock: float, gap: float) -> None:
    found = uniform_band(shock, 20.0, 10_000.0, impact, gap=gap)
    run = run_band(shock, 20.0, 10_000.0, impact, gap)
    # A cascade of cells stops up to a cell early for each generation: 1 / (1 - n) cells in all.
    slack = 20.0 / ACCOUNTS / max(1 - found.branching, 0.02)
    assert found.drop == pytest.approx(run, abs=4 * slack)
    assert found.units_sold * impact + shock == pytest.approx(found.drop, abs=1e-9)


def test_at_the_critical_depth_a_hair_beyond_the_gap_takes_all() -> None:
    impact = 1 / critical_depth(20.0, 10_000.0)
    assert uniform_band(1.0, 20.0, 10_000.0, impact, gap=1.0).regime == "quiet"
    assert uniform_band(1.0 + 1e-9, 20.0, 10_000.0, impact, gap=1.0).regime == "band exhausted"
    assert uniform_band(1.0 + 1e-9, 20.0, 10_000.0, impact * 0.99, gap=1.0).regime == "subcritical"


@given(shock=st.floats(0, 30), impact=st.floats(0, 0.004), gap=st.floats(0, 5))
def test_a_fall_answers_itself(shock: float, impact: float, gap: float) -> None:
    found = uniform_band(shock, 20.0, 10_000.0, impact, gap=gap)
    sold = 10_000.0 * min(1.0, max(0.0, (found.drop - gap) / 20.0))
    assert found.drop == pytest.approx(shock + impact * sold, rel=1e-9, abs=1e-9)


def run_poisson(law: BorelTanner, n: int, rng: np.random.Generator) -> np.ndarray:
    """Number liquidated in n cascades, generation by generation."""
    generation = rng.poisson(law.theta, n)
    total = generation.copy()
    while generation.any():
        generation = rng.poisson(law.branching * generation)
        total += generation
    return total


def test_the_number_liquidated_has_the_law_of_borel_and_tanner() -> None:
    law, n = poisson_cascade(5, 0.16, 0.2), 40_000
    totals = run_poisson(law, n, np.random.default_rng(31))
    edges = [*range(12), 15, 20, 30, 50]
    seen = np.array(
        [np.sum((totals >= low) & (totals < high)) for low, high in pairwise(edges)]
        + [np.sum(totals >= edges[-1])]
    )
    at_least = np.array([law.prob_at_least(edge) for edge in edges])
    expected = n * np.append(at_least[:-1] - at_least[1:], at_least[-1])
    chi_square = float(((seen - expected) ** 2 / expected).sum())
    assert chi_square < 37.7  # 99.9 % of chi-square with 15 degrees of freedom
    assert abs(totals.mean() - law.mean) < 4 * (law.variance / n) ** 0.5


@given(theta=st.floats(0.01, 10), n=st.floats(0, 0.9))
@example(theta=0.015625, n=0.75)  # rare cascades, and long ones among them
def test_the_law_sums_to_one_and_has_its_mean(theta: float, n: float) -> None:
    law = BorelTanner(theta, n)
    tail = 25 / (n - 1 - log(n)) if n else 0.0  # the tail falls as exp(-(n - 1 - ln n) * count)
    counts = range(int(law.mean + 60 * law.variance**0.5 + tail) + 60)
    if len(counts) > 30_000:
        return
    masses = np.array([law.pmf(count) for count in counts])
    assert masses.sum() == pytest.approx(1, abs=1e-6)
    assert masses @ np.array(counts) == pytest.approx(law.mean, rel=1e-3)


def test_above_one_some_cascades_never_end() -> None:
    law = BorelTanner(1.0, 1.5)
    finite = sum(law.pmf(count) for count in range(2_000))
    assert finite == pytest.approx(1 - law.prob_endless, abs=1e-9)
    assert (law.mean, law.variance) == (float("inf"), float("inf"))


@given(
    shock=st.floats(1e-6, 0.5), units=st.floats(1, 1e5), reserve=st.floats(1e2, 1e6), band=st.floats(0.01, 2)
)
def test_the_fall_of_a_pool_is_the_least_fixed_point(
    shock: float, units: float, reserve: float, band: float
) -> None:
    found = pool_cascade(shock, units, reserve, band)
    drop, before = shock, -1.0
    for _ in range(200_000):
        if drop - before <= 1e-15 * drop:
            break
        before, drop = drop, shock + 2 * log(1 + units * min(1.0, drop / band) / reserve)
    assert found.log_drop == pytest.approx(drop, rel=1e-6)
    sold = units * min(1.0, found.log_drop / band)
    assert found.units_sold == pytest.approx(sold, rel=1e-6)
    # Selling into x y = k moves the price by (x / (x + sold))^2.
    assert found.price_drop == pytest.approx(1 - exp(-shock) / (1 + sold / reserve) ** 2, rel=1e-5, abs=1e-12)


@pytest.mark.parametrize("shock", [1e-6, 1e-12, 1e-18, 1e-24])
def test_a_hair_at_the_critical_depth_of_a_pool_falls_by_twice_its_root(shock: float) -> None:
    # 2a = 1: u = s + 2 ln(1 + u / 2) is s = u^2 / 4 - ...
    assert pool_cascade(shock, 500.0, 1000.0, 1.0).log_drop == pytest.approx(2 * sqrt(shock), rel=1e-2)


@given(w=st.floats(-1e9, -1.000001))
def test_lambert_w_inverts(w: float) -> None:
    assert lambert_w_lower(-w - log(-w)) == pytest.approx(w, rel=1e-7 if w > -1.001 else 1e-12)


@pytest.mark.parametrize("y", [0.99, -1.0, float("nan")])
def test_lambert_w_outside_its_branch_is_refused(y: float) -> None:
    with pytest.raises(InputError, match="expected at least 1"):
        lambert_w_lower(y)
    assert lambert_w_lower(1.0) == -1.0


def test_all_parameters_out_of_range_are_told() -> None:
    with pytest.raises(InputError) as told:
        uniform_band(-1, 0, -1, -1, gap=-1)
    assert len(told.value.problems) == 5
    with pytest.raises(InputError) as told:
        pool_cascade(-1, 0, 0, 0)
    assert len(told.value.problems) == 4
    with pytest.raises(InputError) as told:
        poisson_cascade(0, -1, 0)
    assert len(told.value.problems) == 3
