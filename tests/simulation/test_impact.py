"""What a sale fetches and where it leaves the price."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from seawall.analysis.closed_forms.constant_product import pool_cascade
from seawall.core.market import Depth, DepthLevel
from seawall.errors import InputError, MissingData
from seawall.simulation import impact as settings
from seawall.simulation.impact import (
    BookImpact,
    Impact,
    LinearImpact,
    NoImpact,
    Orders,
    ProductImpact,
    Range,
    RangesImpact,
    SquareRootImpact,
    impact_columns,
)
from seawall.simulation.kernels import curves, depth_curve
from seawall.simulation.kernels.impact import FLOOR, X_MAX, decayed, room, sell
from tests.simulation.markets import ASKS, BIDS, KINDS, PRICE, ROW, all_markets, one_market, walk_orders

MARKETS = all_markets()
FREE = all_markets(without_fees=True)

kinds = st.sampled_from(sorted(ROW))
logs = st.floats(-0.5, 1.0)
quantities = st.floats(-3, 7).map(lambda digits: 10.0**digits)
signs = st.sampled_from([1.0, -1.0])
depths = st.floats(0.05, 20)


@given(kinds, logs, quantities, quantities, signs, depths)
def test_selling_a_then_b_is_selling_both(
    kind: str, x: float, a: float, b: float, sign: float, depth: float
) -> None:
    a, b = sign * a, sign * b
    first, between = sell(MARKETS, ROW[kind], x, a, depth)
    second, end = sell(MARKETS, ROW[kind], between, b, depth)
    both, end_of_both = sell(MARKETS, ROW[kind], x, a + b, depth)
    assert first * a + second * b == pytest.approx(both * (a + b), rel=1e-8)
    assert end == pytest.approx(end_of_both, rel=1e-8, abs=1e-11)


@given(kinds, logs, quantities, signs, depths)
def test_the_average_price_lies_between_start_and_end(
    kind: str, x: float, quantity: float, sign: float, depth: float
) -> None:
    average, end = sell(FREE, ROW[kind], x, sign * quantity, depth)
    low, high = sorted((math.exp(-x), math.exp(-end)))
    assert low * (1 - 1e-9) <= average <= high * (1 + 1e-9)
    assert sign * (end - x) >= -1e-12


@given(kinds, logs, quantities, quantities, signs, depths)
def test_more_sold_is_worse_a_unit_and_more_in_all(
    kind: str, x: float, a: float, more: float, sign: float, depth: float
) -> None:
    b = a + more
    average_a, end_a = sell(MARKETS, ROW[kind], x, sign * a, depth)
    average_b, end_b = sell(MARKETS, ROW[kind], x, sign * b, depth)
    assert sign * (average_a - average_b) >= -1e-9 * average_a
    assert sign * (end_b - end_a) >= -1e-12
    assert average_b * b >= average_a * a * (1 - 1e-9)


@given(kinds, logs, quantities, depths)
def test_a_round_trip_never_gains(kind: str, x: float, quantity: float, depth: float) -> None:
    sold, between = sell(MARKETS, ROW[kind], x, quantity, depth)
    bought, _ = sell(MARKETS, ROW[kind], between, -quantity, depth)
    assert sold <= bought * (1 + 1e-9) or between == X_MAX  # beyond the bound nothing is remembered


@given(kinds, logs, quantities, signs, depths)
def test_room_is_the_sale_that_comes_to_the_end(
    kind: str, x: float, quantity: float, sign: float, depth: float
) -> None:
    end = sell(MARKETS, ROW[kind], x, sign * quantity, depth)[1]
    units = room(MARKETS, ROW[kind], x, end, depth)
    if kind == "none":
        assert units == 0
    elif abs(end) < X_MAX and not (kind == "book" and x * sign < 0):  # there a gap holds several x
        assert sell(MARKETS, ROW[kind], x, units, depth)[1] == pytest.approx(end, rel=1e-9, abs=1e-9)


@given(kinds, logs, quantities, signs, depths)
def test_a_market_twice_as_deep_takes_twice_as_much(
    kind: str, x: float, quantity: float, sign: float, depth: float
) -> None:
    average, end = sell(MARKETS, ROW[kind], x, sign * quantity, depth)
    of_double = sell(MARKETS, ROW[kind], x, sign * 2 * quantity, 2 * depth)
    assert of_double == pytest.approx((average, end), rel=1e-12)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "none"])
def test_what_no_market_takes_goes_at_the_bound(kind: str) -> None:
    average, end = sell(FREE, ROW[kind], 0.0, 1e40, 1.0)
    assert end == X_MAX
    assert average == pytest.approx(FLOOR, rel=1e-3)
    average, end = sell(FREE, ROW[kind], 0.0, -1e40, 1.0)
    assert end == -X_MAX
    assert average == pytest.approx(1 / FLOOR, rel=1e-3)


@pytest.mark.parametrize("kind", list(KINDS))
def test_without_any_depth_a_sale_fetches_next_to_nothing(kind: str) -> None:
    average, _ = sell(FREE, ROW[kind], 0.0, 1000.0, 0.0)
    assert 0 < average < 1e-2 or kind == "none"


@pytest.mark.parametrize("kind", list(KINDS))
def test_nothing_sold_moves_nothing(kind: str) -> None:
    assert sell(FREE, ROW[kind], 0.1, 0.0, 1.0) == (math.exp(-0.1), 0.1)


@given(kinds, st.floats(0, 0.5), st.floats(0, 2), signs)
def test_the_average_price_is_the_mean_of_the_price_along_the_way(
    kind: str, x: float, digits: float, sign: float
) -> None:
    """Against a sum of 2000 small sales, each at the price where it starts and ends."""
    quantity, slices = sign * 10**digits, 2000
    price, at = 0.0, x
    for _ in range(slices):
        following = sell(FREE, ROW[kind], at, quantity / slices, 1.0)[1]
        price += (math.exp(-at) + math.exp(-following)) / 2 / slices
        at = following
    assert sell(FREE, ROW[kind], x, quantity, 1.0)[0] == pytest.approx(price, rel=2e-4)


def test_relative_impact_of_a_linear_market() -> None:
    market = one_market(LinearImpact(value=1e5, move_bps=100, shape="relative"))
    average, end = sell(market, 0, 0.0, 2000.0, 1.0)  # 200,000 of value: 2 %
    assert (average, math.exp(-end)) == pytest.approx((0.99, 0.98))


def test_log_impact_of_a_linear_market() -> None:
    market = one_market(LinearImpact(value=1e5, move_bps=100))
    average, end = sell(market, 0, 0.0, 2000.0, 1.0)
    assert end == pytest.approx(0.02)
    assert average == pytest.approx((1 - math.exp(-0.02)) / 0.02)


def test_a_pool_keeps_its_product_and_takes_its_fee_from_what_comes_in() -> None:
    market = one_market(ProductImpact(reserve=2e6, fee_bps=30), price=2000.0)  # 1000 units
    average, end = sell(market, 0, 0.0, 50.0, 1.0)
    out = 2e6 * 50 * 0.997 / (1000 + 50 * 0.997)
    assert average * 50 * 2000 == pytest.approx(out)
    assert math.exp(-end) == pytest.approx((2e6 - out) / (1000 + 50 * 0.997) / 2000)
    paid = -50 * 2000 * sell(market, 0, 0.0, -50.0, 1.0)[0]
    assert -paid == pytest.approx(2e6 * 50 / (1000 - 50) / 0.997)


def test_other_markets_take_the_fee_from_what_they_pay() -> None:
    market = one_market(LinearImpact(value=1e5, fee_bps=10))
    free = one_market(LinearImpact(value=1e5))
    (sold, end), (whole, free_end) = (sell(each, 0, 0.0, 500.0, 1.0) for each in (market, free))
    assert (sold, end) == (pytest.approx(whole * 0.999), free_end)
    assert sell(market, 0, 0.0, -500.0, 1.0)[0] == pytest.approx(sell(free, 0, 0.0, -500.0, 1.0)[0] / 0.999)


def test_a_square_root_market_costs_two_thirds_of_its_impact() -> None:
    """Daily volatility 4 %, half of a day's volume: 2.83 % impact, 1.89 % average slippage."""
    market = one_market(SquareRootImpact(volume=2e8, volatility=0.04 * math.sqrt(365)))
    average, end = sell(market, 0, 0.0, 1e6, 1.0)
    assert 1 - math.exp(-end) == pytest.approx(0.028284271247461905)
    assert 1 - average == pytest.approx(0.01885618083164127)


@given(st.floats(0.001, 134.9))
def test_a_book_never_pays_more_than_its_orders(quantity: float) -> None:
    middle = math.sqrt(99.5 * 100.5)
    average, _ = sell(MARKETS, ROW["book"], 0.0, quantity, 1.0)
    assert average * quantity * middle <= walk_orders(BIDS, quantity) * (1 + 1e-12)


@given(st.floats(0.001, 60))
def test_a_book_never_sells_for_less_than_its_orders(quantity: float) -> None:
    middle = math.sqrt(99.5 * 100.5)
    average, _ = sell(MARKETS, ROW["book"], 0.0, -quantity, 1.0)
    assert average * quantity * middle >= walk_orders(ASKS, quantity) * (1 - 1e-12)


def test_a_fine_book_pays_what_its_orders_pay() -> None:
    bids = tuple((100 - 0.001 * step, 1.0) for step in range(10_000))
    market = one_market(BookImpact(bids=bids))
    average, end = sell(market, 0, 0.0, 5000.0, 1.0)
    assert average * 5000 * 100 == pytest.approx(walk_orders(bids, 5000), rel=1e-5)
    assert math.exp(-end) * 100 == pytest.approx(95, rel=1e-4)


def test_an_empty_side_of_a_book_mirrors_the_other() -> None:
    market = one_market(BookImpact(bids=BIDS))
    for quantity, price in ((10.0, 98.0), (30.0, 95.0)):
        _, down = sell(market, 0, 0.0, quantity, 1.0)
        _, up = sell(market, 0, 0.0, -quantity, 1.0)
        assert (down, up) == pytest.approx((-math.log(price / 100), math.log(price / 100)))
    assert math.exp(-sell(market, 0, 0.0, 25.0, 1.0)[1]) == pytest.approx(0.98 - 0.03 * 15 / 20)


def test_beyond_the_last_order_the_price_falls_at_the_average_rate_of_the_side() -> None:
    market = one_market(BookImpact(bids=((99.0, 10.0), (90.0, 10.0))))
    _, at_last = sell(market, 0, 0.0, 10.0, 1.0)
    _, beyond = sell(market, 0, 0.0, 110.0, 1.0)
    assert at_last == pytest.approx(-math.log(0.9))
    assert beyond - at_last == pytest.approx(100 * -math.log(0.9) / 20)


def test_a_cascade_into_a_pool_rests_where_lambert_says() -> None:
    """Collateral with trigger prices even in the log over a band, sold into a pool as it triggers."""
    units, band, shock = 1000.0, 0.5, 0.05
    market = one_market(ProductImpact(reserve=1e6, fee_bps=0))  # 10,000 units
    sold = x = 0.0
    while (due := units * (shock + x) / band - sold) > 1e-12:
        x = sell(market, 0, x, due, 1.0)[1]
        sold += due
    exact = pool_cascade(shock, units, 10_000.0, band)
    assert (shock + x, sold) == pytest.approx((exact.log_drop, exact.units_sold), rel=1e-10)


def test_sales_that_wait_for_recovery_fit_the_budget() -> None:
    """Q = (s / k) * (1 + (n - 1) * (1 - 2^(-dt / H))) units, never more than s of impact."""
    market = one_market(LinearImpact(value=1e4, half_life_s=1200), price=1.0)  # k = 1e-6 a unit
    x = total = 0.0
    for _ in range(24):
        units = room(market, 0, x, 0.05, 1.0)
        total += units
        x = sell(market, 0, x, units, 1.0)[1]
        assert x == pytest.approx(0.05)
        x = decayed(market, 0, x, 300.0)
    assert total == pytest.approx(0.05 / 1e-6 * (1 + 23 * (1 - 2**-0.25)))


def test_a_range_is_a_pool_of_its_own() -> None:
    """Uniswap v3: amount0 = L (1/sqrt(pb) - 1/sqrt(pa)), amount1 = L (sqrt(pa) - sqrt(pb))."""
    market = one_market(RangesImpact(ranges=(Range(low=81, high=121, liquidity=1000),), fee_bps=0))
    units = 1000 * (1 / math.sqrt(81) - 1 / math.sqrt(100))
    average, end = sell(market, 0, 0.0, units, 1.0)
    assert math.exp(-end) * 100 == pytest.approx(81)
    assert average * units * 100 == pytest.approx(1000 * (10 - 9))


def test_a_gap_without_liquidity_is_jumped() -> None:
    units = 5000 * (1 / math.sqrt(92) - 1 / math.sqrt(100))
    before, after = (sell(FREE, ROW["ranges"], 0.0, units * part, 1.0)[1] for part in (0.9999, 1.0001))
    assert math.exp(-before) * 100 == pytest.approx(92, abs=0.1)
    assert math.exp(-after) * 100 == pytest.approx(90, abs=0.1)


@pytest.mark.parametrize(
    ("half_life_s", "elapsed_s", "left"),
    [(600.0, 600.0, 0.5), (600.0, 1200.0, 0.25), (600.0, 0.0, 1.0), (0.0, 1.0, 0.0), (math.inf, 1e9, 1.0)],
)
def test_impact_halves_with_each_half_life(half_life_s: float, elapsed_s: float, left: float) -> None:
    market = one_market(LinearImpact(value=1e5, half_life_s=half_life_s))
    assert decayed(market, 0, 0.08, elapsed_s) == pytest.approx(0.08 * left)


def test_numbers_of_kinds_are_those_of_the_kernels() -> None:
    numbers = {name.upper(): number for number, name in enumerate(settings.KINDS)}
    assert numbers.pop("CONSTANT_PRODUCT") == curves.PRODUCT
    for name, number in numbers.items():
        assert number == getattr(curves if number < depth_curve.BOOK else depth_curve, name)


def test_orders_come_from_the_depth_of_a_market() -> None:
    depth = Depth((DepthLevel(9950, 1000), DepthLevel(9800, 2000)), (DepthLevel(10050, 1000),))
    orders = Orders.of(depth, 10000, mark_decimals=2, quantity_decimals=2)
    assert orders == Orders(100.0, ((99.5, 10.0), (98.0, 20.0)), ((100.5, 10.0),))
    market = impact_columns({"x": BookImpact(instrument="X-PERP")}, ["x"], [7.0], orders={"X-PERP": orders})
    listed = impact_columns({"x": BookImpact(bids=orders.bids, asks=orders.asks)}, ["x"], [100.0])
    assert sell(market, 0, 0.0, 15.0, 1.0) == sell(listed, 0, 0.0, 15.0, 1.0)


def test_every_problem_of_the_markets_is_told() -> None:
    wrong = {
        "a": BookImpact(),
        "b": BookImpact(bids=((0.0, 1.0),)),
        "unknown": LinearImpact(value=1.0),
    }
    with pytest.raises(InputError) as caught:
        impact_columns(wrong, ["a", "b", "c"], [1.0, 1.0, 0.0])
    assert sorted(problem.where for problem in caught.value.problems) == [
        "impact.a",
        "impact.b",
        "impact.c",
        "impact.unknown",
    ]


def test_a_book_without_orders_is_missing_data() -> None:
    with pytest.raises(MissingData, match="no orders of 'X-PERP'"):
        impact_columns({"x": BookImpact(instrument="X-PERP")}, ["x"], [1.0])


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "linear", "value": 0.0},
        {"kind": "linear", "value": 1.0, "half_life_s": -1.0},
        {"kind": "constant_product", "reserve": 1.0, "fee_bps": 10_000},
        {"kind": "ranges", "ranges": []},
        {"kind": "ranges", "ranges": [{"low": 2.0, "high": 1.0, "liquidity": 1.0}]},
        {"kind": "square_root", "volume": 1.0},
        {"kind": "none", "value": 1.0},
    ],
)
def test_settings_out_of_range_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        TypeAdapter(Impact).validate_python(wrong)


def test_overlapping_ranges_are_told_by_number() -> None:
    ranges = [
        {"low": 1.0, "high": 3.0, "liquidity": 1.0},
        {"low": 2.0, "high": 2.0, "liquidity": 1.0},
    ]
    with pytest.raises(ValidationError, match=r"range 2 ends at 2.0.*range 2 starts at 2.0, below"):
        TypeAdapter(Impact).validate_python({"kind": "ranges", "ranges": ranges})


def test_an_asset_that_is_not_named_has_no_impact() -> None:
    market = impact_columns({}, ["x"], [PRICE])
    assert sell(market, 0, 0.0, 1e9, 1.0) == (1.0, 0.0)
    assert isinstance(KINDS["none"], NoImpact)
