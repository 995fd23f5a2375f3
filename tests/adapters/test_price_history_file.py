"""Files of prices over time: what is read, and every way in which they can be wrong."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

import numpy as np
import pytest

from seawall.adapters.price_history_file import read_price_paths
from seawall.errors import InputError, MissingData

DATED = """time,asset,price
2025-10-10T21:01:00Z,WETH,4000.25
2025-10-10T21:00:00Z,WETH,4120.5
2025-10-10T21:00:00Z,WBTC,118000
2025-10-10T21:01:00Z,WBTC,115000
"""


def written(folder: Path, text: str) -> Path:
    path = folder / "prices.csv"
    path.write_text(text, encoding="utf-8")
    return path


def test_rows_in_any_order_are_a_history(tmp_path: Path) -> None:
    (found,) = read_price_paths(written(tmp_path, DATED))
    assert found.assets == ("WBTC", "WETH")
    assert found.times_s.tolist() == [1760130000.0, 1760130060.0]
    assert found.prices.tolist() == [[118000.0, 4120.5], [115000.0, 4000.25]]
    assert found.step_s == 60


def test_paths_come_in_order_of_their_number(tmp_path: Path) -> None:
    text = "path,time_s,asset,price\n7,0,A,1\n7,5,A,2\n2,0,A,4\n2,9,A,3\n"
    low, high = read_price_paths(written(tmp_path, text))
    assert low.times_s.tolist() == [0.0, 9.0]
    assert high.prices.tolist() == [[1.0], [2.0]]


def test_parquet_says_the_same_as_csv(tmp_path: Path) -> None:
    pa = pytest.importorskip("pyarrow", reason="needs the extra data")
    pq = pytest.importorskip("pyarrow.parquet", reason="needs the extra data")
    rows = [line.split(",") for line in DATED.splitlines()[1:]]
    columns = {
        "time": pa.array([row[0] for row in rows]),
        "asset": pa.array([row[1] for row in rows]),
        "price": pa.array([Decimal(row[2]) for row in rows], pa.decimal128(30, 6)),
    }
    pq.write_table(pa.table(columns), tmp_path / "prices.parquet")
    (table,), (text,) = (
        read_price_paths(path) for path in (tmp_path / "prices.parquet", written(tmp_path, DATED))
    )
    assert table.assets == text.assets
    assert np.array_equal(table.prices, text.prices)
    assert np.array_equal(table.times_s, text.times_s)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time,asset,price\n", "holds no prices"),
        ("time,asset\n", "needs a column price"),
        ("asset,price\nA,1\n", "needs one of time, time_s"),
        ("time,time_s,asset,price\n", "are rivals"),
        ("time,asset,price,volume\n", "no column 'volume'"),
        ("time_s,asset,price\n0,A,0\n60,A,1\n", "prices.csv:row 2:price: is 0, expected a number above zero"),
        ("time_s,asset,price\n0,A,-1\n60,A,1\n", "row 2:price: is '-1'"),
        ("time_s,asset,price\n0,A,nan\n60,A,1\n", "expected a finite number"),
        ("time_s,asset,price\n0,A,one\n60,A,1\n", "expected a decimal number"),
        ("time_s,asset,price\n0,A,\n60,A,1\n", "row 2:price: is empty"),
        ("time_s,asset,price\n,A,1\n60,A,1\n", "row 2:time_s: is empty: when"),
        ("time_s,asset,price\n0,,1\n60,A,1\n", "row 2:asset"),
        ("time,asset,price\n1760130000,A,1\n", "may count seconds or milliseconds"),
        ("time_s,asset,price\n0,A,1\n0,A,2\n", "stands in row 2 already"),
        ("time_s,asset,price\n0,A,1\n60,A,2\n0,B,1\n", "path 0 has no price of 'B' at 60 s"),
        ("time_s,asset,price\n0,A,1\n", "path 0 has one time"),
    ],
)
def test_what_is_wrong_is_told_with_its_place(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_price_paths(written(tmp_path, text))
    assert message in str(caught.value)


def test_all_that_is_wrong_is_told_at_once(tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_price_paths(written(tmp_path, "time_s,asset,price\n0,A,0\nx,A,1\n60,A,-5\n"))
    assert len(caught.value.problems) == 3


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(MissingData, match="does not exist"):
        read_price_paths(tmp_path / "prices.csv")
    with pytest.raises(InputError):
        read_price_paths(tmp_path)
