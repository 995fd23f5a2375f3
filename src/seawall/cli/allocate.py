"""`seawall allocate`: share a loss out by a rule, compare rules, ask them for their axioms."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seawall.cli.common import guarded, print_json, warn
from seawall.cli.options import AsJson, NoColor, Seed
from seawall.cli.screen import BAD, GOOD, STRONG, Screen, count
from seawall.errors import EXIT_BREACH, EXIT_OK, InputError

if TYPE_CHECKING:
    from seawall.adapters.payers import Payers
    from seawall.allocation.axioms import Verdict
    from seawall.allocation.cases import Case
    from seawall.allocation.compare import Comparison
    from seawall.allocation.sybil import SybilGain

SHOWN = 10
SEARCHED_MAX = 2000  # above that many accounts a search for sybils would take minutes
ALL = "all"


@guarded
def allocate(
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
    out: Annotated[
        Path | None, typer.Option("--out", "-o", help="Folder for accounts.csv, comparison.json and picture.")
    ] = None,
    seed: Seed = 0,
    as_json: AsJson = False,
    no_color: NoColor = False,
) -> int:
    """Share a loss out over accounts, exactly, and say how fairly it lies.

    PAYERS needs the columns account and weight; cap, score, time, owner and caused are optional. A
    published table of deleveraged users (user, closed_pnl, account_value_realtime, ...) is read too;
    its loss is what users below zero owe, unless --budget says otherwise.
    Exit 1 when part of the budget is left with nobody to bear it.
    """
    screen = Screen(no_color=no_color)
    if axioms:
        return _axioms(screen, _names(compare) if compare else [], trials, seed, as_json=as_json)
    if payers is None:
        raise InputError("give a file of accounts, or ask for --axioms", code="usage")
    from seawall.allocation.compare import compare as lay_out
    from seawall.allocation.judged import rules_named

    rules = rules_named(_names(compare) if compare else [rule])
    read, units, decimals = _read(payers, budget, decimals)
    searched = 100 if len(read.ids) <= SEARCHED_MAX else 0
    found = lay_out(rules, _case(read, units, event), facts=_facts(read), sybil_trials=searched, seed=seed)
    if not compare and found.refused:
        raise InputError(f"{rule}: {found.refused[rule]}", code="rule_refused")
    document = _document(found, decimals)
    if out is not None:
        from seawall.report.allocation_folder import write_comparison

        write_comparison(out, found, document, decimals=decimals)
    if as_json:
        print_json(document)
    elif compare:
        _show_comparison(screen, found)
    else:
        _show_allocation(screen, found, decimals)
    return EXIT_BREACH if any(item.fairness.left for item in found.outcomes) else EXIT_OK


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
    return [] if text == ALL else [name.strip() for name in text.split(",") if name.strip()]


def _budget(text: str, decimals: int) -> int:
    from seawall.core.money import parse_decimal

    try:
        units = parse_decimal(text, decimals)
    except InputError as error:
        raise InputError(f"--budget: {error}", code="usage") from error
    if units < 0:
        raise InputError(f"--budget: a loss is at least 0, got {text}", code="usage")
    return units


def _case(read: Payers, units: int, event: str) -> Case:
    from seawall.allocation.cases import Case

    columns = (tuple(read.weights), tuple(read.ids), tuple(read.caps), tuple(read.scores or ()))
    return Case(units, *columns, event, tuple(read.times or ()))


def _facts(read: Payers) -> Any:
    from seawall.allocation.fairness import Facts

    return Facts(owners=read.owners, caused_by=read.caused_by)


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
            | {"sybil": _sybil(found, row["rule"])}
            for row in found.rows()
        ],
        "refused": dict(found.refused),
    }


def _sybil(found: Comparison, rule: str) -> str | None:
    sybil = found.outcome(rule).fairness.sybil
    if sybil is None:
        return None
    return f"rounding only, in {sybil.trials:,} tries" if sybil.is_rounding and sybil.gain else sybil.how


def _show_allocation(screen: Screen, found: Comparison, decimals: int) -> None:
    from seawall.core.money import format_decimal

    item = found.outcomes[0]
    panel = item.fairness

    def amount(units: int) -> str:
        return format_decimal(units, decimals)

    hit = f"{panel.hit:,} of {count(panel.receivers, 'account')}"
    screen.line((item.rule, STRONG), f"  {amount(panel.total)} borne by {hit}")
    places = sorted(range(len(item.shares)), key=lambda at: (-item.shares[at], found.case.names[at]))[:SHOWN]
    rows = [
        (
            found.case.names[at],
            amount(int(found.case.sizes[at])),
            amount(item.shares[at]),
            percent(Fraction(item.shares[at], int(found.case.sizes[at]))) if found.case.sizes[at] else "-",
        )
        for at in places
    ]
    screen.table(("account", "weight", "bears", "haircut"), rows, right=(1, 2, 3))
    screen.fact(
        "haircuts", f"largest {percent(panel.max_haircut)}, Gini {panel.gini:.2f}, Jain {panel.jain:.2f}"
    )
    screen.fact("concentration", f"HHI {float(panel.hhi):.3f}, ten largest bear {percent(panel.top_share)}")
    screen.fact("ranks", f"{count(panel.inversions, 'pair')} in which the larger weight bears less")
    if panel.sybil is not None:
        screen.fact(
            "sybil gain", _sybil(found, item.rule) or "", f" ({percent(panel.sybil_gain)} of the loss)"
        )
    if panel.non_causers is not None:
        screen.fact("not their doing", percent(panel.non_causers), " borne by those who did not cause it")
    style = BAD if panel.left else GOOD
    screen.fact("left unborne", (amount(panel.left), style))


def _show_comparison(screen: Screen, found: Comparison) -> None:
    head = ("rule", "largest haircut", "hit", "Gini", "HHI", "inversions", "sybil gain")
    rows = [
        (
            item.rule,
            percent(item.fairness.max_haircut),
            percent(item.fairness.hit_share),
            f"{item.fairness.gini:.2f}",
            f"{float(item.fairness.hhi):.3f}",
            f"{item.fairness.inversions:,}",
            _gain(item.fairness.sybil, percent(item.fairness.sybil_gain)),
        )
        for item in found.outcomes
    ]
    screen.table(head, rows, right=range(1, 7))
    for name, why in found.refused.items():
        screen.line((f"{name} left out: ", BAD), why)


def _gain(sybil: SybilGain | None, told: str) -> str:
    return "rounding" if sybil is not None and sybil.gain and sybil.is_rounding else told


def percent(part: Fraction | None) -> str:
    """Write a part as percent, with as many digits as it needs.

    >>> percent(Fraction(3, 10)), percent(Fraction(1, 3000)), percent(None)
    ('30 %', '0.033 %', '-')
    """
    if part is None:
        return "-"
    value = 100 * float(part)
    return f"{value:.0f} %" if value == 0 or value >= 9.95 else f"{value:.2g} %"


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
        _show_matrix(screen, title, table)
    screen.line(f"-: no counterexample in {trials:,} cases of seed {seed}, which is no proof")
    return EXIT_OK


def _show_matrix(screen: Screen, title: str, table: Mapping[str, Mapping[str, Verdict]]) -> None:
    screen.line((title, STRONG))
    laws = list(next(iter(table.values())))
    cells = [(law, *("-" if row[law].holds else "broken" for row in table.values())) for law in laws]
    screen.table(("", *table), [(law.replace("_", " "), *rest) for law, *rest in cells])
    for row in table.values():
        for verdict in row.values():
            if not verdict.holds:
                screen.line((f"{verdict.rule}, {verdict.axiom.replace('_', ' ')}", STRONG))
                screen.line(f"    {verdict.counterexample}")
    screen.line()


def _verdicts(row: Mapping[str, Verdict]) -> dict[str, Any]:
    return {
        name: {
            "holds": verdict.holds,
            "trials": verdict.trials,
            "counterexample": None if verdict.counterexample is None else str(verdict.counterexample),
        }
        for name, verdict in row.items()
    }
