"""`seawall scan`: where is the water?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

from seawall.cli.common import console, guarded, print_json
from seawall.cli.inputs import read_inputs
from seawall.cli.options import AsJson, Drop, Folder, LimitUsd, Marks, NoColor, Prices, Quiet, TermsFile

if TYPE_CHECKING:
    from seawall.core.book import Book
    from seawall.core.market import Market
    from seawall.core.terms import Terms

TOP = 10


@guarded
def scan(
    folder: Folder,
    basis: Annotated[
        Literal["oracle", "market"], typer.Option(help="Prices that decide which accounts are listed.")
    ] = "oracle",
    drop: Drop = None,
    prices: Prices = None,
    marks: Marks = None,
    terms_file: TermsFile = None,
    limit_usd: LimitUsd = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> int:
    """Find accounts that are under water, on both price bases."""
    book, market, terms = read_inputs(
        folder, drop=drop, prices=prices, marks=marks, terms_file=terms_file, quiet=quiet
    )
    found = findings(book, market, terms, basis)
    if as_json:
        print_json(found)
    else:
        show(found, no_color=no_color)
    worst = max(float(found["bases"][name]["mark_gap"]) for name in ("oracle", "market"))
    return int(limit_usd is not None and worst > limit_usd)


def findings(book: Book, market: Market, terms: Terms, basis: Literal["oracle", "market"]) -> dict[str, Any]:
    """Return what a scan found, as plain data."""
    from fractions import Fraction

    from seawall.risk.bad_debt import book_gaps, gaps, restoration
    from seawall.risk.detect import scan as scan_book
    from seawall.runs.summary import money

    bases: dict[str, Any] = {}
    listed: list[dict[str, Any]] = []
    for name in ("oracle", "market"):
        seen = scan_book(book, market, terms, name)
        failing = seen.failing(book, market, terms)
        totals = book_gaps(book, market, terms, name, seen)
        scale = (failing[0].value_unit if failing else 1) * 10**market.price_decimals
        bases[name] = {
            "liquidatable": int((seen.flag == 1).sum()),
            "insolvent": int(seen.is_insolvent.sum()),
            "unpriced": int((seen.flag == 2).sum()),
            "mark_gap": money(Fraction(totals.mark_gap, scale)),
            "liquidation_gap": money(Fraction(totals.liquidation_gap, scale)),
            "assessed_exactly": seen.unsure_count,
        }
        if name == basis:
            worst = sorted(failing, key=lambda health: (health.equity, health.account))[:TOP]
            listed = [
                {
                    "account": health.account,
                    "status": health.status,
                    "health": None if health.health_wad is None else health.health_wad / 10**18,
                    "equity": money(Fraction(health.equity, scale)),
                    "liquidation_gap": money(Fraction(gaps(health, terms).liquidation_gap, scale)),
                    "restored_by": {
                        key: money(Fraction(value, scale))
                        for key, value in restoration(health).deposit.items()
                    },
                }
                for health in worst
            ]
    return {
        "venue": book.venue,
        "terms": terms.venue,
        "accounts": len(book),
        "basis": basis,
        "bases": bases,
        "worst": listed,
    }


def show(found: dict[str, Any], *, no_color: bool) -> None:
    """Print a scan for people."""
    from rich.table import Table

    from seawall.cli.common import plain

    out = console(no_color=no_color)
    out.print(
        f"[bold]{plain(found['venue'])}[/bold]  {found['accounts']:,} accounts  rulebook {found['terms']}"
    )
    table = Table(box=None, pad_edge=False)
    for column in ("price basis", "liquidatable", "insolvent", "unpriced", "mark gap", "liquidation gap"):
        table.add_column(column, justify="left" if column == "price basis" else "right")
    for name, row in found["bases"].items():
        table.add_row(
            name,
            f"{row['liquidatable']:,}",
            f"{row['insolvent']:,}",
            f"{row['unpriced']:,}",
            f"{float(row['mark_gap']):,.2f}",
            f"{float(row['liquidation_gap']):,.2f}",
        )
    out.print(table)
    if not found["worst"]:
        out.print("no account is under water")
        return
    out.print(f"\nlargest by missing equity, on the {found['basis']} basis:")
    table = Table(box=None, pad_edge=False)
    for column in ("account", "status", "health", "equity", "liquidation gap"):
        table.add_column(
            column, justify="right" if column in ("health", "equity", "liquidation gap") else "left"
        )
    for row in found["worst"]:
        table.add_row(
            plain(row["account"]),
            row["status"],
            "-" if row["health"] is None else f"{row['health']:.4f}",
            f"{float(row['equity']):,.2f}",
            f"{float(row['liquidation_gap']):,.2f}",
        )
    out.print(table)
