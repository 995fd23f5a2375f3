"""Exchanges whose waterfall charges accounts that did not fail, drawn from a seed."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from seawall.core.book import Account, Balance, Book
from seawall.core.terms import Terms
from tests.simulation.rival_worlds import funded, rivals
from tests.simulation.worlds import World, exchange_venue

CHARGES: dict[str, dict[str, Any]] = {
    "holders": {"kind": "mutualise", "over": "cash"},
    "both sides": {"kind": "mutualise", "over": "per_unit"},
    "winners": {"kind": "gains_haircut", "since": "entry"},
    "movers": {"kind": "gains_haircut", "since": "previous"},
    "coins": {"kind": "mutualise", "over": "cash", "pools": ["other", "coin", "btc"]},
    "club": {"kind": "mutualise", "over": "cash", "members": ["w0", "w2", "saver"]},
}
FINER = 1000
"""Lots are so small that a part of one is no money: a layer that runs dry pays for whole lots."""

LAST = {"name": "unassigned", "kind": "residual", "bearer": "residual:unassigned"}


def plan(seed: int) -> list[dict[str, Any]]:
    """Draw one to four layers that charge accounts, some with a cap, in any order."""
    chance = np.random.default_rng([seed, 41])
    names = chance.choice(list(CHARGES), chance.integers(1, 5), replace=False).tolist()
    caps = [
        {"cap_per_event": str(int(chance.integers(1, 3000)))} if chance.random() < 0.3 else {} for _ in names
    ]
    return [{"name": name, **CHARGES[name], **cap} for name, cap in zip(names, caps, strict=True)]


def charged(
    seed: int,
    layers: list[dict[str, Any]] | None = None,
    *,
    is_pooled: bool = True,
    fund: int = 0,
    debt: int = 0,
    **changes: Any,
) -> World:
    """Some fail with next to no cash; others hold contracts, or cash alone; funding is due.

    Args:
        layers: First payers of the waterfall; drawn by `plan` where None.
        is_pooled: Whether all contracts of an asset are of one pool.
        fund: What an insurance fund holds of each stable asset [units].
        debt: What an account owes that has no positions [units of USDT].
        changes: As for `rivals`.
    """
    book, market, _ = rivals(seed, **{"failing": 3, **changes})
    chance = np.random.default_rng([seed, 43])
    people = [_finer(each) for each in book.rows() if each.kind == "user"]
    units = {"USDT": 10**6, "USDC": 10**6, "BTC": 10**3}
    people += [
        Account(name, balances=tuple(_cash(chance, asset, unit) for asset, unit in units.items()))
        for name in ("saver", "other saver")
    ]
    if debt:
        people.append(Account("debtor", balances=(Balance("USDT", "cash", -debt * units["USDT"]),)))
    if fund:
        held = tuple(Balance(asset, "cash", fund * units[asset]) for asset in ("USDT", "USDC"))
        people.append(Account("fund:insurance", kind="fund", balances=held))
    pool = {"USDT": "one", "USDC": "other", "BTC": "coin"}
    items = [
        replace(each, lot=1, quantity_decimals=each.quantity_decimals + 3)
        if each.kind == "linear"
        else replace(each, lot=1, multiplier=each.multiplier // FINER)
        for each in book.instruments
    ]
    if is_pooled:
        items = [replace(each, pool=pool[each.settle_asset]) for each in items]
    people, items = funded(people, items, seed)
    laid = Book.of(people, assets=book.assets, instruments=items, venue="test")
    return laid, market, charging_venue(plan(seed) if layers is None else layers)


def _finer(account: Account) -> Account:
    positions = (replace(each, quantity=each.quantity * FINER) for each in account.positions)
    return replace(account, positions=tuple(positions))


def charging_venue(layers: list[dict[str, Any]]) -> Terms:
    """An exchange of flat margin whose waterfall is these layers, then nobody."""
    flat = {"maintenance": {"kind": "flat", "rate_ppm": 20_000}, "close_out_slippage_bps": 0}
    return exchange_venue(
        waterfall=[*layers, LAST], instruments={"*": flat}, breaks={}, size={"kind": "full"}
    )


def _cash(chance: np.random.Generator, asset: str, unit: int) -> Balance:
    return Balance(asset, "cash", int(chance.lognormal(6.0, 1.0) * unit))
