"""The schemas and the reference page of the run folder say what real runs hold."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any, get_args

import jsonschema
import pytest
from pyarrow import parquet

from seawall.liquidation.liquidate import Outcome
from seawall.risk.health import Status
from seawall.runs import scenario_page
from seawall.runs.run_tables import ACCOUNTS, RUN_TABLES
from seawall.runs.schema_pages import DOCUMENTS, SCHEMA_FOLDER, generated_files, json_schema
from tests.adapters.folders import put
from tests.adapters.test_pending import GOOD
from tests.cli.command import EXAMPLES, seawall

ROOT = Path(__file__).parents[2]
RUNS = {
    "exchange": ("snapshot-exchange", "--drop", "0.15"),
    "lending": ("snapshot-lending", "--drop", "0.3", "--price", "USDC=1"),
    "calm": ("snapshot-exchange",),
    "options": ("snapshot-options", "--drop", "0.3"),
    "waiting": ("maker-black-thursday",),
}
NAMES = [*DOCUMENTS, *(table.name for table in RUN_TABLES)]


@pytest.fixture(scope="module", params=[*RUNS, "settled"])
def run(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    scratch = tmp_path_factory.mktemp("runs")
    folder = scratch / request.param
    if request.param == "settled":
        source, options = put(scratch / "in", GOOD), []
    else:
        name, *options = RUNS[request.param]
        source = EXAMPLES / name
    done = seawall("resolve", source, *options, "-q", "-o", folder)
    assert done.returncode == 0, done.stderr
    return folder


def validator(name: str) -> Any:
    return jsonschema.Draft202012Validator(json_schema(name))


def rows(folder: Path, name: str) -> Iterator[dict[str, str]]:
    """Rows of a table as CSV has them, whichever of the two it is."""
    path = folder / f"{name}.parquet"
    if not path.exists():
        with (folder / f"{name}.csv").open(encoding="utf-8", newline="") as handle:
            yield from csv.DictReader(handle)
        return
    for row in parquet.read_table(path).to_pylist():
        yield {key: "" if cell is None else str(cell) for key, cell in row.items()}


def test_the_generated_files_in_the_repository_are_up_to_date() -> None:
    expected = {**generated_files(), **scenario_page.generated_files()}
    found = {name: (ROOT / name).read_text(encoding="utf-8") for name in expected if (ROOT / name).exists()}
    assert found == expected, "write them again with `make docs`"
    assert {path.name for path in (ROOT / SCHEMA_FOLDER).iterdir()} == {
        f"{name}.json" for name in (*NAMES, "scenario")
    }


@pytest.mark.parametrize("name", NAMES)
def test_a_schema_is_a_schema(name: str) -> None:
    jsonschema.Draft202012Validator.check_schema(json_schema(name))


def test_a_real_run_is_what_its_schemas_say(run: Path) -> None:
    for name, model in DOCUMENTS.items():
        text = (run / f"{name}.json").read_text(encoding="utf-8")
        validator(name).validate(json.loads(text))
        model.model_validate_json(text)
    for table in RUN_TABLES:
        if table.name == "exposures" and run.name != "options":
            assert not list(run.glob("exposures.*")), "no options, no exposures"
            continue
        for row in rows(run, table.name):
            validator(table.name).validate(row)


def test_the_exposures_of_a_run_are_those_of_its_users(tmp_path: Path) -> None:
    seawall("resolve", EXAMPLES / "snapshot-options", "-q", "-o", tmp_path / "run")
    found = {row["account"]: row for row in rows(tmp_path / "run", "exposures")}
    assert found.keys() == {"carol", "desk", "overwriter", "writer"}
    assert float(found["carol"]["delta_value"]) == pytest.approx(-6 * 84_500)
    assert sum(float(row["vega_value"]) for row in found.values()) == pytest.approx(0, abs=1e-6)


def test_a_summary_has_every_field_that_is_declared(run: Path) -> None:
    for name, model in DOCUMENTS.items():
        assert set(json.loads((run / f"{name}.json").read_text())) == set(model.model_fields), name


def test_a_schema_knows_every_status_and_outcome() -> None:
    choices = {column.name: set(column.choices) for column in ACCOUNTS}
    assert choices["status"] == set(get_args(Status))
    assert choices["outcome"] == {"", *get_args(Outcome)}


@pytest.mark.parametrize(
    ("name", "field", "value"),
    [
        ("accounts", "status", "fine"),
        ("accounts", "health", "NaN"),
        ("accounts", "charged_value", ""),
        ("charges", "amount", "1e5"),
        ("charges", "amount_raw", "1.0"),
        ("events", "bucket", "lot"),
        ("waterfall", "charged_accounts", ""),
        ("waterfall", "extra", "1"),
        ("manifest", "journal_head", "abc"),
        ("summary", "accounts", -1),
        ("summary", "verdict", None),
        ("summary", "extra", 1),
    ],
)
def test_a_schema_refuses_what_no_run_holds(name: str, field: str, value: object, run: Path) -> None:
    sound = (
        next(rows(run, name), None)
        if name not in DOCUMENTS
        else json.loads((run / f"{name}.json").read_text())
    )
    if sound is not None:  # a calm run has no charges
        validator(name).validate(sound)
        with pytest.raises(jsonschema.ValidationError):
            validator(name).validate({**sound, field: value})


def test_the_schemas_travel_in_the_package_and_the_command_prints_them() -> None:
    listed = json.loads(seawall("schema").stdout)
    assert set(listed["run"]) == {f"run/{name}" for name in NAMES}
    for name in NAMES:
        held = json.loads(
            files("seawall.runs").joinpath("schema", f"{name}.json").read_text(encoding="utf-8")
        )
        assert json.loads(seawall("schema", f"run/{name}").stdout) == held == json_schema(name)
    refused = seawall("schema", "run/nothing")
    assert refused.returncode == 3
    assert "run/accounts" in refused.stderr
