"""Whatever a folder holds, reading it gives problems or a book, and never any other error."""

from __future__ import annotations

import io
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seawall.adapters import read_snapshot
from seawall.adapters.snapshot_schema import TABLES
from tests.adapters.folders import Files, example, put

NASTY = [
    "", " ", "0", "-0", "-1", "1e400", "1e-30", "nan", "inf", "true", "1_000", "0x10", "٣", "1.5.2", "+", "--1", ".",
    "9" * 39, "=1+1", "'", '"', '"x', "a\tb", "\x00", "\x1b[2J", "\u202e", "é", "e\u0301", "USDT", "alice", "BTC-PERP",
    "cash", "net", "long", "2025-10-10T21:00:00Z", "1760130000", "*", "fund:insurance", "𝔘", "0x" + "aB" * 20,
]  # fmt: skip


def read(files: Files) -> None:
    """Read a folder; whatever comes back must be whole."""
    with tempfile.TemporaryDirectory() as folder:
        snapshot = read_snapshot(put(Path(folder) / "s", files))
    has_errors = any(problem.severity == "error" for problem in snapshot.problems)
    parts = (snapshot.book, snapshot.market, snapshot.terms)
    assert parts == (None, None, None) if has_errors else None not in parts
    for problem in snapshot.problems:
        assert problem.code
        assert problem.where
        assert f"{problem.message}{problem.where}".isprintable(), problem


names = st.sampled_from(["exchange", "lending"])


@given(names, st.data())
@settings(max_examples=200)
def test_any_cell_may_be_anything(name: str, data: st.DataObject) -> None:
    files = dict(example(name))
    for _ in range(data.draw(st.integers(1, 3))):
        file = data.draw(st.sampled_from([item for item in files if item.endswith(".csv")]))
        rows = [line.split(",") for line in files[file].decode().splitlines()]
        row = data.draw(st.integers(0, len(rows) - 1))
        rows[row][data.draw(st.integers(0, len(rows[row]) - 1))] = data.draw(
            st.sampled_from(NASTY) | st.text(max_size=8)
        )
        files[file] = "\n".join(",".join(row) for row in rows).encode("utf-8", "surrogatepass")
    read(files)


@given(names, st.data())
@settings(max_examples=150)
def test_any_file_may_be_any_bytes(name: str, data: st.DataObject) -> None:
    files = dict(example(name))
    file = data.draw(st.sampled_from(sorted(files)))
    files[file] = data.draw(st.binary(max_size=400))
    read(files)


@given(names, st.data())
@settings(max_examples=150)
def test_any_byte_may_be_another(name: str, data: st.DataObject) -> None:
    files = dict(example(name))
    file = data.draw(st.sampled_from(sorted(files)))
    raw = bytearray(files[file])
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    files[file] = bytes(raw)
    read(files)


leaf = st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
branch = leaf | st.lists(leaf, max_size=3) | st.dictionaries(st.text(max_size=5), leaf, max_size=3)
toml = branch | st.lists(branch, max_size=3) | st.dictionaries(st.text(max_size=5), branch, max_size=3)
keys = [
    "assets",
    "instruments",
    "waterfall",
    "size",
    "collateral_sets",
    "rules",
    "family",
    "venue",
    "breaks",
    "x",
]


@given(names, st.dictionaries(st.sampled_from(keys), toml, min_size=1, max_size=3))
@settings(max_examples=150)
def test_any_term_may_be_anything(name: str, terms: dict[str, object]) -> None:
    read({**example(name), "terms.toml": dumped(terms).encode("utf-8", "surrogatepass")})


def dumped(value: object) -> str:
    """TOML of anything, tables inline."""
    import json

    def text(item: object) -> str:
        if isinstance(item, bool):
            return str(item).lower()
        if isinstance(item, dict):
            return "{" + ", ".join(f"{text(str(key))} = {text(inner)}" for key, inner in item.items()) + "}"
        if isinstance(item, list):
            return "[" + ", ".join(text(inner) for inner in item) + "]"
        return json.dumps(item) if isinstance(item, str) else repr(item)

    assert isinstance(value, dict)
    return "\n".join(f"{key} = {text(inner)}" for key, inner in value.items())


parquet_cells = st.sampled_from(NASTY) | st.none()


@given(st.data())
@settings(max_examples=100)
def test_any_parquet_column_may_be_of_any_type(data: st.DataObject) -> None:
    pa = pytest.importorskip("pyarrow", reason="needs the extra data")
    pq = pytest.importorskip("pyarrow.parquet", reason="needs the extra data")
    kinds = st.sampled_from(
        ["text", pa.int8(), pa.uint64(), pa.float64(), pa.bool_(), pa.decimal128(38, 10), pa.decimal256(60, 5),
         pa.binary(), pa.null(), pa.timestamp("us", "UTC"), pa.date32(), pa.list_(pa.int8()), pa.large_string()]
    )  # fmt: skip
    table = data.draw(st.sampled_from(TABLES))
    chosen = data.draw(
        st.lists(st.sampled_from(table.columns), min_size=1, unique_by=lambda column: column.name)
    )
    count = data.draw(st.integers(0, 4))
    arrays = {}
    for column in chosen:
        kind = data.draw(kinds)
        if kind == "text":
            values = data.draw(st.lists(parquet_cells, min_size=count, max_size=count))
            arrays[data.draw(st.sampled_from(column.names))] = pa.array(values, pa.string())
        else:
            arrays[data.draw(st.sampled_from(column.names))] = pa.nulls(count, kind)
    sink = io.BytesIO()
    pq.write_table(pa.table(arrays), sink)
    files = {name: raw for name, raw in example("exchange").items() if name != f"{table.name}.csv"}
    read({**files, f"{table.name}.parquet": sink.getvalue()})


@given(st.data())
@settings(max_examples=150)
def test_any_byte_of_a_parquet_file_may_be_another(data: st.DataObject) -> None:
    pa = pytest.importorskip("pyarrow", reason="needs the extra data")
    pq = pytest.importorskip("pyarrow.parquet", reason="needs the extra data")
    sink = io.BytesIO()
    ids = ["alice", "alice:eth", "bob", "carol"]
    table = {"account": ids, "asset": ["USDT"] * 4, "side": ["cash"] * 4, "amount_raw": [1, 2, 3, 4]}
    pq.write_table(pa.table(table), sink)
    raw = bytearray(sink.getvalue())
    for _ in range(data.draw(st.integers(1, 5))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    files = {name: content for name, content in example("exchange").items() if name != "balances.csv"}
    read({**files, "balances.parquet": bytes(raw)})
