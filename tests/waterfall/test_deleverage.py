"""Auto-deleveraging: who, how much, at what price, and that both sides get the same integer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from seawall.core.book import Account, Instrument
from seawall.core.draft import Draft
from seawall.core.loss import Default
from seawall.core.market import Market
from seawall.errors import UnsupportedFeature
from seawall.waterfall.deleverage import Deleverage
from seawall.waterfall.layer import WaterfallState
from seawall.waterfall.waterfall import WaterfallResult
from tests.waterfall.books import (
    EVENT,
    PERP,
    account,
    book_of,
    fund,
    lots,
    lots_default,
    market_of,
    position,
    run,
    terms_of,
    totals,
)

ADL = {"kind": "adl", "name": "adl"}

# The engine holds one contract long, taken over at 110.00; the mark and the market are at 100.00.
LONG = lots(100, 11_000, 10_000)
SHORT = lots(-100, 9_000, 10_000)


def short(name: str, quantity: int, entry_cents: int, cents: int = 100_000, **rest: Any) -> Account:
    return account(name, cents, position(-quantity, entry_cents), **rest)


def long(name: str, quantity: int, entry_cents: int, cents: int = 100_000, **rest: Any) -> Account:
    return account(name, cents, position(quantity, entry_cents), **rest)


def adl(
    *accounts: Account,
    default: Default | None = None,
    market: Market | None = None,
    instruments: tuple[Instrument, ...] | None = None,
    **layer: Any,
) -> tuple[WaterfallResult, Draft]:
    more = {} if instruments is None else {"instruments": instruments}
    return run(accounts, terms_of({**ADL, **layer}), default or lots_default(LONG), market=market, **more)


def closed(draft: Draft, *accounts: Account) -> dict[str, int]:
    """Units closed per account, zeros left out."""
    found = {}
    for before in accounts:
        now = {(item.instrument, item.leg): item.quantity for item in draft.account(before.id).positions}
        units = sum(
            abs(item.quantity) - abs(now.get((item.instrument, item.leg), 0)) for item in before.positions
        )
        if units:
            found[before.id] = units
    return found


def test_a_winner_on_the_other_side_closes_at_the_takeover_price() -> None:
    bob = short("bob", 100, 12_000)
    result, draft = adl(bob)
    (answer,) = result.absorptions
    assert (answer.taken, answer.avoided, answer.lots_closed) == (1000, 0, {"PERP": 100})
    assert [(item.account, item.amount) for item in result.charges] == [("bob", 1000)]
    assert draft.account("bob").positions == ()
    # He sold at 120.00 and bought back at 110.00.
    assert draft.cash("bob", "USD") == 100_000 + 1000
    assert draft.account("engine").positions == ()
    assert draft.cash("deficit:USD", "USD") == 0
    assert result.residuals == ()


@pytest.mark.parametrize(
    ("default", "chosen"),
    [(lots_default(LONG), "short"), (lots_default(SHORT), "long")],
)
def test_only_the_opposite_side_is_deleveraged(default: Default, chosen: str) -> None:
    accounts = [short("short", 200, 12_000), long("long", 200, 8_000)]
    _, draft = adl(*accounts, default=default)
    assert closed(draft, *accounts) == {chosen: 100}


@pytest.mark.parametrize(
    ("leg_long", "leg_short", "default", "left"),
    [
        (("long", 200), ("short", -200), lots_default(LONG), {"long": 200, "short": -100}),
        (("long", 200), ("short", -200), lots_default(SHORT), {"long": 100, "short": -200}),
    ],
)
def test_a_hedged_account_gives_the_opposite_leg(
    leg_long: tuple[str, int], leg_short: tuple[str, int], default: Default, left: dict[str, int]
) -> None:
    hedged = account(
        "hedged",
        100_000,
        position(leg_long[1], 8_000, leg=leg_long[0]),
        position(leg_short[1], 12_000, leg=leg_short[0]),
    )
    _, draft = adl(hedged, default=default)
    assert {item.leg: item.quantity for item in draft.account("hedged").positions} == left


@pytest.mark.parametrize(
    "spared",
    [
        short("flat", 100, 10_000),  # no profit
        short("loser", 100, 9_999),
        short("fund:other", 100, 12_000, kind="fund"),
        short("desk", 100, 12_000, kind="venue"),
        short("failed", 100, 12_000),
        short("broke", 100, 12_000, cents=-2001),  # profit of 20.00 does not cover it
    ],
)
def test_who_is_spared(spared: Account) -> None:
    result, draft = adl(spared)
    assert closed(draft, spared) == {}
    assert [item.amount for item in result.residuals] == [1000]


@pytest.mark.parametrize(("entry", "units"), [(9_999, 0), (10_000, 0), (10_001, 100)])
def test_a_profit_starts_above_zero(entry: int, units: int) -> None:
    bob = short("bob", 100, entry)
    _, draft = adl(bob)
    assert closed(draft, bob).get("bob", 0) == units


@pytest.mark.parametrize(("exclude", "units"), [(True, {}), (False, {"sister": 100})])
def test_accounts_of_the_failing_owner_can_be_spared(exclude: bool, units: dict[str, int]) -> None:
    failed, sister = account("failed", owner="one"), short("sister", 100, 12_000, owner="one")
    _, draft = adl(failed, sister, exclude_same_owner=exclude)
    assert closed(draft, sister) == units


# Feasibility: closing one contract at 110.00 costs a short 10.00 against the mark. Entry 120.00 is a
# profit of 20.00, so cash of -10.00 leaves equity of 10.00: just enough.
@pytest.mark.parametrize(
    ("cents", "units"),
    [(-999, 100), (-1000, 100), (-1001, 99), (-1500, 50), (-1990, 1), (-1991, 0), (-2000, 0)],
)
def test_a_counterparty_closes_what_its_equity_can_bear(cents: int, units: int) -> None:
    bob = short("bob", 100, 12_000, cents=cents)
    result, draft = adl(bob)
    assert closed(draft, bob).get("bob", 0) == units
    equity = draft.cash("bob", "USD") + sum(
        item.cost + item.quantity * 100 for item in draft.account("bob").positions
    )
    assert equity >= 0
    assert sum(item.amount for item in result.residuals) == 1000 - 10 * units


def test_cash_may_fall_below_zero_where_profits_still_open_carry_it() -> None:
    """Found at random: entered at 99, one of five closed at 98, the mark at 100."""
    w0 = account("w0", 0, position(500, 9_900))
    _, draft = adl(w0, default=lots_default(lots(-100, 9_800, 10_000)))
    (held,) = draft.account("w0").positions
    assert (draft.cash("w0", "USD"), held.quantity, held.cost) == (-100, 400, -39_600)


def test_who_cannot_bear_a_lot_is_passed_over_for_the_next() -> None:
    broke, next_one = short("broke", 100, 13_000, cents=-2995), short("next", 100, 12_000)
    _, draft = adl(broke, next_one)
    assert closed(draft, broke, next_one) == {"next": 100}


@pytest.mark.parametrize(("need", "units"), [(1, {"a": 1}), (60, {"a": 60}), (61, {"a": 60, "b": 1})])
def test_the_queue_uses_the_last_account_only_in_part(need: int, units: dict[str, int]) -> None:
    accounts = [short("a", 60, 13_000), short("b", 60, 12_000)]
    _, draft = adl(*accounts, default=lots_default(lots(need, 11_000, 10_000)), score="pnl")
    assert closed(draft, *accounts) == units


@pytest.mark.parametrize(
    ("lot", "total"), [(1, 100), (3, 99), (7, 98), (60, 60), (65, 65), (66, 0), (101, 0)]
)
def test_lots_are_closed_whole_and_open_interest_balances(lot: int, total: int) -> None:
    perp = replace(PERP, lot=lot)
    accounts = [short("a", 65, 13_000), short("b", 65, 12_000)]
    result, draft = adl(*accounts, instruments=(perp,))
    units = closed(draft, *accounts)
    assert all(quantity % lot == 0 for quantity in units.values())
    assert sum(units.values()) == total
    assert totals(draft.book_after()) == totals(draft.book)
    assert sum(item.taken for item in result.absorptions) == 10 * total


@pytest.mark.parametrize(
    ("execution", "previous", "taken", "charge"),
    [
        ("takeover", None, 1000, 1000),
        ("mark", None, 0, 0),
        ("previous", 10_300, 300, 300),  # the shorts buy back 3.00 above the mark
        ("oracle", None, 0, 0),  # no oracle price given: the mark
        ("threshold", None, 500, 500),  # 105 % of the mark
    ],
)
def test_the_price_decides_what_is_relieved_and_charged(
    execution: str, previous: int | None, taken: int, charge: int
) -> None:
    bob = short("bob", 100, 12_000)
    result, draft = adl(
        bob, execution=execution, threshold_price_bps=10_500, market=market_of(previous=previous)
    )
    (answer,) = result.absorptions
    assert answer.lots_closed == {"PERP": 100}
    assert (answer.taken, sum(item.amount for item in result.charges)) == (taken, charge)
    assert sum(item.amount for item in result.residuals) == 1000 - taken
    assert draft.cash("deficit:USD", "USD") == -(1000 - taken)


def test_at_the_mark_the_transfer_is_zero_and_the_lots_are_gone_all_the_same() -> None:
    bob = short("bob", 100, 12_000)
    result, draft = adl(bob, execution="mark")
    assert draft.cash("bob", "USD") == 100_000 + 2000  # exactly his open profit
    assert result.charges == ()
    assert draft.account("external:market").positions == ()


def test_a_price_worse_than_the_market_deleverages_nobody() -> None:
    bob = short("bob", 100, 12_000)
    result, draft = adl(bob, execution="threshold", threshold_price_bps=9_999)
    assert closed(draft, bob) == {}
    assert [item.amount for item in result.residuals] == [1000]


def test_slippage_that_nobody_pays_is_told_apart_from_charges() -> None:
    bob = short("bob", 100, 12_000)
    result, _ = adl(bob, default=lots_default(lots(100, 11_000, 9_900)))  # the market would fill at 99.00
    (answer,) = result.absorptions
    assert (answer.taken, sum(item.amount for item in result.charges), answer.avoided) == (1100, 1000, 100)


def test_a_market_better_than_the_mark_makes_a_value_overshoot() -> None:
    bob = short("bob", 100, 12_000)
    result, _ = adl(bob, default=lots_default(lots(100, 11_000, 10_100)))
    (answer,) = result.absorptions
    inputs = answer.working["inputs"]
    assert isinstance(inputs, dict)
    assert (answer.taken, answer.avoided, inputs["value_overshoot"]) == (900, -100, 100)


def test_a_takeover_better_than_the_mark_is_a_gain_and_no_charge() -> None:
    bob = short("bob", 100, 12_000)  # taken over at 98.00 while the mark is 100.00: bob buys back cheaper
    result, draft = adl(bob, default=lots_default(lots(100, 9_800, 9_700)))
    (answer,) = result.absorptions
    assert (answer.taken, answer.charges, answer.avoided) == (100, (), 100)
    assert draft.cash("bob", "USD") == 100_000 + 2200


def test_only_as_many_lots_as_the_loss_needs_are_closed() -> None:
    # 7.50 are at hand from a better close-out, so 2.50 are left to bear: 25 units, and the market
    # takes the other 75.
    better = lots(100, 5_000, 5_750, "SIDE")
    bob = short("bob", 100, 12_000)
    result, draft = adl(bob, default=lots_default(LONG, better))
    assert closed(draft, bob) == {"bob": 25}
    assert [item.taken for item in result.absorptions] == [250]
    assert (result.residuals, result.surpluses) == ((), ())


def test_lot_overshoot_is_less_than_one_lot_and_becomes_a_surplus() -> None:
    better = lots(100, 5_000, 5_750, "SIDE")
    bob = short("bob", 100, 12_000)
    result, draft = adl(
        bob, default=lots_default(LONG, better), instruments=(replace(PERP, lot=10), SIDE_FREE)
    )
    inputs = result.absorptions[0].working["inputs"]
    assert isinstance(inputs, dict)
    assert closed(draft, bob) == {"bob": 30}
    assert (inputs["lot_overshoot"], [item.amount for item in result.surpluses]) == (50, [50])


SIDE_FREE = Instrument("SIDE", "USD", quantity_decimals=2, pool="main")


@pytest.mark.parametrize(("score", "units"), [("size", {"a": 67, "b": 33}), ("pnl", {"a": 50, "b": 50})])
def test_pro_rata_goes_by_size_or_by_profit(score: str, units: dict[str, int]) -> None:
    accounts = [short("a", 200, 11_000), short("b", 100, 12_000)]  # both win 20.00
    _, draft = adl(*accounts, selection="pro_rata", score=score)
    assert closed(draft, *accounts) == units


def test_pro_rata_counts_in_whole_lots_and_stops_at_what_each_can_bear() -> None:
    accounts = [short("a", 100, 12_000, cents=-1900), short("b", 100, 12_000)]  # a can bear 10 units
    _, draft = adl(*accounts, selection="pro_rata", score="size", instruments=(replace(PERP, lot=5),))
    assert closed(draft, *accounts) == {"a": 10, "b": 90}


def test_cost_leaves_the_position_in_proportion_and_nothing_is_lost_to_rounding() -> None:
    perp_short = replace(position(-3, 0), cost=1001)  # 3 units sold for 10.01 in all
    bob = account("bob", 100_000, perp_short)
    market = market_of(10_000)
    result, draft = adl(bob, default=lots_default(lots(1, 11_000, 10_000)), market=market)
    (left,) = draft.account("bob").positions
    assert (left.quantity, left.cost) == (-2, 1001 - 333)
    assert draft.cash("bob", "USD") == 100_000 + 333 - 110
    assert result.residuals == ()


def test_funding_on_the_lots_closed_is_settled_and_rounded_against_the_account() -> None:
    perp = replace(PERP, funding_index=3 * 10**15)  # 0.003 USD a unit, shorts receive it
    bob = short("bob", 200, 12_000)
    _, draft = adl(bob, instruments=(perp,))
    # 100 units closed: -0.30 exactly; nothing due to round.
    assert draft.cash("clearing:funding:PERP", "USD") == -30
    assert draft.cash("bob", "USD") == 100_000 + 1000 + 30
    (left,) = draft.account("bob").positions
    assert (left.quantity, left.funding_index) == (-100, 0)


def test_two_lots_of_one_default_see_what_the_first_cost() -> None:
    # Each closing costs 10.00 of equity; she has 15.00: both cannot be borne in full.
    both = account("both", -1500 - 1000, position(-100, 12_000), position(-100, 7_000, "SIDE"))
    side = lots(100, 6_000, 5_000, "SIDE")
    result, draft = adl(both, default=lots_default(LONG, side), instruments=(PERP, SIDE_FREE))
    assert sum(closed(draft, both).values()) == 150
    assert sum(item.taken for item in result.absorptions) == 1500


def test_an_instrument_without_a_mark_is_left_for_the_next_layer() -> None:
    bob = short("bob", 100, 12_000)
    market = replace(market_of(), marks={"SIDE": market_of().marks["SIDE"]})
    result, draft = adl(bob, market=market)
    assert closed(draft, bob) == {}
    assert [item.amount for item in result.residuals] == [1000]


def test_a_cap_per_event_is_not_passed_by_a_lot() -> None:
    bob = short("bob", 100, 12_000)
    result, draft = adl(bob, cap_per_event="2.55")
    assert closed(draft, bob) == {"bob": 25}
    assert [item.taken for item in result.absorptions] == [250]


def test_deleveraging_is_refused_on_one_side_of_a_venue() -> None:
    outside = short("external:counterparty", 100, 12_000, kind="external")
    with pytest.raises(UnsupportedFeature, match="'external:counterparty' holds positions") as caught:
        adl(outside, short("bob", 100, 12_000))
    assert caught.value.code == "one_sided_book"


def test_what_the_market_took_over_before_is_no_reason_to_refuse() -> None:
    bob = short("bob", 100, 12_000)
    _, draft = adl(account("external:market", 0, position(-50, 10_000), kind="external"), bob)
    assert closed(draft, bob) == {"bob": 100}


def test_a_one_sided_book_without_lots_needs_no_deleveraging() -> None:
    outside = short("external:counterparty", 100, 12_000, kind="external")
    result, _ = run([outside], terms_of(ADL), Default("failed", "USD", 5, pool="main"))
    assert [item.amount for item in result.residuals] == [5]


def test_the_ranking_follows_the_draft_and_equals_a_fresh_one() -> None:
    accounts = [short(name, 50, 12_000 + number, owner=name) for number, name in enumerate("abcd")]
    defaults = [lots_default(lots(40, 11_000, 10_000), name=name) for name in ("x", "y", "z")]
    terms = terms_of(ADL)
    state = WaterfallState(Draft(book_of(accounts, defaults)), market_of(), terms, EVENT)
    kept = Deleverage(terms.waterfall[0])
    for default in defaults:
        again = WaterfallState(state.draft, state.market, terms, EVENT)
        mine, fresh = kept.absorb(state, default), kept.absorb(again, default)
        assert mine == fresh
        for move in mine.moves:
            state.draft.carry_out(move)


def test_a_layer_asks_and_changes_nothing() -> None:
    terms = terms_of(ADL)
    default = lots_default(LONG)
    draft = Draft(book_of([short("bob", 100, 12_000), fund("x", 1)], [default]))
    layer, state = Deleverage(terms.waterfall[0]), WaterfallState(draft, market_of(), terms, EVENT)
    assert layer.capacity(state, default) == 1000
    assert layer.absorb(state, default) == layer.absorb(state, default)
    assert (draft.moves, draft.touched) == ([], ())


def test_bitmex_example_ranks_by_score_and_closes_the_last_in_part() -> None:
    """BitMEX help, Auto-Deleveraging examples: a short of 20 is bankrupt, longs by [size, score]."""
    sizes = {"1": (10, 3), "2": (10, 6), "3": (20, 1), "4": (30, 4), "5": (20, 5), "6": (10, 2)}
    # All win; the score falls with the cash behind the position, so cash sets the published order.
    accounts = [
        long(name, size * 100, 8_000, cents=size * 100_000 // rank) for name, (size, rank) in sizes.items()
    ]
    _, draft = adl(*accounts, default=lots_default(lots(-2000, 9_000, 10_000)))
    assert closed(draft, *accounts) == {"2": 1000, "5": 1000}


def test_dydx_candidate_under_water_is_skipped_and_the_rest_stays_open() -> None:
    """dYdX v4 deleveraging_test.go: one BTC long with -$50,001 at $50,000 has equity -$1."""
    candidate = account("long", -5_000_100, position(100, 0))
    market = market_of(5_000_000)
    result, draft = adl(candidate, default=lots_default(lots(-100, 5_000_000, 5_100_000)), market=market)
    assert closed(draft, candidate) == {}
    assert [item.amount for item in result.residuals] == [100_000]
