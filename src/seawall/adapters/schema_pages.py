"""The snapshot format as JSON Schemas and as a reference page, both from its declaration.

`generated_files` gives everything that is written from it; a test holds the files in the
repository to it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from seawall.adapters.columns import Column, Table
from seawall.adapters.csv_table import LINE_BYTES_MAX
from seawall.adapters.ids import ID_LENGTH_MAX
from seawall.adapters.problem_log import KEPT_PER_CODE
from seawall.adapters.snapshot_header import SnapshotHeader
from seawall.adapters.snapshot_schema import FORMAT_VERSION, TABLES

__all__ = ["generated_files", "json_schema", "reference_page", "write_generated"]

SCHEMA_FOLDER = "src/seawall/adapters/schema"
PAGE = "docs/reference/snapshot-format.md"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_DECIMAL = r"^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?$"
_WHOLE = r"^[+-]?\d{1,80}$"
_TIME = r"^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(\.\d{1,9})?([Zz]|[+-]00:00)$"


def write_generated(root: Path) -> None:
    """Write the generated files below the root of the repository."""
    for name, text in generated_files().items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")


def generated_files() -> dict[str, str]:
    """Return the text of every generated file by its path in the repository."""
    found = {f"{SCHEMA_FOLDER}/{table.name}.json": _dumped(json_schema(table)) for table in TABLES}
    header = {"$schema": _DIALECT, **SnapshotHeader.model_json_schema()}
    return {**found, f"{SCHEMA_FOLDER}/snapshot.json": _dumped(header), PAGE: reference_page()}


def json_schema(table: Table) -> dict[str, Any]:
    """Return the JSON Schema of one row of a table: an object of strings, absent cells left out."""
    properties = {}
    for column in table.columns:
        properties[column.name] = _cell_schema(column, _WHOLE if column.kind == "integer" else _DECIMAL)
        if column.kind == "amount":
            properties[column.raw_name] = _cell_schema(column, _WHOLE)
    schema: dict[str, Any] = {
        "$schema": _DIALECT,
        "title": f"Row of {table.name}",
        "description": table.doc,
        "type": "object",
        "properties": properties,
        "required": [item.name for item in table.columns if _is_plainly_required(item)],
        "additionalProperties": False,
    }
    choices = [
        _one_of(column.names) for column in table.columns if column.kind == "amount" and _must_fill(column)
    ]
    choices += [
        _one_of(tuple(name for member in members for name in table.column(member).names))
        for members in table.groups.values()
    ]
    return {**schema, "allOf": choices} if choices else schema


def _must_fill(column: Column) -> bool:
    return column.required and not column.may_be_empty


def _is_plainly_required(column: Column) -> bool:
    return _must_fill(column) and column.kind != "amount"


def _one_of(names: tuple[str, ...]) -> dict[str, Any]:
    return {"oneOf": [{"required": [name]} for name in names]}


def _cell_schema(column: Column, number: str) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": "string", "description": " ".join([column.doc, _unit(column)]).strip()}
    if column.kind in ("amount", "integer"):
        schema["pattern"] = number if column.sign == "any" else number.replace("[+-]?", r"\+?", 1)
    elif column.kind == "choice":
        schema["enum"] = list(column.choices)
    elif column.kind == "flag":
        schema["enum"] = ["true", "false", "1", "0"]
    elif column.kind == "time":
        schema["pattern"] = _TIME
    else:
        schema |= {"minLength": 1 if column.required else 0, "maxLength": ID_LENGTH_MAX}
    if column.default:
        schema["default"] = column.default
    return schema


def _unit(column: Column) -> str:
    return f"[{column.unit}]" if column.unit else ""


def _dumped(schema: Mapping[str, Any]) -> str:
    return json.dumps(schema, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def reference_page() -> str:
    """Return the reference page of the format in Markdown."""
    return "\n".join([*_introduction(), *(line for table in TABLES for line in _section(table))]) + "\n"


def _introduction() -> Iterator[str]:
    yield f"""# The snapshot format, version {FORMAT_VERSION}

<!-- Written by seawall.adapters.schema_pages from the declaration in snapshot_schema: do not edit. -->

A snapshot is a folder: what a venue's accounts hold and owe at one instant, at which prices,
under which rules. Every table is one file, `NAME.csv` or `NAME.parquet`; only the files that are
needed must be there (a lending pool has no positions, an exchange no pools), beside `snapshot.toml`.

```python
from seawall.adapters import load_snapshot

book, market, terms = load_snapshot("examples/snapshot-lending")
```

`read_snapshot(folder)` returns every problem it finds with its place (`balances.csv:row 12:amount`:
the line of a CSV, its header being line 1, or the record of a Parquet file) and, where one of them is
an error, no book. At most {KEPT_PER_CODE} problems of a kind are kept for a file; the rest are counted.

## How values are written

- **Amounts** are plain decimal strings in whole units (`1.5`), in the column of that name; or raw
  integers, counts of the smallest unit, in the column with `_raw` at the end of its name
  (`amount_raw`). A file has one of the two. An amount with more digits than its decimals is refused,
  never rounded; so is one of 10^38 units or more. In Parquet an amount is a decimal, a whole number
  or text; floats are refused.
- **Signs.** Numbers are positive and a side says what they are. Signed are only those marked so below.
- **Ids** are text of at most {ID_LENGTH_MAX} printable characters. They are compared in Unicode NFC without
  surrounding spaces, EVM addresses in lower case (their checksum is not verified); ids that only look
  alike are two ids, and a warning. Text that a spreadsheet would compute (`=...`) is written to CSV
  with a quote before it, which the reader takes off.
- **Flags** are `true` or `false`. **Instants** are RFC 3339 in UTC (`2025-10-10T21:00:00Z`), in Parquet
  also timestamps in UTC; bare numbers are refused, for nobody can tell seconds from milliseconds.
- **An empty cell** means what an absent column means: the default, or not known.
- **CSV** is UTF-8 with commas and a header line; a byte order mark and CRLF are accepted; a line holds at
  most {LINE_BYTES_MAX} bytes.
- Columns and files that the format does not know are errors, so that a misspelt one is not overlooked.
- The order of rows means nothing.

The JSON Schema of a row of each table is in the package, `seawall/adapters/schema/NAME.json`.

## snapshot.toml

| field | required | meaning |
| --- | --- | --- |"""
    for name, field in SnapshotHeader.model_fields.items():
        default = "yes" if field.is_required() else f"no, `{json.dumps(field.default)}`"
        yield f"| `{name}` | {default} | {field.description} |"
    yield """
## terms.toml

A full or partial rulebook. It is laid over the one that `snapshot.toml` names, table by table; lists
(the waterfall) and margin curves of another kind replace what stood there. `asset_terms`,
`collateral_sets` and `tiers` are laid over both.
"""


def _section(table: Table) -> Iterator[str]:
    yield f"## {table.name}\n\n{table.doc}\n"
    yield "| column | required | unit | decimals | meaning |"
    yield "| --- | --- | --- | --- | --- |"
    for column in table.columns:
        names = " or ".join(f"`{name}`" for name in column.names)
        signed = " Signed." if column.kind == "amount" and column.sign == "any" else ""
        choices = (
            f" One of {', '.join(f'`{choice}`' for choice in column.choices)}." if column.choices else ""
        )
        cells = (names, _need(table, column), column.unit, column.decimals, f"{column.doc}{choices}{signed}")
        yield f"| {' | '.join(cells)} |"
    yield f"\nOne row for each {', '.join(table.key)}.\n" if table.key else ""


def _need(table: Table, column: Column) -> str:
    if column.group:
        others = [f"`{name}`" for name in table.groups[column.group] if name != column.name]
        return f"this or {', '.join(others)}"
    if column.required:
        return "yes, may be empty" if column.may_be_empty else "yes"
    return f"no, `{column.default}`" if column.default else "no"
