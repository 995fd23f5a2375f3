"""The machine of 3.7 wanders from a fresh seed: no contract walks beside it, so its laws do.

What is not a refusal of the contract must not come out of a machine, however odd the call.
"""

from __future__ import annotations

import secrets

import numpy as np
import pytest

from seawall.venues.machines.aave_v3 import State
from seawall.venues.machines.aave_v3_7 import AaveV37
from seawall.venues.machines.machine import Action
from tests.differential.aave_v3.market import START, lent, market
from tests.differential.aave_v3.wander import CATEGORY, FEED, Wanderer, opening, step

MACHINE = AaveV37()
STEPS = 500
TERMS = {"ltv": 9000, "liquidation_threshold": 9300, "liquidation_bonus": 10100}


def faults(state: State, at: int) -> list[str]:
    """Return each law that a state breaks: sums, flags, and claims that something stands behind."""
    pool, found, accounts = MACHINE.pool(state, at), [], state.accounts
    for asset, each in state.reserves.items():
        supplied = sum(account.supply.get(asset, 0) for account in accounts.values())
        owed = sum(account.debt.get(asset, 0) for account in accounts.values())
        claims = pool.rules.supply_balance(each.supply_scaled + each.accrued_scaled, pool.supply_index(asset))
        debt = pool.rules.debt_balance(each.debt_scaled, pool.debt_index(asset))
        holds = {
            "sum of supply": supplied == each.supply_scaled,
            "sum of debt": owed == each.debt_scaled,
            "count of cash": each.cash == each.cash_expected,
            "claims are covered": each.cash + debt + each.deficit >= claims,
        }
        found += [f"{asset}: {law}" for law, is_kept in holds.items() if not is_kept]
    for user, account in accounts.items():
        if account.borrowing != {asset for asset, scaled in account.debt.items() if scaled}:
            found.append(f"{user}: flags of debt")
        if not account.collateral <= {asset for asset, scaled in account.supply.items() if scaled}:
            found.append(f"{user}: flags of collateral")
    return found


@pytest.mark.parametrize("seed", [7, secrets.randbelow(2**32)])
def test_laws_hold_at_every_step_of_a_walk(seed: int) -> None:
    chance = np.random.default_rng(seed)
    raw = market(chance)
    supplies = lent(raw)
    terms = {"id": CATEGORY, **TERMS, "price_source": None, "price": 0}
    state = MACHINE.genesis({**raw, "emodes": [terms]})
    here = Wanderer(chance, tuple(supplies), MACHINE.view(state, START), state, START)
    first = [Action(name, START, args) for name, args in opening(chance, supplies)]
    for number in range(STEPS):
        action = fitted(first[number] if number < len(first) else step(here))
        if action.name not in MACHINE.actions or action.args.get("asset") == FEED:
            continue
        state, receipt = MACHINE.step(state, action)
        here.state, here.view = state, MACHINE.view(state, action.at)
        broken = faults(state, action.at)
        if action.name == "liquidation_call" and receipt.ok:
            shown = here.view["users"][action.args["user"]]
            if shown["collateral_base"] == 0 and shown["debt_base"]:
                broken.append("debt without collateral")
        assert not broken, f"seed {seed}, step {number}, {action}: {broken}"


def fitted(action: Action) -> Action:
    """Return an action with the arguments of 3.7; the time decides what the walk does not."""
    more = {
        "set_pause": {"grace": 3600 * (action.at % 2)},
        "set_emode_category": {"isolated": bool(action.at % 2)},
    }
    return Action(action.name, action.at, {**action.args, **more.get(action.name, {})})
