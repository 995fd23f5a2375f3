"""What is chosen of a path in place of drawn: it decides what it names, and leaves the law as it was."""

from __future__ import annotations

from math import erfc, sqrt

import numpy as np
import pytest
from numpy.typing import NDArray

from seawall.errors import InputError
from seawall.simulation.paths import (
    Correlation,
    Diffusion,
    Gbm,
    Kou,
    KouJumps,
    Merton,
    MertonJumps,
    PathModel,
    Paths,
)
from seawall.simulation.paths.factors import principal_axes
from seawall.simulation.paths.jumps import tilted
from seawall.simulation.paths.model import Chosen, Factors
from tests.simulation.paths.worlds import ASSETS, DAY, HOUR, MODELS, Z_MAX, draw, z_score

CHOOSING = sorted(set(MODELS) - {"filtered_historical", "block_bootstrap", "given"})


def factors_of(model: PathModel, n_steps: int = 12, step_s: float = HOUR) -> Factors:
    return model.factors(ASSETS, n_steps=n_steps, step_s=step_s)


def chosen_from(factors: Factors, rng: np.random.Generator, count: int) -> Chosen:
    """Draw what can be chosen from its own law."""
    normals = rng.standard_normal((count, len(factors.normals)))
    return Chosen(normals, rng.poisson(factors.expected, (count, len(factors.counts))))


def none_of(factors: Factors, count: int = 1) -> Chosen:
    """Choose nothing out of the ordinary: ends in the middle, no jumps."""
    shape = (count, len(factors.counts))
    return Chosen(np.zeros((count, len(factors.normals))), np.zeros(shape, dtype=np.int64))


@pytest.mark.parametrize("kind", CHOOSING)
def test_choosing_by_the_own_law_leaves_the_law_of_the_paths(kind: str) -> None:
    """Mean and variance of every step, of the whole way, and of how assets and steps hang together."""
    model, count = MODELS[kind], 20_000
    factors = factors_of(model)
    chosen = chosen_from(factors, np.random.default_rng(5), count)
    plain, other = draw(model, count=count), draw(model, count=count, seed=12, chosen=chosen)

    def figures(moves: NDArray[np.float64]) -> NDArray[np.float64]:
        steps = np.diff(moves, axis=1, prepend=0)[:, [0, 5, 11]].reshape(count, -1)
        ends = moves[:, -1]
        tied = np.column_stack([ends[:, 0] * ends[:, 1], steps[:, 0] * steps[:, 2], (ends < -0.05)[:, 0]])
        heavy = np.clip(np.hstack([steps, ends]), -0.2, 0.2)  # a square of t moves has no variance
        return np.hstack([heavy, heavy**2, np.clip(tied, -0.02, 0.02)])

    for one, two in zip(figures(plain).T, figures(other).T, strict=True):
        error = sqrt((one.var() + two.var()) / count)
        assert abs(one.mean() - two.mean()) <= Z_MAX * error + 1e-15


@pytest.mark.parametrize("kind", CHOOSING)
def test_paths_with_chosen_factors_do_not_depend_on_their_chunk(kind: str) -> None:
    chosen = chosen_from(factors_of(MODELS[kind]), np.random.default_rng(3), 10)
    whole = draw(MODELS[kind], chosen=chosen)
    parts = [
        draw(
            MODELS[kind],
            first=first,
            count=count,
            chosen=Chosen(chosen.normals[first : first + count], chosen.counts[first : first + count]),
        )
        for first, count in ((0, 1), (1, 9))
    ]
    assert np.array_equal(whole, np.concatenate(parts))


def test_the_first_normals_decide_where_brownian_motion_ends() -> None:
    factors = factors_of(MODELS["gbm"], 16, DAY)
    assert factors == Factors(("way/0", "way/1"))
    chosen = Chosen(np.array([[-2.0, 0.5], [0.0, 0.0]]), np.zeros((2, 0), dtype=np.int64))
    moves = draw(MODELS["gbm"], n_steps=16, step_s=DAY, count=2, chosen=chosen)
    years = 16 / 365
    drift = np.array([0.1 - 0.18, -0.2 - 0.405]) * years
    cov = np.array([[0.36, 0.7 * 0.54], [0.7 * 0.54, 0.81]])
    values, vectors = np.linalg.eigh(cov)
    axes = vectors[:, ::-1] * np.sign(vectors[:, ::-1].sum(axis=0)) * np.sqrt(values[::-1])
    assert np.allclose(moves[:, -1], chosen.normals @ axes.T * sqrt(years) + drift, rtol=1e-10)


def test_the_way_to_a_chosen_end_is_the_drawn_one_tilted() -> None:
    plain = draw(MODELS["gbm"])
    tied = draw(MODELS["gbm"], chosen=chosen_from(factors_of(MODELS["gbm"]), np.random.default_rng(3), 10))
    bent = np.diff(tied - plain, axis=1)
    assert np.allclose(bent, bent[:, :1], atol=1e-13)
    assert abs(bent).min() > 1e-6


def test_the_market_jumps_as_often_and_as_far_as_chosen() -> None:
    """Two jumps of mean -0.03 and sd 0.02, 1.5 standard deviations low in sum; own ones of WETH none."""
    still = {name: Diffusion(vol=0.0, jump_beta=beta) for name, beta in zip(ASSETS, (1.0, 1.5), strict=True)}
    model = MODELS["merton"].model_copy(update={"assets": still})
    factors = factors_of(model)
    assert factors.normals[2:] == ("size/common", "size/own/WETH")
    assert factors.counts == ("common", "own/WETH")
    assert factors.expected == pytest.approx([100 * 12 / 8760, 200 * 12 / 8760])
    quiet = none_of(factors)
    chosen = Chosen(np.array([[0.0, 0.0, -1.5, 0.0]]), np.array([[2, 0]]))
    jumped = draw(model, count=1, chosen=chosen) - draw(model, count=1, chosen=quiet)
    total = 2 * -0.03 - 1.5 * 0.02 * sqrt(2)
    assert jumped[0, -1] == pytest.approx([total, 1.5 * total])
    assert (np.abs(np.diff(jumped[0, :, 0], prepend=0)) > 1e-9).sum() <= 2
    own = Chosen(np.array([[0.0, 0.0, 0.0, 2.0]]), np.array([[0, 1]]))
    jumped = draw(model, count=1, chosen=own) - draw(model, count=1, chosen=quiet)
    assert jumped[0, -1] == pytest.approx([0.0, -0.02 + 2 * 0.03])


@pytest.mark.parametrize("size", [-3.0, -0.2, 0.4, 0.8, 3.0])
def test_a_chosen_exponential_jump_lies_at_the_rank_of_its_normal(size: float) -> None:
    law = KouJumps(rate_per_year=1.0, up_share=0.3, up_mean=0.05, down_mean=0.08)
    jump = law.chosen(1, size, np.random.default_rng(1))[0]
    rank = 0.3 * -np.expm1(-jump / 0.05) + 0.7 if jump > 0 else 0.7 * np.exp(jump / 0.08)
    assert rank == pytest.approx(erfc(-size / sqrt(2)) / 2, abs=1e-12)


def test_jumps_that_are_too_many_to_count_are_drawn() -> None:
    often = MertonJumps(rate_per_year=100_000, mean=-0.001, sd=0.001)
    model = Merton(assets={"WBTC": Diffusion(vol=0.5), "WETH": Diffusion(vol=0.5)}, common=often)
    factors = factors_of(model)
    assert factors.counts == ()
    chosen = none_of(factors, 2_000)
    ends = draw(model, count=2_000, chosen=chosen)[:, -1, 0]
    assert abs(z_score(ends, float(draw(model, count=2_000, seed=3)[:, -1, 0].mean()))) < 2 * Z_MAX
    assert ends.std() == pytest.approx(sqrt(100_000 * 12 / 8760 * 2e-6), rel=0.1)


def test_a_model_without_jumps_up_takes_normals_from_both_ends() -> None:
    law = KouJumps(rate_per_year=1.0, up_share=0.0, up_mean=0.05, down_mean=0.08)
    assert law.chosen(1, 9.0, np.random.default_rng(1))[0] == pytest.approx(0.0, abs=1e-12)
    assert Kou(assets={"X": Diffusion(vol=0.1)}).factors(("X",), n_steps=2, step_s=HOUR).counts == ()


@pytest.mark.parametrize("kind", ["filtered_historical", "block_bootstrap", "given"])
def test_nothing_of_a_history_can_be_chosen(kind: str) -> None:
    chosen = Chosen(np.zeros((10, 2)), np.zeros((10, 0), dtype=np.int64))
    with pytest.raises(InputError, match=f"{kind} takes its paths from a history"):
        draw(MODELS[kind], chosen=chosen)
    with pytest.raises(InputError, match=f"{kind} takes its paths from a history"):
        factors_of(MODELS[kind])


@pytest.mark.parametrize("kind", ["gbm", "merton", "garch_t", "multivariate_t", "t_copula"])
@pytest.mark.parametrize(
    ("normals", "counts", "message"),
    [
        (np.zeros((9, 2)), np.zeros((9, 0), dtype=np.int64), "expected \\(10, "),
        (np.zeros((10, 1)), np.zeros((10, 0), dtype=np.int64), "expected \\(10, "),
        (np.full((10, 2), np.nan), np.zeros((10, 0), dtype=np.int64), "not finite"),
    ],
)
def test_what_is_chosen_for_other_paths_is_refused(
    kind: str, normals: NDArray[np.float64], counts: NDArray[np.int64], message: str
) -> None:
    if kind == "merton":
        normals, counts = np.hstack([normals, normals]), np.full((len(counts), 2), -1)
        message = message.replace("not finite", "negative")
    with pytest.raises(InputError, match=message):
        draw(MODELS[kind], chosen=Chosen(normals, counts))


def test_pegs_and_shocks_hand_on_what_is_chosen() -> None:
    pegged = factors_of(MODELS["pegged"])
    assert pegged.normals == ("way/0", "size/break/WBTC")
    assert pegged.counts == ("break/WBTC",)
    assert pegged.expected == pytest.approx([500 * 12 / 8760])
    assert factors_of(MODELS["shocked"]) == factors_of(MODELS["merton"])
    low, high = (
        draw(
            MODELS["pegged"], count=1, chosen=Chosen(np.array([[end, 0.0]]), np.zeros((1, 1), dtype=np.int64))
        )
        for end in (-1.0, 1.0)
    )
    # WETH carries WBTC along: both are moved by the same.
    assert np.allclose(high[:, :, 0] - low[:, :, 0], high[:, :, 1] - low[:, :, 1])
    assert (high - low)[0, -1, 1] == pytest.approx(2 * 0.9 * sqrt(12 / 8760))


def test_a_peg_breaks_as_often_and_as_far_as_chosen() -> None:
    whole, broken = (
        draw(MODELS["pegged"], count=1, chosen=Chosen(np.array([[0.0, -2.0]]), np.array([[number]])))[0]
        for number in (0, 1)
    )
    assert np.array_equal(whole[:, 1], broken[:, 1])
    fallen = (broken - whole)[:, 0]
    at = int((fallen < 0).argmax())
    assert fallen[at] == pytest.approx(-0.05 - 2 * 0.02)
    assert (fallen[:at] == 0).all()
    assert fallen[at:] == pytest.approx(fallen[at] * 2 ** -(np.arange(12 - at) / 24))  # it comes back


def test_principal_axes_are_those_of_the_covariance_and_rise() -> None:
    names, vols = tuple("ABCDE"), np.array([0.5, 0.9, 0.0, 1.2, 0.7])
    tied = Correlation(between=0.6, pairs={"A/B": 0.2, "D/E": 0.95})
    factor = tied.factor(names)
    axes = principal_axes(factor, vols)
    assert np.allclose(axes.T @ axes, np.eye(5), atol=1e-13)
    moved = vols[:, None] * factor @ axes
    square = moved.T @ moved
    assert np.allclose(square, np.diag(np.diag(square)), atol=1e-13)
    assert np.allclose(np.diag(square), np.linalg.eigvalsh(moved @ moved.T)[::-1], atol=1e-13)
    assert (moved.sum(axis=0) > -1e-13).all()


def test_axes_of_assets_that_move_as_one_are_whole() -> None:
    factor = Correlation(between=1.0).factor(("A", "B", "C"))
    axes = principal_axes(factor, np.ones(3))
    assert np.allclose(axes.T @ axes, np.eye(3), atol=1e-13)
    assert np.allclose((factor @ axes)[:, 0], 1.0)


def test_tilted_normals_sum_to_what_was_chosen() -> None:
    z = np.random.default_rng(1).standard_normal(7)
    assert tilted(z, -1.3).sum() == pytest.approx(-1.3 * sqrt(7))
    assert np.ptp(tilted(z, -1.3) - z) < 1e-14


def test_chosen_ends_keep_one_asset_apart_from_another() -> None:
    model = Gbm(assets={"X": Diffusion(vol=0.5), "Y": Diffusion(vol=1.0)})
    chosen = Chosen(np.array([[1.0, 0.0]]), np.zeros((1, 0), dtype=np.int64))
    ends = model.draw(Paths(("X", "Y"), seed=1, first=0, count=1, n_steps=1, step_s=DAY, chosen=chosen))[0, 0]
    assert ends == pytest.approx([-0.125 / 365, sqrt(1 / 365) - 0.5 / 365])
