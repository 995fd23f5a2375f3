"""What is said of each venue holds: its pages, its evidence, its rules, its machine."""

from __future__ import annotations

import tomllib
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path

import pytest

from seawall.errors import InvalidTerms
from seawall.venues import VENUES
from seawall.venues.catalogue import POLICIES, Venue, venue, venues
from seawall.venues.page import pages, policy_words
from tests.vectors.evidence import EVIDENCE, evidence, written

ROOT = Path(__file__).parents[2]
ALL = pytest.mark.parametrize("found", venues(), ids=lambda item: item.name)


def test_the_evidence_is_what_the_vectors_say() -> None:
    assert tomllib.loads(EVIDENCE.read_text()) == evidence(), "run: python -m tests.vectors.evidence"
    assert EVIDENCE.read_text() == written(evidence())


def test_the_pages_in_the_repository_are_up_to_date() -> None:
    expected = pages()
    there = {str(path.relative_to(ROOT)): path for path in (ROOT / "docs/reference/venues").iterdir()}
    assert set(there) == set(expected), "run: make docs"
    for name, text in expected.items():
        assert there[name].read_text() == text, f"{name}: run make docs"


def test_every_rulebook_has_a_card() -> None:
    assert {item.card.rulebook for item in venues()} - {""} == set(VENUES)


def test_every_machine_belongs_to_a_venue() -> None:
    folder = ROOT / "src/seawall/venues/machines"
    shared = {"__init__", "__pycache__", "calls", "inputs", "machine", "refusals"}
    there = {path.stem for path in folder.iterdir()} - shared
    assert {item.card.machine for item in venues()} - {""} == {
        name for name in there if hasattr(import_module(f"seawall.venues.machines.{name}"), "CODES")
    }


@ALL
def test_a_venue_names_rules_that_exist_and_only_the_eight_policies(found: Venue) -> None:
    assert [name for name in found.card.rules if find_spec(f"seawall.rules.{name}") is None] == []
    assert set(found.card.policies) <= set(POLICIES)
    assert found.title
    assert found.sources


@ALL
def test_a_whole_venue_answers_all_eight(found: Venue) -> None:
    if found.card.rulebook or found.card.machine:
        assert [policy for policy in POLICIES if not policy_words(found, policy)] == []
        assert all(text.endswith(".") for text in found.card.policies.values())


@ALL
def test_a_grade_is_earned(found: Venue) -> None:
    """Contract needs recorded contracts, worked-example a case that passes; documents need neither."""
    replayed = sum(item.cases for item in found.evidence if item.file.endswith(".json.gz"))
    if found.grade == "contract":
        assert replayed
    if found.grade == "worked-example":
        assert found.evidence
    assert bool(found.refusals) == bool(found.card.machine)


def test_a_name_that_is_unknown_gets_the_closest() -> None:
    with pytest.raises(InvalidTerms, match="closest: maker_dss"):
        venue("makr_dss")
