"""The table of roundings is whole: every flip stands on it, and something notices each."""

from __future__ import annotations

from random import Random

import pytest

from tests.venues.mutate import Mutant, applied
from tests.venues.roundings import BEYOND, JUDGES, PAGE, Judge, cells

AAVE = JUDGES[0]


def rows() -> list[str]:
    machines = PAGE.read_text().partition(BEYOND)[0]
    return [line for line in machines.splitlines() if line.startswith("| `")]


def test_the_page_lists_every_flip_and_no_other() -> None:
    expected = [cells(flip) for judge in JUDGES for flip in judge.flips]
    assert [row.rsplit(" | ", 1)[0] + " |" for row in rows()] == expected, (
        "run: python -m tests.venues.roundings"
    )


def test_something_notices_every_flip() -> None:
    assert [row for row in rows() if "**nothing**" in row or row.endswith("|  |")] == []


@pytest.mark.parametrize("judge", JUDGES, ids=lambda judge: judge.venue)
def test_without_a_flip_nothing_is_noticed(judge: Judge) -> None:
    site = judge.flips[0]
    same = Mutant(site.module, site.function, site.call, site.was, site.was)
    assert judge.noticed(same) == ""


# The flips of the other machines are all run beside each machine's own tests.
@pytest.mark.parametrize(
    "flip",
    [flip for flip in AAVE.flips if flip.name not in AAVE.equivalent],
    ids=lambda flip: f"{flip.module.__name__[-12:]} {flip.name}",
)
def test_every_flip_of_aave_is_noticed(flip: Mutant) -> None:
    assert AAVE.noticed(flip, hand_first=True)


@pytest.mark.parametrize(
    "flip",
    [flip for flip in AAVE.flips if flip.name in AAVE.equivalent],
    ids=lambda flip: flip.name,
)
def test_what_is_said_to_be_the_same_is_the_same(flip: Mutant) -> None:
    chance, rule = Random(3), getattr(flip.module, flip.function)
    count = rule.__code__.co_argcount
    drawn = [
        tuple(chance.randrange(1, 10 ** chance.randrange(1, 30)) for _ in range(count)) for _ in range(300)
    ]
    before = [rule(*arguments) for arguments in drawn]
    with applied(flip):
        assert [rule(*arguments) for arguments in drawn] == before


def test_the_page_says_what_notices_a_flip() -> None:
    told = [(flip, judge) for judge in JUDGES for flip in judge.flips]
    for place in Random(7).sample(range(len(told)), 8):
        flip, judge = told[place]
        noticed = judge.equivalent.get(flip.name) or judge.noticed(flip)
        assert rows()[place] == f"{cells(flip)} {noticed} |"
