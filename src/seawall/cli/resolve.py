"""`seawall resolve`: liquidate, and share out what is left."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seawall.cli.common import console, guarded, plain, print_json, progress
from seawall.cli.inputs import hashes, read_inputs
from seawall.cli.options import (
    AsJson,
    Drop,
    Folder,
    Force,
    LimitUsd,
    Marks,
    NoColor,
    Prices,
    Quiet,
    Seed,
    TermsFile,
)

if TYPE_CHECKING:
    from seawall.core.book import Book
    from seawall.core.market import Market
    from seawall.core.terms import Terms
    from seawall.resolution import Event


@guarded
def resolve(
    folder: Folder,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write a run folder here.")] = None,
    event: Annotated[str, typer.Option(help="Id that names the event; the folder's name by default.")] = "",
    seed: Seed = 0,
    drop: Drop = None,
    prices: Prices = None,
    marks: Marks = None,
    terms_file: TermsFile = None,
    limit_usd: LimitUsd = None,
    force: Force = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> int:
    """Liquidate by the venue's rules, run the loss down the waterfall, and say who pays."""
    from seawall.resolution import Event
    from seawall.runs.folder import check_target

    if out is not None:
        check_target(out, force=force)
    book, market, terms = read_inputs(
        folder, drop=drop, prices=prices, marks=marks, terms_file=terms_file, quiet=quiet
    )
    name = event or folder.resolve().name
    settings = {"drop": drop, "prices": prices or [], "marks": marks or []}
    summary = run(
        book,
        market,
        terms,
        Event(name, as_of=book.as_of, seed=seed),
        out=out,
        manifest={"inputs": hashes(folder), "shocks": settings},
        force=force,
        quiet=quiet or as_json,
    )
    if as_json:
        print_json(summary)
    else:
        show(summary, no_color=no_color)
        if out is not None:
            print(f"open {out / 'report.html'} | why: seawall explain {out}")
    uncovered = sum(float(item["value"]) for item in summary["residual"])
    return int(limit_usd is not None and uncovered > limit_usd)


def run(
    book: Book,
    market: Market,
    terms: Terms,
    event: Event,
    *,
    out: Path | None,
    manifest: dict[str, Any],
    force: bool,
    quiet: bool,
    before_shock: Market | None = None,
) -> dict[str, Any]:
    """Resolve, and write the run folder if one is wanted; return the summary.

    The report's table of shocks starts from `before_shock`, where that is another market.
    """
    import hashlib
    from importlib.metadata import version

    from seawall.resolution import resolve as resolve_book
    from seawall.runs.folder import write_run
    from seawall.runs.summary import summarise

    with progress(quiet=quiet) as show_progress:
        resolution = resolve_book(book, market, terms, event, progress=show_progress)
    summary = summarise(resolution)
    if out is not None:
        from seawall.report.html import render
        from seawall.report.shocks import shock_table

        with progress(quiet=quiet) as show_progress:
            shocks = shock_table(book, before_shock or market, terms, progress=show_progress)
        whole = {
            "seawall": version("seawall"),
            "event": event.id,
            "as_of": event.as_of,
            "seed": event.seed,
            "venue": book.venue,
            "synthetic": "synthetic" in book.venue,
            "terms_sha256": hashlib.sha256(terms.model_dump_json().encode()).hexdigest(),
            **manifest,
        }
        page = render(resolution, summary, shocks)
        write_run(out, resolution, summary, manifest=whole, pages={"report.html": page}, force=force)
    return summary


def show(summary: dict[str, Any], *, no_color: bool) -> None:
    """Print a resolution for people, in 80 columns."""
    from rich.table import Table

    out = console(no_color=no_color)
    name = f"[bold]{plain(summary['venue'])}[/bold]  {summary['accounts']:,} accounts"
    out.print(f"{name}  rulebook {summary['terms']}  seed {summary['seed']}")
    outcomes = ", ".join(f"{count:,} {word.replace('_', ' ')}" for word, count in summary["outcomes"].items())
    out.print(
        f" under water: {summary['liquidatable']:,} liquidatable, {summary['insolvent']:,} of them insolvent"
        f" ({outcomes or 'nothing done'})"
    )
    for basis, row in summary["bad_debt"]["do_nothing"].items():
        out.print(
            f" if nothing were done, {basis:>6} prices: mark gap {_short(row['mark_gap'])}, "
            f"liquidation gap {_short(row['liquidation_gap'])}"
        )
    for row in summary["top_defaults"][:1]:
        out.print(f" largest default: {plain(row['account'])} with {_short(row['amount'])} {row['asset']}")
    table = Table(box=None, pad_edge=False)
    for column in (" who pays, in order", "kind", "took", "lots closed in", "accounts"):
        table.add_column(column, justify="left" if column in (" who pays, in order", "kind") else "right")
    for row in summary["layers"]:
        contracts = len(row["lots"])
        table.add_row(
            f" {plain(row['layer'])}",
            row["kind"],
            _short(row["taken_value"]) if float(row["taken_value"]) else "-",
            f"{contracts} contracts" if contracts else "",
            f"{row['charged_accounts']:,}" if row["charged_accounts"] else "",
        )
    out.print(table)
    for item in summary["residual"][:3]:
        out.print(
            f" left uncovered: {_short(item['amount']['amount'])} {item['amount']['asset']} of "
            f"{plain(item['account'])}, with {plain(item['bearer'])}"
        )
    checks = summary["checks"]
    out.print(
        f" checks: {checks['loss_minus_borne_units']} units unborne | {checks['journal_entries']:,} entries, "
        f"{checks['journal_problems']} problems | head {checks['journal_head'][:12]}"
    )


def _short(text: str) -> str:
    value = float(text)
    for limit, name in ((1e9, "B"), (1e6, "M"), (1e3, "k")):
        if abs(value) >= limit:
            return f"{value / limit:,.2f} {name}"
    return f"{value:,.2f}".rstrip("0").rstrip(".") if value else "0"
