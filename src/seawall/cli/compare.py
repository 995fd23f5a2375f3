"""`seawall resolve FOLDER --venue A --venue B`: one book and one shock, under several rulebooks."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from seawall.cli.common import code_version, print_json, progress
from seawall.cli.inputs import Inputs, about_run, exit_code, hashes, read_inputs
from seawall.cli.screen import BAD, SOFT, STRONG, Screen, count, show_stale
from seawall.errors import InputError

if TYPE_CHECKING:
    from seawall.core.event import Event
    from seawall.runs.venue_comparison import VenueComparison

SHOWN = 8


def compare(
    folder: Path,
    venues: Sequence[str],
    shocks: dict[str, Any],
    *,
    event: str,
    seed: int,
    out: Path | None,
    force: bool,
    as_json: bool,
    quiet: bool,
    no_color: bool,
) -> int:
    """Resolve a snapshot under each venue's rulebook and lay the outcomes side by side.

    Args:
        shocks: `drop`, `prices` and `marks` of the command line.
        out: Gets accounts.csv, comparison.json, comparison.html, and a run folder for each venue.

    Raises:
        InputError: With every problem found.
    """
    from seawall.runs.folder import check_target, is_comparison
    from seawall.runs.venue_comparison import compare_venues

    repeated = sorted({name for name in venues if list(venues).count(name) > 1})
    if repeated:
        raise InputError(f"--venue {repeated[0]} is given twice", code="usage")
    if out is not None:
        check_target(out, replaces=is_comparison if force else None)
    told: set[str] = set()  # what is wrong with the snapshot is so under every rulebook
    inputs = [read_inputs(folder, **shocks, venue=name, quiet=quiet or as_json, told=told) for name in venues]
    named = inputs[0].event(event or folder.resolve().name, seed)
    with progress(quiet=quiet or as_json) as show:
        from seawall.resolution import resolve

        found = compare_venues(
            [resolve(each.book, each.shocked, each.terms, named, progress=show) for each in inputs]
        )
        document = _document(found, inputs[0], named, shocks)
        if out is not None:
            _write(out, found, document, inputs, hashes(folder), force=force)
    if as_json:
        print_json(document)
    else:
        _show(Screen(no_color=no_color), found, document, out)
    return exit_code(inputs[0], is_breached=False)


def _document(found: VenueComparison, inputs: Inputs, event: Event, shocks: dict[str, Any]) -> dict[str, Any]:
    return {
        "event": event.id,
        "book": inputs.book.venue,
        "as_of": event.time(inputs.book.as_of),
        "base_currency": inputs.base_currency,
        "basis": "market",
        "shocks": {name: value or ([] if name != "drop" else "") for name, value in shocks.items()},
        "stale_prices": list(inputs.stale),
        "synthetic": inputs.is_synthetic,
        "version": code_version(),
        **found.document(),
    }


def _write(
    out: Path,
    found: VenueComparison,
    document: dict[str, Any],
    inputs: Sequence[Inputs],
    sources: dict[str, str],
    *,
    force: bool,
) -> None:
    from seawall.report.comparison_folder import write_venue_comparison
    from seawall.report.save import save_resolution
    from seawall.runs.folder import is_comparison, new_folder

    title = f"{document['book']}: one book, {len(inputs)} rulebooks"
    with new_folder(out, replaces=is_comparison if force else None) as folder:
        write_venue_comparison(folder, found, document, title=title, currency=document["base_currency"])
        for outcome, given in zip(found.outcomes, inputs, strict=True):
            save_resolution(
                folder / outcome.venue,
                outcome.resolution,
                given.market,
                shock=given.shock,
                about=about_run(given),
                source={"inputs": sources, "shocks": document["shocks"]},
            )


def _show(screen: Screen, found: VenueComparison, document: dict[str, Any], out: Path | None) -> None:
    from seawall.runs.value import short
    from seawall.runs.venue_comparison import GROUPS

    rows = document["venues"]
    screen.line(
        (document["book"], STRONG),
        f"  one book, {len(rows)} rulebooks; lost in {document['base_currency']} at market prices",
    )
    show_stale(screen, document)
    names = [row["venue"] for row in rows]
    right = range(1, len(names) + 1)
    table = [
        ("accounts liquidated", *(f"{row['liquidated']:,}" for row in rows)),
        ("hole before", *(short(row["hole_before"]) for row in rows)),
        *(
            (f"lost by {said}", *(short(row["lost"][group]) for row in rows))
            for group, said in GROUPS.items()
        ),
        ("left in the book", *(short(row["hole_left"]) for row in rows)),
    ]
    screen.table(("", *names), table, right=right)
    differing = document["accounts_treated_differently"]
    screen.line((f"{count(differing, 'user')} treated differently, the widest apart first", SOFT))
    if differing:
        told = [(row["account"], *(short(row["lost"][name]) for name in names)) for row in found.rows(SHOWN)]
        screen.table(("account", *names), told, right=right)
    left = [row["venue"] for row in rows if float(row["hole_left"]) >= 0.01]
    if left:
        screen.line(("left in the book", BAD), f" under {', '.join(left)}: nobody has paid it yet")
    if out is not None:
        page = out / "comparison.html"
        screen.line(f"open {page}" if page.exists() else f"{out}: no page, it needs seawall[plots]")
