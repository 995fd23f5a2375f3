"""Synthetic venues: labelled, deterministic, balanced, and of the shape they promise."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from seawall.adapters.synthetic import (
    synthetic_exchange,
    synthetic_lending,
    synthetic_market,
    synthetic_options,
    synthetic_troves,
)
from seawall.adapters.synthetic_lending import IN_REACH
from seawall.core.book import SIDES
from seawall.core.money import Amounts
from seawall.core.rounding import mul_div_down, mul_div_up
from seawall.core.units import RAY, WAD
from seawall.liquidation.system import System
from seawall.risk.assess import assess
from seawall.risk.detect import LIQUIDATABLE, scan
from seawall.risk.options import model_worth, seconds_left
from seawall.risk.toxic import toxicity

STABLE = ("USDC", "USDT", "DAI")
MAKERS = (synthetic_exchange, synthetic_lending, synthetic_market, synthetic_options, synthetic_troves)


@pytest.mark.parametrize("make", MAKERS)
def test_the_same_seed_gives_the_same_venue(make) -> None:  # type: ignore[no-untyped-def]
    one, other, another = make(300, 1), make(300, 1), make(300, 2)
    assert list(one[0].rows()) == list(other[0].rows())
    assert one[1] == other[1]
    assert one[2] == other[2]
    assert list(one[0].rows()) != list(another[0].rows())


@pytest.mark.parametrize("make", MAKERS)
def test_a_synthetic_venue_says_so(make) -> None:  # type: ignore[no-untyped-def]
    assert "synthetic" in make(100)[0].venue


@pytest.mark.parametrize("seed", [1, 7, 11])
def test_longs_and_shorts_of_every_contract_balance(seed: int) -> None:
    book, _, _ = synthetic_exchange(2_000, seed)
    for code, item in enumerate(book.instruments):
        assert Amounts(book.positions.quantity.words[book.positions.instrument == code]).sum() == 0, item.id


@pytest.mark.parametrize("seed", [1, 7])
def test_longs_and_shorts_of_every_option_balance(seed: int) -> None:
    book, _, _ = synthetic_options(500, seed)
    for code, item in enumerate(book.instruments):
        assert Amounts(book.positions.quantity.words[book.positions.instrument == code]).sum() == 0, item.id


@pytest.mark.parametrize("seed", [1, 2, 7])
def test_nobody_fails_on_the_options_exchange_before_prices_move(seed: int) -> None:
    book, market, terms = synthetic_options(seed=seed)
    assert not (scan(book, market, terms).flag == LIQUIDATABLE).any()


def test_the_options_exchange_has_the_shape_it_promises() -> None:
    book, market, _ = synthetic_options()
    users = [row for row in book.rows() if row.kind == "user"]
    assert len(users) == 3_000
    modes = Counter(row.margin_mode for row in users)
    assert modes["cross"] > 800
    assert modes["portfolio"] > 1_800
    for item in book.instruments:  # each option is quoted near what the model says of it
        mark = market.marks[item.id]
        if item.option is not None and mark.forward is not None and mark.vol is not None:
            seconds = seconds_left(item.option, market)
            worth = model_worth(item.option, mark.forward, mark.vol, seconds, market.mark_decimals)
            assert mark.mark == pytest.approx(worth / WAD, abs=0.1 * 10**8)


def test_the_exchange_has_the_shape_it_promises() -> None:
    book, market, terms = synthetic_exchange()
    rows = list(book.rows())
    users = [row for row in rows if row.kind == "user"]
    assert len(users) == 12_000
    assert Counter(item.settle_asset for item in book.instruments) == {"USDT": 8, "USDC": 1}
    assert {row.margin_mode for row in users} == {"cross", "isolated"}
    assert any({position.leg for position in row.positions} == {"long", "short"} for row in users)
    assert 300 < sum(bool(row.orders) for row in users) < 1_200
    assert max(Counter(row.owner for row in users).values()) > 2
    assert set(market.depth) == set(market.marks) == {item.id for item in book.instruments}
    health = [assess(row, book, market, terms) for row in users]
    assert sum(item.health_wad is not None and item.health_wad < 13 * 10**17 for item in health) > 200
    status = Counter(item.status for item in health)
    assert 5 < status["liquidatable"] < 200
    assert 1 < status["insolvent"] < 50
    assert status["unpriced"] == 0
    cash = np.sort(book.balances.scaled.to_float())
    assert (
        cash[-len(cash) // 100 :].sum() > 0.25 * cash.sum()
    )  # the richest hundredth holds a quarter and more


def test_the_pool_has_the_shape_it_promises() -> None:
    book, market, terms = synthetic_lending()
    users = [row for row in book.rows() if row.kind == "user"]
    assert len(users) == 8_001
    assert len(book.assets) == 10
    assert all(
        pool.supply_index > RAY and pool.debt_index > pool.debt_index_last > RAY for pool in book.pools
    )
    health = [assess(row, book, market, terms) for row in users]
    status = Counter(item.status for item in health)
    assert 5 < status["liquidatable"] < 100
    assert 1 < status["insolvent"] < 50
    assert 100 < sum(bool(row.collateral_set) for row in users) < 1_000
    assert 100 < sum(0 < item.collateral_value < 5 * item.value_unit * 10**8 for item in health) < 1_000
    assert any(leg.lowers_health for item in health if item.debt_value for leg in toxicity(item))


@pytest.mark.parametrize("seed", [1, 7])
def test_cash_debt_and_deficit_of_a_pool_are_its_claims_up_to_dust(seed: int) -> None:
    book, _, _ = synthetic_lending(1_500, seed)
    columns = book.balances
    for pool in book.pools:
        mine = columns.asset == book.asset_row[pool.asset]
        supply = columns.scaled.ints(np.flatnonzero(mine & (columns.side == SIDES.index("supply"))))
        owed = columns.scaled.ints(np.flatnonzero(mine & (columns.side == SIDES.index("debt"))))
        claims = sum(mul_div_down(scaled, pool.supply_index, RAY) for scaled in supply)
        debt = sum(mul_div_up(-scaled, pool.debt_index, RAY) for scaled in owed)
        dust = pool.cash + debt + pool.deficit - claims
        assert 0 <= dust <= len(supply) + len(owed) + 1, pool.asset


def test_a_large_exchange_is_built_in_columns() -> None:
    book, _, _ = synthetic_exchange(100_000, positions=3)
    assert len(book) == 100_001
    assert len(book.positions.instrument) > 3 * (100_000 - 24)
    assert bool((book.accounts.id[1:] > book.accounts.id[:-1]).all())


@pytest.mark.parametrize("fall", [0.0, 0.1, 0.2, 0.4])
def test_a_market_has_as_many_borrowers_in_reach_of_a_fall_as_its_law_says(fall: float) -> None:
    book, market, terms = synthetic_market(20_000)
    prices = {
        name: price if name in STABLE else replace(price, oracle=round((price.oracle or 0) * (1 - fall)))
        for name, price in market.prices.items()
    }
    fallen = replace(market, prices=prices)
    # Debt in dollars alone, and nothing but what falls behind it: then the fall is one number.
    plain = [
        row
        for row in book.rows()
        if row.kind == "user"
        and any(item.side == "debt" for item in row.balances)
        and all((item.asset in STABLE) == (item.side == "debt") for item in row.balances)
    ]
    failing = sum(assess(row, book, fallen, terms).status in ("liquidatable", "insolvent") for row in plain)
    expected = IN_REACH.within(fall) * len(plain)
    assert len(plain) > 2_000
    assert abs(failing - expected) <= 4 * (expected + 1) ** 0.5
    assert fall or not failing


def test_troves_stand_well_and_their_pool_bears_some_of_them() -> None:
    book, market, terms = synthetic_troves(2_000)
    found = scan(book, market, terms)
    assert not (found.flag == LIQUIDATABLE).any()
    fallen = {name: replace(price, oracle=round(price.oracle * 0.8)) for name, price in market.prices.items()}
    low = scan(book, replace(market, prices={**fallen, "LUSD": market.prices["LUSD"]}), terms)
    failing = low.debt[low.flag == LIQUIDATABLE].sum()
    pool = System.of(book, market, terms).rooms["LUSD"] / book.asset("LUSD").unit
    assert 0.01 * found.debt.sum() < failing < pool < 0.31 * found.debt.sum()
    assert pool > 0.29 * found.debt.sum()
    assert low.collateral[low.debt > 0].sum() > 1.5 * low.debt.sum()
