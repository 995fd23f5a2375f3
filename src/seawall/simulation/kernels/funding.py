"""Funding: at each step longs pay shorts, or shorts longs, out of the cash their positions settle in.

What is paid is rounded up to whole quanta and what is received down, so that nobody gets what nobody
paid. Every account with such a position changes, so no threshold of the index would hold: storms with
funding look at all accounts.
"""

from __future__ import annotations

import math

import numpy as np

from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.evaluate import cost_leg_of, is_position
from seawall.simulation.kernels.state import YEAR_S, legs_at, note_change
from seawall.simulation.kernels.tally import FUNDING_PAID, FUNDING_RECEIVED, added, down

FUNDING = np.dtype(
    [
        ("follows", np.bool_),
        *((name, np.float64) for name in ("pays", "rate", "most", "interval_s", "now")),
    ],
    align=True,
)
"""Funding of one code.

pays: 1 for who pays a rate above zero, -1 for who gets it, 0 for a code without funding. follows: whether
it follows the premium: `rate`, `most` are then of `interval_s`, else the rate is per year. now: part of a
position's value in this step.
"""


@inner
def settle_funding(cohorts, codes, prices, desk, thread, tally, step_s):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Move a step's funding between the cash of all accounts."""
    for code in range(codes.item.size):
        desk.funding[code].now = desk.funding[code].pays * rate_of(codes, desk, code, step_s)
    for cohort in range(cohorts.width.size):
        at, width = legs_at(cohorts, cohort, cohorts.first[cohort])
        has_any = False
        for leg in range(at, at + width):
            has_any = has_any or desk.funding[cohorts.code[leg]].now != 0.0
        if not has_any:
            continue
        for row in range(cohorts.first[cohort], cohorts.first[cohort + 1]):
            if not thread.is_closed[row]:
                at, width = legs_at(cohorts, cohort, row)
                if settle_account(codes, prices, desk, cohorts.code, thread.q, at, width, tally):
                    note_change(thread, row)


@inner
def rate_of(codes, desk, code, step_s):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what longs of a code pay in a step, as a part of their value [1]."""
    item = desk.funding[code]
    if not item.follows:
        return item.rate * step_s / YEAR_S
    driver = codes.item[code].driver
    premium = math.exp(-desk.market[driver].x) - 1.0 if driver >= 0 else 0.0
    return min(max(item.rate + premium, -item.most), item.most) * step_s / item.interval_s


@inner
def settle_account(codes, prices, desk, code, q, at, width, tally):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Move the funding of one account; return whether there was any."""
    is_changed = False
    for leg in range(at, at + width):
        part = desk.funding[code[leg]].now
        if part == 0.0 or q[leg] == 0.0 or not is_position(codes.item[code[leg]].kind):
            continue
        cash = cost_leg_of(codes, code, at, width, leg)
        if cash < 0 or prices[code[cash]].value <= 0.0:
            continue
        due = math.ceil(part * abs(q[leg] * prices[code[leg]].value) / prices[code[cash]].value)
        q[cash] -= due
        worth = due * prices[code[cash]].value
        if due > 0:
            tally.money[FUNDING_PAID] = added(tally.money[FUNDING_PAID], down(worth))
        else:
            tally.money[FUNDING_RECEIVED] = added(tally.money[FUNDING_RECEIVED], down(-worth))
        is_changed = is_changed or due != 0
    return is_changed
