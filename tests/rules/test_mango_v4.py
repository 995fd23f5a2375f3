"""Mango v4: negative pnl is settled, bought out and shared out no further than to a health of 0."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.rules import mango_v4
from seawall.rules.mango_v4 import ONE

ASSET, LIABILITY = 18 * ONE // 10, 22 * ONE // 10  # a price of 2 at weights of 0.9 and 1.1


def fixed(number: str) -> int:
    return int(Fraction(number) * ONE)


@pytest.mark.parametrize(("balance", "health"), [("5", "9"), ("0", "0"), ("-5", "-11")])
def test_a_balance_counts_less_than_a_borrow(balance: str, health: str) -> None:
    assert mango_v4.balance_health(fixed(balance), ASSET, LIABILITY) == fixed(health)


# Of a balance of 5, worth 9 of health: each unit lost costs 1.8, each borrowed 2.2.
@pytest.mark.parametrize(
    ("health", "taken"), [("-1", "0"), ("0", "0"), ("1.8", "1"), ("9", "5"), ("11.2", "6"), ("13.4", "7")]
)
def test_as_much_is_settleable_as_leaves_health_at_0(health: str, taken: str) -> None:
    assert mango_v4.settleable(fixed(health), fixed("5"), ASSET, LIABILITY) == fixed(taken)


def test_a_token_that_counts_nothing_is_settleable_whole_and_no_further() -> None:
    assert mango_v4.settleable(fixed("1"), fixed("5"), 0, 0) == fixed("5")
    assert mango_v4.settleable(fixed("1"), fixed("-5"), 0, fixed("2")) == fixed("0.5")


# Owing 2: the first two units lift health by 2.2 each, the others by 1.8.
@pytest.mark.parametrize(
    ("health", "given_"), [("1", "0"), ("0", "0"), ("-2.2", "1"), ("-4.4", "2"), ("-6.2", "3"), ("-8", "4")]
)
def test_what_is_missing_is_cheap_up_to_a_balance_of_0_and_dear_beyond(health: str, given_: str) -> None:
    assert mango_v4.amount_to_health_zero(fixed(health), fixed("-2"), ASSET, LIABILITY) == fixed(given_)


@given(st.integers(-100, 100), st.integers(-500, -1))
def test_what_is_missing_brings_health_to_0_and_what_is_settleable_too(balance: int, other: int) -> None:
    """Up to the last places, which the divisions cut off."""
    health = mango_v4.balance_health(balance * ONE, ASSET, LIABILITY) + other * ONE
    missing = mango_v4.amount_to_health_zero(health, balance * ONE, ASSET, LIABILITY)
    taken = mango_v4.settleable(health, balance * ONE, ASSET, LIABILITY)
    now = balance * ONE + missing - taken
    assert abs(mango_v4.balance_health(now, ASSET, LIABILITY) + other * ONE) <= 3


@pytest.mark.parametrize(
    ("liability", "fee", "vault", "paid", "bought"),
    [
        ("30", "0", 1000, 20, "30"),  # 60 of value at 3 each
        ("30", "0", 20, 20, "30"),
        ("30", "0", 19, 19, "28.5"),  # exhausted: the rest is shared out
        ("29.9", "0", 1000, 20, "29.9"),  # rounded up, and the liquidator keeps it
        ("30", "0.05", 1000, 21, "30"),
        ("30", "0.05", 14, 14, "20"),  # 42 of value buy 20 at 2.1
        ("0", "0", 1000, 0, "0"),
        ("30", "0", 0, 0, "0"),
    ],
)
def test_insurance_buys_a_liability_until_it_is_exhausted(
    liability: str, fee: str, vault: int, paid: int, bought: str
) -> None:
    terms = fixed("2"), fixed(fee), fixed("3")
    payment = mango_v4.insurance_payment(fixed(liability), *terms, vault)
    assert payment == paid
    assert mango_v4.liability_bought(payment, fixed(liability), *terms) == fixed(bought)


@pytest.mark.parametrize(("contracts", "each"), [(0, "0"), (1, "21"), (4, "5.25")])
def test_each_contract_pays_the_same_and_without_any_nobody_pays(contracts: int, each: str) -> None:
    assert mango_v4.charge_per_contract(fixed("21"), contracts) == fixed(each)


@pytest.mark.parametrize(
    ("collateral", "factor", "repaid"),
    [("1000", "1", "50"), ("1000", "1.25", "40"), ("7001", "1", "350"), ("0", "1", "0")],
)
def test_a_collateral_repays_its_value_less_both_fees_and_never_beyond_the_borrow(
    collateral: str, factor: str, repaid: str
) -> None:
    got = mango_v4.liability_repaid(fixed(collateral), ONE, fixed("350"), 20 * ONE, fixed(factor))
    assert got == fixed(repaid)


HALF, ONE_AND_A_HALF = ONE // 2, ONE + ONE // 2


# In the last place: each row stands where rounding the other way would give another number.
ROUNDED: list[tuple[Callable[..., int], tuple[int, ...], int]] = [
    (mango_v4.balance_health, (1, HALF, 0), 0),
    (mango_v4.balance_health, (-1, 0, HALF), -1),
    (mango_v4.settleable, (10, 5, 3 * ONE, 0), 3),
    (mango_v4.settleable, (10, 0, 0, 3 * ONE), 3),
    (mango_v4.settleable, (11, 5, 3 * ONE, 0), 3),
    (mango_v4.settleable, (11, 0, 0, 3 * ONE), 3),
    (mango_v4.settleable, (10, 1, ONE_AND_A_HALF, ONE), 10),
    (mango_v4.amount_to_health_zero, (-10, -20, ONE, 3 * ONE), 3),
    (mango_v4.amount_to_health_zero, (-10, 0, 3 * ONE, ONE), 3),
    (mango_v4.amount_to_health_zero, (-11, -20, ONE, 3 * ONE), 3),
    (mango_v4.amount_to_health_zero, (-11, 0, 3 * ONE, ONE), 3),
    (mango_v4.amount_to_health_zero, (-10, -1, 3 * ONE, ONE_AND_A_HALF), 4),
    (mango_v4.insurance_payment, (ONE * ONE, 1, HALF, ONE, 9), 1),
    (mango_v4.insurance_payment, (3, HALF, 0, 1, 9), 1),
    (mango_v4.insurance_payment, (1, ONE, 0, ONE, 9), 1),  # the least value takes a whole unit
    (mango_v4.insurance_payment, (1, ONE, 0, 2 * ONE, 9), 0),
    (mango_v4.liability_bought, (1, ONE, 3 * ONE, 0, 1), 0),
    (mango_v4.liability_bought, (5, ONE, 3 * ONE, 0, 1), 1),
    (mango_v4.liability_bought, (1, 9 * ONE, 1, HALF, 2), 2 * ONE),
    (mango_v4.charge_per_contract, (11, 3), 3),
    (mango_v4.liability_repaid, (3, HALF, 9, ONE, ONE), 1),
    (mango_v4.liability_repaid, (1, ONE, 9 * ONE, 1, ONE_AND_A_HALF), ONE),
    (mango_v4.liability_repaid, (11, ONE, 9, 3 * ONE, ONE), 3),
]


@pytest.mark.parametrize(("rule", "args", "expected"), ROUNDED)
def test_the_last_place_is_cut_off(rule: Callable[..., int], args: tuple[int, ...], expected: int) -> None:
    assert rule(*args) == expected
