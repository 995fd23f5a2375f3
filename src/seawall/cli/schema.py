"""`seawall schema`: the snapshot format, for machines."""

from __future__ import annotations

from typing import Annotated

import typer

from seawall.cli.common import guarded, print_json
from seawall.errors import MissingData


@guarded
def schema(
    table: Annotated[
        str, typer.Argument(help="Table of the snapshot format; a list of all by default.")
    ] = "",
) -> int:
    """Print the JSON Schema of a snapshot table."""
    from seawall.adapters.snapshot_schema import TABLES

    names = [item.name for item in TABLES]
    if not table:
        print_json({"tables": names})
        return 0
    if table not in names:
        raise MissingData(f"no table {table!r}; there are {', '.join(names)}", code="unknown_table")
    from seawall.adapters.schema_pages import json_schema

    print_json(json_schema(next(item for item in TABLES if item.name == table)))
    return 0
