"""The engine itself, walking paths over loans, against laws with a closed form.

Chance is seeded, so each |z| < 4 holds or fails for good. Cascades are deterministic: they may be off by
the size of one account times 1 / (1 - n), n the branching ratio.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from seawall.analysis.branching import spectral_radius, total_drop
from seawall.analysis.closed_forms.borel_tanner import poisson_cascade
from seawall.analysis.closed_forms.constant_product import pool_cascade
from seawall.analysis.closed_forms.delay_put import delay_put, jump_delay_put
from seawall.analysis.closed_forms.oracle_loss import oracle_expected_loss
from seawall.analysis.closed_forms.uniform_band import uniform_band
from seawall.simulation.engine import walk_paths
from seawall.simulation.storm import Storm
from tests.analysis.zscore import z_score
from tests.simulation.loans import still, storm_of_loans

HOUR, DAY = 3600, 86_400
VOL = {"assets": {"COIN": {"vol": 1.0}}}
ALL_SOLD: dict[str, Any] = {"threshold_bps": 9500, "bonus_bps": 10_600}  # 0.95 * 1.06 >= 1: no coin is left
NOBODY_ASKS = {"asks": False}


def one_loan(prices: dict[str, Any], run: dict[str, Any], *, price: float = 1.0, **scenario: Any) -> Storm:
    """One loan of 90,000 dollars against 100,000 coins: health is 1 at a price of 1 (threshold 90 %)."""
    raw = {"run": run, "prices": prices, "markets": {"COIN": {}}, "liquidators": NOBODY_ASKS, **scenario}
    return storm_of_loans([({"COIN": 1e5}, 9e4)], price, raw, threshold_bps=9000, bonus_bps=10_600)


def test_a_loan_that_waits_a_day_for_its_liquidator_loses_the_delay_put() -> None:
    """Triggered at the start, nobody there for 18 hours, sold whole a day after the trigger."""
    run = {"n_paths": 20_000, "seed": 11, "horizon_s": DAY, "step_s": 6 * HOUR}
    outage = {"what": "liquidators", "from_s": 0, "for_s": 18 * HOUR}
    storm = one_loan({"kind": "gbm", **VOL}, run, outages=[outage])
    lost = storm.run(0, 20_000).value("recognised") / 9e4
    truth = delay_put(0.9, 0.06, 1.0, DAY)
    assert abs(z_score(lost, truth.lgd)) < 4
    assert abs(z_score((lost > 0).astype(float), truth.prob_bad_debt)) < 4


def test_with_jumps_it_loses_mertons_mixture() -> None:
    run = {"n_paths": 20_000, "seed": 12, "horizon_s": DAY, "step_s": 6 * HOUR}
    jumps = {"COIN": {"rate_per_year": 50, "mean": -0.1, "sd": 0.08}}
    outage = {"what": "liquidators", "from_s": 0, "for_s": 18 * HOUR}
    storm = one_loan({"kind": "merton", **VOL, "jumps": jumps}, run, outages=[outage])
    lost = storm.run(0, 20_000).value("recognised") / 9e4
    law = {"jump_rate": 50.0, "jump_log_mean": -0.1, "jump_log_sd": 0.08}
    assert abs(z_score(lost, jump_delay_put(0.9, 0.06, 1.0, DAY, **law).lgd)) < 4


def test_first_passage_and_loss_behind_an_oracle_that_speaks_every_six_hours() -> None:
    """Liquidated at the update that finds it: hits, and the loss of the overshoot, over 30 days."""
    paths = 8_000
    run = {"n_paths": paths, "seed": 13, "horizon_s": 30 * DAY, "step_s": 6 * HOUR}
    totals = one_loan({"kind": "gbm", **VOL}, run, price=1.25).run(0, paths)
    truth = oracle_expected_loss(1.25, 1.0, 0.9, 0.06, 1.0, 30 * DAY, 0, 6 * HOUR)
    assert truth.prob_hit == pytest.approx(0.455391, abs=1e-6)
    assert abs(z_score(totals.count("accounts_liquidated").astype(float), truth.prob_hit)) < 4
    assert abs(z_score(totals.value("recognised") / 9e4, truth.expected_loss)) < 4


def test_an_oracle_that_speaks_every_six_steps_is_first_passage_at_its_updates() -> None:
    """Steps of an hour, a heartbeat of six: what happens between updates triggers nothing."""
    paths = 4_000
    run = {"n_paths": paths, "seed": 14, "horizon_s": 10 * DAY, "step_s": HOUR}
    oracle = {"feed": {"kind": "spot", "heartbeat_s": 6.0 * HOUR}}
    storm = one_loan({"kind": "gbm", **VOL}, run, price=1.1, markets={"COIN": {"oracle": oracle}})
    truth = oracle_expected_loss(1.1, 1.0, 0.9, 0.06, 1.0, 10 * DAY, 0, 6 * HOUR)
    totals = storm.run(0, paths)
    assert abs(z_score(totals.count("accounts_liquidated").astype(float), truth.prob_hit)) < 4
    assert abs(z_score(totals.value("recognised") / 9e4, truth.expected_loss)) < 4


def test_a_sale_six_hours_after_the_update_that_found_it() -> None:
    """The published case: hits 0.455391, expected loss 1.01301e-3 of the debt.

    Liquidators come once, a heartbeat after the first update below the trigger; recovered, nothing is lost.
    """
    paths, steps = 8_000, 121
    run = {"n_paths": paths, "seed": 15, "horizon_s": steps * 6 * HOUR, "step_s": 6 * HOUR}
    storm = one_loan({"kind": "gbm", **VOL}, run, price=1.25)
    moves = storm.scenario.moves(0, paths)
    below = moves[:, :-1, 0] < math.log(1 / 1.25)
    absent = np.ones((paths, steps), dtype=np.bool_)
    hit = np.flatnonzero(below.any(axis=1))
    absent[hit, below[hit].argmax(axis=1) + 1] = False
    totals = walk_paths(storm.ground, moves, absent=absent)
    truth = oracle_expected_loss(1.25, 1.0, 0.9, 0.06, 1.0, 30 * DAY, 6 * HOUR, 6 * HOUR)
    assert truth.expected_loss == pytest.approx(1.01301e-3, rel=1e-5)
    assert abs(z_score(totals.value("recognised") / 9e4, truth.expected_loss)) < 4
    assert abs(z_score(below.any(axis=1).astype(float), truth.prob_hit)) < 4


def shocked(
    loans: Any, price: float, fall: dict[str, float], impact: dict[str, Any], *, steps: int = 40
) -> Storm:
    """A cascade: all prices stand but for one shock, sales push them, the oracle looks within the block."""
    raw = {
        "run": {"n_paths": 1, "horizon_s": 60 * steps, "step_s": 60},
        "prices": still(list(fall)),
        "shocks": [{"at_s": 0, "moves": fall}],
        "markets": {coin: {"impact": impact.get(coin, impact)} for coin in fall},
        "liquidators": NOBODY_ASKS,
    }
    return storm_of_loans(loans, price, raw, **ALL_SOLD)


@pytest.mark.parametrize(
    ("shock", "gap", "branching", "regime"),
    [
        (2.0, 0.0, 0.5, "subcritical"),
        (3.0, 1.0, 0.8, "subcritical"),
        (1.0, 1.0, 0.8, "quiet"),
        (5.0, 1.0, 0.9, "band exhausted"),
        (0.05, 0.0, 1.2, "band exhausted"),
    ],
)
def test_an_even_band_of_triggers_comes_to_the_fixed_point(
    shock: float, gap: float, branching: float, regime: str
) -> None:
    """100 dollars a coin, 2,000 loans of 5 coins, triggers even over 20 dollars below the gap."""
    count, width, each = 2000, 20.0, 5.0
    impact = branching * width / (count * each)
    truth = uniform_band(shock, width, count * each, impact, gap=gap)
    assert truth.regime == regime
    triggers = 100 - gap - width * (np.arange(count) + 0.5) / count
    loans = [({"COIN": each}, 0.95 * each * trigger) for trigger in triggers.tolist()]
    # The price falls by fundamental * k a unit sold; `value` is 1 % of the price over k.
    market = {"kind": "linear", "shape": "relative", "value": (100 - shock) / impact}
    totals = shocked(loans, 100.0, {"COIN": -shock / 100}, market, steps=60).run(0, 1)
    fell = 100 * -math.expm1(float(totals.end_move[0, 0]))
    discrete = 2 * impact * each / abs(1 - branching)
    assert fell == pytest.approx(truth.drop, abs=discrete + 1e-9)
    assert totals.count("accounts_liquidated")[0] == pytest.approx(
        truth.units_sold / each, abs=2 + 2 / abs(1 - branching)
    )


@pytest.mark.parametrize(("shock", "reserve"), [(0.05, 10_000.0), (0.02, 5_000.0), (0.3, 1_500.0)])
def test_a_constant_product_pool_comes_to_lamberts_fixed_point(shock: float, reserve: float) -> None:
    """1,000 coins with triggers even in the log over half a log unit, sold into a pool of as many coins."""
    count, band, units = 4000, 0.5, 1000.0
    truth = pool_cascade(shock, units, reserve, band)
    triggers = 100 * np.exp(-band * (np.arange(count) + 0.5) / count)
    each = units / count
    loans = [({"COIN": each}, 0.95 * each * trigger) for trigger in triggers.tolist()]
    market = {"kind": "constant_product", "reserve": reserve * 100, "fee_bps": 0.0}
    totals = shocked(loans, 100.0, {"COIN": math.expm1(-shock)}, market, steps=60).run(0, 1)
    one = (
        2 * each / reserve / max(1e-3, abs(1 - truth.branching / (1 + truth.branching / 2 * truth.log_drop)))
    )
    assert -float(totals.end_move[0, 0]) == pytest.approx(truth.log_drop, abs=2 * one)


def test_poisson_triggers_liquidate_as_many_as_borel_and_tanner_say() -> None:
    """Four books of 200 markets, each with loans at Poisson places in the log: chi-square of counts."""
    books, markets, shock, intensity, branching, reach = 4, 200, 0.05, 20.0, 0.3, 1.2
    law = poisson_cascade(intensity, branching / intensity, shock)
    chance = np.random.default_rng(16)
    each, step = 1.0, branching / intensity
    coins = [f"C{market:03d}" for market in range(markets)]
    impact = {"kind": "linear", "value": 1.0, "move_bps": 100 * step}
    counts = []
    for _ in range(books):
        loans = [
            ({coin: each}, 95.0 * each * math.exp(-place))
            for coin in coins
            for place in chance.uniform(0, reach, chance.poisson(intensity * reach)).tolist()
        ]
        storm = shocked(loans, 100.0, dict.fromkeys(coins, math.expm1(-shock)), impact, steps=8)
        counts.append(np.rint((-storm.run(0, 1).end_move[0] - shock) / step).astype(int))
    found = np.concatenate(counts)
    assert law.prob_at_least(20) < 2e-5  # of 24 loans in reach on average
    cells = 5
    observed = np.bincount(np.minimum(found, cells), minlength=cells + 1)
    expected = books * markets * np.array([*(law.pmf(k) for k in range(cells)), law.prob_at_least(cells)])
    chi_square = float(((observed - expected) ** 2 / expected).sum())
    assert chi_square < 25.7  # five degrees of freedom: one in ten thousand
    assert abs(z_score(found.astype(float), law.mean)) < 4
    assert found.var() == pytest.approx(law.variance, rel=0.3)


@pytest.mark.parametrize(("push", "is_stable"), [(0.006, True), (0.009, True), (0.012, False)])
def test_two_coins_that_pull_each_other_down_come_to_the_linear_solution(
    push: float, is_stable: bool
) -> None:
    """Two kinds of loans hold both coins, 8 to 2 and 2 to 8: x = (I - B)^-1 s, stable iff radius < 1."""
    count, width, fall = 2000, 20.0, np.array([2.0, 1.0])
    mixes = np.array([[0.8, 0.2], [0.2, 0.8]])
    pushes = np.array([push, push * 0.9])
    # Each kind: `count / width` loans per dollar that its mix falls, each selling its mix of coins.
    matrix = pushes[:, None] * (mixes.T @ mixes) * count / width
    assert (spectral_radius(matrix) < 1) == is_stable
    falls = width * (np.arange(count) + 0.5) / count
    loans = [
        ({"A": float(mix[0]), "B": float(mix[1])}, 0.95 * (100 - fell))
        for mix in mixes
        for fell in falls.tolist()
    ]
    impact = {
        coin: {"kind": "linear", "shape": "relative", "value": (100 - fell) / one}
        for coin, fell, one in zip("AB", fall.tolist(), pushes.tolist(), strict=True)
    }
    totals = shocked(
        loans, 100.0, dict(zip("AB", (-fall / 100).tolist(), strict=True)), impact, steps=60
    ).run(0, 1)
    fell = -100 * np.expm1(totals.end_move[0])
    if is_stable:
        truth = total_drop(matrix, fall)
        assert (mixes @ truth).max() < width
        radius = spectral_radius(matrix)
        assert fell == pytest.approx(truth, abs=4 * push / (1 - radius))
        assert 0 < totals.count("accounts_liquidated")[0] < 2 * count
    else:
        assert totals.count("accounts_liquidated")[0] == 2 * count
        assert fell == pytest.approx(fall + pushes * count, abs=1e-6)  # both kinds hold one of each in sum


def test_a_toxic_spiral_ends_with_what_the_bonus_took() -> None:
    """95 owed against 100 at a bonus of 10 %: however small the calls, 95 - 100 / 1.1 is lost."""
    for inventory in (None, 30.0, 7.0):
        raw = {
            "run": {"n_paths": 1, "horizon_s": 1800, "step_s": 60},
            "prices": still(["COIN"]),
            "markets": {"COIN": {}},
            "liquidators": {"asks": False, **({} if inventory is None else {"inventory": inventory})},
        }
        storm = storm_of_loans([({"COIN": 100.0}, 95.0)], 1.0, raw, threshold_bps=9400, bonus_bps=11_000)
        totals = storm.run(0, 1)
        assert totals.value("recognised")[0] == pytest.approx(4.0909090909, abs=1e-4)
        assert totals.value("repaid")[0] == pytest.approx(100 / 1.1, abs=1e-4)
        assert totals.count("liquidations")[0] == (
            1 if inventory is None else math.ceil(100 / 1.1 / inventory)
        )


def test_the_first_of_two_steps_leaves_health_at_one() -> None:
    """Owing 85 against 100 at 80 % and a bonus of 5 %: 31.25 brings health to 1, where nobody may call."""
    raw = {
        "run": {"n_paths": 1, "horizon_s": 120, "step_s": 60},
        "prices": still(["COIN"]),
        "markets": {"COIN": {}},
        "liquidators": NOBODY_ASKS,
    }
    size = {"kind": "target_health", "target_health_bps": 10_000}
    storm = storm_of_loans(
        [({"COIN": 100.0}, 85.0)], 1.0, raw, threshold_bps=8000, bonus_bps=10_500, size=size
    )
    totals = storm.run(0, 1)
    assert totals.value("repaid")[0] == pytest.approx(31.25, abs=1e-4)
    assert totals.value("seized")[0] == pytest.approx(31.25 * 1.05, abs=1e-4)
    assert totals.count("failing_at_end")[0] == 0
    assert not totals.value("recognised").any()


@pytest.mark.parametrize("steps", [1, 2, 7])
def test_half_of_what_a_sale_moved_is_back_after_each_half_life(steps: int) -> None:
    """Sold at the end of the first step: what is left decays from the second on, before anything is sold."""
    market = {"kind": "linear", "value": 1e4, "half_life_s": 120.0}
    loans = [({"COIN": 10.0}, 0.95 * 10 * 99.0)]
    totals = shocked(loans, 100.0, {"COIN": -0.02}, market, steps=steps).run(0, 1)
    pushed = 0.01 * 10 * 100 / 1e4
    left = pushed * 0.5 ** ((steps - 1) * 60 / 120)
    assert totals.end_move[0, 0] == pytest.approx(math.log(0.98) - left, rel=1e-12)
    assert totals.sold[0, 0] / 1e6 == pytest.approx(980 * -math.expm1(-pushed) / pushed, abs=1e-5)
