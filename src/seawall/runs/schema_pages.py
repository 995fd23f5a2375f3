"""The run folder as JSON Schemas and as a reference page, both from its declaration.

`generated_files` gives everything that is written from it; a test holds the files in the
repository to it, and real runs to the schemas.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from seawall.runs.run_documents import Manifest, Summary
from seawall.runs.run_tables import RUN_TABLES, RunTable
from seawall.runs.table_file import Column

__all__ = ["DOCUMENTS", "PAGE", "generated_files", "json_schema", "reference_page"]

SCHEMA_FOLDER = "src/seawall/runs/schema"
PAGE = "docs/reference/run-folder.md"
DOCUMENTS: Mapping[str, type[BaseModel]] = {"manifest": Manifest, "summary": Summary}
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PATTERNS = {
    "amount": r"^-?\d+(\.\d+)?$",
    "raw": r"^-?\d{1,80}$",
    "whole": r"^\d+$",
    "number": r"^-?\d+(\.\d+)?(e[+-]?\d+)?$",
}
_KIND_WORDS = {
    "text": "text",
    "amount": "decimal",
    "raw": "integer",
    "whole": "integer",
    "number": "float",
}


def generated_files() -> dict[str, str]:
    """Return the text of every generated file by its path in the repository."""
    names = [*DOCUMENTS, *(table.name for table in RUN_TABLES)]
    found = {f"{SCHEMA_FOLDER}/{name}.json": _dumped(json_schema(name)) for name in names}
    return {**found, PAGE: reference_page()}


def json_schema(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a document, or of one row of a table: an object of strings as CSV has them.

    Raises:
        KeyError: A run has no such file.
    """
    if name in DOCUMENTS:
        return {"$schema": _DIALECT, **DOCUMENTS[name].model_json_schema(mode="serialization")}
    table = {table.name: table for table in RUN_TABLES}[name]
    return {
        "$schema": _DIALECT,
        "title": f"Row of a run's {table.name}",
        "description": table.doc,
        "type": "object",
        "properties": {column.name: _cell_schema(column) for column in table.columns},
        "required": [column.name for column in table.columns],
        "additionalProperties": False,
    }


def _cell_schema(column: Column) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "description": column.doc}
    if column.choices:
        return {**schema, "enum": list(column.choices)}
    if column.kind == "text":
        return schema
    pattern = _PATTERNS[column.kind]
    is_optional = column.may_be_empty or column.kind == "number"
    return {**schema, "pattern": f"^$|{pattern}" if is_optional else pattern}


def _dumped(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def reference_page() -> str:
    """Return the reference page of the run folder in Markdown."""
    lines = [*_introduction(), *_fields(Manifest), *_fields(Summary)]
    return "\n".join([*lines, *(line for table in RUN_TABLES for line in _section(table))]).rstrip() + "\n"


def _introduction() -> Iterator[str]:
    yield """# The run folder

<!-- Written by `make docs` from src/seawall/runs (run_tables, run_documents): do not edit. -->

One run is one folder. It appears whole or not at all, nothing in it depends on the clock, and the same inputs
and seed give the same bytes. `seawall resolve -o` and `seawall.save_run` write it, `seawall explain` and
`seawall ledger verify` read it, and need nothing else.

| file | what it holds |
| --- | --- |
| `manifest.json` | what ran on what, and the hash of every file |
| `summary.json` | what the run came to |"""
    for table in RUN_TABLES:
        suffix = "parquet" if table.name in ("accounts", "events", "exposures") else "csv"
        told = table.doc.partition(".")[0]
        yield f"| `{table.name}.{suffix}` | {told[:1].lower()}{told[1:]} |"
    yield """| `journal.jsonl` | the hash-chained journal with opening and closing, one JSON object a line |
| `report.html` | the page to open, offline; where the extra `plots` is installed |

`accounts`, `events` and `exposures` are CSV where the extra `data` is not installed. Amounts are plain
decimals in whole units; `_raw` are integers in smallest units; `_value` are in the base currency. A text that
a spreadsheet would compute (`=...`) has an apostrophe in front.

The JSON Schemas are in the package, `seawall/runs/schema/NAME.json`, and `seawall schema run/NAME` prints
them; that of a table is of one row, every cell a string as CSV has it.
"""


def _fields(model: type[BaseModel]) -> Iterator[str]:
    told = (model.__doc__ or "").partition("\n")[0]
    name, _, meaning = told.partition(": ")
    yield f"## {name.strip('`')}\n\n{meaning[:1].upper()}{meaning[1:]}\n"
    yield "| field | meaning |"
    yield "| --- | --- |"
    for field, info in model.model_fields.items():
        yield f"| `{field}` | {info.description} |"
    yield ""


def _section(table: RunTable) -> Iterator[str]:
    yield f"## {table.name}\n\n{table.doc}\n"
    yield "| column | kind | meaning |"
    yield "| --- | --- | --- |"
    for column in table.columns:
        named = [f"`{choice}`" for choice in column.choices if choice]
        choices = f"; one of {', '.join(named)}" if named else ""
        yield f"| `{column.name}` | {_KIND_WORDS[column.kind]} | {column.doc}{choices} |"
    yield ""
