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

__all__ = ["Case", "Draws", "Judged", "drawn_claims", "drawn_losses", "every_claims", "simpler"]

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
    """

    amount: Number
    sizes: tuple[Number, ...]
    names: tuple[str, ...] = ()
    caps: tuple[int, ...] | None = None
    scores: tuple[int, ...] = ()
    event: str = ""
    times: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        if not self.names:
            object.__setattr__(self, "names", letters(len(self.sizes)))

    def __str__(self) -> str:
        caps = f", caps ({', '.join(map(str, self.caps))})" if self.caps not in (None, self.sizes) else ""
        scores = f", scores ({', '.join(map(str, self.scores))})" if any(self.scores) else ""
        alike = self.times == self.scores
        times = f", times ({', '.join(map(str, self.times))})" if any(self.times) and not alike else ""
        return f"{self.amount} over ({', '.join(map(str, self.sizes))}){caps}{scores}{times}"

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
        )

    def split(self, place: int, sizes: Sequence[int]) -> Case:
        """Return the case with one receiver as several of these sizes, at its end.

        Caps go in proportion, the score to every part; the parts have names of their own.
        """
        whole, cap = int(self.sizes[place]), self.bounds[place]
        caps = [mul_div_down(cap, size, whole) for size in sizes[:-1]]
        names = (f"{self.names[place]}/{letter}" for letter in letters(len(sizes)))
        scores = [self.scores[place]] * len(sizes) if self.scores else []
        times = [self.times[place]] * len(sizes) if self.times else []
        return self._joined([place], sizes, [*caps, cap - sum(caps)], names, scores, times)

    def merged(self, one: int, other: int) -> Case:
        """Return the case with two receivers as one, at its end.

        Sizes and caps are added; the score is the mean by size, rounded down; the time is the later one.
        """
        size = int(self.sizes[one] + self.sizes[other])
        cap = self.bounds[one] + self.bounds[other]
        weighed = sum(self.scores[at] * int(self.sizes[at]) for at in (one, other)) if self.scores else 0
        scores = [mul_div_down(weighed, 1, max(size, 1))] if self.scores else []
        times = [max(self.times[one], self.times[other])] if self.times else []
        name = f"{self.names[one]}+{self.names[other]}"
        return self._joined([one, other], [size], [cap], [name], scores, times)

    def _joined(
        self,
        gone: Sequence[int],
        sizes: Sequence[int],
        caps: Sequence[int],
        names: Iterable[str],
        scores: Sequence[int],
        times: Sequence[int],
    ) -> Case:
        rest = self.rearranged([place for place in range(len(self.sizes)) if place not in gone])
        return replace(
            rest,
            sizes=(*rest.sizes, *sizes),
            caps=None if rest.caps is None else (*rest.caps, *caps),
            names=(*rest.names, *names),
            scores=(*rest.scores, *scores),
            times=(*rest.times, *times),
        )


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
