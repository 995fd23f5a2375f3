"""What the kernels read and write: named tuples of arrays, one meaning each.

`q` is the only copy of the book that a thread changes: signed integer quanta in float64, + owned or
long, - owed or short. Everything else about a leg follows from its code.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

COLLATERAL, DEBT, CASH, LONG, SHORT, HOLD, WHOLE = range(7)
"""Kinds of legs: collateral and debt of a lending account, cash of a margin account (of either sign),
its positions, what its open orders hold back (a requirement, no debt), and the mark of an account that is
margined as a whole: a last leg of nothing."""

QUANTA_MAX = 2.0**50
"""Most quanta of one thing in a book: sums of them stay exact in float64."""


class Cohorts(NamedTuple):
    """Accounts with the same legs, side by side; K cohorts, N rows (cohort-major, by rising key).

    Attributes:
        first: First row of each cohort, shape (K + 1,).
        leg_first: First leg of each cohort, shape (K + 1,); row r has legs leg_first + (r - first) * width.
        width: Legs of each account of a cohort, shape (K,).
        code: Code of every leg, shape (n_legs,).
        collateral_set, debt_set: Which codes may count for and against it, shape (K,).
        is_plain: Whether all legs are collateral or debt, shape (K,).
        key: ln(for / against) of each row at the start, a lower bound, shape (N,).
        rank: Place of the account's id among all ids, shape (N,): the last word in every tie.
    """

    first: Ints
    leg_first: Ints
    width: Ints
    code: NDArray[np.int32]
    collateral_set: NDArray[np.int32]
    debt_set: NDArray[np.int32]
    is_plain: NDArray[np.bool_]
    key: Floats
    rank: NDArray[np.int32]


class CodeSets(NamedTuple):
    """Sets of codes as columns: set j holds member[0:width, j], the last one repeated.

    Attributes:
        member: Shape (widest, n_sets), sets by falling width.
        reach: Sets that have a member in each row, shape (widest,).
    """

    member: NDArray[np.int32]
    reach: Ints


CODE = np.dtype(
    [
        ("kind", np.int32),
        ("asset", np.int32),
        ("driver", np.int32),
        ("driver_too", np.int32),
        ("index", np.int32),
        ("settle", np.int32),
        ("first_line", np.int32),
        ("last_line", np.int32),
        ("group", np.int32),
        ("option", np.int32),
        ("power", np.float64),
        ("power_too", np.float64),
        ("worth", np.float64),
        ("weight", np.float64),
        ("unit", np.float64),
        ("threshold_bps", np.float64),
        ("factor", np.float64),
        ("fee_bps", np.float64),
        ("gap", np.float64),
    ],
    align=True,
)
"""What a leg is, by code.

kind: one of the kinds above. asset: the asset it is in, or settles in. driver, driver_too: markets
whose prices move it, -1 for none; power, power_too: of these prices in its worth. index: row of the
index its quantity is scaled by (asset for supply, n_assets + asset for debt), -1 for none. settle: of a
position, the code of cash in its settle asset, else -1. first_line, last_line: lines of its margin
curve. group: of a position, what it offsets in a portfolio, else -1; positions of one group stand together.
option: row of an option in `Grid.option`, else -1; its price is no power of any market's. worth: base
currency per quantum at the start. weight: part of it that counts for the trigger. unit: quanta in a whole
unit at the start. threshold_bps, factor, fee_bps: as collateral, its threshold, bonus factor and fee on the
bonus. gap: ln(market price / price the venue looks at) at the start.
"""


class Codes(NamedTuple):
    """All codes of a book.

    Attributes:
        item: Shape (n_codes,) of `CODE`.
        line: Lines of all margin curves, rate and cum: requirement = max(rate * notional - cum), in base
            currency at the start, where `cum` moves with the settle asset. Shape (n_lines, 2).
        table: What the scenarios of a grid do to a quantum of each code at the prices of now, by
            `kernels.portfolio`, shape (n_codes, n_scenarios + 3, 3); a thread writes its own. Empty where no
            account is margined as a portfolio.
    """

    item: np.recarray[Any, Any]
    line: Floats
    table: Floats


NO_TABLE = np.zeros((0, 0, 0))
"""Where no account is margined as a portfolio."""


PRICE = np.dtype(
    [(name, np.float64) for name in ("value", "trigger", "market", "move", "settle", "scale")], align=True
)
"""What a quantum of a code is worth now [base currency].

value: at the price the venue looks at, for equity. trigger: the same, weighted, for the trigger.
market: at the market's price, for what a sale brings. move: ln(value now / value at the start).
settle: of a position, price of its settle asset relative to the start, else 1. scale: at the prices of
the start, with the indexes of now.
"""
