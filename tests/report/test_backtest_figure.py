"""The picture of a backtest."""

from __future__ import annotations

import numpy as np

from seawall.report.backtest_figure import backtest_figure
from seawall.runs.backtest import Backtest
from seawall.runs.published_falls import PublishedFall

FALL = PublishedFall(
    title="a fall",
    day="2025-01-01",
    supplied_usd=1e9,
    borrowed_usd=1e8,
    falls={"ETH": 0.2},
    width=0.01,
    ramp_s={"ETH": 60},
    horizon_s=600,
    step_s=60,
    liquidated_all_usd=3e6,
    deficit_usd=0.0,
    sources=("by hand",),
)


def test_the_picture_shows_the_whole_then_each_earlier_fall_and_what_happened() -> None:
    paths = np.array([1e6, 2e6, 4e6, 8e6])
    names = np.array(["first", "first", "second", "second"])
    found = Backtest(FALL, names, paths, paths * 0, paths * 0)
    figure = backtest_figure([found], title="drill", note="by hand")
    lines = [list(item.x) for item in figure.data if item.mode == "lines"]
    assert lines == [[1e6, 8e6], [1e6, 2e6], [4e6, 8e6]]
    assert list(figure.layout.yaxis.ticktext) == ["<b>a fall</b>", "as on first", "as on second"]
    assert list(figure.data[-1].x) == [3e6] * 3
    assert figure.data[-1].text[0] == "$3.00 M"
    said = " ".join(note.text for note in figure.layout.annotations)
    assert "drill" in said
    assert "by hand" in said
