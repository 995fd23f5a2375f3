"""The generic pool: values are exact, only moved tokens round, and a target is reached."""

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from seawall.rules import generic_lending as rules
from seawall.rules.aave_v3 import WAD
from seawall.rules.generic_lending import VALUE_UNIT

amounts = st.integers(0, 10**30)
price = st.integers(1, 10**14)
decimals = st.integers(0, 36)
bonus = st.integers(10000, 12500)


@given(amounts, st.integers(0, 10**14), decimals)
def test_values_are_exact(amount: int, price: int, decimals: int) -> None:
    exact = Fraction(amount * price * VALUE_UNIT, 10**decimals)
    assert rules.collateral_value(amount, price, 10**decimals) == exact
    assert rules.debt_value(amount, price, 10**decimals) == exact


@pytest.mark.parametrize(("weighted", "safe"), [(79999, False), (80000, True), (80001, True)])
def test_the_boundary_is_exact_and_belongs_to_the_safe(weighted: int, safe: bool) -> None:
    assert rules.is_safe(0, weighted, 8) is safe


def test_health_is_floored_to_be_shown() -> None:
    assert rules.health_factor(0, 2 * 10**4, 3) == 2 * WAD // 3
    assert rules.health_factor(1, 1, 0) == rules.HEALTH_INFINITE


@given(
    cover=amounts,
    balance=amounts,
    prices=st.tuples(price, price),
    units=st.tuples(decimals, decimals),
    bonus_bps=bonus,
    fee_bps=st.integers(0, 10000),
)
def test_amounts_are_one_rounding_from_the_rational_model(
    cover: int, balance: int, prices: tuple[int, int], units: tuple[int, int], bonus_bps: int, fee_bps: int
) -> None:
    debt_price, collateral_price = prices
    debt_unit, collateral_unit = 10 ** units[0], 10 ** units[1]
    repaid, seized, fee = rules.seize(
        cover, balance, debt_price, debt_unit, collateral_price, collateral_unit, bonus_bps, fee_bps
    )
    rate = Fraction(debt_price * collateral_unit * bonus_bps, collateral_price * debt_unit * 10000)
    if cover * rate < balance + 1:
        assert (repaid, seized) == (cover, cover * rate // 1)
    else:
        assert seized == balance
        assert repaid - 1 < balance / rate <= repaid <= cover
    # Nobody is paid more than the bonus for what was repaid.
    assert seized <= repaid * rate
    assert fee == Fraction(seized * (bonus_bps - 10000) * fee_bps, bonus_bps * 10000) // 1
    assert 0 <= fee <= seized


@given(
    collateral=st.integers(1, 10**12),
    debt=st.integers(1, 10**12),
    threshold_bps=st.integers(1000, 9500),
    bonus_bps=bonus,
    target=st.integers(WAD, 13 * WAD // 10),
)
def test_a_target_is_reached_with_the_smallest_repayment(
    collateral: int, debt: int, threshold_bps: int, bonus_bps: int, target: int
) -> None:
    assume(threshold_bps * bonus_bps < 10**8)
    value, owed = collateral * VALUE_UNIT, debt * VALUE_UNIT
    repay = rules.target_repay(debt, owed, value * threshold_bps, target, bonus_bps, threshold_bps, 1, 1)
    assert 0 <= repay <= debt

    def health(repaid: int) -> Fraction:
        rest = collateral - Fraction(repaid * bonus_bps, 10000)
        return rest * threshold_bps * WAD / (10000 * (debt - repaid))

    if repay < debt:
        assert health(repay) >= target
    if repay > 0:
        assert health(repay - 1) < target


@pytest.mark.parametrize(("threshold_bps", "repay"), [(9000, 0), (8000, 0), (7000, 334)])
def test_who_is_at_the_target_repays_nothing(threshold_bps: int, repay: int) -> None:
    # 1000 against 800 without bonus: at 70 %, (800 - 700) / (1 - 0.7) = 333.3.
    weighted = 1000 * VALUE_UNIT * threshold_bps
    assert rules.target_repay(800, 800 * VALUE_UNIT, weighted, WAD, 10000, threshold_bps, 1, 1) == repay


def test_who_is_at_the_target_repays_nothing_even_where_repaying_would_hurt() -> None:
    assert rules.target_repay(960, 960 * VALUE_UNIT, 9600 * 1000 * VALUE_UNIT, WAD, 10500, 9600, 1, 1) == 0


@pytest.mark.parametrize("target", [WAD * 99 // 100, WAD, 1008 * WAD // 1000])
def test_out_of_reach_is_the_whole_debt(target: int) -> None:
    # LB * LT = 1.05 * 0.96 = 1.008: every slice lowers health.
    assert rules.target_repay(800, 800 * VALUE_UNIT, 0, target, 10500, 9600, 1, 1) == 800


def test_all_may_be_repaid_any_remainder_left_and_losses_booked_at_zero_value() -> None:
    assert rules.max_repay(7, 1, 1, 1, 2 * WAD, 1, 1) == 7
    assert rules.leaves_dust(1, 1, 1, 1) is False
    assert [rules.recognises(*left) for left in ((0, 1), (0, 0), (1, 1))] == [True, False, False]
