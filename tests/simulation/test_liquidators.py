"""Who liquidates, how much, and when nobody does."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from pydantic import ValidationError

from seawall.errors import InputError
from seawall.simulation.impact import LinearImpact, NoImpact, ProductImpact
from seawall.simulation.kernels.impact import sell
from seawall.simulation.kernels.liquidator import best_repay, profit_of, units_worth
from seawall.simulation.liquidators import Liquidators
from tests.simulation.markets import ROW, all_markets, one_market

MARKETS = all_markets()
GOLDEN = (math.sqrt(5) - 1) / 2

kinds = st.sampled_from(sorted(ROW))
logs = st.floats(-0.1, 0.3)
depths = st.floats(0.1, 10)
bonuses = st.floats(0, 0.2)
shares = st.floats(0, 1)
wants = st.floats(2, 8).map(lambda digits: 10.0**digits)
costs = st.floats(0.9, 1.1)
gases = st.sampled_from([0.0, 5.0, 500.0])
oracle_gaps = st.floats(0.9, 1.1)


@given(kinds, logs, depths, bonuses, shares, wants, costs, gases, oracle_gaps)
def test_all_is_repaid_iff_the_gate_of_the_design_is_open(
    kind: str, x: float, depth: float, bonus: float, fee_share: float, want: float, cost_rate: float,
    gas: float, oracle: float,
) -> None:  # fmt: skip
    """(1 + b (1 - fee share)) (1 - slippage) market / oracle >= costs per value repaid."""
    fundamental, gives = 100.0, 1 + bonus * (1 - fee_share)
    units = want * gives / (100 * oracle)
    average, _ = sell(MARKETS, ROW[kind], x, units, depth)
    market = fundamental * math.exp(-x)
    slippage = 1 - average * fundamental / market
    left = gives * (1 - slippage) * market / (100 * oracle)
    asked = cost_rate + gas / want
    assume(not math.isclose(left, asked, rel_tol=1e-12))
    got = best_repay(
        MARKETS, ROW[kind], x, depth, fundamental, 100 * oracle, bonus, fee_share, want, cost_rate, gas
    )
    assert (got == want) == (left >= asked)


@given(kinds, logs, depths, bonuses, wants, costs, gases)
def test_what_is_repaid_pays_and_no_other_size_pays_more(
    kind: str, x: float, depth: float, bonus: float, want: float, cost_rate: float, gas: float
) -> None:
    row = ROW[kind]
    got = best_repay(MARKETS, row, x, depth, 100.0, 100.0, bonus, 0.0, want, cost_rate, gas)

    def profit(repaid: float) -> float:
        units = repaid * (1 + bonus) / 100
        return float(profit_of(MARKETS, row, x, depth, units, 100.0, cost_rate * repaid + gas))

    assert 0 <= got <= want
    if got > 0:
        assert profit(got) >= 0
    if got < want:
        assert profit(want) < 0
        best = max(0.0, profit(got)) if got else 0.0
        assert profit(_largest_by_golden_section(profit, want)) <= best + 1e-9 * want


def _largest_by_golden_section(profit, want):  # type: ignore[no-untyped-def]
    # The slow twin of the closed form: profit is concave in size.
    low, high = 0.0, want
    for _ in range(90):
        left, right = high - GOLDEN * (high - low), low + GOLDEN * (high - low)
        low, high = (low, right) if profit(left) >= profit(right) else (left, high)
    return 0.5 * (low + high)


def test_a_pool_has_its_size_of_largest_profit_in_closed_form() -> None:
    """dx = X (sqrt((1 - f) (1 + b)) - 1) / (1 - f), with 1000 units, fee 0.3 % and bonus 5 %."""
    market = one_market(ProductImpact(reserve=2e6, fee_bps=30), price=2000.0)
    repaid = best_repay(market, 0, 0.0, 1.0, 2000.0, 2000.0, 0.05, 0.0, 1e9, 1.0, 0.0)
    units = repaid * 1.05 / 2000
    assert units == pytest.approx(1000 * (math.sqrt(0.997 * 1.05) - 1) / 0.997)
    assert units == pytest.approx(23.22655914411511)
    assert units_worth(market, 0, 0.0, 2.0, 1 / 1.05) == pytest.approx(2 * units)


@pytest.mark.parametrize(
    ("bonus", "acts"), [(0.0499, False), (0.0501, True)], ids=["just below costs", "just above costs"]
)
def test_nobody_acts_below_costs(bonus: float, acts: bool) -> None:
    market = one_market(NoImpact())
    got = best_repay(market, 0, 0.0, 1.0, 100.0, 100.0, bonus, 0.0, 1000.0, 1.03, 20.0)
    assert got == (1000.0 if acts else 0.0)


def test_at_costs_the_call_is_made() -> None:
    market = one_market(NoImpact())
    assert best_repay(market, 0, 0.0, 1.0, 64.0, 64.0, 0.25, 0.0, 1024.0, 1.125, 128.0) == 1024.0
    assert best_repay(market, 0, 0.0, 1.0, 64.0, 64.0, 0.25, 0.0, 1024.0, 1.125, 128.5) == 0.0


def test_the_price_sold_at_counts_and_not_the_oracle() -> None:
    """An oracle 10 % above the market eats a bonus of 5 %."""
    market = one_market(NoImpact())
    assert best_repay(market, 0, 0.0, 1.0, 90.0, 100.0, 0.05, 0.0, 1000.0, 1.0, 0.0) == 0.0
    assert best_repay(market, 0, 0.0, 1.0, 96.0, 100.0, 0.05, 0.0, 1000.0, 1.0, 0.0) == 1000.0


def test_the_share_of_the_venue_is_no_gain_of_the_liquidator() -> None:
    market = one_market(NoImpact())
    assert best_repay(market, 0, 0.0, 1.0, 100.0, 100.0, 0.05, 0.5, 1000.0, 1.02, 0.0) == 1000.0
    assert best_repay(market, 0, 0.0, 1.0, 100.0, 100.0, 0.05, 0.7, 1000.0, 1.02, 0.0) == 0.0


def test_gas_makes_dust_not_worth_it() -> None:
    market = one_market(LinearImpact(value=1e6))
    assert best_repay(market, 0, 0.0, 1.0, 100.0, 100.0, 0.05, 0.0, 2000.0, 1.0, 50.0) == 2000.0
    assert best_repay(market, 0, 0.0, 1.0, 100.0, 100.0, 0.05, 0.0, 900.0, 1.0, 50.0) == 0.0


def test_a_market_pushed_down_by_others_stops_them() -> None:
    market = one_market(LinearImpact(value=1e6))
    first = best_repay(market, 0, 0.0, 1.0, 100.0, 100.0, 0.05, 0.0, 1e9, 1.0, 0.0)
    x = sell(market, 0, 0.0, first * 1.05 / 100, 1.0)[1]
    assert x == pytest.approx(math.log(1.05))  # where the last unit brings what it costs
    assert best_repay(market, 0, x + 1e-9, 1.0, 100.0, 100.0, 0.05, 0.0, 1e9, 1.0, 0.0) == 0.0


@pytest.mark.parametrize("want", [0.0, -1.0])
def test_nothing_wanted_is_nothing_repaid(want: float) -> None:
    assert best_repay(one_market(NoImpact()), 0, 0.0, 1.0, 100.0, 100.0, 0.05, 0.0, want, 1.0, 0.0) == 0.0


def test_settings_say_what_the_engine_asks() -> None:
    wanted = Liquidators(
        profit_min_bps=50, latency_s=36, volatility=0.8, latency_sigmas=2, inventory=1e6, slots_max=5
    )
    assert wanted.profit_min == 0.005
    assert wanted.latency_premium == pytest.approx(2 * 0.8 * math.sqrt(36 / (8760 * 3600)))
    assert (wanted.repay_max, wanted.slots) == (1e6, 5)
    free = Liquidators()
    assert (free.profit_min, free.latency_premium, free.repay_max) == (0, 0, math.inf)
    assert free.slots > 2**60


@pytest.mark.parametrize("mean_s", [None, 1500.0, 6000.0])
def test_absences_take_their_share_and_last_their_time(mean_s: float | None) -> None:
    away = Liquidators(absent_share=0.2, absent_mean_s=mean_s).absences(
        seed=3, first=0, count=400, n_steps=500, step_s=300.0
    )
    length = 1 / 0.8 if mean_s is None else mean_s / 300
    ends = away[:, :-1] & ~away[:, 1:]
    # Steps of one path hang together over about a length; paths are independent.
    error = away.mean(axis=1).std() / math.sqrt(400)
    assert abs(away.mean() - 0.2) < 4 * error
    assert ends.sum() / away[:, :-1].sum() == pytest.approx(
        1 / length, abs=4 * math.sqrt(1 / length / away.sum())
    )
    assert away[:, 0].mean() == pytest.approx(0.2, abs=4 * 0.4 / math.sqrt(400))


def test_absences_do_not_depend_on_the_paths_drawn_with_them() -> None:
    some = Liquidators(absent_share=0.3, absent_mean_s=900.0)
    whole = some.absences(seed=1, first=0, count=7, n_steps=50, step_s=300.0)
    parts = [
        some.absences(seed=1, first=first, count=count, n_steps=50, step_s=300.0)
        for first, count in ((0, 3), (3, 4))
    ]
    assert (whole == np.concatenate(parts)).all()
    assert (whole != some.absences(seed=2, first=0, count=7, n_steps=50, step_s=300.0)).any()


@pytest.mark.parametrize("mean_s", [None, 3000.0])
def test_who_is_away_more_is_away_whenever_the_other_is(mean_s: float | None) -> None:
    little, much = (
        Liquidators(absent_share=share, absent_mean_s=mean_s).absences(
            seed=9, first=0, count=50, n_steps=100, step_s=300.0
        )
        for share in (0.1, 0.4)
    )
    assert (much >= little).all()
    assert (much > little).any()


@pytest.mark.parametrize(("share", "away"), [(0.0, False), (1.0, True)])
def test_never_and_always_away(share: float, away: bool) -> None:
    drawn = Liquidators(absent_share=share, absent_mean_s=3000.0).absences(
        seed=9, first=0, count=3, n_steps=20, step_s=300.0
    )
    assert (drawn == away).all()


@pytest.mark.parametrize(("share", "mean_s"), [(0.2, 299.0), (0.8, 1100.0)])
def test_absences_too_short_for_their_share_are_refused(share: float, mean_s: float) -> None:
    some = Liquidators(absent_share=share, absent_mean_s=mean_s)
    with pytest.raises(InputError, match=r"expected at least (300|1200) s for steps of 300 s"):
        some.absences(seed=1, first=0, count=1, n_steps=1, step_s=300.0)


@pytest.mark.parametrize(
    "wrong",
    [{"gas": -1.0}, {"absent_share": 1.1}, {"slots_max": -1}, {"latency_s": 12.0}, {"inventory": 0.0}],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        Liquidators.model_validate(wrong)
