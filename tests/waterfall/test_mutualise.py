"""Spreading a loss over holders: by index, by cash, by contracts."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.book import RAY, Account, Book, Pool
from seawall.core.draft import Draft
from seawall.core.loss import Default
from seawall.core.market import Market
from seawall.rules import lending_rules
from seawall.waterfall.waterfall import WaterfallResult, run_waterfall
from tests.waterfall.books import (
    EVENT,
    USD,
    account,
    cash_default,
    fund,
    lots,
    lots_default,
    market_of,
    position,
    run,
    supply_book,
    terms_of,
)

INDEX = {"kind": "mutualise", "name": "suppliers", "over": "supply_index"}
CASH = {"kind": "mutualise", "name": "holders", "over": "cash"}
PER_UNIT = {"kind": "mutualise", "name": "contracts", "over": "per_unit"}


def haircut(
    book: Book, loss: int, rules: str = "generic_lending@1", **layer: Any
) -> tuple[WaterfallResult, Draft]:
    draft = Draft(book)
    terms = terms_of({**INDEX, **layer}, family="lending", rules=rules)
    default = Default("failed", "USD", loss, pool="USD", bucket="debt")
    return run_waterfall(draft, Market(), terms, [default], event=EVENT), draft


def claims(book: Book, rules: str = "generic_lending@1") -> dict[str, int]:
    index = book.pool_of["USD"].supply_index
    return {
        row.id: lending_rules(rules).supply_balance(item.scaled, index)
        for row in book.rows()
        for item in row.balances
        if item.side == "supply"
    }


def test_drift_deposit_index_falls_by_the_share_of_the_loss() -> None:
    """Drift v2 successful_resolve_spot_bankruptcy: 100 lost of 1000 at index 1.0: 0.9 after."""
    result, draft = haircut(supply_book({"a": 600_000_000, "b": 400_000_000}, deficit=10**8), 10**8)
    assert draft.pools["USD"].supply_index == 9 * 10**26
    assert {item.account: item.amount for item in result.charges} == {"a": 60_000_000, "b": 40_000_000}
    assert result.absorptions[0].dust == 0
    after = draft.book_after()
    assert (after.pools[0].deficit, claims(after)) == (0, {"a": 540_000_000, "b": 360_000_000})


@pytest.mark.parametrize(
    ("loss", "taken", "residual"),
    [(0, 0, 0), (1, 1, 0), (299, 299, 0), (300, 300, 0), (301, 300, 1)],
)
def test_suppliers_bear_up_to_their_claims(loss: int, taken: int, residual: int) -> None:
    result, draft = haircut(supply_book({"a": 100, "b": 200}), loss)
    assert sum(item.taken for item in result.absorptions) == taken
    assert sum(item.amount for item in result.residuals) == residual
    assert draft.pools["USD"].supply_index >= 1


def test_what_rounding_takes_beyond_the_loss_is_dust() -> None:
    result, draft = haircut(supply_book({"a": 10, "b": 10, "c": 10}), 1)
    (answer,) = result.absorptions
    assert [item.amount for item in answer.charges] == [1, 1, 1]  # 9.67 each, rounded down
    assert (answer.taken, answer.dust, draft.cash("dust", "USD")) == (1, 2, 2)
    assert draft.cash("deficit:USD", "USD") == 1


@pytest.mark.parametrize("rules", ["generic_lending@1", "aave_v3@3.0.2", "aave_v3@3.7"])
@given(
    scaled=st.lists(st.integers(1, 10**24), min_size=1, max_size=6),
    index=st.integers(RAY // 10, 3 * RAY),
    part=st.integers(1, 1000),
)
def test_claims_fall_by_the_loss_and_the_dust_to_the_unit(
    rules: str, scaled: list[int], index: int, part: int
) -> None:
    book = supply_book({f"s{number}": item for number, item in enumerate(scaled)}, index=index)
    before = sum(claims(book, rules).values())
    loss = max(1, before * part // 1000)
    result, draft = haircut(book, loss, rules)
    fallen = before - sum(claims(draft.book_after(), rules).values())
    assert fallen == sum(item.taken + item.dust for item in result.absorptions)
    assert fallen == sum(item.amount for item in result.charges)
    assert sum(item.dust for item in result.absorptions) <= 2 * len(scaled)


def test_a_coarse_index_does_not_call_its_step_dust() -> None:
    result, draft = haircut(supply_book({"whale": 10**33, "other": 10**33}), 1)
    (answer,) = result.absorptions
    assert answer.dust > 2
    assert draft.cash("dust", "USD") == 2
    assert draft.cash("surplus:USD", "USD") == answer.dust - 2


def test_a_pool_without_suppliers_bears_nothing_and_the_loss_stays_booked() -> None:
    """Drift drops the loss here (zero deposits, delta 0); we keep it."""
    result, draft = haircut(supply_book({}, deficit=100), 100)
    assert [item.amount for item in result.residuals] == [100]
    assert draft.cash("deficit:USD", "USD") == -100


def test_an_asset_without_a_pool_is_not_mutualised_over_an_index() -> None:
    book = Book.of([account("deficit:USD", -9, kind="venue")], assets=[USD], pools=[Pool("USD")])
    result, _ = haircut(Book.of(book.rows(), assets=[USD]), 9)
    assert [item.amount for item in result.residuals] == [9]


# Cash.


def test_cash_is_charged_pro_rata_to_the_unit() -> None:
    holders = [account("a", 300), account("b", 100), account("c", 100)]
    result, draft = run(holders, terms_of(CASH), cash_default(101))
    charges = {item.account: item.amount for item in result.charges}
    assert (sum(charges.values()), charges["a"]) == (101, 61)  # 60.6: the largest remainder
    assert {charges["b"], charges["c"]} == {20}
    assert draft.cash("a", "USD") == 239


@pytest.mark.parametrize(
    "spared", [fund("other", 500), account("desk", 500, kind="venue"), account("poor", -5)]
)
def test_only_users_with_cash_are_charged(spared: Account) -> None:
    result, _ = run([account("a", 300), spared], terms_of(CASH), cash_default(100))
    assert {item.account for item in result.charges} == {"a"}


@pytest.mark.parametrize(("loss", "taken"), [(399, 399), (400, 400), (401, 400)])
def test_holders_bear_up_to_their_cash(loss: int, taken: int) -> None:
    result, draft = run([account("a", 300), account("b", 100)], terms_of(CASH), cash_default(loss))
    assert sum(item.taken for item in result.absorptions) == taken
    assert min(draft.cash("a", "USD"), draft.cash("b", "USD")) >= 0


def test_members_are_the_only_ones_who_contribute() -> None:
    holders = [
        account("a", 300),
        account("member:b", 100, kind="venue"),
        account("member:c", 300, kind="venue"),
    ]
    terms = terms_of({**CASH, "members": ["member:b", "member:c", "member:unknown"]})
    result, _ = run(holders, terms, cash_default(100))
    assert {item.account: item.amount for item in result.charges} == {"member:b": 25, "member:c": 75}


def test_several_losses_are_spread_at_once() -> None:
    holders = [account("a", 1), account("b", 1), account("c", 1)]
    defaults = [cash_default(1, "x"), cash_default(2, "y")]
    result, _ = run(holders, terms_of(CASH), *defaults)
    (answer,) = result.absorptions
    assert (answer.taken, dict(answer.parts)) == (3, {"x": 1, "y": 2})
    assert {item.default_account for item in result.charges} == {"2 accounts"}
    assert [item.amount for item in result.charges] == [1, 1, 1]


def test_losses_of_different_pools_are_spread_apart() -> None:
    terms = terms_of({**CASH, "pools": ["main"]})
    defaults = [cash_default(10, "x"), cash_default(20, "y", pool="other")]
    result, _ = run([account("a", 100)], terms, *defaults)
    assert [item.taken for item in result.absorptions] == [10]
    assert [(item.default_account, item.amount) for item in result.residuals] == [("y", 20)]


@pytest.mark.parametrize(("cents", "closed", "taken"), [(1000, 100, 1000), (999, 99, 990), (9, 0, 0)])
def test_lots_the_holders_can_bear_are_closed_in_the_market(cents: int, closed: int, taken: int) -> None:
    default = lots_default(lots(100, 10_000, 9_000))
    result, _ = run([account("a", cents)], terms_of(CASH), default)
    assert sum(item.taken for item in result.absorptions) == taken
    assert sum(item.lots_closed.get("PERP", 0) for item in result.absorptions) == closed


# Per unit, both sides.


def test_drift_both_sides_pay_per_unit() -> None:
    """Drift v2 successful_resolve_perp_bankruptcy: 100 over 5 long and 5 short: 50 each."""
    sides = [account("long", 10_000, position(500, 0)), account("short", 10_000, position(-500, 0))]
    result, _ = run(sides, terms_of(PER_UNIT), cash_default(10_000))
    assert {item.account: item.amount for item in result.charges} == {"long": 5000, "short": 5000}


def test_the_charge_per_unit_is_rounded_up_and_the_rest_is_dust() -> None:
    sides = [account("long", 10_000, position(700, 0)), account("short", 10_000, position(-400, 0))]
    result, draft = run(sides, terms_of(PER_UNIT), cash_default(101))  # 64.27 and 36.73
    assert {item.account: item.amount for item in result.charges} == {"long": 65, "short": 37}
    assert (draft.cash("dust", "USD"), draft.cash("deficit:USD", "USD")) == (1, 0)


def test_who_has_too_little_cash_pays_it_all_and_the_others_more() -> None:
    sides = [account("long", 10, position(500, 0)), account("short", 10_000, position(-500, 0))]
    result, _ = run(sides, terms_of(PER_UNIT), cash_default(100))
    assert {item.account: item.amount for item in result.charges} == {"long": 10, "short": 90}


def test_no_open_interest_charges_nobody_and_the_loss_is_booked() -> None:
    """Drift fails here (CantResolvePerpBankruptcy); Mango charges nobody."""
    result, _ = run([account("flat", 10_000)], terms_of(PER_UNIT), cash_default(100))
    assert (result.charges, [item.amount for item in result.residuals]) == ((), [100])


def test_contracts_of_several_instruments_count_by_their_value() -> None:
    # 1 PERP at 100.00 and 2 SIDE at 50.00 are the same size.
    sides = [account("a", 10_000, position(100, 0)), account("b", 10_000, position(-200, 0, "SIDE"))]
    result, _ = run(sides, terms_of(PER_UNIT), cash_default(100), market=market_of())
    assert {item.account: item.amount for item in result.charges} == {"a": 50, "b": 50}


def test_a_loss_on_lots_is_borne_by_the_contracts_of_those_lots() -> None:
    sides = [account("a", 10_000, position(100, 0)), account("b", 10_000, position(-200, 0, "SIDE"))]
    default = lots_default(lots(100, 10_000, 9_000))
    result, _ = run(sides, terms_of(PER_UNIT), default)
    assert {item.account for item in result.charges} == {"a"}


@pytest.mark.parametrize("over", ["cash", "per_unit"])
def test_a_working_names_the_payers_and_what_rounding_did(over: str) -> None:
    sides = [account("long", 10_000, position(700, 0)), account("short", 10_000, position(-400, 0))]
    result, _ = run(sides, terms_of({**CASH, "over": over}), cash_default(101))
    inputs = result.absorptions[0].working["inputs"]
    assert isinstance(inputs, dict)
    assert (inputs["loss"], inputs["taken"], inputs["payers"]) == (101, 101, 2)
