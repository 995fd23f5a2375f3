"""Machines of contracts against the contracts: the same actions, every number read on both sides.

The actions are a walk as the differential tests take it: supplies, loans, calls, falls of prices, switches,
many of them refused. Both sides take each action and then show the whole market: every reserve, every
account. The EVM's storage is warm and in memory; calldata and answers are coded on the way, as whoever
simulates with an EVM has to.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice
from typing import Any

import numpy as np

from benchmarks.measure import Claim, Contender, Row, compare
from tests.differential.beside import Venue
from tests.differential.evm.package import Unavailable
from tests.differential.venues import VENUES

STEPS, SEED = 200, 20
Shown = list[tuple[str | None, Any]]


def rows(rounds: int) -> Iterator[Row]:
    """Measure a walk through each venue, with everything read after each step and with nothing read."""
    for name, venue in VENUES.items():
        try:
            claims = list(_claims(name, venue))
        except Unavailable as missing:
            yield Row(f"machines.{name}", "the contracts", "s", note=str(missing))
            continue
        for claim in claims:
            yield compare(claim, rounds)


def _claims(name: str, venue: Venue) -> Iterator[Claim]:
    chance, machine = np.random.default_rng(SEED), venue.machine
    raw = venue.market(chance)
    living, genesis = venue.deploy(raw), machine.genesis(raw)
    actions = list(islice(venue.actions(machine, chance, raw), STEPS))
    mark = [living.evm.snapshot()]

    def prepare() -> None:
        living.evm.revert(mark[0])
        mark[0] = living.evm.snapshot()

    def ours(*, reads: bool) -> Shown:
        here, shown = genesis, []
        for action in actions:
            here, receipt = machine.step(here, action)
            word = receipt.refused.revert if receipt.refused else None
            shown.append((word, machine.view(here, action.at) if reads else None))
        return shown

    def theirs(*, reads: bool) -> Shown:
        return [(living.act(action)[0], living.view() if reads else None) for action in actions]

    for reads, says, target in (
        (True, f"{STEPS} actions, every number read after each", 5.0),
        (False, "the same actions, nothing read but refusals", None),
    ):
        yield Claim(
            f"machines.{name}" if reads else f"  {name}, nothing read",
            says,
            Contender("seawall", partial(ours, reads=reads)),
            Contender("evm", partial(theirs, reads=reads), prepare),
            _differences,
            STEPS,
            target,
            is_favourable=reads,
        )


def _differences(mine: Shown, theirs: Shown) -> list[str]:
    pairs = enumerate(zip(mine, theirs, strict=True))
    return [f"action {number}: {a[0]}, contract {b[0]}" for number, (a, b) in pairs if a != b]
