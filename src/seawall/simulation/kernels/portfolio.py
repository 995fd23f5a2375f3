"""What an account margined as a portfolio needs, and how far prices may part before it can fail.

What scenarios do is worked out once per code, in `Codes.table`, by `kernels.grid`; here it is added up per
account. Legs of one group stand together, long and short of one instrument side by side, the mark of such an
account last.

Source: `seawall.risk.portfolio`, rule by rule, without its roundings.
"""

from __future__ import annotations

import math

from seawall.simulation.kernels.columns import CASH, HOLD, SHORT, WHOLE
from seawall.simulation.kernels.compiling import inner

STILL, CHARGES, BOUNDS = -3, -2, -1
"""Rows of the table after the scenarios: nothing moves, what is added, and what bounds take off."""

GAIN, LOW, HIGH = range(3)
"""Columns of scenarios: what a quantum gains, as far as it counts; least and most that its worth and that
gain together rise by, per part by which its price does."""

ADDED, ADDED_SHORT, FLOOR_SHORT = range(3)
"""Columns of charges: added for each quantum, added for one that is net short, and least for such."""

DRIFT, ADDED_MOST, SIZE = range(3)
"""Columns of bounds: most that time takes from a quantum until the end, most it is charged at any index, and
how large it is."""

APART_MAX = math.log(2.0)
"""How far prices may part at most: bounds hold as long as none has doubled."""

NOISE = 1e-12
"""Part of the size of all positions that rounding may take off."""


@inner
def is_whole(codes, code, at, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether an account is margined as a portfolio."""
    return width > 0 and codes.item[code[at + width - 1]].kind == WHOLE


@inner
def end_of_group(codes, code, leg, end):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the leg after the last that offsets a leg, among those before `end`."""
    group = codes.item[code[leg]].group
    while leg < end and codes.item[code[leg]].group == group:
        leg += 1
    return leg


@inner
def charges_of(codes, code, q, begin, end):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return (what is added, least that short options need) of some legs of one group [base currency]."""
    added = 0.0
    floor = 0.0
    for leg in range(begin, end):
        here = code[leg]
        added += abs(q[leg]) * codes.table[here, CHARGES, ADDED]
        if codes.item[here].option >= 0 and codes.item[here].kind == SHORT:
            net = q[leg]
            if leg > begin and codes.item[code[leg - 1]].option == codes.item[here].option:
                net += q[leg - 1]
            short = max(0.0, -net)
            added += short * codes.table[here, CHARGES, ADDED_SHORT]
            floor += short * codes.table[here, CHARGES, FLOOR_SHORT]
    return added, floor


@inner
def need_of(codes, code, q, begin, end):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what some legs of one group need together [base currency]."""
    worst = 0.0
    for scenario in range(codes.table.shape[1] + STILL):
        gained = 0.0
        for leg in range(begin, end):
            gained += q[leg] * codes.table[code[leg], scenario, GAIN]
        worst = max(worst, -gained)
    added, floor = charges_of(codes, code, q, begin, end)
    return max(worst, floor) + added


@inner
def portfolio_need(codes, code, q, at, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what an account margined as a portfolio must keep [base currency]."""
    needed = 0.0
    leg = at
    while leg < at + width:
        end = end_of_group(codes, code, leg, at + width)
        if codes.item[code[leg]].group >= 0:
            needed += need_of(codes, code, q, leg, end)
        leg = end
    return needed


@inner
def share_of(codes, code, q, at, width, position):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return a position's share of the need of its group, by what each would need alone [base currency]."""
    begin = position
    while begin > at and codes.item[code[begin - 1]].group == codes.item[code[position]].group:
        begin -= 1
    end = end_of_group(codes, code, begin, at + width)
    alone = 0.0
    for leg in range(begin, end):
        alone += need_of(codes, code, q, leg, leg + 1)
    if alone <= 0.0:
        return 0.0
    own = need_of(codes, code, q, position, position + 1)
    return need_of(codes, code, q, begin, end) * (own / alone)


@inner
def slope_of(codes, prices, code, q, begin, end, reference):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how fast the worst that a group can lose grows as prices part [base currency].

    In every scenario its worth and what it gains move by between `LOW` and `HIGH` times the part by which the
    price moves, which add up over its legs. What does not settle in the reference moves by all it is worth.
    """
    steepest = 0.0
    for scenario in range(codes.table.shape[1] + STILL + 1):
        low = 0.0
        high = 0.0
        foreign = 0.0
        for leg in range(begin, end):
            here = code[leg]
            one, other = q[leg] * codes.table[here, scenario, LOW], q[leg] * codes.table[here, scenario, HIGH]
            low += min(one, other)
            high += max(one, other)
            if codes.item[here].asset != reference:
                worth = q[leg] * (prices[here].value + codes.table[here, scenario, GAIN])
                foreign += abs(worth) + max(abs(one), abs(other))
                foreign += abs(q[leg]) * codes.table[here, BOUNDS, DRIFT]
        steepest = max(steepest, max(-low, high) + foreign)
    return steepest


@inner
def portfolio_distance(codes, prices, code, q, at, width, spare):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how far prices may part before a portfolio can fail, a lower bound, as `evaluate.distance`.

    All codes of the account are in both sets, so each price moves by less than d against cash in the asset
    its first position settles in, which stands for the unit. With m = e^d - 1 the excess falls by no more
    than m times the slopes below, and by what time takes at the prices of now: it stays above zero while
    m < (excess - time) / slopes.

    Args:
        spare: Its margin equity less what it must keep, at least 0 [base currency].
    """
    reference = reference_of(codes, code, at, width)
    slope = 0.0
    size = 0.0
    leg = at
    while leg < at + width:
        here = code[leg]
        kind = codes.item[here].kind
        end = end_of_group(codes, code, leg, at + width)
        if codes.item[here].group < 0:
            end = leg + 1
            if CASH <= kind <= HOLD:  # positions have a group
                worth = abs(q[leg] * prices[here].value)
                size += worth
                if codes.item[here].asset != reference:
                    slope += worth
        else:
            slope += slope_of(codes, prices, code, q, leg, end, reference)
            added, floor = charges_of(codes, code, q, leg, end)
            slope += added + floor
            for position in range(leg, end):
                now = code[position]
                held = abs(q[position])
                spare -= held * codes.table[now, BOUNDS, DRIFT]
                most = codes.table[now, BOUNDS, ADDED_MOST]
                charged = codes.table[now, CHARGES, ADDED]
                spare -= held * (most - charged)
                slope += held * (most - charged)
                size += held * codes.table[now, BOUNDS, SIZE]
        leg = end
    spare -= NOISE * size
    slope += NOISE * size
    if spare <= 0.0:
        return 0.0
    return min(APART_MAX, math.log1p(spare / slope) if slope > 0.0 else APART_MAX)


@inner
def reference_of(codes, code, at, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the asset that the first position settles in, of an account without any its first."""
    for leg in range(at, at + width):
        if codes.item[code[leg]].group >= 0:
            return codes.item[code[leg]].asset
    return codes.item[code[at]].asset


__all__ = ["is_whole", "portfolio_distance", "portfolio_need", "share_of"]
