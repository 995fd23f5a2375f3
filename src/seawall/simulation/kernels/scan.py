"""Detection by looking at every account, cohort by cohort: the measure of all faster ways.

Within a cohort all legs have the same codes, so two to five coefficients serve all its accounts and
the inner loop streams quantities alone.
"""

from __future__ import annotations

from seawall.simulation.kernels.columns import COLLATERAL, DEBT
from seawall.simulation.kernels.compiling import kernel
from seawall.simulation.kernels.evaluate import excess


@kernel
def detect_by_scan(cohorts, codes, prices, q, is_closed, found):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Fill `found` with the rows whose margin equity is below their requirement; return how many.

    Args:
        is_closed: Rows that can no longer fail, shape (N,).
        found: Output, shape (N,).
    """
    count = 0
    for cohort in range(cohorts.width.size):  # one function: a call for each cohort costs more than its rows
        first = cohorts.first[cohort]
        rows = cohorts.first[cohort + 1] - first
        at = cohorts.leg_first[cohort]
        width = cohorts.width[cohort]
        is_plain = 2 <= width <= 5
        for leg in range(at, at + width):
            kind = codes.item[cohorts.code[leg]].kind
            is_plain = is_plain and (kind in (COLLATERAL, DEBT))
        if is_plain:
            a = prices[cohorts.code[at]].trigger
            b = prices[cohorts.code[at + 1]].trigger
            c = prices[cohorts.code[at + 2]].trigger if width > 2 else 0.0
            d = prices[cohorts.code[at + 3]].trigger if width > 3 else 0.0
            e = prices[cohorts.code[at + 4]].trigger if width > 4 else 0.0
            if width == 2:
                for row in range(rows):
                    leg = at + 2 * row
                    if 0.0 + q[leg] * a + q[leg + 1] * b < 0.0:
                        found[count] = first + row
                        count += 1
            elif width == 3:
                for row in range(rows):
                    leg = at + 3 * row
                    if 0.0 + q[leg] * a + q[leg + 1] * b + q[leg + 2] * c < 0.0:
                        found[count] = first + row
                        count += 1
            elif width == 4:
                for row in range(rows):
                    leg = at + 4 * row
                    if 0.0 + q[leg] * a + q[leg + 1] * b + q[leg + 2] * c + q[leg + 3] * d < 0.0:
                        found[count] = first + row
                        count += 1
            else:
                for row in range(rows):
                    leg = at + 5 * row
                    total = 0.0 + q[leg] * a + q[leg + 1] * b + q[leg + 2] * c + q[leg + 3] * d
                    if total + q[leg + 4] * e < 0.0:
                        found[count] = first + row
                        count += 1
        else:
            for row in range(rows):
                leg = at + width * row
                if not is_closed[first + row] and excess(codes, prices, cohorts.code, q, leg, width) < 0.0:
                    found[count] = first + row
                    count += 1
    return count
