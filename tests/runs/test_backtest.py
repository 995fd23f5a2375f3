"""Backtests: calibrated to earlier falls, compared with a later one."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from pathlib import Path

import numpy as np
import pytest

from seawall.adapters.synthetic_aave import synthetic_aave
from seawall.adapters.synthetic_draws import Venue
from seawall.core.reach import MarketTotals
from seawall.errors import InputError
from seawall.runs.backtest import SHAPES, Backtest, Calibration, Figure, Laws, calibrate, predict
from seawall.runs.published_falls import PublishedFall, read_falls

TEXT = (Path(__file__).parents[2] / "examples" / "backtest" / "falls.toml").read_text(encoding="utf-8")
FALLS = read_falls(TEXT)
EARLIER = ("august-2024", "february-2025")


@cache
def calibrated(name: str, shape: float = 2.0) -> Calibration:
    return calibrate(FALLS[name], shape, synthetic_aave)


@cache
def predicted(seed: int = 7) -> Backtest:
    laws = [calibrated(name) for name in EARLIER]
    return predict(FALLS["october-2025"], laws, synthetic_aave, books=4, paths=3, seed=seed)


@pytest.mark.parametrize("name", EARLIER)
def test_the_calibration_meets_what_each_earlier_fall_seized(name: str) -> None:
    found, fall = calibrated(name), FALLS[name]
    for group, usd in fall.liquidated_usd.items():
        assert found.seized_usd[group] == pytest.approx(usd, rel=0.01)
    assert sum(fall.liquidated_usd.values()) == pytest.approx(fall.liquidated_all_usd, rel=0.001)


@pytest.mark.parametrize("shape", SHAPES)
def test_every_shape_meets_it(shape: float) -> None:
    fall = FALLS["february-2025"]
    found = calibrated("february-2025", shape)
    assert sum(found.seized_usd.values()) == pytest.approx(fall.liquidated_all_usd, rel=0.01)
    assert {law.shape for law in found.laws.values()} == {shape}


def test_the_same_seed_gives_the_same_bytes_and_another_seed_others() -> None:
    first, other = predicted(), predicted(8)
    laws = [calibrated(name) for name in EARLIER]
    again = predict(FALLS["october-2025"], laws, synthetic_aave, books=4, paths=3, seed=7)
    for name in ("liquidated_usd", "deficit_usd", "rows"):
        assert getattr(first, name).tobytes() == getattr(again, name).tobytes()
    assert first.liquidated_usd.tobytes() != other.liquidated_usd.tobytes()


def test_every_book_is_drawn_anew_from_the_seed_and_the_totals_of_before() -> None:
    asked: list[tuple[MarketTotals, int | None]] = []

    def noted(totals: MarketTotals, laws: Laws, reach: Mapping[str, float], seed: int | None) -> Venue:
        asked.append((totals, seed))
        return synthetic_aave(totals, laws, reach, seed)

    laws = [calibrated(name) for name in EARLIER]
    predict(FALLS["october-2025"], laws, noted, books=2, paths=1, seed=40)
    assert asked == [(MarketTotals(72.6e9, 30.5e9), seed) for seed in (40, 41, 42, 43)]


def test_what_happened_does_not_move_the_prediction() -> None:
    changed = {"liquidated_all_usd": 1.0, "deficit_usd": 1e9, "liquidated_usd": {}, "accounts": 3}
    blind = FALLS["october-2025"].model_copy(update=changed)
    laws = [calibrated(name) for name in EARLIER]
    found = predict(blind, laws, synthetic_aave, books=4, paths=3)
    assert found.liquidated_usd.tobytes() == predicted().liquidated_usd.tobytes()
    assert found.deficit_usd.tobytes() == predicted().deficit_usd.tobytes()


def test_a_fall_is_not_predicted_from_itself_or_a_later_one() -> None:
    for name in ("october-2025", "february-2026"):
        late = Calibration(name, FALLS[name].day, 2.0, {}, {})
        with pytest.raises(InputError, match="expected calibrations of before 2025-10-10"):
            predict(FALLS["october-2025"], [late], synthetic_aave)
    with pytest.raises(InputError, match="none at all"):
        predict(FALLS["october-2025"], [], synthetic_aave)


def test_the_interval_excludes_absurd_values() -> None:
    found = predicted().liquidated
    assert 50e6 < found.low < found.median < found.high < 0.1 * FALLS["october-2025"].borrowed_usd


def test_no_fall_liquidates_next_to_nothing() -> None:
    still = FALLS["october-2025"].model_copy(
        update={"falls": dict.fromkeys(("ETH", "BTC", "OTHER"), 0.001), "width": 0.001}
    )
    laws = [calibrated(name) for name in EARLIER]
    found = predict(still, laws, synthetic_aave, books=2, paths=2)
    assert found.liquidated_usd.max() < 0.01 * predicted().liquidated_usd.min()


def test_paths_of_one_earlier_fall_alone_are_a_part_of_all() -> None:
    whole = predicted()
    parts = [whole.only(FALLS[name].title) for name in EARLIER]
    assert [len(part.rows) for part in parts] == [12, 12]
    assert np.concatenate([part.liquidated_usd for part in parts]).tolist() == whole.liquidated_usd.tolist()


def test_accounts_stand_for_as_many_as_the_mean_value_says() -> None:
    found = predicted()
    assert found.accounts(35_000.0).median == pytest.approx(2 * found.accounts(70_000.0).median)
    assert found.accounts(35_000.0).verdict == "not published"


@pytest.mark.parametrize(
    ("happened", "verdict"),
    [(0.9, "missed"), (1.0, "inside"), (3.0, "inside"), (3.1, "missed"), (None, "not published")],
)
def test_the_ends_of_an_interval_are_inside(happened: float | None, verdict: str) -> None:
    assert Figure("x", 1.0, 2.0, 3.0, happened).verdict == verdict


def test_a_fall_without_its_groups_calibrates_nothing() -> None:
    with pytest.raises(InputError, match="liquidated_usd by group is missing"):
        calibrate(FALLS["february-2026"], 2.0, synthetic_aave)


def test_a_bad_file_tells_every_problem_with_its_place() -> None:
    bad = TEXT.replace("width = 0.05", "width = 1.5").replace('day = "2024-08-05"', "")
    with pytest.raises(InputError) as told:
        read_falls(bad, source="falls.toml")
    places = {problem.where for problem in told.value.problems}
    assert places == {"falls.toml:february-2026.width", "falls.toml:august-2024.day"}


def test_the_figures_are_those_of_the_reports() -> None:
    october, january = FALLS["october-2025"], FALLS["february-2026"]
    assert (october.liquidated_all_usd, october.deficit_usd) == (180e6, 400e3)
    assert october.falls["BTC"] == pytest.approx(1 - 102_700 / 116_500, abs=1e-4)
    assert (january.liquidated_all_usd, january.deficit_usd) == (202.47e6, 30e3)
    assert [fall.day for fall in FALLS.values()] == sorted(fall.day for fall in FALLS.values())


def test_groups_that_do_not_agree_are_told() -> None:
    bad = TEXT.replace("ramp_s = { ETH = 1800, BTC = 1800, OTHER = 600 }", "ramp_s = { ETH = 1800 }")
    with pytest.raises(InputError) as told:
        read_falls(bad)
    assert "ramp_s names ['ETH']" in told.value.problems[0].message


def test_the_paths_of_a_fall_go_where_it_went() -> None:
    fall: PublishedFall = FALLS["october-2025"]
    moves = fall.scenario(seed=1, n_paths=200).moves(0, 200)
    ends = 1 - np.exp(moves[:, -1, :].mean(axis=0))
    assert ends.tolist() == pytest.approx([0.20, 0.1185, 0.50], abs=0.005)
    assert moves[:, -1, 0].std() == pytest.approx(fall.width, rel=0.2)
