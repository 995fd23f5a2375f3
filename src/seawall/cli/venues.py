"""`seawall venues`: what is known of each venue, and how far it is held to the real thing."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Annotated, Any

import typer

from seawall.cli.common import guarded, print_json
from seawall.cli.options import AsJson, NoColor
from seawall.cli.screen import SOFT, STRONG, Screen
from seawall.errors import EXIT_OK

if TYPE_CHECKING:
    from seawall.venues.catalogue import Venue

app = typer.Typer(
    help="Venues: their policies in plain words, and what they are held to.", rich_markup_mode=None
)
WIDTH, INDENT = 96, 18  # of a line; of what stands beside its label


@app.callback(invoke_without_command=True)
def listed(context: typer.Context, as_json: AsJson = False, no_color: NoColor = False) -> None:
    """Venues: their policies in plain words, and what they are held to."""
    if context.invoked_subcommand is None:
        guarded(_list)(as_json=as_json, no_color=no_color)


def _list(*, as_json: bool, no_color: bool) -> int:
    from seawall.venues.catalogue import venues
    from seawall.venues.page import grade_words

    found = venues()
    if as_json:
        print_json({"venues": [_document(item) for item in found]})
        return EXIT_OK
    screen = Screen(no_color=no_color)
    rows = [(item.name, item.family, grade_words(item), ", ".join(item.parts), _held(item)) for item in found]
    screen.table(("venue", "family", "grade", "there is", "vectors"), rows)
    screen.line(("one of them: seawall venues show NAME", SOFT))
    return EXIT_OK


@app.command("show")
@guarded
def show(
    name: Annotated[str, typer.Argument(help="Venue, as `seawall venues` lists it.")],
    as_json: AsJson = False,
    no_color: NoColor = False,
) -> int:
    """Show a venue: its rulebook in plain words, its waterfall, grade, sources, and what it breaks."""
    from seawall.venues.catalogue import GRADES, POLICIES, venue
    from seawall.venues.page import evidence_words, policy_words

    found = venue(name)
    if as_json:
        print_json(_document(found))
        return EXIT_OK
    screen = Screen(no_color=no_color)
    screen.line((found.title, STRONG), f"  {found.name}, {found.family}, {', '.join(found.parts)}")
    for part, grade in found.grades.items():
        _fact(screen, f"{part} grade", f"{grade}: {GRADES[grade]}")
    for policy in POLICIES:
        if policy != "waterfall" or not found.terms:
            _fact(screen, policy, policy_words(found, policy))
    if found.terms:
        from seawall.waterfall.plan import steps

        for step in steps(found.terms):
            limits = f" ({step.limits})" if step.limits else ""
            words = f"{step.name.replace('_', ' ')}: {step.words}{limits}; borne by {step.borne_by}"
            _fact(screen, f"pays {step.number}", words)
    for each in found.evidence:
        _fact(screen, "held to", evidence_words(each))
    for law, why in found.breaks.items():
        _fact(screen, f"breaks {law}", why)
    for item in found.card.deviations:
        _fact(screen, "differs", item)
    _fact(screen, "sources", "; ".join(found.sources))
    if found.refusals:
        codes = sorted(set(found.refusals.values()))
        _fact(screen, "refuses with", f"{len(found.refusals)} words of its own, our codes {', '.join(codes)}")
    return EXIT_OK


def _fact(screen: Screen, label: str, words: str) -> None:
    first, *rest = textwrap.wrap(words, WIDTH - INDENT) or [""]
    if first:
        screen.fact(label, first)
        for line in rest:
            screen.fact("", line)


def _held(item: Venue) -> str:
    cases = sum(each.cases for each in item.evidence)
    steps = sum(each.steps for each in item.evidence)
    return f"{cases:,}, {steps:,} steps" if steps else f"{cases:,}" if cases else "-"


def _document(item: Venue) -> dict[str, Any]:
    from seawall.venues.catalogue import POLICIES
    from seawall.venues.page import policy_words
    from seawall.waterfall.plan import steps

    return {
        "name": item.name,
        "title": item.title,
        "family": item.family,
        "grade": item.grade,
        "grades": dict(item.grades),
        "parts": list(item.parts),
        "policies": {policy: policy_words(item, policy) for policy in POLICIES},
        "waterfall": [
            {
                "turn": step.number,
                "layer": step.name,
                "kind": step.kind,
                "words": step.words,
                "limits": step.limits,
                "borne_by": step.borne_by,
            }
            for step in (steps(item.terms) if item.terms else ())
        ],
        "evidence": [each.model_dump() for each in item.evidence],
        "breaks": dict(item.breaks),
        "deviations": list(item.card.deviations),
        "sources": list(item.sources),
        "rules": [f"seawall.rules.{name}" for name in item.card.rules],
        "refusals": dict(item.refusals),
    }
