"""The machine of Aave 3.0.2 beside the living contracts: the same calls, the same words, the same integers.

Each run walks from a fresh seed, printed where the two part; a seed that once parted them is kept.
"""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np
import pytest

from seawall.venues.machines.aave_v3_0_2 import AaveV302
from seawall.venues.machines.machine import Action
from tests.differential.living import Living
from tests.differential.markets import START, lent, listing, raw
from tests.differential.wander import USERS, Wanderer, opening, step
from tests.vectors.replay import differences

pytestmark = pytest.mark.evm

MACHINE = AaveV302()
STEPS = 500
SHOWN = 6
# Seeds with which the two once parted.
KEPT: tuple[int, ...] = ()


def walk(seed: int, steps: int) -> dict[str, int]:
    """Walk both side by side; return how often each action got each answer."""
    chance = np.random.default_rng(seed)
    reserves = listing(chance)
    living, state = Living(reserves, USERS, START), MACHINE.genesis(raw(reserves))
    said: dict[str, int] = {}
    first = [Action(name, START, args) for name, args in opening(chance, lent(reserves))]
    assets = tuple(each.symbol for each in reserves)
    here = Wanderer(chance, assets, MACHINE.view(state, START), state, START)
    for number in range(steps):
        action = first[number] if number < len(first) else step(here)
        state, receipt = MACHINE.step(state, action)
        refusal, told = living.act(action)
        mine = receipt.refused.revert if receipt.refused else None
        here.state, here.view = state, MACHINE.view(state, action.at)
        wrong = [] if mine == refusal else [f"refused: contract {refusal}, machine {mine}"]
        wrong += differences(told, {key: receipt.out.get(key) for key in told}, "out")
        wrong += differences(living.view(), comparable(here.view))
        assert not wrong, f"seed {seed}, step {number}, {action}: {'; '.join(wrong[:SHOWN])}"
        said[f"{action.name} {mine}"] = said.get(f"{action.name} {mine}", 0) + 1
    return said


def comparable(view: dict[str, Any]) -> dict[str, Any]:
    """Return a view without the balances, which the contract is not asked for."""
    keys = ("a_scaled", "v_scaled", "is_collateral", "is_borrowing")
    users = {
        user: {
            **each,
            "positions": {
                asset: {key: held[key] for key in keys} for asset, held in each["positions"].items()
            },
        }
        for user, each in view["users"].items()
    }
    return {"reserves": view["reserves"], "users": users}


@pytest.mark.parametrize("seed", [*KEPT, secrets.randbelow(2**32)])
def test_machine_and_contract_never_part(seed: int) -> None:
    said = walk(seed, STEPS)
    through = sum(times for what, times in said.items() if what.endswith(" None"))
    assert through > STEPS // 5, said
