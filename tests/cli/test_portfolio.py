"""Portfolios on the command line: exposures of a scan, and the scenario that a requirement answers for."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.command import ROOT, seawall

OPTIONS = ROOT / "examples/snapshot-options"
PERPETUALS = ROOT / "examples/snapshot-exchange"


def test_a_scan_tells_exposures_by_underlying() -> None:
    (row,) = json.loads(seawall("scan", OPTIONS, "--json").stdout)["exposures"]
    assert (row["underlying"], row["accounts"], row["unpriced"]) == ("BTC", 4, 0)
    for name in ("delta", "gamma", "vega"):
        long, short = float(row[name]["long"]), float(row[name]["short"])
        assert long == pytest.approx(-short), "the example holds both sides"
        assert long > 0
    # 20 perpetuals at 84,500, 60 options at a forward of 85,000 and 10 worth a coin each.
    assert float(row["notional"]) == pytest.approx(20 * 84_500 + 60 * 85_000 + 10 * 84_500)


def test_exposures_are_shown_per_percent_and_point() -> None:
    found = json.loads(seawall("scan", OPTIONS, "--json").stdout)["exposures"][0]
    shown = next(
        line.split() for line in seawall("scan", OPTIONS).stdout.splitlines() if line.startswith("BTC ")
    )
    assert float(shown[2].replace(",", "")) == pytest.approx(float(found["delta"]["long"]) / 100, abs=1)
    assert float(shown[6].replace(",", "")) == pytest.approx(float(found["vega"]["long"]) / 100, abs=1)


def test_a_book_without_options_says_nothing_of_exposures() -> None:
    assert json.loads(seawall("scan", PERPETUALS, "--json").stdout)["exposures"] == []
    assert "exposures" not in seawall("scan", PERPETUALS).stdout


def test_the_worst_scenario_stands_in_scan_and_explanation(tmp_path: Path) -> None:
    rows = json.loads(seawall("scan", OPTIONS, "--drop", "0.3", "--json").stdout)["worst"]
    told = {row["account"]: row["worst_scenario"] for row in rows}
    assert told["writer"] == "BTC: price -50 %, volatility +38 %, 35 % of the loss"
    seawall("resolve", OPTIONS, "--drop", "0.3", "--out", tmp_path / "run", "--quiet")
    assert (
        f"the requirement answers for {told['writer']}"
        in seawall("explain", tmp_path / "run", "writer").stdout
    )
    assert "answers for" not in seawall("explain", tmp_path / "run", "desk").stdout
