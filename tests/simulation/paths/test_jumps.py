"""Jumps: how many there are, how far they go, and what they do to the price."""

from __future__ import annotations

from math import erfc, exp, factorial, sqrt

import numpy as np
import pytest
from pydantic import ValidationError

from seawall.errors import InputError
from seawall.simulation.paths import YEAR_S, Diffusion, Kou, KouJumps, Merton, MertonJumps, Paths
from seawall.simulation.paths.jumps import jump_counts, jump_moves
from seawall.simulation.streams import uniforms
from tests.simulation.paths.worlds import DAY, HOUR, Z_MAX, draw, z_score

NORMAL = MertonJumps(rate_per_year=50, mean=-0.1, sd=0.08)
DOUBLE = KouJumps(rate_per_year=50, up_share=0.3, up_mean=0.05, down_mean=0.08)


@pytest.mark.parametrize("mean", [0.01, 0.7, 6.0, 90.0])
def test_counts_are_poisson(mean: float) -> None:
    u = uniforms(1, "jumps", first=0, count=200, shape=(100, 1))
    counts = jump_counts(u, np.array([mean])).ravel().astype(float)
    assert abs(z_score(counts, mean)) < Z_MAX
    assert abs(z_score((counts - mean) ** 2, mean)) < Z_MAX


def test_a_higher_rate_keeps_the_jumps_of_a_lower_one() -> None:
    u = uniforms(1, "jumps", first=0, count=50, shape=(100, 1))
    fewer, more = (jump_counts(u, np.array([mean])) for mean in (0.3, 0.5))
    assert (more >= fewer).all()
    assert more.sum() > fewer.sum()


def test_the_largest_uniform_ends_the_count() -> None:
    assert jump_counts(np.array([1 - 2**-53]), np.array([100.0]))[0] < 1000


def test_too_many_jumps_a_step_are_refused() -> None:
    with pytest.raises(InputError, match="take shorter steps"):
        jump_counts(np.zeros((1, 1)), np.array([100.1]))


@pytest.mark.parametrize(
    ("law", "mean", "square"),
    [
        (NORMAL, -0.1, 0.1**2 + 0.08**2),
        (DOUBLE, 0.3 * 0.05 - 0.7 * 0.08, 2 * (0.3 * 0.05**2 + 0.7 * 0.08**2)),
    ],
)
def test_the_sum_of_jumps_is_compound_poisson(law: MertonJumps, mean: float, square: float) -> None:
    # Two steps of 20 days hold 2.7 jumps each: ranks beyond the first count.
    year = 20 / 365
    moves = jump_moves([law], "jumps", Paths(("X",), 3, first=0, count=4000, n_steps=2, step_s=year * YEAR_S))
    for step in (0, 1):
        found = moves[:, step, 0]
        assert abs(z_score(found, 50 * year * mean)) < Z_MAX
        assert abs(z_score((found - 50 * year * mean) ** 2, 50 * year * square)) < Z_MAX


@pytest.mark.parametrize("law", [NORMAL, DOUBLE])
@pytest.mark.parametrize("beta", [0.5, 1.0, 2.0])
def test_growth_is_the_mean_of_the_jump_factor(law: MertonJumps, beta: float) -> None:
    sizes = type(law).sizes([law] * 400, np.random.default_rng(5), 500)
    assert abs(z_score(np.exp(beta * sizes).ravel(), 1 + law.growth(beta))) < Z_MAX


def test_the_loss_of_a_delayed_liquidation_is_that_of_the_merton_series() -> None:
    # LT .9, bonus .06, vol 1, 50 jumps a year of log mean -.1 and sd .08, 6 h: the series below.
    tau, lt, bonus = 6 / 8760, 0.9, 0.06
    model = Merton(assets={"X": Diffusion(vol=1.0)}, jumps={"X": NORMAL})
    moves = np.concatenate(
        [
            draw(model, assets=("X",), first=first, count=50_000, n_steps=1, step_s=6 * HOUR)[:, 0, 0]
            for first in range(0, 100_000, 50_000)
        ]
    )
    loss = np.maximum(0.0, 1 - np.exp(moves) / (lt * (1 + bonus)))
    assert abs(z_score(loss, merton_lgd(tau, lt, bonus))) < Z_MAX


def test_the_series_gives_the_published_value_of_one_hour() -> None:
    # models.json lgd_merton_1h
    assert merton_lgd(1 / 8760, 0.9, 0.06) == pytest.approx(0.00034887461418721817, abs=1e-9)


def merton_lgd(tau: float, lt: float, bonus: float) -> float:
    """Sum over the number of jumps of the put on a price with that many."""
    expected, growth = 50 * tau, exp(-0.1 + 0.08**2 / 2) - 1
    total = 0.0
    for number in range(60):
        v = sqrt(tau + number * 0.08**2)
        forward = exp(-expected * growth + number * (-0.1 + 0.08**2 / 2)) / (lt * (1 + bonus))
        d1 = (np.log(forward) + v * v / 2) / v
        put = erfc((d1 - v) / sqrt(2)) / 2 - forward * erfc(d1 / sqrt(2)) / 2
        total += exp(-expected) * expected**number / factorial(number) * put
    return total


def test_a_jump_of_the_market_moves_each_asset_by_its_beta() -> None:
    assets = {
        "A": Diffusion(vol=0.0),
        "B": Diffusion(vol=0.0, jump_beta=-0.5),
        "C": Diffusion(vol=0.0, jump_beta=0.0),
    }
    model = Kou(
        assets=assets, common=KouJumps(rate_per_year=2000, up_share=0.3, up_mean=0.05, down_mean=0.08)
    )
    moves = draw(model, assets=("A", "B", "C"))
    growth = np.array([model.common.growth(beta) for beta in (1.0, -0.5, 0.0)]) if model.common else 0.0
    jumps = moves + 2000 / 8760 * np.arange(1, 13)[:, None] * growth
    assert np.abs(jumps[:, -1, 0]).max() > 0.1
    assert np.allclose(jumps[:, :, 1], -0.5 * jumps[:, :, 0])
    assert np.allclose(jumps[:, :, 2], 0.0)


@pytest.mark.parametrize("beta", [10.0, -3.0])
def test_a_beta_that_makes_the_mean_infinite_is_refused(beta: float) -> None:
    law = KouJumps(rate_per_year=1, up_share=0.5, up_mean=0.2, down_mean=0.5)
    with pytest.raises(InputError, match="expected it between -2 and 5"):
        law.growth(beta)


def test_kou_jumps_up_without_a_mean_are_refused() -> None:
    with pytest.raises(ValidationError, match="up_mean"):
        KouJumps(rate_per_year=1, up_share=0.5, up_mean=1.0, down_mean=0.5)


def test_jumps_are_rare_events_of_a_day() -> None:
    model = Merton(
        assets={"X": Diffusion(vol=0.0)}, jumps={"X": MertonJumps(rate_per_year=365, mean=-0.1, sd=0.0)}
    )
    moves = draw(model, assets=("X",), count=20_000, n_steps=1, step_s=DAY)[:, 0, 0]
    jumps = np.rint((moves - 365 / 365 * (1 - exp(-0.1))) / -0.1)
    assert abs(z_score(jumps, 1.0)) < Z_MAX
    assert np.allclose(moves, -0.1 * jumps + (1 - exp(-0.1)))
