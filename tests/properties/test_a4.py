"""A4: rounding favours the pool: no round trip leaves its user with a unit more.

Declared law: versions that round half up break it by one unit, and say so.
"""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.book import RAY
from seawall.rules import lending_rules

KEEPS = ["aave_v3@3.7", "generic_lending@1"]
AMOUNTS, INDEXES = st.integers(1, 10**24), st.integers(RAY, 5 * RAY)


@pytest.mark.parametrize("name", KEEPS)
@given(held=st.integers(0, 10**24), amount=AMOUNTS, index=INDEXES)
def test_supply_then_withdraw_never_pays_out_more(name: str, held: int, amount: int, index: int) -> None:
    rules = lending_rules(name)
    before = rules.supply_balance(held, index)
    after = rules.supply_balance(held + rules.supply_scaled_mint(amount, index), index)
    assert after - before <= amount


@pytest.mark.parametrize("name", KEEPS)
@given(held=AMOUNTS, part=st.fractions(0, 1), index=INDEXES)
def test_withdrawing_a_part_takes_at_least_that_from_the_balance(
    name: str, held: int, part: Fraction, index: int
) -> None:
    rules = lending_rules(name)
    balance = rules.supply_balance(held, index)
    amount = int(balance * part)
    burned = min(held, rules.supply_scaled_burn(amount, index))
    assert rules.supply_balance(held - burned, index) <= balance - amount


@pytest.mark.parametrize("name", KEEPS)
@given(scaled=AMOUNTS, part=st.fractions(0, 1), index=INDEXES)
def test_repaying_a_part_forgives_no_more_than_was_paid(
    name: str, scaled: int, part: Fraction, index: int
) -> None:
    rules = lending_rules(name)
    owed = rules.debt_balance(scaled, index)
    paid = int(owed * part)
    left = rules.debt_balance(scaled - rules.debt_scaled_burn(paid, index), index)
    assert owed - left <= paid


def test_half_up_rounding_gives_a_supplier_a_unit_too_many() -> None:
    # Frozen counterexample: Aave v3.0.2 rounds both ways of the trip to the nearest unit.
    rules = lending_rules("aave_v3@3.0.2")
    index = RAY * 8 // 5
    assert rules.supply_balance(rules.supply_scaled_mint(1, index), index) == 2
