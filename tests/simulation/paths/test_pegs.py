"""Assets that follow others: growth, straying, breaking, slashing, and chains of them."""

from __future__ import annotations

from math import log

import numpy as np
import pytest
from pydantic import ValidationError

from seawall.errors import MissingData
from seawall.simulation.paths import Diffusion, Gbm, MertonJumps, Peg, Pegged, Slashes
from tests.simulation.paths.worlds import DAY, HOUR, Z_MAX, draw, z_score

BASE = Gbm(assets={"ETH": Diffusion(vol=0.9), "BTC": Diffusion(vol=0.6)})


def pegged(**pegs: Peg) -> Pegged:
    return Pegged(base=BASE, pegs=pegs)


def alone(peg: Peg, *, count: int = 20_000, n_steps: int = 24, step_s: float = HOUR) -> np.ndarray:
    model = pegged(X=peg)
    return draw(model, assets=("X",), count=count, n_steps=n_steps, step_s=step_s)[:, :, 0]


def test_a_tight_peg_moves_with_what_it_follows() -> None:
    model = pegged(stETH=Peg(of="ETH", half_life_s=DAY, rate_per_year=0.03))
    moves = draw(model, assets=("stETH", "ETH"))
    assert np.allclose(moves[:, :, 0] - moves[:, :, 1], 0.03 / 8760 * np.arange(1, 13), rtol=1e-9)
    assert np.array_equal(moves[:, :, 1], draw(BASE, assets=("ETH",))[:, :, 0])


def test_pegs_may_follow_pegs_in_any_order() -> None:
    step, wrapped = (
        Peg(of="ETH", half_life_s=DAY, vol=0.1),
        Peg(of="stETH", half_life_s=DAY, rate_per_year=1.0),
    )
    model = pegged(wstETH=wrapped, stETH=step)
    moves = draw(model, assets=("wstETH", "BTC", "stETH"))
    assert np.allclose(moves[:, :, 0] - moves[:, :, 2], 1 / 8760 * np.arange(1, 13))
    assert model.base_assets(("wstETH", "BTC", "stETH")) == ("ETH", "BTC")
    assert np.array_equal(
        draw(model, assets=("stETH",))[:, :, 0], draw(pegged(stETH=step), assets=("stETH",))[:, :, 0]
    )


def test_a_stable_asset_follows_nothing_but_money() -> None:
    model = pegged(USDC=Peg(half_life_s=DAY))
    assert np.array_equal(draw(model, assets=("USDC",)), np.zeros((10, 12, 1)))


def test_a_discount_halves_in_its_half_life() -> None:
    moves = alone(Peg(half_life_s=6 * HOUR, start_discount=0.08), count=1)
    ratio = log(1 - 0.08) + moves[0]
    assert ratio[5] == pytest.approx(log(0.92) / 2)
    assert ratio[23] == pytest.approx(log(0.92) / 16)


@pytest.mark.parametrize("step_s", [HOUR, 8 * HOUR])
def test_the_ratio_strays_as_an_ornstein_uhlenbeck_process(step_s: float) -> None:
    # Var y(t) = vol^2 (1 - exp(-2 k t)) / (2 k), whatever the step; correlation exp(-k s).
    moves = alone(Peg(half_life_s=12 * HOUR, vol=0.5), step_s=step_s, n_steps=int(24 * HOUR / step_s))
    k = log(2) * 8760 / 12
    for column in (0, -1):
        t = (1 if column == 0 else moves.shape[1]) * step_s / HOUR / 8760
        truth = 0.25 * (1 - np.exp(-2 * k * t)) / (2 * k)
        assert abs(z_score(moves[:, column] ** 2, truth)) < Z_MAX
    before = 0.25 * (1 - np.exp(-2 * k * (t - step_s / HOUR / 8760))) / (2 * k)
    product = moves[:, -1] * moves[:, -2]
    assert abs(z_score(product, before * 2 ** (-step_s / (12 * HOUR)))) < Z_MAX


def test_breaks_come_back_and_slashes_do_not() -> None:
    # Breaks at the end of a step: E y(n) = rate dt m (1 - d^n) / (1 - d), d = 2^(-dt/H).
    breaks = alone(Peg(half_life_s=4 * HOUR, breaks=MertonJumps(rate_per_year=2000, mean=-0.05, sd=0.02)))
    kept = 2**-0.25
    assert abs(z_score(breaks[:, -1], 2000 / 8760 * -0.05 * (1 - kept**24) / (1 - kept))) < Z_MAX
    square = 2000 / 8760 * (0.05**2 + 0.02**2) * (1 - kept**48) / (1 - kept**2)
    assert abs(z_score((breaks[:, -1] - breaks[:, -1].mean()) ** 2, square)) < Z_MAX
    slashes = alone(Peg(half_life_s=4 * HOUR, slashes=Slashes(rate_per_year=2000, share=0.1)))
    assert abs(z_score(slashes[:, -1], 2000 / 365 * log(0.9))) < Z_MAX
    assert (np.diff(slashes, axis=1) <= 0).all()


def test_one_peg_does_not_change_the_chance_of_another() -> None:
    one = {"stETH": Peg(of="ETH", half_life_s=DAY, vol=0.2)}
    two = {**one, "cbBTC": Peg(of="BTC", half_life_s=DAY, vol=0.3)}
    assert np.array_equal(
        draw(pegged(**one), assets=("ETH", "stETH")), draw(pegged(**two), assets=("ETH", "stETH"))
    )
    noise = draw(pegged(**two), assets=("ETH", "BTC", "stETH", "cbBTC"))
    ratios = noise[:, :, 2:] - noise[:, :, :2]
    assert not np.isclose(ratios[:, :, 0] / 0.2, ratios[:, :, 1] / 0.3).any()


def test_pegs_that_go_round_are_refused() -> None:
    with pytest.raises(ValidationError, match="A -> B -> A goes round"):
        pegged(A=Peg(of="B", half_life_s=DAY), B=Peg(of="A", half_life_s=DAY))


def test_a_peg_to_what_is_not_there_is_refused() -> None:
    with pytest.raises(MissingData, match="no settings for 'SOL'"):
        draw(pegged(mSOL=Peg(of="SOL", half_life_s=DAY)), assets=("mSOL",))


@pytest.mark.parametrize("settings", [{"half_life_s": 0.0}, {"half_life_s": 1.0, "start_discount": 1.0}, {}])
def test_settings_out_of_range_are_refused(settings: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Peg(**settings)
