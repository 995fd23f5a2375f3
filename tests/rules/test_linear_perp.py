"""The generic exchange: cases worked by hand, and what must hold for all of them.

The market of the hand cases: one lot is 0.001 BTC, one tick is $0.1, a unit of value is a millionth
of a dollar. One lot moving one tick is $0.0001, so the multiplier is 100.
"""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seawall.rules import linear_perp, margin
from seawall.rules.linear_perp import NO_CEILING, NO_PRICE
from seawall.rules.margin import PPM

USD = 10**6
BTC = 1_000
TICK = 10  # ticks in a dollar
M = 100
FIVE_PERCENT = ((0,), (50_000,), (0,))
# 4 % to $40,000, 10 % above: cum = 40,000 * 6 % = $2,400, in value x ppm.
TIERS = ((0, 40_000 * USD), (40_000, 100_000), (0, 2_400 * USD * PPM))


# 1. 1 BTC = 1000 lots; $50,000 = 500,000 ticks; 1000 * 500,000 * 100 = 5e10 = $50,000.
# 2. Short a quarter of it: -$12,500.
# 3. The smallest step: 1 lot, 1 tick = 100 units.
@pytest.mark.parametrize(
    ("quantity", "mark", "value"),
    [
        (BTC, 50_000 * TICK, 50_000 * USD),
        (-250, 50_000 * TICK, -12_500 * USD),
        (1, 1, 100),
        (-1, 1, -100),
        (0, 50_000 * TICK, 0),
        (BTC, 0, 0),
    ],
)
def test_value_is_the_exact_product_and_notional_its_size(quantity: int, mark: int, value: int) -> None:
    assert linear_perp.position_value(quantity, mark, M) == value
    assert linear_perp.notional(quantity, mark, M) == abs(value)


# 4. 5 % of $50,000 is $2,500: at exactly $2,500 the account is safe, one unit below it is not.
@pytest.mark.parametrize(
    ("equity", "requirement", "safe"),
    [
        (2_500 * USD + 1, 2_500 * USD, True),
        (2_500 * USD, 2_500 * USD, True),
        (2_500 * USD - 1, 2_500 * USD, False),
        (1, 0, True),
        (0, 0, True),  # no position, nothing owed
        (-1, 0, False),  # no position, and insolvent
        (-1, 1, False),
    ],
)
def test_equality_is_safe(equity: int, requirement: int, safe: bool) -> None:
    assert linear_perp.is_safe(equity, requirement) is safe


# 5. Long 1 BTC at 50,000, equity 5,000, 5 %: 5000 + (P - 50000) = 0.05 P, 0.95 P = 45000,
#    P = 47,368.42; up to the tick: 47,368.5.
# 6. Short: 5000 - (P - 50000) = 0.05 P, 1.05 P = 55000, P = 52,380.95; down: 52,380.9.
# 7. Long, another position needs 1,000: 0.95 P = 46000, P = 48,421.05; up: 48,421.1.
#    (Forgetting the other one gives 47,368.5: 1,052 dollars too late.)
# 8. Short, another position needs 1,000: 1.05 P = 54000, P = 51,428.57; down: 51,428.5.
# 9. Exactly the requirement: long with equity 2,500: 0.95 P = 47500, P = 50,000 = mark.
# 10. Already liquidatable, long with equity 0: 0.95 P = 50000, P = 52,631.58, above the mark; up: 52,631.6.
# 11. Ten times the size: long 10 BTC (500,000), equity 50,000: the same as case 5.
@pytest.mark.parametrize(
    ("quantity", "equity", "other", "price"),
    [
        (BTC, 5_000, 0, 473_685),
        (-BTC, 5_000, 0, 523_809),
        (BTC, 5_000, 1_000, 484_211),
        (-BTC, 5_000, 1_000, 514_285),
        (BTC, 2_500, 0, 500_000),
        (BTC, 0, 0, 526_316),
        (10 * BTC, 50_000, 0, 473_685),
    ],
)
def test_liquidation_price_at_a_flat_rate(quantity: int, equity: int, other: int, price: int) -> None:
    got = linear_perp.liquidation_price(equity * USD, quantity, 50_000 * TICK, M, other * USD, *FIVE_PERCENT)
    assert got == (True, price)


# 12. Long 1 BTC at 50,000, equity 6,000. Upper tier: 6000 + P - 50000 = 0.1 P - 2400, 0.9 P = 41600,
#     P = 46,222.2, in its tier; up: 46,222.3.
# 13. Equity 14,000. Upper tier: 0.9 P = 33600, P = 37,333: below 40,000, not its tier. Lower tier:
#     0.96 P = 36000, P = 37,500.0. (The tier at the mark would say 37,333: too late.)
# 14. The root on the floor: equity 11,600: 0.9 P = 36000, P = 40,000; lower: 0.96 P = 38400, P = 40,000.
# 15. Short 1 BTC at 38,000, equity 4,400. Lower tier: 42400 = 1.04 P, P = 40,769: above 40,000. Upper:
#     42400 = 1.1 P - 2400, P = 40,727.27; down: 40,727.2.
@pytest.mark.parametrize(
    ("quantity", "mark", "equity", "price"),
    [
        (BTC, 50_000, 6_000, 462_223),
        (BTC, 50_000, 14_000, 375_000),
        (BTC, 50_000, 11_600, 400_000),
        (-BTC, 38_000, 4_400, 407_272),
    ],
)
def test_the_tier_is_the_one_at_the_liquidation_price(
    quantity: int, mark: int, equity: int, price: int
) -> None:
    got = linear_perp.liquidation_price(equity * USD, quantity, mark * TICK, M, 0, *TIERS)
    assert got == (True, price)


# 16. A rate above 100 % makes two roots. 10 % to 40,000, then 150 %: cum = 40000 * 1.4 = 56,000.
#     Long 1 BTC with E = P - 35000: 0.9 P = 35000, P = 38,888.9, safe above; and P - 35000 = 1.5 P - 56000,
#     0.5 P = 21000, P = 42,000, safe below. From 38,000 the first is nearer, from 41,500 the second.
@pytest.mark.parametrize(("mark", "price"), [(38_000, 388_889), (41_500, 420_000)])
def test_of_several_roots_the_nearest_to_the_mark_is_taken(mark: int, price: int) -> None:
    steep = ((0, 40_000 * USD), (100_000, 1_500_000), (0, 56_000 * USD * PPM))
    got = linear_perp.liquidation_price((mark - 35_000) * USD, BTC, mark * TICK, M, 0, *steep)
    assert got == (True, price)


# With E = P - 35100 the roots are 39,000 and 41,800; from 40,400 both are 1,400 away.
def test_of_two_equally_near_roots_the_lower_bracket_decides() -> None:
    steep = ((0, 40_000 * USD), (100_000, 1_500_000), (0, 56_000 * USD * PPM))
    got = linear_perp.liquidation_price(5_300 * USD, BTC, 40_400 * TICK, M, 0, *steep)
    assert got == (True, 390_000)


# The root of case 14, notional 40,000, asked of single brackets: edges belong to both.
@pytest.mark.parametrize(
    ("rate_ppm", "cum", "floor", "ceiling", "found"),
    [
        (40_000, 0, 0, 40_000 * USD + 1, True),
        (40_000, 0, 0, 40_000 * USD, True),
        (40_000, 0, 0, 40_000 * USD - 1, False),
        (40_000, 0, 0, 0, False),
        (100_000, 2_400 * USD * PPM, 40_000 * USD - 1, NO_CEILING, True),
        (100_000, 2_400 * USD * PPM, 40_000 * USD, NO_CEILING, True),
        (100_000, 2_400 * USD * PPM, 40_000 * USD + 1, NO_CEILING, False),
    ],
)
def test_a_root_on_an_edge_belongs_to_both_brackets(
    rate_ppm: int, cum: int, floor: int, ceiling: int, found: bool
) -> None:
    got = linear_perp.bracket_price(11_600 * USD, BTC, 50_000 * TICK, M, 0, rate_ppm, cum, floor, ceiling)
    assert got == ((True, 400_000) if found else (False, NO_PRICE))


# 17. A long paid for in full: 0.95 P = 0. Its price is not zero, there is none. A dollar less: P = 1.05.
# 18. A short of an account that is under water by all it is short: at no price is it safe.
# 19. Flat in this market: no price of it matters.
@pytest.mark.parametrize(
    ("quantity", "equity", "expected"),
    [
        (BTC, 50_001, (False, NO_PRICE)),
        (BTC, 50_000, (False, NO_PRICE)),
        (BTC, 49_999, (True, 11)),
        (-BTC, -49_999, (True, 9)),  # 1.05 P = 1, P = 0.95, down
        (-BTC, -50_000, (False, NO_PRICE)),
        (-BTC, -50_001, (False, NO_PRICE)),
        (0, 5_000, (False, NO_PRICE)),
    ],
)
def test_where_no_price_liquidates_none_is_told(
    quantity: int, equity: int, expected: tuple[bool, int]
) -> None:
    got = linear_perp.liquidation_price(equity * USD, quantity, 50_000 * TICK, M, 0, *FIVE_PERCENT)
    assert got == expected


def test_a_requirement_that_moves_with_equity_has_no_price() -> None:
    at_100_percent = ((0,), (PPM,), (0,))
    got = linear_perp.liquidation_price(5_000 * USD, BTC, 50_000 * TICK, M, 0, *at_100_percent)
    assert got == (False, NO_PRICE)


# 20. Equity 5,000 on 1 BTC at 50,000: a long is worth nothing at 45,000, a short at 55,000.
# 21. Equity 5,000.01: 44,999.99 and 55,000.01; up to 45,000.0 and down to 55,000.0.
# 22. Equity -100: a long needs 50,100, a short 49,900.
@pytest.mark.parametrize(
    ("quantity", "equity_cents", "expected"),
    [
        (BTC, 500_000, (True, 450_000)),
        (-BTC, 500_000, (True, 550_000)),
        (BTC, 500_001, (True, 450_000)),
        (-BTC, 500_001, (True, 550_000)),
        (BTC, 499_999, (True, 450_001)),
        (-BTC, 499_999, (True, 549_999)),
        (BTC, -10_000, (True, 501_000)),
        (-BTC, -10_000, (True, 499_000)),
        (BTC, 5_000_000, (False, NO_PRICE)),
        (0, 500_000, (False, NO_PRICE)),
    ],
)
def test_zero_equity_price(quantity: int, equity_cents: int, expected: tuple[bool, int]) -> None:
    got = linear_perp.zero_equity_price(equity_cents * USD // 100, quantity, 50_000 * TICK, M)
    assert got == expected


# 23. Long 1 BTC (50,000, needs 2,500) and short 10 ETH (-30,000, needs 1,500), equity 800, hence cash
#     -19,200. BTC carries 800 * 2500 / 4000 = 500: takeover 49,500. ETH carries the other 300: -30,300.
#     49,500 - 30,300 = 19,200: the account ends at zero.
# 24. Equity -800: BTC 50,500, ETH -29,700. The engine pays above the market and is short 800.
@pytest.mark.parametrize(
    ("equity", "btc", "eth"),
    [(800, 49_500, -30_300), (0, 50_000, -30_000), (-800, 50_500, -29_700)],
)
def test_a_cross_account_is_taken_over_by_share_of_requirement(equity: int, btc: int, eth: int) -> None:
    first = linear_perp.takeover_value(50_000 * USD, equity * USD, 2_500 * USD, 4_000 * USD)
    left = equity * USD - (50_000 * USD - first)
    second = linear_perp.takeover_value(-30_000 * USD, left, 1_500 * USD, 1_500 * USD)
    assert (first, second) == (btc * USD, eth * USD)


@pytest.mark.parametrize(
    ("equity", "takeover"),
    [(0, 10), (1, 10), (2, 10), (3, 9), (-1, 11), (-2, 11), (-3, 11), (-4, 12)],  # a third each
)
def test_takeover_is_rounded_up_on_both_sides_of_zero(equity: int, takeover: int) -> None:
    assert linear_perp.takeover_value(10, equity, 1, 3) == takeover


def test_without_a_requirement_a_position_goes_at_its_value() -> None:
    assert linear_perp.takeover_value(-7, 100, 0, 0) == -7


# 25. Takeover 49,500, fee 0.1 %. Filled at 49,600: 100 better, the fee is 49.6. At 49,540: 40 better, less
#     than the fee of 49.54, all 40. At 49,500: nothing. At 49,400: the fund pays 100.
# 26. Short, takeover -30,300. Bought back for 30,200: 100 better, the fee is 30.2. For 30,400: pays 100.
@pytest.mark.parametrize(
    ("fill_cents", "takeover", "payment_cents"),
    [
        (4_960_000, 49_500, 4_960),
        (4_954_000, 49_500, 4_000),
        (4_950_001, 49_500, 1),
        (4_950_000, 49_500, 0),
        (4_949_999, 49_500, -1),
        (4_940_000, 49_500, -10_000),
        (-3_020_000, -30_300, 3_020),
        (-3_040_000, -30_300, -10_000),
    ],
)
def test_the_fund_gets_at_most_the_fee_and_pays_in_full(
    fill_cents: int, takeover: int, payment_cents: int
) -> None:
    cent = USD // 100
    got = linear_perp.insurance_payment(fill_cents * cent, takeover * USD, 1_000)
    assert got == payment_cents * cent


@pytest.mark.parametrize(
    ("fill", "fee"), [(0, 0), (999, 0), (1_000, 1), (1_001, 1), (-1_999, 1), (-2_000, 2)]
)
def test_a_liquidation_fee_is_rounded_down(fill: int, fee: int) -> None:
    assert linear_perp.liquidation_fee(fill, 1_000) == fee


# 27. Long 1 BTC at 50,000, equity 2,000, to be brought to 7 % (3,500): short by 1,500. A lot is worth $50;
#     closing it frees 3.50 and costs 0.50 at 1 %. 1500 / 3 = 500 lots. After: 2000 - 250 = 1750, which is
#     7 % of the 25,000 that are left.
# 28. One unit more is missing: 501 lots. 29. Cost 7 %: no number of lots is enough.
@pytest.mark.parametrize(
    ("shortage", "fee_ppm", "expected"),
    [
        (-1, 10_000, (True, 0)),
        (0, 10_000, (True, 0)),
        (1, 10_000, (True, 1)),
        (1_500 * USD - 1, 10_000, (True, 500)),
        (1_500 * USD, 10_000, (True, 500)),
        (1_500 * USD + 1, 10_000, (True, 501)),
        (3_500 * USD, 0, (True, 1_000)),
        (1_500 * USD, 69_999, (True, 30_000_000)),
        (1_500 * USD, 70_000, (False, 0)),
        (1_500 * USD, 70_001, (False, 0)),
        (0, 70_000, (True, 0)),
    ],
)
def test_lots_to_restore(shortage: int, fee_ppm: int, expected: tuple[bool, int]) -> None:
    assert linear_perp.lots_to_restore(shortage, 50_000 * TICK, M, 70_000, fee_ppm) == expected


# 30. Closing costs 1 %. With 500 on 50,000 (1 %) a close leaves the ratio where it is; a unit less, lower.
@pytest.mark.parametrize(
    ("equity", "toxic"), [(500 * USD + 1, False), (500 * USD, False), (500 * USD - 1, True), (-1, True)]
)
def test_closing_is_toxic_below_the_cost_rate(equity: int, toxic: bool) -> None:
    assert linear_perp.is_closing_toxic(equity, 50_000 * USD, 10_000) is toxic


# 31. Cost -10, three lots: a third is -3.33, toward zero -3; of the -7 that stay, half is -3; the last
#     takes -4.
def test_cost_closed_in_parts_sums_to_the_cost() -> None:
    parts, cost = [], -10
    for quantity in (3, 2, 1):
        parts.append(linear_perp.closed_cost(cost, quantity, 1))
        cost -= parts[-1]
    assert parts == [-3, -3, -4]
    assert linear_perp.closed_cost(10, 3, 2) == 6
    assert linear_perp.closed_cost(10, 3, 0) == 0


# --- what holds for every account ---

amounts = st.integers(-(10**12), 10**12)
lots = st.integers(-(10**5), 10**5)
prices = st.integers(1, 10**6)


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[int], list[int], list[int]]:
    """Continuous brackets with rates that do not fall and stay below 100 %."""
    widths = draw(st.lists(st.integers(1, 10**11), max_size=4))
    floors = [0, *(sum(widths[: n + 1]) for n in range(len(widths)))]
    rates = sorted(draw(st.lists(st.integers(0, PPM - 1), min_size=len(floors), max_size=len(floors))))
    cums = [0]
    for n in range(1, len(floors)):
        cums.append(margin.bracket_cum(floors[n], rates[n], rates[n - 1], cums[-1]))
    return floors, rates, cums


@given(amounts, lots, prices, st.integers(1, 20), st.integers(0, 10**10), tables())
def test_one_tick_beyond_the_liquidation_price_is_liquidatable_and_it_is_not(
    equity: int,
    quantity: int,
    mark: int,
    multiplier: int,
    other: int,
    table: tuple[list[int], list[int], list[int]],
) -> None:
    def safe(price: int) -> bool:
        moved = equity + linear_perp.position_value(quantity, price - mark, multiplier)
        size = linear_perp.notional(quantity, price, multiplier)
        return linear_perp.is_safe(moved, other + margin.bracket_requirement(size, *table))

    found, price = linear_perp.liquidation_price(equity, quantity, mark, multiplier, other, *table)
    if found:
        assert safe(price)
        assert not safe(price - 1 if quantity > 0 else price + 1)
    else:
        assert price == NO_PRICE
        assert len({safe(each) for each in (1, mark, 2 * mark, 10**9)}) == 1


@given(amounts, lots.filter(bool), prices, st.integers(1, 20))
def test_zero_equity_price_is_the_last_solvent_one(
    equity: int, quantity: int, mark: int, multiplier: int
) -> None:
    found, price = linear_perp.zero_equity_price(equity, quantity, mark, multiplier)
    assume(found)
    beyond = price - 1 if quantity > 0 else price + 1
    assert equity + linear_perp.position_value(quantity, price - mark, multiplier) >= 0
    assert equity + linear_perp.position_value(quantity, beyond - mark, multiplier) < 0


@given(amounts, lots, prices, st.integers(0, 2 * PPM), st.integers(0, 10**12), st.integers(0, 10**12))
def test_a_bracket_keeps_only_roots_inside_itself(
    equity: int, quantity: int, mark: int, rate_ppm: int, floor: int, width: int
) -> None:
    free = linear_perp.bracket_price(equity, quantity, mark, 1, 0, rate_ppm, 0, 0, NO_CEILING)
    slope = quantity * PPM - rate_ppm * abs(quantity)
    assume(slope != 0)
    root = Fraction((quantity * mark - equity) * PPM, slope)
    assert free[0] is (root > 0)
    within = linear_perp.bracket_price(equity, quantity, mark, 1, 0, rate_ppm, 0, floor, floor + width)
    assert within[0] is (root > 0 and floor <= abs(quantity) * root <= floor + width)
    assert within == (free if within[0] else (False, NO_PRICE))


@given(
    amounts,
    st.lists(st.tuples(amounts, st.integers(0, 10**9)), min_size=1, max_size=8),
)
def test_takeover_values_of_an_account_sum_to_minus_its_cash(
    cash: int, positions: list[tuple[int, int]]
) -> None:
    equity_left = cash + sum(value for value, _ in positions)
    required_left = sum(requirement for _, requirement in positions)
    assume(positions[-1][1] > 0)
    total = 0
    for value, requirement in positions:
        takeover = linear_perp.takeover_value(value, equity_left, requirement, required_left)
        total += takeover
        equity_left -= value - takeover
        required_left -= requirement
    assert total == -cash


@given(amounts, amounts, st.integers(0, PPM))
def test_a_fill_leaves_the_account_at_least_its_takeover_value(fill: int, takeover: int, fee: int) -> None:
    payment = linear_perp.insurance_payment(fill, takeover, fee)
    assert fill - payment >= takeover
    assert payment <= linear_perp.liquidation_fee(fill, fee)
    assert payment >= 0 or fill - payment == takeover


@given(
    st.integers(1, 10**5),
    prices,
    st.integers(1, 20),
    amounts,
    st.integers(0, PPM),
    st.integers(0, PPM),
)
def test_lots_to_restore_are_enough_and_the_fewest(
    quantity: int, price: int, multiplier: int, equity: int, rate_ppm: int, fee_ppm: int
) -> None:
    def short_by(closed: int) -> int:
        value = linear_perp.notional(closed, price, multiplier)
        rest = linear_perp.notional(quantity - closed, price, multiplier)
        left = equity - linear_perp.liquidation_fee(value, fee_ppm)
        return margin.flat_requirement(rest, rate_ppm) - left

    feasible, closed = linear_perp.lots_to_restore(short_by(0), price, multiplier, rate_ppm, fee_ppm)
    assert feasible is (short_by(0) <= 0 or rate_ppm > fee_ppm)
    if feasible and closed <= quantity:
        assert short_by(closed) <= 0
        # One lot fewer frees less than the shortage.
        gain = (closed - 1) * price * multiplier * (rate_ppm - fee_ppm)
        assert closed == 0 or gain < short_by(0) * PPM


@given(amounts, st.integers(2, 10**12), st.integers(0, PPM), st.data())
def test_toxic_means_that_a_close_lowers_the_ratio(
    equity: int, notional: int, cost_rate_ppm: int, data: st.DataObject
) -> None:
    closed = data.draw(st.integers(1, notional - 1))
    after = (equity - Fraction(cost_rate_ppm * closed, PPM)) / (notional - closed)
    lowers = after < Fraction(equity, notional)
    assert linear_perp.is_closing_toxic(equity, notional, cost_rate_ppm) is lowers
