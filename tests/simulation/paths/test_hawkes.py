"""Self-exciting jumps: counts by branching ratio, clusters in time, and an exact mean price."""

from __future__ import annotations

from math import exp, log

import numpy as np
import pytest
from numpy.typing import NDArray
from pydantic import ValidationError

from seawall.errors import InputError
from seawall.simulation.paths import Clusters, Diffusion, Hawkes
from seawall.simulation.paths.hawkes import _expected, cluster_times
from seawall.simulation.streams import StreamFamily
from tests.simulation.paths.worlds import DAY, HOUR, Z_MAX, draw, z_score


def law(**changed: float) -> Clusters:
    settings = {"rate_per_year": 730.0, "branching": 0.6, "half_life_s": 4 * HOUR, "mean": -0.02, "sd": 0.01}
    return Clusters(**settings | changed)


def counts(clusters: Clusters, days: float, n_paths: int) -> NDArray[np.float64]:
    family = StreamFamily(5, "clusters")
    return np.array(
        [
            len(cluster_times(clusters, generator, days / 365)[0])
            for generator in family.paths(range(n_paths))
        ],
        float,
    )


@pytest.mark.parametrize("branching", [0.0, 0.3, 0.8])
def test_there_are_rate_over_one_minus_branching_jumps(branching: float) -> None:
    found = counts(law(branching=branching), 3, 4000)
    assert abs(z_score(found, 730 * 3 / 365 / (1 - branching))) < Z_MAX


def test_from_the_base_rate_the_intensity_grows_to_its_mean() -> None:
    # E N(T) = m T + (a - m)(1 - exp(-b (1 - n) T)) / (b (1 - n)), m = a / (1 - n)
    base, n, days = 730 / 365, 0.6, 1.0
    fade = log(2) * 6 * (1 - n)
    truth = base / (1 - n) * days + (base - base / (1 - n)) * (1 - exp(-fade * days)) / fade
    assert abs(z_score(counts(law(start_per_year=730.0), days, 6000), truth)) < Z_MAX


def test_without_branching_jumps_come_as_poisson() -> None:
    found = counts(law(branching=0.0), 3, 4000)
    assert abs(z_score((found - found.mean()) ** 2, 6.0)) < Z_MAX


def test_over_a_long_time_counts_vary_by_the_square_of_clustering() -> None:
    # Var N(T) / E N(T) -> 1 / (1 - n)^2 for T much longer than a cluster.
    found = counts(law(branching=0.5, half_life_s=0.05 * HOUR), 20, 1500)
    assert abs(z_score((found - found.mean()) ** 2 / found.mean(), 4.0)) < Z_MAX


def test_the_intensity_integrated_is_the_count_expected() -> None:
    # Jumps less their compensator are a martingale; and the closed form is a sum over all pasts.
    clusters, family = law(start_per_year=1500.0), StreamFamily(6, "clusters")
    ends = np.arange(1, 9) / 8 / 365
    surplus = []
    for generator in family.paths(range(3000)):
        at, called = cluster_times(clusters, generator, ends[-1])
        expected = _expected(clusters, at, called, ends)
        since = np.maximum(0.0, ends[:, None] - at[None, :])
        slow = 730 * ends - 770 / clusters.decay * np.expm1(-clusters.decay * ends)
        slow -= 0.6 * np.expm1(-clusters.decay * since).sum(axis=1)
        assert np.allclose(expected, slow, rtol=1e-9)
        surplus.append(len(at) - expected[-1])
    assert abs(z_score(np.array(surplus), 0.0)) < Z_MAX


def test_a_shorter_path_has_the_same_first_jumps() -> None:
    family = StreamFamily(5, "clusters")
    long, _ = cluster_times(law(), family.path(3), 60 / 365)
    short, _ = cluster_times(law(), family.path(3), 30 / 365)
    assert len(long) > len(short) > 64
    assert np.array_equal(long[: len(short)], short)


def test_jumps_move_every_asset_by_its_beta() -> None:
    # Two assets tell jumps J and compensator E apart: -E g(1) + J and -E g(2) + 2 J.
    assets = {"A": Diffusion(vol=0.0), "B": Diffusion(vol=0.0, jump_beta=2.0)}
    model = Hawkes(assets=assets, clusters=law(sd=0.0, rate_per_year=20_000.0))
    moves = draw(model, assets=("A", "B"), n_steps=200, step_s=60.0)
    ratio = model.clusters.growth(2.0) / model.clusters.growth(1.0)
    jumps = (moves[:, :, 1] - ratio * moves[:, :, 0]) / (2 - ratio) / -0.02
    assert np.allclose(jumps, np.rint(jumps), atol=1e-9)
    assert 50 < jumps[:, -1].sum() < 500
    assert (np.diff(jumps, axis=1) > -1e-9).all()


def test_a_start_below_the_rate_is_refused() -> None:
    with pytest.raises(ValidationError, match=r"start_per_year 1.0 is below rate_per_year 730.0"):
        law(start_per_year=1.0)


@pytest.mark.parametrize("branching", [1.0, -0.1])
def test_a_storm_without_end_is_refused(branching: float) -> None:
    with pytest.raises(ValidationError, match="branching"):
        law(branching=branching)


def test_too_many_jumps_are_refused() -> None:
    with pytest.raises(InputError, match="lower the rate"):
        draw(
            Hawkes(assets={"A": Diffusion(vol=0.0)}, clusters=law(rate_per_year=1e5)),
            assets=("A",),
            step_s=365 * DAY,
        )
