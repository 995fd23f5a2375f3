"""What an account holder gains by being several, or two by being one: found by trying it.

Every trial runs the rule again on the changed book. A gain is what the owner bears less than
before; what is found is a lower bound of what can be gained, and none found is no proof.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, islice
from typing import NamedTuple

from seawall.allocation.cases import Case, Draws, Judged, Number
from seawall.core.rounding import mul_div_down
from seawall.errors import InputError

__all__ = ["SybilGain", "sybil_gain", "trials_within"]

TOP = 8
TRIALS_MIN, TRIALS_MAX, WORK_MAX_US = 5, 100, 4_000_000
WAYS, UNEVEN = (2, 3, 10), 100


@dataclass(frozen=True)
class SybilGain:
    """The best split or merge found.

    Attributes:
        gain: What the owner bears less [units]; 0 when nothing helped.
        how: The trick in plain words.
        before, after: What the owner bears without and with it [units].
        parts: Accounts that it takes.
        trials: Books on which the rule was run.
    """

    gain: Number
    how: str
    before: Number
    after: Number
    parts: int
    trials: int

    @property
    def is_rounding(self) -> bool:
        """Whether the gain is no more than a unit for each account that it takes."""
        return self.gain <= self.parts


class _Trick(NamedTuple):
    # Accounts of the owner, the changed book with the owner's rows at its end, and words for it.
    places: tuple[int, ...]
    case: Case
    how: str


def trials_within(accounts: int, cost_us: int) -> int:
    """Return how many books a search may try so that it takes seconds; 0 where that is too few to say much.

    Args:
        accounts: Accounts of the book.
        cost_us: Of one account under the rule; see `RuleOfAllocation`.

    >>> [trials_within(accounts, 60) for accounts in (300, 2_000, 100_000)]
    [100, 33, 0]
    """
    trials = min(TRIALS_MAX, mul_div_down(WORK_MAX_US, 1, max(1, accounts * cost_us)))
    return trials if trials >= TRIALS_MIN else 0


def sybil_gain(rule: Judged, case: Case, *, trials: int = 200, seed: int = 0) -> SybilGain:
    """Search for the split or merge that saves its owner most.

    Splits go evenly into 2, 3 and 10, and into a hundredth and the rest; caps are split in
    proportion, a score goes to every part. Two that merge add weights and caps and get the
    mean of their scores by weight. Accounts that bear most are tried first, then
    those drawn from the seed. A split in m may gain up to m units by rounding alone.

    Args:
        rule: Maps a case to charges, shape (n_receivers,) [units].
        case: The book as it is.
        trials: Books to try at most [1].
        seed: Draws the accounts of a book too large to try all.
    """
    before = rule(case)
    best = SybilGain(0, f"none in {trials:,}", 0, 0, 0, 0)
    tried = 0
    for tried, trick in enumerate(islice(_tricks(case, before, seed), trials), 1):
        alone = sum(before[place] for place in trick.places)
        owned = len(trick.case.sizes) - len(case.sizes) + len(trick.places)
        try:
            after = sum(rule(trick.case)[-owned:])
        except InputError:  # no such book: a part without contracts, say
            continue
        if alone - after > best.gain:
            best = SybilGain(alone - after, trick.how, alone, after, max(owned, len(trick.places)), tried)
    how = best.how if best.gain else f"none in {tried:,}"
    return replace(best, how=how, trials=tried)


def _tricks(case: Case, shares: Sequence[Number], seed: int) -> Iterator[_Trick]:
    # Everything on those who bear most; then one account or pair after the other, from the seed.
    count = len(case.sizes)
    payers = heapq.nlargest(TOP, range(count), key=lambda place: (shares[place], case.names[place]))
    for place in payers:
        yield from _splits(case, place)
    for one, other in combinations(payers, 2):
        yield _merge(case, one, other)
    draws = Draws("sybil", seed)
    while count > 1:
        one, step = draws.below(count), 1 + draws.below(count - 1)
        yield from _splits(case, one)
        yield _merge(case, one, (one + step) % count)


def _splits(case: Case, place: int) -> Iterator[_Trick]:
    size = int(case.sizes[place])
    for parts in WAYS:
        first = mul_div_down(size, 1, parts)
        if first:
            sizes = [first] * (parts - 1) + [size - first * (parts - 1)]
            yield _Trick((place,), case.split(place, sizes), f"{case.names[place]} as {parts} equal accounts")
    small = mul_div_down(size, 1, UNEVEN)
    if small:
        how = f"{case.names[place]} as two accounts, one of a hundredth"
        yield _Trick((place,), case.split(place, [small, size - small]), how)


def _merge(case: Case, one: int, other: int) -> _Trick:
    names = sorted((case.names[one], case.names[other]))
    return _Trick((one, other), case.merged(one, other), f"{names[0]} and {names[1]} as one account")
