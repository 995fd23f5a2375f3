"""Liquity v1 as a machine: troves, the stability pool, liquidation in both modes. No redemptions.

Source: liquity/dev at 14de1c1b, the logic as deployed in 2021: BorrowerOperations, TroveManager,
StabilityPool with epochs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seawall.venues.machines.calls import Args, Calls, take
from seawall.venues.machines.inputs import amount, name, names
from seawall.venues.machines.liquity_v1.borrowing import add_coll, open_trove
from seawall.venues.machines.liquity_v1.codes import CODES
from seawall.venues.machines.liquity_v1.liquidation import batch_liquidate, liquidate
from seawall.venues.machines.liquity_v1.stability import provide, withdraw
from seawall.venues.machines.liquity_v1.state import Deposit, State, genesis
from seawall.venues.machines.machine import Action, Receipt

__all__ = ["CODES", "LiquityV1", "State"]

DONE = Receipt()


class LiquityV1:
    """The contracts as one pure function; see `seawall.venues.machines.machine.Machine`."""

    name = "liquity_v1"

    def genesis(self, raw: Mapping[str, Any]) -> State:
        """Return the state after deployment: no trove, no deposit, nobody holds coins.

        Args:
            raw: Parameters in the contracts' units, and `users`; `liq` liquidates.

        Raises:
            InputError: A parameter is missing or cannot be.
        """
        return genesis(raw)

    def step(self, state: State, action: Action) -> tuple[State, Receipt]:
        """Take an action.

        Raises:
            InputError: There is no such action (`action_unknown`), or its arguments are not those of it.
        """
        return take(self.name, ACTIONS, state, action)

    def view(self, state: State, at: int) -> dict[str, Any]:
        """Return what the contracts would show at any time; integers, in their units."""
        pool, users = state.pool, state.parameters.users
        return {
            "price": state.price,
            "troves": {user: _trove(state, user) for user in users if user in state.troves},
            "deposits": {
                user: _deposit(state, state.deposits[user]) for user in users if user in state.deposits
            },
            "sp_lusd": pool.lusd,
            "sp_eth": pool.eth,
            "P": pool.P,
            "epoch": pool.epoch,
            "scale": pool.scale,
            "L_ETH": state.L_ETH,
            "L_LUSDDebt": state.L_debt,
            "total_stakes": state.total_stakes,
            "total_stakes_snapshot": state.stakes_snapshot,
            "total_collateral_snapshot": state.coll_snapshot,
            "active": list(state.active),
            "default": list(state.default),
            "surplus_eth": sum(state.surplus.values()),
            "surplus": {user: state.surplus[user] for user in users if user in state.surplus},
            "tcr": state.total_ratio,
            "recovery_mode": state.in_recovery,
            "base_rate": 0,
        }


def set_price(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Set the price of the collateral."""
    return replace(state, price=args["price"]), DONE


def _trove(state: State, user: str) -> dict[str, int]:
    trove, pending, entire = state.trove(user), state.pending(user), state.entire_trove(user)
    return {
        "status": trove.status,
        "debt": trove.debt,
        "coll": trove.coll,
        "stake": trove.stake,
        "entire_debt": entire.lusd,
        "entire_coll": entire.eth,
        "pending_debt_reward": pending.lusd,
        "pending_eth_reward": pending.eth,
    }


def _deposit(state: State, deposit: Deposit) -> dict[str, int]:
    left, gain = state.pool.compounded(deposit), state.pool.gain(deposit)
    return {"initial": deposit.initial, "compounded": left, "eth_gain": gain}


# Each action: what does it, and how its arguments are read.
ACTIONS: Calls[State] = {
    "open": (open_trove, {"user": name, "lusd": amount, "eth": amount}),
    "add_coll": (add_coll, {"user": name, "eth": amount}),
    "provide": (provide, {"user": name, "lusd": amount}),
    "withdraw": (withdraw, {"user": name, "lusd": amount}),
    "set_price": (set_price, {"price": amount}),
    "liquidate": (liquidate, {"trove": name}),
    "batch_liquidate": (batch_liquidate, {"troves": names}),
}
