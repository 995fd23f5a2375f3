"""`seawall schema`: the snapshot format, for machines."""

from __future__ import annotations

from typing import Annotated

import typer

from seawall.cli.common import guarded, print_json
from seawall.cli.options import AsJson
from seawall.errors import MissingData


@guarded
def schema(
    table: Annotated[
        str, typer.Argument(help="Table of the snapshot format; a list of all by default.")
    ] = "",
    as_json: AsJson = False,
) -> int:
    """Print the JSON Schema of a snapshot table; what it prints is JSON in any case."""
    from seawall.adapters.schema_pages import json_schema
    from seawall.adapters.snapshot_schema import TABLES

    if not table:
        print_json({"tables": {item.name: item.doc for item in TABLES}})
        return 0
    found = next((item for item in TABLES if item.name == table), None)
    if found is None:
        names = ", ".join(item.name for item in TABLES)
        raise MissingData(f"no table {table!r}; there are {names}", code="unknown_table")
    print_json(json_schema(found))
    return 0
