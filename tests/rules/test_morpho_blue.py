"""Morpho Blue's rules: shares with their virtual part, the health boundary, roundings and bounds by hand."""

from collections.abc import Callable
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.units import WAD
from seawall.rules import morpho_blue as rules

SCALE = rules.PRICE_SCALE

# What a rule gives where the exact result is nearer to the other unit: n.7 for down, n.3 for up.
ROUNDED: list[tuple[Callable[..., int], tuple[int, ...], int]] = [
    (rules.to_shares_down, (17, 10**7 - 1, 0), 1),
    (rules.to_shares_up, (13, 10**7 - 1, 0), 2),
    (rules.to_assets_down, (1_700_000, 0, 0), 1),
    (rules.to_assets_up, (1_300_000, 0, 0), 2),
    (rules.max_borrow, (17, SCALE // 10, WAD), 1),
    (rules.max_borrow, (17, SCALE, WAD // 10), 1),
    # A product of 0.9 is nothing; 1 / 0.65 = 1.538461538461538461 and more than half a unit.
    (rules.incentive_factor, (WAD - 9, 10**17, 2 * WAD), WAD),
    (rules.incentive_factor, (0, 35 * 10**16, 2 * WAD), 1_538_461_538_461_538_461),
    (rules.quoted_up, (13, SCALE // 10), 2),
    (rules.repaid_for, (13, 10 * WAD), 2),
    (rules.with_incentive, (17, WAD // 10), 1),
    (rules.seized_for, (17, WAD // 10, SCALE), 1),
    (rules.seized_for, (17, WAD, 10 * SCALE), 1),
    (rules.bad_debt, (1_300_000, 9, 9 * 10**6), 2),
    # The square of 1.3e9 over two wad is 0.845; the third term of a wad is a sixth of it.
    (rules.compounded, (1_300_000_000, 1), 1_300_000_000),
    (rules.compounded, (WAD, 1), 1_666_666_666_666_666_666),
    (rules.interest, (17, WAD // 10), 1),
    # A fee of 1.7 is 1, and 10^6 / 17 = 58823.5 shares.
    (rules.fee_shares, (17, WAD // 10, 17, 0), 58_823),
    # A utilisation of 31535999.7e-18 stays below one unit a year.
    (rules.utilisation_rate, (315_359_997, 10**19), 0),
]


@pytest.mark.parametrize(("rule", "args", "expected"), ROUNDED)
def test_each_rounding_goes_its_way(rule: Callable[..., int], args: tuple[int, ...], expected: int) -> None:
    assert rule(*args) == expected


@pytest.mark.parametrize(("most", "healthy"), [(99, False), (100, True), (101, True)])
def test_owing_exactly_the_most_is_healthy(most: int, healthy: bool) -> None:
    assert rules.is_healthy(most, 100) is healthy


@pytest.mark.parametrize(
    ("lltv", "percent"), [(0, 115), (WAD * 56 // 100, 115), (WAD * 80 // 100, 106), (WAD - 1, 100)]
)
def test_the_incentive_grows_with_the_distance_to_the_limit_up_to_a_cap(lltv: int, percent: int) -> None:
    """1 / (1 - 0.3 x 0.44) would be 1.152; 1 / (1 - 0.3 x 0.2) is 1.0638."""
    factor = rules.incentive_factor(lltv, rules.INCENTIVE_CURSOR, rules.INCENTIVE_MAX)
    assert factor * 100 // WAD == percent
    assert (factor == rules.INCENTIVE_MAX) is (percent == 115)


def test_a_repayment_of_one_more_than_is_owed_leaves_nothing_owed() -> None:
    assert [rules.debt_after(5, repaid) for repaid in (4, 5, 6)] == [1, 0, 0]


def test_bad_debt_is_never_more_than_all_debt() -> None:
    """All shares of a debt of 5 are worth 5 and, with the virtual unit rounded up, 6 where they are many."""
    assert rules.to_assets_up(10**9, 5, 10**9) == 6
    assert rules.bad_debt(10**9, 5, 10**9) == 5


def test_a_market_without_supply_has_no_rate() -> None:
    assert rules.utilisation_rate(0, 0) == 0


@given(
    assets=st.integers(0, 2**100),
    total_assets=st.integers(0, 2**120),
    total_shares=st.integers(0, 2**120),
)
def test_a_round_trip_through_shares_never_gains(assets: int, total_assets: int, total_shares: int) -> None:
    down = rules.to_shares_down(assets, total_assets, total_shares)
    up = rules.to_shares_up(assets, total_assets, total_shares)
    assert rules.to_assets_down(down, total_assets, total_shares) <= assets
    assert rules.to_assets_up(up, total_assets, total_shares) >= assets
    exact = Fraction(assets * (total_shares + 10**6), total_assets + 1)
    assert down <= exact <= up < exact + 1
    assert up - down in (0, 1)


@given(
    lltv=st.integers(0, WAD - 1),
    price=st.integers(1, 10**40),
    debt=st.integers(1, 2**100),
    asked=st.integers(1, 2**100),
)
def test_collateral_is_never_seized_beyond_the_incentive_on_what_is_repaid(
    lltv: int, price: int, debt: int, asked: int
) -> None:
    incentive = rules.incentive_factor(lltv, rules.INCENTIVE_CURSOR, rules.INCENTIVE_MAX)
    side = (debt, debt * 10**6)
    # Asked for by collateral, the repayment is what follows; asked for by shares, the collateral is.
    shares = rules.to_shares_up(rules.repaid_for(rules.quoted_up(asked, price), incentive), *side)
    assert asked * price * WAD <= rules.to_assets_up(shares, *side) * incentive * SCALE
    seized = rules.seized_for(rules.to_assets_down(asked, *side), incentive, price)
    assert seized * price * WAD <= rules.to_assets_up(asked, *side) * incentive * SCALE
