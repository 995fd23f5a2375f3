"""Markets of Aave v3 at random, as a recording or a machine starts from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

START = 1_700_000_000
USD = 10**8
LENT_USD = 10**7
USERS = ("ann", "bob", "cyd", "dan", "liq")


def market(chance: np.random.Generator) -> dict[str, Any]:
    """Return the parameters of a market: two reserves alike, two that are not, one to be isolated."""

    def reserve(symbol: str, decimals: int, price: int) -> dict[str, Any]:
        threshold = int(chance.integers(5000, 8800))
        return {
            "symbol": symbol,
            "decimals": decimals,
            "price": int(price * chance.uniform(0.8, 1.2)),
            "ltv": threshold - int(chance.integers(0, 1000)),
            "liquidation_threshold": threshold,
            "liquidation_bonus": int(chance.integers(10100, 11300)),
            "liquidation_protocol_fee": int(chance.choice((0, 1000, 3333, 10_000))),
            "reserve_factor": int(chance.choice((0, 1000, 3333, 10_000))),
            "strategy": {
                "optimal_usage": int(chance.choice((1, 4500, 8000, 10_000))),
                "base": int(chance.choice((0, 100))),
                "slope1": int(chance.integers(0, 1000)),
                "slope2": int(chance.integers(0, 30_000)),
            },
        }

    reserves = [
        reserve("USDC", 6, 10**8),
        reserve("DAI", 18, 10**8),
        reserve("WETH", 18, 2000 * 10**8),
        reserve("WBTC", int(chance.choice((2, 8))), 40_000 * 10**8),
        reserve("ISO", int(chance.choice((1, 12))), 10 * 10**8),
    ]
    return {"t0": START, "users": [*USERS, "treasury"], "emodes": [], "reserves": reserves}


def lent(raw: Mapping[str, Any]) -> dict[str, int]:
    """Return what is supplied of each reserve at first, to be borrowed."""
    return {
        each["symbol"]: LENT_USD * USD * 10 ** each["decimals"] // each["price"] for each in raw["reserves"]
    }
