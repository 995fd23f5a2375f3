"""Venus pools at random, as a recording or a machine starts from them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.differential.drawn import Drawn

START = 1_700_000_000
WAD = 10**18
PERCENT = WAD // 100
USERS = ("ann", "bob", "cyd", "dan", "liq")


def market(chance: np.random.Generator) -> dict[str, Any]:
    """Return the parameters of a pool of two or three markets."""
    drawn = Drawn(chance)
    incentive = drawn.pick((100, 105, 110, 150)) * PERCENT
    return {
        "t0": START,
        "users": list(USERS),
        "close_factor": drawn.pick((5, 50, 90)) * PERCENT,
        "liquidation_incentive": incentive,
        "min_liquidatable_collateral": drawn.pick((0, 100, 1000, 10**6)) * WAD,
        "minimum_pool_bad_debt": drawn.pick((1, WAD, 50 * WAD)),
        "incentive_bps": drawn.pick((1, 1000, 3333)),
        "next_bidder_limit": 300,
        "wait_for_first_bidder": drawn.pick((300, 3600)),
        "protocol_seize_share": min(incentive - WAD, drawn.pick((0, 1, 5)) * PERCENT),
        "markets": [_listed(drawn, symbol) for symbol in ("AAA", "BBB", "CCC")[: drawn.pick((2, 3))]],
    }


def _listed(drawn: Drawn, symbol: str) -> dict[str, Any]:
    decimals, factor = drawn.pick((6, 8, 18)), drawn.pick((0, 30, 50, 70, 90))
    return {
        "symbol": symbol,
        "decimals": decimals,
        "price": 10 ** (18 - decimals) * drawn.power(15, 22),
        "collateral_factor": factor * PERCENT,
        "liquidation_threshold": int(drawn.chance.integers(max(40, factor), 101)) * PERCENT,
        "reserve_factor": drawn.pick((0, 10, 33, 100)) * PERCENT,
        "base": drawn.pick((0, 2, 50)) * PERCENT,
        "multiplier": drawn.pick((0, 10, 300)) * PERCENT,
        "jump": drawn.pick((0, 300, 2000)) * PERCENT,
        "kink": drawn.pick((0, 80, 100)) * PERCENT,
        "initial_exchange_rate": drawn.pick((10 ** (decimals + 10), WAD, 10**15, 2 * WAD + 1)),
    }
