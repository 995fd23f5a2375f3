"""Tear-up: the other side gives up its contracts, winners and losers: the same part of all, or by draw."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.book import Account, Position
from seawall.core.draft import Draft
from seawall.core.event import Event
from seawall.core.loss import Default, Lots
from seawall.core.market import Market
from seawall.risk.assess import assess
from seawall.waterfall.waterfall import WaterfallResult
from tests.waterfall.books import (
    account,
    fund,
    lots,
    lots_default,
    market_of,
    position,
    run,
    terms_of,
    totals,
)
from tests.waterfall.strategies import lots_of, traders, winners
from tests.waterfall.test_deleverage import closed, long, short

TEAR_UP = {"kind": "tear_up", "name": "tear_up", "execution": "takeover"}
LONG = lots(100, 11_000, 10_000)  # taken over at 110.00; the mark and the market are at 100.00
SHORT = lots(-100, 9_000, 10_000)


def tear_up(
    *accounts: Account, default: Default | None = None, market: Market | None = None, **layer: Any
) -> tuple[WaterfallResult, Draft]:
    return run(accounts, terms_of({**TEAR_UP, **layer}), default or lots_default(LONG), market=market)


def test_winners_and_losers_give_up_the_same_part() -> None:
    accounts = [short("winner", 300, 12_000), short("loser", 100, 9_000)]
    result, draft = tear_up(*accounts)
    assert closed(draft, *accounts) == {"winner": 75, "loser": 25}
    assert {item.account: item.amount for item in result.charges} == {"winner": 750, "loser": 250}
    assert result.residuals == ()


def test_a_loser_torn_up_at_the_mark_pays_nothing_and_the_lots_are_gone() -> None:
    accounts = [short("winner", 100, 12_000), short("loser", 100, 9_000)]
    result, draft = tear_up(*accounts, execution="mark", default=lots_default(lots(100, 11_000, 9_900)))
    assert closed(draft, *accounts) == {"winner": 50, "loser": 50}
    assert (result.charges, draft.account("engine").positions) == ((), ())
    assert sum(item.avoided for item in result.absorptions) == 100  # the slippage that nobody pays
    assert [item.amount for item in result.residuals] == [1000]


@pytest.mark.parametrize(
    ("default", "chosen"), [(lots_default(LONG), "short"), (lots_default(SHORT), "long")]
)
def test_only_the_opposite_side_is_torn_up(default: Default, chosen: str) -> None:
    accounts = [short("short", 200, 12_000), long("long", 200, 8_000)]
    _, draft = tear_up(*accounts, default=default)
    assert closed(draft, *accounts) == {chosen: 100}


@pytest.mark.parametrize(
    "spared",
    [
        short("fund:other", 100, 12_000, kind="fund"),
        short("desk", 100, 12_000, kind="venue"),
        short("failed", 100, 12_000),
        short("broke", 100, 12_000, cents=-2001),
    ],
)
def test_who_is_spared(spared: Account) -> None:
    result, draft = tear_up(spared)
    assert closed(draft, spared) == {}
    assert [item.amount for item in result.residuals] == [1000]


# One contract torn up at 110.00 costs 10.00 against the mark; entry 100.00, so equity is the cash.
@pytest.mark.parametrize(("cents", "units"), [(999, {"bob": 99}), (1000, {"bob": 100}), (1001, {"bob": 100})])
def test_nobody_is_pushed_under_water(cents: int, units: dict[str, int]) -> None:
    bob = short("bob", 100, 10_000, cents=cents)
    _, draft = tear_up(bob)
    assert closed(draft, bob) == units


def test_a_draw_takes_one_account_after_the_other_and_the_last_in_part() -> None:
    accounts = [short(f"u{n}", 40, 12_000) for n in range(6)]
    units = closed(tear_up(*accounts, selection="random")[1], *accounts)
    assert sorted(units.values()) == [20, 40, 40]


def test_each_seed_and_event_draws_its_own_order_and_says_so() -> None:
    accounts = [short(f"u{n}", 100, 12_000) for n in range(4)]
    terms = terms_of({**TEAR_UP, "selection": "random"})
    chosen = {}
    for event in [Event(name, seed=seed) for name in ("a", "b") for seed in range(8)]:
        result, draft = run(accounts, terms, lots_default(LONG), event=event)
        chosen[event.id, event.seed] = tuple(closed(draft, *accounts))
        assert result.absorptions[0].working["inputs"]["seed"] == event.seed  # type: ignore[index]
        assert run(accounts[::-1], terms, lots_default(LONG), event=event)[0] == result
    assert len(set(chosen.values())) == 4
    assert [chosen["a", seed] for seed in range(8)] != [chosen["b", seed] for seed in range(8)]


def test_a_draw_passes_over_who_could_bear_no_lot() -> None:
    broke, even = short("broke", 100, 12_000, cents=-2001), short("even", 100, 10_000, cents=500)
    for seed in range(6):
        rows = [broke, even, short("rich", 100, 10_000)]
        terms = terms_of({**TEAR_UP, "selection": "random"})
        _, draft = run(rows, terms, lots_default(LONG), event=Event("event-1", seed=seed))
        units = closed(draft, *rows)
        assert "broke" not in units
        assert units["rich"] == 100 - units.get("even", 0) >= 50


def test_who_cannot_bear_its_part_gives_what_it_can_and_the_others_give_the_rest() -> None:
    accounts = [short("poor", 100, 10_000, cents=100), short("rich", 100, 10_000)]
    _, draft = tear_up(*accounts)
    assert closed(draft, *accounts) == {"poor": 10, "rich": 90}


@pytest.mark.parametrize(("need", "torn"), [(4, 0), (5, 5), (9, 5), (10, 10)])
def test_lots_are_torn_up_whole_and_the_part_below_one_is_left(need: int, torn: int) -> None:
    accounts = [account(name, 100_000, position(-50, 6_000, "SIDE")) for name in ("ann", "bob")]
    result, draft = tear_up(*accounts, default=lots_default(lots(need, 5_500, 5_000, "SIDE")))
    units = closed(draft, *accounts)
    assert sum(units.values()) == torn
    assert all(not quantity % 5 for quantity in units.values())
    # What is left was closed in the market, with a loss.
    assert sum(item.amount for item in result.residuals) == need * 5 - torn * 5


@pytest.mark.parametrize("selection", ["pro_rata", "random"])
@pytest.mark.parametrize("cents", [-46, -47])
def test_rounding_pushes_nobody_under_water_who_gives_less_than_it_could(cents: int, selection: str) -> None:
    """All 27 would be a gain of 0.23 cents, 25 of them cost 0.75 once rounded: equity is half a cent."""
    cheap = Lots("PERP", 27, 2_497, 2_496)
    rows = [account("w0", 0, Position("PERP", "net", -5, 468))]
    rows.append(account("w1", cents, Position("PERP", "net", -50, 4_671)))
    terms, market = terms_of({**TEAR_UP, "selection": selection}), market_of(9_249, 4_000)
    for seed in range(4):
        _, draft = run(rows, terms, lots_default(cheap), market=market, event=Event("event-1", seed=seed))
        for row in rows:
            before = assess(row, draft.book, market, terms).equity
            assert assess(draft.account(row.id), draft.book, market, terms).equity >= min(0, before)


def test_a_price_worse_than_the_market_tears_nothing_up() -> None:
    _, draft = tear_up(short("bob", 100, 12_000), execution="threshold", threshold_price_bps=9_900)
    assert len(draft.account("bob").positions) == 1


def test_profit_capacity_and_the_deficit_are_both_told() -> None:
    result, _ = tear_up(short("winner", 100, 10_400), short("loser", 300, 9_000))
    told = result.absorptions[0].working["inputs"]
    assert (told["profit_capacity"], told["loss"]) == (400, 1000)  # type: ignore[index]


@pytest.mark.parametrize(("rule", "fund_pays", "sister_pays"), [("allow", 1000, 0), ("block", 0, 1000)])
def test_what_one_owner_lost_and_won_can_be_torn_up_and_not_drawn_from_a_fund(
    rule: str, fund_pays: int, sister_pays: int
) -> None:
    rows = [account("failed", owner="one"), short("sister", 100, 12_000, owner="one"), fund("f", 5_000)]
    first = {"kind": "insurance_fund", "account": "fund:f", "self_dealing": rule}
    result, _ = run(rows, terms_of(first, TEAR_UP), lots_default(LONG))
    paid = {item.account: item.amount for item in result.charges}
    assert (paid.get("fund:f", 0), paid.get("sister", 0)) == (fund_pays, sister_pays)


@given(st.data())
def test_whatever_the_world(data: st.DataObject) -> None:
    """Lots balance, nobody flips or goes under water, sums are exact, rows decide nothing."""
    mark, side = data.draw(st.integers(8_000, 12_000)), data.draw(st.integers(4_000, 6_000))
    name, price = data.draw(st.sampled_from([("PERP", mark), ("SIDE", side)]))
    lot = data.draw(lots_of(name, price))
    rows = [data.draw(winners(f"w{n}", lot, price)) for n in range(data.draw(st.integers(0, 4)))]
    rows += [data.draw(traders(f"u{n}", mark, side)) for n in range(data.draw(st.integers(0, 3)))]
    execution = data.draw(st.sampled_from(["takeover", "mark", "threshold"]))
    selection = data.draw(st.sampled_from(["pro_rata", "random"]))
    terms = terms_of({**TEAR_UP, "execution": execution, "selection": selection})
    market = market_of(mark, side)
    result, draft = run(rows, terms, lots_default(lot), market=market)
    assert totals(draft.book_after()) == totals(draft.book)
    for row in rows:
        before = assess(row, draft.book, market, terms)
        now = assess(draft.account(row.id), draft.book, market, terms)
        assert now.equity >= min(0, before.equity)
        held = {(item.instrument, item.leg): item.quantity for item in draft.account(row.id).positions}
        for item in row.positions:
            left = held.get((item.instrument, item.leg), 0)
            assert left * item.quantity >= 0
            assert abs(left) <= abs(item.quantity)
            if left != item.quantity:
                assert item.instrument == lot.instrument
                assert item.quantity * lot.quantity < 0
    answers = result.absorptions
    assert sum(item.taken for item in answers) + sum(item.amount for item in result.residuals) == max(
        0, lot.cost
    )
    shuffled = data.draw(st.permutations(rows))
    again, _ = run(shuffled, terms, lots_default(lot), market=market)
    assert again == result
