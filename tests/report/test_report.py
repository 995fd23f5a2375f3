"""The page opens in a real browser, draws both pictures, and asks nobody for anything."""

from __future__ import annotations

import re
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from seawall.adapters.snapshot import load_snapshot
from seawall.core.event import Event
from seawall.report.html import index_page, lots, render, with_commas
from seawall.report.palette import DARK
from seawall.resolution import resolve
from seawall.runs.drops import drop_table
from seawall.runs.shock import Shock
from seawall.runs.summary import About, summarise
from tests.report.pages import close_sound, opened

EXAMPLES = Path(__file__).parents[2] / "examples"
HOSTILE = "<script>alert(1)</script>"


def summary_and_page(
    name: str, *, drop: Fraction = Fraction(0), venue: str = ""
) -> tuple[dict[str, Any], str]:
    book, market, terms = load_snapshot(EXAMPLES / name)
    book = replace(book, venue=venue or book.venue)
    event = Event(HOSTILE)
    drops = drop_table(book, market, terms, event, chosen=drop)
    done = resolve(book, Shock(drop).apply(book, market), terms, event)
    summary = summarise(done, drops, about=About(drop=drop, is_synthetic=True))
    return summary, render(summary, drops)


@pytest.mark.browser
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(
    ("name", "drop", "width"),
    [("snapshot-exchange", "0.1", 1120), ("snapshot-lending", "0.3", 400), ("aave-crv-2022", "0", 400)],
)
def test_the_page_draws_both_pictures_offline(
    name: str, drop: str, width: int, scheme: Any, tmp_path: Path, browser: Any
) -> None:
    path = tmp_path / "report.html"
    path.write_text(summary_and_page(name, drop=Fraction(drop))[1], encoding="utf-8")
    tab = opened(browser, path, width=width, scheme=scheme, pictures=("shock_curve", "loss_waterfall"))
    areas = tab.evaluate("document.querySelectorAll('#shock_curve .scatterlayer path.js-fill').length")
    bars = tab.evaluate("document.querySelectorAll('#loss_waterfall .barlayer .point').length")
    close_sound(tab, path)
    assert areas == 3
    assert bars >= 2


def test_texts_of_the_input_are_escaped() -> None:
    _, page = summary_and_page("snapshot-lending", venue='"><img src=x onerror=alert(2)>')
    assert HOSTILE not in page
    assert "&lt;script&gt;alert(1)" in page
    assert "<img" not in page
    assert "<title>&#34;&gt;&lt;img" in page


def test_a_text_in_a_picture_cannot_end_its_script() -> None:
    summary, _ = summary_and_page("snapshot-lending")
    book, market, terms = load_snapshot(EXAMPLES / "snapshot-lending")
    summary["base_currency"] = "</script><b>"
    page = render(summary, drop_table(book, market, terms, Event("e")))
    assert "</script><b>" not in page
    assert "\\u003c/script>" in page


def test_a_synthetic_venue_says_so_on_the_page() -> None:
    summary, page = summary_and_page("snapshot-exchange")
    assert summary["synthetic"]
    assert "synthetic data: no real account" in page
    assert "synthetic data" in index_page({"exchange": summary}, "Runs")


def test_the_page_explains_every_word_it_uses_for_a_table() -> None:
    _, page = summary_and_page("snapshot-exchange", drop=Fraction(1, 10))
    told = set(re.findall(r"<dt>([^<]+)</dt><dd>", page))
    assert told >= {"at risk", "default", "layer", "charge", "spared", "uncovered", "adl", "mutualise"}


def test_every_table_has_heads_for_its_columns_and_rows() -> None:
    _, page = summary_and_page("snapshot-exchange", drop=Fraction(1, 10))
    tables = re.findall(r"<table>.*?</table>", page, flags=re.DOTALL)
    assert len(tables) == 5
    for table in tables:
        assert 'scope="col"' in table
        heads = table.split("</thead>")[0].count("<th ")
        for row in re.findall(r"<tr.*?</tr>", table.split("<tbody>")[1], flags=re.DOTALL):
            if "colspan" not in row:
                assert row.count("<td") + row.count("<th") == heads
                assert 'scope="row"' in row


def luminance(colour: str) -> float:
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("name", ["INK", "SOFT", "TEAL", "RED"])
def test_text_colours_are_readable_on_both_grounds(name: str) -> None:
    from seawall.report import palette

    light = getattr(palette, name)
    assert contrast(light, "#ffffff") >= 4.5
    assert contrast(DARK[light], "#131a20") >= 4.5


def test_swapping_colours_for_a_dark_page_touches_each_once() -> None:
    assert not set(DARK) & set(DARK.values())
    assert len(set(DARK.values())) == len(DARK)


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("0", "0"),
        ("12", "12"),
        ("12.345", "12.35"),
        ("999.99", "999.99"),
        ("1000", "1,000"),
        ("1234.5", "1,234"),
        ("0.00012", "0.00012"),
        ("-4250.5", "-4,250"),
    ],
)
def test_numbers_are_written_for_people(value: str, shown: str) -> None:
    assert with_commas(value) == shown


def test_long_lists_of_lots_are_cut() -> None:
    assert lots({"A": "1", "B": "2", "C": "3", "D": "4"}) == "1 A, 2 B, 3 C and 1 more"
