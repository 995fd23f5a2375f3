"""`seawall simulate`: thousands of storms over one book, and how large the fund has to be."""

from __future__ import annotations

import re
import sys
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seawall.cli.books import read_book
from seawall.cli.common import EXIT_INTERRUPTED, guarded, print_json, progress
from seawall.cli.inputs import about_run, exit_code, read_limit
from seawall.cli.options import AsJson, Book, Force, LimitUsd, NoColor, Quiet, ScenarioFile, TermsFile
from seawall.cli.screen import Screen
from seawall.cli.simulate_pairs import against, controlled, paired_job, read_put, require_pairs
from seawall.errors import InputError, SeawallError

if TYPE_CHECKING:
    from seawall.cli.inputs import Inputs
    from seawall.runs.chunks import ChunkStore
    from seawall.runs.execute import Gather, Job
    from seawall.simulation.scenario import Scenario
    from seawall.simulation.totals import PathTotals


@guarded
def simulate(
    book: Book,
    scenario_file: ScenarioFile,
    paths: Annotated[int | None, typer.Option(min=1, help="Paths instead of the scenario's.")] = None,
    seed: Annotated[int | None, typer.Option(min=0, help="Seed instead of the scenario's.")] = None,
    quantiles: Annotated[
        list[float] | None,
        typer.Option("--quantile", help="Level of VaR and ES, 0.99 and 0.999 by default. Repeatable."),
    ] = None,
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Write a folder with every path and the report here.")
    ] = None,
    jobs: Annotated[
        int, typer.Option(min=0, help="Processes to share the work; threads on all cores when 0.")
    ] = 0,
    cluster: Annotated[
        str, typer.Option(metavar="ADDRESS", help="Dask scheduler that shares the work, tcp://HOST:PORT.")
    ] = "",
    resume: Annotated[
        bool, typer.Option("--resume", help="Go on with a run to --out that was stopped.")
    ] = False,
    versus: Annotated[
        Path | None,
        typer.Option("--versus", help="Scenario to compare with on the same paths: what it costs more."),
    ] = None,
    control: Annotated[
        str,
        typer.Option(metavar="MARKET:STRIKE", help="Correct the expected loss by a put whose mean is known."),
    ] = "",
    terms_file: TermsFile = None,
    limit_usd: LimitUsd = "",
    force: Force = False,
    as_json: AsJson = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> int:
    """Simulate many paths of prices over a book, liquidations and waterfall included.

    The limit is on what is asked of a fund, VaR at the highest level that the paths can back.
    """
    from seawall.cli.simulation_screen import show_simulation
    from seawall.report.simulation_folder import is_simulation
    from seawall.runs.execute import Job
    from seawall.runs.folder import check_target

    limit = read_limit(limit_usd)
    levels = _levels(quantiles)
    gather = _gather(jobs, cluster)
    if resume and out is None:
        raise InputError("--resume goes on with a run to a folder: give --out", code="usage")
    if out is not None:
        check_target(out, replaces=is_simulation if force else None)
    inputs, source = read_book(book, terms_file=terms_file, quiet=quiet or as_json)
    scenario, text = read_scenario(scenario_file, n_paths=paths, seed=seed)
    put = read_put(scenario, control)
    other = None if versus is None else read_scenario(versus)[0]
    require_pairs(scenario, other, put)
    job = Job(inputs.book, inputs.market, inputs.terms, scenario)
    _ = job.storm  # what it does not serve is told before anything is kept
    other_job = paired_job(job, other)
    keep = partial(_store, out, inputs, source, resume=resume)
    walk = partial(_simulated, gather=gather, quiet=quiet or as_json)
    paired: dict[str, Any] = {}
    unpaired: SeawallError | None = None
    try:
        totals = walk(job, keep(scenario))
        try:
            if other_job is not None:
                found = walk(other_job, keep(other_job.scenario, versus_of=scenario))
                paired |= against(job, totals, found, other_job.scenario)
            paired |= controlled(job, totals, put)
        except SeawallError as error:
            unpaired = error  # the run stands without its pair, and is written
    except KeyboardInterrupt:
        print(_interrupted(out), file=sys.stderr)
        return EXIT_INTERRUPTED
    summary = {**_summary(inputs, job, totals, levels), **paired}
    if out is not None:
        _write(out, inputs, job, totals, summary, source, text, force=force)
    if unpaired is not None:
        raise unpaired
    if as_json:
        print_json(summary)
    else:
        show_simulation(Screen(no_color=no_color), summary, out)
    return exit_code(inputs, is_breached=bool(limit) and _is_breached(summary, float(limit)))


def read_scenario(path: Path, *, n_paths: int | None = None, seed: int | None = None) -> tuple[Scenario, str]:
    """Return a scenario with what the command line says instead, and the text of its file.

    Raises:
        InputError: With every problem found.
    """
    from seawall.adapters.read_scenario import read_raw_scenario
    from seawall.simulation.scenario import Scenario

    raw, text = read_raw_scenario(path)
    given = {name: value for name, value in (("n_paths", n_paths), ("seed", seed)) if value is not None}
    if given and isinstance(raw.get("run", {}), dict):
        raw = {**raw, "run": {**raw.get("run", {}), **given}}  # checked as if the file said so
    return Scenario.build(raw, source=path.name), text


def _levels(quantiles: list[float] | None) -> list[float]:
    levels = sorted(set(quantiles or (0.99, 0.999)))
    wrong = [level for level in levels if not 0 < level < 1]
    if wrong:
        message = f"--quantile: a level lies between 0 and 1, got {wrong[0]:g}: 0.999 is 99.9 %"
        raise InputError(message, code="usage")
    return levels


def _gather(jobs: int, cluster: str) -> Gather:
    from seawall.runs.execute import in_processes, in_threads

    if jobs and cluster:
        raise InputError("--jobs and --cluster both say who works: give one of them", code="usage")
    if cluster:
        if not re.fullmatch(r"[a-z]+://\S+:\d+", cluster):
            message = f"--cluster: expected a scheduler's address, tcp://HOST:PORT, got {cluster!r}"
            raise InputError(message, code="usage")
        from seawall.runs.cluster import on_cluster

        return on_cluster(cluster)
    return in_processes(jobs) if jobs else in_threads()


def _simulated(job: Job, store: ChunkStore | None, *, gather: Gather, quiet: bool) -> PathTotals:
    from seawall.runs.simulate import simulate as simulate_paths

    with progress(quiet=quiet) as show:
        return simulate_paths(job, gather=gather, store=store, progress=show)


def _store(
    out: Path | None,
    inputs: Inputs,
    source: dict[str, Any],
    scenario: Scenario,
    *,
    resume: bool,
    versus_of: Scenario | None = None,
) -> ChunkStore | None:
    # The chunks of the other run lie within those of the first, by whose sampling its paths are drawn.
    import shutil

    from seawall.cli.common import code_version
    from seawall.runs.chunks import ChunkStore
    from seawall.runs.simulate import run_key

    if out is None:
        return None
    told = {**source, "terms": inputs.terms.model_dump(mode="json"), "version": code_version()}
    folder = unfinished(out)
    if versus_of is not None:
        folder, told = folder / "versus", {**told, "versus_of": run_key(versus_of, {})}
    if folder.exists() and not resume:
        shutil.rmtree(folder)
    return ChunkStore(folder, run_key(scenario, told))


def unfinished(out: Path) -> Path:
    """Return where the finished chunks of a run to `out` lie until all are there."""
    return out.with_name(f"{out.name}.unfinished")


def _interrupted(out: Path | None) -> str:
    if out is None or not unfinished(out).exists():
        return "interrupted: nothing was written"
    kept = len(list(unfinished(out).rglob("*.chunk")))
    return f"interrupted: {kept:,} finished chunks are in {unfinished(out)}; --resume goes on from there"


def _summary(inputs: Inputs, job: Job, totals: PathTotals, levels: list[float]) -> dict[str, Any]:
    from seawall.runs.cascade import cascade_summary
    from seawall.runs.health_profile import health_profile
    from seawall.runs.simulation_summary import simulation_summary

    return simulation_summary(
        totals,
        book=inputs.book,
        market=inputs.market,
        terms=inputs.terms,
        scenario=job.scenario,
        layers=job.layers,
        cascade=cascade_summary(job.storm),
        health=health_profile(job.storm.book, inputs.terms.family),
        about=about_run(inputs),
        levels=levels,
        notes=job.storm.notes,
        remarks=job.storm.remarks,
        unpriced=len(job.storm.book.unpriced),
        pilot=job.storm.pilot,
    )


def _write(
    out: Path,
    inputs: Inputs,
    job: Job,
    totals: PathTotals,
    summary: dict[str, Any],
    source: dict[str, Any],
    text: str,
    *,
    force: bool,
) -> None:
    import hashlib
    import shutil

    from seawall.report.simulation_folder import write_simulation

    pilot = job.storm.pilot
    manifest = {
        "seawall": summary["version"],
        "as_of": inputs.book.as_of,
        "seed": job.scenario.run.seed,
        "paths": len(totals),
        "walks_asked": summary["walks_asked"],
        "venue": inputs.book.venue,
        "synthetic": inputs.is_synthetic,
        "terms_sha256": hashlib.sha256(inputs.terms.model_dump_json().encode()).hexdigest(),
        "scenario": job.scenario.model_dump(mode="json"),
        "detector": job.detector,
        "aim": None if pilot is None else pilot.aim.told(),
        **source,
    }
    write_simulation(
        out,
        totals,
        summary,
        scenario=job.scenario,
        scenario_text=text,
        layers=job.layers,
        manifest=manifest,
        aim=None if pilot is None else pilot.aim,
        force=force,
    )
    shutil.rmtree(unfinished(out), ignore_errors=True)


def _is_breached(summary: dict[str, Any], limit: float) -> bool:
    answered = [item for item in summary["fund_needed"]["var"].values() if "value" in item]
    if answered or not float(summary["fund_needed"]["max"]):
        return bool(answered) and float(answered[-1]["value"]) > limit
    print(
        "the limit was not shown to hold: too few paths back a figure at any level asked for", file=sys.stderr
    )
    return True
