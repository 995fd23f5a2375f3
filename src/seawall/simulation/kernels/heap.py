"""Heaps of rows by threshold, one segment of two long arrays for each cohort."""

from __future__ import annotations

from seawall.simulation.kernels.compiling import inner


@inner
def push(threshold, row, at, count, value, item):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Put an item into the heap of `count` items that starts at `at`; the smallest threshold is on top."""
    place = count
    while place > 0:
        above = (place - 1) >> 1
        if threshold[at + above] <= value:
            break
        threshold[at + place] = threshold[at + above]
        row[at + place] = row[at + above]
        place = above
    threshold[at + place] = value
    row[at + place] = item


@inner
def pop(threshold, row, at, count):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Take the top off the heap of `count` items that starts at `at`; read it before."""
    value = threshold[at + count - 1]
    item = row[at + count - 1]
    count -= 1
    place = 0
    while True:
        below = 2 * place + 1
        if below >= count:
            break
        if below + 1 < count and threshold[at + below + 1] < threshold[at + below]:
            below += 1
        if threshold[at + below] >= value:
            break
        threshold[at + place] = threshold[at + below]
        row[at + place] = row[at + below]
        place = below
    if count > 0:
        threshold[at + place] = value
        row[at + place] = item
