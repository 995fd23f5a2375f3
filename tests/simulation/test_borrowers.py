"""Borrowers who watch their accounts: what they do, when, with how much, by hand."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from seawall.errors import InputError, UnsupportedFeature
from seawall.runs.simulation_course import liquidated
from seawall.simulation.borrowers import Borrowers
from seawall.simulation.engine import DETECTORS, Walker
from seawall.simulation.scenario import Scenario
from seawall.simulation.storm import Storm
from seawall.simulation.totals import PathTotals
from tests.simulation.dollar_pools import HOUR_S, fall, venue, walked
from tests.worlds import (
    exchange_book,
    exchange_market,
    exchange_terms,
    long_btc,
    short_btc,
    trader,
)

LOAN = (1000.0, 780.0)
"""Coins and dollars owed: at a price of 0.95, 760 count for it and 780 against."""


def people(action: str, **changes: Any) -> dict[str, Any]:
    told = {"share": 1.0, "action": action, "trigger_health": 1.02, "target_health": 1.2}
    return {**told, **changes}


def mended(action: str, *, steps: int = 2, by: float = 0.05, **changes: Any) -> dict[str, float]:
    """What borrowers of one loan do after a fall in the first step."""
    scenario = {name: changes.pop(name) for name in ("markets", "liquidators") if name in changes}
    storm = venue(
        [LOAN], cash=0, steps=steps, shocks=fall(0, by), borrowers=people(action, **changes), **scenario
    )
    totals = walked(storm)
    found = {name: float(totals.value(name)[0]) for name in ("topped_up", "paid_back", "delevered", "repaid")}
    return found | {name: int(totals.count(name)[0]) for name in ("borrower_acts", "liquidations")}


@pytest.mark.parametrize(
    ("action", "column", "amount"),
    [
        ("top_up", "topped_up", (1.2 * 780 - 760) / 0.8),
        ("repay", "paid_back", 780 - 760 / 1.2),
        ("de_lever", "delevered", (1.2 * 780 - 760) / (1.2 - 0.8)),
    ],
)
def test_a_borrower_reaches_the_target_at_once_and_is_not_called(
    action: str, column: str, amount: float
) -> None:
    found = mended(action)
    assert found[column] == pytest.approx(amount, abs=1e-5)
    assert found["borrower_acts"] == 1
    assert found["liquidations"] == 0
    assert sum(found[name] for name in ("topped_up", "paid_back", "delevered")) == found[column]


@pytest.mark.parametrize(("trigger", "acts"), [(1.025, 0), (800 / 780, 0), (1.026, 1)])
def test_nobody_acts_at_the_trigger_or_above(trigger: float, acts: int) -> None:
    """At a price of 1 the loan stands at 800 / 780."""
    found = mended("repay", by=0.0, trigger_health=trigger)
    assert found["borrower_acts"] == acts


def test_a_sale_that_moves_the_market_leaves_less_than_was_aimed_at() -> None:
    thin = {"COIN": {"impact": {"kind": "linear", "value": 30_000.0, "move_bps": 1000}}}
    found = mended("de_lever", markets=thin, steps=1)
    aimed = (1.2 * 780 - 760) / (1.2 - 0.8)
    assert 0.9 * aimed < found["delevered"] < aimed - 0.1
    again = mended("de_lever", markets=thin, steps=6, trigger_health=1.199)
    assert again["borrower_acts"] > 1  # impact stays, so the next sale starts lower


def test_who_sells_below_the_price_of_the_venue_sells_more() -> None:
    """The venue sees 0.95 for good, the market trades at 0.9: a value y brings rho y."""
    stands = {"COIN": {"oracle": {"feed": {"kind": "fixed", "price": 0.95}}}}
    rho = 0.9 / 0.95
    found = mended("de_lever", by=0.1, markets=stands)
    assert found["delevered"] == pytest.approx(rho * (1.2 * 780 - 760) / (1.2 * rho - 0.8), abs=1e-5)
    assert found["borrower_acts"] == 1


def test_who_waits_may_be_called_before() -> None:
    late = mended("repay", delay_s=2 * HOUR_S, steps=4)
    assert late["liquidations"] == 1
    assert late["borrower_acts"] == 0
    alone = mended("repay", delay_s=2 * HOUR_S, steps=2, liquidators={"slots_max": 0})
    assert alone["borrower_acts"] == 0
    in_time = mended("repay", delay_s=2 * HOUR_S, steps=3, liquidators={"slots_max": 0})
    assert in_time["borrower_acts"] == 1


@pytest.mark.parametrize(
    ("limits", "spent"),
    [({"share_max": 0.1}, 78.0), ({"wallet": 20.0}, 20.0), ({"wallet": 1e6}, 780 - 760 / 1.2)],
)
def test_a_purse_is_spent_once(limits: dict[str, float], spent: float) -> None:
    found = mended("repay", steps=5, liquidators={"slots_max": 0}, **limits)
    assert found["paid_back"] == pytest.approx(spent, abs=1e-5)
    assert found["paid_back"] <= spent + 1e-5


def test_collateral_is_sold_as_far_as_its_pool_pays() -> None:
    storm = venue(
        [LOAN], cash=0, coins_cash=100.0, steps=1, shocks=fall(0, 0.05), pools={"limited": True},
        borrowers=people("de_lever"), liquidators={"slots_max": 0},
    )  # fmt: skip
    assert walked(storm).value("delevered").tolist() == pytest.approx([95.0], abs=1e-5)


def test_what_borrowers_bring_is_cash_of_the_pool() -> None:
    leaving = [{"asset": "DOLLAR", "share_per_hour": 10.0}]
    storm = venue(
        [LOAN],
        cash=0,
        suppliers=[500.0],
        steps=3,
        shocks=fall(0, 0.05),
        exits=leaving,
        borrowers=people("repay"),
    )
    totals = walked(storm)
    assert totals.value("withdrawn")[0] == pytest.approx(780 - 760 / 1.2, abs=1e-5)


def test_what_borrowers_bring_is_a_claim_on_the_pool() -> None:
    """So that a loss shared by all who claim takes no more of each than was lost."""
    storm = venue([LOAN], cash=0, steps=2, shocks=fall(0, 0.05), borrowers=people("top_up"))
    walker = Walker(storm.ground, storm.n_steps)
    moves, n_assets = storm.sampler.walks(0, 1).moves, storm.ground.n_assets
    totals = PathTotals.empty(
        0, 1, assets=n_assets, layers=len(storm.layers), drivers=moves.shape[2], n_steps=storm.n_steps
    )
    absent = np.zeros(storm.n_steps, dtype=np.bool_)
    walker.walk(totals, 0, moves[0], np.ones_like(moves[0]), absent, DETECTORS["index"])
    brought = walker.thread.q - storm.book.q
    item, claims = storm.book.codes.item, storm.ground.pools.all_claims
    for asset in range(n_assets):
        of_asset = (item.asset == asset)[storm.book.cohorts.code] & (storm.book.q > 0)
        assert walker.desk.pool.claims[asset] - claims[asset] == brought[of_asset].sum()
    assert brought.any()


def test_who_sells_himself_to_ruin_is_found_where_no_price_moved() -> None:
    """In a market that swallows his coins and stands as before: his threshold was never reached."""
    pond = {
        "COIN": {"impact": {"kind": "constant_product", "reserve": 100.0, "fee_bps": 0.0, "half_life_s": 0.0}}
    }
    storm = venue(
        [(1000.0, 390.0)], cash=0, steps=8, markets=pond,
        borrowers=people("de_lever", trigger_health=2.06, target_health=10.0),
    )  # fmt: skip
    coins, debt, acts = 1000.0, 390.0, 0
    while 0.8 * coins >= debt:
        sold = (10 * debt - 0.8 * coins) / (10 - 0.8)
        coins, debt, acts = coins - sold, debt - 100 * sold / (100 + sold), acts + 1
    totals = walked(storm)
    assert totals.count("borrower_acts").tolist() == [acts]
    assert totals.count("accounts_liquidated").tolist() == [1]
    assert totals.value("recognised")[0] == pytest.approx(debt - coins / 1.05, abs=1e-4)


def test_who_watches_is_drawn_by_account_and_more_watch_with_a_larger_share() -> None:
    few = Borrowers(share=0.2, action="repay", trigger_health=1.0, target_health=1.1)
    many = few.model_copy(update={"share": 0.5})
    assert few.watched(7, 1000).sum() == pytest.approx(200, abs=40)
    assert not (few.watched(7, 1000) & ~many.watched(7, 1000)).any()
    np.testing.assert_array_equal(few.watched(7, 1000)[:10], few.watched(7, 10))
    assert (few.watched(7, 1000) != few.watched(8, 1000)).any()


def test_the_same_accounts_act_on_every_path() -> None:
    loans = [LOAN] * 40
    storm = venue(
        loans, cash=0, steps=1, shocks=fall(0, 0.05), borrowers=people("repay", share=0.4),
        run={"n_paths": 3, "horizon_s": HOUR_S, "step_s": HOUR_S},
    )  # fmt: skip
    acts = storm.run(0, 3).count("borrower_acts")
    assert 5 < acts[0] < 30
    assert (acts == acts[0]).all()


def margined(action: str, **changes: Any) -> Storm:
    """A long of one coin from 50,000 with 3,000, which falls by 2 %: 2,000 are left."""
    book = exchange_book(
        trader("alice", 3000, long_btc(1000, 50_000)), trader("bob", 90_000, short_btc(1000, 50_000))
    )
    scenario = {
        "run": {"n_paths": 1, "horizon_s": HOUR_S, "step_s": HOUR_S},
        "prices": {"kind": "gbm", "assets": {"BTC-PERP": {"vol": 0.0}}},
        "markets": {"BTC-PERP": {}},
        "shocks": [{"at_s": 60, "moves": {"BTC-PERP": -0.02}}],
        "borrowers": people(action, **changes),
    }
    return Storm.of(book, exchange_market(), exchange_terms(), Scenario.build(scenario))


def maintenance(storm: Storm) -> float:
    """Requirement of a coin at 49,000, as the storm reads the lines of the rulebook."""
    return float(max(rate * 49_000 - cum for rate, cum in storm.ground.storm.codes.line.tolist()))


def test_a_trader_brings_cash_until_margin_is_what_was_aimed_at() -> None:
    needed = maintenance(margined("top_up"))
    trigger = 1.01 * 2000 / needed
    storm = margined("top_up", trigger_health=trigger, target_health=2 * trigger)
    assert walked(storm).value("topped_up").tolist() == pytest.approx([2 * trigger * needed - 2000], abs=1e-5)
    assert "looking at all" in storm.remarks[-1]


def test_a_trader_closes_the_part_that_was_too_much() -> None:
    needed = maintenance(margined("top_up"))
    trigger = 1.01 * 2000 / needed
    totals = walked(margined("de_lever", trigger_health=trigger, target_health=2 * trigger))
    part = 1 - 1 / (2 * 1.01)
    assert totals.value("delevered").tolist() == pytest.approx([np.ceil(part * 1000) / 1000 * 49_000])
    assert totals.count("liquidations").tolist() == [0]
    assert totals.sold.any()
    assert liquidated(totals, "exchange").tolist() == [0]  # he did it of his own accord


def test_what_borrowers_cannot_do_is_told_with_its_place() -> None:
    with pytest.raises(UnsupportedFeature, match="lends nothing that could be repaid"):
        margined("repay")
    with pytest.raises(InputError) as caught:
        mended("repay", target_health=1.01, share=0.0)
    assert [each.where for each in caught.value.problems] == ["scenario:borrowers.share"]
    with pytest.raises(InputError) as caught:
        mended("repay", target_health=1.01)
    assert [(each.where, "aim higher" in each.message) for each in caught.value.problems] == [
        ("scenario:borrowers", True)
    ]
