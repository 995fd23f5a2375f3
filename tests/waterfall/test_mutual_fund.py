"""Funds that contributors fill together: who they are, what each pays, and who pays first."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.book import Account, Balance
from seawall.waterfall.waterfall import WaterfallResult
from tests.waterfall.books import account, cash_default, fund, lots, lots_default, run, terms_of

MUTUAL = {"kind": "mutual_fund", "account": "fund:default"}
TRANCHE = {"kind": "tranche", "account": "fund:default"}


def member(name: str, cents: int, *, owner: str = "", parent: str = "fund:default") -> Account:
    """A contribution: an account below the fund's."""
    balances = (Balance("USD", "cash", cents),) if cents else ()
    return Account(f"fund:default/{name}", owner=owner, parent=parent, kind="fund", balances=balances)


def charges(result: WaterfallResult) -> dict[str, int]:
    found: dict[str, int] = {}
    for item in result.charges:
        found[item.account.split("/")[-1]] = found.get(item.account.split("/")[-1], 0) + item.amount
    return found


@pytest.mark.parametrize("layer", [MUTUAL, TRANCHE])
def test_each_pays_in_proportion_to_the_unit(layer: dict[str, Any]) -> None:
    members = [member("a", 300), member("b", 100), member("c", 100)]
    result, draft = run(members, terms_of(layer), cash_default(101))
    paid = charges(result)
    assert (sum(paid.values()), paid["a"]) == (101, 61)  # 60.6, 20.2, 20.2: the largest remainder
    assert draft.cash("fund:default/a", "USD") == 239
    assert draft.cash("deficit:USD", "USD") == 0


@pytest.mark.parametrize(("loss", "taken"), [(399, 399), (400, 400), (401, 400)])
def test_a_mutual_fund_bears_up_to_all_it_holds(loss: int, taken: int) -> None:
    result, draft = run([member("a", 300), member("b", 100)], terms_of(MUTUAL), cash_default(loss))
    assert sum(charges(result).values()) == taken
    assert min(draft.cash("fund:default/a", "USD"), draft.cash("fund:default/b", "USD")) >= 0
    assert sum(item.amount for item in result.residuals) == loss - taken


@pytest.mark.parametrize(("loss", "taken"), [(349, 349), (350, 350), (351, 350)])
def test_the_floor_is_of_the_whole_fund(loss: int, taken: int) -> None:
    members = [member("a", 300), member("b", 100)]
    result, draft = run(members, terms_of({**MUTUAL, "floor": "0.50"}), cash_default(loss))
    assert sum(charges(result).values()) == taken
    assert draft.cash("fund:default/a", "USD") + draft.cash("fund:default/b", "USD") == 400 - taken


def test_cash_of_the_fund_itself_stands_with_the_contributions() -> None:
    result, _ = run([fund("default", 100), member("a", 300)], terms_of(MUTUAL), cash_default(40))
    assert charges(result) == {"fund:default": 10, "a": 30}


@pytest.mark.parametrize(
    "spared", [member("x", 500, parent="fund:other"), member("x", -5), account("x", 500)]
)
def test_only_contributors_with_cash_pay(spared: Account) -> None:
    result, _ = run([member("a", 300), spared], terms_of(MUTUAL), cash_default(100))
    assert charges(result) == {"a": 100}


@pytest.mark.parametrize(
    ("loss", "paid"),
    [
        (99, {"own": 99}),
        (100, {"own": 100}),
        (101, {"own": 100, "a": 1}),
        (300, {"own": 100, "a": 150, "b": 50}),
    ],
)
def test_the_defaulters_own_contribution_goes_first(loss: int, paid: dict[str, int]) -> None:
    members = [member("own", 100, owner="o1"), member("a", 300, owner="o2"), member("b", 100, owner="o3")]
    result, _ = run([*members, account("failed", 0, owner="o1")], terms_of(MUTUAL), cash_default(loss))
    assert charges(result) == paid


def test_holders_of_a_tranche_all_pay_alike() -> None:
    holders = [member("own", 100, owner="o1"), member("a", 300, owner="o2")]
    result, _ = run([*holders, account("failed", 0, owner="o1")], terms_of(TRANCHE), cash_default(40))
    assert charges(result) == {"own": 10, "a": 30}


def test_without_a_known_owner_only_the_failing_account_itself_goes_first() -> None:
    result, _ = run([member("a", 100), member("b", 100)], terms_of(MUTUAL), cash_default(40))
    assert charges(result) == {"a": 20, "b": 20}


def test_tranches_are_eaten_from_the_bottom() -> None:
    rows = [
        Account("junior/a", parent="fund:junior", kind="fund", balances=(Balance("USD", "cash", 60),)),
        Account("senior/b", parent="fund:senior", kind="fund", balances=(Balance("USD", "cash", 500),)),
    ]
    layers = [{"kind": "tranche", "account": "fund:junior"}, {"kind": "tranche", "account": "fund:senior"}]
    result, _ = run(rows, terms_of(*layers), cash_default(100))
    assert {item.account: item.amount for item in result.charges} == {"junior/a": 60, "senior/b": 40}


def test_members_pay_for_whole_lots() -> None:
    default = lots_default(lots(100, 10_000, 9_000))  # ten cents for each hundredth of a contract
    result, _ = run([member("a", 655), member("b", 340)], terms_of(MUTUAL), default)
    assert sum(charges(result).values()) == 990
    assert result.absorptions[0].lots_closed == {"PERP": 99}


@given(
    held=st.lists(st.integers(0, 500), min_size=1, max_size=7),
    loss=st.integers(0, 3_000),
    own=st.integers(0, 7),
    floor=st.integers(0, 300),
    seed=st.randoms(use_true_random=False),
)
def test_whatever_is_held_the_sum_is_exact_and_order_decides_nothing(
    held: list[int], loss: int, own: int, floor: int, seed: Any
) -> None:
    members = [
        member(f"m{number}", cents, owner="failing" if number == own else f"o{number}")
        for number, cents in enumerate(held)
    ]
    rows = [*members, account("failed", 0, owner="failing")]
    terms = terms_of({**MUTUAL, "floor": f"{floor // 100}.{floor % 100:02d}"})
    result, draft = run(rows, terms, cash_default(loss))
    paid = charges(result)
    capacity = max(0, sum(held) - floor)
    assert sum(paid.values()) == min(loss, capacity)
    assert sum(item.amount for item in result.residuals) == loss - min(loss, capacity)
    assert all(draft.cash(row.id, "USD") >= 0 for row in members)
    survivors = {f"m{number}": cents for number, cents in enumerate(held) if number != own and cents}
    left = sum(paid.get(name, 0) for name in survivors)
    for name, cents in survivors.items():
        assert abs(paid.get(name, 0) * sum(survivors.values()) - left * cents) < sum(survivors.values())
    seed.shuffle(rows)
    assert charges(run(rows, terms, cash_default(loss))[0]) == paid
