"""Machines beside the living contracts: the same actions, the same words, the same integers.

Each run walks from a fresh seed, printed where the two part; SEAWALL_FUZZ_SEED repeats one. What parted them
once is kept in frozen/, and needs no contract.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from seawall.venues.machines.machine import Action, Machine, Receipt
from tests.differential.beside import Parted, Venue, kept, replayed, walk
from tests.differential.venues import VENUES

STEPS = 500
HERE = Path(__file__).parent
PARTED = HERE.parents[1] / "build" / "parted"
FROZEN = sorted((HERE / "frozen").glob("*.json"))


@pytest.mark.evm
def test_machine_and_contract_never_part(venue: Venue, seed: int) -> None:
    try:
        tally = walk(venue, seed, STEPS)
    except Parted as parted:
        parted.add_note(f"written to {kept(parted, PARTED)}: goes to frozen/ once it is understood")
        raise
    assert STEPS // 3 < tally.through < STEPS, tally.answers


@pytest.mark.parametrize("path", FROZEN, ids=lambda path: path.stem)
def test_what_parted_them_once_does_no_more(path: Path) -> None:
    case = json.loads(path.read_text(encoding="utf-8"))
    assert replayed(VENUES[case["machine"]].machine, case) == []


class Forgetful:
    """A machine that lets everything through by word, though not by deed."""

    def __init__(self, true: Machine[Any]) -> None:
        self.true, self.name = true, true.name
        self.genesis, self.view = true.genesis, true.view

    def step(self, state: Any, action: Action) -> tuple[Any, Receipt]:
        after, receipt = self.true.step(state, action)
        return after, replace(receipt, refused=None)


@pytest.mark.evm
def test_what_parts_a_faulty_machine_is_kept_short(venue: Venue, seed: int, tmp_path: Path) -> None:
    faulty = replace(venue, machine=Forgetful(venue.machine))
    with pytest.raises(Parted, match=f"seed {seed}") as caught:
        walk(faulty, seed, STEPS)
    case = json.loads(kept(caught.value, tmp_path).read_text(encoding="utf-8"))
    assert len(case["steps"]) <= 4
    assert replayed(venue.machine, case) == []
    assert replayed(faulty.machine, case)[0].startswith("revert: expected")
