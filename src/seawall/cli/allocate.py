"""`seawall allocate`: share a loss out by a rule, compare rules, ask them for their axioms."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seawall.cli.allocation_screen import show_allocation, show_comparison, show_matrix, sybil_in_words
from seawall.cli.common import guarded, print_json, progress, warn
from seawall.cli.options import AsJson, NoColor, Seed
from seawall.cli.screen import Screen
from seawall.core.units import PPM
from seawall.errors import EXIT_BREACH, EXIT_OK, InputError, Problem

if TYPE_CHECKING:
    from seawall.adapters.payers import Payers
    from seawall.allocation.axioms import Verdict
    from seawall.allocation.cases import Case
    from seawall.allocation.compare import Comparison
    from seawall.allocation.fairness import Facts

ALL = "all"


@guarded
def allocate(
    ctx: typer.Context,
    payers: Annotated[
        Path | None, typer.Argument(help="Accounts that may bear the loss, CSV or Parquet.")
    ] = None,
    budget: Annotated[str, typer.Option(help="Loss to share out, in whole units of the asset.")] = "",
    rule: Annotated[str, typer.Option(help="Rule that shares it out.")] = "capped",
    compare: Annotated[
        str, typer.Option(metavar="RULES", help="Lay rules side by side: names with commas, or all.")
    ] = "",
    axioms: Annotated[
        bool,
        typer.Option("--axioms", help="Search for what the rules (of --compare) break, with small examples."),
    ] = False,
    trials: Annotated[int, typer.Option(min=1, help="Cases to try per axiom.")] = 300,
    event: Annotated[str, typer.Option(help="Names the event: ties hang on it.")] = "allocation",
    decimals: Annotated[int, typer.Option(min=0, max=36, help="Decimals of the asset.")] = 6,
    lot: Annotated[
        str, typer.Option(help="Smallest amount that can be charged, in whole units; the last decimal.")
    ] = "",
    move: Annotated[
        str, typer.Option(metavar="PERCENT", help="What the price did since, for the column exposure.")
    ] = "",
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for accounts.csv, comparison.json and picture.")
    ] = None,
    seed: Seed = 0,
    as_json: AsJson = False,
    no_color: NoColor = False,
) -> int:
    """Share a loss out over accounts, exactly, and say how fairly it lies.

    PAYERS needs the columns account and weight; cap, score, time, contracts, leverage, owner, caused,
    payout, fee and exposure are optional. A published table of deleveraged users (user, closed_pnl,
    account_value_realtime, ...) is read too; its loss is what users below zero owe, unless --budget
    says otherwise.
    Exit 1 when part of the budget is left with nobody to bear it.
    """
    screen = Screen(no_color=no_color)
    _refuse_idle(ctx, axioms=axioms, compare=bool(compare))
    if axioms:
        return _axioms(screen, _names(compare) if compare else [], trials, seed, as_json=as_json)
    if payers is None:
        raise InputError("give a file of accounts, or ask for --axioms", code="usage")
    from seawall.allocation.allocate import RULES
    from seawall.allocation.compare import compare as lay_out
    from seawall.allocation.judged import COMPARED_BY_NAME, rules_named
    from seawall.allocation.sybil import trials_within

    rules = rules_named(_names(compare) if compare else [rule], COMPARED_BY_NAME)
    if lot and not compare and RULES[rule].lot_of == "contracts":
        message = f"--lot: {rule} closes whole contracts, not lots of the amount: leave it out"
        raise InputError(message, code="usage")
    read, units, decimals = _read(payers, budget, decimals)
    searched = {name: trials_within(len(read.ids), RULES[name].cost_us) for name in rules}
    case = _case(read, units, event, lot=_lot(lot, decimals), seed=seed)
    facts = _facts(read, move)
    with progress(quiet=as_json) as show:
        found = lay_out(rules, case, facts=facts, sybil_trials=searched, seed=seed, progress=show)
    if not found.outcomes:  # every rule was left out
        raise InputError.of(Problem("rule_refused", why, name) for name, why in found.refused.items())
    document = _document(found, decimals)
    if out is not None:
        from seawall.report.allocation_folder import write_comparison

        write_comparison(out, found, document, decimals=decimals)
    if as_json:
        print_json(document)
    elif compare:
        show_comparison(screen, found, decimals)
    else:
        show_allocation(screen, found, decimals)
    return EXIT_BREACH if any(item.fairness.left for item in found.outcomes) else EXIT_OK


def _refuse_idle(ctx: typer.Context, *, axioms: bool, compare: bool) -> None:
    # An option that would say nothing is a misunderstanding: better told than obeyed in silence.
    idle = ("payers", "budget", "rule", "event", "decimals", "lot", "move", "out") if axioms else ("trials",)
    if compare and not axioms:
        idle = (*idle, "rule")
    given = [name for name in idle if getattr(ctx.get_parameter_source(name), "name", "") == "COMMANDLINE"]
    if given:
        said = ", ".join("FILE" if name == "payers" else f"--{name}" for name in given)
        beside = "with --axioms" if axioms else "with --compare" if given == ["rule"] else "without --axioms"
        raise InputError(f"{said}: of no effect {beside}, leave it out", code="usage")


def _read(path: Path, budget: str, decimals: int) -> tuple[Payers, int, int]:
    # (payers, loss, decimals); a published table of deleveraged users shows its own deficit.
    from seawall.adapters.adl_users import USD_DECIMALS, is_adl_file, read_adl_users
    from seawall.adapters.payers import read_payers

    if is_adl_file(path):
        users = read_adl_users(path)
        warn(users.problems, quiet=False)
        return users.payers, _budget(budget, USD_DECIMALS) if budget else users.deficit, USD_DECIMALS
    if not budget:
        raise InputError("give the loss to share out: --budget AMOUNT", code="usage")
    return read_payers(path, decimals=decimals), _budget(budget, decimals), decimals


def _names(text: str) -> list[str]:
    names = [name.strip() for name in text.split(",") if name.strip()]
    if not names:
        raise InputError(
            f"--compare: expected names of rules with commas, or all, got {text!r}", code="usage"
        )
    return [] if names == [ALL] else names


def _budget(text: str, decimals: int) -> int:
    units = _amount("--budget", text, decimals)
    if units < 0:
        raise InputError(f"--budget: a loss is at least 0, got {text}", code="usage")
    return units


def _amount(option: str, text: str, decimals: int) -> int:
    from seawall.core.money import parse_decimal

    try:
        return parse_decimal(text, decimals)
    except InputError as error:
        raise InputError(f"{option}: {error}", code="usage") from error


def _lot(text: str, decimals: int) -> int:
    if not text:
        return 1
    units = _amount("--lot", text, decimals)
    if units < 1:
        raise InputError(f"--lot: a lot is above 0, got {text}", code="usage")
    return units


def _case(read: Payers, units: int, event: str, *, lot: int, seed: int) -> Case:
    from seawall.allocation.cases import Case

    return Case(
        units,
        tuple(read.weights),
        tuple(read.ids),
        tuple(read.caps),
        tuple(read.scores or ()),
        event,
        tuple(read.times or ()),
        tuple(read.contracts or ()),
        tuple(read.leverages_ppm or ()),
        lot,
        seed,
    )


def _facts(read: Payers, move: str) -> Facts:
    from seawall.allocation.fairness import Facts

    since = _move(move) if move else None
    if move and read.exposures is None:
        raise InputError("--move: needs the column exposure, the value that each holds", code="usage")
    return Facts(
        owners=read.owners,
        caused_by=read.caused_by,
        exposures=read.exposures or (),
        move_since_ppm=since,
        payouts=read.payouts or (),
        fees=read.fees or (),
    )


def _move(percent: str) -> int:
    since = _amount("--move", percent, 4)
    if since < -PPM:
        raise InputError(f"--move: a price falls by 100 % at most, got {percent}", code="usage")
    return since


def _document(found: Comparison, decimals: int) -> dict[str, Any]:
    from seawall.core.money import format_decimal

    def told(value: object, kind: str) -> object:
        if value is None:
            return None
        if kind == "units":
            return format_decimal(int(value), decimals)  # type: ignore[call-overload]  # units are ints
        return value if isinstance(value, int) else float(value)  # type: ignore[arg-type]  # float or Fraction

    from seawall.allocation.fairness import METRICS

    kinds = {metric.name: metric.kind for metric in METRICS}
    return {
        "event": found.case.event,
        "budget": format_decimal(int(found.case.amount), decimals),
        "accounts": [
            {"account": row["id"], "weight": format_decimal(row["weight"], decimals)}
            | {"shares": {item.rule: format_decimal(item.shares[place], decimals) for item in found.outcomes}}
            for place, row in enumerate(found.accounts())
        ],
        "rules": [
            {"rule": row["rule"]}
            | {name: told(value, kinds[name]) for name, value in row.items() if name != "rule"}
            | {"seed": found.outcome(row["rule"]).seed}
            | {"sybil": sybil_in_words(found.outcome(row["rule"]).fairness.sybil)}
            for row in found.rows()
        ],
        "refused": dict(found.refused),
    }


def _axioms(screen: Screen, names: list[str], trials: int, seed: int, *, as_json: bool) -> int:
    from seawall.allocation.axioms import matrix
    from seawall.allocation.claims_axioms import CLAIMS_AXIOMS
    from seawall.allocation.judged import AWARDS_BY_NAME, RULES_BY_NAME, rules_named
    from seawall.allocation.loss_laws import LOSS_LAWS

    wanted = rules_named(names, {**RULES_BY_NAME, **AWARDS_BY_NAME})
    losses = {name: rule for name, rule in wanted.items() if name in RULES_BY_NAME}
    awards = {name: rule for name, rule in wanted.items() if name in AWARDS_BY_NAME}
    tables = [
        (title, matrix(rules, axioms, trials=trials, seed=seed))
        for title, rules, axioms in (
            ("shares of a loss, in whole units", losses, LOSS_LAWS),
            ("awards of an endowment, in exact fractions", awards, CLAIMS_AXIOMS),
        )
        if rules
    ]
    if as_json:
        rows = {name: _verdicts(row) for _, table in tables for name, row in table.items()}
        print_json({"trials": trials, "seed": seed, "rules": rows})
        return EXIT_OK
    for title, table in tables:
        show_matrix(screen, title, table)
    screen.line(f"-: no counterexample in {trials:,} cases of seed {seed}, which is no proof")
    return EXIT_OK


def _verdicts(row: Mapping[str, Verdict]) -> dict[str, Any]:
    return {
        name: {
            "holds": verdict.holds,
            "trials": verdict.trials,
            "counterexample": None if verdict.counterexample is None else str(verdict.counterexample),
        }
        for name, verdict in row.items()
    }
