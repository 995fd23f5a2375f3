"""TroveManager: close troves, offset their debts with the pool, redistribute what it cannot bear.

Source: Liquity v1, TroveManager `batchLiquidateTroves`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NamedTuple

from seawall.rules import liquity_v1
from seawall.rules import liquity_v1_troves as rules
from seawall.venues.machines.liquity_v1.codes import require
from seawall.venues.machines.liquity_v1.stability import offset
from seawall.venues.machines.liquity_v1.state import ACTIVE, CLOSED, LIQUIDATOR, State, Trove
from seawall.venues.machines.machine import Receipt

Args = Mapping[str, Any]
Told = tuple[str, Mapping[str, Any]]
NORMAL, RECOVERY = 1, 2  # the contract's numbers of its two ways to liquidate


class Closed(NamedTuple):
    """How one trove, or all of a batch, is divided [wei].

    The whole of its debt and collateral; what the liquidator keeps; what goes to the pool; what is
    redistributed; what is left to its owner. The four parts of the collateral sum to the whole.
    """

    debt: int = 0
    coll: int = 0
    gas: int = 0
    debt_pool: int = 0
    coll_pool: int = 0
    debt_others: int = 0
    coll_others: int = 0
    surplus: int = 0

    def and_(self, other: Closed) -> Closed:
        """Return both together."""
        return Closed(*(a + b for a, b in zip(self, other, strict=True)))


NOTHING = Closed()


def liquidate(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Liquidate one trove."""
    is_active = state.trove(args["trove"]).status == ACTIVE
    require(is_active, "TroveManager: Trove does not exist or is closed")
    return batch_liquidate(state, at, {"troves": (args["trove"],)})


def batch_liquidate(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Liquidate those troves of a list that may be, in its order."""
    require(len(args["troves"]) > 0, "TroveManager: Calldata address array must not be empty")
    state, all_, told = _sequence(state, args["troves"])
    require(all_.debt > 0, "TroveManager: nothing to liquidate")
    pool = offset(state.pool, all_.debt_pool, all_.coll_pool)
    state = replace(state, pool=pool, active=state.active.plus(-all_.coll_pool, -all_.debt_pool))
    state = _redistributed(state, all_.debt_others, all_.coll_others)
    state = replace(state, active=state.active.plus(-all_.surplus - all_.gas, 0))
    state = replace(state, stakes_snapshot=state.total_stakes, coll_snapshot=state.entire.eth)
    paid = len(told) * state.parameters.gas_compensation_lusd
    sums = {
        "_liquidatedDebt": all_.debt,
        "_liquidatedColl": all_.coll - all_.gas - all_.surplus,
        "_collGasCompensation": all_.gas,
        "_LUSDGasCompensation": paid,
    }
    return state.paid(LIQUIDATOR, paid), Receipt(out=sums, events=(*told, ("Liquidation", sums)))


def _sequence(state: State, owners: Iterable[str]) -> tuple[State, Closed, list[Told]]:
    # One after the other; recovery mode ends as soon as what was taken so far has lifted the system.
    entire, in_recovery = state.entire, state.in_recovery
    all_, told = Closed(), list[Told]()
    for owner in owners:
        deposits = state.pool.lusd - all_.debt_pool
        if state.trove(owner).status != ACTIVE:
            continue
        if in_recovery:
            total_ratio = rules.collateral_ratio(*entire, state.price)
            part, taken = _in_recovery_mode(state, owner, deposits, total_ratio)
        else:
            part, taken = _in_normal_mode(state, owner, deposits)
        if not part.debt:
            continue
        state, all_ = _closed(state, owner, part.surplus), all_.and_(part)
        way = RECOVERY if in_recovery else NORMAL
        fields = {"_borrower": owner, "_debt": part.debt, "_coll": taken, "_operation": way}
        told.append(("TroveLiquidated", fields))
        if in_recovery:
            entire = entire.plus(-part.coll_pool - part.gas - part.surplus, -part.debt_pool)
            total_ratio = rules.collateral_ratio(*entire, state.price)
            in_recovery = rules.in_recovery(total_ratio, state.parameters.ccr)
    return state, all_, told


def _in_normal_mode(state: State, owner: str, deposits: int) -> tuple[Closed, int]:
    # How a trove is divided, nothing where it is left alone; and the collateral its event tells.
    # It is never the last one, whose ratio is the system's: that would be recovery mode.
    if state.ratio(owner) >= state.parameters.mcr:
        return NOTHING, 0
    return _offset_first(state, owner, deposits)


def _in_recovery_mode(state: State, owner: str, deposits: int, total_ratio: int) -> tuple[Closed, int]:
    # As in normal mode, but the last trove is spared without a word, one worth no more than its debt
    # spares the pool, and one above the minimum ratio may be taken too, at that ratio.
    ratio, set_ = state.ratio(owner), state.parameters
    entire = state.entire_trove(owner)
    if len(state.order) <= 1:
        return NOTHING, 0
    if rules.is_redistributed(ratio):
        return _offset_first(state, owner, 0)
    if ratio < set_.mcr:
        return _offset_first(state, owner, deposits)
    if rules.is_capped(ratio, total_ratio, set_.mcr, entire.lusd, deposits):
        capped = rules.capped_collateral(entire.lusd, state.price, set_.mcr)
        gas = rules.gas_compensation(capped, set_.coll_gas_comp_divisor)
        surplus = entire.eth - capped
        return Closed(entire.lusd, entire.eth, gas, entire.lusd, capped - gas, 0, 0, surplus), capped - gas
    return NOTHING, 0


def _offset_first(state: State, owner: str, deposits: int) -> tuple[Closed, int]:
    eth, lusd = state.entire_trove(owner)
    gas = rules.gas_compensation(eth, state.parameters.coll_gas_comp_divisor)
    debt_pool, coll_pool = rules.offset_split(lusd, eth - gas, deposits)
    rest = (lusd - debt_pool, eth - gas - coll_pool)
    return Closed(lusd, eth, gas, debt_pool, coll_pool, *rest), eth


def _closed(state: State, owner: str, surplus: int) -> State:
    # What was pending is no longer default but active; then the trove is gone, stake and all.
    trove, pending = state.trove(owner), state.pending(owner)
    mine = state.surplus.get(owner, 0) + surplus
    return replace(
        state,
        troves={**state.troves, owner: Trove(CLOSED, 0, 0, 0, 0, 0)},
        order=tuple(each for each in state.order if each != owner),
        total_stakes=state.total_stakes - trove.stake,
        active=state.active.plus(*pending),
        default=state.default.plus(-pending.eth, -pending.lusd),
        surplus={**state.surplus, owner: mine} if mine else state.surplus,
    )


def _redistributed(state: State, lusd: int, eth: int) -> State:
    # Spread over all stakes left; what rounding keeps back is spread the next time.
    if not lusd:
        return state
    per_eth, eth_error = liquity_v1.gain_per_unit(eth, state.total_stakes, state.L_ETH_error)
    per_debt, debt_error = liquity_v1.gain_per_unit(lusd, state.total_stakes, state.L_debt_error)
    return replace(
        state,
        L_ETH=state.L_ETH + per_eth,
        L_debt=state.L_debt + per_debt,
        L_ETH_error=eth_error,
        L_debt_error=debt_error,
        active=state.active.plus(-eth, -lusd),
        default=state.default.plus(eth, lusd),
    )
