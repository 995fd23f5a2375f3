"""Wander through a market of Morpho Blue: actions at random, mostly such that they go through."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from seawall.venues.machines.machine import UINT256_MAX, Action, Machine, Revert
from seawall.venues.machines.morpho_blue import State
from seawall.venues.machines.morpho_blue.market import Position
from tests.differential.drawn import Drawn
from tests.differential.morpho_blue.market import BORROWERS, LENDERS, PRICE_SCALE, USERS, WAD

DAY = 86_400
WAITS_S = (1, 12, 3600, 30 * DAY, 365 * DAY, 30 * 365 * DAY)
SHARES = 10**6  # that one unit is worth at first
ODD = (0, 1, 2**127, 2**128 - 1, 2**128, 2**135, 2**230, UINT256_MAX)
Args = dict[str, Any]


@dataclass
class Wanderer(Drawn):
    """Where a walk is: its chance, the market, the size of what is lent in it, and what is planned next."""

    state: State
    at: int
    size: int
    planned: list[tuple[str, Args]] = field(default_factory=list)

    def user(self, mostly: tuple[str, ...] = USERS) -> str:
        """Return somebody, mostly one of these."""
        return str(self.pick(mostly if self.odds(85) else USERS))

    def held(self, user: str) -> Position:
        """Return what somebody holds."""
        return self.state.position(user)

    def holder(self, side: str) -> str:
        """Return somebody who has supplied, owes or has brought collateral, seldom anyone."""
        there = [user for user in USERS if getattr(self.held(user), side)]
        return str(self.pick(there)) if there and self.odds(95) else self.user()

    def amount(self) -> int:
        """Return an amount of the loan of the market's size."""
        return int(self.size * self.chance.uniform(0.01, 3))

    def worth(self, assets: int) -> int:
        """Return how much collateral some of the loan is worth."""
        return assets * PRICE_SCALE // max(1, self.state.price)

    def odd(self, amount: int) -> int:
        """Return an amount, or seldom one at the edge of a width."""
        return int(self.pick(ODD)) if self.odds(2) else amount

    def either(self, assets: int, shares: int) -> Args:
        """Return assets or shares as a call names them, seldom both or none."""
        if self.odds(2):
            return dict(self.pick(({"assets": 0, "shares": 0}, {"assets": 1, "shares": 1})))
        if self.odds(50):
            return {"assets": self.odd(max(1, assets)), "shares": 0}
        return {"assets": 0, "shares": self.odd(max(1, shares))}

    def free(self, user: str) -> int:
        """Return what somebody may still borrow, by the market's price."""
        held, set_ = self.held(user), self.state.parameters
        try:
            owed = self.state.debt.to_assets(held.borrow_shares, up=True)
        except Revert:
            return 0
        most = held.collateral * self.state.price // PRICE_SCALE * set_.lltv // WAD
        return max(0, min(most - owed, self.state.supply.assets - self.state.debt.assets))

    def sick(self) -> list[str]:
        """Return who can be liquidated."""
        return [user for user in USERS if self.held(user).borrow_shares and not self._is_healthy(user)]

    def _is_healthy(self, user: str) -> bool:
        try:
            return self.state.is_healthy(user)
        except Revert:
            return True


def actions(machine: Machine[State], chance: np.random.Generator, raw: Mapping[str, Any]) -> Iterator[Action]:
    """Yield what happens in a market, without end; the machine alone says what its state becomes."""
    digits = chance.uniform(2, 30) if chance.integers(10) else chance.uniform(30, 38)
    here = Wanderer(chance, machine.genesis(raw), raw["t0"], int(10**digits))
    here.planned = [("supply", {"user": LENDERS[0], "assets": here.amount(), "shares": 0})]
    here.planned += [
        ("supply_collateral", {"user": user, "assets": max(1, here.worth(here.amount()))})
        for user in BORROWERS
    ]
    while True:
        action = step(here)
        yield action
        here.state, _ = machine.step(here.state, action)


def step(here: Wanderer) -> Action:
    """Return what happens next: what is planned, or something at random, some time later or at once."""
    if not here.planned:
        if here.odds(50):
            here.at += int(here.pick(WAITS_S))
        names, weights = zip(*((name, weight) for name, (weight, _) in MOVES.items()), strict=True)
        chosen = str(here.chance.choice(names, p=np.array(weights) / sum(weights)))
        if chosen == "liquidate" and not here.sick() and here.odds(85):
            chosen = "set_price"  # which brings somebody near to it
        here.planned = [(chosen, MOVES[chosen][1](here))]
    name, args = here.planned.pop(0)
    return Action(name, here.at, args)


def _price(here: Wanderer) -> Args:
    now = here.state.price
    if here.odds(2):
        return {"price": int(here.pick((0, 1, UINT256_MAX)))}
    owing = [user for user in USERS if here.held(user).borrow_shares and here.held(user).collateral]
    if owing and here.odds(70):
        # Somebody's collateral comes to secure just, or just not, what is owed, or far from it.
        held = here.held(str(here.pick(owing)))
        owed = here.state.debt.assets * held.borrow_shares // max(1, here.state.debt.shares)
        most = max(1, held.collateral * max(1, here.state.parameters.lltv) // WAD)
        now = owed * PRICE_SCALE // most
        return {"price": min(UINT256_MAX, max(1, int(now * here.pick((0.5, 0.9, 0.99, 1, 1.01, 1.2)))))}
    moved = int(now * here.pick((0.01, 0.5, 0.9, 0.99, 1.05, 3, 100)))
    return {"price": min(UINT256_MAX, max(1, moved))}


def _supply(here: Wanderer) -> Args:
    assets = here.amount()
    return {"user": here.user(LENDERS), **here.either(assets, assets * SHARES)}


def _withdraw(here: Wanderer) -> Args:
    user = here.holder("supply_shares")
    shares, supply = here.held(user).supply_shares, here.state.supply
    owned = supply.assets * shares // max(1, supply.shares)
    left = supply.assets - here.state.debt.assets
    return {"user": user, **here.either(here.part(min(owned, left)), here.part(shares))}


def _borrow(here: Wanderer) -> Args:
    able = [user for user in USERS if here.free(user)]
    user = str(here.pick(able)) if able and here.odds(95) else here.user(BORROWERS)
    assets = here.part(here.free(user)) if here.odds(85) else here.amount()
    shares, owed = here.state.debt.shares, here.state.debt.assets
    return {"user": user, **here.either(assets, assets * (shares + SHARES) // (owed + 1))}


def _repay(here: Wanderer) -> Args:
    user = here.holder("borrow_shares")
    shares = here.part(here.held(user).borrow_shares)
    return {
        "user": user,
        **here.either(here.state.debt.assets * shares // max(1, here.state.debt.shares), shares),
    }


def _supply_collateral(here: Wanderer) -> Args:
    return {"user": here.user(BORROWERS), "assets": here.odd(max(1, here.worth(here.amount())))}


def _withdraw_collateral(here: Wanderer) -> Args:
    user = here.holder("collateral")
    return {"user": user, "assets": here.odd(here.part(here.held(user).collateral))}


def _liquidate(here: Wanderer) -> Args:
    sick = here.sick()
    user = str(here.pick(sick)) if sick and here.odds(95) else here.user(BORROWERS)
    held = here.held(user)
    asked = here.either(here.part(held.collateral), here.part(held.borrow_shares))
    return {"user": user, "seized_assets": asked["assets"], "repaid_shares": asked["shares"]}


MOVES: dict[str, tuple[int, Callable[[Wanderer], Args]]] = {
    "supply": (8, _supply),
    "withdraw": (8, _withdraw),
    "borrow": (18, _borrow),
    "repay": (8, _repay),
    "supply_collateral": (10, _supply_collateral),
    "withdraw_collateral": (6, _withdraw_collateral),
    "set_price": (10, _price),
    "accrue": (3, lambda here: {}),
    "set_fee": (2, lambda here: {"fee": int(here.pick((0, 1, 10, 25))) * WAD // 100 + here.odds(20)}),
    "liquidate": (20, _liquidate),
}
