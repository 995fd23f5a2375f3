"""One bar a venue: right part less left part is the hole, the same for all."""

from __future__ import annotations

import itertools

import pytest

from seawall.adapters.snapshot import read_snapshot
from seawall.core.event import Event
from seawall.report.venue_figures import ACCOUNTS, venue_comparison
from seawall.resolution import resolve
from seawall.runs.venue_comparison import VenueComparison, compare_venues
from tests.cli.command import EXAMPLES
from tests.worlds import borrower, lending_book, lending_market, lending_terms


@pytest.fixture(scope="module")
def comparison() -> VenueComparison:
    names = ("generic_lending", "aave_v3_7")
    parts = [read_snapshot(EXAMPLES / "snapshot-lending", rulebook=name).parts() for name in names]
    return compare_venues([resolve(*each, Event("now")) for each in parts])


def test_bars_of_a_venue_sum_to_the_hole_before(comparison: VenueComparison) -> None:
    figure = venue_comparison(comparison, title="a morning")
    for item in comparison.outcomes:
        bars = [bar for bar in figure.data if bar.type == "bar" and bar.y[0] == item.resolution.terms.title]
        assert sum(bar.x[0] for bar in bars) == pytest.approx(item.hole_before, abs=0.02)
        right = sorted((bar.base[0], bar.x[0]) for bar in bars if bar.x[0] > 0)
        for (start, length), (following, _) in itertools.pairwise(right):
            assert start + length == pytest.approx(following)


def test_each_account_has_a_dot_of_every_venue(comparison: VenueComparison) -> None:
    dots = [trace for trace in venue_comparison(comparison, title="").data if trace.type == "scatter"]
    assert [list(trace.y) for trace in dots] == [["ann"], ["ann"]]
    assert dots[0].x[0] > dots[1].x[0] > 0


def test_of_many_accounts_the_widest_apart_are_drawn_and_the_rest_counted() -> None:
    """At 1,300 an ETH every one of twenty is called, and one venue closes all, the other half."""
    accounts = [borrower(f"b{n:02}", eth=10**18, usdc_debt=(1045 + n) * 10**6) for n in range(20)]
    book, market = lending_book(*accounts), lending_market(1300)
    resolutions = [
        resolve(book, market, lending_terms(name), Event("now"))
        for name in ("generic_lending", "aave_v3_0_2")
    ]
    figure = venue_comparison(compare_venues(resolutions), title="")
    assert len(figure.data[-1].y) == ACCOUNTS
    assert any("and 8 more" in note.text for note in figure.layout.annotations)


def test_when_nothing_differs_there_is_no_lower_panel() -> None:
    terms, book = lending_terms(), lending_book(borrower("a", eth=10**18))
    same = compare_venues([resolve(book, lending_market(), terms, Event("now"))] * 2)
    assert not [trace for trace in venue_comparison(same, title="").data if trace.type == "scatter"]
