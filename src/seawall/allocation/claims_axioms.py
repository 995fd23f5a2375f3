"""The axioms of claims problems: what a rule that awards an endowment E to claims d may promise.

Each is checked on exact fractions, over every split in two, every pair, every part of the
endowment and every group of the case at hand.

Source:
    W. Thomson, How to Divide When There Isn't Enough (2019); the table of properties in
    the R package ClaimsProblems, R/axioms.R. That table omits merging for Piniles, where it
    holds: merging changes neither E nor D, hence not which half of the rule applies, and
    in each half the rule is CEA, which nobody gains from by merging.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from fractions import Fraction
from itertools import combinations, pairwise

from seawall.allocation.axioms import Axiom, Breach
from seawall.allocation.cases import Case, Judged, Number, drawn_claims

__all__ = ["CLAIMS_AXIOMS", "PUBLISHED"]


def _splitting(rule: Judged, case: Case) -> Iterator[Breach]:
    before = rule(case)
    for place, size in enumerate(case.sizes):
        for part in range(1, int(size * Fraction(1, 2)) + 1):
            parts = (part, size - part)
            after = rule(Case(case.amount, (*_without(case.sizes, [place]), *parts)))
            got = sum(after[-2:])
            if got > before[place]:
                yield Breach(
                    f"splitting {size} into {parts[0]} and {parts[1]} lifts its award"
                    f" from {before[place]} to {got}",
                    {"place": place, "parts": parts, "before": before[place], "after": got},
                )


def _merging(rule: Judged, case: Case) -> Iterator[Breach]:
    before = rule(case)
    for pair in combinations(range(len(case.sizes)), 2):
        one, other = (case.sizes[place] for place in pair)
        after = rule(Case(case.amount, (*_without(case.sizes, pair), one + other)))[-1]
        alone = before[pair[0]] + before[pair[1]]
        if after > alone:
            yield Breach(
                f"merging {one} and {other} lifts their award from {alone} to {after}",
                {"pair": pair, "before": alone, "after": after},
            )


def _self_duality(rule: Judged, case: Case) -> Iterator[Breach]:
    awards = rule(case)
    losses = rule(Case(sum(case.sizes) - case.amount, case.sizes))
    for place, size in enumerate(case.sizes):
        if awards[place] != size - losses[place]:
            yield Breach(
                f"the claim {size} is awarded {awards[place]}; sharing what is missing instead"
                f" leaves it {size - losses[place]}",
                {"place": place, "award": awards[place], "claim_minus_loss": size - losses[place]},
            )


def _composition_up(rule: Judged, case: Case) -> Iterator[Breach]:
    at_once = rule(case)
    for first in range(1, int(case.amount)):
        early = rule(Case(first, case.sizes))
        rest = tuple(size - got for size, got in zip(case.sizes, early, strict=True))
        late = rule(Case(case.amount - first, rest))
        yield from _paths_differ(
            case, at_once, [a + b for a, b in zip(early, late, strict=True)], f"{first} first, then the rest,"
        )


def _composition_down(rule: Judged, case: Case) -> Iterator[Breach]:
    promised = tuple(rule(case))
    for less in range(1, int(case.amount)):
        smaller = Case(less, case.sizes)
        yield from _paths_differ(
            smaller, rule(smaller), rule(Case(less, promised)), f"sharing {case.amount} and then only {less}"
        )


def _paths_differ(
    case: Case, direct: Sequence[Number], staged: Sequence[Number], how: str
) -> Iterator[Breach]:
    for place, (one, other) in enumerate(zip(direct, staged, strict=True)):
        if one != other:
            yield Breach(
                f"{how} gives the claim {case.sizes[place]} {other}, and {one} at once",
                {"place": place, "at_once": one, "in_stages": other},
            )


def _consistency(rule: Judged, case: Case) -> Iterator[Breach]:
    awards = rule(case)
    for count in range(2, len(case.sizes)):
        for group in combinations(range(len(case.sizes)), count):
            whole = sum(awards[place] for place in group)
            again = rule(Case(whole, tuple(case.sizes[place] for place in group)))
            for place, got in zip(group, again, strict=True):
                if got != awards[place]:
                    sizes = " and ".join(str(case.sizes[at]) for at in group)
                    yield Breach(
                        f"when {sizes} share their {whole} again, the claim {case.sizes[place]} gets {got}"
                        f" and had {awards[place]}",
                        {"group": group, "place": place, "before": awards[place], "after": got},
                    )


def _order_preservation(rule: Judged, case: Case) -> Iterator[Breach]:
    awards = rule(case)
    order = sorted(range(len(case.sizes)), key=case.sizes.__getitem__)
    for small, large in pairwise(order):
        claims = (case.sizes[small], case.sizes[large])
        gets = (awards[small], awards[large])
        loses = (claims[0] - gets[0], claims[1] - gets[1])
        equal = claims[0] == claims[1]
        for word, (less, more) in (("is awarded", gets), ("loses", loses)):
            if less > more or (equal and less != more):
                yield Breach(
                    f"the claim {claims[0]} {word} {less}, the claim {claims[1]} only {more}",
                    {"small": small, "large": large, "of_small": less, "of_large": more},
                )


def _endowment_monotonicity(rule: Judged, case: Case) -> Iterator[Breach]:
    awards = rule(case)
    if case.amount + 1 <= sum(case.sizes):
        richer = rule(Case(case.amount + 1, case.sizes))
        yield from _falls(case, awards, richer, "with one unit more to share")


def _claims_monotonicity(rule: Judged, case: Case) -> Iterator[Breach]:
    awards = rule(case)
    for place, size in enumerate(case.sizes):
        raised = rule(Case(case.amount, (*case.sizes[:place], size + 1, *case.sizes[place + 1 :])))[place]
        if raised < awards[place]:
            yield Breach(
                f"a claim of {size + 1} instead of {size} is awarded {raised} instead of {awards[place]}",
                {"place": place, "before": awards[place], "after": raised},
            )


def _population_monotonicity(rule: Judged, case: Case) -> Iterator[Breach]:
    awards = rule(case)
    for place, size in enumerate(case.sizes):
        sizes = tuple(_without(case.sizes, [place]))
        if sum(sizes) >= case.amount:
            fewer = Case(case.amount, sizes)
            rest = tuple(_without(awards, [place]))
            yield from _falls(fewer, rest, rule(fewer), f"without the claim {size}")


def _falls(case: Case, before: Sequence[Number], after: Sequence[Number], when: str) -> Iterator[Breach]:
    for place, (one, other) in enumerate(zip(before, after, strict=True)):
        if other < one:
            yield Breach(
                f"{when} the award of the claim {case.sizes[place]} falls from {one} to {other}",
                {"place": place, "before": one, "after": other},
            )


def _without(items: Sequence[Number], places: Sequence[int]) -> list[Number]:
    return [item for place, item in enumerate(items) if place not in places]


PUBLISHED = (
    Axiom("no_adv_splitting", "nobody gains by splitting a claim over two names", _splitting, drawn_claims),
    Axiom("no_adv_merging", "no two gain by merging their claims", _merging, drawn_claims),
    Axiom("self_duality", "awarding what is there is sharing what is missing", _self_duality, drawn_claims),
    Axiom(
        "composition_up",
        "paying in instalments on what is still owed pays the same as at once",
        _composition_up,
        drawn_claims,
    ),
    Axiom(
        "composition_down",
        "an endowment that shrinks after awards were promised leads to the same awards",
        _composition_down,
        drawn_claims,
    ),
    Axiom("consistency", "a group that shares its awards again changes nothing", _consistency, drawn_claims),
    Axiom(
        "order_preservation",
        "a larger claim is awarded no less and loses no less",
        _order_preservation,
        drawn_claims,
    ),
    Axiom(
        "endowment_monotonicity",
        "when there is more to share, nobody is awarded less",
        _endowment_monotonicity,
        drawn_claims,
    ),
)

CLAIMS_AXIOMS = (
    *PUBLISHED,
    Axiom("claims_monotonicity", "a larger claim is never awarded less", _claims_monotonicity, drawn_claims),
    Axiom(
        "population_monotonicity",
        "when a claimant leaves, nobody else is awarded less",
        _population_monotonicity,
        drawn_claims,
    ),
)
