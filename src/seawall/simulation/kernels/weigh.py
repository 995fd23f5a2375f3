"""What each account is charged by, and the most it bears: its cash, its contracts, or its gains on them.

    cash        weight = cap = positive cash
    size        weight = quanta of one contract, value of several; cap = positive cash
    gain        weight = net gain on the contracts of a pool; cap = that, or the equity

Source: `seawall.waterfall.mutualise` and `gains_haircut`, rule by rule.
"""

from __future__ import annotations

import math

from seawall.simulation.kernels.bearers import BY_GAIN, BY_MOVE, BY_SIZE
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.evaluate import TINY, cost_leg_of, equity, is_position
from seawall.simulation.kernels.state import legs_at
from seawall.simulation.kernels.winners import net_cost


@inner
def weigh(pots, cohorts, codes, prices, thread, pot, asset, pool):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill what each row is charged by, and the most it bears; return what all can bear [quanta]."""
    weight, cap = thread.charged.weight, thread.charged.cap
    cash_code, by, group = pots.bearers.cash_code[asset], pots.bearers.by[pot], pots.bearers.group[pot]
    is_one, has_names = name_contracts(pots, codes, thread, asset, pool)
    bearable = outside_of(pots, thread, pot, asset)
    for row in range(weight.size):
        weight[row] = 0.0
        cap[row] = 0.0
        if group >= 0 and not pots.bearers.members[group, row]:
            continue
        if thread.since[row] >= 0 and not pots.bearers.waits[pot]:
            continue  # it may be next: who is taken over in this pass has nothing left
        at, width = legs_at(cohorts, thread.cohort_of[row], row)
        if by >= BY_GAIN:
            price = prices[cash_code].value
            most = gain_of(pots, by, codes, prices, cohorts.code, thread, at, width, asset, pool)
            own = equity(prices, codes, cohorts.code, thread.q, at, width)
            weight[row] = most
            cap[row] = max(0.0, min(most, math.floor(own / price))) if most > 0.0 and price > 0.0 else 0.0
        else:
            most = max(0.0, cash_of(codes, cohorts.code, thread, at, width, cash_code))
            weight[row] = most
            if by == BY_SIZE and most > 0.0:
                weight[row] = size_of(
                    pots, codes, prices, cohorts.code, thread, at, width, asset, pool, is_one, has_names
                )
            cap[row] = most if weight[row] > 0.0 else 0.0
        bearable += cap[row]
    return bearable


@inner
def outside_of(pots, thread, pot, asset):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the cash of accounts outside the storm that a pot charges [quanta]."""
    total = 0.0
    for sort in range(pots.bearers.reaches.shape[1]):
        if pots.bearers.reaches[pot, sort]:
            total += thread.charged.outside[asset, sort]
    return total


@inner
def cash_of(codes, cohort_code, thread, at, width, cash_code):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what an account has in cash of one code, without what its positions cost and owe [quanta]."""
    for leg in range(at, at + width):
        if cohort_code[leg] == cash_code:
            cash = thread.q[leg]
            for other in range(at, at + width):
                if (
                    codes.item[cohort_code[other]].settle == cash_code
                    and cost_leg_of(codes, cohort_code, at, width, other) == leg
                ):
                    cash -= net_cost(thread.winners, thread.q, other)
            return math.floor(cash + 0.5)  # funding due may be parts of a quantum
    return 0.0


@inner
def name_contracts(pots, codes, thread, asset, pool):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return (whether a loss is in one instrument, whether it comes from lots by name).

    Losses without lots are those of all contracts of the pool.
    """
    first = -1
    has_names = False
    for code in range(codes.item.size):
        if thread.charged.is_named[code] and is_of(pots, codes, code, asset, pool):
            has_names = True
    for code in range(codes.item.size):
        if is_of(pots, codes, code, asset, pool) and (
            not has_names or is_named(pots, thread.charged.is_named, code)
        ):
            if first >= 0 and pots.rivals.code[first].other != code:
                return False, has_names
            first = code if first < 0 else first
    return True, has_names


@inner
def is_of(pots, codes, code, asset, pool):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether a code is a position that settles in an asset and belongs to a pool."""
    return (
        is_position(codes.item[code].kind)
        and codes.item[code].asset == asset
        and pots.rivals.code[code].pool == pool
    )


@inner
def gains_in(pots, codes, code, asset, pool):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether gains on a code are cut for a loss: those of its pool, all of its asset without one."""
    if pool != pots.bearers.no_pool:
        return is_of(pots, codes, code, asset, pool)
    return is_position(codes.item[code].kind) and codes.item[code].asset == asset


@inner
def is_named(pots, named, code):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether lots of either side of an instrument are among the losses."""
    other = pots.rivals.code[code].other
    return named[code] or (other >= 0 and named[other])


@inner
def size_of(pots, codes, prices, cohort_code, thread, at, width, asset, pool, is_one, has_names):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the size of an account in the contracts of a loss: quanta of one, value where it is several."""
    size = 0.0
    for leg in range(at, at + width):
        code = cohort_code[leg]
        if is_of(pots, codes, code, asset, pool) and (
            not has_names or is_named(pots, thread.charged.is_named, code)
        ):
            size += abs(thread.q[leg]) * (1.0 if is_one else prices[code].value)
    return size


@inner
def gain_of(pots, by, codes, prices, cohort_code, thread, at, width, asset, pool):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what an account gained on the contracts of a pool, net, less what was cut, down [quanta]."""
    total = 0.0
    cut = 0.0
    for leg in range(at, at + width):
        if gains_in(pots, codes, cohort_code[leg], asset, pool):
            total += won_by(by, codes, prices, cohort_code, thread, leg)
            cut += thread.charged.cut[leg] if by == BY_MOVE else 0.0
    return max(0.0, math.floor(total * (1.0 + TINY)) - cut)


@inner
def won_by(by, codes, prices, cohort_code, thread, leg):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the gain of one position, since entry or the step before [quanta of its settle asset]."""
    code = cohort_code[leg]
    price = prices[codes.item[code].settle].value
    if price <= 0.0:
        return 0.0  # money that is worth nothing counts no gains
    now = prices[code].value / price
    if by == BY_MOVE:
        return thread.q[leg] * (now - thread.charged.before[code])
    return thread.q[leg] * now + net_cost(thread.winners, thread.q, leg)


@inner
def note_marks(codes, prices, thread):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Remember what all contracts are worth, before they move: gains of a step count from here."""
    charged = thread.charged
    if charged.cut.size == 0:
        return
    for leg in range(charged.cut.size):
        charged.cut[leg] = 0.0
    for code in range(codes.item.size):
        settle = codes.item[code].settle
        price = prices[settle].value if settle >= 0 else 0.0
        charged.before[code] = prices[code].value / price if price > 0.0 else 0.0


__all__ = ["gains_in", "note_marks", "outside_of", "weigh", "won_by"]
