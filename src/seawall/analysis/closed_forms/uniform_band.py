"""A cascade whose trigger prices lie evenly over a band: the fixed point, either side of n = 1.

Selling everything that a fall of x triggers moves the price down by impact times units, which triggers
more. With Q units spread over a width W that begins a gap below the price, n = impact * Q / W units of
further fall follow each: below 1 the cascade stops inside the band, from 1 on it goes to its end.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seawall.analysis.ranges import require_in_range

__all__ = ["BandCascade", "critical_depth", "uniform_band"]

Regime = Literal["quiet", "subcritical", "band exhausted"]


@dataclass(frozen=True, slots=True)
class BandCascade:
    """Where a cascade comes to rest.

    Attributes:
        drop: Total fall of the price, the shock in it [price].
        branching: Further fall triggered by a unit of fall, n [1].
        units_sold: Collateral sold [units].
        regime: `quiet` (the shock stays in the gap), `subcritical` or `band exhausted`.
    """

    drop: float
    branching: float
    units_sold: float
    regime: Regime


def uniform_band(
    shock: float, width: float, total_units: float, impact_per_unit: float, *, gap: float = 0.0
) -> BandCascade:
    """Return the least fixed point of x = shock + impact * units triggered by a fall of x.

    (shock - n gap) / (1 - n) while that lies in the band, else shock + impact * total_units.

    Args:
        shock: Fall from outside, >= 0 [price].
        width: Width of the band of trigger prices, > 0 [price].
        total_units: Collateral triggered by the whole band, >= 0 [units].
        impact_per_unit: Fall per unit sold, linear, >= 0 [price per unit].
        gap: Distance from the price to the band, >= 0 [price]; a fall of exactly the gap triggers nothing.

    Raises:
        InputError: A parameter is out of its range; all are told.

    Source: iteration from the shock of a monotone map (Tarski); Kyle (1985) for linear impact.

    >>> uniform_band(2, 20, 10_000, 0.001)
    BandCascade(drop=4.0, branching=0.5, units_sold=2000.0, regime='subcritical')
    """
    require_in_range(
        "uniform_band",
        [
            ("shock", shock, "at least 0", shock >= 0),
            ("width", width, "above 0", width > 0),
            ("total_units", total_units, "at least 0", total_units >= 0),
            ("impact_per_unit", impact_per_unit, "at least 0", impact_per_unit >= 0),
            ("gap", gap, "at least 0", gap >= 0),
        ],
    )
    n = impact_per_unit * total_units / width
    if shock <= gap:
        return BandCascade(shock, n, 0.0, "quiet")
    if n < 1:
        drop = (shock - n * gap) / (1 - n)
        if drop - gap <= width:
            return BandCascade(drop, n, total_units * (drop - gap) / width, "subcritical")
    return BandCascade(shock + impact_per_unit * total_units, n, total_units, "band exhausted")


def critical_depth(width: float, total_units: float) -> float:
    """Return the depth, 1 / impact, that a market must exceed for the cascade to stop [units per price].

    >>> critical_depth(20, 10_000)
    500.0
    """
    return total_units / width
