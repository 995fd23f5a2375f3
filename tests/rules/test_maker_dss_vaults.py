"""Maker's vaults: thresholds at, below and above; roundings by hand, each by a fraction of half or more."""

from collections.abc import Callable
from typing import Any

import pytest

from seawall.core.units import RAY, WAD
from seawall.rules import maker_dss
from seawall.rules import maker_dss_vaults as rules

# What a rule gives where the exact result lies between two units, the upper one nearer.
ROUNDED: list[tuple[Callable[..., Any], tuple[int, ...], Any]] = [
    (rules.spot_price, (2, RAY, 3 * RAY), 666_666_666),
    (rules.feed_price, (2, 3 * RAY), 666_666_666),
    (rules.liquidated_art, (10**30, RAY, 1_700_000_000, 1, 0), 1),
    (maker_dss.settlement_tag, (5, 3 * WAD), 1),
    (maker_dss.settlement_owed, (5, RAY // 3, RAY), 1),
    (maker_dss.settlement_owed, (1, RAY, 17 * RAY // 10), 1),
    (maker_dss.settlement_fix, (5, RAY, RAY, 0, 3 * RAY), 1_666_666_666_666_666_666_666_666_666),
    (maker_dss.settlement_fix, (1, RAY, RAY, 0, 17 * RAY // 10), RAY),
    (rules.liquidated_art, (10**30, RAY, 5_000_000_000, 3, 0), 1),
    (rules.liquidated_ink, (5, 1, 3), 1),
    (rules.with_penalty, (17, WAD // 10), 1),
    (rules.keeper_coin, (17, 100, WAD // 10), 101),
    (rules.start_price, (17, RAY // 10), 1),
    (rules.needs_reset, (2, 3, (2 * RAY + 1) // 3, 0, 10), True),
    (rules.purchase, (5, 10, 3, 10, 0), (True, 5, 1)),
    (rules.purchase, (100, 50, 3, 33, 50), (True, 50, 16)),
    (rules.dripped_rate, (17, RAY // 10, 1), 1),
    (maker_dss.linear_price, (17, 10, 9), 1),
    (maker_dss.linear_price, (RAY, 3, 1), 2 * RAY // 3),
    (maker_dss.stair_price, (17, RAY // 10, 5, 9), 1),
    (maker_dss.padded_lot, (17, WAD // 10, WAD), 1),
]


@pytest.mark.parametrize(("rule", "args", "expected"), ROUNDED)
def test_divisions_are_rounded_down(rule: Callable[..., Any], args: tuple[int, ...], expected: Any) -> None:
    assert rule(*args) == expected


@pytest.mark.parametrize(
    ("secured", "tab", "spot", "unsafe"),
    [(99, 100, 1, True), (100, 100, 1, False), (101, 100, 1, False), (0, 100, 0, False)],
)
def test_a_vault_is_unsafe_strictly_below_its_debt_and_never_without_a_price(
    secured: int, tab: int, spot: int, unsafe: bool
) -> None:
    assert rules.is_unsafe(secured, tab, spot) is unsafe


@pytest.mark.parametrize(
    ("dink", "dart", "secured", "tab", "may"),
    [
        (0, 1, 100, 100, True),
        (0, 1, 100, 101, False),
        (-1, 0, 100, 101, False),
        (0, 0, 100, 101, True),
        (1, -1, 0, 101, True),
        (-1, -1, 100, 101, False),
    ],
)
def test_a_vault_may_change_where_it_is_safe_or_only_becomes_safer(
    dink: int, dart: int, secured: int, tab: int, may: bool
) -> None:
    assert rules.may_change(dink, dart, secured, tab) is may


@pytest.mark.parametrize(
    ("dart", "tab", "debt", "keeps"),
    [(1, 10, 20, True), (1, 11, 20, False), (1, 10, 21, False), (0, 11, 21, True), (-1, 11, 21, True)],
)
def test_ceilings_bind_new_debt_only(dart: int, tab: int, debt: int, keeps: bool) -> None:
    assert rules.keeps_ceilings(dart, tab, 10, debt, 20) is keeps


@pytest.mark.parametrize(("art", "tab", "clean"), [(0, 0, True), (1, 9, False), (1, 10, True), (1, 11, True)])
def test_a_vault_owes_nothing_or_no_dust(art: int, tab: int, clean: bool) -> None:
    assert rules.is_no_dust(art, tab, 10) is clean


@pytest.mark.parametrize(
    ("dirt", "dirt_ilk", "room"), [(9, 4, True), (10, 4, False), (9, 5, False), (11, 6, False)]
)
def test_room_ends_at_either_hole(dirt: int, dirt_ilk: int, room: bool) -> None:
    assert rules.has_room(10, dirt, 5, dirt_ilk) is room


@pytest.mark.parametrize(
    ("room", "taken", "dusty"),
    [
        # 100 owed at rate 1 and no penalty, least debt 10.
        (100, 100, False),
        (120, 100, False),
        (91, 100, False),  # 9 would stay: all is taken, beyond the room
        (90, 90, False),  # 10 stay, just enough
        (10, 10, False),
        (9, 9, True),  # an auction of 9 is refused
    ],
)
def test_what_stays_is_no_dust_and_what_is_sold_is_none(room: int, taken: int, dusty: bool) -> None:
    rad = RAY  # one unit of normalised debt at rate 1
    assert rules.liquidated_art(100, RAY, room * rad, WAD, 10 * rad) == taken
    assert rules.is_dusty_auction(100, taken, RAY, 10 * rad) is dusty


def test_a_whole_vault_is_sold_however_little_it_owes() -> None:
    assert rules.liquidated_art(9, RAY, 100 * RAY, WAD, 10 * RAY) == 9
    assert rules.is_dusty_auction(9, 9, RAY, 10 * RAY) is False


@pytest.mark.parametrize(
    ("price", "elapsed", "stale"),
    [(50, 10, False), (49, 10, True), (51, 10, False), (50, 11, True), (50, 9, False)],
)
def test_an_auction_is_stale_below_the_cusp_or_beyond_the_tail(price: int, elapsed: int, stale: bool) -> None:
    assert rules.needs_reset(price, 100, RAY // 2, elapsed, 10) is stale


@pytest.mark.parametrize(
    ("tab", "lot", "paid"), [(10, 5, True), (9, 5, False), (10, 4, False), (11, 6, True)]
)
def test_a_restart_is_paid_where_neither_side_is_dust(tab: int, lot: int, paid: bool) -> None:
    assert rules.is_paid_for(tab, lot, 2, 10) is paid


@pytest.mark.parametrize(
    ("tab", "lot", "most", "expected"),
    [
        # At a price of 2, with a least tab of 30.
        (100, 40, 40, (True, 80, 40)),  # the whole lot, although 20 of the tab stay
        (100, 50, 50, (True, 100, 50)),  # exactly the tab
        (100, 60, 60, (True, 100, 50)),  # more than the tab: only the tab is paid
        (100, 60, 35, (True, 70, 35)),  # exactly 30 stay
        (100, 60, 36, (True, 70, 35)),  # 28 would stay: cut so that 30 do
        (31, 60, 1, (True, 1, 0)),  # 29 would stay: cut to next to nothing
        (30, 60, 1, (False, 0, 0)),  # at the least tab: whole or not at all
        (30, 60, 15, (True, 30, 15)),
        (30, 60, 0, (True, 0, 0)),  # nothing asked leaves just the least tab
        (29, 60, 0, (False, 0, 0)),
    ],
)
def test_a_purchase_pays_the_tab_or_leaves_enough_of_it(
    tab: int, lot: int, most: int, expected: tuple[bool, int, int]
) -> None:
    assert rules.purchase(tab, lot, 2, most, 30) == expected


@pytest.mark.parametrize(("elapsed", "price"), [(0, 100), (1, 90), (9, 10), (10, 0), (11, 0)])
def test_a_linear_price_ends_at_zero(elapsed: int, price: int) -> None:
    assert maker_dss.linear_price(100, 10, elapsed) == price


def test_free_sin_is_neither_waiting_nor_on_auction() -> None:
    assert maker_dss.free_sin(100, 60, 30) == 10


@pytest.mark.parametrize(("now", "open_"), [(9, True), (10, False), (11, False)])
def test_a_bid_has_won_from_its_very_second(now: int, open_: bool) -> None:
    assert maker_dss.may_be_outbid(now, 10) is open_
    assert maker_dss.may_be_outbid(now, 0)
