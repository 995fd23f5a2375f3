"""What happens beside lending: markets entered and left, and what governance sets, some of it refused."""

from __future__ import annotations

from collections.abc import Callable

from seawall.venues.machines.machine import UINT256_MAX
from seawall.venues.machines.venus_isolated.market import PAUSABLE, Market
from tests.differential.venus_isolated.market import PERCENT, USERS
from tests.differential.venus_isolated.wanderer import Args, Move, Moves, Wanderer


def _exit(here: Wanderer) -> Args:
    user = here.user_with(here.held)
    unowed = [symbol for symbol in here.held(user) if symbol not in here.owed(user)]
    return {"user": user, "market": str(here.pick(unowed)) if unowed and here.odds(80) else here.market()}


def _enter(here: Wanderer) -> Args:
    out = [(user, symbol) for user in USERS for symbol in here.listed if here.is_out(user, symbol)]
    user, symbol = here.pick(out) if out and here.odds(90) else (here.user(), here.market())
    return {"user": user, "market": symbol}


def _factor(here: Wanderer) -> Args:
    factor = 0 if here.odds(15) else int(here.pick((*range(10, 100, 10), 94, 95, 96))) * PERCENT
    threshold = int(here.chance.integers(max(0, factor // PERCENT - 1), 102)) * PERCENT
    # A market without a price may have no factor.
    priceless = [symbol for symbol, each in here.state.markets.items() if each.price == 0]
    symbol = str(here.pick(priceless)) if priceless and here.odds(50) else here.market()
    return {"market": symbol, "collateral_factor": factor, "liquidation_threshold": threshold}


def _cap(of: Callable[[Market], int]) -> Move:
    def move(here: Wanderer) -> Args:
        symbol = here.market()
        cap = here.part(of(here.state.markets[symbol])) if here.odds(50) else UINT256_MAX
        return {"market": symbol, "cap": cap}

    return move


def _pause(here: Wanderer) -> Args:
    paused = [
        (each.terms.symbol, action) for each in here.state.markets.values() for action in each.terms.paused
    ]
    if paused and here.odds(75):
        symbol, action = here.pick(sorted(paused))
        return {"market": symbol, "action": action, "paused": False}
    return {"market": here.market(), "action": str(here.pick(PAUSABLE)), "paused": True}


GOVERNED: Moves = {
    "enter_market": (3, _enter),
    "exit_market": (4, _exit),
    "set_collateral_factor": (2, _factor),
    "set_supply_cap": (1, _cap(lambda market: market.cash + market.borrows + market.bad_debt)),
    "set_borrow_cap": (1, _cap(lambda market: market.borrows + market.bad_debt)),
    "set_pause": (2, _pause),
    "set_close_factor": (1, lambda here: {"factor": here.pick((4, 5, 50, 90, 91)) * PERCENT}),
    "set_liquidation_incentive": (1, lambda here: {"incentive": here.pick((99, 100, 108, 120)) * PERCENT}),
    "set_min_liquidatable_collateral": (1, lambda here: {"value": here.power(0, 24)}),
}
