"""How healthy the book is at the start: what is owed or held open, by the health of who owes or holds it."""

from __future__ import annotations

from math import inf
from typing import Any

import numpy as np

from seawall.runs.value import cents
from seawall.simulation.health import health_at_start
from seawall.simulation.storm_book import StormBook

__all__ = ["HEALTH_EDGES", "health_profile"]

HEALTH_EDGES = {
    "lending": (0.0, 1.0, 1.02, 1.05, 1.1, 1.15, 1.2, 1.3, 1.4, 1.5, 1.75, 2.0, 2.5, 3.0, 5.0, inf),
    "exchange": (0.0, 1.0, 1.1, 1.25, 1.5, 2.0, 3.0, 5.0, 8.0, 12.0, 20.0, 30.0, 50.0, inf),
}
"""Health from which each class begins and, inf, where the last ends."""


def health_profile(storm: StormBook, family: str) -> dict[str, Any]:
    """Return how much stands in each class of health, and how many accounts.

    Health is weighted collateral over debt of a lending account, margin equity over requirement of a margin
    account: below 1 it may be liquidated. Accounts that can never fail are in no class.

    Args:
        storm: The book at the start.
        family: Of the rulebook, "lending" or "exchange".

    Returns:
        `from` where each class begins, `value` owed or notional in it [base currency], `accounts`.
    """
    health, size = health_at_start(storm, is_lending=family == "lending")
    edges = HEALTH_EDGES[family]
    place = np.searchsorted(edges, np.maximum(health, 0.0), side="right") - 1
    counted = size > 0
    classes = len(edges) - 1
    value = np.bincount(place[counted], weights=size[counted], minlength=classes)
    accounts = np.bincount(place[counted], minlength=classes)
    return {
        "from": list(edges[:-1]),
        "value": [cents(each) for each in value.tolist()],
        "accounts": accounts.tolist(),
    }
