"""The order in which failing accounts are served: first detected, then least spare, then id."""

from __future__ import annotations

from seawall.simulation.kernels.compiling import inner

MOVES = 4
"""Most moves a row, on average, that inserting may take."""


@inner
def comes_before(one, other, since, spare, rank):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Return whether one row is served before another."""
    if since[one] != since[other]:
        return since[one] < since[other]
    if spare[one] != spare[other]:
        return spare[one] < spare[other]
    return rank[one] < rank[other]


@inner
def sort_queue(queue, count, since, spare, rank):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Put the first `count` rows of a queue in the order of service, in place.

    Who waited stands nearly in order, so each is inserted; past `MOVES` a row a heap sorts them all.
    """
    moves = MOVES * count
    for which in range(1, count):
        row = queue[which]
        place = which
        while place > 0 and comes_before(row, queue[place - 1], since, spare, rank):
            queue[place] = queue[place - 1]
            place -= 1
        queue[place] = row
        moves -= which - place
        if moves < 0:
            sort_by_heap(queue, count, since, spare, rank)
            return


@inner
def sort_by_heap(queue, count, since, spare, rank):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Put the first `count` rows of a queue in the order of service, whatever order they stand in."""
    for start in range(count // 2 - 1, -1, -1):
        sift(queue, start, count, since, spare, rank)
    for end in range(count - 1, 0, -1):
        last = queue[end]
        queue[end] = queue[0]
        queue[0] = last
        sift(queue, 0, end, since, spare, rank)


@inner
def sift(queue, start, count, since, spare, rank):  # type: ignore[no-untyped-def]  # compiled: numba infers the types
    """Move the row at `start` down until no row below it is served later than it."""
    item = queue[start]
    place = start
    while True:
        below = 2 * place + 1
        if below >= count:
            break
        if below + 1 < count and comes_before(queue[below], queue[below + 1], since, spare, rank):
            below += 1
        if not comes_before(item, queue[below], since, spare, rank):
            break
        queue[place] = queue[below]
        place = below
    queue[place] = item
