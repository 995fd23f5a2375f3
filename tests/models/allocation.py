"""Slow, obvious twins of the allocation rules: fractions and loops, nothing clever."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import ceil, floor


def pro_rata(total: int, weights: Sequence[int], tie_key: Sequence[bytes]) -> list[int]:
    """Round every share down, then give one unit at a time to the largest remainder."""
    quotas = [Fraction(total * weight, sum(weights)) for weight in weights]
    shares = [floor(quota) for quota in quotas]
    order = sorted(range(len(weights)), key=lambda i: (-(quotas[i] - shares[i]), tie_key[i]))
    for place in order[: total - sum(shares)]:
        shares[place] += 1
    return shares


def capped(total: int, weights: Sequence[int], caps: Sequence[int], tie_key: Sequence[bytes]) -> list[int]:
    """Fix everyone whose proportional share reaches its cap, as often as somebody new does."""
    shares = [0] * len(weights)
    free = [place for place, weight in enumerate(weights) if weight]
    while free:
        whole = sum(weights[place] for place in free)
        full = [place for place in free if Fraction(total * weights[place], whole) >= caps[place]]
        if not full:
            parts = pro_rata(total, [weights[i] for i in free], [tie_key[i] for i in free])
            for place, part in zip(free, parts, strict=True):
                shares[place] = part
            return shares
        for place in full:
            shares[place] = caps[place]
            total -= caps[place]
        free = [place for place in free if place not in full]
    return shares


def queue(total: int, caps: Sequence[int]) -> list[int]:
    """Take one unit at a time from the first who still has room."""
    shares = [0] * len(caps)
    for _ in range(total):
        for place, cap in enumerate(caps):
            if shares[place] < cap:
                shares[place] += 1
                break
    return shares


def per_unit_rate(total: int, quantities: Sequence[int], caps: Sequence[int]) -> Fraction:
    """Return the exact charge per unit at which min(cap, rate * quantity) adds up to the total."""
    corners = sorted(
        {Fraction(0), *(Fraction(cap, size) for cap, size in zip(caps, quantities, strict=True) if size)}
    )

    def raised(rate: Fraction) -> Fraction:
        return sum(
            (min(Fraction(cap), rate * size) for cap, size in zip(caps, quantities, strict=True)), Fraction(0)
        )

    below = max(corner for corner in corners if raised(corner) <= total)
    slope = sum(
        size for cap, size in zip(caps, quantities, strict=True) if size and Fraction(cap, size) > below
    )
    return below + (Fraction(total) - raised(below)) / slope if slope else below


def per_unit(total: int, quantities: Sequence[int], caps: Sequence[int]) -> list[int]:
    """Charge everyone the exact rate, rounded up to a unit, and no more than its cap."""
    rate = per_unit_rate(total, quantities, caps)
    return [min(cap, ceil(rate * size)) for cap, size in zip(caps, quantities, strict=True)]
