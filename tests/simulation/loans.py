"""Pools of plain loans against coins, made by hand for laws that have a closed form."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from seawall.core.book import Account, Asset, Balance, Book, Pool
from seawall.core.market import Market, Price
from seawall.core.terms import Terms
from seawall.simulation.scenario import Scenario
from seawall.simulation.storm import Storm
from seawall.venues import load_rulebook
from tests.worlds import USD

COIN, DOLLAR = 10**8, 10**6


def plain_terms(coins: Sequence[str], *, threshold_bps: int, bonus_bps: int, **changes: Any) -> Terms:
    """The generic rulebook without fee on the bonus; nobody but the suppliers' residual bears a loss."""
    raw = tomllib.loads(load_rulebook("generic_lending"))
    own = {"ltv_bps": threshold_bps, "threshold_bps": threshold_bps, "bonus_bps": bonus_bps}
    raw["assets"] = {coin: own for coin in coins} | {"DOLLAR": {}}
    raw["waterfall"] = [each for each in raw["waterfall"] if each["kind"] == "residual"]
    return Terms.build({**raw, **changes})


def storm_of_loans(
    loans: Sequence[tuple[Mapping[str, float], float]],
    price: float,
    scenario: Mapping[str, Any],
    *,
    threshold_bps: int,
    bonus_bps: int,
    **changes: Any,
) -> Storm:
    """A storm over loans of (coins held by name, dollars owed), all coins at one price."""
    coins = sorted({coin for held, _ in loans for coin in held})
    people = [
        Account(
            f"x{number:06d}",
            balances=(
                *(Balance(coin, "supply", round(units * COIN)) for coin, units in held.items()),
                Balance("DOLLAR", "debt", -round(owed * DOLLAR)),
            ),
        )
        for number, (held, owed) in enumerate(loans)
    ]
    assets = [*(Asset(coin, 8) for coin in coins), Asset("DOLLAR", 6)]
    pools = [Pool(asset.id, cash=10**9 * asset.unit) for asset in assets]
    book = Book.of(people, assets=assets, pools=pools, venue="test")
    quoted = {coin: Price(round(price * USD)) for coin in coins} | {"DOLLAR": Price(USD)}
    terms = plain_terms(coins, threshold_bps=threshold_bps, bonus_bps=bonus_bps, **changes)
    return Storm.of(book, Market(prices=quoted), terms, Scenario.build(scenario))


def still(coins: Sequence[str]) -> dict[str, Any]:
    """Prices that do not move by themselves."""
    return {"kind": "gbm", "assets": {coin: {"vol": 0.0} for coin in coins}}
