"""One band a rule, all of the same area: the picture says what the comparison says."""

from __future__ import annotations

from typing import Any

import pytest

from seawall.allocation.cases import Case
from seawall.allocation.compare import Comparison, compare
from seawall.report.allocation_figures import STEPS_MAX, haircut_bands
from seawall.report.palette import RED, TEAL
from tests.allocation.test_compare import CASE, pro_rata, queue


def comparison(case: Case = CASE) -> Comparison:
    return compare({"pro_rata": pro_rata, "queue": queue}, case, sybil_trials=0)


def area(traces: list[Any]) -> float:
    """Of closed staircases: width [% of capital] times height [%]."""
    return sum(
        (x1 - x0) * (y0 + y1) / 2
        for trace in traces
        for x0, x1, y0, y1 in zip(trace.x, trace.x[1:], trace.y, trace.y[1:], strict=False)
    )


def bands(figure: Any) -> dict[str, list[Any]]:
    found: dict[str, list[Any]] = {}
    for trace in figure.data:
        found.setdefault(trace.yaxis, []).append(trace)
    return found


def test_every_band_has_the_area_of_the_loss() -> None:
    """60 of 200 is 30 %, over the whole width of 100 %."""
    found = bands(haircut_bands(comparison()))
    assert set(found) == {"y", "y2"}
    for traces in found.values():
        assert area(traces) == pytest.approx(30 * 100)


def test_capital_that_is_taken_whole_is_red() -> None:
    even, queued = bands(haircut_bands(comparison())).values()
    assert [trace.line.color for trace in even] == [TEAL]
    assert [trace.line.color for trace in queued] == [RED, TEAL]
    assert max(queued[0].x) == 25  # ben's 50 of 200


def test_the_figures_stand_beside_their_rule() -> None:
    texts = [note.text for note in haircut_bands(comparison(), title="a bad day").layout.annotations]
    assert texts.index("<b>pro rata</b>") < texts.index("<b>queue</b>")
    assert "<b>a bad day</b>" in texts
    assert {"30 %", "100 %", "0.70"} <= set(texts)


def test_many_accounts_are_drawn_in_a_few_hundred_steps_of_the_same_area() -> None:
    sizes = tuple(1000 + 7 * number % 997 for number in range(5000))
    case = Case(sum(sizes) // 2, sizes, (), sizes, sizes)
    loss = sum(queue(case)) / sum(sizes)

    def halves(item: Case) -> list[int]:
        return [int(size) * place // len(item.sizes) for place, size in enumerate(item.sizes)]

    found = compare({"queue": queue, "halves": halves}, case, sybil_trials=0)
    queued, slope = bands(haircut_bands(found)).values()
    assert area(queued) == pytest.approx(100 * 100 * loss)
    assert area(slope) == pytest.approx(100 * 100 * sum(halves(case)) / sum(sizes))
    assert sum(len(trace.x) for trace in slope) <= 2 * STEPS_MAX + 4


def test_no_rule_at_all_is_an_empty_picture() -> None:
    assert not haircut_bands(compare({}, CASE)).data
