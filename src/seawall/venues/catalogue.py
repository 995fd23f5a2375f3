"""What we know of each venue: its policies in plain words, how far it is held to the real thing.

A card (`cards/NAME.toml`) says what a program cannot tell; the rulebook, the machine and the evidence
(`evidence.toml`, written from a run of the vectors) say the rest.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.resources import files
from typing import Literal

from pydantic import Field

from seawall.core.curves import Model
from seawall.core.terms import Family, Terms
from seawall.errors import InvalidTerms, Problem
from seawall.venues import load_terms

__all__ = ["POLICIES", "Card", "Evidence", "Grade", "Venue", "venue", "venues"]

Grade = Literal["contract", "worked-example", "documented", "synthetic"]
GRADES: Mapping[str, str] = {
    "contract": "held to the recorded integers of the real contracts",
    "worked-example": "held to the protocol's own tests or to published cases",
    "documented": "from documents only, with cases of our own",
    "synthetic": "made up",
}
# What each of the eight policies asks.
POLICIES: Mapping[str, str] = {
    "valuation": "What is it worth?",
    "trigger": "When may it be liquidated?",
    "size": "How much at once?",
    "price": "At what price?",
    "split": "Who gets what is seized?",
    "recognition": "When is a shortfall a loss?",
    "waterfall": "Who bears it, in which order?",
    "rates": "How do rates and ceilings move?",
}


class Card(Model):
    """What is said of a venue by hand.

    The grade is that of the machine, or of the rules where there is none; a rulebook states its own.
    """

    title: str = ""
    family: Family | None = None
    grade: Grade | None = None
    sources: tuple[str, ...] = Field(default=(), strict=False)
    rulebook: str = ""
    machine: str = ""
    rules: tuple[str, ...] = Field(min_length=1, strict=False)
    policies: Mapping[str, str]
    deviations: tuple[str, ...] = Field(default=(), strict=False)


class Evidence(Model):
    """Vectors of one file that a venue passes; steps and numbers where it replays."""

    file: str
    cases: int = Field(gt=0)
    steps: int = 0
    refusals: int = 0
    numbers: int = 0


@dataclass(frozen=True, slots=True)
class Venue:
    """One venue: what is said of it, its rulebook if it has one, and the evidence."""

    name: str
    card: Card
    terms: Terms | None
    evidence: tuple[Evidence, ...]

    @property
    def title(self) -> str:
        """Its name for people."""
        return self.terms.title if self.terms else self.card.title

    @property
    def family(self) -> Family:
        """Lending or exchange."""
        return self.terms.family if self.terms else self.card.family or "lending"

    @property
    def grade(self) -> Grade:
        """How far the best part of it is held to the real thing: its machine, or its rules."""
        return self.card.grade or (self.terms.grade if self.terms else "documented")

    @property
    def grades(self) -> Mapping[str, Grade]:
        """How far each part is held to it: the machine, or rules where there is none; the rulebook."""
        exact: dict[str, Grade] = {"machine" if self.card.machine else "rules": self.grade}
        return exact | ({"rulebook": self.terms.grade} if self.terms else {})

    @property
    def sources(self) -> tuple[str, ...]:
        """What was read, with versions."""
        return self.terms.sources if self.terms else self.card.sources

    @property
    def breaks(self) -> Mapping[str, str]:
        """Laws that the rulebook breaks, and why."""
        return self.terms.breaks if self.terms else {}

    @property
    def parts(self) -> tuple[str, ...]:
        """What there is of it: a rulebook, a machine, rules."""
        has = {"rulebook": bool(self.card.rulebook), "machine": bool(self.card.machine), "rules": True}
        return tuple(part for part, is_there in has.items() if is_there)

    @property
    def refusals(self) -> Mapping[str, str]:
        """The contract's own words when it refuses, and our code for each."""
        if not self.card.machine:
            return {}
        codes: Mapping[str, str] = import_module(f"seawall.venues.machines.{self.card.machine}").CODES
        return codes


@cache
def venues() -> tuple[Venue, ...]:
    """Return every venue: those with a rulebook first, then those with a machine, then by name."""
    evidence = tomllib.loads(_read("evidence.toml"))
    names = [
        path.name.removesuffix(".toml")
        for path in files("seawall.venues").joinpath("cards").iterdir()
        if path.name.endswith(".toml")
    ]
    found = [_load(name, evidence.get(name, [])) for name in names]
    return tuple(sorted(found, key=lambda item: (-len(item.parts), not item.card.rulebook, item.name)))


def venue(name: str) -> Venue:
    """Return one venue.

    Raises:
        InvalidTerms: None is called so (`venue_unknown`), with the closest ones.
    """
    found = {item.name: item for item in venues()}
    if name not in found:
        known = get_close_matches(name, found, cutoff=0.3) or sorted(found)
        message = f"no venue is called {name!r}; closest: {', '.join(known)}"
        raise InvalidTerms.of([Problem("venue_unknown", message)])
    return found[name]


def _load(name: str, evidence: list[Mapping[str, object]]) -> Venue:
    card = Card.model_validate(tomllib.loads(_read("cards", f"{name}.toml")))
    terms = load_terms(card.rulebook) if card.rulebook else None
    return Venue(name, card, terms, tuple(Evidence.model_validate(item) for item in evidence))


def _read(*place: str) -> str:
    return files("seawall.venues").joinpath(*place).read_text(encoding="utf-8")
