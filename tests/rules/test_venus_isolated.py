"""Venus's rules: roundings by hand, thresholds at, below and above."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.units import WAD
from seawall.rules import venus_isolated as rules

TENTH = WAD // 10

# What a rule gives where the exact result is nearer to the unit above, or, for each truncation of a
# chain, where rounding it up or to the nearest would show in the end.
ROUNDED: list[tuple[Callable[..., Any], tuple[int, ...], Any]] = [
    (rules.per_second, (31_536_000 * 17 // 10,), 1),
    (rules.exchange_rate, (17, 10 * WAD), 1),
    (rules.utilisation, (2, 3), 666_666_666_666_666_666),
    (rules.reserves_after, (100, 17, TENTH), 101),
    (rules.debt_now, (17, 1, 10), 1),
    (rules.minted_tokens, (17, 10 * WAD), 1),
    (rules.redeemed_amount, (17, TENTH), 1),
    # 17 at 10 a token: 1 token pays 10, so 2. At 0.7 a token 17 are 24.3: 24 pay 16, so 25.
    (rules.redeemed_tokens, (17, 10 * WAD), 2),
    (rules.redeemed_tokens, (17, 7 * TENTH), 25),
    (rules.redeemed_tokens, (20, 10 * WAD), 2),
    # 7 at 10 a token: no token pays anything, and none is taken.
    (rules.redeemed_tokens, (7, 10 * WAD), 0),
    (rules.value, (17, TENTH), 1),
    (rules.token_price, (17, TENTH), 1),
    (rules.weighted_price, (17, TENTH), 1),
    (rules.protocol_tokens, (17, TENTH, WAD), 1),
    (rules.protocol_tokens, (17, WAD, 10 * WAD), 1),
    (rules.collateral_to_seize, (17, TENTH), 1),
    (rules.healed_part, (17, 10 * WAD), 1),
    (rules.healed_repayment, (17, TENTH), 1),
    (rules.debt_plus_incentive, (17, 1000), 18),
    (rules.start_bid_bps, (17, 10**5, 0), 1),
    (rules.part_of, (17, 1000), 1),
]


@pytest.mark.parametrize(("rule", "args", "expected"), ROUNDED)
def test_divisions_are_rounded_down(rule: Callable[..., Any], args: tuple[int, ...], expected: Any) -> None:
    assert rule(*args) == expected


def test_bad_debt_counts_as_lent_and_as_claimed() -> None:
    assert rules.claims(100, 50, 25, 5) == 170
    assert rules.utilisation(50 + 25, 170) == 75 * WAD // 170


def test_utilisation_ends_at_one_and_is_nothing_where_nothing_is_lent() -> None:
    assert [rules.utilisation(10, claims) for claims in (9, 10, 20)] == [WAD, WAD, WAD // 2]
    assert rules.utilisation(0, 0) == 0


def test_the_protocols_part_is_a_share_of_what_was_repaid() -> None:
    """1100 seized for 1000 repaid: 5 % of the 1000."""
    assert rules.protocol_tokens(1100, WAD // 20, WAD * 11 // 10) == 50


@pytest.mark.parametrize(
    ("fund", "larger", "seized"), [(109, False, 109), (110, False, 110), (111, True, 110)]
)
def test_a_fund_that_just_pays_for_all_is_not_larger(fund: int, larger: bool, seized: int) -> None:
    wanted = rules.debt_plus_incentive(100, 1000)
    assert (rules.is_fund_larger(fund, wanted), rules.fund_seized(fund, wanted)) == (larger, seized)


@pytest.mark.parametrize(("fund", "bps"), [(0, 0), (55, 5000), (110, 10_000)])
def test_the_first_bid_repays_what_the_fund_is_worth_less_the_incentive(fund: int, bps: int) -> None:
    assert rules.start_bid_bps(fund, 100, 1000) == bps


@pytest.mark.parametrize(
    ("bid", "has_bid", "is_fund_larger", "best"),
    [
        # The start is at 50, a standing bid at 60.
        (49, False, False, False),
        (50, False, False, True),
        (60, True, False, False),
        (61, True, False, True),
        (51, False, True, False),
        (50, False, True, True),
        (60, True, True, False),
        (59, True, True, True),
    ],
)
def test_a_bid_beats_the_standing_one_or_meets_the_start(
    bid: int, has_bid: bool, is_fund_larger: bool, best: bool
) -> None:
    assert rules.beats(bid, 60 if has_bid else 0, 50, has_bid, is_fund_larger) is best


@pytest.mark.parametrize(("now", "over"), [(109, False), (110, False), (111, True)])
def test_waits_are_over_strictly_after_their_last_second(now: int, over: bool) -> None:
    assert rules.is_stale(now, 100, 10, False) is over
    assert rules.is_won(now, 100, 10, True) is over
    assert not rules.is_stale(now, 100, 10, True)
    assert not rules.is_won(now, 100, 10, False)


@given(amount=st.integers(1, 10**30), rate=st.integers(1, 10**30))
def test_redeeming_pays_at_least_what_was_asked_and_less_than_a_token_more(amount: int, rate: int) -> None:
    tokens = rules.redeemed_tokens(amount, rate)
    paid = rules.redeemed_amount(tokens, rate)
    # At less than one underlying a token, a token more may still be one unit short of the amount.
    assert paid >= amount - 1 or paid == 0
    assert paid <= amount + rules.redeemed_amount(1, rate) + 1
