"""Reduce a failing but solvent margin account in the market until it meets its target, before any takeover.

The position with the largest requirement goes first, by as many lots as make up the shortage at what a
lot brings now; what cannot help (closing costs more than it frees) is left for the takeover. A sale that
moves the price helps less than a lot promised, so the account is asked again, as often as the venue does.

Source: `seawall.liquidation.reduce`; its slippage is here what the market takes off a lot.
"""

from __future__ import annotations

import math
from typing import Any

from seawall.core.units import PPM, WAD
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.evaluate import TINY, equity, marginal_rate, requirement, stand_of
from seawall.simulation.kernels.tally import LIQUIDATIONS, SEIZED, added, down
from seawall.simulation.kernels.trade import close_for, quoted

settle: Any = None  # these two are bound to a rule set
lots_to_restore: Any = None


def reduce_account(rivals, venue, codes, prices, markets, desk, cohort_code, thread, at, width, tally):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Close lots until the account meets the venue's target, or none helps."""
    target = venue.target_health / WAD
    q = thread.q
    has_closed = False
    for _ in range(venue.rounds_max):
        _, margin, required = stand_of(codes, prices, cohort_code, q, at, width)
        shortage = required * target - margin
        if shortage <= 0.0 or equity(prices, codes, cohort_code, q, at, width) <= 0.0:
            break
        tried = 0
        size = 0.0
        leg = -1
        while size <= 0.0:
            leg = most_required(codes, prices, cohort_code, q, at, width, tried)
            if leg < 0:
                break
            tried |= 1 << (leg - at)
            lot = rivals.code[cohort_code[leg]].lot
            size = helpful(codes, prices, markets, desk, cohort_code[leg], q[leg], lot, shortage, target)
        if leg < 0:
            break
        code = cohort_code[leg]
        signed = size if q[leg] > 0.0 else -size
        tally.money[SEIZED] = added(tally.money[SEIZED], down(abs(signed * prices[code].value)))
        brought = close_for(codes, prices, markets, desk, code, signed)
        if codes.item[code].driver >= 0:
            driver = codes.item[code].driver
            tally.sold[driver] = added(tally.sold[driver], down(abs(brought)))
        settle(codes, prices, cohort_code, thread, at, width, leg, -signed, -brought / size)
        has_closed = True
    if has_closed:
        tally.counts[LIQUIDATIONS] += 1


def helpful(codes, prices, markets, desk, code, held, lot, shortage, target):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how much of a position makes up a shortage, in whole lots, at most all; 0 where none helps."""
    if codes.item[code].power < 0.0:
        return 0.0  # the rule is one of linear contracts
    worth = abs(held * prices[code].value)
    unit = min(lot, abs(held))
    one = unit if held > 0.0 else -unit
    brought, _ = quoted(codes, prices, markets, desk, code, one)
    mark = one * prices[code].value
    cost = (mark - brought) / abs(mark) if mark != 0.0 else 0.0
    rate = marginal_rate(codes, prices, code, worth) * target
    found, size = lots_to_restore(shortage, prices[code].value, 1.0, rate * PPM, cost * PPM)
    if not found:
        return 0.0
    return min(abs(held), math.ceil(size / lot * (1.0 - TINY)) * lot)


@inner
def most_required(codes, prices, cohort_code, q, at, width, tried):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the leg of the position that requires most and was not tried, -1 for none."""
    best = -1
    most = 0.0
    for leg in range(at, at + width):
        code = cohort_code[leg]
        if codes.item[code].settle < 0 or q[leg] == 0.0 or (tried >> (leg - at)) & 1:
            continue
        needed = requirement(codes, prices, code, abs(q[leg] * prices[code].value))
        if best < 0 or needed > most:
            most = needed
            best = leg
    return best


__all__ = ["reduce_account"]
