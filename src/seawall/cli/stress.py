"""`seawall stress`: how far may prices fall?"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seawall.cli.books import read_book
from seawall.cli.common import guarded, print_json, progress
from seawall.cli.inputs import about_run, exit_code, read_limit
from seawall.cli.options import AsJson, Book, Force, LimitUsd, NoColor, Quiet, ScenarioFile, TermsFile
from seawall.cli.screen import BAD, GOOD, SOFT, STRONG, Screen, count, show_stale
from seawall.cli.simulate import read_scenario
from seawall.errors import InputError

if TYPE_CHECKING:
    from seawall.runs.stress import StressRow


@guarded
def stress(
    book: Book,
    scenario_file: ScenarioFile,
    drops: Annotated[
        list[float] | None,
        typer.Option("--drop", metavar="FRACTION", help="Fall to try instead of the scenario's. Repeatable."),
    ] = None,
    together: Annotated[bool, typer.Option("--together", help="All markets only, none alone.")] = False,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write a folder with the table and the report here.")
    ] = None,
    terms_file: TermsFile = None,
    limit_usd: LimitUsd = "",
    force: Force = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> int:
    """Let all markets fall together, and each alone, and tell what each fall leaves behind.

    The limit is on what reaches users at the deepest fall of all markets.
    """
    from seawall.report.stress_folder import is_stress, write_stress
    from seawall.runs.execute import Job
    from seawall.runs.folder import check_target
    from seawall.runs.simulate import simulate
    from seawall.runs.stress import ALL, grid_points, stress_rows, stress_summary, stressed

    limit = read_limit(limit_usd)
    wrong = [drop for drop in drops or () if not 0 <= drop < 1]
    if wrong:
        message = f"--drop: a drop is a fraction from 0 up to 1, got {wrong[0]:g}: 0.3 is 30 %"
        raise InputError(message, code="usage")
    if out is not None:
        check_target(out, replaces=is_stress if force else None)
    inputs, source = read_book(book, terms_file=terms_file, quiet=quiet or as_json)
    scenario, text = read_scenario(scenario_file)
    points = grid_points(scenario, drops or scenario.stress.drops, each=not together)
    job = Job(inputs.book, inputs.market, inputs.terms, stressed(scenario, points))
    with progress(quiet=quiet or as_json) as show:
        totals = simulate(job, progress=show)
    rows = stress_rows(totals, points, job.layers, scenario.drivers, family=inputs.terms.family)
    summary = stress_summary(
        rows,
        book=inputs.book,
        terms=inputs.terms,
        market=inputs.market,
        scenario=scenario,
        about=about_run(inputs),
        notes=job.storm.notes,
    )
    if out is not None:
        manifest = {
            "seawall": summary["version"],
            "as_of": inputs.book.as_of,
            "venue": inputs.book.venue,
            "synthetic": inputs.is_synthetic,
            "scenario": scenario.model_dump(mode="json"),
            **source,
        }
        write_stress(out, rows, summary, scenario_text=text, manifest=manifest, force=force)
    if as_json:
        print_json(summary)
    else:
        _show(Screen(no_color=no_color), summary, rows, out)
    worst = next(row for row in reversed(rows) if row.point.market == ALL)
    return exit_code(inputs, is_breached=bool(limit) and worst.to_users > float(limit))


def _show(screen: Screen, summary: dict[str, Any], rows: list[StressRow], out: Path | None) -> None:
    from seawall.runs.folder import REPORT
    from seawall.runs.stress import ALL
    from seawall.runs.value import short

    hours = summary["horizon_s"] / 3600
    told = f"  {count(summary['accounts'], 'account')}, {count(len(rows), 'fall')}, {hours:.4g} h each"
    screen.line((summary["scenario"] or summary["venue"], STRONG), told)
    show_stale(screen, summary)
    screen.line((summary["verdict"], BAD if any(row.to_users > 0 for row in rows) else GOOD))
    screen.line()
    screen.line((f"values in {summary['base_currency']}; funds hold {short(summary['fund_value'])}", SOFT))
    screen.line(("at oracle prices of the moment; still in book: at market prices at the end", SOFT))
    head = ("all fall", "with sales", "liquidated", "loss", "covered", "reaches users", "still in book")
    cells = [
        (
            f"{row.point.drop * 100:.3g} %",
            f"{row.end_drop * 100:.3g} %",
            *(short(value) for value in (row.liquidated, row.recognised, row.covered, row.to_users)),
            short(row.mark_gap_market),
        )
        for row in rows
        if row.point.market == ALL
    ]
    screen.table(head, cells, right=range(7))
    _alone(screen, rows)
    if out is not None:
        page = out / REPORT
        screen.line(f"open {page}" if page.exists() else f"{out}: no page, it needs seawall[plots]")


def _alone(screen: Screen, rows: list[StressRow]) -> None:
    # The first fall at which each market alone leaves a loss, and at which one reaches users.
    from seawall.runs.stress import ALL

    names = list(dict.fromkeys(row.point.market for row in rows if row.point.market != ALL))
    if not names:
        return

    def first(name: str, field: str) -> str:
        drops = [row.point.drop for row in rows if row.point.market == name and getattr(row, field) > 0]
        return f"{min(drops) * 100:.3g} %" if drops else "-"

    screen.line()
    table = [(name, first(name, "recognised"), first(name, "to_users")) for name in names]
    screen.table(("one alone", "first loss at", "reaches users at"), table, right=(1, 2))
