"""Accounts of any kind, scenario by scenario: what the lanes of `revalue` do not take."""

from __future__ import annotations

import numpy as np

from seawall.simulation.kernels.columns import LONG, SHORT
from seawall.simulation.kernels.compiling import inner, making
from seawall.simulation.kernels.evaluate import BOX, NEVER, equity, excess, is_position, reprice
from seawall.simulation.kernels.index import MARGIN, extremes
from seawall.simulation.kernels.revalue_sums import INSOLVENT, LIQUIDATABLE, LIQUIDATION_GAP, MARK_GAP
from seawall.simulation.kernels.revalue_tiles import below

LOOKED_AT, SUMMED = range(2)
"""Work done: pairs of account and scenario looked at, and summed in float64."""


@inner
def left_behind(codes, prices, shares, code, q, at, width):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return what a liquidation to exhaustion leaves of an account [base currency]; negative is a gap."""
    total = 0.0
    for leg in range(at, at + width):
        kind = codes.item[code[leg]].kind
        if is_position(kind):
            worth = q[leg] * prices[code[leg]].value
            total += worth - abs(worth) * shares.slippage[code[leg]]
        elif kind < LONG:
            total += q[leg] * (prices[code[leg]].value / shares.bonus[code[leg]])
    return total


@making
def revalue_rest(cohorts, chosen, codes, at_market, q, moves, scratch, sets, shares, prune, totals, work):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Add cohorts of any kind, scenario by scenario.

    Args:
        chosen: Numbers of the cohorts.
        scratch: Indexes as they stand, and room for prices.
        sets: Codes that may count for and against.
    """
    index, prices = scratch
    for_sets, against_sets = sets
    low_for, high_for = np.empty(for_sets.member.shape[1]), np.empty(for_sets.member.shape[1])
    low_against, high_against = np.empty(against_sets.member.shape[1]), np.empty(against_sets.member.shape[1])
    for scenario in range(moves.shape[0]):
        reprice(codes, moves[scenario], moves[scenario], index, at_market, prices)
        leave_the_box(codes, prices)
        extremes(prices.move, for_sets, low_for, high_for)
        extremes(prices.move, against_sets, low_against, high_against)
        total = totals[:, scenario]
        for cohort in chosen:
            reach = high_against[cohorts.debt_set[cohort]] - low_for[cohorts.collateral_set[cohort]] + MARGIN
            at, end = cohorts.first[cohort], cohorts.first[cohort + 1]
            rows = below(cohorts.key, at, end, reach) if prune else end - at
            work[LOOKED_AT] += rows
            add_rows(cohorts, codes, prices, shares, q, cohort, rows, total, work)


@inner
def leave_the_box(codes, prices):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Send the move of a short whose bound no longer holds to the sky, so that nothing is passed over."""
    boxed = np.log(BOX)
    for code in range(codes.item.size):
        if (
            codes.item[code].kind == SHORT
            and prices[code].move - prices[codes.item[code].settle].move > boxed
        ):
            prices[code].move = NEVER


@inner
def add_rows(cohorts, codes, prices, shares, q, cohort, rows, total, work):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Add the first `rows` accounts of a cohort under one scenario to `total`, shape (4,)."""
    width = cohorts.width[cohort]
    leg = cohorts.leg_first[cohort]
    for _ in range(rows):
        if excess(codes, prices, cohorts.code, q, leg, width) < 0.0:
            total[LIQUIDATABLE] += 1
            work[SUMMED] += 1
            left = left_behind(codes, prices, shares, cohorts.code, q, leg, width)
            if left < 0.0:
                total[LIQUIDATION_GAP] += np.int64(np.ceil(left * -1e6))
        worth = equity(prices, codes, cohorts.code, q, leg, width)
        if worth < 0.0:
            total[INSOLVENT] += 1
            total[MARK_GAP] += np.int64(np.ceil(worth * -1e6))
        leg += width
