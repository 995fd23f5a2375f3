"""Portfolio credit, ruin, sums of losses, Pareto tails and default funds against slow or sampled twins."""

from __future__ import annotations

from fractions import Fraction
from math import exp, factorial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.analysis.closed_forms.compound_poisson import compound_poisson
from seawall.analysis.closed_forms.default_fund import default_fund_cover
from seawall.analysis.closed_forms.liquidity_var import liquidity_var
from seawall.analysis.closed_forms.pareto_tail import ParetoTail
from seawall.analysis.closed_forms.portfolio_credit import (
    basel_corporate,
    expected_credit_loss,
    worst_default_rate,
)
from seawall.analysis.closed_forms.ruin import fund_for_ruin, ruin_probability
from seawall.analysis.fund import simulate_ruin
from seawall.analysis.normal import cdfs, quantile
from seawall.errors import InputError


def test_the_worst_rate_is_a_quantile_of_simulated_pools() -> None:
    state = np.random.default_rng(1).standard_normal(200_000)
    rate = cdfs((quantile(0.02) - 0.1**0.5 * state) / 0.9**0.5)
    beyond = float(np.mean(rate > worst_default_rate(0.02, 0.1, 0.99)))
    assert abs(beyond - 0.01) < 4 * (0.01 * 0.99 / 200_000) ** 0.5


@given(pd=st.floats(1e-4, 0.5), q=st.floats(0.5, 0.9999))
def test_without_correlation_the_worst_rate_is_the_rate(pd: float, q: float) -> None:
    assert worst_default_rate(pd, 0.0, q) == pytest.approx(pd, rel=1e-9)


def test_basel_asks_for_more_of_longer_debt_and_nothing_where_nothing_is_lost() -> None:
    assert basel_corporate(0.01, 0.0, 2.5).capital == 0.0
    short, long = basel_corporate(0.01, 0.45, 1.0), basel_corporate(0.01, 0.45, 5.0)
    assert short.capital < basel_corporate(0.01, 0.45, 2.5).capital < long.capital
    assert short.correlation == long.correlation


@given(pd=st.floats(0, 1), rate=st.floats(-0.5, 1), years=st.integers(1, 30))
def test_expected_credit_loss_is_a_walk_over_the_years(pd: float, rate: float, years: int) -> None:
    alive, total = 1.0, 0.0
    for year in range(1, years + 1):
        total += alive * pd * 0.4 * 100 / (1 + rate) ** year
        alive *= 1 - pd
    found = expected_credit_loss(pd, 0.4, 100, rate, years)
    assert found.lifetime == pytest.approx(total, rel=1e-12)
    assert found.first_year == pytest.approx(pd * 40 / (1 + rate))
    assert found.first_year <= found.lifetime


@pytest.mark.parametrize(("fund", "premium"), [(0.0, 1.2), (5.0, 1.2), (5.0, 1.5), (10.0, 1.3)])
def test_a_fund_is_ruined_as_often_as_cramer_and_lundberg_say(fund: float, premium: float) -> None:
    n = 20_000
    truth = ruin_probability(fund, 1.0, 1.0, premium)
    found, low, high = simulate_ruin(
        fund,
        1.0,
        lambda rng, count: rng.exponential(1.0, count),
        premium,
        np.random.default_rng(7),
        n_paths=n,
        safe=fund + 80.0,
    )
    assert abs(found - truth) < 4 * (truth * (1 - truth) / n) ** 0.5
    assert low < found < high


@given(probability=st.floats(1e-6, 0.8), premium=st.floats(1.01, 3))
def test_the_fund_for_ruin_is_ruined_so_often(probability: float, premium: float) -> None:
    fund = fund_for_ruin(probability, 1.0, 1.0, premium)
    ruined = ruin_probability(fund, 1.0, 1.0, premium)
    assert ruined == pytest.approx(probability, rel=1e-9) or (fund == 0 and ruined <= probability)


@pytest.mark.parametrize("premium", [0.0, 0.5, 1.0])
def test_a_premium_that_does_not_exceed_the_claims_ends_in_ruin(premium: float) -> None:
    assert ruin_probability(1e9, 1.0, 1.0, premium) == 1.0
    with pytest.raises(InputError, match="premium"):
        fund_for_ruin(0.01, 1.0, 1.0, premium)


def exact_sum(rate: int, severity: dict[int, Fraction], most: int) -> list[float]:
    """P(sum = k) by convolution, without the factor exp(-rate) in fractions."""
    power, total = [Fraction(1)] + [Fraction(0)] * most, [Fraction(0)] * (most + 1)
    for count in range(60):
        total = [
            each + Fraction(rate**count, factorial(count)) * p for each, p in zip(total, power, strict=True)
        ]
        power = [sum(severity.get(j, 0) * power[k - j] for j in range(k + 1)) for k in range(most + 1)]
    return [float(each) * exp(-rate) for each in total]


def test_the_recursion_is_a_sum_of_convolutions() -> None:
    """The sixth figure of the published case, .0985691991, is off by 1.1e-9: here is the exact one."""
    severity = {1: Fraction(1, 2), 2: Fraction(3, 10), 3: Fraction(1, 5)}
    law = compound_poisson(2, {size: float(chance) for size, chance in severity.items()})
    assert law.pmf[:9] == pytest.approx(exact_sum(2, severity, 8), rel=1e-13)
    assert law.pmf[5] == pytest.approx(0.0985691979573, abs=1e-12)


def test_losses_of_nothing_are_none() -> None:
    law, half = compound_poisson(2, {0: 0.5, 2: 0.5}), compound_poisson(1, {2: 1.0})
    assert law.pmf[: len(half.pmf)] == pytest.approx(half.pmf[: len(law.pmf)], abs=1e-12)
    assert law.mean == half.mean == 2.0


def test_a_large_sum_has_its_mean() -> None:
    law = compound_poisson(600, {1: 0.9, 50: 0.1})
    assert law.pmf @ np.arange(len(law.pmf)) == pytest.approx(law.mean, rel=1e-9)
    assert law.quantile(0.5) < law.quantile(0.999)


@pytest.mark.parametrize(
    ("rate", "severity", "wrong"),
    [
        (0, {1: 1.0}, "rate"),
        (601, {1: 1.0}, "rate"),
        (1, {1: 0.5}, "sum"),
        (1, {-1: 0.5, 2: 0.5}, "least size"),
        (1, {1: 1.5, 2: -0.5}, "least probability"),
        (1, {}, "sum"),
    ],
)
def test_what_is_no_law_is_refused(rate: float, severity: dict[int, float], wrong: str) -> None:
    with pytest.raises(InputError, match=wrong):
        compound_poisson(rate, severity)


@pytest.mark.parametrize("shape", [-0.3, 0.0, 0.4])
def test_a_pareto_tail_has_the_quantile_and_mean_of_its_sample(shape: float) -> None:
    n, share = 400_000, 0.05
    u = np.random.default_rng(9).random(n)
    excess = -np.log(u) if shape == 0 else (u**-shape - 1) / shape
    tail = ParetoTail(shape, 2.0, 10.0, int(n * share), n)
    losses = 10.0 + 2.0 * excess  # of the paths above the threshold
    var = tail.var(0.99)
    assert abs(np.mean(losses > var) - 0.01 / share) < 4 * (0.2 * 0.8 / n) ** 0.5
    beyond = losses[losses > var]
    assert tail.es(0.99) == pytest.approx(beyond.mean(), abs=4 * beyond.std() / len(beyond) ** 0.5)


def test_a_pareto_tail_has_no_mean_at_a_shape_of_one_and_no_quantile_below_its_threshold() -> None:
    assert ParetoTail(0.999, 1.0, 0.0, 5, 100).es(0.99) > 0
    with pytest.raises(InputError, match="a tail so heavy has no mean"):
        ParetoTail(1.0, 1.0, 0.0, 5, 100).es(0.99)
    assert ParetoTail(0.5, 1.0, 7.0, 5, 100).var(0.95) == pytest.approx(7.0)
    with pytest.raises(InputError, match=r"at least 0\.95"):
        ParetoTail(0.5, 1.0, 7.0, 5, 100).var(0.94)
    with pytest.raises(InputError, match="above 0 and at most observed"):
        ParetoTail(0.5, 1.0, 7.0, 101, 100)


def test_covers_are_taken_within_a_scenario() -> None:
    found = default_fund_cover(np.array([[10.0, 0, 0], [9, 9, 9]]))
    assert (found.largest, found.two_largest, found.largest_or_next_two) == (10.0, 18.0, 18.0)
    alone = default_fund_cover(np.array([[4.0]]))
    assert (alone.largest, alone.two_largest, alone.largest_or_next_two) == (4.0, 4.0, 4.0)


@pytest.mark.parametrize("losses", [[], [[]], [1.0], [[-1.0]], [[float("nan")]]])
def test_losses_of_members_that_are_no_table_are_refused(losses: list[object]) -> None:
    with pytest.raises(InputError, match=r"expected \(n_scenarios, n_members\)"):
        default_fund_cover(np.array(losses, dtype=float))


def test_liquidity_costs_half_the_spread() -> None:
    calm = liquidity_var(100, 0.02, 2.0, 0.0, 0.0, 3)
    assert calm == pytest.approx(100 * (1 - exp(-0.04)))
    assert liquidity_var(100, 0.02, 2.0, 0.01, 0.002, 5) - calm == pytest.approx(100 * 0.02 / 2)
