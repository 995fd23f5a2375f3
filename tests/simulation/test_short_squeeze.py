"""Debt that liquidators buy back pushes its price up: one call on a constant-product pool, and a squeeze."""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from typing import Any

import numpy as np
import pytest

from seawall.core.book import Account, Asset, Balance, Book, Pool
from seawall.core.market import Market, Price
from seawall.simulation.scenario import Scenario
from seawall.simulation.storm import Storm
from tests.simulation.loans import COIN, DOLLAR, plain_terms, still
from tests.worlds import USD

PRICE, THRESHOLD, JUMP = 100.0, 0.5, 0.02


def squeeze(
    owed: list[float], triggers: list[float], pool_units: float, *, n_steps: int = 1, **market: Any
) -> tuple[float, int]:
    """Return (log move of the coin at the end, accounts liquidated) of a jump over debts in coins.

    Args:
        owed: Coins owed by each account.
        triggers: Price of the coin, relative to the start, at which each may be liquidated.
        pool_units: Coins in the pool at the start.
        market: Settings of the market beside those of the pool.
    """
    people = []
    for number, (units, trigger) in enumerate(zip(owed, triggers, strict=True)):
        bonds = units * PRICE * trigger / THRESHOLD
        balances = (
            Balance("BOND", "supply", round(bonds * DOLLAR)), Balance("COIN", "debt", -round(units * COIN))
        )  # fmt: skip
        people.append(Account(f"x{number:03d}", balances=balances))
    assets = [Asset("COIN", 8), Asset("BOND", 6)]
    pools = [Pool(asset.id, cash=10**9 * asset.unit) for asset in assets]
    book = Book.of(people, assets=assets, pools=pools, venue="test")
    quoted = {"COIN": Price(round(PRICE * USD)), "BOND": Price(USD)}
    terms = plain_terms(["BOND"], threshold_bps=5000, bonus_bps=10_500)
    pool = {"kind": "constant_product", "reserve": pool_units * PRICE, "fee_bps": 0.0, "buys_debt": True}
    pool |= market
    asks = bool(pool.pop("asks", False))
    scenario = Scenario.build(
        {
            "run": {"n_paths": 1, "horizon_s": 60 * n_steps, "step_s": 60},
            "prices": still(["COIN"]),
            "shocks": [{"at_s": 0, "moves": {"COIN": JUMP}}],
            "markets": {"COIN": {"impact": pool, "oracle": {"feed": {"kind": "spot"}}}},
            "liquidators": {"asks": asks},
        }
    )
    totals = Storm.of(book, Market(prices=quoted), terms, scenario).run(0, 1)
    return float(totals.end_move[0, 0]), int(totals.count("accounts_liquidated")[0])


@pytest.mark.parametrize("part", [0.01, 0.2, 0.5])
def test_one_call_buys_out_of_the_pool(interpreter: ProcessPoolExecutor, part: float) -> None:
    # x y = k: who takes q of X coins leaves the price at (X / (X - q))^2 times what it was.
    move, calls = interpreter.submit(squeeze, [100.0 * part], [1.01], 100.0).result()
    assert calls == 1
    assert move == pytest.approx(np.log1p(JUMP) - 2 * np.log1p(-part), abs=1e-8)


def test_where_no_debt_is_bought_its_price_stays(interpreter: ProcessPoolExecutor) -> None:
    move, calls = interpreter.submit(squeeze, [20.0], [1.01], 100.0, buys_debt=False).result()
    assert calls == 1
    assert move == pytest.approx(np.log1p(JUMP), abs=1e-12)


@pytest.mark.parametrize("pool_units", [1000.0, 1500.0, 6000.0])
def test_shorts_squeeze_each_other_to_the_fixed_point(
    interpreter: ProcessPoolExecutor, pool_units: float
) -> None:
    triggers = [1.0 + 0.005 * number for number in range(1, 41)]
    owed = [5.0] * len(triggers)
    bought = 0.0
    while True:  # the least fixed point: all whose trigger the price has passed are bought back
        price = (1 + JUMP) * (pool_units / (pool_units - bought)) ** 2
        passed = 5.0 * sum(trigger < price for trigger in triggers)
        if passed == bought:
            break
        bought = passed
    move, calls = interpreter.submit(squeeze, owed, triggers, pool_units, n_steps=60).result()
    assert calls == bought / 5.0
    assert move == pytest.approx(np.log(price), abs=1e-6)
    assert (calls > 10) == (pool_units < 6000.0)  # four triggers lie below the jump itself


@pytest.mark.parametrize("pool_units", [50.0, 400.0])
def test_a_liquidator_buys_as_far_as_the_bonus_pays(
    interpreter: ProcessPoolExecutor, pool_units: float
) -> None:
    # The last unit costs (X / (X - q))^2 of the price and brings the bonus: q = X (1 - 1 / sqrt(bonus)).
    move, _ = interpreter.submit(squeeze, [10.0], [1.01], pool_units, asks=True).result()
    most = pool_units * (1 - 1 / np.sqrt(1.05))
    assert move - np.log1p(JUMP) == pytest.approx(-2 * np.log1p(-min(10.0, most) / pool_units), abs=1e-3)
