"""From a book and a scenario to the pools of a storm: cash, claims, rates, and who runs for the exit."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.core.book import KINDS, SIDES, Book
from seawall.core.market import Market
from seawall.core.units import RAY
from seawall.errors import Problem
from seawall.simulation.kernels.columns import DEBT
from seawall.simulation.kernels.pools import AT_ONCE, ON_FALL, ON_USE, POOL
from seawall.simulation.scenario import Scenario
from seawall.simulation.scenario_pools import Exit, FallTrigger, KinkRate, PoolRate
from seawall.simulation.storm_book import StormBook

__all__ = ["check_pools", "pools_of"]

HOUR_S = 3600.0
_DEBT, _SUPPLY = SIDES.index("debt"), SIDES.index("supply")


def check_pools(book: Book, scenario: Scenario) -> list[Problem]:
    """Return what the scenario says of pools that the book does not have."""
    problems = [
        Problem("unknown_asset", f"no asset {asset!r} in the book: remove it", f"rates.{asset}")
        for asset in scenario.rates
        if asset not in book.asset_row
    ]
    wanted = {
        f"rates.{asset}": asset
        for asset, rate in scenario.rates.items()
        if isinstance(rate, KinkRate) and asset in book.asset_row
    } | {f"exits.{number}.asset": item.asset for number, item in enumerate(scenario.exits)}
    known = ", ".join(book.pool_of) or "none"
    problems += [
        Problem("unknown_pool", f"no pool of {asset!r} in the book, there are: {known}", place)
        for place, asset in wanted.items()
        if asset not in book.pool_of
    ]
    return problems


def pools_of(book: Book, market: Market, scenario: Scenario, laid: StormBook) -> np.recarray[Any, Any]:
    """Return one `POOL` for each asset of the book, as the kernels read it.

    Cash, debts and claims are those of the book, in quanta rounded against whoever waits for money. An
    asset without a pool has none of them and limits nobody.
    """
    found = np.zeros(len(book.assets), dtype=POOL).view(np.recarray)
    for name in ("driver", "run", "trigger_driver", "running_since"):
        found[name] = -1
    for name in ("supply_index", "debt_index"):
        found[name] = 1.0
    owed_in_storm = _owed_in(laid, len(book.assets))
    owed, claims, free = _totals(book)
    number = {name: place for place, name in enumerate(scenario.drivers)}
    for row, asset in enumerate(book.assets):
        quantum = float(laid.quantum[row])
        price = (market.price(asset.id) or 0) / 10.0**market.price_decimals
        found.driver[row] = number.get(scenario.driver_of.get(asset.id, ""), -1)
        found.worth[row] = price / asset.unit * quantum
        found.takes_claims[row] = scenario.liquidators.takes_claims
        pool = book.pool_of.get(asset.id)
        if pool is not None:
            found.is_limited[row] = scenario.pools.limited or bool(scenario.exits)
            found.supply_index[row], found.debt_index[row] = pool.supply_index / RAY, pool.debt_index / RAY
            found.start_cash[row] = math.floor(pool.cash / quantum)
            found.all_claims[row] = math.floor(claims[row] / quantum)
            found.start_free[row] = math.floor(free[row] / quantum)
        found.start_owed[row] = max(owed_in_storm[row], math.ceil(owed[row] / quantum))
    for name, rate in scenario.rates.items():
        _set_rate(found, book.asset_row[name], rate)
    for run, item in enumerate(scenario.exits):
        _set_exit(found, book.asset_row[item.asset], run, item, float(scenario.run.step_s), number)
    return found


def _set_rate(found: np.recarray[Any, Any], row: int, rate: PoolRate) -> None:
    if not isinstance(rate, KinkRate):
        found.borrow[row], found.supply[row] = rate.borrow_per_year, rate.supply_per_year
        return
    found.is_kink[row] = True
    found.least[row], found.optimal[row] = rate.base_per_year, rate.optimal
    found.slope1[row], found.slope2[row] = rate.slope1_per_year, rate.slope2_per_year
    found.reserve[row] = rate.reserve_factor


def _set_exit(
    found: np.recarray[Any, Any], row: int, run: int, item: Exit, step_s: float, number: Mapping[str, int]
) -> None:
    found.exits[row], found.run[row] = True, run
    found.is_pro_rata[row] = item.order == "pro_rata"
    found.from_step[row] = int(item.from_s // step_s)
    found.share_each[row], found.share_most[row] = item.share_per_hour * step_s / HOUR_S, item.share
    trigger = item.trigger
    if trigger is None:
        found.trigger[row] = AT_ONCE
    elif isinstance(trigger, FallTrigger):
        found.trigger[row], found.trigger_driver[row] = ON_FALL, number[trigger.market]
        found.trigger_at[row] = math.log1p(-trigger.by)
    else:
        found.trigger[row], found.trigger_at[row] = ON_USE, trigger.above


def _owed_in(laid: StormBook, assets: int) -> NDArray[np.float64]:
    # Debts of the accounts in the storm, as their legs have them.
    code = laid.cohorts.code
    is_debt = laid.codes.item.kind[code] == DEBT
    owed = np.bincount(laid.codes.item.asset[code[is_debt]], weights=-laid.q[is_debt], minlength=assets)
    return np.asarray(owed, dtype=np.float64)


def _totals(book: Book) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    # (owed, all claims, claims of users who owe nothing) by asset, scaled [smallest units].
    columns, assets = book.balances, len(book.assets)
    owner = np.repeat(np.arange(len(book)), np.diff(columns.start))
    amount = columns.scaled.to_float()
    is_debt, is_claim = (columns.side == _DEBT) & (amount < 0), (columns.side == _SUPPLY) & (amount > 0)
    owes = np.bincount(owner, weights=is_debt, minlength=len(book)) > 0
    is_free = is_claim & ~owes[owner] & (book.accounts.kind[owner] == KINDS.index("user"))
    owed, claims, free = (
        np.bincount(columns.asset[chosen], weights=np.abs(amount[chosen]), minlength=assets).astype(
            np.float64
        )
        for chosen in (is_debt, is_claim, is_free)
    )
    return owed, claims, free
