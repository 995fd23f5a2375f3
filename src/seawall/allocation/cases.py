"""Small allocation problems to try a rule on: drawn from a seed, all of them, or a simpler one.

A `Case` serves both readings of the same problem: claims on an endowment that is too small,
and accounts that bear a loss. A `Judged` rule maps a case to what each receiver gets or pays.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from hashlib import sha256
from itertools import combinations_with_replacement

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
    """

    amount: Number
    sizes: tuple[Number, ...]
    names: tuple[str, ...] = ()
    caps: tuple[int, ...] | None = None
    scores: tuple[int, ...] = ()
    event: str = ""

    def __post_init__(self) -> None:
        if not self.names:
            object.__setattr__(self, "names", letters(len(self.sizes)))

    def __str__(self) -> str:
        caps = f", caps ({', '.join(map(str, self.caps))})" if self.caps is not None else ""
        scores = f", scores ({', '.join(map(str, self.scores))})" if any(self.scores) else ""
        return f"{self.amount} over ({', '.join(map(str, self.sizes))}){caps}{scores}"


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

        >>> [Draws("seed", 7).below(6) for _ in range(2)]
        [4, 4]
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
        yield Case(draws.below(sum(caps) + 1), sizes, (), caps, scores, f"event-{number}")


def simpler(case: Case) -> Iterator[Case]:
    """Yield cases with one receiver less, a smaller amount, or a smaller number, the simplest first."""
    for place in range(len(case.sizes)):
        if len(case.sizes) > 1:
            yield _trimmed(_without(case, place))
    for amount in _smaller(case.amount):
        yield replace(case, amount=amount)
    for place, size in enumerate(case.sizes):
        for number in _smaller(size):
            yield _trimmed(_with_size(case, place, number))
    for place, score in enumerate(case.scores):
        if score:
            yield replace(case, scores=(*case.scores[:place], 0, *case.scores[place + 1 :]))


def _smaller(number: Number) -> Iterator[int]:
    # Halves lead down fast, single steps to the end of the way.
    whole = int(number)
    if whole > 2:
        yield whole >> 1
    if whole > 1:
        yield whole - 1


def _without(case: Case, place: int) -> Case:
    def rest(items: tuple[Number, ...]) -> tuple[Number, ...]:
        return items[:place] + items[place + 1 :]

    caps = None if case.caps is None else case.caps[:place] + case.caps[place + 1 :]
    scores = case.scores[:place] + case.scores[place + 1 :]
    return replace(case, sizes=rest(case.sizes), names=letters(len(case.sizes) - 1), caps=caps, scores=scores)


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
