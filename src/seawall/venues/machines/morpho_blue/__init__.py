"""Morpho Blue as a machine: one market, its positions, and liquidation with the loss in the same call.

Everyone acts for themselves and tokens always move; who sets the fee is not asked. Authorisations, callbacks
and flash loans are left out.

Source: morpho-org/morpho-blue 1.0.0, Morpho.sol.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seawall.rules import morpho_blue as rules
from seawall.venues.machines.calls import Args, Calls, take
from seawall.venues.machines.inputs import Parse, amount, name
from seawall.venues.machines.machine import Action, Receipt
from seawall.venues.machines.morpho_blue.codes import CODES, cast128, divisor, require, uint128, uint256
from seawall.venues.machines.morpho_blue.market import FEE_MAX, NO_POSITION, Events, Side, State, genesis

__all__ = ["CODES", "MorphoBlue", "State"]


class MorphoBlue:
    """The contract as one pure function; see `seawall.venues.machines.machine.Machine`."""

    name = "morpho_blue"

    def genesis(self, raw: Mapping[str, Any]) -> State:
        """Return a market just made: nothing supplied, nothing owed.

        Args:
            raw: `t0`, `lltv`, `fee`, `price` in the contract's units, and `irm`: None for no interest, or
                `utilization_per_year`. The fee goes to the account `fee`.

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
        """Return what the contract has stored: integers in its units, interest up to the last accrual."""
        return {
            "price": state.price,
            "market": {
                "totalSupplyAssets": state.supply.assets,
                "totalSupplyShares": state.supply.shares,
                "totalBorrowAssets": state.debt.assets,
                "totalBorrowShares": state.debt.shares,
                "lastUpdate": state.last_update,
                "fee": state.parameters.fee,
            },
            "positions": {
                owner: {
                    "supplyShares": held.supply_shares,
                    "borrowShares": held.borrow_shares,
                    "collateral": held.collateral,
                }
                for owner, held in state.positions.items()
                if held != NO_POSITION
            },
        }


def set_price(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Set the price of the collateral."""
    return replace(state, price=args["price"]), Receipt()


def accrue(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Let interest run up to now."""
    state, events = state.accrued(at)
    return state, Receipt(events=events)


def set_fee(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Set what part of the interest is the fee [wad], from now on."""
    fee = args["fee"]
    require(fee != state.parameters.fee, "already set")
    require(fee <= FEE_MAX, "max fee exceeded")
    state, events = state.accrued(at)
    return _told(replace(state, parameters=replace(state.parameters, fee=fee)), events, "SetFee", newFee=fee)


def supply(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Lend assets, or as many as some shares cost."""
    state, events = _begun(state, at, args)
    assets, shares = _both(args, state.supply, shares_up=False)
    held = state.position(args["user"])
    held = held._replace(supply_shares=uint256(held.supply_shares + shares))
    state = replace(state, supply=state.supply.raised(assets, shares))
    return _told(state.with_position(args["user"], held), events, "Supply", assets=assets, shares=shares)


def withdraw(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Take assets back, or as many as some shares are worth, as far as they are not lent out."""
    state, events = _begun(state, at, args)
    assets, shares = _both(args, state.supply, shares_up=True)
    held = state.position(args["user"])
    held = held._replace(supply_shares=uint256(held.supply_shares - shares))
    state = replace(state, supply=state.supply.lowered(assets, shares))
    require(state.debt.assets <= state.supply.assets, "insufficient liquidity")
    return _told(state.with_position(args["user"], held), events, "Withdraw", assets=assets, shares=shares)


def borrow(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Borrow assets, or as many as some shares of debt give, as far as collateral and liquidity go."""
    state, events = _begun(state, at, args)
    assets, shares = _both(args, state.debt, shares_up=True)
    held = state.position(args["user"])
    held = held._replace(borrow_shares=uint128(held.borrow_shares + cast128(shares)))
    state = replace(state, debt=state.debt.raised(assets, shares)).with_position(args["user"], held)
    require(state.owes_nothing_or_is_healthy(args["user"]), "insufficient collateral")
    require(state.debt.assets <= state.supply.assets, "insufficient liquidity")
    return _told(state, events, "Borrow", assets=assets, shares=shares)


def repay(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Repay assets, or as many as some shares of debt cost."""
    state, events = _begun(state, at, args)
    assets, shares = _both(args, state.debt, shares_up=False)
    state = _repaid(state, args["user"], assets, shares)
    return _told(state, events, "Repay", assets=assets, shares=shares)


def supply_collateral(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Bring collateral in; interest does not run up."""
    require(args["assets"] > 0, "zero assets")
    held = state.position(args["user"])
    held = held._replace(collateral=uint128(held.collateral + cast128(args["assets"])))
    return _told(state.with_position(args["user"], held), (), "SupplyCollateral", assets=args["assets"])


def withdraw_collateral(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Take collateral out, as far as the rest keeps the position healthy."""
    require(args["assets"] > 0, "zero assets")
    state, events = state.accrued(at)
    state = _taken(state, args["user"], args["assets"])
    require(state.owes_nothing_or_is_healthy(args["user"]), "insufficient collateral")
    return _told(state, events, "WithdrawCollateral", assets=args["assets"])


def liquidate(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Repay an unhealthy position's debt and seize collateral for it; where none is left, write off the rest.

    Asked for is either the collateral or the shares of debt. One unit of collateral left puts the loss off.
    """
    is_one_asked = (args["seized_assets"] == 0) != (args["repaid_shares"] == 0)
    require(is_one_asked, "inconsistent input")
    state, events = state.accrued(at)
    user = args["user"]
    require(not state.is_healthy(user), "position is healthy")
    seized, shares = _seizure(state, args["seized_assets"], args["repaid_shares"])
    repaid = state.debt.to_assets(shares, up=True)
    state = _taken(_repaid(state, user, repaid, shares), user, seized)
    state, bad_assets, bad_shares = _written_off(state, user)
    return _told(
        state,
        events,
        "Liquidate",
        repaidAssets=repaid,
        repaidShares=shares,
        seizedAssets=seized,
        badDebtAssets=bad_assets,
        badDebtShares=bad_shares,
    )


def _begun(state: State, at: int, args: Args) -> tuple[State, Events]:
    # Either assets or shares are named, never both.
    require((args["assets"] == 0) != (args["shares"] == 0), "inconsistent input")
    return state.accrued(at)


def _both(args: Args, side: Side, *, shares_up: bool) -> tuple[int, int]:
    # Whichever is not named is rounded against whoever asks.
    if args["assets"] > 0:
        return args["assets"], side.to_shares(args["assets"], up=shares_up)
    return side.to_assets(args["shares"], up=not shares_up), args["shares"]


def _repaid(state: State, user: str, assets: int, shares: int) -> State:
    held, debt = state.position(user), state.debt
    held = held._replace(borrow_shares=uint128(held.borrow_shares - cast128(shares)))
    left = Side(rules.debt_after(debt.assets, assets), uint128(debt.shares - shares))
    return replace(state, debt=left).with_position(user, held)


def _taken(state: State, user: str, collateral: int) -> State:
    held = state.position(user)
    held = held._replace(collateral=uint128(held.collateral - cast128(collateral)))
    return state.with_position(user, held)


def _seizure(state: State, seized: int, shares: int) -> tuple[int, int]:
    # The collateral and the shares of debt of one call, from whichever was asked for.
    price, incentive = state.price, state.parameters.incentive
    if seized:
        uint256(seized * price + rules.PRICE_SCALE - 1)
        repaid = rules.repaid_for(rules.quoted_up(seized, price), incentive)
        return seized, state.debt.to_shares(repaid, up=True)
    repaid = state.debt.to_assets(shares, up=False)
    uint256(rules.with_incentive(repaid, incentive) * rules.PRICE_SCALE)
    return rules.seized_for(repaid, incentive, divisor(price)), shares


def _written_off(state: State, user: str) -> tuple[State, int, int]:
    # The debt of a position without collateral leaves debt and supply: all suppliers bear it.
    held = state.position(user)
    if held.collateral:
        return state, 0, 0
    shares, debt = held.borrow_shares, state.debt
    assets = rules.bad_debt(shares, debt.assets, debt.shares)
    state = replace(state, debt=debt.lowered(assets, shares), supply=state.supply.lowered(assets, 0))
    return state.with_position(user, held._replace(borrow_shares=0)), assets, shares


def _told(state: State, events: Events, what: str, **fields: int) -> tuple[State, Receipt]:
    return state, Receipt(out=fields, events=(*events, (what, fields)))


_AMOUNT: dict[str, Parse] = {"user": name, "assets": amount, "shares": amount}
# Each action: what does it, and how its arguments are read.
ACTIONS: Calls[State] = {
    "set_price": (set_price, {"price": amount}),
    "accrue": (accrue, {}),
    "set_fee": (set_fee, {"fee": amount}),
    "supply": (supply, _AMOUNT),
    "withdraw": (withdraw, _AMOUNT),
    "borrow": (borrow, _AMOUNT),
    "repay": (repay, _AMOUNT),
    "supply_collateral": (supply_collateral, {"user": name, "assets": amount}),
    "withdraw_collateral": (withdraw_collateral, {"user": name, "assets": amount}),
    "liquidate": (liquidate, {"user": name, "seized_assets": amount, "repaid_shares": amount}),
}
