"""`seawall resolve`: liquidate, and share out what is left."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seawall.cli.common import guarded, print_json, progress
from seawall.cli.compare import compare
from seawall.cli.inputs import Inputs, about_run, exit_code, hashes, read_inputs, read_limit
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
    Venues,
)
from seawall.cli.screen import Screen, show_run
from seawall.errors import InputError, Problem

PLOTS = "the extra plots draws it, pip install 'seawall[plots]'"

if TYPE_CHECKING:
    from seawall.core.event import Event


@guarded
def resolve(
    folder: Folder,
    out: Annotated[Path | None, typer.Option("--out", "-o", help="Write a run folder here.")] = None,
    event: Annotated[str, typer.Option(help="Id that names the event; the folder's name by default.")] = "",
    seed: Seed = 0,
    drop: Drop = "",
    prices: Prices = None,
    marks: Marks = None,
    terms_file: TermsFile = None,
    venues: Venues = None,
    limit_usd: LimitUsd = "",
    force: Force = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> int:
    """Liquidate by the venue's rules, run the loss down the waterfall, and say who pays.

    The limit is on what funds do not cover: the loss that reaches users or stays uncovered,
    and the bad debt that the venue does not recognise.

    With --venue twice or more, the same book and shock under each rulebook: who would have lost what.
    """
    from seawall.runs.folder import check_target, is_run

    limit = read_limit(limit_usd)
    shocks: dict[str, Any] = {"drop": drop, "prices": prices, "marks": marks}
    _check_venues(venues, terms_file, limit)
    if venues and len(venues) > 1:
        return compare(
            folder,
            venues,
            shocks,
            event=event,
            seed=seed,
            out=out,
            force=force,
            as_json=as_json,
            quiet=quiet,
            no_color=no_color,
        )
    if out is not None:
        check_target(out, replaces=is_run if force else None)
    inputs = read_inputs(
        folder,
        **shocks,
        terms_file=terms_file,
        venue=venues[0] if venues else "",
        quiet=quiet or as_json,
    )
    named = inputs.event(event or folder.resolve().name, seed)
    source = {
        "inputs": hashes(folder),
        "shocks": {"drop": drop, "prices": prices or [], "marks": marks or []},
    }
    summary = run(inputs, named, out=out, source=source, force=force, quiet=quiet or as_json)
    if as_json:
        print_json(summary)
    else:
        screen = Screen(no_color=no_color)
        show_run(screen, summary)
        if out is not None:
            _next_steps(screen, out)
    return exit_code(inputs, is_breached=bool(limit) and _not_covered(summary) > Decimal(limit))


def _check_venues(venues: list[str] | None, terms_file: Path | None, limit: str) -> None:
    if venues and terms_file is not None:
        raise InputError("--terms and --venue both name a rulebook: give one of them", code="usage")
    if venues and len(venues) > 1 and limit:
        raise InputError("--limit-usd judges one rulebook: give one --venue with it", code="usage")
    problems = [problem for name in venues or () for problem in _no_rulebook(name)]
    if problems:
        raise InputError.of(problems)


def _no_rulebook(name: str) -> Iterator[Problem]:
    from seawall.venues import VENUES, load_rulebook
    from seawall.venues.catalogue import venues

    known = next((item for item in venues() if item.name == name), None)
    if known is not None and name not in VENUES:
        parts = ", ".join(known.parts)
        message = f"venue {name} has no rulebook to resolve a book with, only {parts}; there are"
        yield Problem("no_rulebook", f"{message} {', '.join(VENUES)}", "--venue")
    elif name not in VENUES:
        try:
            load_rulebook(name)
        except InputError as error:
            yield from error.problems


def _next_steps(screen: Screen, out: Path) -> None:
    from seawall.runs.folder import REPORT

    page = f"open {out / REPORT}" if (out / REPORT).exists() else f"no page: {PLOTS}"
    screen.line(f"{page} | why: seawall explain {out}")


def run(
    inputs: Inputs, event: Event, *, out: Path | None, source: dict[str, Any], force: bool, quiet: bool
) -> dict[str, Any]:
    """Resolve, and write the run folder if one is wanted; return the summary.

    Args:
        source: What the manifest tells of where the inputs came from.
    """
    from seawall.report.save import save_run
    from seawall.resolution import resolve as resolve_book
    from seawall.runs.summary import summarise

    book, market, terms, shock = inputs.book, inputs.market, inputs.terms, inputs.shock
    about = about_run(inputs)
    with progress(quiet=quiet) as show:
        if out is None:
            return summarise(resolve_book(book, inputs.shocked, terms, event, progress=show), about=about)
        return save_run(
            out,
            book,
            market,
            terms,
            event,
            shock=shock,
            about=about,
            source=source,
            force=force,
            progress=show,
        )


def _not_covered(summary: dict[str, Any]) -> Decimal:
    # What users bear or no layer bore, and what stays in the book because the venue books no loss.
    left = max(Decimal(gaps["mark_gap"]) for gaps in summary["bad_debt"]["after"].values())
    return Decimal(summary["totals"]["to_users"]) + left
