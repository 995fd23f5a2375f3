"""What a simulation comes to: who bore what, what a fund needs, and what too few paths cannot say."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from seawall.core.terms import Terms
from seawall.runs.path_table import path_columns, write_paths
from seawall.runs.simulation_summary import PathLosses, simulation_summary, walks_missing
from seawall.simulation.totals import COUNTS, MICRO, MONEY, PathTotals
from tests.runs.storms import MARKETS, some_scenario, some_terms, some_totals
from tests.worlds import borrower, lending_book, lending_market


def summary_of(totals: PathTotals, **more: Any) -> dict[str, Any]:
    book, market = lending_book(borrower("alice", eth=2, usdc_debt=1000)), lending_market()
    terms = some_terms()
    return simulation_summary(
        totals,
        book=book,
        market=market,
        terms=terms,
        scenario=some_scenario(len(totals)),
        layers=terms.waterfall,
        **more,
    )


def test_a_fund_is_asked_for_what_it_paid_and_what_reached_users() -> None:
    losses = PathLosses.of(some_totals(0, 40), some_terms().waterfall)
    assert losses.needed[[0, 1, 3, 39]].tolist() == [100, 0, 400, 4000]
    assert losses.to_users[[0, 1, 3, 39]].tolist() == [0, 0, 0, 3500]


def test_what_members_bear_is_not_asked_of_a_fund() -> None:
    members = {"name": "members", "kind": "stability_pool", "account": "pool"}
    fund, _, last = some_terms().model_dump()["waterfall"]
    layers = some_terms().model_dump() | {"waterfall": [fund, members, last]}
    losses = PathLosses.of(some_totals(0, 40), Terms.build(layers).waterfall)
    assert losses.needed[39] == 4000 - 1000
    assert losses.to_users[39] == 2500


def test_what_each_layer_bore_is_told() -> None:
    found = summary_of(some_totals(0, 30))
    fund, holders, rest = found["layers"]
    assert [row["layer"] for row in found["layers"]] == ["fund", "holders", "unassigned"]
    assert fund["prob_used"] == pytest.approx(1 / 3)
    assert (fund["max"], holders["max"], rest["max"]) == ("500.00", "1000.00", "1300.00")
    assert sum(row["share"] for row in found["layers"]) == pytest.approx(1)
    assert float(fund["mean_when_used"]) == pytest.approx(3 * float(fund["mean"]), abs=0.02)


def test_figures_that_paths_cannot_back_are_refused_and_told_so() -> None:
    found = summary_of(some_totals(0, 12_000))
    tail = found["fund_needed"]
    assert tail["var"]["0.99"]["value"] == "1163800.00"
    low, high = (float(tail["var"]["0.99"][end]) for end in ("low", "high"))
    assert low < 1163800 < high
    assert tail["var"]["0.999"]["paths_needed"] == 100_000
    assert "value" not in tail["es"]["0.999"]
    said = "A fund of 1.16 M USD would have been enough in 99 % of paths"
    assert found["verdict"].startswith(said)
    assert found["verdict"].endswith("The 99.9 % figure takes 100,000 paths.")


def test_a_storm_without_a_loss_asks_for_nothing() -> None:
    calm = PathTotals.empty(0, 50, assets=1, layers=3, drivers=MARKETS, n_steps=24)
    calm.counts[:, 4:] = -1
    found = summary_of(calm)
    assert found["verdict"] == "No path of 50 leaves a loss: nothing would be asked of a fund."
    assert found["worst"] == []
    assert found["first"]["loss"] == {"share": 0.0, "median_s": None, "earliest_s": None}


def test_worst_paths_come_worst_first_with_their_prices() -> None:
    worst = summary_of(some_totals(0, 40))["worst"]
    assert [row["path"] for row in worst][:3] == [39, 36, 33]
    assert worst[0]["moves"]["ETH"] == pytest.approx(np.expm1(-0.39))
    assert worst[0]["first_loss_s"] == (39 % 24 + 1) * 3600


def test_the_time_to_the_first_loss_is_that_of_paths_with_one() -> None:
    found = summary_of(some_totals(0, 30))["first"]["loss"]
    # Steps 0, 0, 3, 3, 6, 9, ...: half of those that lose have lost by the end of step 6.
    assert found == {"share": 1 / 3, "median_s": 7 * 3600, "earliest_s": 3600}


def test_a_path_that_counts_for_two_is_as_good_as_two() -> None:
    twice = PathTotals.joined([some_totals(0, 30), replace(some_totals(0, 30), first=30)])
    once = replace(some_totals(0, 30), drawn=60, number=2 * np.arange(30), weight=np.full(30, 2.0))
    one, other = summary_of(once, levels=[0.7]), summary_of(twice, levels=[0.7])
    assert (one["paths"], one["walked"], other["walked"]) == (60, 30, 60)
    for name in ("layers", "income", "fund_low", "first", "markets"):
        assert one[name] == other[name], name
    assert one["fund_needed"]["prob_any"]["value"] == pytest.approx(other["fund_needed"]["prob_any"]["value"])


def test_the_mean_of_a_layer_when_used_is_within_what_it_gave_whatever_weights_add_up_to() -> None:
    plain = some_totals(0, 30)
    totals = replace(plain, weight=np.where(plain.layers[:, 0] > 0, 1.3, 0.85))
    for one, other in zip(summary_of(totals)["layers"], summary_of(plain)["layers"], strict=True):
        assert float(one["mean_when_used"]) <= float(one["max"])
        assert one["max"] == other["max"]


@pytest.mark.parametrize(("walked", "is_told"), [(79, True), (80, False), (81, False), (240, False)])
def test_fewer_walks_than_a_screen_was_asked_for_are_told(walked: int, is_told: bool) -> None:
    said = walks_missing({"walks_asked": 100, "walked": walked})
    assert bool(said) == is_told
    assert not is_told or said.startswith("100 were asked for, but the screen cannot tell most paths apart")
    assert not walks_missing({"walks_asked": None, "walked": walked})


def test_what_people_did_is_told_where_they_did_anything() -> None:
    totals = some_totals(0, 40)
    totals.counts[:] = 0
    assert summary_of(totals)["flows"] == {}
    totals.money[3, MONEY.index("withdrawn")] = 80 * MICRO
    totals.counts[5, COUNTS.index("longest_exit_steps")] = 7
    found = summary_of(totals)["flows"]
    assert list(found) == ["withdrawn", "longest_exit_steps"]
    assert (found["withdrawn"]["mean"], found["withdrawn"]["max"]) == ("2.00", "80.00")
    assert found["longest_exit_steps"]["max"] == "7.00"


def test_the_order_of_chunks_changes_nothing() -> None:
    parts = [some_totals(20, 20), some_totals(0, 20)]
    assert summary_of(PathTotals.joined(parts)) == summary_of(some_totals(0, 40))


def test_every_path_stands_in_the_table_exactly(tmp_path: Any) -> None:
    from pyarrow import parquet

    totals = some_totals(7, 30)
    totals.money[0, 0] = 2**53 + 1
    name = write_paths(tmp_path, totals, ["fund", "holders", "rest"], ["ETH", "BTC"])
    table = parquet.read_table(tmp_path / name)
    columns = path_columns(["fund", "holders", "rest"], ["ETH", "BTC"])
    assert table.column_names == [column.name for column in columns]
    assert all(column.doc for column in columns)
    assert table["path"].to_pylist() == list(range(7, 37))
    assert table[f"{MONEY[0]}_micro"][0].as_py() == 2**53 + 1
    assert table["layer_fund_micro"].to_pylist() == totals.layers[:, 0].tolist()
    assert max(table["recognised_micro"].to_pylist()) == 3700 * MICRO
    assert table["end_move_BTC"].to_pylist() == totals.end_move[:, 1].tolist()


def test_the_table_is_written_without_pyarrow_too(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "pyarrow", None)
    name = write_paths(tmp_path, some_totals(0, 4), ["fund", "holders", "rest"], ["ETH", "BTC"])
    lines = (tmp_path / name).read_text().splitlines()
    assert name == "paths.csv"
    assert lines[0].split(",")[:3] == ["path", "weight", "mark_gap_oracle_micro"]
    assert [line.split(",")[0] for line in lines[1:]] == ["0", "1", "2", "3"]
