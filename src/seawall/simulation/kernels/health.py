"""How healthy accounts are and how large: what people know as health factor and margin ratio."""

from __future__ import annotations

from seawall.simulation.kernels.columns import DEBT
from seawall.simulation.kernels.compiling import kernel
from seawall.simulation.kernels.evaluate import excess, is_position, need_of_position


@kernel
def fill_health(cohorts, codes, prices, q, is_lending, health, size):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill health and size of every row: weighted collateral / debt, or equity / requirement.

    Args:
        health: Shape (N,) [1]; 0 where nothing is owed or required.
        size: What is owed, or the notional of positions, shape (N,) [base currency].
    """
    for cohort in range(cohorts.width.size):
        width = cohorts.width[cohort]
        for row in range(cohorts.first[cohort], cohorts.first[cohort + 1]):
            at = cohorts.leg_first[cohort] + (row - cohorts.first[cohort]) * width
            needed = 0.0
            total = 0.0
            for leg in range(at, at + width):
                code = cohorts.code[leg]
                worth = abs(q[leg] * prices[code].value)
                kind = codes.item[code].kind
                if is_lending and kind == DEBT:
                    needed += worth
                    total += worth
                elif is_position(kind):
                    needed += need_of_position(codes, prices, cohorts.code, q, at, width, leg)
                    total += worth
            size[row] = total
            over = excess(codes, prices, cohorts.code, q, at, width)
            health[row] = (over + needed) / needed if needed > 0.0 else 0.0
