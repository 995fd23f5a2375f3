"""The page opens in a real browser, draws both pictures, and asks nobody for anything."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from seawall.adapters.snapshot import load_snapshot
from seawall.report.html import lots, render, verdict, with_commas
from seawall.report.shocks import shock_table
from seawall.resolution import Event, resolve
from seawall.runs.summary import summarise
from tests.worlds import alice_long_1_btc_bob_short, exchange_terms

EXAMPLES = Path(__file__).parents[2] / "examples"


def page(name: str) -> str:
    book, market, terms = load_snapshot(EXAMPLES / name)
    done = resolve(book, market, terms, Event("<script>alert(1)</script>"))
    return render(done, summarise(done), shock_table(book, market, terms))


@pytest.mark.browser
@pytest.mark.parametrize(("name", "width"), [("aave-crv-2022", 1120), ("nasdaq-clearing-2018", 400)])
def test_the_page_draws_both_pictures_offline(
    name: str, width: int, tmp_path: Path, chromium_launch: dict[str, Any]
) -> None:
    from playwright.sync_api import sync_playwright

    path = tmp_path / "report.html"
    path.write_text(page(name), encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(**chromium_launch)
        tab = browser.new_page(viewport={"width": width, "height": 900})
        errors: list[str] = []
        requests: list[str] = []
        tab.on("pageerror", lambda error: errors.append(str(error)))
        tab.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
        tab.on("request", lambda request: requests.append(request.url))
        tab.goto(path.as_uri())
        tab.wait_for_selector("#loss_waterfall .main-svg")
        tab.wait_for_selector("#shock_curve .main-svg")
        too_wide = tab.evaluate("document.documentElement.scrollWidth > window.innerWidth")
        browser.close()
    assert errors == []
    assert requests == [path.as_uri()]
    assert not too_wide


def test_texts_of_the_input_are_escaped() -> None:
    text = page("nasdaq-clearing-2018")
    assert "<script>alert(1)" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_the_verdict_names_who_bears_the_loss() -> None:
    def said(btc: int, fund_usdt: int) -> str:
        book, market = alice_long_1_btc_bob_short(btc, fund_usdt=fund_usdt)
        return verdict(summarise(resolve(book, market, exchange_terms(), Event("e"))))

    assert said(50_000, 0) == "No account is under water."
    assert said(46_000, 5000).startswith("The loss is covered: insurance_fund paid")
    assert said(46_000, 0).startswith("The loss reaches users: adl bore it; 1 accounts")


@pytest.mark.parametrize(
    ("value", "shown"),
    [("0", "0"), ("12", "12"), ("12.345", "12.35"), ("1234.5", "1,234"), ("0.00012", "0.00012")],
)
def test_numbers_are_written_for_people(value: str, shown: str) -> None:
    assert with_commas(value) == shown


def test_long_lists_of_lots_are_cut() -> None:
    assert lots({"A": "1", "B": "2", "C": "3", "D": "4"}) == "1 A, 2 B, 3 C and 1 more"
