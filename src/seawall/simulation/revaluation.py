"""What a book would owe under each of many scenarios: bad debt at once, before anybody acts."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seawall.core.market import Basis
from seawall.core.terms import Terms
from seawall.core.units import BPS
from seawall.errors import InputError, Problem
from seawall.rules import lending_rules
from seawall.simulation.kernels.columns import COLLATERAL, LONG, SHORT
from seawall.simulation.kernels.revalue import revalue_lanes
from seawall.simulation.kernels.revalue_lanes import TILE
from seawall.simulation.kernels.revalue_order import new_own
from seawall.simulation.kernels.revalue_rest import LOOKED_AT, SUMMED, revalue_rest
from seawall.simulation.kernels.revalue_sums import INSOLVENT, LIQUIDATABLE, LIQUIDATION_GAP, MARK_GAP
from seawall.simulation.kernels.revalue_tiles import Shares, Tiles, tabulate
from seawall.simulation.storm_book import StormBook, new_prices, refuse_portfolios

__all__ = ["Revaluation", "left_on_the_table", "revalue"]

SAMPLE = 100_000
"""Legs that tell which market weighs how much."""

OWN_FROM = 128
"""Accounts of a cohort from which an order of scenarios of its own is worth the sorting."""

SPANS_PER_THREAD = 4
"""Parts of the book each thread takes in turn, so that none waits for another."""


@dataclass(frozen=True, eq=False)
class Revaluation:
    """Totals of each scenario over all accounts, shape (n_scenarios,) each.

    Attributes:
        liquidatable, insolvent: Accounts below their requirement, and with less than nothing.
        mark_gap: Sum of max(0, -equity), each account rounded up [millionths of the base currency].
        liquidation_gap: What is left if all that are liquidatable are liquidated to exhaustion at these
            prices [millionths of the base currency].
        looked_at, summed: Pairs of account and scenario that were looked at, and summed in float64.
    """

    liquidatable: NDArray[np.int64]
    insolvent: NDArray[np.int64]
    mark_gap: NDArray[np.int64]
    liquidation_gap: NDArray[np.int64]
    looked_at: int
    summed: int

    def __len__(self) -> int:
        return len(self.liquidatable)


def revalue(
    storm: StormBook,
    shares: Shares,
    moves: NDArray[np.float64],
    *,
    basis: Basis = "oracle",
    threads: int = 1,
    prune: bool = True,
    own_from: int = OWN_FROM,
) -> Revaluation:
    """Value the whole book under every scenario.

    An account that cannot have failed is passed over where `prune` says so; the totals are the same to
    the last unit, with any number of threads. Against the exact rules an account's gap is off by what
    its legs lose when they become quanta, by float64 rounding (a few parts in 10^16 of its legs), and
    by the rounding up to a millionth.

    Args:
        shares: See `left_on_the_table`.
        moves: ln(price / price at the start) of each driver, shape (n_scenarios, n_drivers).
        basis: Whether accounts stand at the price the venue looks at, or at the market's (apart at the
            start by the gap of their codes).
        threads: How many to use.
        prune: Whether to pass over what cannot be reached.
        own_from: Accounts of a cohort from which scenarios are sorted for it alone, where `prune` says so.

    Raises:
        InputError: Moves of another shape, or not finite (`scenario_moves`).
        UnsupportedFeature: The book has accounts margined as portfolios (`storm_portfolio`).
    """
    refuse_portfolios(storm, "revaluation")
    _check(moves, len(storm.drivers))
    count = len(moves)
    order = np.argsort(_severity(storm, moves), kind="stable")
    whole = -(-count // TILE) * TILE
    padded = np.ascontiguousarray(moves[np.append(order, np.repeat(order[-1:], whole - count))])
    at_market = basis == "market"
    tiles = _tiles(storm, shares, padded, at_market)
    spans = _spans(storm, threads * SPANS_PER_THREAD)
    is_laned = _is_laned(storm)
    sets = (storm.for_sets, storm.against_sets)
    kind, leak = np.ascontiguousarray(storm.codes.item.kind), _leak(storm, shares)

    def totals_of(span: NDArray[np.intp]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        totals, work = np.zeros((4, whole), dtype=np.int64), np.zeros(2, dtype=np.int64)
        laned, rest = span[is_laned[span]], span[~is_laned[span]]
        if len(laned):
            own = new_own(whole // TILE)
            plain = (storm.cohorts, laned, kind, storm.q, tiles)
            revalue_lanes(*plain, own, own_from, leak, prune, totals, work)
        if len(rest):
            scratch = (_index(storm), new_prices(storm.codes))
            given = (storm.codes, at_market, storm.q, padded[:count], scratch, sets, shares)
            revalue_rest(storm.cohorts, rest, *given, prune, totals, work)
        return totals, work

    if threads == 1:
        parts = [totals_of(span) for span in spans]
    else:
        with ThreadPoolExecutor(threads) as pool:
            parts = list(pool.map(totals_of, spans))
    summed = sum((part for part, _ in parts), np.zeros((4, whole), dtype=np.int64))
    totals = np.empty((4, count), dtype=np.int64)
    totals[:, order] = summed[:, :count]
    work = sum((part for _, part in parts), np.zeros(2, dtype=np.int64))
    return Revaluation(
        totals[LIQUIDATABLE],
        totals[INSOLVENT],
        totals[MARK_GAP],
        totals[LIQUIDATION_GAP],
        int(work[LOOKED_AT]),
        int(work[SUMMED]),
    )


def left_on_the_table(storm: StormBook, terms: Terms) -> Shares:
    """Return what liquidations cost by the terms: the bonus on collateral, slippage of a close-out.

    As `risk.bad_debt.gaps` counts it: bonuses in whole basis points, slippage beside depth.
    """
    item = storm.codes.item
    unit = lending_rules(terms.rules).BONUS_UNIT if terms.family == "lending" else BPS
    is_position = (item.kind == LONG) | (item.kind == SHORT)
    bonus = np.where(item.kind == COLLATERAL, np.floor(item.factor * BPS / unit) / BPS, 1.0)
    slippage = np.zeros(len(bonus))
    for code in np.flatnonzero(is_position).tolist():
        slippage[code] = terms.instrument_terms(storm.name[code]).close_out_slippage_bps / BPS
    return Shares(bonus, slippage)


def _check(moves: NDArray[np.float64], drivers: int) -> None:
    where = "moves"
    if moves.ndim != 2 or moves.shape[1] != drivers or not len(moves):
        message = f"scenarios have shape {moves.shape}, expected (n_scenarios, {drivers}): one move a driver"
        raise InputError.of([Problem("scenario_moves", message, where)])
    wrong = np.argwhere(~np.isfinite(moves))
    if len(wrong):
        row, column = wrong[0].tolist()
        message = f"{len(wrong)} moves are not finite, expected ln(price / price at the start)"
        raise InputError.of([Problem("scenario_moves", message, f"{where}[{row}, {column}]")])


def _severity(storm: StormBook, moves: NDArray[np.float64]) -> NDArray[np.float64]:
    # Alike scenarios side by side: moves of drivers, by how many legs each weighs on (a sample says).
    item, every = storm.codes.item, len(storm.q) // SAMPLE + 1
    code, sign = storm.cohorts.code[::every], np.sign(storm.q[::every])
    legs = np.bincount(code, weights=sign, minlength=len(item))
    weight = np.zeros(moves.shape[1])
    for driver, power in ((item.driver, item.power), (item.driver_too, item.power_too)):
        moved = driver >= 0
        np.add.at(weight, driver[moved], (legs * power)[moved])
    return np.asarray(-(moves @ weight))


def _tiles(storm: StormBook, shares: Shares, moves: NDArray[np.float64], at_market: bool) -> Tiles:
    codes, count = storm.codes, len(moves) // TILE
    per_code = len(codes.item)
    shape = (count, per_code, TILE)
    tiles = Tiles(
        trigger=np.empty(shape),
        value=np.empty(shape),
        pays=np.empty(shape),
        screen=np.empty(shape, dtype=np.float32),
        screen_pays=np.empty(shape, dtype=np.float32),
        move=np.empty(shape),
        most=np.zeros((count, per_code)),
        is_screened=np.empty(count, dtype=np.bool_),
        low_for=np.empty((storm.for_sets.member.shape[1], count)),
        high_against=np.empty((storm.against_sets.member.shape[1], count)),
    )
    prices = new_prices(codes)
    sets = (storm.for_sets, storm.against_sets)
    tabulate(codes, at_market, moves, _index(storm), prices, *sets, shares.bonus, tiles)
    return tiles


def _leak(storm: StormBook, shares: Shares) -> NDArray[np.float64]:
    # ln(what liquidators give, or the whole price if less / what counts for the trigger).
    weight = storm.codes.item.weight
    share = np.minimum(1.0, 1.0 / shares.bonus)
    return np.log(share / np.where(weight > 0.0, weight, 1e-300))


def _index(storm: StormBook) -> NDArray[np.float64]:
    # No time passes: supplies and debts stand at the index they have.
    return np.ones(int(storm.codes.item.index.max(initial=-1)) + 1)


def _spans(storm: StormBook, count: int) -> list[NDArray[np.intp]]:
    # Numbers of the cohorts, in parts of about as many legs each.
    ends = storm.cohorts.leg_first
    cuts = np.searchsorted(ends, ends[-1] * np.arange(1, count) / count)
    return np.split(np.arange(len(ends) - 1), cuts)


def _is_laned(storm: StormBook) -> NDArray[np.bool_]:
    # Cohorts of two to five legs, collateral and debt alone.
    cohorts = storm.cohorts
    return np.asarray(cohorts.is_plain & (cohorts.width >= 2) & (cohorts.width <= 5))
