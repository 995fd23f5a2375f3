"""First come, first served, in an order that chance decides: averaged over all orders, or drawn.

All chance comes from sha256 of what the caller names (event, seed, ids): the same on any machine,
and untouched by the order of the rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from hashlib import sha256
from math import ceil, factorial, floor
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.core.rounding import mul_div_down, mul_div_up, sqrt_down

__all__ = [
    "ARRIVAL_EXACT_MAX",
    "SampledArrival",
    "orders_drawn",
    "random_arrival",
    "random_order",
    "sampled_arrival",
]

ARRIVAL_EXACT_MAX = 10
ORDERS_MIN, ORDERS_MAX, PLACES_DRAWN = 100, 1000, 20_000_000
NORMAL_95_PPM = 1_959_964  # two-sided 95 % point of the normal law [1e-6]
PPM = 10**6


def random_arrival(endowment: Fraction, claims: Sequence[Fraction]) -> list[Fraction]:
    """Average first come, first served over every order of arrival: the Shapley value.

    A claimant behind a group S gets min(claim, max(0, E - d(S))); s! (n-s-1)! of the n! orders put
    exactly S before it, so groups are summed, not orders: n * 2^(n-1) terms.

    Args:
        endowment: What there is, 0 <= endowment <= sum of the claims [any one unit].
        claims: Shape (n_claimants,) [the same unit]; n <= `ARRIVAL_EXACT_MAX` in reasonable time.

    Returns:
        Awards, shape (n_claimants,) [the same unit]; they sum to `endowment` exactly.

    Source:
        O'Neill (1982), the method of recursive completion.

    >>> [str(share) for share in random_arrival(Fraction(10), [Fraction(4), Fraction(8)])]
    ['3', '7']
    """
    count = len(claims)
    before = [Fraction(0)]  # d(S) by group, a group being the bits of its number
    for claim in claims:
        before += [group + claim for group in before]
    orders = [factorial(size) * factorial(count - size - 1) for size in range(count)]
    awards = []
    for place, claim in enumerate(claims):
        got = sum(
            (
                orders[group.bit_count()] * min(claim, endowment - before[group])
                for group in range(1 << count)
                if not group >> place & 1 and before[group] < endowment
            ),
            Fraction(0),
        )
        awards.append(got * Fraction(1, factorial(count)))
    return awards


@dataclass(frozen=True)
class SampledArrival:
    """Awards averaged over drawn orders of arrival.

    Attributes:
        awards: Exact means over the sample, shape (n_claimants,); they sum to the endowment.
        standard_errors_ppm: Of each mean, rounded up, shape (n_claimants,) [1e-6 units].
        samples: Orders drawn.
        seed: What they were drawn from.
    """

    awards: tuple[Fraction, ...]
    standard_errors_ppm: tuple[int, ...]
    samples: int
    seed: int

    def interval(self) -> tuple[tuple[int, int], ...]:
        """Return 95 % intervals of the awards, rounded outwards, shape (n_claimants, 2) [units]."""
        half = [Fraction(error * NORMAL_95_PPM, PPM * PPM) for error in self.standard_errors_ppm]
        return tuple(
            (max(0, floor(mean - wide)), ceil(mean + wide))
            for mean, wide in zip(self.awards, half, strict=True)
        )


def sampled_arrival(
    endowment: int, claims: Sequence[int], *, ids: Sequence[str], event: str = "", seed: int = 0, samples: int
) -> SampledArrival:
    """Average first come, first served over `samples` drawn orders of arrival.

    Args:
        endowment: What there is, 0 <= endowment <= sum of the claims [units].
        claims: Shape (n_claimants,) [units], >= 0.
        ids: Ids of the claimants, shape (n_claimants,), each once.
        event, seed: What the orders are drawn from.
        samples: How many orders, >= 2.

    An id's key and a draw's salt are sha256 of event, seed and name; splitmix64 of both orders the ids.

    Source:
        Castro, Gomez and Tejada, Polynomial calculation of the Shapley value based on sampling (2009);
        Steele, Lea and Flood, Fast splittable pseudorandom number generators (2014).
    """
    keys = _keys(event, seed, ids)
    rows = np.argsort(keys, kind="stable")  # the order of keys, so that no row decides anything
    keys, held = keys[rows], _column([claims[row] for row in rows.tolist()])
    # Who comes before the endowment is spent gets its claim, and one of each order gets the rest: it is
    # enough to count who was paid whole, and to note the rests.
    whole, rests = np.zeros(len(claims), dtype=np.int64), []
    for salt in _keys(event, seed, [f"draw {number}" for number in range(samples)]).tolist():
        order = np.argsort(_mixed(keys ^ np.uint64(salt)), kind="stable")
        reached = held[order].cumsum()
        end = int(np.searchsorted(reached, endowment, side="right"))
        whole[order[:end]] += 1
        if end < len(order):
            rests.append((int(order[end]), endowment - (int(reached[end - 1]) if end else 0)))
    sums, squares = [0] * len(claims), [0] * len(claims)
    for row, times, claim in zip(rows.tolist(), whole.tolist(), held.tolist(), strict=True):
        sums[row], squares[row] = times * claim, times * claim * claim
    for at, rest in rests:
        sums[rows[at]] += rest
        squares[rows[at]] += rest * rest
    spread = samples * samples * (samples - 1)
    errors = [
        sqrt_down(mul_div_up(samples * square - total * total, PPM * PPM, spread)) + 1
        for total, square in zip(sums, squares, strict=True)
    ]
    return SampledArrival(tuple(Fraction(total, samples) for total in sums), tuple(errors), samples, seed)


def orders_drawn(count: int) -> int:
    """Return how many orders are drawn of so many claimants: a thousand, fewer of many, a hundred at least.

    >>> [orders_drawn(count) for count in (11, 20_000, 100_000, 10**6)]
    [1000, 1000, 200, 100]
    """
    return min(ORDERS_MAX, max(ORDERS_MIN, mul_div_down(PLACES_DRAWN, 1, max(1, count))))


def _keys(event: str, seed: int, names: Sequence[str]) -> NDArray[np.uint64]:
    root = f"{event}\0{seed}\0"
    heads = b"".join(sha256(f"{root}{name}".encode()).digest()[:8] for name in names)
    return np.frombuffer(heads, dtype="<u8").astype(np.uint64)


def _mixed(keys: NDArray[np.uint64]) -> NDArray[np.uint64]:
    # The finaliser of splitmix64: keys that share a salt come out in an order of their own for each salt.
    keys = (keys ^ (keys >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    keys = (keys ^ (keys >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return keys ^ (keys >> np.uint64(31))


def _column(claims: Sequence[int]) -> NDArray[Any]:
    # Python ints where their sum would not fit 63 bits: slower, and as exact.
    fits = sum(claims) < 1 << 63
    return np.array(claims, dtype=np.int64 if fits else object)


def random_order(ids: Sequence[str], event: str, seed: int, draw: int = 0) -> list[int]:
    """Return the places of `ids` in an order drawn from event, seed and number of the draw.

    Each id gets a hash and they are sorted by it: every order is as likely, and an id's place
    among the others does not depend on the row it stands in.

    >>> order = random_order(["a", "b", "c"], "event", 7)
    >>> sorted(order)
    [0, 1, 2]
    """
    root = f"{event}\0{seed}\0{draw}\0"
    keys = [sha256(f"{root}{name}".encode()).digest() for name in ids]
    return sorted(range(len(ids)), key=keys.__getitem__)
