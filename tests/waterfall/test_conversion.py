"""Funds that hold another asset than the loss: sold at a named price, residue booked, wrong way shown."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seawall.core.market import Market
from tests.waterfall.books import terms_of
from tests.waterfall.reserves import holder, loss, met, owing, priced, sums

RESERVE = {"kind": "insurance_fund", "account": "fund:reserve", "reserve_asset": "COIN"}


def paid(coins: int, cents: int, market: Market, **layer: Any) -> tuple[int, int, int]:
    """(taken, milli-coins sold, dust) when a fund of `coins` milli-coins meets a loss."""
    book = owing(cents, holder("fund:reserve", COIN=coins))
    result, draft = met(book, {**RESERVE, **layer}, loss(cents), market=market)
    taken = sum(item.taken for item in result.absorptions)
    assert draft.cash("deficit:USD", "USD") == taken - cents
    return taken, coins - draft.cash("fund:reserve", "COIN"), sum(item.dust for item in result.absorptions)


# One milli-coin at 2.00 a coin is worth 0.2 cents; at 30.00 it is worth 3 cents.
@pytest.mark.parametrize(
    ("coin_cents", "cents", "expected"),
    [
        (200, 100, (100, 500, 0)),
        (200, 1, (1, 5, 0)),
        (3_000, 6, (6, 2, 0)),
        (3_000, 7, (7, 3, 2)),  # three bring nine cents
        (3_000, 8, (8, 3, 1)),
        (100_000, 1, (1, 1, 99)),  # one milli-coin brings a dollar
    ],
)
def test_as_few_units_are_sold_as_bring_the_loss(
    coin_cents: int, cents: int, expected: tuple[int, int, int]
) -> None:
    assert paid(10_000, cents, priced(coin_cents)) == expected


@pytest.mark.parametrize(("cents", "taken"), [(1_999, 1_999), (2_000, 2_000), (2_001, 2_000)])
def test_a_reserve_bears_what_it_brings(cents: int, taken: int) -> None:
    assert paid(10_000, cents, priced(200))[0] == taken


@pytest.mark.parametrize(("coin_cents", "taken"), [(200, 2_000), (100, 1_000), (50, 500), (1, 10)])
def test_a_reserve_that_falls_with_the_event_covers_less(coin_cents: int, taken: int) -> None:
    assert paid(10_000, 5_000, priced(coin_cents))[0] == taken


@pytest.mark.parametrize(("haircut_bps", "taken"), [(0, 2_000), (1_000, 1_800), (9_999, 0), (9_995, 1)])
def test_a_haircut_comes_off_the_price(haircut_bps: int, taken: int) -> None:
    assert paid(10_000, 5_000, priced(200), haircut_bps=haircut_bps)[0] == taken


@pytest.mark.parametrize(("basis", "taken"), [("oracle", 2_000), ("market", 1_500)])
def test_the_terms_say_at_which_price_it_is_sold(basis: str, taken: int) -> None:
    assert paid(10_000, 5_000, priced(200, market_cents=150), conversion=basis)[0] == taken


@pytest.mark.parametrize("market", [priced(None), priced(0), priced(100, usd=None), priced(100, usd=0)])
def test_without_a_price_nothing_is_sold_and_the_loss_goes_on(market: Market) -> None:
    assert paid(10_000, 100, market) == (0, 0, 0)


def test_the_floor_is_counted_in_what_the_fund_holds() -> None:
    assert paid(10_000, 5_000, priced(200), floor="9") == (200, 1_000, 0)


def test_the_cap_per_event_is_counted_in_the_loss() -> None:
    assert paid(10_000, 5_000, priced(200), cap_per_event="3")[0] == 300


def test_two_legs_go_through_the_conversion_account_and_the_residue_is_booked() -> None:
    book = owing(7, holder("fund:reserve", COIN=10_000))
    result, draft = met(book, RESERVE, loss(7), market=priced(3_000))
    assert (draft.cash("external:conversion", "COIN"), draft.cash("external:conversion", "USD")) == (3, -9)
    assert (draft.cash("dust", "USD"), draft.cash("surplus:USD", "USD")) == (1, 1)
    (charge,) = result.charges
    assert (charge.account, charge.amount) == ("fund:reserve", 9)
    inputs = result.absorptions[0].working["inputs"]
    assert isinstance(inputs, dict)
    assert (inputs["sold"], inputs["brought"], inputs["held_asset"], inputs["price_held"]) == (
        3,
        9,
        "COIN",
        30 * 10**8,
    )


def test_a_reserve_pays_before_the_layer_below_it() -> None:
    rows = [holder("fund:reserve", COIN=1_000), holder("fund:last", USD=1_000)]
    terms = terms_of(RESERVE, {"kind": "first_loss", "account": "fund:last"})
    result, _ = met(owing(500, *rows), terms, loss(500), market=priced(200))
    assert [(item.layer, item.taken) for item in result.absorptions] == [("reserve", 200), ("last", 300)]


@given(
    coins=st.integers(0, 10**7),
    cents=st.integers(0, 10**6),
    price=st.integers(1, 10**12),
    usd=st.integers(1, 10**12),
    haircut=st.integers(0, 9_999),
    floor=st.integers(0, 3_000),
)
def test_what_is_sold_is_the_least_that_pays(
    coins: int, cents: int, price: int, usd: int, haircut: int, floor: int
) -> None:
    book = owing(cents, holder("fund:reserve", COIN=coins))
    market = priced(None).moved(assets={"COIN": price, "USD": usd})
    layer = {**RESERVE, "haircut_bps": haircut, "floor": f"{floor // 1000}.{floor % 1000:03d}"}
    result, draft = met(book, layer, loss(cents), market=market)
    taken = sum(item.taken for item in result.absorptions)
    sold = coins - draft.cash("fund:reserve", "COIN")
    worth = Fraction(price * (10_000 - haircut) * 100, usd * 10_000 * 1000)  # cents for a milli-coin
    assert taken == min(cents, int(max(0, coins - floor) * worth))
    assert sold * worth >= taken
    assert sold == 0 or (sold - 1) * worth < taken
    assert sums(draft.book_after()) == sums(book)
    assert draft.cash("dust", "USD") + draft.cash("surplus:USD", "USD") == int(sold * worth) - taken
