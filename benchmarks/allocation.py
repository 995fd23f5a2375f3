"""`seawall.allocation` over columns: exact shares against a plain loop, against floats, against a full sort.

The loop is what one writes in plain Python: water-filling in rounds, shares rounded down, the units left
to the largest remainders, ties by hash. The float version does the same in NumPy, without ties and as
exactly as floats are. The sort puts the whole queue in order to take its head.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from unittest.mock import patch

import numpy as np
from numpy.typing import NDArray

from benchmarks.measure import Claim, Contender, Row, compare
from seawall.allocation import columns
from seawall.allocation.columns import capped_columns, pro_rata_columns
from seawall.allocation.head import Head, queue_head
from seawall.core.money import Amounts

Ints = NDArray[np.int64]
Floats = NDArray[np.float64]

ACCOUNTS, BUDGET = 437_723, 10**24  # the winners of 10 October 2025; a million units of 18 decimals
MANY, TIED = 10_000_000, 200_000
EVENT = "benchmark"


def rows(rounds: int) -> Iterator[Row]:
    """Measure capped pro rata, pro rata and the head of a queue, each also where it is hardest."""
    yield from _capped_rows(rounds)
    yield from _pro_rata_rows(rounds)
    yield from _head_rows(rounds)


@dataclass(frozen=True)
class Names(Sequence[str]):
    """Ids of accounts, made when asked for: ten million strings would be most of the memory."""

    count: int

    def __len__(self) -> int:
        return self.count

    def __getitem__(self, place):  # type: ignore[no-untyped-def]  # a place or a slice, as of any sequence
        if not place < self.count:
            raise IndexError(place)  # ends a loop over all
        return f"account-{place:08}"


# --- capped pro rata, exact, against a loop ---


def _capped_rows(rounds: int) -> Iterator[Row]:
    chance = np.random.default_rng(3)
    drawn = chance.lognormal(0.0, 2.0, ACCOUNTS)
    weights = [int(size * 10**9) * 10**9 + 7 for size in (drawn / drawn.sum() * 5e6).tolist()]
    parts = chance.integers(20, 1001, ACCOUNTS).tolist()
    caps = [weight * part // 1000 for weight, part in zip(weights, parts, strict=True)]
    title = f"10^24 units over {ACCOUNTS:,} accounts with caps, against a plain loop"
    claim = _capped("allocation.capped", title, BUDGET, weights, caps)
    yield compare(claim, rounds)
    yield compare(_without_numba(claim), rounds)
    says = "a budget that empties every account but for one unit"
    worst = sum(caps) - 1
    yield compare(_capped("allocation.capped.all", says, worst, weights, caps, is_favourable=False), rounds)
    says = f"all {ACCOUNTS:,} alike: every remainder ties, every id is hashed"
    same = [5 * 10**18] * ACCOUNTS
    yield compare(_capped("allocation.capped.ties", says, BUDGET, same, same, is_favourable=False), rounds)


def _capped(
    name: str,
    says: str,
    budget: int,
    weights: list[int],
    caps: list[int],
    *,
    is_favourable: bool = True,
) -> Claim:
    columns_of = Amounts.of(weights), Amounts.of(caps)
    ids = Names(len(weights))

    def ours() -> Amounts:
        return capped_columns(budget, *columns_of, ids=ids, event=EVENT)

    def remark(shares: Amounts) -> str:
        at_cap = sum(share == cap for share, cap in zip(shares.ints(), caps, strict=True))
        return f"{at_cap / len(caps):.1%} at their cap, sum {shares.sum():,}"

    peer = Contender("loop", lambda: capped_in_a_loop(budget, weights, caps, ids))
    target = 10.0 if is_favourable else None
    return Claim(name, says, Contender("seawall", ours), peer, _unlike, 1, target, is_favourable, remark)


def _without_numba(claim: Claim) -> Claim:
    def interpreted() -> Amounts:
        with patch.object(columns, "compiled", lambda loop: None):
            answer: Amounts = claim.ours.run()
            return answer

    says, name = "the same without numba installed: the plain rules answer", f"{claim.name}.python"
    ours = Contender("seawall", interpreted)
    return Claim(name, says, ours, claim.peer, _unlike, is_favourable=False)


def _unlike(mine: Amounts, theirs: list[int]) -> list[str]:
    pairs = enumerate(zip(mine.ints(), theirs, strict=True))
    return [f"account {place}: {ours}, loop {other}" for place, (ours, other) in pairs if ours != other]


def capped_in_a_loop(budget: int, weights: list[int], caps: list[int], ids: Sequence[str]) -> list[int]:
    """Fill in rounds: whose cap is no more than its part of what is left pays it; the others go on."""
    shares = [0] * len(weights)
    left, whole, open_ = budget, sum(weights), list(range(len(weights)))
    while open_:
        full = [place for place in open_ if caps[place] * whole <= left * weights[place]]
        if not full:
            break
        open_ = [place for place in open_ if caps[place] * whole > left * weights[place]]
        for place in full:
            shares[place] = caps[place]
            left -= caps[place]
            whole -= weights[place]
    rests = []
    for place in open_:
        shares[place], rest = divmod(left * weights[place], whole)
        rests.append(rest)
    units = left - sum(shares[place] for place in open_)
    if units:
        edge = sorted(rests, reverse=True)[units - 1]
        lucky = [place for place, rest in zip(open_, rests, strict=True) if rest > edge]
        tied = [place for place, rest in zip(open_, rests, strict=True) if rest == edge]
        tied.sort(key=lambda place: sha256(f"{EVENT}\0{ids[place]}".encode()).digest())
        for place in lucky + tied[: units - len(lucky)]:
            shares[place] += 1
    return shares


# --- pro rata, exact, against floats ---


def _pro_rata_rows(rounds: int) -> Iterator[Row]:
    weights = _sizes(MANY)
    budget = int(weights.sum()) // 7
    title = f"{MANY:,} accounts, exact, against float shares and an argsort of remainders"
    yield compare(_pro_rata("allocation.pro_rata", title, budget, weights), rounds)
    says = f"{TIED:,} accounts alike: every id is hashed; the floats break ties by row"
    same = np.full(TIED, 10**9, dtype=np.int64)
    tied = _pro_rata("allocation.pro_rata.ties", says, TIED * 10**8 + 77, same, is_favourable=False)
    yield compare(tied, rounds)


def _pro_rata(name: str, says: str, budget: int, weights: Ints, *, is_favourable: bool = True) -> Claim:
    ids, target = Names(len(weights)), 3.5 if is_favourable else None
    in_floats = pro_rata_in_floats(budget, weights)

    def remark(shares: Ints) -> str:
        other = int((in_floats() != shares).sum())
        return f"sum exact; the floats give {other:,} accounts another share"

    def differences(mine: Ints, theirs: Ints) -> list[str]:
        # Floats may be a unit off in any account; ours may not be off in the sum.
        wrong = [f"sum {mine.sum()}, expected {budget}"] if int(mine.sum()) != budget else []
        apart = int(np.abs(mine - theirs).max())
        return [*wrong, f"shares differ by {apart}"] if apart > 1 else wrong

    def ours() -> Ints:
        return pro_rata_columns(budget, weights, ids=ids, event=EVENT)

    peer = Contender("floats", in_floats)
    return Claim(name, says, Contender("seawall", ours), peer, differences, 1, target, is_favourable, remark)


def pro_rata_in_floats(budget: int, weights: Ints) -> Callable[[], Ints]:
    """Return the float version: quotas, rounded down, the units left to the largest remainders."""

    def shares() -> Ints:
        quota = weights * (budget / weights.sum())
        floor = np.floor(quota)
        found = floor.astype(np.int64)
        left = budget - int(found.sum())
        found[np.argsort(floor - quota)[:left]] += 1
        return found

    return shares


# --- the head of a queue, against a full sort ---


def _head_rows(rounds: int) -> Iterator[Row]:
    caps, scores = _sizes(MANY), np.random.default_rng(5).lognormal(0.0, 2.0, MANY)
    whole = int(caps.sum())
    title = f"{MANY:,} winners, a hundredth of their profits raised, against a full sort"
    yield compare(_head("allocation.head", title, whole // 100, caps, scores, 45.0), rounds)
    says = "the same, and every cap and score looked at, which the sort does not"
    yield compare(_head("allocation.head.checked", says, whole // 100, caps, scores, checks=True), rounds)
    says = "the same queue, half of all profits raised"
    yield compare(_head("allocation.head.half", says, whole // 2, caps, scores), rounds)
    says = "the same queue, a budget that takes everyone"
    yield compare(_head("allocation.head.all", says, whole, caps, scores), rounds)
    says = f"{TIED:,} equal scores: every id is hashed; the sort breaks ties by row"
    same = np.ones(TIED)
    yield compare(_head("allocation.head.ties", says, TIED * 10**6, np.full(TIED, 10**7), same), rounds)


def _head(
    name: str,
    says: str,
    budget: int,
    caps: Ints,
    scores: Floats,
    target: float | None = None,
    *,
    checks: bool = False,
) -> Claim:
    ids, has_ties = Names(len(caps)), not np.ptp(scores)

    def ours() -> Head:
        return queue_head(budget, caps, scores, ids=ids, event=EVENT, is_checked=not checks)

    def peer() -> tuple[Ints, Ints]:
        order = np.argsort(-scores)
        before = np.cumsum(caps[order])
        end = int(np.searchsorted(before, budget)) + 1
        paying = order[:end]
        shares = caps[paying]
        shares[-1] -= max(0, int(before[end - 1]) - budget)
        return paying, shares

    def differences(mine: Head, theirs: tuple[Ints, Ints]) -> list[str]:
        rows, shares = theirs
        if int(mine.shares.sum()) != budget or len(mine.rows) != len(rows):
            return [f"{len(mine.rows)} pay {mine.shares.sum()}, the sort {len(rows)} and {shares.sum()}"]
        order = np.argsort(rows)
        same = np.array_equal(mine.rows, rows[order]) and np.array_equal(mine.shares, shares[order])
        return [] if same or has_ties else ["other rows or shares"]

    def remark(head: Head) -> str:
        return f"{len(head.rows):,} pay"

    sides = Contender("seawall", ours), Contender("sort", peer)
    return Claim(name, says, *sides, differences, 1, target, target is not None, remark)


def _sizes(count: int) -> Ints:
    # Profits in micro-USD: log-normal with a heavy tail, 66 dollars at the median on average 490.
    drawn: Ints = np.rint(np.random.default_rng(4).lognormal(18.0, 2.0, count)).astype(np.int64) + 1
    return drawn
