"""Totals over scenarios: the same pruned or not, sums over accounts, near the exact rules."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from benchmarks import storm_books
from benchmarks.revaluation import shares_of
from seawall.errors import InputError
from seawall.risk.assess import assess
from seawall.risk.bad_debt import book_gaps
from seawall.risk.detect import LIQUIDATABLE, scan
from seawall.simulation.kernels.columns import CASH, HOLD, LONG, SHORT
from seawall.simulation.kernels.evaluate import reprice
from seawall.simulation.kernels.revalue_sums import EXACT_MAX
from seawall.simulation.kernels.revalue_tiles import Shares
from seawall.simulation.revaluation import Revaluation, left_on_the_table, revalue
from seawall.simulation.storm_book import StormBook, new_prices, storm_book
from tests.simulation.storm_worlds import laid_out, shocked, world_of

FIELDS = ("liquidatable", "insolvent", "mark_gap", "liquidation_gap")
families = st.sampled_from(["lending", "exchange"])
seeds = st.integers(0, 2**32)


def moves_of(storm: StormBook, seed: int, count: int, scale: float = 0.2) -> NDArray[np.float64]:
    return np.random.default_rng(seed).normal(-0.05, scale, (count, len(storm.drivers)))


def totals(found: Revaluation) -> NDArray[np.int64]:
    return np.array([getattr(found, name) for name in FIELDS])


def one_by_one(storm: StormBook, shares: Shares, moves: NDArray[np.float64]) -> NDArray[np.int64]:
    """The slow twin: every account under every scenario, in Python, each gap rounded up by itself."""
    cohorts, item, line = storm.cohorts, storm.codes.item, storm.codes.line
    found = np.zeros((4, len(moves)), dtype=np.int64)
    prices = new_prices(storm.codes)
    for scenario, move in enumerate(moves):
        index = np.ones(int(item.index.max(initial=-1)) + 1)
        reprice(storm.codes, move, move, index, False, prices)
        for cohort, width in enumerate(cohorts.width.tolist()):
            rows = int(cohorts.first[cohort + 1] - cohorts.first[cohort])
            for row in range(rows):
                at = int(cohorts.leg_first[cohort]) + row * width
                legs = [(int(cohorts.code[leg]), float(storm.q[leg])) for leg in range(at, at + width)]
                excess = equity = left = 0.0
                for code, quantity in legs:
                    is_owed_cash = item.kind[code] == CASH and quantity < 0
                    excess += quantity * float(prices.value[code] if is_owed_cash else prices.trigger[code])
                for code, quantity in legs:
                    worth = quantity * float(prices.value[code])
                    if item.kind[code] in (LONG, SHORT):
                        lines = line[item.first_line[code] : item.last_line[code]].tolist()
                        settle = float(prices.settle[code])
                        excess -= max([0.0, *(rate * abs(worth) - cum * settle for rate, cum in lines)])
                        left += worth - abs(worth) * shares.slippage[code]
                    elif item.kind[code] != HOLD:
                        left += quantity * (float(prices.value[code]) / shares.bonus[code])
                    equity += worth if item.kind[code] != HOLD else 0.0
                found[0, scenario] += excess < 0
                found[1, scenario] += equity < 0
                found[2, scenario] += math.ceil(max(0.0, -equity) * 1e6)
                found[3, scenario] += math.ceil(max(0.0, -left) * 1e6) if excess < 0 else 0
    return found


@settings(max_examples=20)
@given(families, seeds, st.sampled_from([0.01, 0.2, 1.0]), st.sampled_from([1, 3, 128]))
def test_pruned_totals_are_the_plain_ones_to_the_last_unit(
    family: str, seed: int, scale: float, own_from: int
) -> None:
    storm = laid_out(family, seed)
    shares = left_on_the_table(storm, world_of(family, seed)[2])
    moves = moves_of(storm, seed, 70, scale)
    plain = revalue(storm, shares, moves, prune=False)
    pruned = revalue(storm, shares, moves, threads=2, own_from=own_from)
    assert np.array_equal(totals(plain), totals(pruned))
    assert pruned.looked_at <= plain.looked_at


@settings(max_examples=15)
@given(families, seeds, st.sampled_from([0.05, 0.2, 0.8]), st.sampled_from([1, 128]))
def test_totals_are_sums_over_accounts_each_rounded_up(
    family: str, seed: int, scale: float, own_from: int
) -> None:
    storm = laid_out(family, seed)
    shares = left_on_the_table(storm, world_of(family, seed)[2])
    moves = moves_of(storm, seed, 5, scale)
    found = totals(revalue(storm, shares, moves, own_from=own_from))
    assert np.array_equal(found, one_by_one(storm, shares, moves))


@pytest.mark.parametrize("prune", [True, False])
def test_an_account_exactly_at_its_trigger_is_safe_and_one_unit_less_is_not(prune: bool) -> None:
    # Float32 cannot tell these apart: float64 must.
    lent, price, threshold = 3e6, 3_000 / 1e6, 0.8
    owed = lent * price * threshold * 1e6
    rows = np.repeat(np.arange(400), 2)
    quantities = np.empty(800)
    quantities[0::2], quantities[1::2] = lent, -owed
    quantities[1::4] -= 1.0
    storm = storm_books.laid_out(rows, np.tile([4, storm_books.ASSETS], 400), quantities, 400)
    found = revalue(storm, shares_of(storm), np.zeros((70, storm_books.ASSETS)), prune=prune)
    assert found.liquidatable.tolist() == [200] * 70
    assert found.summed > 0


def test_large_cohorts_of_a_real_shape_give_the_plain_totals() -> None:
    storm = storm_books.multi_asset(20_000)
    moves = storm_books.shocks(150, 0.3)
    plain = revalue(storm, shares_of(storm), moves, prune=False)
    pruned = revalue(storm, shares_of(storm), moves, threads=2)
    assert np.array_equal(totals(plain), totals(pruned))
    assert plain.mark_gap.max() > 0
    assert pruned.looked_at < 0.75 * plain.looked_at


@pytest.mark.parametrize("family", ["lending", "exchange"])
@pytest.mark.parametrize("fall", [1.0, 0.9, 0.6, 0.25])
def test_totals_are_those_of_the_exact_rules(family: str, fall: float) -> None:
    book, market, terms = world_of(family, 7)
    storm = storm_book(book, market, terms)
    after, moved = shocked(market, {"ETH": fall, "BTC": fall, "BTC-PERP": fall, "ETH-PERP": fall})
    moves = np.array([[moved[name] for name in storm.drivers]])
    found = revalue(storm, left_on_the_table(storm, terms), moves)
    exact_scan = scan(book, after, terms)
    exact = book_gaps(book, after, terms, found=exact_scan)
    unit = assess(book.account(book.accounts.id[storm.account[0]]), book, after, terms).value_unit * 10**8
    # Each account: a millionth for the rounding up, and a quantum of each leg (none here: all are whole).
    bound = 1e-6 * len(storm) + 1e-12 * float(
        np.abs(storm.q * storm.codes.item.worth[storm.cohorts.code]).sum()
    )
    assert found.liquidatable[0] == (exact_scan.flag == LIQUIDATABLE).sum()
    assert found.mark_gap[0] / 1e6 == pytest.approx(exact.mark_gap / unit, abs=bound)
    assert found.liquidation_gap[0] / 1e6 == pytest.approx(exact.liquidation_gap / unit, abs=bound)
    assert fall > 0.5 or found.mark_gap[0] > 0


def test_an_account_too_large_for_exact_sums_is_added_alone() -> None:
    storm = laid_out("lending", 3)
    shares = left_on_the_table(storm, world_of("lending", 3)[2])
    moves = moves_of(storm, 3, 3)
    largest = float(np.abs(storm.q * storm.codes.item.worth[storm.cohorts.code]).max())
    storm.codes.item.worth *= 4 * EXACT_MAX / 1e6 / largest
    assert np.array_equal(totals(revalue(storm, shares, moves)), one_by_one(storm, shares, moves))


def test_prices_too_small_for_a_float32_are_not_screened() -> None:
    storm = laid_out("lending", 4)
    shares = left_on_the_table(storm, world_of("lending", 4)[2])
    moves = moves_of(storm, 4, 3) - 90.0  # all prices alike, 1e-39 of what they were
    found = totals(revalue(storm, shares, moves))
    assert np.array_equal(found, one_by_one(storm, shares, moves))
    assert found[0].sum() > 0


def test_each_basis_has_its_own_prices() -> None:
    storm = laid_out("lending", 5)
    shares = left_on_the_table(storm, world_of("lending", 5)[2])
    still = np.zeros((1, len(storm.drivers)))
    apart = moves_of(storm, 5, 1)
    for driver in range(len(storm.drivers)):
        storm.codes.item.gap[storm.codes.item.driver == driver] = apart[0, driver]
    at_market = totals(revalue(storm, shares, still, basis="market"))
    assert np.array_equal(at_market, totals(revalue(storm, shares, apart)))
    assert not np.array_equal(at_market, totals(revalue(storm, shares, still)))


@pytest.mark.parametrize(
    ("moves", "says"),
    [
        (np.zeros((2, 1)), "one move a driver"),
        (np.zeros((0, 3)), "one move a driver"),
        (np.full((2, 3), np.nan), r"moves\[0, 0\]"),
    ],
)
def test_moves_that_are_none_are_refused(moves: NDArray[np.float64], says: str) -> None:
    storm = laid_out("lending", 1)
    shares = left_on_the_table(storm, world_of("lending", 1)[2])
    with pytest.raises(InputError, match=says):
        revalue(storm, shares, moves)
