"""A table survives its file: every text comes back, and no spreadsheet computes it."""

from __future__ import annotations

import sys
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.errors import InputError, UnsupportedFeature
from seawall.runs.table_file import (
    Column,
    Table,
    escaped,
    find_row,
    read_csv,
    unescaped,
    write_best,
    write_csv,
)

COLUMNS = (Column("name"), Column("units", "raw"), Column("health", "number"))
ROW = {"name": "=1+1", "units": "-123456789012345678901234567890", "health": 0.5}


def one(rows: list[dict[str, object]]) -> Table:
    return Table("people", COLUMNS, rows)


@given(st.text())
def test_a_text_comes_back_as_it_was(text: str) -> None:
    assert unescaped(escaped(text)) == text


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_text_that_a_spreadsheet_would_compute_gets_an_apostrophe(start: str) -> None:
    assert escaped(f"{start}cmd") == f"'{start}cmd"


@given(st.lists(st.text(st.characters(exclude_categories=["Cs"])), max_size=5))
def test_a_csv_comes_back_as_it_was(names: list[str]) -> None:
    import tempfile

    rows: list[dict[str, object]] = [{"name": name, "units": "-7", "health": ""} for name in names]
    with tempfile.TemporaryDirectory() as folder:
        write_csv(Path(folder), one(rows))
        assert read_csv(Path(folder) / "people.csv", COLUMNS) == rows


def test_numbers_are_not_quoted_and_an_empty_table_keeps_its_header(tmp_path: Path) -> None:
    write_csv(tmp_path, one([ROW]))
    assert (tmp_path / "people.csv").read_text() == f"name,units,health\n'=1+1,{ROW['units']},0.5\n"
    write_csv(tmp_path, one([]))
    assert read_csv(tmp_path / "people.csv", COLUMNS) == []


def test_parquet_keeps_integers_exact_and_floats_as_floats(tmp_path: Path) -> None:
    from pyarrow import parquet

    assert write_best(tmp_path, one([dict(ROW)])) == "people.parquet"
    (row,) = parquet.read_table(tmp_path / "people.parquet").to_pylist()
    assert row == {"name": "=1+1", "units": Decimal(str(ROW["units"])), "health": 0.5}


def test_an_empty_parquet_table_keeps_its_columns(tmp_path: Path) -> None:
    from pyarrow import parquet

    write_best(tmp_path, one([]))
    assert parquet.read_schema(tmp_path / "people.parquet").names == ["name", "units", "health"]


def test_without_pyarrow_a_table_is_csv_and_is_found_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    assert write_best(tmp_path, one([ROW])) == "people.csv"
    found = find_row(tmp_path, "people", COLUMNS, "name", "=1+1")
    assert found == {"name": "=1+1", "units": ROW["units"], "health": "0.5"}
    assert find_row(tmp_path, "people", COLUMNS, "name", "nobody") is None


def test_a_parquet_table_without_pyarrow_names_the_extra(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_best(tmp_path, one([dict(ROW)]))
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    with pytest.raises(UnsupportedFeature, match=r"seawall\[data\]"):
        find_row(tmp_path, "people", COLUMNS, "name", "=1+1")


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "does not start with"),
        (b"name,other\n", "does not start with"),
        (b"name,units,health\na,b\n", "row 2: expected 3 cells"),
        (b"name,units,health\n\xff,1,2\n", "cannot be read"),
        (b'name,units,health\n"a,1,2\n', "cannot be read"),
    ],
)
def test_a_damaged_table_is_bad_input_and_says_where(content: bytes, says: str, tmp_path: Path) -> None:
    (tmp_path / "people.csv").write_bytes(content)
    with pytest.raises(InputError, match=says):
        read_csv(tmp_path / "people.csv", COLUMNS)


def test_a_damaged_parquet_file_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "people.parquet").write_bytes(b"PAR1 no table")
    with pytest.raises(InputError, match="cannot be read"):
        find_row(tmp_path, "people", COLUMNS, "name", "x")
