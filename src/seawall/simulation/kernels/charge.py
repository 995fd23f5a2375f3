"""Charge accounts for losses: what a layer takes from users comes back to their health.

A pass hands its losses down until they come to a layer that charges accounts; there they wait until all of
the pass have come, as in the pipeline. What the accounts then hold bounds what the layer can give. All bear
at one rate,

    charge = min(cap, rate * weight)        charges sum to what the layer takes

rounded to whole quanta along a running total, so that they sum to it; by size each is rounded up, and what
that collects beyond the loss is dust. Then every row has changed, and the index is built anew
(`note_rewrite`).

Weights and caps are those of `kernels.weigh`.
"""

from __future__ import annotations

import math

from seawall.simulation.kernels.absorb import absorb, answers_for, price_of_pot, quanta_for, worth_at
from seawall.simulation.kernels.bear import book_rest
from seawall.simulation.kernels.bearers import BY_GAIN, BY_MOVE, BY_SIZE
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.evaluate import cost_leg_of
from seawall.simulation.kernels.rivals import PASS
from seawall.simulation.kernels.state import legs_at, note_rewrite
from seawall.simulation.kernels.tally import MAY_GIVE, added
from seawall.simulation.kernels.weigh import gains_in, outside_of, weigh, won_by

_NOISE = 1e-15  # what two roundings add to a whole number


@inner
def start_charges(pots, thread):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Forget the charges of the last path."""
    thread.charged.waiting[:] = 0
    thread.charged.is_named[:] = False
    for asset in range(pots.bearers.outside.shape[0]):
        for sort in range(pots.bearers.outside.shape[1]):
            thread.charged.outside[asset, sort] = pots.bearers.outside[asset, sort]


@inner
def charge_waiting(pots, cohorts, codes, prices, thread, tally, step):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Run what waits down the layers, and forget whose contracts it came from."""
    if has_any(thread.charged.waiting):
        run_waiting(pots, cohorts, codes, prices, thread, tally, step)
    thread.charged.is_named[:] = False


@inner
def has_any(waiting):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether any loss waits."""
    assets, pools = waiting.shape
    for asset in range(assets):
        for pool in range(pools):
            if waiting[asset, pool] > 0:
                return True
    return False


@inner
def run_waiting(pots, cohorts, codes, prices, thread, tally, step):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Run what waits down the layers, from the first that charges accounts, one layer after the other."""
    waiting = thread.charged.waiting
    assets, pools = waiting.shape
    is_charged = False
    for pot in range(pots.layer.size):
        for asset in range(assets):
            if not answers_for(pots, pot, asset) or pot < first_waiting(pots, asset):
                continue
            for pool in range(pools):
                rest = waiting[asset, pool]
                if rest <= 0:
                    continue
                if pots.bearers.waits[pot]:
                    taken = charge(pots, cohorts, codes, prices, thread, tally, pot, asset, pool, rest)
                    waiting[asset, pool] = rest - taken
                    is_charged = is_charged or taken > 0
                else:
                    rest, uncovered = absorb(pots, thread, tally, asset, pool, rest, pot, pot + 1, step)
                    waiting[asset, pool] = rest
                    book_rest(tally, asset, uncovered)
    for asset in range(assets):
        for pool in range(pools):
            book_rest(tally, asset, waiting[asset, pool])
            waiting[asset, pool] = 0
    if is_charged:
        note_rewrite(thread)


@inner
def first_waiting(pots, asset):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the pot at which losses in an asset wait for accounts to be charged; beyond all without one."""
    for pot in range(pots.layer.size):
        if pots.bearers.waits[pot] and answers_for(pots, pot, asset):
            return pot
    return pots.layer.size


@inner
def charge(pots, cohorts, codes, prices, thread, tally, pot, asset, pool, loss):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Take a loss from the accounts that a pot charges, as far as they can bear it; return what they bear.

    Args:
        asset, pool: What the loss is in, and the pool whose contracts it comes from.
        loss: Millionths of the base currency, a whole number; so is what is returned.
    """
    able, bearable = bearable_of(pots, cohorts, codes, prices, thread, tally, pot, asset, pool, loss)
    return charge_weighed(pots, cohorts, codes, prices, thread, tally, pot, asset, pool, able, bearable)


@inner
def bearable_of(pots, cohorts, codes, prices, thread, tally, pot, asset, pool, loss):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Weigh all accounts; return how much of a loss they can bear now [millionths], and of any [quanta]."""
    if not pots.bearers.covers[pot, pool]:
        return 0, 0.0
    bearable = weigh(pots, cohorts, codes, prices, thread, pot, asset, pool)
    worth = worth_at(bearable, price_of_pot(pots, thread.seen, pot))
    return max(0, min(int(loss), int(min(worth, tally.held[MAY_GIVE, pot])))), bearable


@inner
def charge_weighed(pots, cohorts, codes, prices, thread, tally, pot, asset, pool, taken, bearable):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Take so much from the accounts that `bearable_of` has weighed, at most what it returned; return it."""
    if taken <= 0:
        return 0
    wanted = min(bearable, quanta_for(taken, price_of_pot(pots, thread.seen, pot)))
    rate = rate_of(thread, outside_of(pots, thread, pot, asset), wanted)
    if pots.bearers.by[pot] == BY_SIZE:
        each_up(thread, rate)
    else:
        along_a_total(pots, thread, pot, asset, rate, wanted)
    take(pots, cohorts, codes, prices, thread, pot, asset, pool)
    tally.held[MAY_GIVE, pot] -= taken
    layer = pots.layer[pot]
    tally.layers[layer] = added(tally.layers[layer], taken)
    return taken


@inner
def charge_at_once(pots, cohorts, codes, prices, thread, tally, pot, asset, pool, taken, bearable):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Take a part of one default from those weighed, before any is closed for it; return it.

    Queues are ranked anew.
    """
    taken = charge_weighed(pots, cohorts, codes, prices, thread, tally, pot, asset, pool, taken, bearable)
    if taken > 0:
        note_rewrite(thread)
        thread.winners.counters[PASS] += 1
    return taken


@inner
def rate_of(thread, outside, wanted):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the rate at which caps and weights bear so much: who is at its cap leaves the rest to others."""
    weight, cap = thread.charged.weight, thread.charged.cap
    rate = 0.0
    at_cap = -1
    while True:
        free = outside
        left = wanted
        count = 0
        for row in range(weight.size):
            if weight[row] > 0.0 and cap[row] < rate * weight[row]:
                left -= cap[row]
                count += 1
            else:
                free += weight[row]
        if count == at_cap or free <= 0.0:
            return rate
        at_cap = count
        rate = max(rate, left / free)


@inner
def each_up(thread, rate):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Turn caps into charges: each rounded up, which is at most its cap."""
    weight, cap = thread.charged.weight, thread.charged.cap
    for row in range(weight.size):
        cap[row] = min(cap[row], math.ceil(rate * weight[row] * (1.0 - _NOISE)))


@inner
def along_a_total(pots, thread, pot, asset, rate, wanted):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Turn caps into charges that sum to what is wanted: each within a quantum of what is due.

    Accounts outside the storm come last; what sums of floats have lost is taken from the first who can.
    """
    weight, cap = thread.charged.weight, thread.charged.cap
    due = 0.0
    paid = 0.0
    for row in range(weight.size):
        due += min(cap[row], rate * weight[row])
        part = max(0.0, min(cap[row], min(wanted, math.floor(due + 0.5)) - paid))
        paid += part
        weight[row] = cap[row] - part  # what it could still bear
        cap[row] = part
    for sort in range(pots.bearers.reaches.shape[1]):
        if pots.bearers.reaches[pot, sort]:
            has = thread.charged.outside[asset, sort]
            due += rate * has
            part = max(0.0, min(has, min(wanted, math.floor(due + 0.5)) - paid))
            thread.charged.outside[asset, sort] -= part
            paid += part
    for row in range(weight.size):
        if paid >= wanted:
            break
        part = min(weight[row], wanted - paid)
        cap[row] += part
        paid += part


@inner
def take(pots, cohorts, codes, prices, thread, pot, asset, pool):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Take the charges, which stand where the caps did: out of cash, or out of what winners cost."""
    cap, cash_code = thread.charged.cap, pots.bearers.cash_code[asset]
    for row in range(cap.size):
        if cap[row] <= 0.0:
            continue
        at, width = legs_at(cohorts, thread.cohort_of[row], row)
        by = pots.bearers.by[pot]
        if by >= BY_GAIN:
            cut_gains(pots, by, codes, prices, cohorts.code, thread, at, width, asset, pool, cap[row])
            continue
        for leg in range(at, at + width):
            if cohorts.code[leg] == cash_code:
                thread.q[leg] -= cap[row]


@inner
def cut_gains(pots, by, codes, prices, cohort_code, thread, at, width, asset, pool, cut):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Take a cut out of the cost of the positions that won, in proportion, rounded along a running total."""
    whole = 0.0
    for leg in range(at, at + width):
        if gains_in(pots, codes, cohort_code[leg], asset, pool):
            whole += max(0.0, won_by(by, codes, prices, cohort_code, thread, leg))
    due = 0.0
    paid = 0.0
    for leg in range(at, at + width):
        if gains_in(pots, codes, cohort_code[leg], asset, pool):
            won = max(0.0, won_by(by, codes, prices, cohort_code, thread, leg))
            due += won
            part = math.floor(cut * (due / whole) + 0.5) - paid
            own = cost_leg_of(codes, cohort_code, at, width, leg)
            thread.winners.cost[leg] -= part
            if by == BY_MOVE:
                thread.charged.cut[leg] += part
            thread.q[own] -= part
            paid += part


__all__ = ["bearable_of", "charge_at_once", "charge_waiting", "first_waiting", "rate_of", "start_charges"]
