"""The pictures hold the numbers of the run, and nothing that the run does not say."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import Any

import pytest

from seawall.core.event import Event
from seawall.report.figures import loss_waterfall, shock_curve
from seawall.report.palette import GREY, RED, SLATE, TEAL
from seawall.resolution import resolve
from seawall.runs.drops import Drop, Drops
from seawall.runs.summary import summarise
from tests.worlds import alice_long_1_btc_bob_short, exchange_terms


def drops(*, fund: int = 50, broken: Fraction | None = Fraction(15, 100), chosen: str = "0.2") -> Drops:
    rows = tuple(
        Drop(
            Fraction(number, 10),
            number,
            Fraction(1000 * number),
            Fraction(100 * number),
            Fraction(40 * number),
            (),
        )
        for number in range(4)
    )
    return Drops(rows, Fraction(chosen), Fraction(fund), broken, "USDT")


def texts(figure: Any) -> list[str]:
    return [note.text for note in figure.layout.annotations]


def test_the_curve_stacks_what_users_bear_on_what_funds_pay() -> None:
    risk, covered, users = shock_curve(drops()).data
    assert list(risk.y) == [0, 1000, 2000, 3000]
    assert list(covered.y) == [0, 40, 80, 120]
    assert list(users.y) == [0, 60, 120, 180]
    assert covered.stackgroup == users.stackgroup != risk.stackgroup
    assert (covered.line.color, users.line.color, risk.line.color) == (TEAL, RED, GREY)


def test_the_curve_marks_the_fund_the_break_point_and_the_run() -> None:
    told = texts(shock_curve(drops()))
    assert {"fund cash 50", "fund dry at 15 %", "this run 20 %"} <= set(told)


def test_a_curve_of_both_directions_tells_rises_from_falls() -> None:
    risen = Drop(Fraction(-1, 5), 3, Fraction(500), Fraction(70), Fraction(20), ())
    found = drops()
    both = replace(
        found, rows=(risen, *found.rows), rise_break_point=Fraction(12, 100), rise_break_asset="USDT"
    )
    figure = shock_curve(both)
    assert list(figure.data[0].x) == [-20, 0, 10, 20, 30]
    assert figure.layout.xaxis2.range == (-20, 30)
    assert list(figure.layout.xaxis2.ticktext) == ["20 %", "10 %", "0 %", "10 %", "20 %"]
    assert "rise" in figure.layout.xaxis2.title.text
    assert {"fund dry at 12 %", "fund dry at 15 %"} <= set(texts(figure))
    assert [shape.x0 for shape in figure.layout.shapes if shape.line.dash == "dot"] == [15, -12]
    assert "rise" not in shock_curve(found).layout.xaxis2.title.text


def test_a_curve_without_fund_break_point_or_shock_marks_none() -> None:
    told = " ".join(texts(shock_curve(drops(fund=0, broken=None, chosen="0"))))
    assert "fund" not in told.replace("paid by funds", "")
    assert "this run" not in told


def test_a_curve_of_a_calm_book_can_be_drawn() -> None:
    calm = Drops(
        (Drop(Fraction(0), 0, Fraction(0), Fraction(0), Fraction(0), ()),), Fraction(0), Fraction(0), None
    )
    assert shock_curve(calm).layout.yaxis2.range[1] > 0


def waterfall(btc: int, fund_usdt: int) -> tuple[dict[str, Any], Any]:
    book, market = alice_long_1_btc_bob_short(btc, fund_usdt=fund_usdt)
    summary = summarise(resolve(book, market, exchange_terms(), Event("e")))
    return summary, loss_waterfall(summary)


def test_the_waterfall_goes_from_the_loss_to_nothing() -> None:
    summary, figure = waterfall(46_000, 100)
    assert figure.data[0].x[0] == pytest.approx(float(summary["totals"]["loss"]))
    covered = sum(bar.x[0] for bar in figure.data if bar.marker.color == TEAL)
    users = sum(bar.x[0] for bar in figure.data if bar.marker.color == RED)
    spared = sum(bar.x[0] for bar in figure.data if bar.marker.color == GREY)
    assert figure.data[0].marker.color == SLATE
    assert covered == pytest.approx(float(summary["totals"]["covered"]))
    assert users == pytest.approx(float(summary["totals"]["to_users"]))
    assert covered + users + spared == pytest.approx(figure.data[0].x[0])
    assert min(bar.base[0] for bar in figure.data) == pytest.approx(0, abs=1e-9)


def test_a_waterfall_without_a_loss_can_be_drawn() -> None:
    _, figure = waterfall(50_000, 100)
    assert [bar.x[0] for bar in figure.data] == [0]
