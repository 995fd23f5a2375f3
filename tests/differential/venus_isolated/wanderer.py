"""Where a walk through a Venus pool is: its chance, the pool's state, and what is to come next."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from seawall.venues.machines.machine import Revert
from seawall.venues.machines.venus_isolated import State
from seawall.venues.machines.venus_isolated.pool import Snapshot
from tests.differential.drawn import Drawn
from tests.differential.venus_isolated.market import USERS, WAD

SEARCHED = 40
Args = dict[str, Any]


@dataclass
class Wanderer(Drawn):
    """Where a walk is: its chance, the pool, and what is planned next."""

    listed: Mapping[str, int]  # first prices
    state: State
    at: int
    planned: list[tuple[str, Args]] = field(default_factory=list)

    def user(self) -> str:
        """Return somebody, seldom who liquidates."""
        return str(self.pick(USERS if self.odds(5) else USERS[:-1]))

    def user_with(self, markets: Callable[[str], list[str]]) -> str:
        """Return somebody who is in any of such markets, seldom anyone, or the first of all, who lends."""
        there = [user for user in USERS[1:] if markets(user)]
        return str(self.pick(there)) if there and self.odds(95) else self.user()

    def market(self) -> str:
        """Return a market."""
        return str(self.pick(tuple(self.listed)))

    def held(self, user: str) -> list[str]:
        """Return the markets whose tokens somebody holds."""
        return [symbol for symbol, each in self.state.markets.items() if each.held_by(user)]

    def owed(self, user: str) -> list[str]:
        """Return the markets in which somebody owes."""
        return [symbol for symbol, each in self.state.markets.items() if each.owed_by(user)]

    def is_out(self, user: str, symbol: str) -> bool:
        """Return whether somebody has left a market."""
        return symbol not in self.state.entered_by(user)

    def other(self, markets: Sequence[str]) -> str:
        """Return a market, mostly none of these: one price then moves what is held or what is owed alone."""
        others = [symbol for symbol in self.listed if symbol not in markets]
        return str(self.pick(others)) if others and self.odds(85) else self.market()

    def worth(self, symbol: str, value: int) -> int:
        """Return how much of a market's underlying is worth a value [wad]."""
        return value * WAD // max(1, self.state.markets[symbol].price)

    def lost(self) -> int:
        """Return what all bad debt is worth [wad]."""
        return sum(each.price * each.bad_debt // WAD for each in self.state.markets.values())

    def account(self, user: str, state: State | None = None) -> Snapshot | None:
        """Return what somebody has and owes, if the pool can tell."""
        try:
            return (state or self.state).snapshot(user, "liquidation_threshold")
        except Revert:
            return None

    def fallen(self, is_wanted: Callable[[Snapshot], bool]) -> str | None:
        """Return an account in shortfall of the wanted kind.

        Where there is none a price is looked for that makes one, and planned; else it is mostly none, seldom
        anyone.
        """
        found = {user: self.account(user) for user in USERS[:-1]}
        there = [user for user, each in found.items() if each and each.shortfall and is_wanted(each)]
        if there and self.odds(80):
            return str(self.pick(there))
        owing = [user for user, each in found.items() if each and each.owed and each.collateral]
        for user in self.chance.permutation(owing):
            if self._fell(str(user), is_wanted):
                return str(user)
        return self.user() if self.odds(15) else None

    def _fell(self, user: str, is_wanted: Callable[[Snapshot], bool]) -> bool:
        before = self.account(user)
        assert before is not None
        for _ in range(SEARCHED):
            symbol = str(self.pick(self.held(user)))
            market = self.state.markets[symbol]
            # What is held comes to be worth some part of what is owed, if it is the only collateral.
            part = int(10 ** self.chance.uniform(-1, 0.3) * 10**6)
            price = market.price * before.owed * part // (before.collateral * 10**6)
            price = min(max(1, price), 2**200)
            after = self.account(user, self.state.with_market(replace(market, price=price)))
            if after and after.shortfall and is_wanted(after):
                self.planned.append(("set_price", {"market": symbol, "price": price}))
                return True
        return False


Move = Callable[[Wanderer], Args | None]  # None where there is nobody it could be done to
Moves = Mapping[str, tuple[int, Move]]
