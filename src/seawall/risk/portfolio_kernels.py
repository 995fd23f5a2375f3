"""Loops over the positions of portfolios, compiled by numba where it is installed; else in NumPy."""

from __future__ import annotations

import functools
import importlib.util
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from seawall.core.compiled import jit

__all__ = ["compiled", "grid_in_numpy"]

Floats = NDArray[np.float64]
Whole = NDArray[np.int64]


def grid_sums(  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    rows, start, instrument, quantity, gain, cover, group, charge, slack, maintenance, requirement, error
):  # fmt: skip
    """Fill what each portfolio needs, and how far the sums may be off.

    Args:
        rows: Accounts margined as portfolios.
        start, instrument: Position columns (CSR); legs of one instrument stand next to each other.
        quantity: Signed, shape (n_positions,) [quantity units].
        gain: Base currency per quantity unit, by [instrument, scenario]; NaN where a price is missing.
        cover: Part that counts, by scenario.
        group: Number of what offsets, by instrument.
        charge: Base currency per quantity unit, by [instrument, (added, added if net short, floor if so)].
        slack: Part of a quantity unit that the model may be off, by instrument [base currency].
        maintenance: Of the whole, what must be kept.
        requirement, error: Output, shape (n_accounts,), of these rows.
    """
    groups = group.max() + 1
    total = np.zeros((groups, len(cover)))
    extra = np.zeros((groups, 2))
    used = np.zeros(groups, dtype=np.bool_)
    touched = np.zeros(groups, dtype=np.int64)
    for account in rows:
        count = 0
        gross = 0.0
        net = 0.0
        for row in range(start[account], start[account + 1]):
            code = instrument[row]
            place = group[code]
            size = quantity[row]
            if not used[place]:
                used[place] = True
                touched[count] = place
                count += 1
            largest = 0.0
            for number in range(len(cover)):
                part = size * gain[code, number]
                total[place, number] += part
                largest = max(largest, abs(part))
            extra[place, 0] += abs(size) * charge[code, 0]
            gross += largest + abs(size) * (slack[code] + charge[code, 0] + charge[code, 1] + charge[code, 2])
            net += size
            if row + 1 == start[account + 1] or instrument[row + 1] != code:
                short = max(0.0, -net)
                extra[place, 0] += short * charge[code, 1]
                extra[place, 1] += short * charge[code, 2]
                net = 0.0
        needed = 0.0
        for at in range(count):
            place = touched[at]
            worst = 0.0
            for number in range(len(cover)):
                lost = -total[place, number] * cover[number]
                if not lost <= worst:
                    worst = lost
                total[place, number] = 0.0
            least = extra[place, 1]
            # Comparisons that keep a NaN, which `max` may lose: a price is missing.
            needed += ((least if worst < least else worst) + extra[place, 0]) * maintenance
            extra[place, 0] = 0.0
            extra[place, 1] = 0.0
            used[place] = False
        requirement[account] = needed
        error[account] = gross * maintenance


def grid_in_numpy(
    rows: Whole, start: Whole, instrument: Whole, quantity: Floats, gain: Floats, cover: Floats, group: Whole,
    charge: Floats, slack: Floats, maintenance: float, requirement: Floats, error: Floats,
) -> None:  # fmt: skip
    """Fill the same without numba, a scenario at a time; arguments as for `grid_sums`."""
    width, count = int(group.max(initial=0)) + 1, np.diff(start)[rows]
    holder = np.repeat(rows, count)
    take = np.repeat(start[rows] - np.concatenate([[0], np.cumsum(count)[:-1]]), count) + np.arange(
        count.sum()
    )
    code, size = instrument[take], quantity[take]
    key, where = np.unique(holder * width + group[code], return_inverse=True)
    worst, largest = np.zeros(len(key)), np.zeros(len(code))
    for number, part in enumerate(cover.tolist()):
        gained = size * gain[code, number]
        largest = np.maximum(largest, np.abs(gained))
        worst = np.maximum(worst, -part * np.bincount(where, weights=gained, minlength=len(key)))
    items = len(gain)
    pair, of = np.unique(holder * items + code, return_inverse=True)
    short = np.maximum(0.0, -np.bincount(of, weights=size, minlength=len(pair)))
    at = np.searchsorted(key, pair // items * width + group[pair % items])
    added = np.bincount(where, weights=np.abs(size) * charge[code, 0], minlength=len(key))
    added += np.bincount(at, weights=short * charge[pair % items, 1], minlength=len(key))
    floor = np.bincount(at, weights=short * charge[pair % items, 2], minlength=len(key))
    need = (np.maximum(worst, floor) + added) * maintenance
    requirement[rows] = np.bincount(key // width, weights=need, minlength=len(requirement))[rows]
    gross = largest + np.abs(size) * (slack + charge.sum(axis=1))[code]
    error[rows] = np.bincount(holder, weights=gross * maintenance, minlength=len(error))[rows]


@functools.cache
def compiled() -> Callable[..., None]:
    """Return the loop compiled by numba, or the one in NumPy where it is not installed."""
    if importlib.util.find_spec("numba") is None:
        return grid_in_numpy
    return jit(grid_sums, nogil=True)
