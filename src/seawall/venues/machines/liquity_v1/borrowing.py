"""BorrowerOperations: open a trove, add collateral to it.

Fees follow a base rate that only redemptions raise; no action here redeems, so it stays 0.

Source: Liquity v1, BorrowerOperations and the trove functions of TroveManager it calls.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seawall.rules import liquity_v1_troves as rules
from seawall.venues.machines.liquity_v1.codes import product, require, total
from seawall.venues.machines.liquity_v1.state import ACTIVE, State, Trove
from seawall.venues.machines.machine import Receipt

Args = Mapping[str, Any]
DONE = Receipt()
ICR_TOO_LOW = "BorrowerOps: An operation that would result in ICR < MCR is not permitted"
TCR_TOO_LOW = "BorrowerOps: An operation that would result in TCR < CCR is not permitted"


def open_trove(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Open a trove: lock collateral, draw coins, owe them with the fee and the liquidator's reserve."""
    user, coins, eth, set_ = args["user"], args["lusd"], args["eth"], state.parameters
    in_recovery = state.in_recovery
    require(state.trove(user).status != ACTIVE, "BorrowerOps: Trove is active")
    net = coins if in_recovery else _with_fee(coins)
    require(net >= set_.min_net_debt, "BorrowerOps: Trove's net debt must be greater than minimum")
    debt = total(net, set_.gas_compensation_lusd)
    product(eth, state.price)
    product(eth, rules.NOMINAL_UNIT)
    ratio = rules.collateral_ratio(eth, debt, state.price)
    if in_recovery:
        require(ratio >= set_.ccr, "BorrowerOps: Operation must leave trove with ICR >= CCR")
    else:
        require(ratio >= set_.mcr, ICR_TOO_LOW)
        after = rules.collateral_ratio(*state.entire.plus(eth, debt), state.price)
        require(after >= set_.ccr, TCR_TOO_LOW)
    stake = rules.stake(eth, state.stakes_snapshot, state.coll_snapshot)
    trove = Trove(ACTIVE, debt, eth, stake, state.L_ETH, state.L_debt)
    order = _inserted(state, state.order, user, rules.nominal_ratio(eth, debt))
    state = replace(
        state,
        troves={**state.troves, user: trove},
        order=order,
        total_stakes=state.total_stakes + stake,
        active=state.active.plus(eth, debt),
    )
    return state.paid(user, coins), DONE


def add_coll(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Add collateral to one's own trove, with what redistributions have brought it."""
    user, eth, set_ = args["user"], args["eth"], state.parameters
    in_recovery = state.in_recovery
    require(eth > 0, "BorrowerOps: There must be either a collateral change or a debt change")
    require(state.trove(user).status == ACTIVE, "BorrowerOps: Trove does not exist or is closed")
    state = _applied(state, user)
    before = state.trove(user)
    coll = total(before.coll, eth)
    product(coll, state.price)
    product(coll, rules.NOMINAL_UNIT)
    # Out of recovery mode the whole system is above its ratio, and collateral only lifts it.
    is_healthy = rules.collateral_ratio(coll, before.debt, state.price) >= set_.mcr
    require(in_recovery or is_healthy, ICR_TOO_LOW)
    stake = rules.stake(coll, state.stakes_snapshot, state.coll_snapshot)
    others = tuple(owner for owner in state.order if owner != user)
    return replace(
        state,
        troves={**state.troves, user: before._replace(coll=coll, stake=stake)},
        order=_inserted(state, others, user, rules.nominal_ratio(coll, before.debt)),
        total_stakes=state.total_stakes - before.stake + stake,
        active=state.active.plus(eth, 0),
    ), DONE


def _with_fee(coins: int) -> int:
    product(coins, rules.FEE_MIN)
    return coins + rules.borrowing_fee(coins, 0)


def _applied(state: State, user: str) -> State:
    # Nothing is pending until collateral was redistributed: the contract looks at that sum alone.
    trove = state.trove(user)
    if trove.L_ETH >= state.L_ETH:
        return state
    eth, lusd = state.pending(user)
    trove = trove._replace(
        coll=trove.coll + eth, debt=trove.debt + lusd, L_ETH=state.L_ETH, L_debt=state.L_debt
    )
    return replace(
        state,
        troves={**state.troves, user: trove},
        active=state.active.plus(eth, lusd),
        default=state.default.plus(-eth, -lusd),
    )


def _inserted(state: State, order: tuple[str, ...], user: str, ratio: int) -> tuple[str, ...]:
    # Before the first trove that is not higher, as the sorted list finds its place from the top.
    place = 0
    while place < len(order) and ratio < rules.nominal_ratio(*state.entire_trove(order[place])):
        place += 1
    return (*order[:place], user, *order[place:])
