"""A Venus isolated pool as a machine: its markets, liquidation in three ways, the auction of the risk fund.

At first everyone has entered every market, there are no caps and nothing is paused; interest that belongs
to the protocol leaves at every accrual.

Source: @venusprotocol/isolated-pools 4.4.0: Comptroller, VToken, JumpRateModelV2, Shortfall.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, TypeVar

from seawall.venues.machines.calls import Args, Calls, take
from seawall.venues.machines.inputs import Parse, amount, flag, name
from seawall.venues.machines.machine import Action, Receipt, Revert
from seawall.venues.machines.venus_isolated import (
    auction,
    governance,
    lending,
    liquidation,
    membership,
)
from seawall.venues.machines.venus_isolated.codes import CODES
from seawall.venues.machines.venus_isolated.market import PAUSABLE, Market
from seawall.venues.machines.venus_isolated.pool import State, genesis

__all__ = ["CODES", "State", "VenusIsolated"]

Answer = TypeVar("Answer")


class VenusIsolated:
    """The contracts as one pure function; see `seawall.venues.machines.machine.Machine`."""

    name = "venus_isolated"

    def genesis(self, raw: Mapping[str, Any]) -> State:
        """Return a pool just made: nothing supplied, nothing owed, an empty risk fund.

        Args:
            raw: Parameters in the contracts' units, `markets` with theirs, and `users`; `liq` liquidates.

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
        """Return what the contracts have stored, interest up to each market's last accrual; integers."""
        return {
            "markets": {symbol: _market(each) for symbol, each in state.markets.items()},
            "users": {
                user: {"positions": positions, **_health(state, user)}
                for user in state.parameters.users
                if (positions := _positions(state, user))
            },
            "auction": _auction(state),
            "risk_fund": state.risk_fund,
        }


def set_price(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Set the price of a market's underlying."""
    return state.with_market(replace(state.market(args["market"]), price=args["price"])), Receipt()


def _market(market: Market) -> dict[str, int | None]:
    return {
        "price": market.price,
        "cash": market.cash,
        "total_borrows": market.borrows,
        "bad_debt": market.bad_debt,
        "total_reserves": market.reserves,
        "total_supply": market.supply,
        "borrow_index": market.index,
        "accrual_time": market.accrued_at,
        "exchange_rate_stored": _answer(lambda: market.exchange_rate),
        "borrow_rate": _answer(lambda: market.borrow_rate),
    }


def _positions(state: State, user: str) -> dict[str, dict[str, int]]:
    both = {symbol: (each.held_by(user), each.owed_by(user)) for symbol, each in state.markets.items()}
    return {
        symbol: {"v_tokens": tokens, "borrow_stored": owed}
        for symbol, (tokens, owed) in both.items()
        if tokens or owed
    }


def _health(state: State, user: str) -> dict[str, int | None]:
    account = _answer(lambda: state.snapshot(user, "liquidation_threshold"))
    return {
        "liquidity": account.liquidity if account else None,
        "shortfall": account.shortfall if account else None,
    }


def _answer(ask: Callable[[], Answer]) -> Answer | None:
    # Where a price is missing or a number too large, the contract answers nothing.
    try:
        return ask()
    except Revert:
        return None


def _auction(state: State) -> dict[str, int | str | None]:
    running = state.auction
    return {
        "startBlockOrTimestamp": running.start,
        "auctionType": running.kind,
        "status": running.status,
        "seizedRiskFund": running.seized,
        "highestBidder": running.bidder,
        "highestBidBps": running.bid_bps,
        "highestBidBlockOrTimestamp": running.bid_at,
        "startBidBps": running.start_bps,
    }


def _orders(value: Any) -> list[dict[str, Any]]:
    if not isinstance(value, list | tuple) or not all(isinstance(order, Mapping) for order in value):
        raise ValueError(f"expected a list of orders, got {value!r}")
    return list(value)


def _pausable(value: Any) -> str:
    if value not in PAUSABLE:
        raise ValueError(f"expected one of {', '.join(PAUSABLE)}, got {value!r}")
    return str(value)


_ONE: dict[str, Parse] = {"user": name, "market": name, "amount": amount}
_CALL: dict[str, Parse] = {"borrower": name, "market": name, "collateral": name, "repay": amount}
# Each action: what does it, and how its arguments are read.
ACTIONS: Calls[State] = {
    "set_price": (set_price, {"market": name, "price": amount}),
    "accrue": (lending.accrue, {"market": name}),
    "mint": (lending.mint, _ONE),
    "redeem": (lending.redeem, _ONE),
    "borrow": (lending.borrow, _ONE),
    "repay": (lending.repay, _ONE),
    "liquidate_borrow": (liquidation.liquidate_borrow, _CALL),
    "liquidate_account": (liquidation.liquidate_account, {"borrower": name, "orders": _orders}),
    "heal_account": (liquidation.heal_account, {"borrower": name}),
    "enter_market": (membership.enter_market, {"user": name, "market": name}),
    "exit_market": (membership.exit_market, {"user": name, "market": name}),
    "set_collateral_factor": (
        governance.set_collateral_factor,
        {"market": name, "collateral_factor": amount, "liquidation_threshold": amount},
    ),
    "set_supply_cap": (governance.set_supply_cap, {"market": name, "cap": amount}),
    "set_borrow_cap": (governance.set_borrow_cap, {"market": name, "cap": amount}),
    "set_pause": (governance.set_pause, {"market": name, "action": _pausable, "paused": flag}),
    "set_close_factor": (governance.set_close_factor, {"factor": amount}),
    "set_liquidation_incentive": (governance.set_liquidation_incentive, {"incentive": amount}),
    "set_min_liquidatable_collateral": (governance.set_min_liquidatable_collateral, {"value": amount}),
    "set_risk_fund": (auction.set_risk_fund, {"amount": amount}),
    "start_auction": (auction.start_auction, {}),
    "restart_auction": (auction.restart_auction, {}),
    "place_bid": (auction.place_bid, {"user": name, "bid_bps": amount}),
    "close_auction": (auction.close_auction, {}),
}
