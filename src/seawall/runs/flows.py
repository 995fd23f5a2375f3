"""What suppliers, borrowers, holders of positions and bearers of debts did on the paths of a storm."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numpy.typing import NDArray

from seawall.simulation.totals import COUNTS, PathTotals

__all__ = ["FLOWS", "flows"]

FLOWS = {
    "withdrawn": "paid to suppliers who leave",
    "exit_blocked": "still waited for at the end",
    "exit_loss_shifted": "borne by those who stayed",
    "longest_exit_steps": "longest wait [steps]",
    "exits_short_of_cash": "steps in which a pool could not pay suppliers [number]",
    "calls_short_of_cash": "calls held back by the cash of a pool [number]",
    "topped_up": "collateral that borrowers brought",
    "paid_back": "debt that borrowers paid back",
    "delevered": "sold by borrowers themselves",
    "borrower_acts": "acts of borrowers [number]",
    "funding_paid": "funding paid",
    "funding_received": "funding received",
    "depositors_gained": "collateral to depositors, with debts they bore",
    "borrowers_gained": "collateral to other borrowers, with debts spread over them",
}
"""What each is called, by its column of `PathTotals`; in base currency unless it says otherwise."""


def flows(totals: PathTotals, spread: Callable[[NDArray[Any]], dict[str, str]]) -> dict[str, Any]:
    """Return the spread over paths of each flow that is there on any path.

    Args:
        spread: Returns mean, quantiles and maximum of a column.
    """
    columns = {name: totals.count(name) if name in COUNTS else totals.value(name) for name in FLOWS}
    return {name: {"told": FLOWS[name], **spread(column)} for name, column in columns.items() if column.any()}
