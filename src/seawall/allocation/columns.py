"""Allocation over columns, for storms and whole venues: the same shares to the unit, without the loop.

`pro_rata_columns` and `capped_columns` answer what `proportional` answers, ties included. Hashes of ids
are worked out only where a tie is to be broken. Without numba (extra `fast`), or beyond 127 bits, the
plain rules answer.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import overload

import numpy as np
from numpy.typing import NDArray

from seawall.allocation.kernels import BINS, compiled
from seawall.allocation.proportional import allocate_capped, allocate_pro_rata, check_split, tie_keys
from seawall.core.money import Amounts
from seawall.errors import InputError, require

__all__ = ["capped_columns", "pro_rata_columns"]

Rows = NDArray[np.intp]
Words = NDArray[np.uint64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
WIDE_BITS, NARROW_BITS, LIMB_BITS = 127, 63, 64
BIN_BITS = BINS.bit_length() - 1
LIMB_MASK = (1 << LIMB_BITS) - 1
ROUNDS_MAX = 64


@overload
def pro_rata_columns(total: int, weights: Amounts, *, ids: Sequence[str], event: str = "") -> Amounts: ...
@overload
def pro_rata_columns(total: int, weights: Ints, *, ids: Sequence[str], event: str = "") -> Ints: ...
def pro_rata_columns(
    total: int, weights: Amounts | Ints, *, ids: Sequence[str], event: str = ""
) -> Amounts | Ints:
    """Split `total` in proportion to a column of weights, as `allocate_pro_rata` does.

    Args:
        total: Amount to split [minor units], >= 0; below 2^63 where the weights are int64.
        weights: Claim of each receiver, n rows [any one unit], >= 0, not all zero.
        ids: Ids of the receivers, shape (n_receivers,); read only where remainders tie.
        event: Id of the event.

    Returns:
        Shares, n rows of the kind of the weights [minor units]; they sum to `total` exactly.

    Raises:
        InputError: `total` or a weight is negative, no weight is positive, or lengths differ.

    >>> pro_rata_columns(10, np.array([1, 1, 2]), ids=["a", "b", "c"]).tolist()
    [3, 2, 5]
    """
    _check(total, weights, ids, "weight")
    whole = weights.sum() if isinstance(weights, Amounts) else _sum(weights)
    if total and not whole:
        raise InputError(f"cannot split {total} over {len(weights)} receivers: no weight is positive")
    if not total:
        return Amounts.zeros(len(weights)) if isinstance(weights, Amounts) else np.zeros_like(weights)
    if isinstance(weights, Amounts):
        return Amounts(_wide(total, whole, weights, ids, event))
    if total.bit_length() > NARROW_BITS:
        raise InputError(f"shares of {total} do not fit int64: give weights as Amounts", code="amount_range")
    return _narrow(total, whole, weights, ids, event)


def capped_columns(
    total: int, weights: Amounts, caps: Amounts, *, ids: Sequence[str], event: str = ""
) -> Amounts:
    """Split `total` in proportion to a column of weights, none above its cap, as `allocate_capped` does.

    Those whose cap is no more than their part of what is left pay their cap, as often as somebody
    new does; the level only rises, so who is full stays full.

    Args:
        total: Amount to split [minor units], 0 <= total <= sum of the caps of positive weights.
        weights: Claim of each receiver, n rows [any one unit], >= 0.
        caps: Most that each can bear, n rows [minor units], >= 0.
        ids: Ids of the receivers, shape (n_receivers,); read only where remainders tie.
        event: Id of the event.

    Returns:
        Shares, n rows [minor units]; they sum to `total` exactly.

    Raises:
        InputError: A number is negative, the caps cannot bear `total`, or lengths differ.
    """
    _check(total, weights, ids, "weight")
    _check(total, caps, ids, "cap")
    paying = (weights.words[:, 0] | weights.words[:, 1]) != 0
    bearable = caps.take(paying).sum()
    if bearable < total:
        raise InputError(f"caps bear {bearable}, expected at least {total}")
    full = _full(total, weights, caps, paying)
    if full is None:
        keys = tie_keys(event, ids)
        return Amounts.of(allocate_capped(total, weights.ints(), caps.ints(), tie_key=keys))
    shares = np.where(full[:, None], caps.words, np.uint64(0))
    free = np.flatnonzero(~full & paying)
    left = total - caps.take(full).sum()
    if left:
        names = _Picked(ids, free)
        shares[free] = pro_rata_columns(left, weights.take(free), ids=names, event=event).words
    return Amounts(shares)


class _Picked(Sequence[str]):
    """The ids of some rows, looked up when asked for."""

    def __init__(self, ids: Sequence[str], rows: Rows) -> None:
        self._ids, self._rows = ids, rows

    def __len__(self) -> int:
        return len(self._rows)

    def __getitem__(self, place):  # type: ignore[no-untyped-def]  # a place or a slice, as of any sequence
        return self._ids[self._rows[place]]


def _check(total: int, column: Amounts | Ints, ids: Sequence[str], what: str) -> None:
    check_split(total, (), what)
    if len(column) != len(ids):
        raise InputError(f"expected one {what} for each of {len(ids)} ids, got {len(column)}", code="length")
    signed = column.words[:, 1].view(np.int64) if isinstance(column, Amounts) else column
    if len(signed) and signed.min() < 0:
        row = int(np.argmax(signed < 0))
        raise InputError(f"{what} {row} is {column[row]}, expected >= 0", code="negative_amount")


def _sum(weights: Ints) -> int:
    # Halves of 32 bits: neither sum can pass 64 bits.
    if len(weights) and int(weights.max()).bit_length() + len(weights).bit_length() > NARROW_BITS:
        return (int((weights >> 32).sum()) << 32) + int((weights & 0xFFFFFFFF).sum())
    return int(weights.sum())


def _narrow(total: int, whole: int, weights: Ints, ids: Sequence[str], event: str) -> Ints:
    loop = compiled("narrow_shares")
    if loop is None or total > whole or whole.bit_length() > NARROW_BITS:
        return Amounts(_wide(total, whole, Amounts.of_int64(weights), ids, event)).words[:, 0].view(np.int64)
    words = np.ascontiguousarray(weights).view(np.uint64)
    shares, rests = np.empty_like(words), np.empty_like(words)
    counts = np.zeros(BINS, dtype=np.int64)
    shift = max(0, whole.bit_length() - BIN_BITS)
    factor = (total << LIMB_BITS) // whole
    numbers = (np.uint64(item) for item in (total, whole, factor & LIMB_MASK, factor >> LIMB_BITS, shift))
    left = total - int(loop(words, *numbers, shares, rests, counts))
    over, rows = _lucky(left, rests, counts, shift, lambda rows: rests[rows].tolist(), ids, event)
    shares += rests > over
    shares[rows] += np.uint64(1)
    return shares.view(np.int64)


def _wide(total: int, whole: int, weights: Amounts, ids: Sequence[str], event: str) -> Words:
    loop = compiled("wide_shares")
    if loop is None or max(total, whole).bit_length() > WIDE_BITS:
        return Amounts.of(allocate_pro_rata(total, weights.ints(), tie_key=tie_keys(event, ids))).words
    shares, rests = np.empty_like(weights.words), np.empty_like(weights.words)
    keys, counts = np.empty(len(weights), dtype=np.uint64), np.zeros(BINS, dtype=np.int64)
    factor = _limbs((total << 2 * LIMB_BITS) // whole, 4)
    lift = np.uint64(2 * LIMB_BITS - whole.bit_length())
    loop(weights.words, _limbs(total, 2), _limbs(whole, 2), factor, lift, shares, rests, keys, counts)

    def exact(rows: Rows) -> list[int]:
        return [low | high << LIMB_BITS for low, high in rests[rows].tolist()]

    left = total - Amounts(shares.view()).sum()
    over, rows = _lucky(left, keys, counts, LIMB_BITS - BIN_BITS, exact, ids, event)
    more = keys > over
    more[rows] = True
    shares[:, 0] += more
    shares[:, 1] += more & (shares[:, 0] == 0)
    return shares


def _lucky(
    left: int,
    keys: Words,
    counts: NDArray[np.int64],
    shift: int,
    exact: Callable[[Rows], list[int]],
    ids: Sequence[str],
    event: str,
) -> tuple[np.uint64, Rows]:
    # Who gets one of the `left` units: all with a key above the first number, and the rows. The bin at
    # the edge goes in order of key, then exact remainder, then tie.
    require(0 <= left < max(1, len(keys)), f"{left} units are left over {len(keys)} receivers")
    nobody = np.zeros(0, dtype=np.intp)
    if not left:
        return np.uint64(LIMB_MASK), nobody
    from_top = np.cumsum(counts[::-1])
    number = int(np.searchsorted(from_top, left))
    edge = BINS - 1 - number
    over = np.uint64(((edge + 1) << shift) - 1)
    wanted = left - int(from_top[number - 1] if number else 0)
    at_edge = np.flatnonzero((keys >= np.uint64(edge << shift)) & (keys <= over))
    if wanted == len(at_edge):
        return over, at_edge
    found = keys[at_edge]
    cut = np.partition(found, len(found) - wanted)[len(found) - wanted]
    above, band = at_edge[found > cut], at_edge[found == cut]
    wanted -= len(above)
    if wanted < len(band):
        rests = exact(band)
        edge_rest = sorted(rests, reverse=True)[wanted - 1]
        lucky = [place for place, rest in enumerate(rests) if rest > edge_rest]
        tied = [place for place, rest in enumerate(rests) if rest == edge_rest]
        ties = dict(zip(tied, tie_keys(event, (ids[row] for row in band[tied].tolist())), strict=True))
        tied.sort(key=ties.__getitem__)
        band = band[lucky + tied[: wanted - len(lucky)]]
    return over, np.concatenate([above, band])


def _full(total: int, weights: Amounts, caps: Amounts, paying: Flags) -> Flags | None:
    loop = compiled("mark_full")
    weight_left, left = weights.sum(), total
    if loop is None or max(caps.sum(), weight_left).bit_length() > WIDE_BITS:
        return None
    marks = (~paying).astype(np.uint8)
    for _ in range(ROUNDS_MAX):
        before = marks.copy()
        if not loop(weights.words, caps.words, _limbs(left, 2), _limbs(weight_left, 2), marks):
            return marks.astype(bool) & paying
        fresh = marks != before
        left -= caps.take(fresh).sum()
        weight_left -= weights.take(fresh).sum()
    return None


def _limbs(number: int, count: int) -> Words:
    return np.array([number >> LIMB_BITS * at & LIMB_MASK for at in range(count)], dtype=np.uint64)
