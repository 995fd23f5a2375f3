"""The picture of a storm."""

from __future__ import annotations

from seawall.allocation.storm import STORM_RULES, run_storm
from seawall.report.storm_figures import SAID, storm_comparison
from tests.allocation.test_storm import FALL, small


def test_the_picture_shows_every_wave_and_every_rule() -> None:
    outcomes = [run_storm(small(FALL), rule) for rule in STORM_RULES]
    figure = storm_comparison(outcomes, title="drill", note="by hand")
    removed, needed, *bars = figure.data
    assert list(removed.x) == [1]
    assert (removed.y[0], needed.y[0]) == (24 / 10**6, 7 / 10**6)
    assert all(list(bar.y) == [SAID[rule] for rule in STORM_RULES] for bar in bars)
    assert list(bars[1].text) == ["2", "1", "2", "3", "3", "3"]
    said = [note.text for note in figure.layout.annotations]
    assert any("drill" in text for text in said)
    assert "by hand" in said
