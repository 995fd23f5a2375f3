"""`seawall demo`: two synthetic venues, a shock each, and who pays."""

from __future__ import annotations

import os
from collections.abc import Mapping
from concurrent.futures import ProcessPoolExecutor
from fractions import Fraction
from multiprocessing import get_context
from pathlib import Path
from typing import Annotated, Any

import typer

from seawall.cli import resolve as resolve_verb
from seawall.cli.common import code_version, guarded, print_json
from seawall.cli.inputs import Inputs
from seawall.cli.options import AsJson, NoColor, Quiet
from seawall.cli.screen import STRONG, Screen, show_run

MARKER, INDEX = ".seawall-demo", "index.html"
ACCOUNTS = {"exchange": 12_000, "lending": 8_000}
# Falls at which something happens on most layers of each venue.
DROPS = {"exchange": Fraction(6, 100), "lending": Fraction(25, 100)}


@guarded
def demo(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder to write; a former demo is replaced.")
    ] = Path("seawall-demo"),
    seed: Annotated[int, typer.Option(min=0, help="Seed of the synthetic venues.")] = 7,
    drop: Annotated[
        float | None,
        typer.Option(
            min=0.0, max=0.95, help="Fall of all prices; by default 0.06 for the exchange, 0.25 for the pool."
        ),
    ] = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> int:
    """Resolve a synthetic exchange and a synthetic lending pool, 20,000 accounts, after a shock."""
    from seawall.report.html import can_render, index_page
    from seawall.runs.folder import new_folder

    falls = DROPS if drop is None else dict.fromkeys(DROPS, Fraction(str(drop)))
    with new_folder(out, replaces=_is_former_demo) as folder:
        summaries = _run_all(falls, folder, seed, quiet=quiet or as_json)
        if can_render():
            page = index_page(summaries, "Seawall demo")
            (folder / INDEX).write_text(page, encoding="utf-8", newline="\n")
        (folder / MARKER).write_text("written by seawall demo\n", encoding="utf-8", newline="\n")
    if as_json:
        print_json(summaries)
    else:
        _show(summaries, out, seed, no_color=no_color)
    return 0


def _run_all(
    falls: Mapping[str, Fraction], folder: Path, seed: int, *, quiet: bool
) -> dict[str, dict[str, Any]]:
    # The first venue here, which shows how far it is, the others beside it where there are cores for them.
    runs = {name: (name, ACCOUNTS[name], folder / name, seed, fall) for name, fall in falls.items()}
    if (os.cpu_count() or 1) < len(runs):
        return {name: _run(*run, quiet=quiet) for name, run in runs.items()}
    first, *others = runs
    with ProcessPoolExecutor(len(others), get_context("spawn")) as beside:
        begun = {name: beside.submit(_run, *runs[name], quiet=True) for name in others}
        return {first: _run(*runs[first], quiet=quiet)} | {name: run.result() for name, run in begun.items()}


def _run(name: str, accounts: int, out: Path, seed: int, drop: Fraction, *, quiet: bool) -> dict[str, Any]:
    from seawall.adapters.synthetic import synthetic_exchange, synthetic_lending
    from seawall.core.event import Event
    from seawall.runs.shock import Shock

    make = {"exchange": synthetic_exchange, "lending": synthetic_lending}[name]
    book, market, terms = make(accounts, seed)
    source = {
        "inputs": {"generator": f"seawall.adapters.synthetic.{make.__name__}({accounts}, seed={seed})"},
        "shocks": {"drop": str(float(drop)), "prices": [], "marks": []},
    }
    inputs = Inputs(book, market, terms, Shock(drop))
    event = Event(f"demo-{name}", as_of=book.as_of, seed=seed)
    return resolve_verb.run(inputs, event, out=out, source=source, force=False, quiet=quiet)


def _show(summaries: dict[str, dict[str, Any]], out: Path, seed: int, *, no_color: bool) -> None:
    screen = Screen(no_color=no_color)
    screen.line(
        (f"Seawall {code_version()} demo", STRONG), f"  two synthetic venues, seed {seed}, values in USD"
    )
    for name, summary in summaries.items():
        show_run(screen, summary, title="lending pool" if name == "lending" else name)
    charged = summaries["exchange"]["example_charge"] or summaries["lending"]["example_charge"]
    run = out / ("exchange" if summaries["exchange"]["example_charge"] else "lending")
    screen.line(f"open {out / INDEX}" if (out / INDEX).exists() else f"no page: {resolve_verb.PLOTS}")
    if charged:
        screen.line(f"why was this account charged? seawall explain {run} {charged}")
    screen.line(f"does it still add up?         seawall ledger verify {run}")


def _is_former_demo(folder: Path) -> bool:
    return (folder / MARKER).is_file()
