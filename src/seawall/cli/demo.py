"""`seawall demo`: two synthetic venues, one shock, and who pays."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seawall.cli import resolve as resolve_verb
from seawall.cli.common import guarded, print_json
from seawall.cli.options import AsJson, NoColor, Quiet
from seawall.errors import InputError

if TYPE_CHECKING:
    from seawall.core.book import Book
    from seawall.core.market import Market
    from seawall.core.terms import Terms

MARKER = ".seawall-demo"


@guarded
def demo(
    out: Annotated[
        Path, typer.Option("--out", "-o", help="Folder to write; a former demo is replaced.")
    ] = Path("seawall-demo"),
    seed: Annotated[int, typer.Option(help="Seed of the synthetic venues.")] = 7,
    drop: Annotated[float, typer.Option(min=0.0, max=0.95, help="Fall of all prices.")] = 0.25,
    as_json: AsJson = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> int:
    """Resolve a synthetic exchange and a synthetic lending pool of 20,000 accounts after a shock."""
    from seawall.adapters.synthetic import synthetic_exchange, synthetic_lending

    _make_room(out)
    venues = {"exchange": synthetic_exchange(seed=seed), "lending": synthetic_lending(seed=seed)}
    summaries = {
        name: _run(name, venue, out / name, seed, drop, quiet or as_json) for name, venue in venues.items()
    }
    if as_json:
        print_json(summaries)
        return 0
    print(f"Seawall demo, synthetic data, all prices down {drop * 100:g} %")
    for summary in summaries.values():
        print()
        resolve_verb.show(summary, no_color=no_color)
    charged = summaries["exchange"]["example_charge"]
    print(f"\nopen {out}/exchange/report.html and {out}/lending/report.html")
    if charged:
        print(f"why was this account charged?  seawall explain {out}/exchange {charged}")
    print(f"does it still add up?          seawall ledger verify {out}/exchange")
    return 0


def _run(
    name: str, venue: tuple[Book, Market, Terms], out: Path, seed: int, drop: float, quiet: bool
) -> dict[str, Any]:
    from fractions import Fraction

    from seawall.report.shocks import fallen
    from seawall.resolution import Event

    book, market, terms = venue
    event = Event(f"demo-{name}", as_of=book.as_of, seed=seed)
    return resolve_verb.run(
        book,
        fallen(book, market, Fraction(str(drop))),
        terms,
        event,
        before_shock=market,
        out=out,
        manifest={
            "inputs": {"generator": f"seawall.adapters.synthetic, seed {seed}"},
            "shocks": {"drop": drop},
        },
        force=True,
        quiet=quiet,
    )


def _make_room(out: Path) -> None:
    # Only a former demo is ever replaced.
    if out.exists():
        if not (out / MARKER).is_file():
            raise InputError(
                f"{out} exists and is not a former demo: choose another folder with -o", code="output_exists"
            )
        shutil.rmtree(out)
    try:
        out.mkdir(parents=True)
        (out / MARKER).write_text("written by seawall demo\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"cannot write {out}: {error.strerror}", code="output_unwritable") from error
