"""The page of a simulation: what it draws, and that nothing from an input becomes code."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from seawall.analysis.order_statistics import proportion_interval
from seawall.errors import InputError
from seawall.report.path_figures import price_fan
from seawall.report.simulation_figures import at_risk, exceedance, layer_use, loss_distribution
from seawall.report.simulation_folder import is_simulation, write_simulation
from seawall.report.simulation_page import render_simulation
from seawall.runs.bad_debts import BAD_DEBTS
from seawall.runs.folder import sha256_of
from seawall.runs.simulation_summary import PathLosses
from seawall.simulation.totals import MICRO, PathTotals
from tests.report.pages import close_sound, opened
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
    band, curve = figure.data
    assert list(zip(curve.x, curve.y, strict=True)) == [(400, 20), (200, 40), (100, 60)]
    low, high = proportion_interval(1, 5)
    assert (band.y[0], band.y[-1]) == pytest.approx((100 * high, 100 * low))


def test_a_path_counts_for_its_weight_in_every_picture() -> None:
    """The fifth of five paths stands for two, the first for none."""
    losses, weights = np.array([50.0, 0.0, 100.0, 200.0, 400.0]), np.array([0.0, 1.0, 1.0, 1.0, 2.0])
    figure = exceedance({"asked of a fund": losses}, held=0, currency="USD", weights=weights)
    band, curve = figure.data
    assert list(zip(curve.x, curve.y, strict=True))[:3] == [(400, 40), (200, 60), (100, 80)]
    assert figure.layout.yaxis.range[0] == pytest.approx(np.log10(40), abs=0.06)  # the largest stands for 2
    half = 1.959964 * np.sqrt((4 / 5 - 0.4**2) / 5)
    assert band.y[0] == pytest.approx(100 * (0.4 + half))
    bars = loss_distribution(losses, {"var": {}, "es": {}}, held=0, currency="USD", weights=weights)
    assert (sum(bars.data[0].y), bars.data[0].y[-1]) == pytest.approx((80, 40))
    shares = layer_use(
        losses, np.column_stack([losses * 0.5, losses * 0, losses * 0]), LAYERS, losses * 0.5,
        currency="USD", weights=weights,
    )  # fmt: skip
    assert shares.data[0].y == pytest.approx([50.0] * 3)  # the path of weight zero has no bar


def test_liquidations_at_risk_are_marked_apart() -> None:
    totals = some_totals(0, 12_000)
    found = summary_of(totals)["at_risk"]["liquidated"]
    figure = at_risk(totals.value("repaid"), found, currency="USD")
    said = [note.text for note in figure.layout.annotations]
    assert any(text.startswith("LaR 99 % 3.49 M") for text in said)


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
    drawn = at_risk(calm.value("repaid"), {"var": {}}, currency="USD")
    assert drawn.layout.annotations[0].text.startswith("no path")


def test_a_name_from_an_input_never_becomes_code() -> None:
    totals = some_totals(0, 30)
    evil = "</script><script>alert(1)</script>"
    summary = {**summary_of(totals), "scenario": evil, "venue": evil}
    summary["layers"][0]["layer"] = evil
    layers = [layer.model_copy(update={"name": evil}) for layer in LAYERS]
    page = render_simulation(summary, totals, some_scenario(30), layers)
    assert "<script>alert" not in page
    assert "alert(1)" in page


def test_every_bad_debt_is_told_with_the_prices_it_is_counted_at() -> None:
    totals = some_totals(0, 30)
    page = render_simulation(summary_of(totals), totals, some_scenario(30), LAYERS)
    for told in BAD_DEBTS.values():
        assert f'{told.label}<br><small class="soft">at {told.basis} prices</small>' in page


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


CASCADE: dict[str, Any] = {
    "window": 0.05,
    "levels": [0.05, 0.2],
    "markets": ["ETH", "BTC"],
    "directions": {
        "fall": {
            "radius": 1.25,
            "matrix": [[1.25, 0.0], [0.5, 0.1]],
            "own": [1.25, 0.1],
            "critical_depth": 1.25,
            "together": [0.2, 0.7],
            "profile": [[1.25, 0.4], [0.1, 0.0]],
            "feeds_itself_from": [0.05, None],
            "sold": [["1000000.00", "3000000.00"], ["5000.00", "6000.00"]],
            "room": [["800000.00", "2500000.00"], [None, None]],
            "traded": [["1200000.00", "3400000.00"], ["5000.00", "6000.00"]],
            "recognised": [["0.00", "10.00"], ["0.00", "0.00"]],
        }
    },
}
HEALTH: dict[str, Any] = {
    "from": [0.0, 1.0, 1.1, 2.0],
    "value": ["10.00", "30.00", "40.00", "20.00"],
    "accounts": [1, 2, 3, 4],
}
PICTURES = (
    *("loss_distribution", "exceedance", "layer_use", "at_risk", "fund_fan", "first_times"),
    *("losses_over_time", "fall_and_loss", "price_fan", "branching_fall", "branching_profile"),
    *("forced_sales", "health_histogram"),
)


@pytest.mark.browser
@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_the_page_draws_all_pictures_offline(width: int, scheme: str, tmp_path: Path, browser: Any) -> None:
    totals = some_totals(0, 300)
    summary = summary_of(totals, cascade=CASCADE, health=HEALTH) | {"fund_value": "500.00"}
    path = tmp_path / "report.html"
    path.write_text(render_simulation(summary, totals, some_scenario(300), LAYERS), encoding="utf-8")
    tab = opened(browser, path, width=width, scheme=scheme, pictures=PICTURES)
    assert tab.evaluate("document.querySelectorAll('.js-plotly-plot').length") == len(PICTURES)
    assert tab.evaluate("document.querySelectorAll('#first_times .scatterlayer .trace').length") == 3
    said = tab.inner_text("main")
    close_sound(tab, path)
    assert "Near: a fall of 5\u00a0% feeds itself, branching ratio 1.25." in said
    assert "A fall of ETH alone feeds itself on its way to 5\u00a0%." in said
