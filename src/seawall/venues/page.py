"""The page of a venue and the table that lays all side by side, as Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from seawall.venues.catalogue import GRADES, POLICIES, Evidence, Venue, venues
from seawall.waterfall.plan import steps

__all__ = ["evidence_words", "grade_words", "index_page", "pages", "policy_words", "venue_page"]

FOLDER = "docs/reference/venues"

PART_WORDS = {
    "rulebook": "a rulebook for books and storms",
    "machine": "a machine that replays the contracts",
    "rules": "rules, which are its arithmetic",
}
_WRITTEN = "<!-- Written by `make docs` from src/seawall/venues: do not edit. -->"


def pages() -> dict[str, str]:
    """Return the text of every page by its path in the repository."""
    found = venues()
    return {f"{FOLDER}/{item.name}.md": venue_page(item) for item in found} | {
        f"{FOLDER}/README.md": index_page(found)
    }


def venue_page(venue: Venue) -> str:
    """Return the page of one venue."""
    return "\n".join(_venue_lines(venue)).rstrip() + "\n"


def index_page(found: Iterable[Venue]) -> str:
    """Return the page that lays venues side by side."""
    return "\n".join(_index_lines(tuple(found))).rstrip() + "\n"


def policy_words(venue: Venue, policy: str) -> str:
    """Return what a venue does about one of the eight policies, "" where we do not know.

    The waterfall of a rulebook is told from its layers.
    """
    if policy == "waterfall" and venue.terms:
        told = [f"{step.number}. {step.name.replace('_', ' ')}: {step.words}" for step in steps(venue.terms)]
        return "; ".join(told)
    return venue.card.policies.get(policy, "")


def evidence_words(item: Evidence) -> str:
    """Say what of one file a venue passes."""
    if not item.steps:
        return f"{_count(item.cases, 'case')} of {item.file}"
    return (
        f"{_count(item.cases, 'scenario')} of {item.file}: {item.steps:,} steps, {item.refusals:,} refusals, "
        f"{item.numbers:,} numbers, every one equal"
    )


def grade_words(venue: Venue) -> str:
    """Name the grade of a venue, or that of each part where they differ."""
    if len(set(venue.grades.values())) == 1:
        return venue.grade
    return ", ".join(f"{part} {grade}" for part, grade in venue.grades.items())


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def _venue_lines(venue: Venue) -> Iterator[str]:
    yield f"# {venue.title} (`{venue.name}`)\n\n{_WRITTEN}\n"
    yield " ".join((*_grades(venue), f"Family: {venue.family}."))
    *first, last = (PART_WORDS[part] for part in venue.parts)
    yield f"It comes as {', '.join(first)}{' and ' if first else ''}{last}.\n"
    yield "## What it does\n\n| policy | asks | answer |\n| --- | --- | --- |"
    for policy, asks in POLICIES.items():
        told = policy_words(venue, policy)
        if told and not (policy == "waterfall" and venue.terms):
            yield f"| {policy} | {asks} | {told} |"
    if venue.terms:
        yield "\n## Who bears a loss, in which order\n\n| | layer | what it does | bounds | borne by |"
        yield "| --- | --- | --- | --- | --- |"
        for step in steps(venue.terms):
            yield f"| {step.number} | {step.name} | {step.words} | {step.limits} | {step.borne_by} |"
    yield from _held_to(venue)
    yield from _table("Laws it breaks", ("law", "why"), venue.breaks)
    if venue.card.deviations:
        yield "\n## Where we differ from it\n"
        yield from (f"- {item}" for item in venue.card.deviations)
    yield from _table(
        "When it refuses",
        ("the contract says", "our code"),
        {f"`{word}`": f"`{code}`" for word, code in venue.refusals.items()},
    )


def _grades(venue: Venue) -> Iterator[str]:
    is_one = len(set(venue.grades.values())) == 1
    for grade in dict.fromkeys(venue.grades.values()):
        parts = [f"the {part}" for part, its in venue.grades.items() if its == grade]
        whose = "" if is_one else f" of {' and '.join(parts)}"
        yield f"Grade{whose} **{grade}**: {GRADES[grade]}."


def _held_to(venue: Venue) -> Iterator[str]:
    yield "\n## What it is held to\n"
    yield from (f"- {evidence_words(item)}" for item in venue.evidence)
    if not venue.evidence:
        yield "- the laws and cases of our own tests"
    yield f"\nSources: {'; '.join(venue.sources)}."
    yield f"\nRules: {', '.join(f'`seawall.rules.{name}`' for name in venue.card.rules)}."


def _table(title: str, head: tuple[str, str], rows: Mapping[str, str]) -> Iterator[str]:
    if rows:
        yield f"\n## {title}\n\n| {head[0]} | {head[1]} |\n| --- | --- |"
        yield from (f"| {left} | {right} |" for left, right in rows.items())


def _index_lines(found: tuple[Venue, ...]) -> Iterator[str]:
    yield f"# Venues\n\n{_WRITTEN}\n"
    yield (
        "A venue has rules (its arithmetic, written once), and where it is whole a rulebook (policies for "
        "books and storms), a machine (every action and refusal of its contracts, in order), or both.\n"
    )
    yield from (f"- **{grade}**: {said}" for grade, said in GRADES.items())
    yield "\n    seawall venues                 # this list\n    seawall venues show NAME       # one of them"
    yield "    seawall resolve FOLDER --venue NAME --venue OTHER    # one book under two rulebooks\n"
    for family in ("lending", "exchange"):
        yield f"## {family.capitalize()}\n\n| venue | grade | there is | held to |\n| --- | --- | --- | --- |"
        for item in found:
            if item.family == family:
                told = "; ".join(evidence_words(each) for each in item.evidence) or "our own tests"
                name = f"[{item.title}]({item.name}.md)"
                yield f"| {name} | {grade_words(item)} | {', '.join(item.parts)} | {told} |"
        yield ""
    yield "## Side by side\n"
    shown = [policy for policy in POLICIES if policy not in ("valuation", "rates")]
    yield f"| venue | {' | '.join(shown)} |"
    yield f"| --- |{' --- |' * len(shown)}"
    for item in found:
        told = " | ".join(policy_words(item, policy) or "-" for policy in shown)
        yield f"| [{item.title}]({item.name}.md) | {told} |"
