"""Which markets an account has entered: their tokens secure what it owes, and may be seized.

Source: @venusprotocol/isolated-pools 4.4.0, Comptroller.sol.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seawall.venues.machines.machine import Receipt
from seawall.venues.machines.venus_isolated.codes import check
from seawall.venues.machines.venus_isolated.pool import State

Args = Mapping[str, Any]


def enter_market(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Let the tokens of a market secure what an account owes."""
    state.market(args["market"]).require_open("enter_market")
    return entered(state, args["user"], args["market"]), Receipt()


def exit_market(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Take the tokens of a market out of what secures debts, as far as the rest secures them.

    Interest does not run up: what is asked is what is stored.
    """
    user, symbol = args["user"], args["market"]
    market = state.market(symbol)
    market.require_open("exit_market")
    _ = market.exchange_rate  # told with the balances, and asked before them
    check(market.owed_by(user) == 0, "NonzeroBorrowBalance")
    require_free(state, user, symbol, market.held_by(user))
    markets = state.entered_by(user)
    if symbol not in markets:
        return state, Receipt()
    # The last one takes the place of the one that leaves.
    place, (*rest, last) = markets.index(symbol), markets
    left = (*rest[:place], last, *rest[place + 1 :]) if place < len(rest) else tuple(rest)
    return replace(state, entered={**state.entered, user: left}), Receipt()


def entered(state: State, user: str, symbol: str) -> State:
    """Return the pool with an account in a market; leave the call where it may not enter."""
    if symbol in state.entered_by(user):
        return state
    state.market(symbol).require_open("enter_market")
    return replace(state, entered={**state.entered, user: (*state.entered_by(user), symbol)})


def require_free(state: State, user: str, symbol: str, tokens: int) -> None:
    """Leave the call unless an account's debts stay secured without some tokens of a market."""
    if symbol in state.entered_by(user):
        after = state.snapshot(user, "collateral_factor", changed=symbol, redeem=tokens)
        check(after.shortfall == 0, "InsufficientLiquidity")
