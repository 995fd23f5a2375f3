"""StabilityPool: deposit, withdraw, and offset debt against all deposits at once.

Source: Liquity v1 as deployed, StabilityPool, with epochs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from seawall.core.units import WAD
from seawall.rules import liquity_v1 as rules
from seawall.venues.machines.liquity_v1.codes import require
from seawall.venues.machines.liquity_v1.state import NO_DEPOSIT, Deposit, Pool, State
from seawall.venues.machines.machine import Receipt

Args = Mapping[str, Any]
DONE = Receipt()


def provide(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Deposit coins; the gain of an earlier deposit is paid out."""
    user, lusd = args["user"], args["lusd"]
    require(lusd > 0, "StabilityPool: Amount must be non-zero")
    require(lusd <= state.lusd.get(user, 0), "ERC20: transfer amount exceeds balance")
    return _changed(state, user, lusd), DONE


def withdraw(state: State, at: int, args: Args) -> tuple[State, Receipt]:
    """Withdraw up to all that is left of a deposit, and its gain; 0 takes the gain alone."""
    user, lusd = args["user"], args["lusd"]
    if lusd > 0 and state.order:
        is_safe = state.ratio(state.order[-1]) >= state.parameters.mcr
        require(is_safe, "StabilityPool: Cannot withdraw while there are troves with ICR < MCR")
    deposit = state.deposits.get(user, NO_DEPOSIT)
    require(deposit.initial > 0, "StabilityPool: User must have a non-zero deposit")
    return _changed(state, user, -min(lusd, state.pool.compounded(deposit))), DONE


def offset(pool: Pool, lusd: int, eth: int) -> Pool:
    """Take debt off all deposits and give them collateral; nothing happens without debt or deposits."""
    if not pool.lusd or not lusd:
        return pool
    gain, eth_error = rules.gain_per_unit(eth, pool.lusd, pool.eth_error)
    loss, loss_error = rules.offset_loss(lusd, pool.lusd, pool.loss_error)
    here = (pool.epoch, pool.scale)
    after = replace(
        pool,
        lusd=pool.lusd - lusd,
        eth=pool.eth + eth,
        sums={**pool.sums, here: pool.sum_at(*here) + gain * pool.P},
        eth_error=eth_error,
        loss_error=loss_error,
    )
    if loss == WAD:
        return replace(after, P=WAD, scale=0, epoch=pool.epoch + 1)
    product, scaled = rules.next_product_once(pool.P, loss)
    return replace(after, P=product, scale=pool.scale + scaled)


def _changed(state: State, user: str, lusd: int) -> State:
    # What is left is deposited afresh at today's product and sum, and the gain leaves the pool. Deposits
    # may be owed a few wei more than the pool holds: the last one out is then refused.
    pool, deposit = state.pool, state.deposits.get(user, NO_DEPOSIT)
    left, gain = pool.compounded(deposit) + lusd, pool.gain(deposit)
    require(pool.lusd + lusd >= 0, "ERC20: transfer amount exceeds balance")
    require(gain <= pool.eth, "SafeMath: subtraction overflow")
    after = Deposit(left, pool.P, pool.sum_at(pool.epoch, pool.scale), pool.scale, pool.epoch)
    others = {owner: each for owner, each in state.deposits.items() if owner != user}
    pool = replace(pool, lusd=pool.lusd + lusd, eth=pool.eth - gain)
    return replace(state, pool=pool, deposits={**others, user: after} if left else others).paid(user, -lusd)
