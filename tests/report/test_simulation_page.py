"""The page of a simulation: what it draws, and that nothing from an input becomes code."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from seawall.errors import InputError
from seawall.report.path_figures import price_fan
from seawall.report.simulation_figures import at_risk, exceedance, layer_use, loss_distribution
from seawall.report.simulation_folder import is_simulation, write_simulation
from seawall.report.simulation_page import render_simulation
from seawall.runs.folder import sha256_of
from seawall.runs.simulation_summary import PathLosses
from seawall.simulation.totals import MICRO, PathTotals
from tests.runs.storms import MARKETS, some_scenario, some_terms, some_totals
from tests.runs.test_simulation_summary import summary_of

LAYERS = some_terms().waterfall


def test_bars_of_the_distribution_are_the_share_of_paths_with_a_loss() -> None:
    needed = PathLosses.of(some_totals(0, 12_000), LAYERS).needed
    found = summary_of(some_totals(0, 12_000))["fund_needed"]
    figure = loss_distribution(needed, found, held=5000.0, currency="USD")
    assert sum(figure.data[0].y) == pytest.approx(100 / 3)
    said = [note.text for note in figure.layout.annotations]
    assert any(text.startswith("VaR 99 % 1.16 M") for text in said)
    assert "held 5.00 k" in said
    assert not any("99.9" in text for text in said)


def test_the_curve_says_how_many_paths_lose_at_least_as_much() -> None:
    losses = np.array([0.0, 0.0, 100.0, 200.0, 400.0])
    figure = exceedance({"asked of a fund": losses, "reaches users": losses * 0}, held=0, currency="USD")
    (curve,) = figure.data
    assert list(zip(curve.x, curve.y, strict=True)) == [(400, 20), (200, 40), (100, 60)]


def test_layers_share_each_bar_whole() -> None:
    totals = some_totals(0, 300)
    figure = layer_use(
        totals.value("recognised"), totals.layers / MICRO, LAYERS, totals.value("uncovered"), currency="USD"
    )
    assert [trace.name for trace in figure.data] == ["fund", "holders", "uncovered"]
    assert np.allclose(np.sum([trace.y for trace in figure.data], axis=0), 100)
    first, last = figure.data[0].y[0], figure.data[0].y[-1]
    assert first > last


def test_the_fan_holds_the_paths_and_the_worst_one() -> None:
    moves = np.linspace(-0.1, 0.1, 101)[:, None, None] * np.ones((1, 24, 2))
    figure = price_fan(moves, ["ETH", "BTC"], step_s=3600, worst=-0.5 * np.ones((24, 2)))
    wide, half, median, worst = figure.data[:4]
    assert min(wide.y) == pytest.approx(100 * np.expm1(-0.09))
    assert max(half.y) == pytest.approx(100 * np.expm1(0.05))
    assert median.y[-1] == pytest.approx(0, abs=1e-9)
    assert worst.y[-1] == pytest.approx(100 * np.expm1(-0.5))


def test_a_storm_without_a_loss_is_drawn_as_that() -> None:
    calm = PathTotals.empty(0, 50, assets=1, layers=3, drivers=MARKETS, n_steps=24)
    calm.counts[:, 4:] = -1
    page = render_simulation(summary_of(calm), calm, some_scenario(50), LAYERS)
    assert "no path leaves a loss" in page
    assert at_risk(calm.value("repaid"), currency="USD").layout.annotations[0].text.startswith("no path")


def test_a_name_from_an_input_never_becomes_code() -> None:
    totals = some_totals(0, 30)
    evil = "</script><script>alert(1)</script>"
    summary = {**summary_of(totals), "scenario": evil, "venue": evil}
    summary["layers"][0]["layer"] = evil
    layers = [layer.model_copy(update={"name": evil}) for layer in LAYERS]
    page = render_simulation(summary, totals, some_scenario(30), layers)
    assert "<script>alert" not in page
    assert "alert(1)" in page


def test_the_folder_holds_hashes_of_all_its_files_and_is_never_replaced_unasked(tmp_path: Path) -> None:
    totals = some_totals(0, 30)

    def write(target: Path, *, force: bool = False) -> None:
        write_simulation(
            target,
            totals,
            summary_of(totals),
            scenario=some_scenario(30),
            scenario_text="title = 'x'\n",
            layers=LAYERS,
            manifest={"seed": 0},
            force=force,
        )

    write(tmp_path / "run")
    manifest = json.loads((tmp_path / "run/manifest.json").read_text())
    names = {"paths.parquet", "report.html", "scenario.toml", "summary.json"}
    assert set(manifest["files"]) == names
    assert all(sha256_of(tmp_path / "run" / name) == known for name, known in manifest["files"].items())
    assert is_simulation(tmp_path / "run")
    with pytest.raises(InputError, match="exists"):
        write(tmp_path / "run")
    write(tmp_path / "run", force=True)
    write(tmp_path / "again")
    for name in (*names, "manifest.json"):
        assert (tmp_path / "run" / name).read_bytes() == (tmp_path / "again" / name).read_bytes(), name
