"""Hand a failing account over whole: its debt with what secures it, to a pool and then to all others.

Nobody buys anything: whoever calls gets a part of the collateral and coins reserved for it, sells that
part, and comes if it pays for the gas. When an account may be seized, and what of it, is the venue's rule;
the names below are bound to a rule set when the engine is built. What a pool takes it takes at once; what
goes to all others waits for the end of the pass (`kernels.redistribute`), as the contract's batches do.

Source: `seawall.liquidation.hand_over`; Liquity v1, TroveManager `batchLiquidateTroves`.
"""

from __future__ import annotations

import math
from typing import Any

from seawall.simulation.kernels.absorb import ALONE, absorb, answers_for, quanta_for
from seawall.simulation.kernels.bear import book_loss, book_rest
from seawall.simulation.kernels.columns import COLLATERAL, DEBT
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.pools import pay_out, payable, write_off
from seawall.simulation.kernels.tally import (
    DEPOSITORS_GAINED,
    HOLDS,
    LIQUIDATIONS,
    NOT_WORTH_IT,
    REPAID,
    SEIZED,
    added,
    down,
    up,
)
from seawall.simulation.kernels.together import count_row, worth_together
from seawall.simulation.kernels.trade import close_for, quoted

may_seize: Any = None  # these five are bound to a rule set
spares_pool: Any = None
seized_value: Any = None
gas_compensation: Any = None
gas_coins: Any = None


def hand_over(codes, prices, markets, desk, pots, thread, code, at, width, tally, step):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Hand an account over, if it may be seized and calling for that pays; return whether it was.

    Args:
        code: Code of every leg; the account has legs [at, at + width).
        desk: Impact of each market and what liquidators have left in this step; changed in place.
    """
    together = thread.together
    q = thread.q
    debt = -1
    collateral = 0.0
    for leg in range(at, at + width):
        if codes.item[code[leg]].kind == COLLATERAL:
            collateral += q[leg] * prices[code[leg]].value
        elif codes.item[code[leg]].kind == DEBT and q[leg] < 0.0:
            debt = leg
    if debt < 0 or together.figure[0].accounts <= 1:
        return False  # the last one that owes: there is nobody to take its debt over
    owed = -q[debt]
    value = owed * prices[code[debt]].value
    all_collateral, all_owed = worth_together(codes, prices, together)
    pool = pool_for(pots, codes.item[code[debt]].asset)
    room = room_of(pots, desk, tally, codes, code[debt], pool)
    if not may_seize(collateral, value, all_collateral, all_owed, owed, room):
        return False
    part = seized_part(collateral, value)
    if desk.purse[0].asks and not pays(
        codes, prices, markets, desk, together, code, q, at, width, debt, part
    ):
        tally.counts[NOT_WORTH_IT] += 1
        return False
    is_spared = spares_pool(collateral, value, all_collateral, all_owed)
    seize_all(codes, prices, markets, desk, together, code, q, at, width, debt, part, tally)
    hand_down(codes, prices, desk, pots, thread, code[debt], owed, pool, is_spared, tally, step)
    return True


@inner
def pool_for(pots, asset):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the first stability pool that meets debts in an asset, -1 without one."""
    for pot in range(pots.layer.size):
        if pots.is_pool[pot] and answers_for(pots, pot, asset):
            return pot
    return -1


@inner
def room_of(pots, desk, tally, codes, debt, pool):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how much debt a stability pool can still offset [quanta of the debt, whole]."""
    if pool < 0:
        return 0.0
    return float(math.floor(tally.held[HOLDS, pool] / desk.pool[codes.item[debt].asset].per_debt))


def seized_part(collateral, owed):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return which part of the collateral is seized, 1 for all; the rest is the owner's."""
    value = seized_value(collateral, owed)
    return value / collateral if value < collateral else 1.0


def pays(codes, prices, markets, desk, together, code, q, at, width, debt, part):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether what the caller gets, sold in its market, is worth the gas of the call."""
    item = codes.item[code[debt]]
    coin = prices[code[debt]].market * item.worth / prices[code[debt]].scale
    brings = gas_coins(item.unit, together.figure[0].coins) * coin
    for leg in range(at, at + width):
        if codes.item[code[leg]].kind == COLLATERAL and q[leg] > 0.0:
            gas = math.floor(gas_compensation(math.floor(part * q[leg])))
            sold = math.floor(gas * payable(codes, desk.pool, code[leg], gas))
            value, _ = quoted(codes, prices, markets, desk, code[leg], sold)
            brings += value
    return brings >= desk.purse[0].gas


def seize_all(codes, prices, markets, desk, together, code, q, at, width, debt, part, tally):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Empty the account; its collateral waits in `together.engine`, and the caller sells its part."""
    count_row(together, codes, code, q, at, width, -1)
    for leg in range(at, at + width):
        here = code[leg]
        if codes.item[here].kind != COLLATERAL or q[leg] <= 0.0:
            continue
        taken = math.floor(part * q[leg])
        gas = math.floor(gas_compensation(taken))
        q[leg] -= taken
        together.engine[here] += taken - gas
        tally.money[SEIZED] = added(tally.money[SEIZED], down(taken * prices[here].value))
        brought = close_for(codes, prices, markets, desk, here, pay_out(codes, desk.pool, here, gas))
        if codes.item[here].driver >= 0:
            driver = codes.item[here].driver
            tally.sold[driver] = added(tally.sold[driver], down(brought))
    together.figure[0].coins -= gas_coins(codes.item[code[debt]].unit, together.figure[0].coins)
    tally.money[REPAID] = added(tally.money[REPAID], down(-q[debt] * prices[code[debt]].value))
    tally.counts[LIQUIDATIONS] += 1
    write_off(codes, desk.pool, code[debt], -q[debt])
    q[debt] = 0.0


@inner
def hand_down(codes, prices, desk, pots, thread, debt, owed, pool, is_spared, tally, step):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Run a debt down the layers, each of which takes what it bears of it with its part of the collateral.

    Args:
        debt, owed: Code of the debt, and how much of it [quanta].
        pool: The stability pool it meets; one that is spared is passed, with the layers above it.
    """
    together = thread.together
    asset = codes.item[debt].asset
    price = prices[debt].value
    rest = owed
    loss = book_loss(tally, asset, owed * price, step)
    uncovered = 0
    for pot in range(pool + 1 if is_spared else 0, pots.layer.size):
        if loss <= 0:
            break
        if not answers_for(pots, pot, asset):
            continue
        if pots.spreads[pot] != ALONE:
            spread_later(codes, desk, together, debt, rest, loss)
            tally.layers[pots.layer[pot]] = added(tally.layers[pots.layer[pot]], loss)
            loss = 0
        elif pots.is_pool[pot]:
            taken = min(rest, room_of(pots, desk, tally, codes, debt, pot))
            left = min(loss, up((rest - taken) * price))
            tally.layers[pots.layer[pot]] = added(tally.layers[pots.layer[pot]], loss - left)
            paid = math.ceil(taken * desk.pool[asset].per_debt)
            tally.held[HOLDS, pot] = max(0.0, tally.held[HOLDS, pot] - paid)
            for code in range(together.engine.size):
                got = math.floor(together.engine[code] * (taken / rest))
                together.engine[code] -= got
                tally.money[DEPOSITORS_GAINED] = added(
                    tally.money[DEPOSITORS_GAINED], down(got * prices[code].value)
                )
            rest -= taken
            loss = left
        else:
            left, beyond = absorb(pots, thread, tally, asset, 0, loss, pot, pot + 1, step)
            uncovered += beyond
            rest = min(rest, quanta_for(left, price)) if left > 0 else 0.0
            loss = left
    together.engine[:] = 0.0  # what nobody took is the venue's
    book_rest(tally, asset, loss + uncovered)


@inner
def spread_later(codes, desk, together, debt, owed, loss):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Note a debt for all others, with the collateral that waits: it never leaves the venue as a whole."""
    asset = codes.item[debt].asset
    together.spread[asset] += math.floor(owed * desk.pool[asset].per_debt)
    together.borne[asset] += loss
    together.held[debt] -= owed
    for code in range(together.engine.size):
        together.given[code] += together.engine[code]
        together.held[code] += together.engine[code]
        together.engine[code] = 0.0


__all__ = ["hand_over"]
