"""Wander through a market: actions drawn at random, mostly such that they go through, some just beyond.

All chance comes from a generator; what is drawn depends on the machine's state, so that a walk goes on
where a plain list of calls would be refused from the second on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import chain
from typing import Any

import numpy as np

from seawall.venues.machines.aave_v3 import State
from seawall.venues.machines.machine import UINT256_MAX, Action, Machine
from tests.differential.aave_v3.market import USERS, lent
from tests.differential.drawn import Drawn

DAY = 86_400
HUGE = 2**239
CATEGORY, FEED = 1, "feed"
ALONE = "dan"  # supplies what has a debt ceiling and little else
Args = dict[str, Any]


@dataclass
class Wanderer(Drawn):
    """Where a walk is: its chance, and what the market shows."""

    assets: tuple[str, ...]
    view: dict[str, Any]
    state: State
    at: int

    def worth(self, asset: str, usd: int) -> int:
        """Return how much of a reserve is worth so many dollars, by its price."""
        price = max(1, self.view["reserves"][asset]["price"])
        return int(usd * 10**8 * self.state.reserves[asset].parameters.unit // price)

    def user(self) -> str:
        """Return somebody."""
        return str(self.pick(USERS))

    def asset(self) -> str:
        """Return a reserve."""
        return str(self.pick(self.assets))

    def held(self, user: str, side: str) -> list[str]:
        """Return the reserves that somebody holds or owes."""
        return [asset for asset, each in self.view["users"][user]["positions"].items() if each[side]]

    def holder(self, side: str) -> tuple[str, str]:
        """Return somebody and a reserve, one that they hold or owe if there is any."""
        user = self.user()
        return user, str(self.pick(self.held(user, side) or self.assets))

    def sick(self) -> list[str]:
        """Return who can be liquidated."""
        return [user for user in USERS if self.view["users"][user]["health_factor"] < 10**18]

    def balance(self, user: str, asset: str, side: str) -> int:
        """Return what somebody holds or owes."""
        position = self.view["users"][user]["positions"].get(asset, {})
        return int(position.get(side, 0))


def actions(machine: Machine[State], chance: np.random.Generator, raw: Mapping[str, Any]) -> Iterator[Action]:
    """Yield what happens in a market, without end; the machine alone says what its state becomes."""
    state, at = machine.genesis(raw), raw["t0"]
    assets = tuple(each["symbol"] for each in raw["reserves"])
    here = Wanderer(chance, assets, dict(machine.view(state, at)), state, at)
    first = (Action(name, at, args) for name, args in opening(chance, lent(raw)))
    for action in chain(first, iter(lambda: step(here), None)):
        yield action
        here.state, _ = machine.step(here.state, action)
        here.view = dict(machine.view(here.state, action.at))


def opening(chance: np.random.Generator, lent: Mapping[str, int]) -> Iterator[tuple[str, Args]]:
    """Yield what makes a market interesting: a category, a ceiling, a silo, and supply to borrow from."""
    assets = tuple(lent)
    bonus, threshold = int(chance.integers(10050, 10250)), int(chance.integers(9300, 9700))
    source = FEED if chance.integers(2) else ""
    terms = {"ltv": threshold - 200, "liquidation_threshold": threshold, "liquidation_bonus": bonus}
    yield "set_emode_category", {"id": CATEGORY, **terms, "price_source": source}
    if source:
        yield "set_price", {"asset": FEED, "price": int(chance.integers(9 * 10**7, 11 * 10**7))}
    for asset in assets[:2]:
        yield "set_asset_emode", {"asset": asset, "category": CATEGORY}
        yield "set_borrowable_in_isolation", {"asset": asset, "borrowable": True}
    yield "set_debt_ceiling", {"asset": assets[-1], "ceiling": int(chance.integers(10**4, 10**8))}
    if chance.integers(2):
        yield "set_siloed", {"asset": assets[2], "siloed": True}
    for asset, amount in lent.items():
        yield "supply", {"user": USERS[0], "asset": asset, "amount": amount}
    isolated = {"user": ALONE, "asset": assets[-1]}
    yield "supply", {**isolated, "amount": lent[assets[-1]]}
    yield "set_collateral", {**isolated, "use": True}


def step(here: Wanderer) -> Action:
    """Return what happens next, some time later or at once."""
    if here.odds(60):
        here.at += int(here.pick((1, 12, 3600, DAY, 30 * DAY)))
    names, weights = zip(*((name, weight) for name, (weight, _) in MOVES.items()), strict=True)
    chosen = str(here.chance.choice(names, p=np.array(weights) / sum(weights)))
    if chosen == "liquidation_call" and not here.sick() and here.odds(80):
        chosen = "set_price"  # which brings somebody near to it
    return Action(chosen, here.at, MOVES[chosen][1](here))


def _supply(here: Wanderer) -> Args:
    user, asset = here.user(), here.asset()
    asset = here.assets[-1] if user == ALONE and here.odds(95) else asset
    usd = here.power(0, 6)
    amount = HUGE if here.odds(2) else here.part(here.worth(asset, usd))
    return {"user": user, "asset": asset, "amount": amount}


def _withdraw(here: Wanderer) -> Args:
    user, asset = here.holder("a_scaled")
    amount = UINT256_MAX if here.odds(20) else here.part(here.balance(user, asset, "a_balance"))
    return {"user": user, "asset": asset, "amount": amount}


def _borrow(here: Wanderer) -> Args:
    able = [user for user in USERS if here.view["users"][user]["available_borrows_base"]]
    user, asset = str(here.pick(able)) if able and here.odds(90) else here.user(), here.asset()
    usd = 1 + here.view["users"][user]["available_borrows_base"] // 10**8
    asset = here.assets[int(here.odds(50))] if user == ALONE else asset
    cash = here.view["reserves"][asset]["cash"]
    amount = here.part(min(here.worth(asset, usd), cash) if here.odds(90) else here.worth(asset, usd))
    return {"user": user, "asset": asset, "amount": HUGE if here.odds(2) else amount}


def _repay(here: Wanderer) -> Args:
    user, asset = here.holder("v_scaled")
    amount = UINT256_MAX if here.odds(20) else here.part(here.balance(user, asset, "v_balance"))
    return {"user": user, "asset": asset, "amount": amount}


def _transfer(here: Wanderer) -> Args:
    user, asset = here.holder("a_scaled")
    amount = here.part(here.balance(user, asset, "a_balance"))
    return {"user": user, "to": here.user(), "asset": asset, "amount": amount}


def _liquidate(here: Wanderer) -> Args:
    sick = here.sick()
    user = str(here.pick(sick)) if sick and here.odds(95) else here.user()
    debt = str(here.pick(here.held(user, "v_scaled") or here.assets))
    collateral = str(here.pick(here.held(user, "a_scaled") or here.assets))
    whole = here.odds(40)
    return {
        "liquidator": here.user() if here.odds(20) else "liq",
        "user": user,
        "collateral": collateral,
        "debt": debt,
        "debt_to_cover": UINT256_MAX if whole else here.part(here.balance(user, debt, "v_balance")),
        "receive_atoken": here.odds(40),
    }


def _price(here: Wanderer) -> Args:
    if here.odds(60) and (fall := _fall(here)):
        return fall
    asset = FEED if FEED in here.state.prices and here.odds(15) else here.asset()
    price = here.state.prices[asset]
    if here.odds(20 if asset == FEED else 4):
        return {"asset": asset, "price": int(here.pick((0, 1, 2**100)))}
    if not 10**4 < price < 10**14:
        return {"asset": asset, "price": here.power(7, 12)}
    return {"asset": asset, "price": int(price * here.chance.uniform(0.6, 1.4))}


def _fall(here: Wanderer) -> Args | None:
    # The price of some borrower's collateral moves so that its health comes to around one.
    user = here.user()
    health, held = here.view["users"][user]["health_factor"], here.held(user, "a_scaled")
    if health > 10**22 or not held:
        return None
    asset = str(here.pick(held))
    price = here.state.prices[asset] * 10**18 // max(1, health)
    price = int(price * here.chance.uniform(0.75, 1.05))
    return {"asset": asset, "price": price} if 10**4 < price < 10**14 else None


def _collateral(here: Wanderer) -> Args:
    threshold = int(here.chance.integers(0, 9500)) if here.odds(90) else 0
    bonus = int(here.chance.integers(10001, 12000)) if threshold else 0
    ltv = 0 if here.odds(20) else int(here.chance.integers(0, threshold + 2))
    terms = {"ltv": ltv, "liquidation_threshold": threshold, "liquidation_bonus": bonus}
    return {"asset": here.asset(), **terms}


def _switch(here: Wanderer) -> Args:
    user, asset = here.holder("a_scaled")
    return {"user": user, "asset": asset, "use": here.odds(60)}


def _on(key: str, of_hundred: int) -> Callable[[Wanderer], Args]:
    return lambda here: {"asset": here.asset(), key: here.odds(of_hundred)}


def _cap(here: Wanderer) -> Args:
    cap = 0 if here.odds(60) else int(here.pick((1, 10**3, 10**6, 2**36)))
    return {"asset": here.asset(), "cap": cap}


def _category(here: Wanderer) -> Args:
    threshold = int(here.chance.integers(8000, 9800))
    terms = {"ltv": threshold - 100, "liquidation_threshold": threshold, "liquidation_bonus": 10100}
    return {"id": CATEGORY, **terms, "price_source": here.pick(("", FEED))}


def _sequencer(here: Wanderer) -> Args:
    # Down, up within or just at the end of its grace, or long up; times ahead of the clock are refused.
    if here.odds(60):
        return {"is_down": False, "since": here.at - 5000, "grace": 3600}
    since = here.at - int(here.pick((-1, 0, 100)))
    return {"is_down": here.odds(20), "since": since, "grace": int(here.pick((0, 100)))}


MOVES: dict[str, tuple[int, Callable[[Wanderer], Args]]] = {
    "supply": (14, _supply),
    "withdraw": (9, _withdraw),
    "borrow": (20, _borrow),
    "repay": (6, _repay),
    "repay_with_supply": (3, _repay),
    "transfer": (4, _transfer),
    "liquidation_call": (16, _liquidate),
    "set_price": (14, _price),
    "set_collateral": (5, _switch),
    "set_emode": (3, lambda here: {"user": here.user(), "category": int(here.pick((0, 1, 1, 2)))}),
    "mint_to_treasury": (2, lambda here: {"assets": [here.asset(), here.asset()]}),
    "configure_collateral": (2, _collateral),
    "set_supply_cap": (1, _cap),
    "set_borrow_cap": (1, _cap),
    "set_pause": (2, _on("paused", 10)),
    "set_freeze": (2, _on("frozen", 15)),
    "set_borrowing": (1, _on("enabled", 70)),
    "set_active": (1, _on("active", 70)),
    "set_siloed": (1, _on("siloed", 50)),
    "set_borrowable_in_isolation": (1, _on("borrowable", 80)),
    "set_reserve_factor": (
        1,
        lambda here: {"asset": here.asset(), "factor": int(here.chance.integers(0, 10_002))},
    ),
    "set_protocol_fee": (
        1,
        lambda here: {"asset": here.asset(), "fee": int(here.chance.integers(0, 10_002))},
    ),
    "set_debt_ceiling": (
        1,
        lambda here: {"asset": here.asset(), "ceiling": int(here.pick((0, 1, 10**6, 10**10)))},
    ),
    "set_asset_emode": (1, lambda here: {"asset": here.asset(), "category": int(here.pick((0, 1, 1, 2)))}),
    "set_emode_category": (1, _category),
    "set_sequencer": (1, _sequencer),
}
