"""Serve Morpho Blue's published cases: its incentive, and a seizure of nothing for one share."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from seawall.rules import morpho_blue as rules
from tests.vectors.outcome import whole

Inputs = Mapping[str, Any]
Outputs = dict[str, Any]


def incentive(_: str, inputs: Inputs) -> Outputs:
    """What is seized for each unit repaid, at several limits."""
    cursor, most = whole(inputs["cursor"]), whole(inputs["max"])
    return {"lif": [rules.incentive_factor(whole(lltv), cursor, most) for lltv in inputs["lltv"]]}


def by_shares(_: str, inputs: Inputs) -> Outputs:
    """One call that repays shares of debt."""
    lltv, price = whole(inputs["lltv"]), whole(inputs["price"])
    total = whole(inputs["totalBorrowAssets"]), whole(inputs["totalBorrowShares"])
    shares = whole(inputs["repaidShares"])
    most = rules.max_borrow(whole(inputs["collateral"]), price, lltv)
    factor = rules.incentive_factor(lltv, rules.INCENTIVE_CURSOR, rules.INCENTIVE_MAX)
    return {
        "liquidatable": not rules.is_healthy(most, rules.to_assets_up(whole(inputs["borrowShares"]), *total)),
        "lif": factor,
        "seizedAssets": rules.seized_for(rules.to_assets_down(shares, *total), factor, price),
        "repaidAssets": rules.to_assets_up(shares, *total),
    }


SERVED = (
    ("Morpho Blue", {"lltv", "cursor", "max"}, incentive),
    ("Morpho Blue", {"lltv", "price", "borrowShares", "repaidShares", "totalBorrowAssets"}, by_shares),
)
