"""What governance sets after a market is listed; who may is not asked.

Source: @venusprotocol/isolated-pools 4.4.0, Comptroller.sol.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seawall.core.units import WAD
from seawall.venues.machines.machine import Receipt
from seawall.venues.machines.venus_isolated.codes import check, require
from seawall.venues.machines.venus_isolated.pool import State

Args = Mapping[str, Any]
COLLATERAL_FACTOR_MAX = 95 * WAD // 100
CLOSE_FACTOR_MIN, CLOSE_FACTOR_MAX = WAD // 20, 9 * WAD // 10


def set_collateral_factor(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Set what part of a supply lets one borrow, and below which one is liquidated [wad]."""
    market = state.market(args["market"])
    factor, threshold = args["collateral_factor"], args["liquidation_threshold"]
    check(factor <= COLLATERAL_FACTOR_MAX, "InvalidCollateralFactor")
    check(factor <= threshold <= WAD, "InvalidLiquidationThreshold")
    check(factor == 0 or market.price > 0, "PriceError")
    return _changed(state, args, collateral_factor=factor, liquidation_threshold=threshold)


def set_supply_cap(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Cap what may be supplied [underlying]; more that is there stays."""
    return _changed(state, args, supply_cap=args["cap"])


def set_borrow_cap(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Cap what may be owed, bad debt included [underlying]; more that is owed stays."""
    return _changed(state, args, borrow_cap=args["cap"])


def set_pause(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Pause an action on a market, or let it go on."""
    paused, action = state.market(args["market"]).terms.paused, {args["action"]}
    return _changed(state, args, paused=paused | action if args["paused"] else paused - action)


def set_close_factor(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Set what part of a debt one call may repay [wad]."""
    require(args["factor"] <= CLOSE_FACTOR_MAX, "Close factor greater than maximum close factor")
    require(args["factor"] >= CLOSE_FACTOR_MIN, "Close factor smaller than minimum close factor")
    parameters = replace(state.parameters, close_factor=args["factor"])
    return replace(state, parameters=parameters), Receipt()


def set_liquidation_incentive(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Set what is seized for each unit repaid [wad]."""
    require(args["incentive"] >= WAD, "liquidation incentive should be greater than 1e18")
    parameters = replace(state.parameters, incentive=args["incentive"])
    return replace(state, parameters=parameters), Receipt()


def set_min_liquidatable_collateral(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Set up to how much collateral an account is small [value, wad]."""
    parameters = replace(state.parameters, collateral_min=args["value"])
    return replace(state, parameters=parameters), Receipt()


def _changed(state: State, args: Args, **terms: Any) -> tuple[State, Receipt]:
    market = state.market(args["market"])
    return state.with_market(replace(market, terms=replace(market.terms, **terms))), Receipt()
