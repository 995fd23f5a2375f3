"""The head of a long queue: who bears an amount first, found without sorting the rest.

Scores are known as floats with a stated error. The place where the queue ends is boxed in by a
sample, only what lies in the box is sorted, and where floats are too near to tell, exact scores decide.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seawall.allocation.proportional import check_split, tie_keys
from seawall.allocation.queue import score_key
from seawall.errors import InputError

__all__ = ["Head", "queue_head"]

Rows = NDArray[np.intp]
Ints = NDArray[np.int64]
Floats = NDArray[np.float64]
SAMPLE, WIDTHS = 1 << 14, (4.0, 16.0)
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

    Returns:
        The rows that pay and their shares; shares + left == total.

    Raises:
        InputError: A number is negative, a score is not finite, caps pass 63 bits, or lengths differ.

    >>> head = queue_head(5, np.array([4, 4, 4]), np.array([1.0, 3.0, 2.0]), ids=["a", "b", "c"])
    >>> head.rows.tolist(), head.shares.tolist()
    ([1, 2], [4, 1])
    """
    _check(total, caps, scores, ids)
    error = relative_error if exact else 0.0
    for low, high in _boxes(total, caps, scores):
        inside = np.flatnonzero(scores >= low)
        found, held = scores[inside], caps[inside]
        above = held[found > high]
        if _sum(above) < total <= _sum(held) or low == -np.inf:
            box = np.flatnonzero(found <= high)
            order = box[np.argsort(-found[box], kind="stable")]
            end = int(np.searchsorted(np.cumsum(held[order]), total - _sum(above)))
            cut = float(found[order[end]]) if end < len(order) else -np.inf
            slack = 2 * error * abs(cut) if end < len(order) else 0.0
            if cut - slack >= low:
                break
    # Rows surely before the end pay whole; those that floats cannot tell from it go by exact score.
    near = np.abs(found - cut) <= slack if np.isfinite(cut) else np.zeros(len(found), dtype=np.bool_)
    shares = np.where((found > cut) & ~near, held, 0)
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
    if len(caps) and caps.min() < 0:
        row = int(np.argmin(caps))
        raise InputError(f"cap {row} is {caps[row]}, expected >= 0", code="negative_amount")
    if not np.isfinite(scores.sum()) and not np.isfinite(scores).all():
        row = int(np.argmin(np.isfinite(scores)))
        raise InputError(f"score {row} is {scores[row]}, expected a finite number", code="not_finite")


def _boxes(total: int, caps: Ints, scores: Floats) -> Iterator[tuple[float, float]]:
    # Guesses of (low, high) around the score at which the queue ends, each wider than the one before,
    # the last without bounds: right whatever the sample says, quick when it is fair.
    step = max(1, len(scores) // SAMPLE)
    sample, held = scores[::step], caps[::step]
    order = np.argsort(-sample, kind="stable")
    ranked = held[order].astype(np.float64)
    mass, spread = np.cumsum(ranked), np.sqrt(np.cumsum(ranked * ranked))
    wanted = total / step
    place = min(int(np.searchsorted(mass, wanted)), len(order) - 1)
    for width in WIDTHS if step > 1 else ():
        first = int(np.searchsorted(mass, wanted - width * spread[place])) - 1
        last = int(np.searchsorted(mass, wanted + width * spread[place])) + 1
        if last < len(order):
            yield float(sample[order[last]]), float(sample[order[first]]) if first >= 0 else np.inf
    yield -np.inf, np.inf


def _exactly(
    near: Rows,
    inside: Rows,
    scores: Floats,
    ids: Sequence[str],
    event: str,
    exact: Callable[[Rows], Sequence[tuple[int, int]]] | None,
) -> list[int]:
    # Places of `inside` in the order of the queue: exact score, then tie.
    rows = inside[near]
    fractions = exact(rows) if exact else [score.as_integer_ratio() for score in scores[rows].tolist()]
    keys = [score_key(*fraction) for fraction in fractions]
    ties = tie_keys(event, (ids[row] for row in rows.tolist()))
    places: list[int] = near.tolist()
    return [places[at] for at in sorted(range(len(places)), key=lambda at: (keys[at], ties[at]))]


def _sum(amounts: Ints) -> int:
    found = (int((amounts >> 32).sum()) << 32) + int((amounts & 0xFFFFFFFF).sum())
    if found >= 1 << 63:
        raise InputError(
            f"caps sum to {found}, expected less than 2^63: count in larger lots", code="amount_range"
        )
    return found
