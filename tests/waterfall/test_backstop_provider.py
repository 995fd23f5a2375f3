"""A backstop provider: what it takes, at what price, and how far its own requirement lets it go."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.book import Account, Instrument
from seawall.core.draft import Draft
from seawall.core.event import Event
from seawall.core.loss import Default
from seawall.core.market import Market
from seawall.risk.assess import assess
from seawall.waterfall.waterfall import WaterfallResult, run_waterfall
from tests.waterfall.books import (
    EVENT,
    PERP,
    account,
    book_of,
    lots,
    lots_default,
    market_of,
    position,
    run,
    terms_of,
    totals,
)
from tests.waterfall.strategies import lots_of

PROVIDER = {"kind": "backstop_provider", "name": "backstop", "account": "maker"}
# One contract long, taken over at 100.00 and worth 100.00; the market would give 90.00.
LONG = lots(100, 10_000, 9_000)
SHORT = lots(-100, 10_000, 11_000)


def maker(cents: int, *positions: Any, **rest: Any) -> Account:
    return account("maker", cents, *positions, **rest)


def taken_over(
    provider: Account,
    *others: Account,
    default: Default | None = None,
    market: Market | None = None,
    instruments: tuple[Instrument, ...] | None = None,
    **layer: Any,
) -> tuple[WaterfallResult, Draft]:
    more = {} if instruments is None else {"instruments": instruments}
    terms = terms_of({**PROVIDER, **layer})
    return run([provider, *others], terms, default or lots_default(LONG), market=market, **more)


def held(draft: Draft, name: str = "maker") -> dict[str, tuple[int, int]]:
    return {item.instrument: (item.quantity, item.cost) for item in draft.account(name).positions}


@pytest.mark.parametrize(("default", "sign"), [(lots_default(LONG), 1), (lots_default(SHORT), -1)])
def test_it_takes_the_side_that_failed_at_the_mark_and_the_loss_is_spared(
    default: Default, sign: int
) -> None:
    result, draft = taken_over(maker(100_000), default=default)
    (answer,) = result.absorptions
    assert (answer.taken, answer.avoided, answer.charges) == (1000, 1000, ())
    assert held(draft) == {"PERP": (100 * sign, -10_000 * sign)}
    assert (draft.cash("maker", "USD"), draft.cash("deficit:USD", "USD")) == (100_000, 0)
    assert (draft.account("engine").positions, result.residuals) == ((), ())


@pytest.mark.parametrize(("default", "cost"), [(lots_default(LONG), -9_700), (lots_default(SHORT), 10_300)])
def test_a_discount_is_its_gain_and_stays_a_loss(default: Default, cost: int) -> None:
    """3 % off 100.00: it buys at 97.00 and sells at 103.00; 3.00 are left for the next layer."""
    result, draft = taken_over(maker(100_000), default=default, discount_bps=300)
    assert held(draft)["PERP"][1] == cost
    assert [item.taken for item in result.absorptions] == [700]
    assert [item.amount for item in result.residuals] == [300]


@pytest.mark.parametrize(("discount", "taken"), [(999, 1), (1000, 0), (1001, 0)])
def test_a_price_no_better_than_the_market_is_not_taken(discount: int, taken: int) -> None:
    result, _ = taken_over(maker(100_000), discount_bps=discount)
    assert sum(item.taken for item in result.absorptions) == taken


def test_a_takeover_price_above_the_mark_is_charged_to_it() -> None:
    result, draft = taken_over(
        maker(100_000), default=lots_default(lots(100, 11_000, 9_000)), execution="takeover"
    )
    assert [(item.account, item.amount) for item in result.charges] == [("maker", 1000)]
    assert [(item.taken, item.avoided) for item in result.absorptions] == [(2000, 1000)]
    assert held(draft) == {"PERP": (100, -11_000)}


# The requirement is 1 % of 100.00 at the mark for each contract: 1.00 for the whole lot.
@pytest.mark.parametrize(("cents", "units"), [(99, 99), (100, 100), (101, 100), (0, 0)])
def test_it_takes_no_more_than_its_equity_carries(cents: int, units: int) -> None:
    result, draft = taken_over(maker(cents))
    assert held(draft).get("PERP", (0, 0))[0] == units
    assert sum(item.taken for item in result.absorptions) == units * 10


def test_what_it_holds_already_counts_against_it() -> None:
    _, draft = taken_over(maker(150, position(100, 10_000)))
    assert held(draft) == {"PERP": (150, -15_000)}


def test_it_may_net_its_own_position_and_realise_it() -> None:
    """Short 0.60 from 120.00: 12.00 are realised, 0.40 opened at 100.00."""
    _, draft = taken_over(maker(100_000, position(-60, 12_000)))
    assert held(draft) == {"PERP": (40, -4_000)}
    assert draft.cash("maker", "USD") == 100_000 + 1_200


def test_an_account_with_two_legs_adds_to_the_leg_of_the_lots() -> None:
    legs = (position(10, 10_000, leg="long"), position(-10, 10_000, leg="short"))
    _, draft = taken_over(maker(100_000, *legs))
    assert {item.leg: item.quantity for item in draft.account("maker").positions} == {
        "long": 110,
        "short": -10,
    }


@pytest.mark.parametrize(("room", "units"), [("99.99", 99), ("100", 100), ("100.01", 100), ("0", 0)])
def test_notional_max_is_kept(room: str, units: int) -> None:
    _, draft = taken_over(maker(100_000), notional_max=room)
    assert held(draft).get("PERP", (0, 0))[0] == units


def test_notional_max_is_kept_over_all_defaults_of_an_event_and_fresh_in_the_next() -> None:
    halves = [lots_default(lots(60, 10_000, 9_000), name=name) for name in ("x", "y")]
    terms, market = terms_of({**PROVIDER, "notional_max": "100"}), market_of()
    draft = Draft(book_of([maker(100_000)], [*halves, lots_default(LONG, name="z")]))
    run_waterfall(draft, market, terms, halves, event=EVENT)
    assert held(draft)["PERP"][0] == 100
    run_waterfall(draft, market, terms, [lots_default(LONG, name="z")], event=Event("event-2"))
    assert held(draft)["PERP"][0] == 200


def test_lots_are_taken_whole() -> None:
    _, draft = taken_over(maker(100_000), default=lots_default(lots(23, 5_000, 4_000, "SIDE")))
    assert held(draft)["SIDE"][0] == 20


@pytest.mark.parametrize(
    ("provider", "failed"),
    [
        (maker(100_000, owner="one"), account("failed", owner="one")),
        (account("failed", 100_000), account("x")),
    ],
)
def test_nobody_takes_over_its_own_failure_at_a_discount(provider: Account, failed: Account) -> None:
    result, _ = taken_over(provider, failed, account=provider.id)
    assert result.absorptions == ()


def test_funding_of_before_is_not_asked_for_new_lots() -> None:
    """0.10 held since index 0, now 5.00 a contract: it owes 0.50 and not 5.50."""
    index = 5 * 10**18 // 100  # a quantity counts hundredths of a contract
    before = maker(100_000, position(10, 10_000))
    _, draft = taken_over(before, instruments=(replace(PERP, funding_index=index),))
    equity = [
        assess(row, draft.book, market_of(), terms_of(PROVIDER)).equity
        for row in (before, draft.account("maker"))
    ]
    assert equity[0] == equity[1]
    assert draft.cash("clearing:funding:PERP", "USD") == -500


def test_the_dearest_entry_is_taken_first_and_room_counts_over_both() -> None:
    dear, cheap = lots(10, 5_000, 3_000, "SIDE"), lots(100, 10_000, 9_900)
    _, draft = taken_over(maker(100_000), default=lots_default(cheap, dear), notional_max="55")
    assert {name: quantity for name, (quantity, _) in held(draft).items()} == {"SIDE": 10, "PERP": 50}


@given(st.data())
def test_whatever_the_world(data: st.DataObject) -> None:
    """Sums are exact, lots balance, the provider meets its requirement, and only it moves."""
    mark, side = data.draw(st.integers(8_000, 12_000)), data.draw(st.integers(4_000, 6_000))
    held_lots = [data.draw(lots_of("PERP", mark)), data.draw(lots_of("SIDE", side))]
    own = [position(data.draw(st.integers(-50, 50).filter(bool)), mark, "PERP")] * data.draw(
        st.integers(0, 1)
    )
    provider = maker(data.draw(st.integers(0, 300) | st.integers(0, 50_000)), *own)
    layer = {
        **PROVIDER,
        "execution": data.draw(st.sampled_from(["mark", "takeover", "threshold"])),
        "threshold_price_bps": data.draw(st.integers(9_500, 10_500)),
        "discount_bps": data.draw(st.integers(0, 400)),
    }
    terms, market, default = terms_of(layer), market_of(mark, side), lots_default(*held_lots)
    bystander = account("ann", 1_000, position(30, mark))
    result, draft = run([provider, bystander], terms, default, market=market)
    assert totals(draft.book_after()) == totals(draft.book)
    assert draft.account("ann") == bystander
    taken, left = (
        sum(item.taken for item in result.absorptions),
        sum(item.amount for item in result.residuals),
    )
    assert taken + left == default.loss
    if result.absorptions:
        assert assess(draft.account("maker"), draft.book, market, terms).status == "safe"
        # It may take nothing but lots that close at what they were taken over at: no loss goes with them.
        assert taken > 0 or draft.account("maker").positions != provider.positions
    before = assess(provider, draft.book, market, terms).equity
    now = assess(draft.account("maker"), draft.book, market, terms).equity
    cent = 10**34 * 10**8
    charged = sum(item.amount for item in result.charges)
    assert now >= before - (charged + 2 * len(held_lots)) * cent
