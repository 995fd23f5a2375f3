"""What the kernels read and write: named tuples of arrays, one meaning each.

`q` is the only copy of the book that a thread changes: signed integer quanta in float64, + owned or
long, - owed or short. Everything else about a leg follows from its code.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COLLATERAL, DEBT, CASH, LONG, SHORT, HOLD = range(6)
"""Kinds of legs: collateral and debt of a lending account, cash of a margin account (of either sign),
its positions, and what its open orders hold back (a requirement, no debt)."""


class Cohorts(NamedTuple):
    """Accounts with the same legs, side by side; K cohorts, N rows (cohort-major, by rising key).

    Attributes:
        first: First row of each cohort, shape (K + 1,).
        leg_first: First leg of each cohort, shape (K + 1,); row r has legs leg_first + (r - first) * width.
        width: Legs of each account of a cohort, shape (K,).
        code: Code of every leg, shape (n_legs,).
        collateral_set, debt_set: Which codes may count for and against it, shape (K,).
        key: ln(for / against) of each row at the start, a lower bound, shape (N,).
        rank: Place of the account's id among all ids, shape (N,): the last word in every tie.
    """

    first: Ints
    leg_first: Ints
    width: Ints
    code: NDArray[np.int32]
    collateral_set: NDArray[np.int32]
    debt_set: NDArray[np.int32]
    key: Floats
    rank: NDArray[np.int32]


class CodeSets(NamedTuple):
    """Sets of codes as columns: set j holds member[0:width, j], the last one repeated.

    Attributes:
        member: Shape (widest, n_sets), sets by falling width.
        count: Sets that have a member in each row, shape (widest,).
    """

    member: NDArray[np.int32]
    count: Ints


class Codes(NamedTuple):
    """What a leg is, by code; shape (n_codes,) each.

    Attributes:
        kind: One of the kinds above.
        asset: Asset it is in, or settles in.
        driver: Markets whose prices move it, -1 for none, shape (n_codes, 2).
        power: Power of each of the two prices in its worth, shape (n_codes, 2).
        index: Row of the index its quantity is scaled by (asset for supply, n_assets + asset for debt),
            -1 for none.
        worth: Base currency per quantum at the start, indexes apart.
        weight: Part of its worth that counts for the trigger.
        unit: Quanta in a whole unit.
        threshold_bps, factor, fee_bps: As collateral: threshold, bonus factor, fee on the bonus.
        settle: Of a position, the code of cash in its settle asset; -1 for other kinds.
        curve: First and last line of its margin curve, shape (n_codes, 2).
        rate, cum: Lines of all curves: requirement = max(rate * notional - cum), in base currency at
            the start: `cum` moves with the settle asset.
    """

    kind: NDArray[np.int8]
    asset: NDArray[np.int32]
    driver: NDArray[np.int32]
    power: Floats
    index: NDArray[np.int32]
    worth: Floats
    weight: Floats
    unit: Floats
    threshold_bps: Floats
    factor: Floats
    fee_bps: Floats
    settle: NDArray[np.int32]
    curve: NDArray[np.int32]
    rate: Floats
    cum: Floats


class Prices(NamedTuple):
    """What a quantum of each code is worth now; shape (n_codes,) each.

    Attributes:
        value: At the price the venue looks at, for equity.
        trigger: The same, weighted, for the trigger.
        market: At the market's price, for what a sale brings.
        move: ln(value now / value at the start), 0 for a code without a price.
        settle: Of a position, price of its settle asset relative to the start; 1 for other kinds.
        scale: At the prices of the start, with the indexes of now.
        seen, traded: Log moves of the drivers that `value` and `market` stand for, shape (n_drivers,).
    """

    value: Floats
    trigger: Floats
    market: Floats
    move: Floats
    settle: Floats
    scale: Floats
    seen: Floats
    traded: Floats
