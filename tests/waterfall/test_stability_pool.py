"""Deposits cancelled against debt, what depositors gain, and Liquity's own arithmetic beside ours."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.book import Account, Balance, Book, Position
from seawall.core.loss import Default
from seawall.resolution import share_out
from seawall.rules import liquity_v1
from seawall.waterfall.waterfall import WaterfallResult
from tests.waterfall.books import EVENT, PERP, account, lots, lots_default, run, terms_of
from tests.waterfall.reserves import TWO, holder, loss, met, owing, priced, sums

POOL = {"kind": "stability_pool", "account": "fund:pool"}


def depositor(name: str, cents: int) -> Account:
    return holder(f"pool/{name}", parent="fund:pool", USD=cents)


def charges(result: WaterfallResult) -> dict[str, int]:
    return {item.account.removeprefix("pool/"): item.amount for item in result.charges}


def test_deposits_fall_in_proportion_to_the_unit() -> None:
    rows = [depositor("a", 100), depositor("b", 200), depositor("c", 300)]
    result, draft = met(owing(100, *rows), POOL, loss(100))
    assert charges(result) == {"a": 17, "b": 33, "c": 50}  # 16.67, 33.33, 50
    assert [draft.cash(row.id, "USD") for row in rows] == [83, 167, 250]


@pytest.mark.parametrize(("debt", "taken"), [(499, 499), (500, 500), (501, 500), (600, 500)])
def test_one_whole_unit_always_stays_in_the_pool(debt: int, taken: int) -> None:
    result, draft = met(owing(debt, depositor("a", 600)), {**POOL, "floor": "1"}, loss(debt))
    assert sum(charges(result).values()) == taken
    assert draft.cash("pool/a", "USD") == 600 - taken


def test_a_pool_below_its_floor_offsets_nothing() -> None:
    result, _ = met(owing(10, depositor("a", 99)), {**POOL, "floor": "1"}, loss(10))
    assert [item.amount for item in result.residuals] == [10]


# What secured the debt.


def test_depositors_gain_the_collateral_in_proportion_to_what_they_lost() -> None:
    rows = [depositor("a", 100), depositor("b", 300), holder("failed", kind="user", COIN=1_000)]
    result, draft = met(owing(40, *rows), POOL, loss(40))
    assert charges(result) == {"a": 10, "b": 30}
    assert [draft.cash(name, "COIN") for name in ("pool/a", "pool/b", "failed")] == [250, 750, 0]


def test_a_pool_that_bears_half_gains_half_and_the_rest_stays() -> None:
    rows = [depositor("a", 100), holder("failed", kind="user", COIN=1_001)]
    result, draft = met(owing(200, *rows), POOL, loss(200))
    assert (sum(charges(result).values()), draft.cash("pool/a", "COIN")) == (100, 500)
    assert draft.cash("failed", "COIN") == 501


def test_a_failing_depositor_keeps_the_part_of_its_collateral_that_falls_to_it() -> None:
    failing = holder("failed", kind="user", parent="fund:pool", USD=300, COIN=1_000)
    result, draft = met(owing(40, depositor("a", 100), failing), POOL, loss(40))
    assert charges(result) == {"a": 10, "failed": 30}
    assert [draft.cash(name, "COIN") for name in ("pool/a", "failed")] == [250, 750]


def test_a_failing_account_that_is_the_only_depositor_hands_nothing_over() -> None:
    failing = holder("failed", kind="user", parent="fund:pool", USD=50, COIN=1_000)
    found = share_out(owing(100, failing), priced(100), terms_of(POOL), [loss(100)], EVENT)
    assert charges(found.waterfall) == {"failed": 50}
    assert found.after.account("failed").balances == (Balance("COIN", "cash", 1_000),)


@pytest.mark.parametrize(
    "failing",
    [
        Account("failed", balances=holder("x", COIN=1_000, USD=-5).balances),
        Account(
            "failed", balances=holder("x", COIN=1_000).balances, positions=(Position("PERP", "net", 1, -1),)
        ),
    ],
)
def test_an_account_that_owes_more_keeps_its_collateral(failing: Account) -> None:
    rows = [depositor("a", 100), failing, holder("deficit:USD", kind="venue", USD=-40)]
    book = Book.of(rows, assets=TWO, instruments=[PERP], venue="test")
    result, draft = met(book, POOL, Default("failed", "USD", 40))
    assert sum(charges(result).values()) == 40
    assert draft.cash("failed", "COIN") == 1_000


def test_cash_in_the_asset_of_the_loss_is_no_collateral() -> None:
    rows = [depositor("a", 100), holder("failed", kind="user", USD=7)]
    _, draft = met(owing(40, *rows), POOL, loss(40))
    assert (draft.cash("failed", "USD"), draft.cash("pool/a", "USD")) == (7, 60)


def test_a_pool_pays_for_whole_lots() -> None:
    rows = [account("pool/a", 995)]
    rows[0] = Account("pool/a", parent="fund:pool", kind="fund", balances=rows[0].balances)
    result, _ = run(rows, terms_of(POOL), lots_default(lots(100, 10_000, 9_000)))
    assert (charges(result), result.absorptions[0].lots_closed) == ({"a": 990}, {"PERP": 99})


@given(
    deposits=st.lists(st.integers(0, 10**6), min_size=1, max_size=6),
    debt=st.integers(0, 3 * 10**6),
    coins=st.integers(0, 10**6),
    floor=st.integers(0, 200),
    seed=st.randoms(use_true_random=False),
)
def test_offsets_are_exact_and_blind_to_order(
    deposits: list[int], debt: int, coins: int, floor: int, seed: Any
) -> None:
    rows = [depositor(f"d{number}", cents) for number, cents in enumerate(deposits)]
    rows.append(holder("failed", kind="user", COIN=coins))
    book = owing(debt, *rows)
    layer = {**POOL, "floor": f"{floor // 100}.{floor % 100:02d}"}
    result, draft = met(book, layer, loss(debt))
    paid = charges(result)
    total = min(debt, max(0, sum(deposits) - floor))
    assert sum(paid.values()) == total
    for number, cents in enumerate(deposits):
        assert abs(paid.get(f"d{number}", 0) * sum(deposits) - total * cents) < max(1, sum(deposits))
    gained = sum(draft.cash(row.id, "COIN") for row in rows[:-1])
    assert gained == (coins * total // debt if debt else 0)
    assert sums(draft.book_after()) == sums(book)
    seed.shuffle(rows)
    again = met(owing(debt, *rows), layer, loss(debt))[1]
    assert all(
        again.cash(row.id, name) == draft.cash(row.id, name) for row in rows for name in ("USD", "COIN")
    )


@given(deposits=st.lists(st.integers(1, 10**24), min_size=1, max_size=6), part=st.integers(1, 999))
def test_liquitys_own_arithmetic_is_within_the_roundings_it_states(deposits: list[int], part: int) -> None:
    """Product and sum take at most a unit, and a 1e-18th of the deposit, more than the exact split."""
    whole = sum(deposits)
    debt = whole * part // 1000
    if not debt:
        return
    per_unit, _ = liquity_v1.loss_per_unit(debt, whole, 0)
    product, scales = liquity_v1.next_product(10**18, per_unit)
    assert scales == 0
    for deposit in deposits:
        left = liquity_v1.compounded_deposit(deposit, 10**18, product, 0)
        exact = deposit * (whole - debt)  # over `whole`
        assert left * whole <= exact
        assert exact < (left + 2 + 2 * deposit // 10**18) * whole
