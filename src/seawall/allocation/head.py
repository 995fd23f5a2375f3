"""The head of a long queue: who bears an amount first, found without sorting the rest.

Scores are known as floats with a stated error. The place where the queue ends is boxed in by a
sample, only what lies in the box is sorted, and where floats are too near to tell, exact scores decide.
Long columns are read in two halves at once: NumPy lets go of the interpreter while it reads.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from seawall.allocation.proportional import check_split, tie_keys
from seawall.allocation.queue import score_key
from seawall.errors import InputError

__all__ = ["Head", "queue_head"]

Rows = NDArray[np.intp]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
T = TypeVar("T")
SAMPLE, WIDTH, FEW, LONG = 1 << 14, 3.0, 1 << 16, 1 << 20
FLOAT_ERROR = 2.0**-50


@dataclass(frozen=True, eq=False)
class Head:
    """Who pays, in the order of their rows.

    Attributes:
        rows: Rows of those who bear anything, ascending, shape (n_hit,).
        shares: What each bears, shape (n_hit,) [units].
        left: What all together could not bear [units].
    """

    rows: Rows
    shares: Ints
    left: int


def queue_head(
    total: int,
    caps: Ints,
    scores: Floats,
    *,
    ids: Sequence[str],
    event: str = "",
    exact: Callable[[Rows], Sequence[tuple[int, int]]] | None = None,
    relative_error: float = FLOAT_ERROR,
    is_checked: bool = False,
) -> Head:
    """Let the highest scores bear `total` first, each up to its cap: what rule `queue` says, by rows.

    Args:
        total: Amount to be borne [units], >= 0.
        caps: Most that each can bear, shape (n_accounts,) [units], >= 0; they sum to less than 2^63.
        scores: Score of each as a float, shape (n_accounts,) [1], finite.
        ids: Ids of the accounts, shape (n_accounts,); read only where scores tie.
        event: Id of the event.
        exact: Exact scores (numerator, denominator) of some rows; None where the floats are the scores.
        relative_error: How far a float may be from its exact score, as a part of it.
        is_checked: Whether caps and scores are known to be sound, as in a storm that asks of the same
            columns again and again; else every number is looked at, which takes most of the time.

    Returns:
        The rows that pay and their shares; shares + left == total.

    Raises:
        InputError: A number is negative, a score is not finite, caps pass 63 bits, or lengths differ.

    >>> head = queue_head(5, np.array([4, 4, 4]), np.array([1.0, 3.0, 2.0]), ids=["a", "b", "c"])
    >>> head.rows.tolist(), head.shares.tolist()
    ([1, 2], [4, 1])
    """
    _check(total, caps, scores, ids)
    low, high = (-np.inf if total else np.inf), np.inf
    if total and len(scores) > FEW:
        low, high = _guess(total, caps, scores)
    seen = _read(caps, scores, low, is_checked)
    cut = _end(total, caps, scores, seen, high) if total else np.inf
    slack = 2 * relative_error * abs(cut) if exact and np.isfinite(cut) else 0.0
    if cut - slack < low:
        seen = _read(caps, scores, cut - slack, is_checked)
    inside, found, held = seen.at_least(cut - slack)
    # Rows surely before the end pay whole; those that floats cannot tell from it go by exact score.
    near = np.abs(found - cut) <= slack
    shares = np.where(near, 0, held)
    left = total - _sum(shares)
    for place in _exactly(np.flatnonzero(near), inside, scores, ids, event, exact):
        shares[place] = min(left, int(held[place]))
        left -= int(shares[place])
    hit = np.flatnonzero(shares)
    return Head(inside[hit], shares[hit], left)


def _check(total: int, caps: Ints, scores: Floats, ids: Sequence[str]) -> None:
    check_split(total, (), "cap")
    if not len(caps) == len(scores) == len(ids):
        lengths = f"{len(caps)} caps and {len(scores)} scores"
        raise InputError(
            f"expected one cap and score for each of {len(ids)} ids, got {lengths}", code="length"
        )


@dataclass(frozen=True, eq=False)
class _Seen:
    # All rows of scores >= low, ascending, with score and cap.
    low: float
    rows: Rows
    scores: Floats
    caps: Ints

    def at_least(self, low: float) -> tuple[Rows, Floats, Ints]:
        part = np.flatnonzero(self.scores >= low)
        return self.rows[part], self.scores[part], self.caps[part]


def _read(caps: Ints, scores: Floats, low: float, is_checked: bool) -> _Seen:
    """Return the rows of scores >= low; in the same pass every number is looked at, unless it was before."""

    def part(rows: slice) -> tuple[Rows, Floats, Ints, bool]:
        mine, held = scores[rows], caps[rows]
        is_bad = not is_checked and (held.min(initial=0) < 0 or not _finite(mine))
        places = np.flatnonzero(mine >= low)
        return places + rows.start, mine[places], held[places], is_bad

    parts = _in_halves(len(scores), part)
    if any(is_bad for *_, is_bad in parts):
        _refuse(caps, scores)
    return _Seen(low, *(np.concatenate(column) for column in list(zip(*parts, strict=True))[:3]))


def _finite(numbers: Floats) -> bool:
    # A sum that is finite proves it in one pass; one that is not may only be too large.
    return bool(np.isfinite(numbers.sum()) or np.isfinite(numbers).all())


def _refuse(caps: Ints, scores: Floats) -> None:
    if caps.min() < 0:
        row = int(np.argmin(caps))
        raise InputError(f"cap {row} is {caps[row]}, expected >= 0", code="negative_amount")
    row = int(np.argmin(np.isfinite(scores)))
    raise InputError(f"score {row} is {scores[row]}, expected a finite number", code="not_finite")


def _in_halves(length: int, read: Callable[[slice], T]) -> list[T]:
    if length < LONG:
        return [read(slice(0, length))]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(read, (slice(0, length >> 1), slice(length >> 1, length))))


def _end(total: int, caps: Ints, scores: Floats, seen: _Seen, high: float) -> float:
    # The score at which the queue reaches `total`, minus infinity where it never does. Two scores of a
    # sample part the rows in three; which part holds the end is summed exactly, and only it stays.
    left, found, held, low = total, seen.scores, seen.caps, seen.low
    while True:
        mass = _sum(held)
        if mass < left:
            left -= mass
            below = scores < low
            scores, caps = scores[below], caps[below]
        else:
            above = found > high
            mass = _sum(held[above])
            part = ~above if mass < left else above
            left -= mass if mass < left else 0
            if part.all() and len(found) == len(scores):
                break  # all alike: nothing parts them
            scores, caps = found[part], held[part]
        if len(scores) <= FEW:
            break
        low, high = _guess(left, caps, scores)
        inside = scores >= low
        found, held = scores[inside], caps[inside]
    order = np.argsort(-scores)
    end = int(np.searchsorted(np.cumsum(caps[order]), left))
    return float(scores[order[end]]) if end < len(order) else -np.inf


def _guess(left: int, caps: Ints, scores: Floats) -> tuple[float, float]:
    # Caps have heavy tails: their spread is taken over the whole sample, not over its head.
    step = max(1, len(scores) // SAMPLE)
    sample, held = scores[::step], caps[::step].astype(np.float64)
    order = np.argsort(-sample)
    mass, wanted = np.cumsum(held[order]), left / step
    width = WIDTH * np.sqrt((np.searchsorted(mass, wanted) + 1) * (held * held).mean())
    first = int(np.searchsorted(mass, wanted - width)) - 1
    last = min(int(np.searchsorted(mass, wanted + width)) + 1, len(order) - 1)
    return float(sample[order[last]]), float(sample[order[first]]) if first >= 0 else np.inf


def _exactly(
    near: Rows,
    inside: Rows,
    scores: Floats,
    ids: Sequence[str],
    event: str,
    exact: Callable[[Rows], Sequence[tuple[int, int]]] | None,
) -> list[int]:
    # Places of `inside` in the order of the queue: exact score, then tie.
    places: list[int] = near.tolist()
    if len(places) < 2:
        return places
    rows = inside[near]
    ties = tie_keys(event, (ids[row] for row in rows.tolist()))
    # Floats that are the scores stand here because they are the same: only the tie tells them apart.
    keys = [score_key(*fraction) for fraction in exact(rows)] if exact else [0] * len(places)
    return [places[at] for at in sorted(range(len(places)), key=lambda at: (keys[at], ties[at]))]


def _sum(amounts: Ints) -> int:
    found = (int((amounts >> 32).sum()) << 32) + int((amounts & 0xFFFFFFFF).sum())
    if found >= 1 << 63:
        raise InputError(
            f"caps sum to {found}, expected less than 2^63: count in larger lots", code="amount_range"
        )
    return found
