"""Published tables of deleveraged users: what is read from floats, and what is wrong with them."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import pytest

from seawall.adapters.adl_users import is_adl_file, read_adl_users
from seawall.errors import InputError

HEAD = (
    "user,adl_notional,closed_pnl,leverage_realtime,pnl_percent,account_value_realtime,"
    "is_negative_equity,num_adl_events\n"
)
ROWS = (
    "0xa,1000.123456789,400.5,2.25,66.1,900.0,False,3\n"
    "0xb,500,100.0000005,10.5,25,100.25,False,1\n"
    "0xc,80,-20,0.5,-25,10,False,1\n"
    "0xd,10,5,1e-05,3,-60.5,True,1\n"
)


def table(folder: Path, rows: str = ROWS) -> Path:
    path = folder / "users.csv"
    path.write_text(HEAD + rows)
    return path


def test_winners_weigh_what_they_realised_and_deficits_add_up(tmp_path: Path) -> None:
    found = read_adl_users(table(tmp_path))
    assert found.payers.ids == ["0xa", "0xb", "0xc", "0xd"]
    assert found.payers.weights == [400_500_000, 100_000_001, 0, 0]
    assert found.payers.caps == [400_500_000, 100_000_001, 0, 0]
    assert found.payers.caused_by == {"0xd"}
    assert found.notional[0] == 1_000_123_457
    assert found.deficit == 60_500_000
    assert found.problems == ()


def test_nobody_is_asked_for_more_than_its_equity(tmp_path: Path) -> None:
    found = read_adl_users(table(tmp_path, ROWS.replace("100.25", "7.5")))
    assert found.payers.caps[1] == 7_500_000


def test_the_score_is_leverage_times_profit_in_percent(tmp_path: Path) -> None:
    scores = read_adl_users(table(tmp_path)).payers.scores
    assert scores == [148_725 * 10**15, 262_500 * 10**15, -12_500 * 10**15, 30_000_000_000_000]


def test_the_leverage_goes_along_and_floats_near_zero_are_read(tmp_path: Path) -> None:
    """As printed by published tables: seventeen digits behind an exponent."""
    rows = ROWS.replace("400.5,2.25,", "400.5,1.6718632465575394e-12,").replace("-20,0.5", "-20,-0.5")
    payers = read_adl_users(table(tmp_path, rows)).payers
    assert payers.leverages_ppm == [0, 10_500_000, 0, 10]
    assert payers.scores is not None
    assert payers.scores[0] == round(Fraction("1.6718632465575394e-12") * Fraction("66.1") * 10**18)


def test_deficits_equal_to_the_last_digit_are_told(tmp_path: Path) -> None:
    twice = "0xe,10,0.0,2005.3,0,-60.5,True,2\n"
    found = read_adl_users(table(tmp_path, ROWS + twice))
    assert [item.code for item in found.problems] == ["deficit_repeated"]
    assert "2 users owe 60.5" in found.problems[0].message
    assert found.deficit == 121_000_000


def test_a_flag_that_contradicts_the_equity_is_told(tmp_path: Path) -> None:
    found = read_adl_users(table(tmp_path, ROWS.replace("-60.5,True", "-60.5,False")))
    assert [(item.code, item.severity) for item in found.problems] == [("flag_contradicts", "warning")]


@pytest.mark.parametrize(
    ("old", "new", "code", "place"),
    [
        ("400.5", "nan", "not_finite", "row 2:closed_pnl"),
        ("400.5", "inf", "not_finite", "row 2:closed_pnl"),
        ("400.5", "", "missing_value", "row 2:closed_pnl"),
        ("400.5", "lots", "not_a_number", "row 2:closed_pnl"),
        ("0xb", "0xa", "duplicate", "row 3"),
        ("1000.123456789", "-1", "negative_amount", "row 2:adl_notional"),
        ("False,3", "maybe,3", "flag_invalid", "row 2:is_negative_equity"),
        ("False,3", "False,1.5", "not_an_integer", "row 2:num_adl_events"),
    ],
)
def test_a_bad_cell_is_told_with_its_place(tmp_path: Path, old: str, new: str, code: str, place: str) -> None:
    with pytest.raises(InputError) as caught:
        read_adl_users(table(tmp_path, ROWS.replace(old, new, 1)))
    problem = caught.value.problems[0]
    assert problem.code.startswith(code)
    assert place in problem.where


def test_only_such_a_head_is_taken_for_one(tmp_path: Path) -> None:
    assert is_adl_file(table(tmp_path))
    (tmp_path / "other.csv").write_text("account,weight\na,1\n")
    assert not is_adl_file(tmp_path / "other.csv")
    assert not is_adl_file(tmp_path / "none.csv")
