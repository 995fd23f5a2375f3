"""The `seawall` command. Nothing heavy is imported before a verb runs."""

from __future__ import annotations

from typing import Annotated

import typer

from seawall.cli import demo, explain, ledger, resolve, scan, schema

__all__ = ["app", "main"]

app = typer.Typer(
    name="seawall",
    help="Measure, contain and share out bad debt in lending and derivatives markets.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Exit codes: 0 ok, 1 limit breached, 2 usage, 3 bad input, 4 proof failed, 5 source unreachable.",
)
app.command("demo")(demo.demo)
app.command("scan")(scan.scan)
app.command("resolve")(resolve.resolve)
app.command("explain")(explain.explain)
app.add_typer(ledger.app, name="ledger")
app.command("schema")(schema.schema)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        print(f"seawall {version('seawall')}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Measure, contain and share out bad debt in lending and derivatives markets."""


def main() -> None:
    """Run the command."""
    app()
