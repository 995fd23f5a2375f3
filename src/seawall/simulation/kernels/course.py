"""The course of a path: where funds and losses stand at moments spread over it."""

from __future__ import annotations

from seawall.simulation.kernels.absorb import worth_of_funds
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.tally import FIRST_EMPTY_STEP, FUND_LOW, RECOGNISED, REPAID, SEIZED

FUND, RECOGNISED_SO_FAR, REPAID_SO_FAR, SEIZED_SO_FAR = range(4)
"""Columns of a course; `simulation.totals` names the same."""


@inner
def note_course(pots, thread, tally, course, step, n_steps):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Note the funds at the end of a step, and all of the path so far where it ends a moment.

    Args:
        course: Shape (n_moments, 4), n_moments at most n_steps; a moment ends with the last step of its part.
    """
    fund = int(worth_of_funds(pots, thread.seen, tally.held))
    if fund == 0 and tally.money[FUND_LOW] > 0:
        tally.counts[FIRST_EMPTY_STEP] = step
    tally.money[FUND_LOW] = min(tally.money[FUND_LOW], fund)
    moments = course.shape[0]
    moment = step * moments // n_steps
    if (step + 1) * moments // n_steps > moment:
        course[moment, FUND] = fund
        course[moment, RECOGNISED_SO_FAR] = tally.money[RECOGNISED]
        course[moment, REPAID_SO_FAR] = tally.money[REPAID]
        course[moment, SEIZED_SO_FAR] = tally.money[SEIZED]
