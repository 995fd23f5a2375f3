"""The machine of Aave 3.0.2 beside the living contracts: the same calls, the same words, the same integers.

Each run walks from a fresh seed, printed where the two part; a seed that once parted them is kept.
"""

from __future__ import annotations

import secrets
from typing import Any

import numpy as np
import pytest

from benchmarks.evm_aave import Reserve
from seawall.venues.machines.aave_v3_0_2 import AaveV302
from seawall.venues.machines.machine import Action
from tests.differential.living import Living
from tests.differential.wander import USERS, Wanderer, opening, step
from tests.vectors.replay import differences

pytestmark = pytest.mark.evm

MACHINE = AaveV302()
START = 1_700_000_000
STEPS = 500
USD = 10**8
LENT_USD = 10**7
SHOWN = 6
# Seeds with which the two once parted.
KEPT: tuple[int, ...] = ()


def listing(chance: np.random.Generator) -> list[Reserve]:
    """Return the reserves of a market: two alike, two that are not, one to be isolated."""

    def reserve(symbol: str, decimals: int, price: int) -> Reserve:
        threshold = int(chance.integers(5000, 8800))
        return Reserve(
            symbol,
            decimals,
            int(price * chance.uniform(0.8, 1.2)),
            ltv=threshold - int(chance.integers(0, 1000)),
            liquidation_threshold=threshold,
            liquidation_bonus=int(chance.integers(10100, 11300)),
            liquidation_protocol_fee=int(chance.choice((0, 1000, 3333, 10_000))),
            reserve_factor=int(chance.choice((0, 1000, 3333, 10_000))),
            slopes=(int(chance.integers(0, 1000)), int(chance.integers(0, 30_000))),
            usage=int(chance.choice((1, 4500, 8000, 10_000))),
            base=int(chance.choice((0, 100))),
        )

    return [
        reserve("USDC", 6, 10**8),
        reserve("DAI", 18, 10**8),
        reserve("WETH", 18, 2000 * 10**8),
        reserve("WBTC", int(chance.choice((2, 8))), 40_000 * 10**8),
        reserve("ISO", int(chance.choice((1, 12))), 10 * 10**8),
    ]


def raw(reserves: list[Reserve]) -> dict[str, Any]:
    """Return what the machine starts from."""
    return {
        "users": list(USERS),
        "emodes": [],
        "reserves": [
            {
                "symbol": each.symbol,
                "decimals": each.decimals,
                "ltv": each.ltv,
                "liquidation_threshold": each.liquidation_threshold,
                "liquidation_bonus": each.liquidation_bonus,
                "reserve_factor": each.reserve_factor,
                "liquidation_protocol_fee": each.liquidation_protocol_fee,
                "price": each.price,
                "strategy": {
                    "optimal_usage": each.usage,
                    "base": each.base,
                    "slope1": each.slopes[0],
                    "slope2": each.slopes[1],
                },
            }
            for each in reserves
        ],
    }


def walk(seed: int, steps: int) -> dict[str, int]:
    """Walk both side by side; return how often each action got each answer."""
    chance = np.random.default_rng(seed)
    reserves = listing(chance)
    living, state = Living(reserves, USERS, START), MACHINE.genesis(raw(reserves))
    assets = tuple(each.symbol for each in reserves)
    said: dict[str, int] = {}
    lent = {each.symbol: LENT_USD * USD * 10**each.decimals // each.price for each in reserves}
    first = [Action(name, START, args) for name, args in opening(chance, lent)]
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
