"""Whether anybody margined as a portfolio is looked at in a pass: only then is the grid worked out.

To say what options are worth in every scenario takes longer than all else of a calm pass.
"""

from __future__ import annotations

import numpy as np

from seawall.simulation.kernels.columns import WHOLE
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.index import REWRITES, follow_moves
from seawall.simulation.kernels.state import BY_SCAN


@inner
def asks_for_grid(cohorts, codes, prices, for_sets, against_sets, thread, index, detector, count):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether the look that follows may reach a portfolio; `grid.move_options` comes before.

    Args:
        count: Rows in the queue, which are looked at again whoever they are.
    """
    if codes.table.size == 0:
        return False
    if (
        detector == BY_SCAN
        or count > 0
        or thread.n_loose[0] > 0
        or index.turn[REWRITES] != thread.rewrites[0]
    ):
        return True
    follow_moves(codes, prices, for_sets, against_sets, index, np.bool_(False))
    for cohort in range(cohorts.width.size):
        if codes.item[cohorts.code[cohorts.leg_first[cohort] + cohorts.width[cohort] - 1]].kind == WHOLE:
            positive, negative = cohorts.collateral_set[cohort], cohorts.debt_set[cohort]
            for reference in range(2):
                parted = index.high_against[reference, negative] - index.low_for[reference, positive]
                if parted > index.following[reference, cohort]:
                    return True
    return False


__all__ = ["asks_for_grid"]
