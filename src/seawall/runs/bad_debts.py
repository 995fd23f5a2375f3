"""The bad debts of a path: what each is called, at whose prices it is counted, and what it means."""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["BAD_DEBTS", "BadDebt"]


class BadDebt(NamedTuple):
    """How one is told.

    Attributes:
        label: Its name.
        basis: Whose prices it is counted at, "oracle" or "market".
        meaning: In a sentence without a full stop; empty where the one before it has the same.
    """

    label: str
    basis: str
    meaning: str = ""


BAD_DEBTS = {
    "mark_gap_oracle": BadDebt(
        "mark gap",
        "oracle",
        "debt that collateral does not cover, or equity below zero, at the end of the path",
    ),
    "mark_gap_market": BadDebt("mark gap", "market"),
    "liquidation_gap_oracle": BadDebt(
        "liquidation gap", "oracle", "what liquidating to exhaustion would leave at the end of the path"
    ),
    "liquidation_gap_market": BadDebt("liquidation gap", "market"),
    "recognised": BadDebt(
        "recognised",
        "oracle",
        "what the venue turned into a loss over the path, at its prices of the moment",
    ),
    "uncovered": BadDebt("uncovered", "oracle", "what no layer bore of that"),
}
"""By column of `PathTotals.money`, in the order in which they are told."""
