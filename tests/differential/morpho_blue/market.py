"""Markets of Morpho Blue at random, as a recording or a machine starts from them."""

from __future__ import annotations

from typing import Any

import numpy as np

from tests.differential.drawn import Drawn

START = 1_700_000_000
WAD = 10**18
PRICE_SCALE = 10**36
LENDERS, BORROWERS = ("ann", "bob"), ("cyd", "dan", "eve")
LIQUIDATOR, FEE_RECIPIENT = "liq", "fee"
USERS = (*LENDERS, *BORROWERS, LIQUIDATOR, FEE_RECIPIENT)


def market(chance: np.random.Generator) -> dict[str, Any]:
    """Return the parameters of a market, the loan worth much more or much less than the collateral."""
    drawn = Drawn(chance)
    return {
        "t0": START,
        "users": list(USERS),
        "lltv": _lltv(drawn),
        "fee": drawn.pick((0, 1, WAD // 10, WAD // 4)),
        "irm": drawn.pick((None, "utilization_per_year", "utilization_per_year")),
        "price": drawn.power(21, 51),
    }


def _lltv(drawn: Drawn) -> int:
    # Those in use, the ends, and one that no incentive comes out even for.
    if drawn.odds(50):
        return int(drawn.chance.integers(WAD))
    return int(drawn.pick((0, 385, 625, 770, 860, 945, 980, 999))) * WAD // 1000
