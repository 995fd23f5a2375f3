"""Claims problems: an endowment that is too small, and the rules that award it, exactly.

An endowment E is to be awarded to claims d with sum D >= E. What a claimant does not get is
its loss: a loss l over claims d is the problem E = D - l, and its shares are d - award.
Awards are exact fractions, sum to E, and lie between nothing and the claim.

    PRO      in proportion to the claims
    CEA      constrained equal awards: the same for all, or the claim where that is less
    CEL      constrained equal losses: the same loss for all, or the claim where that is less
    Talmud   up to half of D: CEA of the half-claims; beyond: the halves, and CEL of the other halves
    RTalmud  the reverse: CEL of the half-claims first, CEA of the other halves after
    Piniles  CEA of the half-claims, twice
    AV       the mean of CEA and CEL
    RA       first come, first served, averaged over all orders of arrival (Shapley value)
    APRO     what the others concede, then in proportion to what is still claimed (tau value)
    MO       minimal overlap: claims laid on the endowment so that they overlap as little as can be

Source:
    W. Thomson, How to Divide When There Isn't Enough (2019); B. O'Neill, A Problem of Rights
    Arbitration from the Talmud (1982); Aumann and Maschler, Game Theoretic Analysis of a
    Bankruptcy Problem from the Talmud (1985).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

from seawall.allocation.arrival import ARRIVAL_EXACT_MAX, random_arrival
from seawall.core.money import brief
from seawall.errors import InputError, Problem

__all__ = ["AWARD_RULES", "OVERLAP_EXACT_MAX", "award"]

OVERLAP_EXACT_MAX = 2000  # denominators of minimal overlap grow with the number of different claims

Awards = list[Fraction]
Number = int | Fraction
HALF = Fraction(1, 2)
NOTHING = Fraction(0)


def award(rule: str, endowment: Number, claims: Sequence[Number]) -> Awards:
    """Award `endowment` to `claims` by one of `AWARD_RULES`, exactly.

    Args:
        rule: PRO, CEA, CEL, Talmud, RTalmud, Piniles, AV, RA, APRO or MO.
        endowment: What there is, 0 <= endowment <= sum of the claims [any one unit].
        claims: What each claims, shape (n_claimants,) [the same unit], >= 0.

    Returns:
        Awards, shape (n_claimants,) [the same unit]; they sum to `endowment` exactly.

    Raises:
        InputError: No such rule, a negative number, an endowment above the sum of the claims,
            random arrival (RA) of more claimants than can be averaged over every order, or minimal
            overlap (MO) of more different claims than can be told in exact fractions.

    >>> [str(share) for share in award("Talmud", 200, [100, 200, 300])]
    ['50', '75', '75']
    """
    problems = list(_problems(rule, endowment, claims))
    if problems:
        raise InputError.of(problems)
    return AWARD_RULES[rule](Fraction(endowment), [Fraction(claim) for claim in claims])


def _problems(rule: str, endowment: Number, claims: Sequence[Number]) -> list[Problem]:
    found = []
    if rule not in AWARD_RULES:
        found.append(
            Problem("unknown_rule", f"expected one of {', '.join(AWARD_RULES)}, got {rule!r}", "rule")
        )
    for place, claim in enumerate(claims):
        if claim < 0:
            found.append(Problem("negative_amount", f"expected >= 0, got {_told(claim)}", f"claim {place}"))
    if not 0 <= endowment <= sum(claims):
        message = f"expected 0 to {_told(sum(claims))}, the sum of the claims, got {_told(endowment)}"
        found.append(Problem("out_of_range", message, "endowment"))
    if rule == "RA" and len(claims) > ARRIVAL_EXACT_MAX:
        message = f"every order of arrival is averaged up to {ARRIVAL_EXACT_MAX} claimants, got {len(claims)}"
        found.append(Problem("too_many", f"{message}: sample them with `sampled_arrival`", "claims"))
    different = len(set(claims)) if rule == "MO" else 0
    if different > OVERLAP_EXACT_MAX:
        message = f"minimal overlap is exact up to {OVERLAP_EXACT_MAX:,} different claims, got {different:,}"
        found.append(Problem("too_many", f"{message}: round the claims, or take talmud or cea", "claims"))
    return found


def _told(number: Number) -> str:
    return brief(number) if isinstance(number, int) else str(number)


def _proportional(endowment: Fraction, claims: Sequence[Fraction]) -> Awards:
    whole = sum(claims)
    return [claim * endowment * Fraction(1, whole) if whole else NOTHING for claim in claims]


def _equal_awards(endowment: Fraction, claims: Sequence[Fraction]) -> Awards:
    # Who claims less than an equal part of what is left gets the claim; the level is what then fits.
    left, level = endowment, NOTHING
    for number, claim in enumerate(sorted(claims)):
        level = left * Fraction(1, len(claims) - number)
        if claim >= level:
            break
        left -= claim
    else:
        level = max(claims, default=NOTHING)
    return [min(claim, level) for claim in claims]


def _equal_losses(endowment: Fraction, claims: Sequence[Fraction]) -> Awards:
    return _complement(claims, _equal_awards(sum(claims, NOTHING) - endowment, claims))


def _talmud(endowment: Fraction, claims: Sequence[Fraction]) -> Awards:
    return _in_halves(endowment, claims, _equal_awards, _equal_losses)


def _reverse_talmud(endowment: Fraction, claims: Sequence[Fraction]) -> Awards:
    return _in_halves(endowment, claims, _equal_losses, _equal_awards)


def _piniles(endowment: Fraction, claims: Sequence[Fraction]) -> Awards:
    return _in_halves(endowment, claims, _equal_awards, _equal_awards)


def _in_halves(
    endowment: Fraction, claims: Sequence[Fraction], first: AwardRule, second: AwardRule
) -> Awards:
    halves = [claim * HALF for claim in claims]
    late = endowment - sum(halves, NOTHING)
    if late <= 0:
        return first(endowment, halves)
    return [half + more for half, more in zip(halves, second(late, halves), strict=True)]


def _average(endowment: Fraction, claims: Sequence[Fraction]) -> Awards:
    pairs = zip(_equal_awards(endowment, claims), _equal_losses(endowment, claims), strict=True)
    return [(one + other) * HALF for one, other in pairs]


def _adjusted_proportional(endowment: Fraction, claims: Sequence[Fraction]) -> Awards:
    whole = sum(claims, NOTHING)
    conceded = [max(NOTHING, endowment - (whole - claim)) for claim in claims]
    left = endowment - sum(conceded, NOTHING)
    truncated = [min(claim - own, left) for claim, own in zip(claims, conceded, strict=True)]
    late = _proportional(left, truncated)
    return [own + more for own, more in zip(conceded, late, strict=True)]


def _minimal_overlap(endowment: Fraction, claims: Sequence[Fraction]) -> Awards:
    # Claims above a level t lie side by side on [t, E], everything below t on one another; who
    # covers a stretch shares it equally. No claim reaches E: t solves t + sum (d - t)+ = E.
    claims = [min(claim, endowment) for claim in claims]
    level = _overlap_level(endowment, sorted(claims, reverse=True))
    award_up_to, covered, reached = {}, NOTHING, NOTHING
    rising = sorted(min(claim, level) for claim in claims)
    for number, top in enumerate(rising):
        reached += (top - covered) * Fraction(1, len(rising) - number)
        award_up_to[top] = reached
        covered = top
    return [award_up_to[min(claim, level)] + max(NOTHING, claim - level) for claim in claims]


def _overlap_level(endowment: Fraction, falling: Sequence[Fraction]) -> Fraction:
    # With the k largest claims above it, t = (their sum - E) / (k - 1); the right k has t at or
    # above the next claim. One claim on all of E: everything overlaps, t = E.
    if not falling or falling[0] >= endowment:
        return endowment
    above = falling[0]
    for number, claim in enumerate(falling[1:], 1):
        above += claim
        level = (above - endowment) * Fraction(1, number)
        below = falling[number + 1] if number + 1 < len(falling) else NOTHING
        if below <= level <= claim:
            return level
    return NOTHING


def _complement(claims: Sequence[Fraction], parts: Sequence[Fraction]) -> Awards:
    return [claim - part for claim, part in zip(claims, parts, strict=True)]


AwardRule = Callable[[Fraction, Sequence[Fraction]], Awards]
AWARD_RULES: Mapping[str, AwardRule] = {
    "PRO": _proportional,
    "CEA": _equal_awards,
    "CEL": _equal_losses,
    "Talmud": _talmud,
    "RTalmud": _reverse_talmud,
    "Piniles": _piniles,
    "AV": _average,
    "RA": random_arrival,
    "APRO": _adjusted_proportional,
    "MO": _minimal_overlap,
}
