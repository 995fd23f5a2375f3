"""Accounts that others changed: their place in the index is out of date, so they are looked at in every pass.

Winners that were closed in part have another quantity than the index knows. Searching a heap for them would
cost more than looking at them; what the index still holds of them is taken for a second finding.
"""

from __future__ import annotations

import numpy as np

from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.evaluate import excess
from seawall.simulation.kernels.index import EVALUATIONS
from seawall.simulation.kernels.rivals import WATCHED
from seawall.simulation.kernels.state import legs_at


@inner
def start_watching(rivals, cohorts, thread):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Put what positions cost back to the start, and watch nobody; before the rows are restored."""
    winners = thread.winners
    if winners.cost.size == 0:
        return
    for which in range(thread.changes[0]):
        row = np.int64(thread.changed[which])
        at, width = legs_at(cohorts, thread.cohort_of[row], row)
        for leg in range(at, at + width):
            winners.cost[leg] = rivals.cost[leg]
    for which in range(winners.counters[WATCHED]):
        winners.is_watched[winners.watched[which]] = False
    winners.counters[WATCHED] = 0


@inner
def found_once(thread, kept, count):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Drop rows found again that are in the queue already; return how many it holds.

    Args:
        kept: Rows that were in the queue before this pass; those behind them were found now.
    """
    left = kept
    for which in range(kept, count):
        row = thread.queue[which]
        if thread.since[row] < 0:
            thread.queue[left] = row
            left += 1
    return left


@inner
def look_at_watched(cohorts, codes, prices, thread, index, count):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Append the watched rows that fail now and are not in the queue; return how many it holds."""
    winners = thread.winners
    for which in range(winners.counters[WATCHED]):
        row = np.int64(winners.watched[which])
        if thread.since[row] >= 0 or thread.is_closed[row]:
            continue
        at, width = legs_at(cohorts, thread.cohort_of[row], row)
        index.counters[EVALUATIONS] += 1
        if excess(codes, prices, cohorts.code, thread.q, at, width) < 0.0:
            thread.queue[count] = row
            count += 1
    return count
