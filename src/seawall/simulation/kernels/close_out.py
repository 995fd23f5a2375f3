"""Take over a failing margin account and close what it holds in the market.

Orders go first: what they held back is free again. If the account still fails, every position is
closed at the volume-weighted price its own size gets; what is left of the account's equity is a
surplus for the fund, what is missing is a loss.
"""

from __future__ import annotations

import math

from seawall.simulation.kernels.columns import CASH, HOLD, LONG, SHORT
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.evaluate import counted, excess
from seawall.simulation.kernels.tally import LIQUIDATIONS, MICRO, SEIZED
from seawall.simulation.kernels.trade import close_for


@inner
def close_out(codes, prices, markets, desk, cohort_code, q, at, width, tally, defaults, surplus):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Cancel orders, then close everything if that was not enough.

    Args:
        defaults: Loss by settle asset [base currency], changed in place.
        surplus: Surplus by settle code [quanta], changed in place.
    """
    for leg in range(at, at + width):
        if codes.item[cohort_code[leg]].kind == HOLD:
            q[leg] = 0.0
    if excess(codes, prices, cohort_code, q, at, width) >= 0.0:
        return
    left = 0.0
    main = -1
    largest = -1.0
    for leg in range(at, at + width):
        code = cohort_code[leg]
        kind = codes.item[code].kind
        if kind == CASH:
            is_sold = not is_settled_in(codes, cohort_code, at, width, codes.item[code].asset)
            left += counted(codes, prices, code, q[leg]) if is_sold else q[leg] * prices[code].value
        elif kind in (LONG, SHORT):
            size = abs(q[leg] * prices[code].value)
            if size > largest:
                largest = size
                main = codes.item[code].settle
            brought = close_for(codes, prices, markets, desk, code, q[leg])
            left += brought
            if codes.item[code].driver >= 0:
                tally.sold[codes.item[code].driver] += math.floor(abs(brought) * MICRO)
            tally.money[SEIZED] += math.floor(size * MICRO)
        q[leg] = 0.0
    tally.counts[LIQUIDATIONS] += 1
    if main < 0:
        main = cohort_code[at]
    if left >= 0.0:
        if prices[main].value > 0.0:
            surplus[main] += math.floor(left / prices[main].value)
    else:
        defaults[codes.item[main].asset] -= left


@inner
def is_settled_in(codes, cohort_code, at, width, asset):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether cash in an asset pays losses as it is: a position settles in it, or there is none.

    Other collateral is sold, at its haircut; see `seawall.liquidation.takeover`.
    """
    has_position = False
    for leg in range(at, at + width):
        one = codes.item[cohort_code[leg]]
        if one.kind in (LONG, SHORT):
            if one.asset == asset:
                return True
            has_position = True
    return not has_position
