"""What a simulation came to over time: funds, losses and liquidations along the paths, and when firsts come.

Times are seconds since the start, values strings in the base currency, bands what a part of the paths
stays at or below at that moment: no band is the way of one path.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.analysis.fund import fund_path
from seawall.analysis.weighted import weighted_mean, weighted_quantile
from seawall.runs.value import cents
from seawall.simulation.totals import PathTotals, moment_ends

__all__ = ["BANDS", "FIRSTS", "course_summary", "fund_outlook", "liquidated", "liquidated_along"]

BANDS = (0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99)
FIRSTS = ("loss", "deleverage", "empty")
LIQUIDATED = {"lending": "repaid", "exchange": "seized"}
"""What of a path is called liquidated, by the family of its rulebook."""

Floats = NDArray[np.float64]


def course_summary(
    totals: PathTotals, *, family: str, step_s: int, n_steps: int, weights: Floats | None = None
) -> dict[str, Any]:
    """Return the course of the paths at the moments at which it is kept.

    Args:
        family: Of the rulebook, "lending" or "exchange".
        step_s, n_steps: Length of a step [s], and how many a path has.
        weights: Of the paths, shape (n_paths,); None where all weigh the same.

    Returns:
        `moments_s` (n_moments,); of `fund`, `recognised` and `liquidated` the mean and `BANDS`, each
        (n_moments,); of each first of `FIRSTS` the share of paths on which it has come, (n_moments,).
    """
    ends = moment_ends(n_steps)
    along = {
        "fund": totals.along("fund"),
        "recognised": totals.along("recognised"),
        "liquidated": liquidated_along(totals, family),
    }
    return {
        "moments_s": (ends * step_s).tolist(),
        **{name: _bands(values, weights) for name, values in along.items()},
        "first": {
            name: _come_by(totals.count(f"first_{name}_step"), ends, weights).tolist() for name in FIRSTS
        },
    }


def liquidated(totals: PathTotals, family: str) -> Floats:
    """Return what was liquidated on each path: debt repaid, or value of positions closed [base currency]."""
    return totals.value(LIQUIDATED[family])


def liquidated_along(totals: PathTotals, family: str) -> Floats:
    """Return what was liquidated up to each moment: debt repaid, or value of positions closed.

    Shape (n_paths, n_moments) [base currency].
    """
    return totals.along(LIQUIDATED[family])


def fund_outlook(
    needed: Floats,
    income: Floats,
    empty: Mapping[str, Any],
    *,
    held: float,
    horizon_s: int,
    weights: Floats | None = None,
) -> dict[str, Any]:
    """Return how long funds last: at the mean pace, and whether they are emptied within the horizon.

    Runway: what they hold, over what is asked of them less what comes in, a horizon like this one after the
    other, in the mean over all paths. None where they earn in the mean.

    Args:
        needed, income: Asked of a fund on each path, and come in, shape (n_paths,) [base currency].
        empty: Probability that funds are emptied, with its interval.
        held: What they hold at the start [base currency].
    """
    flows = income - needed
    mean = float(weighted_mean(flows, weights))
    runway = fund_path(held, np.array([[mean]])).runway
    return {
        "runway_s": runway * horizon_s if isfinite(runway) else None,
        "mean_flow": cents(mean),
        "prob_emptied": dict(empty),
    }


def _bands(values: Floats, weights: Floats | None) -> dict[str, list[str]]:
    levels = weighted_quantile(values, weights, BANDS)
    quantiles = {f"{level:g}": _all_cents(row) for level, row in zip(BANDS, levels, strict=True)}
    return {"mean": _all_cents(weighted_mean(values, weights)), **quantiles}


def _come_by(steps: NDArray[np.int64], ends: NDArray[np.int64], weights: Floats | None) -> Floats:
    has_come = (steps[:, None] >= 0) & (steps[:, None] < ends[None, :])
    return np.minimum(1.0, weighted_mean(has_come, weights))


def _all_cents(values: Floats) -> list[str]:
    return [cents(value) for value in values.tolist()]
