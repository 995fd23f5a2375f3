"""Small allocation problems to try a rule on: drawn from a seed, all of them, or a simpler one.

A `Case` serves both readings of the same problem: claims on an endowment that is too small,
and accounts that bear a loss. A `Judged` rule maps a case to what each receiver gets or pays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from hashlib import sha256
from itertools import combinations_with_replacement

from seawall.core.rounding import mul_div_down

__all__ = [
    "Case",
    "Draws",
    "Judged",
    "Shares",
    "drawn_claims",
    "drawn_losses",
    "drawn_lots",
    "every_claims",
    "simpler",
]

Number = int | Fraction
SIZE_MAX, RECEIVERS_MAX = 12, 4


@dataclass(frozen=True)
class Case:
    """One problem: an amount and those who share it.

    Attributes:
        amount: Endowment to award, or loss to bear [units], >= 0.
        sizes: Claim or weight of each receiver, shape (n_receivers,) [units].
        names: Id of each receiver; letters by default.
        caps: Most that each can bear, shape (n_receivers,) [units]; None for no caps.
        scores: Order of a queue, shape (n_receivers,) [1], higher first.
        event: What ties are hashed with.
        times: When each came, shape (n_receivers,) [unix s], for rules of the first and the last.
        contracts: Contracts that each holds, shape (n_receivers,) [contracts].
        leverages_ppm: Leverage of each, shape (n_receivers,) [1e-6].
        lot: Smallest part that can be charged [units].
        seed: What chance is drawn from, besides event and names.
    """

    amount: Number
    sizes: tuple[Number, ...]
    names: tuple[str, ...] = ()
    caps: tuple[int, ...] | None = None
    scores: tuple[int, ...] = ()
    event: str = ""
    times: tuple[int, ...] = ()
    contracts: tuple[int, ...] = ()
    leverages_ppm: tuple[int, ...] = ()
    lot: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        if not self.names:
            object.__setattr__(self, "names", letters(len(self.sizes)))

    def __str__(self) -> str:
        caps = f", caps ({', '.join(map(str, self.caps))})" if self.caps not in (None, self.sizes) else ""
        scores = f", scores ({', '.join(map(str, self.scores))})" if any(self.scores) else ""
        alike = self.times == self.scores
        times = f", times ({', '.join(map(str, self.times))})" if any(self.times) and not alike else ""
        lot = f", in lots of {self.lot}" if self.lot > 1 else ""
        return f"{self.amount} over ({', '.join(map(str, self.sizes))}){caps}{scores}{times}{lot}"

    @property
    def bounds(self) -> tuple[int, ...]:
        """Most that each can bear [units]: its cap, or its whole size where there are no caps."""
        return tuple(int(size) for size in self.sizes) if self.caps is None else self.caps

    def rearranged(self, order: Sequence[int]) -> Case:
        """Return the case with these receivers, in this order, everything else as it was."""
        return replace(
            self,
            sizes=tuple(self.sizes[place] for place in order),
            names=tuple(self.names[place] for place in order),
            caps=None if self.caps is None else tuple(self.caps[place] for place in order),
            scores=tuple(self.scores[place] for place in order) if self.scores else (),
            times=tuple(self.times[place] for place in order) if self.times else (),
            contracts=tuple(self.contracts[place] for place in order) if self.contracts else (),
            leverages_ppm=tuple(self.leverages_ppm[place] for place in order) if self.leverages_ppm else (),
        )

    def split(self, place: int, sizes: Sequence[int]) -> Case:
        """Return the case with one receiver as several of these sizes, at its end.

        Caps and contracts go in proportion, score, time and leverage to every part; the parts have names
        of their own.
        """
        whole, count = int(self.sizes[place]), len(sizes)
        held = self.contracts[place : place + 1] or (0,)
        caps, contracts = (
            [mul_div_down(each, size, whole) for size in sizes[:-1]] for each in (self.bounds[place], held[0])
        )
        joined = replace(
            self,
            sizes=tuple(sizes),
            caps=(*caps, self.bounds[place] - sum(caps)),
            names=tuple(f"{self.names[place]}/{letter}" for letter in letters(count)),
            scores=self.scores[place : place + 1] * count,
            times=self.times[place : place + 1] * count,
            contracts=(*contracts, held[0] - sum(contracts)) if self.contracts else (),
            leverages_ppm=self.leverages_ppm[place : place + 1] * count,
        )
        return self._without([place])._with(joined)

    def merged(self, one: int, other: int) -> Case:
        """Return the case with two receivers as one, at its end.

        Sizes, caps and contracts are added; score and leverage are the means by size, rounded down; the time
        is the later one.
        """
        both = self.rearranged((one, other))
        size = int(sum(both.sizes))

        def mean(values: Sequence[int]) -> tuple[int, ...]:
            weighed = sum(value * int(part) for value, part in zip(values, both.sizes, strict=bool(values)))
            return (mul_div_down(weighed, 1, max(size, 1)),) if values else ()

        joined = replace(
            both,
            sizes=(size,),
            caps=(sum(both.bounds),),
            names=("+".join(both.names),),
            scores=mean(both.scores),
            times=(max(both.times),) if both.times else (),
            contracts=(sum(both.contracts),) if both.contracts else (),
            leverages_ppm=mean(both.leverages_ppm),
        )
        return self._without([one, other])._with(joined)

    def _without(self, gone: Sequence[int]) -> Case:
        return self.rearranged([place for place in range(len(self.sizes)) if place not in gone])

    def _with(self, late: Case) -> Case:
        return replace(
            self,
            sizes=(*self.sizes, *late.sizes),
            caps=None if self.caps is None else (*self.caps, *late.bounds),
            names=(*self.names, *late.names),
            scores=(*self.scores, *late.scores),
            times=(*self.times, *late.times),
            contracts=(*self.contracts, *late.contracts),
            leverages_ppm=(*self.leverages_ppm, *late.leverages_ppm),
        )


class Shares(tuple[int, ...]):
    """What each receiver bears, shape (n_receivers,) [units], and what was raised because lots are whole.

    Attributes:
        lot_overshoot: Raised beyond the amount because lots are whole [units].
        seed: What chance was drawn from; None where none was.
    """

    lot_overshoot: int
    seed: int | None

    @classmethod
    def of(cls, shares: Iterable[int], *, lot_overshoot: int = 0, seed: int | None = None) -> Shares:
        """Return shares that know how they came about."""
        made = cls(shares)
        made.lot_overshoot, made.seed = lot_overshoot, seed
        return made


Judged = Callable[[Case], Sequence[Number]]


def letters(count: int) -> tuple[str, ...]:
    """Return `count` short names.

    >>> letters(3)
    ('a', 'b', 'c')
    """
    return tuple(chr(97 + place) if place < 26 else f"a{place}" for place in range(count))


class Draws:
    """A stream of whole numbers from a seed, the same on every machine and in every version."""

    def __init__(self, *words: object) -> None:
        self._root = "\0".join(map(str, words)).encode()
        self._count = 0

    def below(self, limit: int) -> int:
        """Return a number in [0, limit); the bias of 64 bits against a small limit does not matter here.

        >>> draws = Draws("seed", 7)
        >>> all(0 <= draws.below(6) < 6 for _ in range(100))
        True
        """
        self._count += 1
        digest = sha256(self._root + b"\0" + str(self._count).encode()).digest()
        return int.from_bytes(digest[:8]) % limit


def drawn_claims(trials: int, seed: int) -> Iterator[Case]:
    """Yield claims problems: 2 to 4 claims of 1 to 12, an endowment strictly between nothing and all."""
    draws = Draws("claims", seed)
    for _ in range(trials):
        count = 2 + draws.below(RECEIVERS_MAX - 1)
        sizes = tuple(1 + draws.below(SIZE_MAX) for _ in range(count))
        yield Case(1 + draws.below(sum(sizes) - 1), sizes)


def every_claims(claimants: int, claim_max: int) -> Iterator[Case]:
    """Yield every problem of so many claims of 1 to `claim_max`, up to the order of the claims."""
    for sizes in combinations_with_replacement(range(1, claim_max + 1), claimants):
        for amount in range(1, sum(sizes)):
            yield Case(amount, sizes)


def drawn_losses(trials: int, seed: int) -> Iterator[Case]:
    """Yield losses: up to 5 accounts, some of weight zero, some alike; caps full or a part of it."""
    draws = Draws("losses", seed)
    for number in range(trials):
        count = 1 + draws.below(RECEIVERS_MAX + 1)
        top = (SIZE_MAX, 3, 1000)[draws.below(3)]
        sizes = tuple(draws.below(top + 1) for _ in range(count))
        caps = sizes if draws.below(2) else tuple(draws.below(size + 1) for size in sizes)
        scores = tuple(draws.below(4) for _ in range(count))
        yield Case(draws.below(sum(caps) + 1), sizes, (), caps, scores, f"event-{number}", scores)


def drawn_lots(trials: int, seed: int) -> Iterator[Case]:
    """Yield the losses of `drawn_losses`, each to be borne in lots of 1 to 7."""
    draws = Draws("lots", seed)
    for case in drawn_losses(trials, seed):
        yield replace(case, lot=1 + draws.below(7))


def simpler(case: Case) -> Iterator[Case]:
    """Yield cases with one receiver less, a smaller amount, or a smaller number, the simplest first."""
    for place in range(len(case.sizes)):
        if len(case.sizes) > 1:
            rest = case.rearranged([at for at in range(len(case.sizes)) if at != place])
            yield _trimmed(replace(rest, names=letters(len(rest.sizes))))
    if case.caps == case.sizes and max(case.sizes, default=0) > 1:
        halved = tuple(int(size) >> 1 for size in case.sizes)
        yield _trimmed(replace(case, amount=int(case.amount) >> 1, sizes=halved, caps=halved))
    for amount in _smaller(case.amount):
        yield replace(case, amount=amount)
    for place, size in enumerate(case.sizes):
        for number in _smaller(size):
            yield _trimmed(_with_size(case, place, number))
    if case.lot > 2:
        yield replace(case, lot=case.lot - 1)
    for place, score in enumerate(case.scores):
        if score:
            scores = (*case.scores[:place], 0, *case.scores[place + 1 :])
            yield replace(case, scores=scores, times=scores if case.times == case.scores else case.times)


def _smaller(number: Number) -> Iterator[int]:
    # Halves lead down fast, single steps to the end of the way.
    whole = int(number)
    if whole > 2:
        yield whole >> 1
    if whole > 1:
        yield whole - 1


def _with_size(case: Case, place: int, size: int) -> Case:
    sizes = (*case.sizes[:place], size, *case.sizes[place + 1 :])
    if case.caps is None:
        return replace(case, sizes=sizes)
    # A cap that was the whole size stays so; any other shrinks at most to the size.
    cap = size if case.caps[place] == case.sizes[place] else min(size, case.caps[place])
    return replace(case, sizes=sizes, caps=(*case.caps[:place], cap, *case.caps[place + 1 :]))


def _trimmed(case: Case) -> Case:
    whole = sum(case.sizes) if case.caps is None else sum(case.caps)
    return replace(case, amount=min(case.amount, whole))
