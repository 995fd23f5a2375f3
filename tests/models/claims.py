"""Slow, obvious twins of the claims rules: each as its definition reads, on exact fractions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from itertools import permutations

Number = Fraction | int
HALF = Fraction(1, 2)


def proportional(endowment: Number, claims: Sequence[Number]) -> list[Fraction]:
    """Everybody gets the same part of the claim."""
    whole = sum(claims)
    return [Fraction(endowment * claim) / whole if whole else Fraction(0) for claim in claims]


def equal_awards(endowment: Number, claims: Sequence[Number]) -> list[Fraction]:
    """Everybody gets the same, or the claim where that is less."""
    level = left = Fraction(endowment)
    for place, claim in enumerate(sorted(claims)):
        level = left / (len(claims) - place)
        if claim > level:
            break
        left -= claim
        level = Fraction(claim)
    return [min(Fraction(claim), level) for claim in claims]


def equal_losses(endowment: Number, claims: Sequence[Number]) -> list[Fraction]:
    """Everybody loses the same, or the claim where that is less."""
    losses = equal_awards(sum(claims) - Fraction(endowment), claims)
    return [claim - loss for claim, loss in zip(claims, losses, strict=True)]


def _by_halves(
    first: Callable[[Number, Sequence[Number]], list[Fraction]],
    second: Callable[[Number, Sequence[Number]], list[Fraction]],
) -> Callable[[Number, Sequence[Number]], list[Fraction]]:
    def rule(endowment: Number, claims: Sequence[Number]) -> list[Fraction]:
        halves = [HALF * claim for claim in claims]
        if endowment <= sum(halves):
            return first(endowment, halves)
        late = second(Fraction(endowment) - sum(halves), halves)
        return [half + more for half, more in zip(halves, late, strict=True)]

    return rule


def average(endowment: Number, claims: Sequence[Number]) -> list[Fraction]:
    """The mean of equal awards and equal losses."""
    pairs = zip(equal_awards(endowment, claims), equal_losses(endowment, claims), strict=True)
    return [HALF * (one + other) for one, other in pairs]


def random_arrival(endowment: Number, claims: Sequence[Number]) -> list[Fraction]:
    """First come, first served, averaged over every order."""
    awards, orders = [Fraction(0)] * len(claims), list(permutations(range(len(claims))))
    for order in orders:
        left = Fraction(endowment)
        for place in order:
            got = min(left, Fraction(claims[place]))
            awards[place] += got
            left -= got
    return [award / len(orders) for award in awards]


def adjusted_proportional(endowment: Number, claims: Sequence[Number]) -> list[Fraction]:
    """What the others leave undisputed to each, then in proportion to what remains claimed."""
    whole = sum(claims)
    conceded = [max(Fraction(0), Fraction(endowment) - (whole - claim)) for claim in claims]
    rest = Fraction(endowment) - sum(conceded)
    open_claims = [min(claim - got, rest) for claim, got in zip(claims, conceded, strict=True)]
    late = proportional(rest, open_claims)
    return [got + more for got, more in zip(conceded, late, strict=True)]


def minimal_overlap(endowment: Number, claims: Sequence[Number]) -> list[Fraction]:
    """Claims lie on the endowment so that each unit is claimed by as few as possible (O'Neill).

    What is claimed beyond the endowment does not count. With one claim on all of it, all lie on
    one another. Else claims above a level t
    overlap on [0, t] only, with t such that the rest fits side by side.
    """
    total = Fraction(endowment)
    claims = [min(Fraction(claim), total) for claim in claims]
    ordered = sorted(set(claims))
    if not total:
        return [Fraction(0)] * len(claims)
    level = total
    if ordered[-1] < total:
        # t solves: t + sum (claim - t)+ = endowment; piecewise linear, so one corner below is enough.
        for corner in [Fraction(0), *ordered]:
            above = [claim for claim in claims if claim > corner]
            if len(above) > 1:
                found = (sum(above) - total) / (len(above) - 1)
                if corner <= found and all(claim >= found for claim in above):
                    level = found
    awards = []
    for claim in claims:
        award, at = max(Fraction(0), claim - level), Fraction(0)
        for corner in sorted({level, *(item for item in ordered if item < level)}):
            if claim >= corner:
                award += (min(corner, level) - at) / sum(other >= corner for other in claims)
            at = corner
        awards.append(award)
    return awards


AWARDS: dict[str, Callable[[Number, Sequence[Number]], list[Fraction]]] = {
    "PRO": proportional,
    "CEA": equal_awards,
    "CEL": equal_losses,
    "Talmud": _by_halves(equal_awards, equal_losses),
    "RTalmud": _by_halves(equal_losses, equal_awards),
    "Piniles": _by_halves(equal_awards, equal_awards),
    "AV": average,
    "RA": random_arrival,
    "APRO": adjusted_proportional,
    "MO": minimal_overlap,
}
