"""Options that several verbs take, each with one meaning."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

Folder = Annotated[Path, typer.Argument(help="Snapshot folder (see docs/reference/snapshot-format.md).")]
Run = Annotated[Path, typer.Argument(help="Run folder, as `resolve` and `demo` write them.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document on stdout and nothing else.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress and no warnings.")]
NoColor = Annotated[bool, typer.Option("--no-color", help="Plain text; NO_COLOR does the same.")]
Force = Annotated[bool, typer.Option("--force", help="Replace an existing run folder.")]
Seed = Annotated[int, typer.Option(help="Seed of ties and random rules.")]
Drop = Annotated[
    float | None, typer.Option(help="Shock: fraction taken off all prices, stable and settle assets aside.")
]
Prices = Annotated[list[str] | None, typer.Option("--price", help="Shock: ASSET=VALUE in the base currency.")]
Marks = Annotated[
    list[str] | None, typer.Option("--mark", help="Shock: INSTRUMENT=VALUE in the settle asset.")
]
TermsFile = Annotated[Path | None, typer.Option("--terms", help="Rulebook to use instead of the snapshot's.")]
LimitUsd = Annotated[
    float | None,
    typer.Option("--limit-usd", help="Exit 1 if bad debt exceeds this value in the base currency."),
]
