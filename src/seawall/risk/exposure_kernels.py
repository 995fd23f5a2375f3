"""Sums of sensitivities by account and underlying, compiled by numba where it is installed; else in NumPy."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from seawall.core.compiled import jit

__all__ = ["compiled", "exposures_in_numpy"]

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


def exposure_sums(start, instrument, quantity, per_unit, follows, account, code, sums):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Add up what positions are exposed to, and return how many rows that gave.

    Args:
        start, instrument, quantity: Position columns (CSR), the quantity signed [quantity units].
        per_unit: Notional, delta, gamma and vega of one quantity unit, by instrument [base currency].
        follows: Number of the underlying, by instrument.
        account, code: Output, account and underlying of each row, in that order; room for n_positions.
        sums: Output, shape (n_positions, 4), all zero before.
    """
    width = follows.max() + 1 if len(follows) else 0
    place = np.full(width, -1, dtype=np.int64)
    touched = np.zeros(width, dtype=np.int64)
    last = 0
    for holder in range(len(start) - 1):
        count = 0
        for row in range(start[holder], start[holder + 1]):
            under = follows[instrument[row]]
            if place[under] < 0:
                place[under] = 0
                touched[count] = under
                count += 1
        found = np.sort(touched[:count])
        for number in range(count):
            place[found[number]] = last + number
            account[last + number] = holder
            code[last + number] = found[number]
        for row in range(start[holder], start[holder + 1]):
            item = instrument[row]
            at = place[follows[item]]
            sums[at, 0] += abs(quantity[row]) * per_unit[item, 0]
            for column in range(1, 4):
                sums[at, column] += quantity[row] * per_unit[item, column]
        for number in range(count):
            place[found[number]] = -1
        last += count
    return last


def exposures_in_numpy(
    start: Whole, instrument: Whole, quantity: Floats, per_unit: Floats, follows: Whole,
    account: Whole, code: Whole, sums: Floats,
) -> int:  # fmt: skip
    """Do the same without numba, a column at a time."""
    if not len(instrument):
        return 0
    width = int(follows.max()) + 1
    holder = np.repeat(np.arange(len(start) - 1), np.diff(start))
    key, where = np.unique(holder * width + follows[instrument], return_inverse=True)
    account[: len(key)], code[: len(key)] = key // width, key % width
    for column in range(4):
        size = np.abs(quantity) if column == 0 else quantity
        values = size * per_unit[instrument, column]
        sums[: len(key), column] = np.bincount(where, weights=values, minlength=len(key))
    return len(key)


@functools.cache
def compiled() -> Callable[..., int]:
    """Return the loop compiled by numba, or the one in NumPy where it is not installed."""
    if importlib.util.find_spec("numba") is None:
        return exposures_in_numpy
    return jit(exposure_sums, nogil=True)
