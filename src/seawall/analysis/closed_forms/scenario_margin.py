"""Margin as the worst of a set of scenarios: a SPAN scan, and the shocks of two option venues."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import exp

import numpy as np
from numpy.typing import NDArray

from seawall.analysis.ranges import require_in_range
from seawall.core.compiled import compile_rule
from seawall.core.units import PPM, WAD
from seawall.errors import InputError
from seawall.rules.portfolio_margin import term_factor

__all__ = ["FutureMargin", "Scan", "future_margin", "scan", "vol_shock"]


@dataclass(frozen=True, slots=True)
class Scan:
    """What a portfolio gains in each scenario, and what the worst asks for.

    Attributes:
        gains: Shape (n_scenarios,) [money]; negative where it loses.
        worst: Number of the worst scenario.
        requirement: Loss in it, 0 where there is none [money].
    """

    gains: NDArray[np.float64]
    worst: int
    requirement: float


def scan(gains_per_unit: NDArray[np.float64], quantities: Sequence[float]) -> Scan:
    """Return the scan of a portfolio: positions offset each other within a scenario, not across.

    Args:
        gains_per_unit: Of each contract in each scenario, shape (n_contracts, n_scenarios) [money].
        quantities: Held of each, negative when short, shape (n_contracts,) [contracts].

    Raises:
        InputError: The shapes do not fit, or no scenario is given.

    Source: CME, SPAN methodology; the worked example in McMillan, Options as a Strategic Investment.

    >>> scan(np.array([[6670.0, -6670.0], [5210.0, -2540.0]]), [1, -1]).requirement
    4130.0
    """
    table = np.asarray(gains_per_unit, dtype=np.float64)
    if table.ndim != 2 or len(quantities) != len(table) or not table.shape[1]:
        raise InputError(
            f"gains_per_unit: expected ({len(quantities)}, n_scenarios >= 1), a row for each quantity,"
            f" got {table.shape}"
        )
    gains = np.asarray(quantities, dtype=np.float64) @ table
    worst = int(np.argmin(gains))
    return Scan(gains, worst, max(0.0, -float(gains[worst])))


def vol_shock(base: float, days: float, power: float) -> float:
    """Return the largest move of implied volatility that is scanned: base (30 / days)^power [of the vol].

    By the rule that margins portfolios, in floats.

    Source: Deribit, portfolio margin (the version before 2022).

    >>> round(vol_shock(0.38, 15, 0.3), 6)
    0.467835
    """
    require_in_range(
        "vol_shock", [("base", base, "at least 0", base >= 0), ("days", days, "above 0", days > 0)]
    )
    return base * float(compile_rule(term_factor)(days, 30.0, power * PPM)) / WAD


@dataclass(frozen=True, slots=True)
class FutureMargin:
    """Margin of one future.

    Attributes:
        forward: index * exp(basis * days / 365) [money].
        shock_loss: Loss at the scanned move [money].
        contingency: Added whatever the portfolio [money].
    """

    forward: float
    shock_loss: float
    contingency: float


def future_margin(
    index: float, basis: float, days: float, quantity: float, shock: float, contingency: float
) -> FutureMargin:
    """Return the parts of the margin of a future under a symmetric move of its forward.

    Args:
        index: Price now [money].
        basis: Continuously compounded premium of the future [1/year].
        days: To maturity [day].
        quantity: Contracts of one unit, of either sign.
        shock, contingency: Scanned move, and what is added [of the forward; of the index].

    Source: Dederi, portfolio margin.

    >>> round(future_margin(2243.3, 0.08, 20, 10, 0.15, 0.006).forward, 3)
    2253.155
    """
    forward = index * exp(basis * days / 365)
    size = abs(quantity)
    return FutureMargin(forward, size * forward * shock, size * index * contingency)
