"""Whole paths of liquidations, sales and falling prices: our detection by index against looking at everybody.

The storm itself is the same on all sides that run it, and its totals and last prices must be the same to
the last bit. Two sides only look: NumPy and the best scan we know evaluate every account at every step and
liquidate nobody; a part of their steps is timed and counts for all.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from benchmarks import storm_books
from benchmarks.measure import Claim, Contender, Row, compare
from benchmarks.monitor import rescan_span
from benchmarks.storm_books import ASSETS, BONUS, NAMES, PRICE_USD, QUANTA_PER_UNIT, STABLE, THRESHOLD
from seawall.core.book import Account, Asset, Balance, Book, Pool
from seawall.core.market import Market, Price
from seawall.core.terms import Terms
from seawall.core.units import BPS
from seawall.simulation.engine import Detector, Ground, walk_paths
from seawall.simulation.scenario import Scenario
from seawall.simulation.storm import Storm
from seawall.simulation.totals import PathTotals
from seawall.venues import load_terms

THREADS = 2
STEPS, STEP_S = 288, 300
USD = 10**8
KEPT = 0.9
"""Part of an impact that is left after a step."""

LOOKS = 6
"""Steps that the sides that only look are timed on."""


@dataclass(frozen=True)
class Setting:
    """One storm; `depth` is the part of an asset's collateral whose sale moves its price by a tenth."""

    name: str
    accounts: int
    paths: int
    vol: float
    depth: float = 0.3
    jump: float = 0.0
    numpy_target: float | None = None
    scan_target: float | None = None


SETTINGS = (
    Setting("100k.3", 100_000, 4, 0.03, numpy_target=120.0, scan_target=12.0),
    Setting("100k.16", 100_000, 4, 0.16, numpy_target=60.0, scan_target=5.0),
    Setting("1m.3", 1_000_000, 2, 0.03, numpy_target=300.0, scan_target=25.0),
)
RUN_AWAY = Setting("100k.runaway", 100_000, 4, 0.08, depth=0.003, jump=0.15, scan_target=1.0)


def rows(rounds: int) -> Iterator[Row]:
    """Measure ordinary storms, then the run-away cascade that is worst for an index."""
    for setting in (*SETTINGS, RUN_AWAY):
        ground = ground_of(setting.accounts, setting.depth)
        moves = storm_books.day_paths(setting.paths, STEPS, setting.vol, setting.jump)
        accounts = f"{setting.accounts:,} accounts x {setting.paths} paths x {STEPS} steps"
        title = f"{accounts}, {setting.vol:.0%} a day"
        peers = {
            "scan": (_walker(ground, moves, "scan"), setting.scan_target),
            "look": (_best_scan(ground, setting.paths), None),
            "numpy": (_numpy(ground, setting.paths), setting.numpy_target),
        }
        for word, (peer, target) in peers.items():
            claim = Claim(
                f"cascade.{setting.name}.{word}",
                f"{title}, against {peer.name}",
                _walker(ground, moves, "index"),
                peer,
                _differences if word == "scan" else lambda ours, theirs: [],
                target=target,
                is_favourable=setting is not RUN_AWAY,
                remark=_regime(setting.accounts) if word == "scan" else lambda totals: "",
            )
            yield compare(claim, rounds)


@cache
def ground_of(accounts: int, depth: float) -> Ground:
    """Return the ground of a storm over the synthetic book."""
    book = storm_books.multi_asset(accounts)
    held = np.bincount(book.cohorts.code, weights=book.q, minlength=2 * ASSETS)[:ASSETS]
    deep = (depth * held / QUANTA_PER_UNIT * PRICE_USD + 1.0).tolist()
    half_life = -STEP_S * math.log(2.0) / math.log(KEPT)
    scenario = Scenario.build(
        {
            "run": {"n_paths": 1, "horizon_s": STEPS * STEP_S, "step_s": STEP_S},
            "prices": {"kind": "gbm", "assets": {name: {"vol": 1.0} for name in NAMES}},
            "markets": {
                name: {
                    "impact": {"kind": "linear", "value": value, "move_bps": 1000.0, "half_life_s": half_life}
                }
                for name, value in zip(NAMES, deep, strict=True)
            },
            "liquidators": {"asks": False},
        }
    )
    return replace(Storm.of(*_venue(), scenario).ground, storm=book)


def _venue() -> tuple[Book, Market, Terms]:
    # One borrower: the ground is laid out for it, then stands under the synthetic book.
    assets = [Asset(name, 6) for name in NAMES]
    borrower = Account("a", balances=(Balance("A04", "supply", 10**6), Balance("A00", "debt", -(10**6))))
    supplier = Account("lp", balances=tuple(Balance(name, "supply", 10**18) for name in NAMES))
    pools = [Pool(name, cash=10**18) for name in NAMES]
    book = Book.of([supplier, borrower], assets=assets, pools=pools, venue="bench")
    prices = {
        name: Price(round(usd * USD), round(usd * USD)) for name, usd in zip(NAMES, PRICE_USD, strict=True)
    }
    own = {
        name: {
            "ltv_bps": round(threshold * BPS) - 500,
            "threshold_bps": round(threshold * BPS),
            "bonus_bps": round(BONUS * BPS),
        }
        for name, threshold in zip(NAMES, THRESHOLD.tolist(), strict=True)
    }
    return (
        book,
        Market(prices=prices),
        Terms.build({**load_terms("generic_lending").model_dump(), "assets": own}),
    )


def _walker(ground: Ground, moves: storm_books.Floats, detector: Detector) -> Contender:
    name = "our own scan of everybody" if detector == "scan" else "seawall"
    return Contender(name, lambda: walk_paths(ground, moves, detector=detector, threads=THREADS))


def _best_scan(ground: Ground, paths: int) -> Contender:
    book = ground.storm
    cohorts = book.cohorts
    trigger = np.ascontiguousarray(book.codes.item.worth * book.codes.item.weight)
    half = int(np.searchsorted(cohorts.leg_first, cohorts.leg_first[-1] // 2))
    spans = ((0, half), (half, len(cohorts.width)))
    found = [np.empty(len(book) + 1, dtype=np.int64) for _ in spans]
    pool = ThreadPoolExecutor(THREADS)

    def look() -> None:
        for _ in range(LOOKS):
            columns = (cohorts.first, cohorts.leg_first, cohorts.width, cohorts.code, trigger, book.q)
            parts = [
                pool.submit(rescan_span, *columns, span, room)
                for span, room in zip(spans, found, strict=True)
            ]
            for part in parts:
                part.result()

    return Contender("the best scan we know, which only looks", look, times=paths * STEPS / LOOKS)


def _numpy(ground: Ground, paths: int) -> Contender:
    book = ground.storm
    width = np.repeat(book.cohorts.width, np.diff(book.cohorts.first))
    first, code = np.cumsum(width) - width, book.cohorts.code.astype(np.int64)
    trigger = book.codes.item.worth * book.codes.item.weight

    def look() -> None:
        for _ in range(LOOKS):
            np.flatnonzero(np.add.reduceat(book.q * trigger[code], first) < 0.0)

    return Contender("a NumPy scan, which only looks", look, times=paths * STEPS / LOOKS)


def _differences(ours: PathTotals, theirs: PathTotals) -> list[str]:
    names = ("money", "counts", "recognised", "uncovered", "layers", "sold", "end_move")
    return [name for name in names if not np.array_equal(getattr(ours, name), getattr(theirs, name))]


def _regime(accounts: int):  # type: ignore[no-untyped-def]  # a remark on totals
    def says(totals: PathTotals) -> str:
        calls = totals.count("liquidations").mean() / accounts
        _, evaluated, visits, _ = totals.work.sum(axis=0).tolist()
        steps = len(totals) * STEPS * accounts
        made = max(1, int(totals.count("liquidations").sum()))
        end = float(np.exp(totals.end_move[:, STABLE:].mean()))
        return (
            f"{calls:.2g} liquidations an account and path, prices end at {end:.2f}; "
            f"{evaluated / made:.1f} evaluations a liquidation, {evaluated / steps:.2g} of account-steps, "
            f"{visits:,} cohort visits"
        )

    return says
