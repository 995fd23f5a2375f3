"""What the venue sees of a market."""

import math
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from seawall.errors import InputError
from seawall.simulation import oracle as oracles
from seawall.simulation.kernels import oracle as kernels
from seawall.simulation.kernels.oracle import observe_markets, start_observing
from seawall.simulation.oracle import (
    Feed,
    FixedFeed,
    Oracle,
    SpotFeed,
    TwapFeed,
    new_oracle_state,
    oracle_columns,
)
from tests.models.oracle import SlowOracle

START = {"ETH": 2000.0, "stETH": 1990.0, "USD": 1.0}
STEP_S = 300.0

limits: dict[str, Any] = {
    "heartbeat_s": st.sampled_from([0.0, 600.0, 3600.0]),
    "deviation_bps": st.none() | st.sampled_from([0.0, 50.0, 500.0]),
    "move_max_bps": st.none() | st.sampled_from([10.0, 300.0]),
    "ceiling_growth_per_year": st.sampled_from([0.0, 0.5, 20.0]),
    "same_block": st.booleans(),
}
watching: dict[str, Any] = limits | {
    "of": st.none() | st.sampled_from(list(START)),
    "rate": st.none() | st.floats(0.5, 2.0),
    "rate_growth_per_year": st.sampled_from([0.0, 0.1, 50.0]),
    "delay_s": st.sampled_from([0.0, 149.0, 150.0, 900.0, 3000.0]),
}
bounded = st.sampled_from([{}, {"floor": 1900.0}, {"ceiling": 2050.0}, {"floor": 0.9, "ceiling": 1.01}])
feeds = st.one_of(
    st.builds(lambda more, **given: SpotFeed(**given, **more), bounded, **watching),
    st.builds(
        lambda more, **given: TwapFeed(**given, **more),
        bounded,
        window_s=st.sampled_from([100.0, 300.0, 1800.0]),
        mean=st.sampled_from(["arithmetic", "geometric"]),
        **watching,
    ),
    st.builds(lambda more, **given: FixedFeed(**given, **more), bounded, price=st.none() | st.just(1950.0)),
)
any_oracle = st.builds(
    Oracle,
    feed=feeds,
    second=st.none() | feeds,
    choice=st.sampled_from(["fallback", "min", "max"]),
    stale_after_s=st.sampled_from([math.inf, 900.0, 3600.0]),
)


def walk(
    oracle: Oracle, prices: list[float], *, step_s: float = STEP_S, out: list[bool] | None = None
) -> tuple[list[float], list[bool]]:
    """Return what one market's oracle shows after each step, from a price of 100, and whether it is stale."""
    is_out = None if out is None else np.array(out)[:, None]
    columns = oracle_columns({"x": oracle}, ["x"], [100.0], n_steps=len(prices), step_s=step_s, is_out=is_out)
    state, seen = new_oracle_state(columns), np.zeros(1)
    start_observing(columns, state)
    shown, stale = [], []
    for step, price in enumerate(prices):
        observe_markets(columns, state, np.array([math.log(price / 100)]), seen, step, 0)
        shown.append(100 * math.exp(seen[0]))
        stale.append(bool(state.is_stale[0]))
    return shown, stale


@settings(max_examples=150)
@given(
    st.fixed_dictionaries({name: any_oracle for name in START}),
    st.lists(
        st.tuples(
            st.tuples(*(st.floats(-0.05, 0.05) for _ in START)),  # moves of the step
            st.lists(st.floats(-0.02, 0), max_size=2),  # sales within it, of all markets alike
            st.booleans(),  # outage
        ),
        min_size=1,
        max_size=25,
    ),
)
def test_the_kernel_shows_what_the_slow_model_shows(
    chosen: dict[str, Oracle], steps: list[tuple[tuple[float, ...], list[float], bool]]
) -> None:
    names = list(START)
    columns = oracle_columns(
        chosen,
        names,
        list(START.values()),
        n_steps=len(steps),
        step_s=STEP_S,
        is_out=np.array([[out] * len(names) for *_, out in steps]),
    )
    state, seen, traded = new_oracle_state(columns), np.zeros(3), np.zeros(3)
    start_observing(columns, state)
    slow = [SlowOracle(chosen[name], name, START, STEP_S) for name in names]
    history: list[dict[str, float]] = []
    for step, (moves, sales, out) in enumerate(steps):
        traded += moves
        history.append({})
        for repeat, sale in enumerate([0.0, *sales]):
            traded += sale
            history[-1] = {name: START[name] * math.exp(traded[row]) for row, name in enumerate(names)}
            before = seen.copy()
            changed = observe_markets(columns, state, traded, seen, step, repeat)
            assert changed == (before != seen).any()
            for row, name in enumerate(names):
                price, is_stale = slow[row].look(history, repeat=repeat, is_out=out)
                assert START[name] * math.exp(seen[row]) == pytest.approx(price, rel=1e-11)
                assert state.is_stale[row] == is_stale


def test_a_market_without_settings_is_seen_at_once_and_within_the_step() -> None:
    columns = oracle_columns({}, ["x"], [100.0], n_steps=1, step_s=STEP_S)
    state, seen = new_oracle_state(columns), np.zeros(1)
    start_observing(columns, state)
    assert observe_markets(columns, state, np.array([-0.1]), seen, 0, 0)
    assert observe_markets(columns, state, np.array([-0.2]), seen, 0, 1)
    assert seen[0] == pytest.approx(-0.2)
    assert not observe_markets(columns, state, np.array([-0.2]), seen, 0, 2)


def test_a_feed_that_is_not_of_the_same_block_waits_for_the_next_step() -> None:
    columns = oracle_columns({"x": Oracle(feed=SpotFeed())}, ["x"], [100.0], n_steps=2, step_s=STEP_S)
    state, seen = new_oracle_state(columns), np.zeros(1)
    start_observing(columns, state)
    observe_markets(columns, state, np.array([-0.1]), seen, 0, 0)
    assert not observe_markets(columns, state, np.array([-0.2]), seen, 0, 1)
    assert observe_markets(columns, state, np.array([-0.2]), seen, 1, 0)


@pytest.mark.parametrize(
    ("price", "shown"),
    [(99.5001, 100.0), (99.4999, 99.4999), (100.4999, 100.0), (100.5001, 100.5001)],
)
def test_a_deviation_is_published_when_it_is_exceeded(price: float, shown: float) -> None:
    feed = SpotFeed(heartbeat_s=86400.0, deviation_bps=50.0)
    assert walk(Oracle(feed=feed), [price])[0] == pytest.approx([shown])


def test_a_price_just_at_the_deviation_is_not_published() -> None:
    feed = SpotFeed(heartbeat_s=86400.0, deviation_bps=5000.0)
    assert walk(Oracle(feed=feed), [50.0])[0] == [100.0]  # half is a float: |0.5 - 1| is 0.5


@pytest.mark.parametrize(("heartbeat_s", "published_at"), [(599, 2), (600, 2), (601, 3)])
def test_a_heartbeat_publishes_at_its_age(heartbeat_s: float, published_at: int) -> None:
    shown, _ = walk(Oracle(feed=SpotFeed(heartbeat_s=heartbeat_s)), [99.0, 98.0, 97.0])
    assert shown[: published_at - 1] == pytest.approx([100.0] * (published_at - 1))
    assert shown[published_at - 1] == pytest.approx(100.0 - published_at)


@pytest.mark.parametrize(("delay_s", "steps"), [(0, 0), (149, 0), (150, 1), (449, 1), (600, 2)])
def test_a_delayed_price_is_the_one_of_the_nearest_step_before(delay_s: float, steps: int) -> None:
    prices = [99.0, 98.0, 97.0, 96.0]
    shown, _ = walk(Oracle(feed=SpotFeed(delay_s=delay_s)), prices)
    assert shown == pytest.approx(([100.0] * steps + prices)[:4])


def test_means_of_a_window() -> None:
    prices = [90.0, 80.0, 70.0]
    arithmetic, _ = walk(Oracle(feed=TwapFeed(window_s=600, mean="arithmetic")), prices)
    geometric, _ = walk(Oracle(feed=TwapFeed(window_s=600, mean="geometric")), prices)
    assert arithmetic == pytest.approx([95, 85, 75])
    assert geometric == pytest.approx([math.sqrt(9000), math.sqrt(7200), math.sqrt(5600)])


def test_one_publication_moves_no_further_than_it_may() -> None:
    shown, _ = walk(Oracle(feed=SpotFeed(move_max_bps=500.0)), [80.0, 80.0, 120.0])
    assert shown == pytest.approx([95.0, 95 * 0.95, 95 * 0.95 * 1.05])


def test_floor_and_ceiling_hold_what_is_shown_and_not_what_is_published() -> None:
    feed = SpotFeed(floor=90.0, ceiling=110.0)
    assert walk(Oracle(feed=feed), [10.0, 91.0, 200.0])[0] == pytest.approx([90.0, 91.0, 110.0])


def test_a_capped_rate_lets_the_ceiling_grow() -> None:
    feed = SpotFeed(ceiling=101.0, ceiling_growth_per_year=0.1)
    year_s = 365.0 * 86400
    shown, _ = walk(Oracle(feed=feed), [200.0, 200.0], step_s=year_s)
    assert shown == pytest.approx([111.1, 121.2])


def test_a_fixed_price_is_never_stale() -> None:
    shown, stale = walk(
        Oracle(feed=FixedFeed(price=105.0), stale_after_s=1.0), [50.0, 10.0], out=[True, True]
    )
    assert shown == pytest.approx([105.0, 105.0])
    assert stale == [False, False]


@pytest.mark.parametrize(("stale_after_s", "first_stale"), [(599.0, 1), (600.0, 2), (601.0, 2)])
def test_a_silent_feed_is_stale_above_its_age(stale_after_s: float, first_stale: int) -> None:
    shown, stale = walk(
        Oracle(feed=SpotFeed(), stale_after_s=stale_after_s), [90.0, 80.0, 70.0], out=[True] * 3
    )
    assert shown == pytest.approx([100.0] * 3)
    assert stale.index(True) == first_stale


@pytest.mark.parametrize(
    ("choice", "shown"), [("fallback", [100, 100, 70]), ("min", [90, 80, 70]), ("max", [100, 100, 70])]
)
def test_the_second_feed_stands_in_for_a_stale_one(choice: str, shown: list[float]) -> None:
    oracle = Oracle.model_validate(
        {"feed": {"kind": "spot"}, "second": {"kind": "spot"}, "choice": choice, "stale_after_s": 600.0}
    )
    found, stale = walk(oracle, [90.0, 80.0, 70.0], out=[True] * 3)
    assert found == pytest.approx(shown)
    assert stale == [False] * 3


def test_a_wrapped_asset_follows_its_base_and_not_its_own_market() -> None:
    """An oracle of base price times protocol rate: it does not see the wrapped asset lose its peg."""
    feed = SpotFeed(of="ETH", rate=1.1, rate_growth_per_year=0.03)
    columns = oracle_columns(
        {"wstETH": Oracle(feed=feed)}, ["ETH", "wstETH"], [2000.0, 2150.0], n_steps=1, step_s=86400.0
    )
    state, seen = new_oracle_state(columns), np.zeros(2)
    start_observing(columns, state)
    observe_markets(columns, state, np.array([math.log(0.9), math.log(0.5)]), seen, 0, 0)
    assert 2150 * math.exp(seen[1]) == pytest.approx(2000 * 0.9 * 1.1 * (1 + 0.03 / 365))


def test_the_lag_of_a_geometric_mean_has_its_closed_form() -> None:
    """Variance of ln(spot / mean) over a window w: sigma^2 w / 3, here with 100 steps a window."""
    steps, window, sigma, step_s = 60_000, 100, 0.8, 864.0
    moves = np.random.default_rng(5).standard_normal(steps) * sigma * math.sqrt(step_s / (365 * 86400))
    logs = np.cumsum(moves)
    feed = TwapFeed(window_s=window * step_s, mean="geometric")
    shown, _ = walk(Oracle(feed=feed), list(100 * np.exp(logs)), step_s=step_s)
    lag = (logs - np.log(np.array(shown) / 100))[window:]
    exact = sum((1 - age / window) ** 2 for age in range(1, window)) / window  # of the discrete mean
    assert exact == pytest.approx(1 / 3, rel=0.02)
    expected = sigma**2 * window * step_s / (365 * 86400) * exact
    error = expected * math.sqrt(2 / (steps / window))  # lags of disjoint windows are independent
    assert abs(lag.var() - expected) < 4 * error


def test_numbers_of_kinds_are_those_of_the_kernels() -> None:
    for names in (oracles.KINDS, oracles.CHOICES):
        assert [getattr(kernels, name.upper()) for name in names] == list(range(len(names)))


def test_every_problem_of_the_oracles_is_told() -> None:
    wrong = {
        "nobody": Oracle(feed=SpotFeed()),
        "b": Oracle(feed=SpotFeed(of="c"), second=TwapFeed(window_s=1, of="d")),
    }
    with pytest.raises(InputError) as caught:
        oracle_columns(wrong, ["a", "b"], [-1.0, 1.0], n_steps=1, step_s=1.0)
    places = [problem.where for problem in caught.value.problems]
    assert places == ["oracles.a", "oracles.nobody", "oracles.b.feed.of", "oracles.b.second.of"]


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "spot", "floor": 2.0, "ceiling": 1.0},
        {"kind": "spot", "heartbeat_s": -1.0},
        {"kind": "spot", "price": 1.0},
        {"kind": "twap"},
        {"kind": "fixed", "price": 0.0},
        {"kind": "fixed", "of": "ETH"},
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Feed).validate_python(wrong)
