"""How near a cascade: the engine's own forced sales against the gauge made from accounts by formula."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np
import pytest

from seawall.analysis.branching import branching_gauge, branching_profile, trigger_drops
from seawall.runs.cascade import LEVELS, WINDOW, branching_over, cascade_summary, critical_depth
from seawall.simulation.forced_sales import ForcedSales, forced_sales, log_impact
from seawall.simulation.scenario import Scenario
from seawall.simulation.storm import Storm
from tests.simulation.loans import still, storm_of_loans
from tests.worlds import exchange_book, exchange_market, exchange_terms, long_btc, short_btc, trader

PRICE, VALUE = 100.0, 400.0
ALL_SOLD = {"threshold_bps": 9500, "bonus_bps": 10_600}  # 0.95 * 1.06 >= 1: no coin is left


def loans() -> list[tuple[dict[str, float], float]]:
    """Ninety loans against two coins, with triggers from above the window to far below it."""
    chance = np.random.default_rng(4)
    held = chance.uniform(0.2, 2.0, (90, 2)) * (chance.random((90, 2)) < 0.8) + 0.05
    held = np.round(held, 8)
    near = chance.uniform(0.7, 1.02, 90)
    owed = np.round(held.sum(axis=1) * PRICE * 0.95 * near, 6)
    return [({"ONE": one, "TWO": two}, debt) for (one, two), debt in zip(held, owed.tolist(), strict=True)]


@cache
def storm_of(**impact: Any) -> Storm:
    """Sales of 400 take a coin down by 1 % in the log, or as `impact` says."""
    told = impact or {"kind": "linear", "value": VALUE}
    raw = {
        "run": {"n_paths": 1, "horizon_s": 600, "step_s": 60},
        "prices": still(["ONE", "TWO"]),
        "markets": {"ONE": {"impact": told}, "TWO": {"impact": told}},
        "rates": {"DOLLAR": {"borrow_per_year": 5.0}},
        "liquidators": {"gas": 1e6},
        "borrowers": {"share": 1.0, "action": "top_up", "trigger_health": 1.2, "target_health": 1.5},
        "exits": [{"asset": "DOLLAR", "share": 0.9, "share_per_hour": 1.0}],
    }
    return storm_of_loans(loans(), PRICE, raw, **ALL_SOLD)


@cache
def sales() -> ForcedSales:
    return forced_sales(storm_of().ground, np.log1p(-np.array(LEVELS)))


def columns() -> tuple[np.ndarray, np.ndarray]:
    """The fall of each coin that triggers each loan [log], and the units it holds."""
    held = np.array([[coins["ONE"], coins["TWO"]] for coins, _ in loans()])
    owed = np.array([[debt] for _, debt in loans()])
    return trigger_drops(np.hstack([held * PRICE * 0.95, -owed]))[:, :2], held


def test_the_engine_sells_what_the_formula_counts() -> None:
    drops, units = columns()
    window = -np.log1p(-WINDOW)
    gauge = branching_gauge(drops, units, np.full(2, 0.01 * PRICE / VALUE), window=window)
    found = branching_over(sales(), storm_of().ground.markets, LEVELS.index(WINDOW))
    assert (gauge.matrix > 0.05).all()  # both diagonals, both crosses
    np.testing.assert_allclose(found.matrix, gauge.matrix, rtol=1e-4)
    assert found.radius == pytest.approx(gauge.radius, rel=1e-4)


def test_the_profile_is_the_density_of_triggers_times_the_impact() -> None:
    drops, units = columns()
    edges = -np.log1p(-np.array([0.0, *LEVELS]))
    told = cascade_summary(storm_of())["directions"]
    assert list(told) == ["fall"]
    for coin in range(2):
        later = drops[:, coin] > 0  # who fails already would stand in the first bin
        wanted = branching_profile(drops[later, coin], units[later, coin], 0.01 * PRICE / VALUE, edges)
        np.testing.assert_allclose(told["fall"]["profile"][coin], wanted, rtol=1e-3, atol=1e-6)
        over = [level for level, ratio in zip(LEVELS, wanted.tolist(), strict=True) if ratio >= 1]
        assert told["fall"]["feeds_itself_from"][coin] == (over[0] if over else None)


def test_a_fall_of_both_coins_sells_what_fails_by_what_all_collateral_is_worth() -> None:
    """The formula: an account in two coins fails once both have lost what it has to spare."""
    _, held = columns()
    spare = np.log(held.sum(axis=1) * PRICE * 0.95 / np.array([debt for _, debt in loans()]))
    window = -np.log1p(-WINDOW)
    sold = held[(spare >= 0) & (spare < window)].sum(axis=0)
    told = cascade_summary(storm_of())["directions"]["fall"]
    np.testing.assert_allclose(told["together"], sold * PRICE / VALUE * 0.01 / window, rtol=1e-4)
    alone = np.array(told["matrix"]).sum(axis=1)  # counts whoever stands in both and fails by either twice
    assert not np.allclose(told["together"], alone, rtol=0.05)


def test_accounts_that_fail_already_are_not_counted() -> None:
    drops, units = columns()
    assert (drops[:, 0] == 0).sum() >= 2
    reach = -np.log1p(-LEVELS[0])
    sold = (units[:, 0] * ((drops[:, 0] > 0) & (drops[:, 0] <= reach))).sum()
    assert sales().units[0, 0, 0] == pytest.approx(sold, rel=1e-4)


def test_at_the_critical_depth_the_radius_is_one() -> None:
    markets, level = storm_of().ground.markets, LEVELS.index(WINDOW)
    depth = critical_depth(sales(), markets, level)
    assert depth is not None
    assert branching_over(sales(), markets, level, depth=depth).radius == pytest.approx(1.0)
    # Of a linear market the radius is one over the depth.
    assert depth == pytest.approx(branching_over(sales(), markets, level).radius)


def test_without_impact_there_is_no_cascade() -> None:
    told = cascade_summary(storm_of(kind="none"))["directions"]["fall"]
    assert (told["radius"], told["critical_depth"]) == (0.0, None)
    assert told["room"][0] == [None] * len(LEVELS)
    assert float(told["sold"][0][-1]) > 0


def test_a_market_that_is_no_line_is_taken_over_the_whole_window() -> None:
    impact = {"kind": "square_root", "volume": 1e5, "volatility": 0.8}
    markets = storm_of(**impact).ground.markets
    found = branching_over(sales(), markets, LEVELS.index(WINDOW))
    units = sales().units[0, LEVELS.index(WINDOW), 0]
    assert found.own[0] == pytest.approx(log_impact(markets, 0, units) / -np.log1p(-WINDOW))


def test_debt_that_is_bought_to_be_repaid_feeds_a_rise() -> None:
    """One loan of 900 dollars, next to failing: a rise of the dollar has some of it bought back."""
    raw = {
        "run": {"n_paths": 1, "horizon_s": 600, "step_s": 60},
        "prices": still(["ONE", "DOLLAR"]),
        "markets": {"ONE": {}, "DOLLAR": {"impact": {"kind": "linear", "value": 1e4, "buys_debt": True}}},
    }
    storm = storm_of_loans([({"ONE": 10.0}, 930.0)], PRICE, raw, **ALL_SOLD)
    told = cascade_summary(storm)
    place, dollar = LEVELS.index(WINDOW), told["markets"].index("DOLLAR")
    rise = told["directions"]["rise"]
    bought = float(rise["sold"][dollar][place])
    assert 800 < bought <= 930
    assert rise["matrix"][dollar][dollar] == pytest.approx(1e-6 * bought / np.log1p(WINDOW), rel=1e-3)
    assert told["directions"]["fall"]["radius"] == 0.0


def exchange_storm() -> Storm:
    """Equity 2,000 each: Lena long one bitcoin, Sam short two, Holt long ten bitcoin with plenty of cash."""
    people = (
        trader("lena", 2_000, long_btc(1000, 50_000)),
        trader("sam", 4_000, short_btc(2000, 50_000)),
        trader("holt", 900_000, long_btc(10_000, 50_000)),
    )
    raw = {
        "run": {"n_paths": 1, "horizon_s": 600, "step_s": 60},
        "prices": still(["BTC-PERP"]),
        "markets": {"BTC-PERP": {"impact": {"kind": "linear", "value": 1e6}}},
    }
    return Storm.of(exchange_book(*people), exchange_market(), exchange_terms(), Scenario.build(raw))


def test_longs_are_sold_in_a_fall_and_shorts_bought_back_in_a_rise() -> None:
    told = cascade_summary(exchange_storm())["directions"]
    assert list(told) == ["fall", "rise"]
    place = LEVELS.index(WINDOW)
    window = np.log1p(np.array([-WINDOW, WINDOW]))
    assert told["fall"]["sold"][0][place] == "50000.00"
    assert told["rise"]["sold"][0][place] == "100000.00"
    # One unit of 50,000 moves the price by 0.05 % in the log; two by twice as much.
    assert told["fall"]["radius"] == pytest.approx(0.0005 / -window[0])
    assert told["rise"]["radius"] == pytest.approx(0.001 / window[1])
    assert float(told["rise"]["room"][0][place]) == pytest.approx(1e8 * window[1], rel=1e-6)
