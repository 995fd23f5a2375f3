"""What holds for every price model."""

from __future__ import annotations

import json

import numpy as np
import pytest
from pydantic import TypeAdapter, ValidationError

from seawall.errors import InputError, MissingData
from seawall.simulation.paths import Given, PriceModel
from tests.simulation.paths.worlds import DAY, KINDS, MODELS, Z_MAX, draw, z_score

ADAPTER = TypeAdapter(PriceModel)
WITH_MEAN = {"WBTC": 0.1, "WETH": -0.2}


@pytest.mark.parametrize("kind", KINDS)
def test_paths_do_not_depend_on_their_chunk(kind: str) -> None:
    whole = draw(MODELS[kind])
    parts = [draw(MODELS[kind], first=first, count=count) for first, count in ((0, 4), (4, 6))]
    assert whole.shape == (10, 12, 2)
    assert whole.dtype == np.float64
    assert np.array_equal(whole, np.concatenate(parts))


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "given"])
def test_another_seed_draws_other_paths(kind: str) -> None:
    assert not np.isclose(draw(MODELS[kind]), draw(MODELS[kind], seed=12)).any()


@pytest.mark.parametrize("kind", KINDS)
def test_a_longer_path_begins_with_the_shorter_one(kind: str) -> None:
    assert np.array_equal(draw(MODELS[kind], n_steps=40)[:, :12], draw(MODELS[kind]))


@pytest.mark.parametrize("kind", ["gbm", "merton", "kou", "hawkes"])
def test_the_mean_price_grows_by_mu(kind: str) -> None:
    moves = draw(MODELS[kind], count=4000, n_steps=6, step_s=5 * DAY)
    for column, mu in enumerate(WITH_MEAN.values()):
        for step in (0, 5):
            truth = np.exp(mu * (step + 1) * 5 / 365)
            assert abs(z_score(np.exp(moves[:, step, column]), truth)) < Z_MAX


@pytest.mark.parametrize("kind", KINDS)
def test_a_model_is_read_back_from_its_own_settings(kind: str) -> None:
    model = MODELS[kind]
    again = ADAPTER.validate_python(json.loads(model.model_dump_json()))
    assert type(again) is type(model)
    assert np.array_equal(draw(again), draw(model))


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_asset_is_named(kind: str) -> None:
    with pytest.raises(MissingData, match=r"no (settings for|prices of) 'DOGE'"):
        draw(MODELS[kind], assets=("WBTC", "DOGE"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"n_steps": 0}, "n_steps is 0"),
        ({"step_s": 0.0}, "step_s is 0.0"),
        ({"step_s": float("nan")}, "step_s is nan"),
        ({"first": -1}, "path number is -1"),
        ({"assets": ("WBTC", "WBTC")}, "named twice"),
    ],
)
def test_numbers_out_of_range_are_refused(kind: str, changed: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        draw(MODELS[kind], **changed)


def test_models_that_differ_in_their_jumps_share_the_brownian_moves() -> None:
    merton = MODELS["merton"]
    calm = merton.model_copy(update={"jumps": {}})
    bare = calm.model_copy(update={"common": None})
    of_market = draw(calm) - draw(bare)
    own = draw(merton) - draw(calm)
    # What is left is jumps and the drift they are given for: linear in time where none happened.
    drift = np.diff(own[:, :, 1], axis=1)
    assert np.isclose(drift, np.median(drift)).mean() > 0.9
    assert np.allclose(own[:, :, 0], 0.0)
    assert np.allclose(of_market[:, :, 1] - 1.5 * of_market[:, :, 0], (np.arange(12) + 1) * LINE)


LINE = 100 / 8760 * (1.5 * (np.exp(-0.03 + 0.0002) - 1) - (np.exp(1.5 * -0.03 + 1.5**2 * 0.0002) - 1))


def test_no_path_is_drawn_for_no_path() -> None:
    for model in MODELS.values():
        assert draw(model, count=0).shape == (0, 12, 2)


def test_a_kind_that_is_not_there_is_refused_with_those_that_are() -> None:
    with pytest.raises(ValidationError, match="'gbm', 'merton'"):
        ADAPTER.validate_python({"kind": "levy"})


def test_given_paths_go_round() -> None:
    given = MODELS["given"]
    assert isinstance(given, Given)
    assert np.array_equal(draw(given, first=0)[0], draw(given, first=2)[0])
    assert not np.array_equal(draw(given, first=0)[0], draw(given, first=1)[0])
