"""A book of a million accounts under a thousand scenarios, against what one would write without us.

All sides give four numbers a scenario: liquidatable and insolvent accounts, mark gap and liquidation
gap. NumPy and SciPy do a part of the scenarios and their time counts for all; they add in another order,
so counts must be the same and gaps within a millionth an account. Pruned and plain must agree to the unit.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec

import numpy as np
from numpy.typing import NDArray

from benchmarks import storm_books
from benchmarks.measure import Claim, Contender, Row, compare
from seawall.simulation.kernels.revalue_tiles import Shares
from seawall.simulation.revaluation import Revaluation, revalue
from seawall.simulation.storm_book import StormBook

Floats = NDArray[np.float64]
Totals = NDArray[np.float64]

ACCOUNTS, SCENARIOS, THREADS = 1_000_000, 1_000, 2
NUMPY_PART, SCIPY_PART, SCIPY_ROWS = 4, 32, 20_000
CALM, STRESSED = 0.05, 0.25
FIELDS = ("liquidatable", "insolvent", "mark_gap", "liquidation_gap")


def rows(rounds: int) -> Iterator[Row]:
    """Measure against NumPy, SciPy and a matrix product, then pruned against plain, then bad cases."""
    book = storm_books.multi_asset(ACCOUNTS)
    title = f"{ACCOUNTS:,} accounts x {SCENARIOS:,} scenarios"
    for name, vol in (("calm", CALM), ("stressed", STRESSED)):
        moves = storm_books.shocks(SCENARIOS, vol)
        says = f"{title}, vol {vol:.0%}, every pair looked at, against NumPy CSR"
        yield compare(_claim(f"revalue.{name}", says, book, moves, numpy_peer(book, moves), 80.0), rounds)
    moves = storm_books.shocks(SCENARIOS, CALM)
    says = f"{title}, vol {CALM:.0%}, every pair looked at, against SciPy CSR @ prices"
    if find_spec("scipy"):
        yield compare(_claim("revalue.scipy", says, book, moves, scipy_peer(book, moves)), rounds)
    else:
        yield Row("revalue.scipy", says, "s", note="scipy is not installed (extra `stats`)")
    yield compare(_gemm_claim(title, book, moves), rounds)
    for name, vol, target in (("calm", CALM, 30.0), ("stressed", STRESSED, 3.0)):
        moves = storm_books.shocks(SCENARIOS, vol)
        says = f"{title}, vol {vol:.0%}, pruned against every pair looked at"
        yield compare(_pruned(f"revalue.pruned.{name}", says, book, moves, target), rounds)
        says = f"{title}, vol {vol:.0%}, pruned, against NumPy CSR"
        peer = numpy_peer(book, moves)
        yield compare(_claim(f"revalue.all.{name}", says, book, moves, peer, prune=True), rounds)
    ruin = storm_books.shocks(SCENARIOS, CALM) - 1.5 * (np.arange(storm_books.ASSETS) >= storm_books.STABLE)
    says = f"{title}, every volatile asset falls by 78 %: nothing to pass over"
    peer = numpy_peer(book, ruin)
    yield compare(_claim("revalue.ruin", says, book, ruin, peer, prune=True, is_favourable=False), rounds)
    small = storm_books.multi_asset(10_000)
    moves = storm_books.shocks(SCENARIOS, CALM)
    says = f"10,000 accounts in {len(small.cohorts.width):,} cohorts x {SCENARIOS:,} scenarios"
    peer = numpy_peer(small, moves)
    yield compare(_claim("revalue.small", says, small, moves, peer, prune=True, is_favourable=False), rounds)


def shares_of(book: StormBook) -> Shares:
    """Return what liquidators take in the synthetic book."""
    is_collateral = book.codes.item.kind == 0
    return Shares(np.where(is_collateral, storm_books.BONUS, 1.0), np.zeros(len(is_collateral)))


def _claim(
    name: str,
    says: str,
    book: StormBook,
    moves: Floats,
    peer: Contender,
    target: float | None = None,
    *,
    prune: bool = False,
    is_favourable: bool = True,
) -> Claim:
    shares = shares_of(book)

    def differences(ours: Revaluation, theirs: Totals) -> list[str]:
        count = theirs.shape[1]
        found = []
        for row, field in enumerate(FIELDS):
            mine = getattr(ours, field)[:count].astype(float)
            allowed = 0.0 if row < 2 else len(book) + 1e-9 * mine
            if (np.abs(mine - theirs[row]) > allowed).any():
                found.append(f"{field}: {mine[:2]} and {theirs[row][:2]}")
        return found

    def ours() -> Revaluation:
        return revalue(book, shares, moves, threads=THREADS, prune=prune)

    return Claim(
        name,
        says,
        Contender("seawall", ours),
        peer,
        differences,
        target=target,
        is_favourable=is_favourable,
        remark=lambda found: _regime(found, len(book) * len(moves)),
    )


def _pruned(name: str, says: str, book: StormBook, moves: Floats, target: float) -> Claim:
    shares = shares_of(book)

    def differences(ours: Revaluation, theirs: Revaluation) -> list[str]:
        return [field for field in FIELDS if not np.array_equal(getattr(ours, field), getattr(theirs, field))]

    return Claim(
        name,
        says,
        Contender("pruned", lambda: revalue(book, shares, moves, threads=THREADS)),
        Contender("plain", lambda: revalue(book, shares, moves, threads=THREADS, prune=False)),
        differences,
        target=target,
        remark=lambda found: _regime(found, len(book) * len(moves)),
    )


def _gemm_claim(title: str, book: StormBook, moves: Floats) -> Claim:
    # A product of square matrices with as many operations as one of our three sums: two a leg.
    shares = shares_of(book)
    side = round((len(book.q) * len(moves)) ** (1 / 3))
    chance = np.random.default_rng(1)
    left, right = chance.random((side, side)), chance.random((side, side))
    return Claim(
        "revalue.gemm",
        f"{title}, vol {CALM:.0%}, every pair looked at, against a float64 product of as many operations",
        Contender("seawall", lambda: revalue(book, shares, moves, threads=THREADS, prune=False)),
        Contender("gemm", lambda: left @ right),
        lambda ours, theirs: [],
        target=0.5,
        remark=lambda found: (
            f"{2 * len(book.q) * len(moves) / 1e9:.1f} G operations counted, one sum of three"
        ),
    )


def _regime(found: Revaluation, pairs: int) -> str:
    liquidatable, insolvent = found.liquidatable.sum() / pairs, found.insolvent.sum() / pairs
    return (
        f"{liquidatable:.1%} of pairs liquidatable, {insolvent:.2%} insolvent; "
        f"{found.looked_at / pairs:.0%} looked at, {found.summed / pairs:.0%} summed in float64"
    )


def numpy_peer(book: StormBook, moves: Floats) -> Contender:
    """Return bare NumPy over a CSR book, arrays ready: three `reduceat` a scenario."""
    code, first, run = _csr(book)
    worth = book.codes.item.worth[:, None] * np.exp(moves[:NUMPY_PART, book.codes.item.driver].T)
    trigger = worth * book.codes.item.weight[:, None]
    pays = worth / shares_of(book).bonus[:, None]
    part = worth.shape[1]

    def bare() -> Totals:
        found = np.empty((4, part))
        for scenario in range(part):
            excess = np.add.reduceat(run * trigger[code, scenario], first)
            equity = np.add.reduceat(run * worth[code, scenario], first)
            left = np.add.reduceat(run * pays[code, scenario], first)
            found[:, scenario] = _summed(excess, equity, left)
        return found

    return Contender("numpy", bare, times=len(moves) / part)


def scipy_peer(book: StormBook, moves: Floats) -> Contender:
    """Return SciPy: a sparse matrix times the prices of many scenarios, in blocks that fit a cache."""
    from scipy import sparse

    code, first, run = _csr(book)
    worth = book.codes.item.worth[:, None] * np.exp(moves[:SCIPY_PART, book.codes.item.driver].T)
    tables: list[Floats] = [
        worth * book.codes.item.weight[:, None],
        worth,
        worth / shares_of(book).bonus[:, None],
    ]
    ends = np.append(first, len(run))
    shape = (len(first), len(worth))
    held = sparse.csr_matrix((run, code, ends), shape=shape)
    blocks = [held[at : at + SCIPY_ROWS] for at in range(0, len(first), SCIPY_ROWS)]

    def bare() -> Totals:
        found = np.zeros((4, worth.shape[1]))
        for block in blocks:
            found += _summed(*(block @ table for table in tables))
        return found

    return Contender("scipy", bare, times=len(moves) / worth.shape[1])


def _summed(excess: Floats, equity: Floats, left: Floats) -> Totals:
    fails = excess < 0.0
    gap = np.ceil(np.maximum(-equity, 0.0) * 1e6).sum(axis=0)
    behind = np.ceil(np.maximum(np.where(fails, -left, 0.0), 0.0) * 1e6).sum(axis=0)
    return np.array([fails.sum(axis=0), (equity < 0.0).sum(axis=0), gap, behind])


def _csr(book: StormBook) -> tuple[NDArray[np.int64], NDArray[np.int64], Floats]:
    width = np.repeat(book.cohorts.width, np.diff(book.cohorts.first))
    first = np.cumsum(width) - width
    return book.cohorts.code.astype(np.int64), first, book.q
