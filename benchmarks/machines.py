"""Machines of contracts against the contracts: the same actions, every number read on both sides.

The actions are a walk as the differential tests take it: supplies, loans, calls, falls of prices, switches,
about half of them refused. Both sides take each action and then show the whole market: every reserve,
every account. The EVM's storage is warm and in memory; calldata and answers are coded on the way, as
whoever simulates with an EVM has to.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from benchmarks.evm_aave import Unavailable
from benchmarks.measure import Claim, Contender, Row, compare
from seawall.venues.machines.machine import Action
from tests.differential import test_aave_v3_0_2 as beside
from tests.differential.living import Living
from tests.differential.markets import START, lent, listing, raw
from tests.differential.wander import USERS, Wanderer, opening, step

STEPS, SEED = 200, 20
Shown = list[tuple[str | None, Any]]
MACHINE = beside.MACHINE


def rows(rounds: int) -> Iterator[Row]:
    """Measure a walk with everything read after each step, and with nothing read."""
    chance = np.random.default_rng(SEED)
    reserves = listing(chance)
    try:
        living = Living(reserves, USERS, START)
    except Unavailable as missing:
        yield Row("machines", "the contracts of Aave v3.0.2", "s", note=str(missing))
        return
    genesis = MACHINE.genesis(raw(reserves))
    actions = list(_walk(chance, reserves, genesis))
    kept = [living.aave.evm.snapshot()]

    def prepare() -> None:
        living.aave.evm.revert(kept[0])
        kept[0] = living.aave.evm.snapshot()

    def ours(*, reads: bool) -> Shown:
        here, shown = genesis, []
        for action in actions:
            here, receipt = MACHINE.step(here, action)
            word = receipt.refused.revert if receipt.refused else None
            shown.append((word, MACHINE.view(here, action.at) if reads else None))
        return shown

    def theirs(*, reads: bool) -> Shown:
        return [(living.act(action)[0], living.view() if reads else None) for action in actions]

    for name, says, reads, target in (
        ("machines.aave", f"{STEPS} actions, every number read after each", True, 5.0),
        ("machines.aave_blind", "the same actions, nothing read but refusals", False, None),
    ):
        sides = (
            Contender("seawall", partial(ours, reads=reads)),
            Contender("evm", partial(theirs, reads=reads), prepare),
        )
        differ: Callable[[Shown, Shown], list[str]] = partial(_differences, reads=reads)
        yield compare(Claim(name, says, *sides, differ, STEPS, target), rounds)


def _walk(chance: np.random.Generator, reserves: Any, state: Any) -> Iterator[Action]:
    first = [Action(name, START, args) for name, args in opening(chance, lent(reserves))]
    assets = tuple(each.symbol for each in reserves)
    here = Wanderer(chance, assets, MACHINE.view(state, START), state, START)
    for number in range(STEPS):
        action = first[number] if number < len(first) else step(here)
        yield action
        here.state, _ = MACHINE.step(here.state, action)
        here.view = MACHINE.view(here.state, action.at)


def _differences(mine: Shown, theirs: Shown, *, reads: bool) -> list[str]:
    told = [(word, beside.comparable(view) if reads else None) for word, view in mine]
    pairs = enumerate(zip(told, theirs, strict=True))
    return [f"action {number}: {a[0]}, contract {b[0]}" for number, (a, b) in pairs if a != b]
