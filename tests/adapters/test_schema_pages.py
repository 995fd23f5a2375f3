"""The schemas and the reference page say what the reader does."""

from __future__ import annotations

import csv
import io
import json
from typing import Any

import pytest

from seawall.adapters.schema_pages import generated_files, json_schema
from seawall.adapters.snapshot_schema import TABLES
from tests.adapters.folders import ROOT, example

jsonschema = pytest.importorskip("jsonschema", reason="needs the test set of pyproject.toml")

HINT = (
    "generated files differ from their declaration; write them again with\n"
    "  python -c 'from pathlib import Path; from seawall.adapters.schema_pages import write_generated; "
    'write_generated(Path("."))\''
)


def test_the_generated_files_in_the_repository_are_up_to_date() -> None:
    expected = generated_files()
    found = {name: (ROOT / name).read_text(encoding="utf-8") for name in expected if (ROOT / name).exists()}
    assert found == expected, HINT


def test_no_schema_is_left_over() -> None:
    folder = ROOT / "src/seawall/adapters/schema"
    assert {f"{table.name}.json" for table in TABLES} | {"snapshot.json"} == {
        path.name for path in folder.iterdir()
    }


@pytest.mark.parametrize("table", TABLES, ids=lambda table: table.name)
def test_a_schema_is_a_schema(table: Any) -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema(table))


@pytest.mark.parametrize("name", ["exchange", "lending"])
def test_every_row_of_the_examples_is_valid(name: str) -> None:
    rows = 0
    for file, data in example(name).items():
        if file.endswith(".csv"):
            validator = validator_of(file.removesuffix(".csv"))
            for row in csv.DictReader(io.StringIO(data.decode())):
                validator.validate({key: value for key, value in row.items() if value})
                rows += 1
    assert rows > 20


@pytest.mark.parametrize(
    ("table", "row"),
    [
        ("assets", {"asset": "USDT"}),
        ("assets", {"asset": "", "decimals": "6"}),
        ("assets", {"asset": "USDT", "decimals": "6.0"}),
        ("assets", {"asset": "USDT", "decimals": "6", "ticker": "x"}),
        ("balances", {"account": "a", "asset": "USDT", "side": "cash"}),
        ("balances", {"account": "a", "asset": "USDT", "side": "cash", "amount": "1", "amount_raw": "1"}),
        ("balances", {"account": "a", "asset": "USDT", "side": "cash", "amount": "1", "scaled": "1"}),
        ("balances", {"account": "a", "asset": "USDT", "side": "loan", "amount": "1"}),
        ("balances", {"account": "a", "asset": "USDT", "side": "cash", "amount": "NaN"}),
        ("balances", {"account": "a", "asset": "USDT", "side": "cash", "amount_raw": "1.5"}),
        ("pools", {"asset": "ETH", "cash": "-1"}),
        ("prices", {"asset": "ETH", "oracle_price": "1", "as_of": "2025-10-10T21:00:00"}),
        ("prices", {"asset": "ETH", "oracle_price": "1", "as_of": "2025-10-10T21:00:00+02:00"}),
    ],
)
def test_a_schema_refuses_what_the_reader_refuses(table: str, row: dict[str, str]) -> None:
    with pytest.raises(jsonschema.ValidationError):
        validator_of(table).validate(row)


def test_the_schemas_travel_in_the_package() -> None:
    from importlib.resources import files

    found = json.loads(
        files("seawall.adapters").joinpath("schema", "balances.json").read_text(encoding="utf-8")
    )
    assert found["title"] == "Row of balances"


def validator_of(name: str) -> Any:
    table = next(table for table in TABLES if table.name == name)
    return jsonschema.Draft202012Validator(json_schema(table))
