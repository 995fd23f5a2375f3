"""Importance sampling, Sobol, control variates and common random numbers: unbiased, and worth their trouble.

The exact case: two books that each hang on a price of their own, so that there are two ways to fail; the
law of their sum is an integral over one factor.
"""

from __future__ import annotations

from math import sqrt

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.analysis.closed_forms.single_factor import single_factor_loss
from seawall.analysis.design_points import design_points
from seawall.analysis.draws import Draws, Mixture, plain_draws, sobol_draws
from seawall.analysis.normal import cdfs
from seawall.analysis.paired import controlled_mean, mean_difference
from seawall.analysis.sample import Estimate
from seawall.errors import InputError, UnsupportedFeature
from tests.analysis.zscore import z_score

SD, DEBT = 0.1, 75.0
ONE = single_factor_loss([DEBT], [100.0], SD, 0.999)
P_ANY = 1 - (1 - ONE.prob_any) ** 2


def each_loss(z: np.ndarray) -> np.ndarray:
    return np.maximum(0, DEBT - 100 * np.exp(SD * z - SD * SD / 2))


def loss(z: np.ndarray) -> np.ndarray:
    return each_loss(z).sum(axis=1)


def exact_tail(q: float) -> tuple[float, float]:
    """VaR and ES of the sum: the law of the second given each state of the first."""
    z = np.linspace(-9, 9, 6_001)
    mass = np.exp(-z * z / 2) / sqrt(2 * np.pi) * (z[1] - z[0])
    first = each_loss(z)

    def beyond(most: float) -> float:
        room = most - first  # the other must lose more than this
        price = np.where(room < DEBT, DEBT - room, 1e-12)
        reached = cdfs((np.log(price / 100) + SD * SD / 2) / SD)
        return float(np.where(room < 0, 1.0, reached) @ mass)

    low, high = 0.0, 2 * DEBT
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if beyond(middle) > 1 - q else (low, middle)
    grid = np.linspace(low, 2 * DEBT, 3_001)
    over = np.array([beyond(each) for each in grid])
    excess = float(((over[1:] + over[:-1]) / 2 * np.diff(grid)).sum())
    return low, low + excess / (1 - q)


VAR, ES = exact_tail(0.999)


@pytest.fixture(scope="module")
def centres() -> np.ndarray:
    return design_points(loss, 2, VAR, np.random.default_rng(1)).points


def z_of(estimate: object, truth: float) -> float:
    """Distance from the truth in standard errors, from an interval of 95 %."""
    assert isinstance(estimate, Estimate), estimate
    return (estimate.value - truth) / max((estimate.high - estimate.low) / 3.92, 1e-12)


def draws_of(way: str, centres: np.ndarray, seed: int) -> Draws:
    rng = np.random.default_rng(seed)
    if way == "plain":
        return plain_draws(200_000, 2, rng)
    if way == "sobol":
        return sobol_draws(2, 13, rng)
    if way == "mixture":
        return Mixture(centres).draw(16_384, rng)
    return Mixture(centres).draw_sobol(9, rng)


# How many plain paths one is worth at the least, in P(any), expected loss and ES. Measured, medians of six
# runs: sobol 91, 74, 10; mixture 69, 255, 854; both 926, 14,900, 42,000.
WORTH = {
    "plain": (1.0, 1.0, 1.0),
    "sobol": (20.0, 20.0, 3.0),
    "mixture": (30.0, 100.0, 400.0),
    "both": (200.0, 3_000.0, 8_000.0),
}


@pytest.mark.parametrize("way", WORTH)
def test_every_way_is_unbiased_and_worth_its_trouble(way: str, centres: np.ndarray) -> None:
    scores, worth = [], []
    for seed in range(6):
        found = draws_of(way, centres, 100 + seed).tail(loss, levels=(0.999,))
        figures = (found.prob_any, found.expected_loss, found.es[0.999])
        truths = (P_ANY, 2 * ONE.expected, ES)
        scores.append([z_of(figure, truth) for figure, truth in zip(figures, truths, strict=True)])
        worth.append([figure.variance_ratio for figure in figures if isinstance(figure, Estimate)])
        assert abs(z_of(found.var[0.999], VAR)) < 5
    scores_of_means = np.sum(scores, axis=0) / sqrt(len(scores))
    ratios = np.median(worth, axis=0)
    print(f"{way}: variance of a plain path over that of one of these: {ratios}")
    assert np.abs(scores_of_means).max() < 4, scores_of_means
    assert np.all(ratios >= WORTH[way]), ratios


def test_the_search_finds_both_ways_to_fail(centres: np.ndarray) -> None:
    # One price falls alone to where its book loses VaR; together they need not fall so far each.
    alone = (np.log((DEBT - VAR) / 100) + SD * SD / 2) / SD
    for axis in range(2):
        wanted = np.eye(2)[axis] * alone
        assert min(np.linalg.norm(centres - wanted, axis=1)) < 0.05
    assert np.all(loss(centres) >= VAR * (1 - 1e-3))


def test_a_missed_way_to_fail_costs_precision_and_not_truth() -> None:
    one_sided = Mixture(np.array([[-4.0, 0.0]]))
    found = one_sided.draw(100_000, np.random.default_rng(2)).tail(loss, levels=(0.99,))
    assert abs(z_of(found.prob_any, P_ANY)) < 4
    assert abs(z_of(found.expected_loss, 2 * ONE.expected)) < 4


@given(
    seed=st.integers(0, 10**6),
    far=st.floats(0.1, 12),
    defensive=st.floats(0.05, 1),
)
def test_weights_are_likelihood_ratios_and_bounded_by_the_defensive_part(
    seed: int, far: float, defensive: float
) -> None:
    mixture = Mixture(np.array([[far, 0.0], [0.0, -far / 2]]), defensive)
    draws = mixture.draw(2_000, np.random.default_rng(seed))
    assert draws.weights is not None
    assert draws.weights.max() <= 1 / defensive * (1 + 1e-12)
    shares = np.exp(-np.array([far**2, far**2 / 4]) / 2)
    shares *= (1 - defensive) / shares.sum()
    log_density = [-((draws.z - centre) ** 2).sum(axis=1) / 2 for centre in (0, [far, 0.0], [0.0, -far / 2])]
    drawn = (
        defensive * np.exp(log_density[0])
        + shares[0] * np.exp(log_density[1])
        + shares[1] * np.exp(log_density[2])
    )
    assert draws.weights == pytest.approx(np.exp(log_density[0]) / drawn, rel=1e-9)
    # Weights lie in [0, 1 / defensive] with a mean of 1: Hoeffding's bound, broken once in 10^9.
    assert abs(draws.weights.mean() - 1) <= np.sqrt(np.log(2e9) / (2 * len(draws.weights))) / defensive
    if defensive <= 0.9:  # above, a handful of points carries all that varies, and a mean is far from normal
        assert abs(z_score(draws.weights, 1.0)) < 6


def test_points_of_sobol_fill_every_cell_and_scrambles_differ() -> None:
    draws = sobol_draws(2, 8, np.random.default_rng(3), replicates=20)
    assert draws.batches is not None
    for batch in range(20):
        cells = np.floor(cdfs(draws.z[draws.batches == batch]) * 16).astype(int)
        assert len(np.unique(cells[:, 0] * 16 + cells[:, 1])) == 256
    assert len(np.unique(draws.z[:, 0])) == len(draws.z)


def test_the_same_seed_gives_the_same_points(centres: np.ndarray) -> None:
    for way in WORTH:
        one, other = draws_of(way, centres, 4), draws_of(way, centres, 4)
        assert np.array_equal(one.z, other.z)


def test_without_scipy_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "scipy.stats", None)
    with pytest.raises(UnsupportedFeature, match=r"extra 'stats': pip install 'seawall\[stats\]'"):
        sobol_draws(2, 4, np.random.default_rng(1))


@pytest.mark.parametrize(
    ("centres", "defensive"),
    [
        (np.zeros(3), 0.1),
        (np.full((1, 2), np.nan), 0.1),
        (np.zeros((1, 2)), 0.0),
        (np.zeros((1, 2)), 1.1),
        (np.zeros((0, 2)), 0.5),
    ],
)
def test_a_mixture_without_sense_is_refused(centres: np.ndarray, defensive: float) -> None:
    with pytest.raises(InputError):
        Mixture(centres, defensive)


def test_no_centres_are_the_true_law() -> None:
    draws = Mixture(np.zeros((0, 2)), 1.0).draw(1_000, np.random.default_rng(1))
    assert draws.weights == pytest.approx(np.ones(1_000))


def test_too_few_scrambles_are_refused() -> None:
    with pytest.raises(InputError, match="replicates is 19, expected at least 20"):
        sobol_draws(2, 4, np.random.default_rng(1), replicates=19)


# --- The search ---


@pytest.mark.parametrize("dims", [1, 3, 8])
def test_the_nearest_state_of_a_linear_loss_is_found(dims: int) -> None:
    slope = np.random.default_rng(5).standard_normal(dims)
    found = design_points(
        lambda z: np.maximum(0, z @ slope), dims, 3 * float(np.linalg.norm(slope)), np.random.default_rng(6)
    )
    assert found.distances[0] == pytest.approx(3.0, rel=0.01)
    assert found.points[0] @ slope == pytest.approx(3 * np.linalg.norm(slope), rel=1e-3)
    assert found.evaluations > 0


def test_a_level_out_of_reach_has_no_design() -> None:
    found = design_points(loss, 2, 2 * DEBT, np.random.default_rng(7))
    assert (len(found.points), len(found.distances)) == (0, 0)


@pytest.mark.parametrize(
    "wrong", [{"dims": 0}, {"level": 0.0}, {"starts": 0}, {"rounds": -1}, {"farthest": 0.0}]
)
def test_a_search_without_sense_is_refused(wrong: dict[str, float]) -> None:
    arguments = {"dims": 2, "level": 1.0, "starts": 8, "rounds": 2, "farthest": 8.0, **wrong}
    dims, level = int(arguments.pop("dims")), arguments.pop("level")
    with pytest.raises(InputError, match="expected dims and starts"):
        design_points(loss, dims, level, np.random.default_rng(1), **arguments)  # type: ignore[arg-type]


# --- Pairs ---


def test_a_control_variate_is_unbiased_and_takes_the_variance_of_what_it_knows() -> None:
    scores, ratios = [], []
    for seed in range(40):
        z = np.random.default_rng(200 + seed).standard_normal((20_000, 2))
        first = each_loss(z[:, 0])
        found = controlled_mean(loss(z) + 0.2 * first, first, ONE.expected)
        scores.append((found.value - 2.2 * ONE.expected) / ((found.high - found.low) / 3.92))
        ratios.append(found.variance_ratio)
    # Of a variance of 1.2^2 + 1 only the second book's is left.
    assert np.median(ratios) == pytest.approx(2.44, rel=0.15)
    assert abs(np.sum(scores) / sqrt(len(scores))) < 4
    print(f"control variate: worth {np.median(ratios):.2f} paths")


def test_half_a_control_variate_never_looks_at_itself() -> None:
    # With the slope of the same paths the mean of small samples is biased; with the other half's it is not.
    rng, estimates = np.random.default_rng(8), []
    for _ in range(4_000):
        x = rng.standard_normal(100)
        estimates.append(controlled_mean(x**2 + x**3, x, 0.0).value)
    assert abs(z_score(np.array(estimates), 1.0)) < 4


def test_common_random_numbers_see_a_small_change() -> None:
    z = np.random.default_rng(9).standard_normal(50_000)
    before, after = each_loss(z), np.maximum(0, 1.005 * DEBT - 100 * np.exp(SD * z - SD * SD / 2))
    truth = single_factor_loss([1.005 * DEBT], [100.0], SD, 0.999).expected - ONE.expected
    found = mean_difference(before, after)
    assert found.low < truth < found.high
    assert found.variance_ratio > 20
    print(f"common random numbers: worth {found.variance_ratio:.0f} runs of their own")


@pytest.mark.parametrize(("first", "second"), [(99, 99), (100, 101)])
def test_columns_that_are_no_pair_are_refused(first: int, second: int) -> None:
    with pytest.raises(InputError, match="two columns of the same paths, at least 100"):
        mean_difference(np.ones(first), np.ones(second))
    with pytest.raises(InputError, match="two columns of the same paths, at least 100"):
        controlled_mean(np.ones(first), np.ones(second), 1.0)
