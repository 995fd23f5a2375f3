"""What a path adds up, and the place of each number; `simulation.totals` names the same columns."""

from __future__ import annotations

import math
from typing import NamedTuple

from seawall.simulation.kernels.columns import Floats, Ints
from seawall.simulation.kernels.compiling import inner

MICRO = 1e6
"""Money is counted in millionths of the base currency."""

MOST = 2**62 - 1
"""What an amount comes to at most [millionths], four million million, and where it then stays: two such
still fit an int64, so nothing wraps, and a path that reaches it is refused (`PathTotals.refuse_full`)."""

(
    MARK_GAP_ORACLE,
    MARK_GAP_MARKET,
    LIQUIDATION_GAP_ORACLE,
    LIQUIDATION_GAP_MARKET,
    RECOGNISED,
    UNCOVERED,
    REPAID,
    SEIZED,
    FEE_INFLOW,
    SURPLUS_INFLOW,
    FUND_LOW,
    WITHDRAWN,
    EXIT_BLOCKED,
    EXIT_LOSS_SHIFTED,
    TOPPED_UP,
    PAID_BACK,
    DELEVERED,
    FUNDING_PAID,
    FUNDING_RECEIVED,
    DEPOSITORS_GAINED,
    BORROWERS_GAINED,
) = range(21)
"""Columns of money."""

(
    LIQUIDATIONS,
    ACCOUNTS_LIQUIDATED,
    NOT_WORTH_IT,
    FAILING_AT_END,
    FIRST_LOSS_STEP,
    FIRST_DELEVERAGE_STEP,
    FIRST_EMPTY_STEP,
    LONGEST_EXIT_STEPS,
    BORROWER_ACTS,
    CALLS_SHORT_OF_CASH,
    EXITS_SHORT_OF_CASH,
) = range(11)
"""Columns of counts."""

HOLDS, MAY_GIVE = range(2)
"""Rows of what is known of pots."""


class Tally(NamedTuple):
    """Running totals of one path, whole numbers.

    Attributes:
        money, counts: By the names above.
        recognised, uncovered: By asset [millionths of the base currency].
        layers: By layer [millionths of the base currency].
        sold: By driver [millionths of the base currency].
        held: What each pot holds [quanta], and what it may still give in this step [millionths], (2, n_pots);
            rows by the names above.
    """

    money: Ints
    counts: Ints
    recognised: Ints
    uncovered: Ints
    layers: Ints
    sold: Ints
    held: Floats


@inner
def down(value):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return a value [base currency] in whole millionths, rounded down, within MOST; no number is MOST."""
    scaled = value * MICRO
    if not scaled < MOST:
        return MOST
    return math.floor(scaled) if scaled > -MOST else -MOST


@inner
def up(value):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return a value [base currency] in whole millionths, rounded up; see `down`."""
    scaled = value * MICRO
    if not scaled < MOST:
        return MOST
    return math.ceil(scaled) if scaled > -MOST else -MOST


@inner
def added(total, amount):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return the sum of two amounts within MOST [millionths]: as much as that, once it is reached."""
    return max(-MOST, min(MOST, total + amount))
