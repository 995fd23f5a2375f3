"""Options that several verbs take, each with one meaning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Argument(help="Snapshot folder (see docs/reference/snapshot-format.md).")]
Book = Annotated[
    str,
    typer.Argument(
        metavar="BOOK",
        help="Snapshot folder, or synthetic:market, :lending, :troves, :exchange or :options[:ACCOUNTS].",
    ),
]
ScenarioFile = Annotated[
    Path, typer.Option("--scenario", help="Scenario, TOML (see docs/reference/scenario-file.md).")
]
Run = Annotated[Path, typer.Argument(help="Run folder, as `resolve` and `demo` write them.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no warnings.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="Plain text; NO_COLOR does the same.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing run folder.")]
Seed = Annotated[int, typer.Option(help="Seed of ties and random rules.")]
Drop = Annotated[
    str,
    typer.Option(metavar="FRACTION", help="Shock: all prices fall by 0.3, say; pegged assets and cash stay."),
]
Prices = Annotated[
    list[str] | None, typer.Option("--price", metavar="ASSET=VALUE", help="Shock: set a price. Repeatable.")
]
Marks = Annotated[
    list[str] | None,
    typer.Option("--mark", metavar="INSTRUMENT=VALUE", help="Shock: set a mark. Repeatable."),
]
TermsFile = Annotated[
    Path | None, typer.Option("--terms", help="Rulebook, or plan of layers, instead of the snapshot's.")
]
LIMIT = typer.Option("--limit-usd", metavar="VALUE", help="Exit 1 above this value in the base currency.")
LimitUsd = Annotated[str, LIMIT]
Venues = Annotated[
    list[str] | None,
    typer.Option(
        "--venue", metavar="NAME", help="Use a venue's rulebook (see `venues`). Twice or more: compare them."
    ),
]
