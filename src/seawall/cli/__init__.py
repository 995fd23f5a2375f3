"""The `seawall` command. Nothing heavy is imported before a verb runs."""

from __future__ import annotations

import signal
import sys
from typing import Annotated, Any

import typer

from seawall.cli import (
    allocate,
    demo,
    explain,
    ledger,
    resolve,
    scan,
    schema,
    simulate,
    stress,
    venues,
    warmup,
    waterfall,
)
from seawall.cli.common import code_version, print_error
from seawall.errors import EXIT_USAGE

__all__ = ["app", "main"]

# The parent of BadParameter is the usage error of the parser, wherever Typer keeps it.
_UsageError: Any = typer.BadParameter.__base__

app = typer.Typer(
    name="seawall",
    help="Measure, contain and share out bad debt in lending and derivatives markets.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    epilog="Exit codes: 0 ok, 1 limit breached, 2 usage, 3 bad input, 4 proof failed, 5 source unreachable.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("demo")(demo.demo)
app.command("scan")(scan.scan)
app.command("resolve")(resolve.resolve)
app.command("simulate")(simulate.simulate)
app.command("stress")(stress.stress)
app.command("allocate")(allocate.allocate)
app.command("explain")(explain.explain)
app.add_typer(ledger.app, name="ledger")
app.add_typer(waterfall.app, name="waterfall")
app.add_typer(venues.app, name="venues")
app.command("schema")(schema.schema)
app.command("warmup")(warmup.warmup)


def _version(wanted: bool) -> None:
    if wanted:
        print(f"seawall {code_version()}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    """Measure, contain and share out bad debt in lending and derivatives markets."""


def main() -> None:
    """Run the command and exit with its code."""
    arguments = sys.argv[1:]
    # To be told to stop is to be interrupted: what was begun is put away.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        code = app(args=arguments, prog_name="seawall", standalone_mode=False)
    except _UsageError as error:
        if "--json" in arguments:
            print_error("usage", error.format_message())
        else:
            error.show()
        code = EXIT_USAGE
    sys.exit(code)
