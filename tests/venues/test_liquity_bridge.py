"""The layer of a stability pool beside the contract, at every recorded liquidation that reaches the pool.

The state before becomes a small book: deposits as they have compounded, the trove with its collateral
less the gas. How much the pool bears and how much collateral it takes over are the same to the wei. Who
bears it differs by the contract's own roundings: its product and sum have 18 digits, the layer splits
to the unit. What those roundings had left in the pool stands in the book as one more depositor; where
they had made the pool owe more than it held, there is no book that says so, and it is left out.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from seawall.core.book import Account
from seawall.venues.machines.liquity_v1 import LiquityV1
from tests.venues.recorded import Taken, scenarios, walk
from tests.waterfall.reserves import holder, loss, met, owing

FILE = "liquity.json.gz"
MACHINE = LiquityV1()
POOL = {"kind": "stability_pool", "account": "fund:pool"}
EVERY = range(len(scenarios(FILE)))


def offsets(number: int) -> Iterator[tuple[Taken, str]]:
    """Yield each liquidation of one trove that the pool took part in and no cap cut short, and its owner."""
    for taken in walk(MACHINE, FILE, number):
        closed = [fields for name, fields in taken.receipt.events if name == "TroveLiquidated"]
        if len(closed) == 1 and taken.after.pool.lusd < taken.before.pool.lusd:
            owner = str(closed[0]["_borrower"])
            if owner not in taken.after.surplus and min(deposited(taken).values()) >= 0:
                yield taken, owner


def deposited(taken: Taken) -> dict[str, int]:
    """Return what every deposit had compounded to, and what roundings had left in the pool."""
    pool = taken.before.pool
    left = {owner: pool.compounded(deposit) for owner, deposit in taken.before.deposits.items()}
    return {**left, "left by roundings": pool.lusd - sum(left.values())}


@pytest.mark.parametrize("number", EVERY)
def test_the_layer_bears_what_the_contract_offsets(number: int) -> None:
    for taken, owner in offsets(number):
        before, after, deposits = taken.before, taken.after, deposited(taken)
        eth, lusd = before.entire_trove(owner)
        rows: list[Account] = [
            holder(f"pool/{name}", parent="fund:pool", USD=amount) for name, amount in deposits.items()
        ]
        trove = holder("failed", kind="user", COIN=eth - eth // 200)
        result, draft = met(owing(lusd, trove, *rows), POOL, loss(lusd))
        assert sum(charge.amount for charge in result.charges) == before.pool.lusd - after.pool.lusd
        moved = eth - eth // 200 - draft.cash("failed", "COIN")
        assert moved == after.pool.eth - before.pool.eth
        for name, deposit in before.deposits.items():
            # The loss per unit of deposit has 18 digits, the product as many as P.
            slack = 2 + 4 * (before.pool.lusd // before.pool.P)
            lost = deposits[name] - after.pool.compounded(deposit)
            gained = after.pool.gain(deposit) - before.pool.gain(deposit)
            assert abs(lost - (deposits[name] - draft.cash(f"pool/{name}", "USD"))) <= slack
            assert abs(gained - draft.cash(f"pool/{name}", "COIN")) <= slack


def test_recordings_reach_the_pool_often_enough_to_say_something() -> None:
    assert sum(1 for number in EVERY for _ in offsets(number)) >= 10
