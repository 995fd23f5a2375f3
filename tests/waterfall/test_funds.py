"""Layers that pay cash: balance, floor, cap, share, scope, lots; each threshold at, below and above."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from seawall.core.book import Account
from seawall.core.draft import Draft
from seawall.core.event import Event
from seawall.core.loss import Default, Lots
from seawall.waterfall.funds import Fund
from seawall.waterfall.layer import WaterfallState, key_of
from seawall.waterfall.self_dealing import matched_gains
from tests.waterfall.books import (
    EVENT,
    account,
    book_of,
    cash_default,
    fund,
    lots,
    lots_default,
    market_of,
    position,
    run,
    terms_of,
)

INSURANCE = {"kind": "insurance_fund", "account": "fund:insurance"}


def paid(cents: int, default: Default, *, state: dict[str, int] | None = None, **layer: Any) -> int:
    """What an insurance fund holding `cents` takes of a default."""
    result, _ = run([fund("insurance", cents)], terms_of({**INSURANCE, **layer}), default)
    return sum(item.taken for item in result.absorptions)


@pytest.mark.parametrize(("balance", "taken"), [(99, 99), (100, 100), (101, 100), (0, 0), (-5, 0)])
def test_a_fund_pays_the_loss_or_all_it_has(balance: int, taken: int) -> None:
    assert paid(balance, cash_default(100)) == taken


@pytest.mark.parametrize(("balance", "taken"), [(149, 99), (150, 100), (151, 100), (50, 0), (49, 0), (51, 1)])
def test_a_fund_is_never_paid_out_below_its_floor(balance: int, taken: int) -> None:
    assert paid(balance, cash_default(100), floor="0.50") == taken


@pytest.mark.parametrize(("loss", "taken"), [(39, 39), (40, 40), (41, 40)])
def test_a_cap_per_event_is_the_most_a_fund_pays(loss: int, taken: int) -> None:
    assert paid(1000, cash_default(loss), cap_per_event="0.40") == taken


def test_a_cap_per_event_counts_all_losses_of_the_event() -> None:
    terms = terms_of({**INSURANCE, "cap_per_event": "1"})
    result, draft = run(
        [fund("insurance", 1000)], terms, *[cash_default(60, name) for name in ("a", "b", "c")]
    )
    assert sorted(item.taken for item in result.absorptions) == [40, 60]
    assert draft.state == {"used:insurance:event-1:USD": 100}
    assert sum(item.amount for item in result.residuals) == 80


def test_another_event_has_a_cap_of_its_own() -> None:
    terms = terms_of({**INSURANCE, "cap_per_event": "1"})
    layer = Fund(terms.waterfall[0])
    draft = Draft(book_of([fund("insurance", 1000)]))
    draft.state["used:insurance:event-1:USD"] = 100
    states = [WaterfallState(draft, market_of(), terms, event) for event in (EVENT, Event("event-2"))]
    assert [layer.capacity(state, cash_default(500)) for state in states] == [0, 100]


@pytest.mark.parametrize(
    ("loss", "bps", "taken"),
    [(100, 10_000, 100), (100, 5000, 50), (101, 5000, 51), (1, 1, 1), (10_000, 1, 1), (10_001, 1, 2)],
)
def test_a_share_of_the_loss_is_rounded_up_to_a_unit(loss: int, bps: int, taken: int) -> None:
    assert paid(10**9, cash_default(loss), share_bps=bps) == taken


@pytest.mark.parametrize(
    ("layer", "covered"),
    [
        ({}, True),
        ({"assets": ["USD"]}, True),
        ({"assets": ["EUR"]}, False),
        ({"pools": ["main", "other"]}, True),
        ({"pools": ["other"]}, False),
        ({"assets": ["USD"], "pools": ["other"]}, False),
    ],
)
def test_a_layer_covers_only_what_it_declares(layer: dict[str, Any], covered: bool) -> None:
    assert paid(1000, cash_default(100), **layer) == (100 if covered else 0)


def test_the_failing_account_pays_first_with_what_it_still_has() -> None:
    terms = terms_of({"kind": "own_collateral"}, INSURANCE)
    result, draft = run([account("failed", 30), fund("insurance", 1000)], terms, cash_default(100))
    assert [(item.layer, item.taken) for item in result.absorptions] == [
        ("own_collateral", 30),
        ("insurance", 70),
    ]
    assert draft.cash("failed", "USD") == 0


@pytest.mark.parametrize("kind", ["fund", "venue", "external"])
def test_own_collateral_is_asked_of_users_only(kind: str) -> None:
    result, _ = run(
        [account("failed", 30, kind=kind)], terms_of({"kind": "own_collateral"}), cash_default(100)
    )
    assert result.absorptions == ()


def test_the_charge_and_the_posting_are_the_same_number() -> None:
    result, draft = run([fund("insurance", 70)], terms_of(INSURANCE), cash_default(100))
    (charge,) = result.charges
    assert (charge.account, charge.amount, charge.default_account) == ("fund:insurance", 70, "failed")
    assert draft.cash("fund:insurance", "USD") == 0
    assert draft.cash("deficit:USD", "USD") == -30


def test_a_working_tells_rule_inputs_formula_and_rounding() -> None:
    result, _ = run([fund("insurance", 70)], terms_of(INSURANCE), cash_default(100))
    working = result.absorptions[0].working
    assert set(working) == {"layer", "kind", "rule", "inputs", "formula", "rounding"}
    inputs = working["inputs"]
    assert isinstance(inputs, dict)
    assert (inputs["balance"], inputs["loss"], inputs["paid"]) == (70, 100, 70)


# Lots. One contract (100 units of quantity) taken over at 100.00 and closed at 90.00 costs 10.00.
TEN_DOLLARS = lots(100, 10_000, 9_000)


@pytest.mark.parametrize(
    ("balance", "closed", "taken"),
    [(999, 99, 990), (1000, 100, 1000), (1001, 100, 1000), (9, 0, 0), (10, 1, 10), (19, 1, 10), (20, 2, 20)],
)
def test_a_fund_closes_as_many_units_as_it_can_afford(balance: int, closed: int, taken: int) -> None:
    result, draft = run([fund("insurance", balance)], terms_of(INSURANCE), lots_default(TEN_DOLLARS))
    assert sum(item.taken for item in result.absorptions) == taken
    assert sum(item.lots_closed["PERP"] for item in result.absorptions) == closed
    assert sum(item.amount for item in result.residuals) == 1000 - taken
    assert draft.cash("fund:insurance", "USD") == balance - taken


@pytest.mark.parametrize(("balance", "closed"), [(24, 0), (25, 5), (26, 5), (49, 5), (50, 10)])
def test_lots_are_closed_whole(balance: int, closed: int) -> None:
    default = lots_default(lots(10, 5_000, 4_500, "SIDE"))  # 0.05 a unit, lots of five units
    result, _ = run([fund("insurance", balance)], terms_of(INSURANCE), default)
    assert sum(item.lots_closed.get("SIDE", 0) for item in result.absorptions) == closed


def test_an_odd_rest_below_a_lot_is_closed_along_with_everything() -> None:
    default = lots_default(lots(12, 5_000, 4_500, "SIDE"))
    result, draft = run([fund("insurance", 60)], terms_of(INSURANCE), default)
    assert result.absorptions[0].lots_closed == {"SIDE": 12}
    assert draft.account("engine").positions == ()


def test_the_engine_ends_with_neither_lots_nor_cash() -> None:
    result, draft = run([fund("insurance", 500)], terms_of(INSURANCE), lots_default(TEN_DOLLARS, cents=40))
    engine = draft.account("engine")
    assert engine.positions == ()
    assert engine.balances == ()
    assert draft.cash("deficit:USD", "USD") == -sum(item.amount for item in result.residuals)


def test_a_fund_closes_lots_before_it_pays_cash_and_the_cheapest_entry_first() -> None:
    cheap, dear = lots(100, 10_000, 9_990), lots(10, 5_000, 1_000, "SIDE")  # 10 and 400 cents
    result, _ = run([fund("insurance", 300)], terms_of(INSURANCE), lots_default(dear, cheap, cents=500))
    (answer,) = result.absorptions
    assert answer.lots_closed == {"PERP": 100, "SIDE": 5}
    assert answer.taken == 300  # 10 + 200 for lots, 90 in cash


def test_a_fund_that_affords_no_lot_and_is_owed_no_cash_answers_nothing() -> None:
    terms = terms_of(INSURANCE)
    draft = Draft(book_of([fund("insurance", 9)]))
    default = lots_default(TEN_DOLLARS)
    answer = Fund(terms.waterfall[0]).absorb(WaterfallState(draft, market_of(), terms, EVENT), default)
    assert (answer.taken, answer.moves, answer.rest) == (0, (), default)


# Self-dealing: one owner lost on a long and won on the short against it.


def dealing_state(default: Default, winner: Account, **layer: Any) -> tuple[Fund, WaterfallState]:
    failed = account("failed", owner="one")
    book = book_of([failed, winner, fund("insurance", 10_000)], [default])
    terms = terms_of({**INSURANCE, **layer})
    state = WaterfallState(Draft(book), market_of(), terms, EVENT)
    return Fund(terms.waterfall[0]), replace(state, matched=matched_gains(state, [default]))


@pytest.mark.parametrize(
    ("winner", "gain"),
    [
        (account("winner", 0, position(-100, 10_400), owner="one"), 400),
        (account("winner", 0, position(-100, 10_000), owner="one"), 0),
        (account("winner", 0, position(-100, 9_900), owner="one"), 0),
        (account("winner", 0, position(100, 9_000), owner="one"), 0),  # same side: not against its own loss
        (account("winner", 0, position(-100, 10_400), owner="two"), 0),
        (account("winner", 0, position(-100, 6_000, "SIDE"), owner="one"), 0),
    ],
)
def test_matched_gain_is_what_the_owner_wins_against_its_own_loss(winner: Account, gain: int) -> None:
    default = lots_default(lots(100, 11_000, 10_000))
    _, state = dealing_state(default, winner)
    assert state.matched.get(key_of(default), 0) == gain


@pytest.mark.parametrize(("mode", "capacity"), [("allow", 10_000), ("block", 600)])
def test_a_fund_that_blocks_self_dealing_does_not_pay_the_matched_gain(mode: str, capacity: int) -> None:
    default = lots_default(lots(100, 11_000, 10_000))  # a loss of 10.00, of which 4.00 stay in the family
    winner = account("winner", 0, position(-100, 10_400), owner="one")
    layer, state = dealing_state(default, winner, self_dealing=mode)
    assert layer.capacity(state, default) == capacity


def test_lots_split_into_parts_that_add_up() -> None:
    first, rest = Lots("PERP", -7, -701, -699).split(3)
    assert first.takeover_value + rest.takeover_value == -701
    assert first.close_out_value + rest.close_out_value == -699
    assert (first.quantity, rest.quantity) == (-3, -4)
