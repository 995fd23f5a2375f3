"""What is known of rows that fail and wait, where certainly nobody will call them yet."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np

from seawall.simulation.kernels.columns import Floats, Ints

SHARE = 8
"""One row in so many may sleep at a time; those beyond stay awake, which changes nothing but the work."""

SLEEPER = np.dtype(
    [
        ("fails_until", np.float64),
        ("owed", np.float64),
        ("row", np.int32),
        ("reference", np.int32),
        ("for_set", np.int32),
        ("against_set", np.int32),
    ]
)
"""fails_until: it surely fails while (largest move of a code for it) less (smallest move of one against it)
is below. owed: its largest debt at the prices of the start [base currency], -1 where that says nothing of
whether a call pays. reference: what moves count from, the start (0) or the last epoch (1). for_set,
against_set: its code sets."""

GATE = np.dtype([("gas", np.float64), ("asks", np.bool_), ("is_shut", np.bool_)], align=True)
"""gas: cost of a call [base currency]. asks: whether a call must pay. is_shut: whether nobody calls in this
pass, since liquidators are away or their slots used up."""


class Sleepers(NamedTuple):
    """Who sleeps on a path, and what a call brings and costs at most and least in this pass.

    Attributes:
        item: Shape (room,) of `SLEEPER`; the first `asleep` are.
        asleep: How many, shape (1,).
        gate: Shape (1,) of `GATE`.
        brings, costs, grown: By code: value at market prices that a call brings per value it seizes for, and
            costs per value it repays; value of a code relative to the start. Shape (n_codes,).
        most_for: Largest of `brings`, by set of codes for.
        least_cost, most_grown: Smallest of `costs` and largest of `grown`, by set of codes against.
    """

    item: np.recarray[Any, Any]
    asleep: Ints
    gate: np.recarray[Any, Any]
    brings: Floats
    costs: Floats
    grown: Floats
    most_for: Floats
    least_cost: Floats
    most_grown: Floats


def new_sleepers(rows: int, n_codes: int, n_for: int, n_against: int) -> Sleepers:
    """Return room for the sleepers of a storm of so many rows, nobody asleep; for no rows nobody ever is."""
    return Sleepers(
        item=np.zeros(rows // SHARE + min(rows, 64), dtype=SLEEPER).view(np.recarray),
        asleep=np.zeros(1, dtype=np.int64),
        gate=np.zeros(1, dtype=GATE).view(np.recarray),
        brings=np.zeros(n_codes),
        costs=np.zeros(n_codes),
        grown=np.zeros(n_codes),
        most_for=np.zeros(n_for),
        least_cost=np.zeros(n_against),
        most_grown=np.zeros(n_against),
    )
