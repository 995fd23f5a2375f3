"""Aave v4: the bonus on its line, and the two ways a remainder forces a full close."""

import pytest

from seawall.rules.aave_v3 import WAD
from seawall.rules.aave_v4 import debt_to_target, leg_value, liquidation_amounts, liquidation_bonus

MAX = 8 * WAD // 10
DUST = 1000 * 10**26


@pytest.mark.parametrize(
    ("health", "bonus"),
    [(MAX - 1, 11000), (MAX, 11000), (MAX + 1, 10999), (9 * WAD // 10, 10750), (WAD - 1, 10500)],
)
def test_the_bonus_falls_from_its_maximum_to_its_floor(health: int, bonus: int) -> None:
    assert liquidation_bonus(health, MAX, 5000, 11000) == bonus


def test_the_floor_of_the_bonus_is_rounded_down() -> None:
    assert liquidation_bonus(WAD - 1, MAX, 5000, 10003) == 10001


@pytest.mark.parametrize(("amount", "value"), [(9, 0), (10, 1), (19, 1)])
def test_values_are_rounded_down(amount: int, value: int) -> None:
    assert leg_value(amount, 1, 10**19) == value


def test_the_repayment_to_a_target_rounds_up() -> None:
    # 10000 * (1 - 0.8) / (1 - 1.2 * 0.5) = 5000 dollars, of a token worth 3 dollars: 1666.67 of them.
    assert debt_to_target(10000 * 10**26, 3 * 10**8, 1, 12000, 5000, MAX, WAD) == 1667


def amounts(debt: int, collateral: int, to_cover: int, to_target: int) -> tuple[int, int, int]:
    """Whole tokens worth a dollar on both sides, bonus 10 %, fee 20 % of it."""
    return liquidation_amounts(debt, collateral, to_cover, to_target, 10**8, 1, 10**8, 1, 11000, 2000, DUST)


@pytest.mark.parametrize(("left", "repaid"), [(1001, 4000), (1000, 4000), (999, 4999), (0, 4000)])
def test_debt_worth_less_than_dust_is_closed_whole(left: int, repaid: int) -> None:
    assert amounts(4000 + left, 20000, 10**6, 4000)[0] == repaid


@pytest.mark.parametrize(
    ("collateral", "repaid", "seized"),
    [(5400, 4000, 4400), (5399, 4909, 5399), (4401, 4001, 4401), (4400, 4000, 4400), (4399, 4000, 4399)],
)
def test_collateral_worth_less_than_dust_is_seized_whole(collateral: int, repaid: int, seized: int) -> None:
    assert amounts(9000, collateral, 10**6, 4000)[:2] == (repaid, seized)


def test_dusty_collateral_may_stay_when_the_debt_is_gone() -> None:
    assert amounts(4000, 4401, 10**6, 10**6)[:2] == (4000, 4400)


def test_the_fee_is_floored_and_the_liquidator_keeps_the_rest() -> None:
    # 4400 * 0.1 / 1.1 * 0.2 = 80.
    assert amounts(9000, 20000, 4000, 10**6) == (4000, 4400, 4320)
    # 33 * 0.1 / 1.1 * 0.2 = 0.6: no fee. And 5 * 1.1 = 5.5 -> 5.
    assert amounts(9000, 20000, 30, 10**6) == (30, 33, 33)
    assert amounts(9000, 20000, 5, 10**6) == (5, 5, 5)
    assert amounts(9000, 20000, 10, 10**6) == (10, 11, 11)


def test_a_call_that_takes_exactly_all_is_not_capped() -> None:
    # 1999 thousandths buy 2.2 -> 2 whole pieces, all there are; capped, it would repay 1819 of them.
    call = (10**7, 2, 1999, 10**7, 10**8, 1000, 10**8, 1, 11000, 0, DUST)
    assert liquidation_amounts(*call) == (1999, 2, 2)
    assert liquidation_amounts(call[0], 1, *call[2:]) == (910, 1, 1)
