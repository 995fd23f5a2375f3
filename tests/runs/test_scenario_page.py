"""The page and the schema of the scenario file say what the models read."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest

from seawall.runs.scenario_page import generated_files, json_schema, reference_page
from seawall.simulation.scenario import Scenario
from tests.cli.command import seawall

ROOT = Path(__file__).parents[2]
LIBRARY = sorted((ROOT / "examples/storm").glob("*.toml"))


@pytest.mark.parametrize("name", sorted(generated_files()))
def test_the_files_in_the_repository_are_those_of_the_code(name: str) -> None:
    assert (ROOT / name).read_text(encoding="utf-8") == generated_files()[name], "write it again: make docs"


@pytest.mark.parametrize("path", LIBRARY, ids=lambda path: path.stem)
def test_every_scenario_of_the_library_fits_the_schema_and_reads(path: Path) -> None:
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    jsonschema.Draft202012Validator(json_schema()).validate(raw)
    assert Scenario.build(raw, source=path.name).title


def test_the_schema_refuses_what_the_models_refuse() -> None:
    raw = tomllib.loads(LIBRARY[0].read_text(encoding="utf-8"))
    for wrong in ({"run": {"n_path": 3}}, {"markets": {}}, {"outages": [{"what": "oracle"}]}):
        assert list(jsonschema.Draft202012Validator(json_schema()).iter_errors({**raw, **wrong}))


def test_every_table_of_the_page_names_all_keys_with_a_meaning_or_a_default() -> None:
    page = reference_page()
    for name in Scenario.model_fields:
        assert f"| `{name}` |" in page
    for key in ("n_paths", "half_life_s", "heartbeat_s", "absent_share", "recovered", "borrow_per_year"):
        assert f"| `{key}` |" in page


def test_the_command_prints_the_schema() -> None:
    assert json.loads(seawall("schema", "scenario").stdout) == json_schema()
    assert "scenario" in json.loads(seawall("schema").stdout)["files"]
