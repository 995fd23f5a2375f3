"""On which side of its trigger an account stands, and how far prices may part before it can leave it."""

from __future__ import annotations

import numpy as np

from seawall.simulation.kernels.columns import SHORT
from seawall.simulation.kernels.compiling import inner
from seawall.simulation.kernels.evaluate import (
    BOX,
    NEVER,
    counted,
    distance,
    excess,
    far_apart,
    is_position,
    requirement,
    sum_plain,
)


@inner
def judge(codes, prices, code, q, at, width, is_plain):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether an account fails, and how far prices may part before that changes."""
    if is_plain:
        total, positive, negative = sum_plain(prices, code, q, at, width)
        if total < 0.0:
            return True, far_apart(negative, positive)
        return False, far_apart(positive, negative)
    if excess(codes, prices, code, q, at, width) < 0.0:
        return True, stays_failing(codes, prices, code, q, at, width)
    return False, stays_safe(codes, prices, code, q, at, width)


@inner
def stays_safe(codes, prices, code, q, at, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return `distance`, with a short no further than the box around the prices of now.

    `codes` has these prices for a start (`renew_prices`). Settle cash stands behind a short, so a threshold
    of ln(`BOX`) is passed before the box is left.
    """
    far = distance(codes, prices, code, q, at, width)
    for leg in range(at, at + width):
        if codes.item[code[leg]].kind == SHORT:
            far = min(far, np.log(BOX))
    return far


@inner
def stays_failing(codes, prices, code, q, at, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return how far prices may part before a failing account can be safe, a lower bound as in `distance`.

    A margin curve is convex and lies above the line that binds now, rate r and cum c: a long of
    notional n counts for with n (1 - r) and, like cash, c; a short counts against with n (1 + r) and for
    with c. F is then no less, and A no more, than what counts at any other prices, each leg moved.
    """
    positive = 0.0
    negative = 0.0
    for leg in range(at, at + width):
        here = code[leg]
        kind = codes.item[here].kind
        worth = counted(codes, prices, here, q[leg])
        if is_position(kind):
            notional = abs(worth)
            needed = requirement(codes, prices, here, abs(q[leg] * prices[here].value))
            rate = 0.0
            for line in range(codes.item[here].first_line, codes.item[here].last_line):
                cum = codes.line[line, 1] * prices[here].settle
                if codes.line[line, 0] * notional - cum >= needed:
                    rate = codes.line[line, 0]
            rest = max(0.0, rate * notional - needed)
            positive += rest
            if kind == SHORT:
                negative += notional * (1.0 + rate)
            elif rate < 1.0:
                positive += notional * (1.0 - rate)
            else:
                return -NEVER
        elif worth > 0.0:
            positive += worth
        else:
            negative -= worth
    return far_apart(negative, positive)
