"""Expected losses corrected by a put on one market, whose mean is known: a control variate.

Where losses come with falls of a market, paths that by chance fell too often are told by a put that paid
too much, and the excess is taken out. The mean of the put must be known exactly, so the price model has to
be one with a closed form; it is the loss without oracle, liquidators and impact that this stands for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from seawall.analysis.paired import controlled_mean
from seawall.analysis.price_put import put_mean, put_payoffs
from seawall.core.layers import LayerBase
from seawall.errors import InputError
from seawall.runs.simulate import chunk_size
from seawall.runs.simulation_summary import PathLosses
from seawall.runs.versus import per_path, require_independent, told
from seawall.simulation.aim import Aim
from seawall.simulation.scenario import Scenario
from seawall.simulation.totals import PathTotals

__all__ = ["control_summary", "known_mean"]


def known_mean(scenario: Scenario, market: str, strike: float) -> float:
    """Return what the put pays on average, before anything is simulated [of the price at the start].

    Args:
        market: Name of the market.
        strike: Price below which it pays, as a part of the price at the start [1].

    Raises:
        InputError: No such market, a strike out of its range, paths that are not independent, or a price
            model whose law has no closed form.
    """
    require_independent(scenario)
    if market not in scenario.drivers:
        message = f"no market {market!r}, there are {', '.join(scenario.drivers)}"
        raise InputError(message, code="unknown_market")
    if not 0 < strike <= 10:
        message = f"strike is {strike:g}, expected above 0 and at most 10: 0.9 pays below 90 % of the start"
        raise InputError(message, code="out_of_range")
    return put_mean(scenario, market, strike)


def control_summary(
    totals: PathTotals,
    scenario: Scenario,
    *,
    market: str,
    strike: float,
    layers: Sequence[LayerBase],
    aim: Aim | None = None,
    confidence: float = 0.95,
) -> Mapping[str, Any]:
    """Return expected losses, corrected by a put [base currency].

    Args:
        totals: Of all paths.
        market, strike: Of the put; see `known_mean`.
        layers: In the order of the columns of `totals.layers`.
        aim: Of the paths, if they were aimed.
        confidence: Of the intervals.

    Raises:
        InputError: As `known_mean`, or fewer than 100 paths.
    """
    mean = known_mean(scenario, market, strike)
    size = chunk_size(scenario)
    paid = np.concatenate(
        [
            put_payoffs(
                scenario,
                market,
                strike,
                first=first,
                count=min(size, totals.first + totals.drawn - first),
                aim=aim,
            )
            for first in range(totals.first, totals.first + totals.drawn, size)
        ]
    )
    losses = {"fund_needed": PathLosses.of(totals, layers).needed, "recognised": totals.value("recognised")}
    return {
        "market": market,
        "strike": strike,
        "mean": mean,
        "expected": {
            name: told(controlled_mean(per_path(totals, values), paid, mean, confidence=confidence))
            for name, values in losses.items()
        },
    }
