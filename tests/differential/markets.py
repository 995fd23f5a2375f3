"""Markets at random, as the living contracts list them and as a machine starts from them."""

from __future__ import annotations

from typing import Any

import numpy as np

from benchmarks.evm_aave import Reserve
from tests.differential.wander import USERS

START = 1_700_000_000
USD = 10**8
LENT_USD = 10**7


def listing(chance: np.random.Generator) -> list[Reserve]:
    """Return the reserves of a market: two alike, two that are not, one to be isolated."""

    def reserve(symbol: str, decimals: int, price: int) -> Reserve:
        threshold = int(chance.integers(5000, 8800))
        return Reserve(
            symbol,
            decimals,
            int(price * chance.uniform(0.8, 1.2)),
            ltv=threshold - int(chance.integers(0, 1000)),
            liquidation_threshold=threshold,
            liquidation_bonus=int(chance.integers(10100, 11300)),
            liquidation_protocol_fee=int(chance.choice((0, 1000, 3333, 10_000))),
            reserve_factor=int(chance.choice((0, 1000, 3333, 10_000))),
            slopes=(int(chance.integers(0, 1000)), int(chance.integers(0, 30_000))),
            usage=int(chance.choice((1, 4500, 8000, 10_000))),
            base=int(chance.choice((0, 100))),
        )

    return [
        reserve("USDC", 6, 10**8),
        reserve("DAI", 18, 10**8),
        reserve("WETH", 18, 2000 * 10**8),
        reserve("WBTC", int(chance.choice((2, 8))), 40_000 * 10**8),
        reserve("ISO", int(chance.choice((1, 12))), 10 * 10**8),
    ]


def raw(reserves: list[Reserve]) -> dict[str, Any]:
    """Return what the machine starts from."""
    return {
        "t0": START,
        "users": list(USERS),
        "emodes": [],
        "reserves": [
            {
                "symbol": each.symbol,
                "decimals": each.decimals,
                "ltv": each.ltv,
                "liquidation_threshold": each.liquidation_threshold,
                "liquidation_bonus": each.liquidation_bonus,
                "reserve_factor": each.reserve_factor,
                "liquidation_protocol_fee": each.liquidation_protocol_fee,
                "price": each.price,
                "strategy": {
                    "optimal_usage": each.usage,
                    "base": each.base,
                    "slope1": each.slopes[0],
                    "slope2": each.slopes[1],
                },
            }
            for each in reserves
        ],
    }


def lent(reserves: list[Reserve]) -> dict[str, int]:
    """Return what is supplied of each at first, to be borrowed."""
    return {each.symbol: LENT_USD * USD * 10**each.decimals // each.price for each in reserves}
