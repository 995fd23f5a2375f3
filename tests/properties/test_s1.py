"""S1: shares sum to the loss, each within its own cap; who is excluded pays nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from seawall.allocation.proportional import allocate_capped, allocate_pro_rata
from tests.allocation.test_proportional import claims
from tests.waterfall.books import account, cash_default, fund, run, terms_of

balances = st.lists(st.integers(-50, 10_000), min_size=1, max_size=8)


@given(claims())
def test_s1_pro_rata_and_capped_shares_sum_to_the_total_within_caps(case) -> None:  # type: ignore[no-untyped-def]
    total, weights, caps, ties = case
    assert sum(allocate_pro_rata(total, weights, tie_key=ties)) == total
    shares = allocate_capped(total, weights, caps, tie_key=ties)
    assert sum(shares) == total
    for share, cap, weight in zip(shares, caps, weights, strict=True):
        assert 0 <= share <= cap
        assert weight or not share


@given(balances, st.integers(0, 60_000))
def test_s1_holders_bear_the_loss_and_nobody_more_than_its_cash(held: list[int], loss: int) -> None:
    users = [account(f"u{number}", cash) for number, cash in enumerate(held)]
    others = [fund("spared", 500), account("desk", 500, kind="venue")]
    terms = terms_of({"kind": "mutualise", "over": "cash"})
    result, draft = run([*users, *others], terms, cash_default(loss))
    bearable = sum(cash for cash in held if cash > 0)
    assert sum(item.amount for item in result.charges) == min(loss, bearable)
    for user, cash in zip(users, held, strict=True):
        assert min(cash, 0) <= draft.cash(user.id, "USD") <= cash
    assert {item.account for item in result.charges} <= {user.id for user in users}
