"""Parquet that is damaged, lies, or holds what its column must not: one problem, never a traceback."""

from __future__ import annotations

import datetime as dt
import io
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.adapters import load_snapshot, read_snapshot
from seawall.adapters.parquet_table import open_parquet
from seawall.adapters.problem_log import ProblemLog
from seawall.adapters.snapshot_schema import table_named
from seawall.core.money import format_decimal
from seawall.errors import UnsupportedFeature
from tests.adapters.folders import Files, drop, example, put

pa = pytest.importorskip("pyarrow", reason="needs the extra data")
pq = pytest.importorskip("pyarrow.parquet", reason="needs the extra data")

GOOD: dict[str, Any] = {
    "account": ["alice", "alice:eth", "bob", "carol"],
    "asset": ["USDT"] * 4,
    "side": ["cash"] * 4,
    "amount_raw": pa.array([3_000_000_000, 500_250_000, 30_000_000_000, 12_000_000_000]),
}


def parquet(**columns: Any) -> bytes:
    """Balances as a Parquet file, with some columns replaced (None takes one away)."""
    merged = {name: values for name, values in {**GOOD, **columns}.items() if values is not None}
    sink = io.BytesIO()
    pq.write_table(pa.table(merged), sink)
    return sink.getvalue()


def files(data: bytes) -> Files:
    """The exchange example with balances.parquet in place of balances.csv."""
    return {**drop("balances.csv")(example("exchange")), "balances.parquet": data}


def decimals(values: list[str | None], precision: int, scale: int, *, wide: bool = False) -> Any:
    kind = pa.decimal256 if wide else pa.decimal128
    return pa.array([None if text is None else Decimal(text) for text in values], kind(precision, scale))


BIG = "1" + "0" * 32
CASES: list[tuple[str, Callable[[], bytes], str, str]] = [
    ("empty file", lambda: b"", "parquet_unreadable", "balances.parquet"),
    ("no Parquet", lambda: b"account,asset,side,amount\n" * 9, "parquet_unreadable", "balances.parquet"),
    ("cut in the middle", lambda: parquet()[: len(parquet()) // 2], "parquet_unreadable", "balances.parquet"),
    ("cut at the start", lambda: parquet()[200:], "parquet_unreadable", "balances.parquet"),
    ("pages zeroed", lambda: parquet()[:4] + bytes(400) + parquet()[404:], "parquet_unreadable", "balances.parquet"),
    ("floats", lambda: parquet(amount_raw=None, amount=[3000.0, 500.25, 1.0, 2.0]), "float_amount", "balances.parquet:amount"),
    ("float raw amounts", lambda: parquet(amount_raw=[1.0, 2.0, 3.0, 4.0]), "float_amount", "balances.parquet:amount_raw"),
    ("booleans for amounts", lambda: parquet(amount_raw=[True] * 4), "wrong_type", "balances.parquet:amount_raw"),
    ("raw with a scale", lambda: parquet(amount_raw=decimals(["1.5"] * 4, 9, 1)), "wrong_type", "balances.parquet:amount_raw"),
    ("nested", lambda: parquet(amount_raw=[[1]] * 4), "wrong_type", "balances.parquet:amount_raw"),
    ("struct for an id", lambda: parquet(account=[{"id": "a"}] * 4), "wrong_type", "balances.parquet:account"),
    ("bytes for an id", lambda: parquet(account=[b"alice"] * 4), "wrong_type", "balances.parquet:account"),
    ("numbers for ids", lambda: parquet(account=[1, 2, 3, 4]), "wrong_type", "balances.parquet:account"),
    ("numbers for a flag", lambda: parquet(is_collateral=[1, 0, 1, 0]), "wrong_type", "balances.parquet:is_collateral"),
    ("wrong name", lambda: parquet(amount_raw=None, amt=[1] * 4), "unknown_column", "balances.parquet"),
    ("no amounts", lambda: parquet(amount_raw=None), "missing_column", "balances.parquet:amount"),
    ("null amount", lambda: parquet(amount_raw=[1, None, 2, 3]), "missing_value", "balances.parquet:row 2:amount_raw"),
    ("null decimal", lambda: parquet(amount_raw=decimals(["1", "2", None, "3"], 38, 0)), "missing_value", "balances.parquet:row 3:amount_raw"),
    ("nothing but nulls", lambda: parquet(amount_raw=pa.nulls(4)), "missing_value", "balances.parquet:row 1:amount_raw"),
    ("null id", lambda: parquet(account=["alice", None, "bob", "carol"]), "missing_value", "balances.parquet:row 2:account"),
    ("null side", lambda: parquet(side=["cash", "cash", None, "cash"]), "missing_value", "balances.parquet:row 3:side"),
    ("unknown account", lambda: parquet(account=["alice", "x", "bob", "carol"]), "unknown_account", "balances.parquet:row 2:account"),
    ("unknown asset", lambda: parquet(asset=["USDT", "USDT", "USDT", "USDC"]), "unknown_asset", "balances.parquet:row 4:asset"),
    ("row twice", lambda: parquet(account=["alice", "bob", "bob", "carol"]), "duplicate_balance", "balances.parquet:row 3:account"),
    ("too many digits", lambda: parquet(amount_raw=None, amount=decimals(["1", "2", "0.0000001", "3"], 20, 7)), "precision_loss", "balances.parquet:row 3:amount"),
    ("too many digits of a large one", lambda: parquet(amount_raw=None, amount=decimals(["1", "2", "12345678901234567890.0000001", "3"], 38, 7)), "precision_loss", "balances.parquet:row 3:amount"),
    ("10^38 units", lambda: parquet(amount_raw=None, amount=decimals(["1", BIG, "2", "3"], 38, 0)), "amount_range", "balances.parquet:row 2:amount"),
    ("wide decimals beyond 10^38", lambda: parquet(amount_raw=decimals(["1", "9" * 39, "2", "3"], 76, 0, wide=True)), "amount_range", "balances.parquet:row 2:amount_raw"),
    ("text amount that is none", lambda: parquet(amount_raw=None, amount=["1", "2", "NaN", "3"]), "not_finite", "balances.parquet:row 3:amount"),
    ("negative supply", lambda: parquet(side=["supply"] * 4, amount_raw=[1, -1, 1, 1]), "negative_amount", "balances.parquet:row 2:amount"),
    ("more columns than known", lambda: parquet(**{f"x{number}": [1] * 4 for number in range(50)}), "unknown_column", "balances.parquet"),
]  # fmt: skip


@pytest.mark.parametrize(("name", "data", "code", "where"), CASES, ids=[case[0] for case in CASES])
def test_a_bad_parquet_file_gets_its_code_at_its_place(
    tmp_path: Path, name: str, data: Callable[[], bytes], code: str, where: str
) -> None:
    snapshot = read_snapshot(put(tmp_path / "s", files(data())))
    assert (code, where, "error") in [(item.code, item.where, item.severity) for item in snapshot.problems]
    assert snapshot.book is None


def beyond_38_digits() -> bytes:
    """A decimal128 column whose bytes hold more than its type allows."""
    import numpy as np

    words = np.array([[1, 0], [0, 2**63 - 1], [1, 0], [1, 0]], dtype=np.uint64)
    return parquet(amount_raw=pa.Array.from_buffers(pa.decimal128(38, 0), 4, [None, pa.py_buffer(words)]))


def test_a_code_beyond_its_dictionary_is_found(tmp_path: Path) -> None:
    # Found by chance: Arrow reads such a file as it stands, and every index after that is out of bounds.
    found = []
    good = bytearray(parquet(side=["cash", "debt", "cash", "debt"]))
    page = good.index(b"USDT")  # the codes follow the dictionary they point into
    for at in range(page, page + 80):
        damaged = bytes(good[:at]) + b"\xf1" + bytes(good[at + 1 :])
        folder = put(tmp_path / str(at), files(damaged))
        found += [problem.code for problem in read_snapshot(folder).problems]
    assert "parquet_unreadable" in found


def test_a_decimal_that_holds_more_than_its_type_is_found(tmp_path: Path) -> None:
    snapshot = read_snapshot(put(tmp_path / "s", files(beyond_38_digits())))
    assert ("amount_range", "balances.parquet:row 2:amount_raw") in [
        (item.code, item.where) for item in snapshot.problems
    ]


@pytest.mark.parametrize(("column", "code"), [("account", "parquet_unreadable"), ("amount", "not_utf8")])
def test_text_that_is_not_utf8_is_said(tmp_path: Path, column: str, code: str) -> None:
    raw = pa.array([b"caf\xe9", b"1", b"2", b"3"])
    text = pa.Array.from_buffers(pa.string(), 4, raw.buffers())
    data = parquet(**{"amount_raw": None, "amount": ["1"] * 4, column: text})
    problems = read_snapshot(put(tmp_path / "s", files(data))).problems
    assert [(item.code, item.where) for item in problems if item.severity == "error"] == [
        (code, "balances.parquet")
    ]


@pytest.mark.parametrize("says", [3, 5])
@pytest.mark.parametrize("columns", [("counter", "value"), ("value",)])
def test_a_footer_that_miscounts_the_rows_is_found(
    tmp_path: Path, says: int, columns: tuple[str, ...]
) -> None:
    sink = io.BytesIO()
    pq.write_table(pa.table({"counter": ["a", "b", "c", "d"], "value_raw": [1, 2, 3, 4]}), sink)
    path = put(tmp_path, {"state.parquet": sink.getvalue()}) / "state.parquet"
    log = ProblemLog()
    table = open_parquet(path, table_named("state"), log, 100)
    assert table is not None
    header = replace(table.header, found={name: table.header.found[name] for name in columns})
    rows = sum(len(batch) for batch in replace(table, header=header, row_count=says).batches())
    assert [item.code for item in log.problems()] == ["parquet_unreadable"]
    assert rows <= 4


def test_a_row_count_bomb_is_refused_before_reading(tmp_path: Path) -> None:
    rows = 2_000_000  # a few kilobytes on disk
    one = {"account": "a", "asset": "USDT", "side": "cash", "amount_raw": 1}
    bomb = {
        name: pa.DictionaryArray.from_arrays(pa.array([0] * rows), pa.array([value]))
        for name, value in one.items()
    }
    sink = io.BytesIO()
    pq.write_table(pa.table(bomb), sink)
    assert len(sink.getvalue()) < 100_000
    folder = put(tmp_path / "s", files(sink.getvalue()))
    problems = read_snapshot(folder, cells_max=1_000_000).problems
    assert [(item.code, item.where) for item in problems] == [("too_large", "balances.parquet")]


@pytest.mark.parametrize(
    "amounts",
    [
        {"amount_raw": GOOD["amount_raw"]},
        {"amount_raw": GOOD["amount_raw"].cast(pa.uint64())},
        {"amount_raw": GOOD["amount_raw"].cast(pa.decimal128(38, 0))},
        {"amount_raw": decimals(["3000000000", "500250000", "30000000000", "12000000000"], 76, 0, wide=True)},
        {"amount_raw": ["3000000000", "500250000", "30000000000", "12000000000"]},
        {"amount": decimals(["3000", "500.25", "30000", "12000"], 12, 2)},
        {"amount": decimals(["3000", "500.25", "30000", "12000"], 38, 18)},
        {"amount": ["3000", "500.25", "3e4", "12000.000"]},
        {"amount": pa.array(["3000", "500.25", "30000", "12000"]).dictionary_encode()},
        {"amount": pa.array(["3000", "500.25", "30000", "12000"], pa.large_string())},
        {"amount_raw": GOOD["amount_raw"], "account": pa.array(GOOD["account"], pa.large_string())},
        {"amount_raw": GOOD["amount_raw"], "account": pa.array(GOOD["account"]).dictionary_encode()},
        {"amount_raw": GOOD["amount_raw"], "is_collateral": [True, None, True, True]},
        {"amount_raw": GOOD["amount_raw"], "principal_raw": pa.nulls(4)},
    ],
)
def test_every_exact_type_gives_the_same_book(tmp_path: Path, amounts: dict[str, Any]) -> None:
    plain = load_snapshot(put(tmp_path / "csv", example("exchange")))[0]
    data = parquet(**{"amount_raw": None, **amounts})
    assert list(load_snapshot(put(tmp_path / "parquet", files(data)))[0].rows()) == list(plain.rows())


@pytest.mark.parametrize("unit", ["s", "ms", "us", "ns"])
def test_timestamps_in_utc_are_read(tmp_path: Path, unit: str) -> None:
    when = dt.datetime(2025, 10, 10, 20, 59, 58, tzinfo=dt.UTC)
    sink = io.BytesIO()
    stamps = pa.array([when, None], pa.timestamp(unit, "UTC"))
    table = pa.table({"asset": ["USDT", "X"], "oracle_price": ["1", "2"], "as_of": stamps})
    pq.write_table(table, sink, coerce_timestamps=None)
    base = drop("prices.csv")(example("exchange"))
    more = {**base, "assets.csv": base["assets.csv"] + b"X,6\n", "terms.toml": b"price_max_age_s = 1\n"}
    problems = read_snapshot(put(tmp_path / "s", {**more, "prices.parquet": sink.getvalue()})).problems
    assert [(item.code, item.where) for item in problems] == [("price_stale", "prices.parquet:row 1:as_of")]


@pytest.mark.parametrize("zone", [None, "Europe/Paris"])
def test_timestamps_in_another_zone_are_refused(tmp_path: Path, zone: str | None) -> None:
    sink = io.BytesIO()
    stamps = pa.array([0], pa.timestamp("us", zone))
    pq.write_table(pa.table({"asset": ["USDT"], "oracle_price": ["1"], "as_of": stamps}), sink)
    base = drop("prices.csv")(example("exchange"))
    problems = read_snapshot(put(tmp_path / "s", {**base, "prices.parquet": sink.getvalue()})).problems
    assert ("timestamp_invalid", "prices.parquet:as_of") in [(item.code, item.where) for item in problems]


def test_a_timestamp_beyond_the_calendar_is_a_problem(tmp_path: Path) -> None:
    sink = io.BytesIO()
    stamps = pa.array([2**62], pa.timestamp("us", "UTC"))
    pq.write_table(pa.table({"asset": ["USDT"], "oracle_price": ["1"], "as_of": stamps}), sink)
    base = drop("prices.csv")(example("exchange"))
    problems = read_snapshot(put(tmp_path / "s", {**base, "prices.parquet": sink.getvalue()})).problems
    assert [(item.code, item.where) for item in problems] == [
        ("timestamp_invalid", "prices.parquet:row 1:as_of")
    ]


@given(
    st.lists(st.integers(-(10**37), 10**37), min_size=1, max_size=20),
    st.integers(0, 38),
    st.integers(0, 36),
)
@settings(max_examples=150)
def test_decimals_of_any_scale_read_like_their_text(values: list[int], scale: int, places: int) -> None:
    import tempfile

    texts = [format_decimal(value, scale) for value in values]
    wanted = {"asset": b"asset,decimals\nT,%d\n" % places, "snapshot": example("exchange")["snapshot.toml"]}
    found = []
    for form in ("text", "decimal"):
        column = (
            texts if form == "text" else pa.array([Decimal(text) for text in texts], pa.decimal128(38, scale))
        )
        sink = io.BytesIO()
        names = [f"a{number}" for number in range(len(values))]
        pq.write_table(
            pa.table(
                {
                    "account": names,
                    "asset": ["T"] * len(names),
                    "side": ["cash"] * len(names),
                    "amount": column,
                }
            ),
            sink,
        )
        with tempfile.TemporaryDirectory() as folder:
            data = {
                "snapshot.toml": wanted["snapshot"],
                "assets.csv": wanted["asset"],
                "balances.parquet": sink.getvalue(),
            }
            snapshot = read_snapshot(put(Path(folder) / "s", data))
        book = snapshot.book
        errors = {(item.code, item.where) for item in snapshot.problems if item.severity == "error"}
        found.append((errors, None if book is None else {row.id: row.balances for row in book.rows()}))
    assert found[0] == found[1]


def test_without_pyarrow_the_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = put(tmp_path / "s", files(parquet()))
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(UnsupportedFeature) as caught:
        read_snapshot(folder)
    assert caught.value.code == "extra_missing"
    assert "seawall[data]" in str(caught.value)


def test_csv_needs_no_pyarrow(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    assert read_snapshot(put(tmp_path / "s", example("exchange"))).problems == ()
