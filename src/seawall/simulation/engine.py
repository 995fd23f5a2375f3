"""Walk many paths over one book: threads that share the book and own what they change."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from seawall.errors import InputError, Problem
from seawall.simulation.bearers import new_charged
from seawall.simulation.borrowers import Borrowers, new_people
from seawall.simulation.impact import ImpactColumns
from seawall.simulation.kernels.absorb import Pots
from seawall.simulation.kernels.by_reference import by_reference
from seawall.simulation.kernels.columns import Cohorts
from seawall.simulation.kernels.index import EVALUATIONS, VISITS, Index, new_index
from seawall.simulation.kernels.rivals import SCORED
from seawall.simulation.kernels.sleepers import Sleepers, new_sleepers
from seawall.simulation.kernels.state import BY_INDEX, BY_INDEX_WITHOUT_EPOCHS, BY_SCAN, Thread, Venue
from seawall.simulation.kernels.tally import (
    FIRST_DELEVERAGE_STEP,
    FIRST_EMPTY_STEP,
    FIRST_LOSS_STEP,
    Tally,
)
from seawall.simulation.kernels.together import Together
from seawall.simulation.kernels.trade import DRIVER, PURSE, Desk
from seawall.simulation.liquidators import Liquidators
from seawall.simulation.oracle import OracleColumns, new_oracle_state
from seawall.simulation.rivals import new_winners
from seawall.simulation.sampling import Walks
from seawall.simulation.storm_book import StormBook, new_prices
from seawall.simulation.together import new_together
from seawall.simulation.totals import PathTotals

__all__ = ["DETECTORS", "Detector", "Ground", "Walker", "walk_paths"]

Detector = Literal["index", "scan", "index_without_epochs"]
LOG_MOVE_MAX = 50.0
"""How far a fundamental price may go from its start, either way [log price]."""

DETECTORS: dict[Detector, int] = {
    "index": BY_INDEX,
    "scan": BY_SCAN,
    "index_without_epochs": BY_INDEX_WITHOUT_EPOCHS,
}


@dataclass(frozen=True, eq=False)
class Ground:
    """Everything of a storm but its paths: book, policies, markets, waterfall; shared and never changed.

    Attributes:
        walk: `walk_path`, bound to the rules of the venue.
        unit_price: Price of a whole unit of each driver at the start [base currency].
        together: Sums over all accounts at the start; empty where each is judged alone.
        pools: By asset, shape (n_assets,) of `kernels.pools.POOL`.
        exits: How many pools suppliers run from.
        funding: By code, shape (n_codes,) of `kernels.funding.FUNDING`.
        layers: How many layers the waterfall has.
        names: Of the columns of totals, by table, as `PathTotals.refuse_full` tells them.
        borrowers, watches: What borrowers do, and whether each row of the storm is watched, shape (N,).
    """

    storm: StormBook
    venue: Venue
    walk: Callable[..., Any]
    markets: ImpactColumns
    unit_price: NDArray[np.float64]
    oracles: OracleColumns
    together: Together
    pools: np.recarray[Any, Any]
    exits: int
    funding: np.recarray[Any, Any]
    pots: Pots
    layers: int
    n_assets: int
    names: Mapping[str, Sequence[str]]
    liquidators: Liquidators
    borrowers: Borrowers | None
    watches: NDArray[np.bool_]

    @property
    def has_funding(self) -> bool:
        """Whether any position pays or gets funding."""
        return bool(self.funding.pays.any())


def walk_paths(
    ground: Ground,
    moves: NDArray[np.float64],
    *,
    first: int = 0,
    walks: Walks | None = None,
    depth: NDArray[np.float64] | None = None,
    absent: NDArray[np.bool_] | None = None,
    detector: Detector = "index",
    threads: int = 1,
) -> PathTotals:
    """Walk paths and return their totals, which do not depend on threads or detector.

    Args:
        moves: Log moves of the fundamentals since the start, shape (n_paths, n_steps, n_drivers).
        first: Number of the first path.
        walks: Whose moves these are, where not every path of a range is walked; `first` is then theirs.
        depth: Depth of each market as a multiple of the start's, same shape; 1 where None.
        absent: Whether liquidators are away, shape (n_paths, n_steps); never where None.
        detector: How failing accounts are found; the answer is the same.
        threads: How many to use.

    Raises:
        InputError: A price leaves all bounds (`price_too_far`), or an amount (`total_too_large`).
    """
    _refuse_far(moves, first if walks is None else walks.number)
    paths, n_steps, drivers = moves.shape
    totals = PathTotals.empty(
        first, paths, assets=ground.n_assets, layers=ground.layers, drivers=drivers, n_steps=n_steps
    )
    if walks is not None:
        totals = replace(
            totals, first=walks.first, drawn=walks.drawn, number=walks.number, weight=walks.weight
        )
    shares: list[Sequence[int]] = [range(which, paths, threads) for which in range(min(threads, paths))]

    def walk_share(share: Sequence[int]) -> None:
        worker = Walker(ground, n_steps)
        for path in share:
            worker.walk(
                totals,
                path,
                moves[path],
                np.ones_like(moves[path]) if depth is None else depth[path],
                np.zeros(moves.shape[1], dtype=np.bool_) if absent is None else absent[path],
                DETECTORS[detector],
            )

    if len(shares) <= 1:
        for share in shares:
            walk_share(share)
    else:
        with ThreadPoolExecutor(len(shares)) as pool:
            for done in [pool.submit(walk_share, share) for share in shares]:
                done.result()
    totals.refuse_full(ground.names)
    return totals


def _refuse_far(moves: NDArray[np.float64], number: int | NDArray[np.int64]) -> None:
    # What exp() makes of such a move is no price: it is infinite, or nothing.
    far = np.flatnonzero(~(np.abs(moves) <= LOG_MOVE_MAX).all(axis=(1, 2)))
    if len(far):
        path = int(number + far[0] if isinstance(number, int) else number[far[0]])
        message = (
            f"a price moves by more than a factor of {np.exp(LOG_MOVE_MAX):.1g}: lower its volatility,"
            " drift or jumps, or shorten the horizon"
        )
        raise InputError.of([Problem("price_too_far", message, f"path {path}")])


class Walker:
    """One thread's own copy of what a path changes, left as the last path left it."""

    def __init__(self, ground: Ground, n_steps: int) -> None:
        storm, drivers = ground.storm, len(ground.unit_price)
        self.ground = ground
        self.prices = new_prices(storm.codes)
        self.codes = storm.codes._replace(table=storm.codes.table.copy())
        self.thread = _new_thread(storm, ground, drivers)
        self.index: Index = new_index(
            storm.cohorts,
            len(storm.codes.item),
            storm.for_sets.member.shape[1],
            storm.against_sets.member.shape[1],
        )
        self.oracle_state = new_oracle_state(ground.oracles)
        self.people = new_people(storm, ground.borrowers, ground.watches, ground.venue.step_s)
        self.band, self.band_index = self.thread, self.index
        if ground.borrowers is not None:
            self.band, self.band_index = _new_band(self.thread, storm)
        self.desk = _new_desk(ground, len(storm.codes.item), drivers, n_steps)
        book = (storm.cohorts, self.codes, storm.for_sets, storm.against_sets)
        policies = (storm.grid, ground.venue, ground.markets, ground.oracles, ground.pots)
        own = (
            self.thread, self.index, self.people, self.band, self.band_index, self.desk, self.oracle_state
        )  # fmt: skip
        self.book = [by_reference(each) for each in book]
        self.policies = [by_reference(each) for each in policies]
        self.own = [by_reference(each) for each in own]

    def walk(
        self,
        totals: PathTotals,
        path: int,
        moves: NDArray[np.float64],
        depth: NDArray[np.float64],
        absent: NDArray[np.bool_],
        detector: int,
    ) -> None:
        """Walk one path into its row of the totals; arguments as for `walk_paths`, of one path."""
        ground, storm = self.ground, self.ground.storm
        tally = Tally(
            totals.money[path], totals.counts[path], totals.recognised[path], totals.uncovered[path],
            totals.layers[path], totals.sold[path], np.zeros((2, len(ground.pots.layer))),
        )  # fmt: skip
        tally.counts[[FIRST_LOSS_STEP, FIRST_DELEVERAGE_STEP, FIRST_EMPTY_STEP]] = -1
        self.index.counters[:] = 0
        if ground.has_funding:
            detector = BY_SCAN  # which it would be more often than not: every account changes at every step
        ground.walk(
            *self.book, storm.q, self.prices, *self.policies, *self.own, by_reference(tally),
            totals.course[path], moves, depth, absent, detector,
        )  # fmt: skip
        totals.end_move[path] = self.desk.market.fundamental - self.desk.market.x
        totals.work[path] = (
            len(moves),
            self.index.counters[EVALUATIONS] + self.thread.winners.counters[SCORED],
            self.index.counters[VISITS],
            self.thread.changes[0],
        )


def _new_thread(storm: StormBook, ground: Ground, drivers: int) -> Thread:
    rows, assets = len(storm), ground.n_assets
    return Thread(
        q=storm.q.copy(),
        queue=np.empty(rows + 1, dtype=np.int64),
        since=np.full(rows, -1, dtype=np.int32),
        spare=np.zeros(rows),
        cohort_of=_cohort_of(storm.cohorts),
        is_closed=np.zeros(rows, dtype=np.bool_),
        is_changed=np.zeros(rows, dtype=np.bool_),
        changed=np.empty(rows, dtype=np.int32),
        changes=np.zeros(1, dtype=np.int64),
        defaults=np.zeros(assets),
        surplus=np.zeros(len(storm.codes.item)),
        growth=np.ones(2 * assets),
        seen=np.zeros(drivers),
        traded=np.zeros(drivers),
        shared=np.zeros(assets),
        winners=new_winners(storm, ground.pots.rivals),
        together=new_together(ground.together),
        is_loose=np.zeros(rows, dtype=np.bool_),
        loose=np.empty(rows, dtype=np.int32),
        n_loose=np.zeros(1, dtype=np.int64),
        sleepers=_new_sleepers(storm, rows),
        charged=new_charged(storm, ground.pots.bearers, ground.pots.rivals),
        rewrites=np.zeros(1, dtype=np.int64),
    )


def _new_band(thread: Thread, storm: StormBook) -> tuple[Thread, Index]:
    # A second queue and index over the same accounts: those that near failure, in place of those that fail.
    rows = len(storm)
    band = thread._replace(
        queue=np.empty(rows + 1, dtype=np.int64),
        since=np.full(rows, -1, dtype=np.int32),
        spare=np.zeros(rows),
        n_loose=np.zeros(1, dtype=np.int64),
        is_loose=np.zeros(rows, dtype=np.bool_),
        sleepers=_new_sleepers(storm, 0),
    )
    for_sets, against_sets = storm.for_sets.member.shape[1], storm.against_sets.member.shape[1]
    return band, new_index(storm.cohorts, len(storm.codes.item), for_sets, against_sets)


def _new_sleepers(storm: StormBook, rows: int) -> Sleepers:
    for_sets, against_sets = storm.for_sets.member.shape[1], storm.against_sets.member.shape[1]
    return new_sleepers(rows, len(storm.codes.item), for_sets, against_sets)


def _cohort_of(cohorts: Cohorts) -> NDArray[np.int32]:
    return np.repeat(np.arange(len(cohorts.width), dtype=np.int32), np.diff(cohorts.first))


def _new_desk(ground: Ground, codes: int, drivers: int, n_steps: int) -> Desk:
    wanted = ground.liquidators
    market = np.zeros(drivers, dtype=DRIVER).view(np.recarray)
    market.depth, market.unit_price = 1.0, ground.unit_price
    purse = np.zeros(1, dtype=PURSE).view(np.recarray)
    purse.slots_each, purse.repay_max, purse.asks = wanted.slots, wanted.repay_max, wanted.asks
    purse.gas, purse.profit_min, purse.premium = wanted.gas, wanted.profit_min, wanted.latency_premium
    return Desk(
        market,
        purse,
        np.zeros(codes),
        ground.pools.copy(),
        ground.funding.copy(),
        np.zeros((ground.exits, n_steps)),
    )
