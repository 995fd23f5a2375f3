"""`seawall schema`: the snapshot format, the run folder and the scenario file, for machines."""

from __future__ import annotations

from typing import Annotated

import typer

from seawall.cli.common import guarded, print_json
from seawall.cli.options import AsJson
from seawall.errors import MissingData

RUN, SCENARIO = "run/", "scenario"


@guarded
def schema(
    table: Annotated[
        str,
        typer.Argument(
            metavar="[NAME]",
            help="Table of the snapshot format, run/NAME, or scenario; a list of all by default.",
        ),
    ] = "",
    as_json: AsJson = False,
) -> int:
    """Print the JSON Schema of a table or file; what it prints is JSON in any case."""
    from seawall.adapters import schema_pages
    from seawall.adapters.snapshot_schema import TABLES
    from seawall.runs import scenario_page
    from seawall.runs import schema_pages as run_pages
    from seawall.runs.run_tables import RUN_TABLES

    tables = {item.name: item for item in TABLES}
    of_runs = {name: (model.__doc__ or "").partition("\n")[0] for name, model in run_pages.DOCUMENTS.items()}
    of_runs |= {item.name: item.doc for item in RUN_TABLES}
    name = table.removeprefix(RUN)
    if not table:
        told = {f"{RUN}{each}": doc for each, doc in of_runs.items()}
        files = {SCENARIO: "a storm without its book, for `simulate` and `stress`"}
        print_json({"tables": {item.name: item.doc for item in TABLES}, "run": told, "files": files})
    elif table.startswith(RUN) and name in of_runs:
        print_json(run_pages.json_schema(name))
    elif table == SCENARIO:
        print_json(scenario_page.json_schema())
    elif table in tables:
        print_json(schema_pages.json_schema(tables[table]))
    else:
        names = ", ".join([*tables, *(f"{RUN}{each}" for each in of_runs), SCENARIO])
        raise MissingData(f"no table {table!r}; there are {names}", code="unknown_table")
    return 0
