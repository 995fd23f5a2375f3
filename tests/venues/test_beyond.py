"""The second part of the table of roundings is whole, and says what notices a flip."""

from __future__ import annotations

from random import Random

import pytest

from tests.rules.test_rounded_lenders import named
from tests.venues.beyond import SAME, flips, published, red_case, watch
from tests.venues.mutate import applied
from tests.venues.roundings import BEYOND, PAGE, cells

FLIPS = flips()


def rows() -> list[str]:
    beyond = PAGE.read_text().partition(BEYOND)[2]
    return [line for line in beyond.splitlines() if line.startswith("| `")]


def told() -> list[str]:
    return [row.removesuffix(" |").rpartition(" | ")[2] for row in rows()]


def test_the_page_lists_every_flip_and_no_other() -> None:
    assert [row.rsplit(" | ", 1)[0] + " |" for row in rows()] == [cells(flip) for flip in FLIPS], (
        "run: python -m tests.venues.beyond"
    )


def test_something_notices_every_flip() -> None:
    assert [row for row in rows() if "**nothing**" in row or row.endswith("|  |")] == []


def test_what_is_said_to_be_the_same_stands_beside_its_flip() -> None:
    said = [why if why.startswith("the same: ") else "" for why in told()]
    assert said == [SAME.get(named(flip), "") for flip in FLIPS]


def test_the_page_says_which_published_case_notices_a_flip() -> None:
    watched = watch(FLIPS)
    published(watched)
    by_case = [(flip, why) for flip, why in zip(FLIPS, told(), strict=True) if "::" not in why]
    for flip, why in Random(7).sample(by_case, 20):
        with applied(flip):
            found = red_case(watched.users[flip.module.__name__, flip.function])
        assert found == ("" if named(flip) in SAME else why)


@pytest.mark.parametrize("why", [why for why in told() if "::" in why][::5])
def test_tests_on_the_page_exist(why: str) -> None:
    file, _, test = why.partition("::")
    source = (PAGE.parents[2] / "tests/rules" / file).read_text()
    assert f"def {test.partition('[')[0]}(" in source
