"""`seawall waterfall`: run a plan alone on losses from elsewhere, or have it explained."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from typer.core import TyperGroup

from seawall.cli.common import guarded, print_json, progress, together, warn
from seawall.cli.options import AsJson, NoColor, Quiet
from seawall.cli.screen import BAD, GOOD, STRONG, Screen, count
from seawall.errors import EXIT_BREACH, EXIT_OK

if TYPE_CHECKING:
    from seawall.errors import Problem
    from seawall.waterfall.plan import Step

SHOWN = 10


class RunByDefault(TyperGroup):
    """A group whose first word may be left out: `waterfall LOSS` is `waterfall run LOSS`."""

    def parse_args(self, ctx: Any, args: list[str]) -> list[str]:
        """Put `run` before what is neither a command nor a call for help."""
        known = not args or args[0] in (*self.commands, *ctx.help_option_names)
        return super().parse_args(ctx, args if known else ["run", *args])


app = typer.Typer(
    cls=RunByDefault,
    help="Run a waterfall alone (`seawall waterfall LOSS --terms PLAN`), or check a plan.",
    no_args_is_help=True,
    rich_markup_mode=None,
)
Plan = Annotated[Path, typer.Option("--terms", "-t", help="Plan or rulebook (TOML) with its [[waterfall]].")]


@app.command("run")
@guarded
def run(
    loss: Annotated[Path, typer.Argument(help="Loss file (TOML); see docs/reference/loss-file.md.")],
    terms: Plan,
    as_json: AsJson = False,
    quiet: Quiet = False,
    no_color: NoColor = False,
) -> int:
    """Run the losses of a file down the layers of a plan, and say who pays.

    Exit 1 when part of the loss is left with no layer to bear it.
    """
    from seawall.adapters.loss_file import read_losses
    from seawall.adapters.plan_file import check_on, read_plan
    from seawall.resolution import share_out
    from seawall.runs.waterfall_summary import summarise_waterfall
    from seawall.waterfall.unbacked import unbacked

    losses, plan = together(lambda: read_losses(loss), lambda: read_plan(terms))
    found = check_on(plan, losses.book.assets, terms.name)
    warn((*found, *unbacked(plan, losses.book, losses.market)), quiet=quiet or as_json)
    with progress(quiet=quiet or as_json) as show:
        summary = summarise_waterfall(
            share_out(losses.book, losses.market, plan, losses.defaults, losses.event, progress=show)
        )
    if as_json:
        print_json(summary)
    else:
        _show(Screen(no_color=no_color), summary)
    return EXIT_BREACH if summary["residual"] else EXIT_OK


@app.command("check")
@guarded
def check(
    plan: Annotated[Path, typer.Argument(help="Plan or rulebook (TOML).")],
    as_json: AsJson = False,
    no_color: NoColor = False,
) -> int:
    """Explain a plan in plain words, in the order its layers are asked, and warn of what will disappoint."""
    from seawall.adapters.plan_file import read_plan
    from seawall.waterfall.plan import steps, warnings

    terms = read_plan(plan)
    told, found = steps(terms), warnings(terms)
    if as_json:
        print_json({"layers": [_row(step) for step in told], "warnings": [_problem(item) for item in found]})
        return EXIT_OK
    screen = Screen(no_color=no_color)
    screen.line((terms.title or terms.venue, STRONG), f"  {count(len(told), 'layer')}, asked in this order")
    for step in told:
        screen.line(f" {step.number:>2}  ", (step.name, STRONG), f"  {step.kind}, borne by {step.borne_by}")
        screen.line(f"     {step.words}")
        if step.limits:
            screen.line((f"     {step.limits}", "dim"))
    for item in found:
        screen.line(("warning ", BAD), f"{item.where.rpartition('.')[2]}: {item.message} [{item.code}]")
    if not found:
        screen.line(("no warnings", GOOD))
    return EXIT_OK


def _show(screen: Screen, summary: dict[str, Any]) -> None:
    losses = len(summary["losses"])
    said = f"{losses:,} loss{'' if losses == 1 else 'es'}"
    screen.line((summary["event"], STRONG), f"  {said}, plan {summary['plan']}")
    screen.table(
        ["layer", "kind", "took", "holds", "left after it", "asset"],
        [
            [
                row["layer"],
                row["kind"],
                grouped(row["taken"]),
                grouped(row["held"]),
                grouped(row["left"]),
                row["asset"],
            ]
            for row in summary["layers"]
        ],
        right=(2, 3, 4),
    )
    charges = summary["charges"]
    if charges:
        screen.line(f"{count(len(charges), 'account')} charged, the largest:")
        screen.table(
            ["account", "pays", "asset", "layer"],
            [[row["account"], grouped(row["amount"]), row["asset"], row["layer"]] for row in charges[:SHOWN]],
            right=(1,),
        )
    for row in summary["pending"]:
        held = f"{grouped(row['amount'])} {row['asset']}"
        screen.fact("pending", f"{held} with {row['layer']}, due {row['due']}")
    for row in summary["residual"]:
        owed = f" {row['asset']} of {row['account']}, with {row['bearer']}"
        screen.fact("left uncovered", (grouped(row["amount"]), BAD), owed)
    checks = summary["checks"]
    screen.fact(
        "checks",
        f"{checks['loss_minus_borne_units']} units missing | "
        f"{checks['journal_entries']:,} {'entry' if checks['journal_entries'] == 1 else 'entries'}, "
        f"{count(checks['journal_problems'], 'problem')} | head {checks['journal_head'][:12]}",
    )


def grouped(amount: str) -> str:
    """Write a decimal string with its thousands apart.

    >>> grouped("1234567.8900"), grouped("-12")
    ('1,234,567.8900', '-12')
    """
    whole, point, part = amount.partition(".")
    return f"{int(whole):,}{point}{part}"


def _row(step: Step) -> dict[str, Any]:
    return {
        "turn": step.number,
        "layer": step.name,
        "kind": step.kind,
        "words": step.words,
        "limits": step.limits,
        "borne_by": step.borne_by,
    }


def _problem(item: Problem) -> dict[str, str]:
    return {"code": item.code, "message": item.message, "where": item.where}
