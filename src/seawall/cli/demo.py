"""`seawall demo`: two synthetic venues, a shock each, and who pays."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import Annotated, Any

import typer

from seawall.cli import resolve as resolve_verb
from seawall.cli.common import code_version, guarded, print_json
from seawall.cli.inputs import Inputs
from seawall.cli.options import AsJson, NoColor, Quiet
from seawall.cli.screen import STRONG, Screen, show_run

MARKER, INDEX = ".seawall-demo", "index.html"
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
        summaries = {
            name: _run(name, folder / name, seed, fall, quiet=quiet or as_json)
            for name, fall in falls.items()
        }
        if can_render():
            page = index_page(summaries, "Seawall demo")
            (folder / INDEX).write_text(page, encoding="utf-8", newline="\n")
        (folder / MARKER).write_text("written by seawall demo\n", encoding="utf-8", newline="\n")
    if as_json:
        print_json(summaries)
    else:
        _show(summaries, out, seed, no_color=no_color)
    return 0


def _run(name: str, out: Path, seed: int, drop: Fraction, *, quiet: bool) -> dict[str, Any]:
    from seawall.adapters.synthetic import synthetic_exchange, synthetic_lending
    from seawall.core.event import Event
    from seawall.runs.shock import Shock

    make = {"exchange": synthetic_exchange, "lending": synthetic_lending}[name]
    book, market, terms = make(seed=seed)
    source = {
        "inputs": {"generator": f"seawall.adapters.synthetic.{make.__name__}(seed={seed})"},
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
