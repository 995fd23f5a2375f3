"""What a path adds up, and the place of each number; `simulation.totals` names the same columns."""

from __future__ import annotations

from typing import NamedTuple

from seawall.simulation.kernels.columns import Floats, Ints

MICRO = 1e6
"""Money is counted in millionths of the base currency."""

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
) = range(9)
"""Columns of counts."""


class Tally(NamedTuple):
    """Running totals of one path, whole numbers.

    Attributes:
        money, counts: By the names above.
        recognised, uncovered: By asset [millionths of the base currency].
        layers: By layer [millionths of the base currency].
        sold: By driver [millionths of the base currency].
        held: What each pot holds, and what it may still give in this step [millionths], (2, n_pots).
    """

    money: Ints
    counts: Ints
    recognised: Ints
    uncovered: Ints
    layers: Ints
    sold: Ints
    held: Floats
