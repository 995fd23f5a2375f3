"""How near a cascade the book stands at the start: what a fall forces to be sold, and how far that falls on.

Nothing here is drawn by chance. The matrix of `analysis.branching` is taken over a window: the engine says
what a fall of one market by that much has sold, the scenario's markets say how far selling it at once, at
full depth, takes each price down.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.analysis.branching import Branching, spectral_radius
from seawall.runs.value import cents
from seawall.simulation.forced_sales import ForcedSales, forced_sales, log_impact, market_room
from seawall.simulation.impact import ImpactColumns
from seawall.simulation.storm import Storm

__all__ = ["LEVELS", "WINDOW", "branching_over", "cascade_summary", "critical_depth", "together_over"]

WINDOW = 0.05
LEVELS = tuple(round(0.025 * step, 3) for step in range(1, 25))
"""Moves of a market that are asked, as parts of its price; `WINDOW` is among them."""

_DEPTH_MIN, _BISECTIONS = 1e-4, 40

Floats = NDArray[np.float64]


def cascade_summary(storm: Storm, *, threads: int = 1) -> dict[str, Any]:
    """Return the gauge for falls, and for rises where something is bought back, with what each move forces.

    Args:
        storm: Its book, rules and markets as they are at the start.
        threads: How many to use; the answer is the same.
    """
    ground = storm.ground
    buys_back = not ground.venue.is_lending or bool(ground.markets.item.buys_debt.any())
    directions = {"fall": -1} | ({"rise": 1} if buys_back else {})
    return {
        "window": WINDOW,
        "levels": list(LEVELS),
        "markets": list(storm.drivers),
        "directions": {name: _direction(storm, sign, threads=threads) for name, sign in directions.items()},
    }


def _direction(storm: Storm, sign: int, *, threads: int) -> dict[str, Any]:
    sales = forced_sales(storm.ground, sign * _logs(sign), threads=threads)
    markets = storm.ground.markets
    place = LEVELS.index(WINDOW)
    found = branching_over(sales, markets, place)
    joint = forced_sales(storm.ground, sign * _logs(sign)[: place + 1], together=True, threads=threads)
    profiles = [_profile(sales, markets, driver) for driver in range(len(storm.drivers))]
    return {
        "radius": found.radius,
        "matrix": found.matrix.tolist(),
        "own": found.own.tolist(),
        "together": together_over(joint, markets, place).tolist(),
        "critical_depth": critical_depth(sales, markets, place),
        "profile": [profile.tolist() for profile in profiles],
        "feeds_itself_from": [_first_level(profile >= 1) for profile in profiles],
        "sold": [
            [_money(abs(units) * price) for units in sales.units[driver, :, driver]]
            for driver, price in enumerate(storm.ground.unit_price.tolist())
        ],
        "room": [[_money(value) for value in row] for row in _room(storm, sales.moves)],
        "traded": [[_money(value) for value in row] for row in sales.traded],
        "recognised": [[_money(value) for value in row] for row in sales.recognised],
    }


def branching_over(
    sales: ForcedSales, markets: ImpactColumns, level: int, *, depth: float = 1.0
) -> Branching:
    """Return the branching matrix over the window from no move to one level, in the direction of the move.

    B_ab = further move of a that the sales of a move of b by w cause, over w; what moves a the other way
    (a hedge that is closed) is not set against it and counts as none.

    Args:
        level: Place of the window's far end among `sales.moves`.
        depth: Multiplier of all liquidity [1], > 0.
    """
    window = float(sales.moves[level])
    drivers = len(sales.units)
    further = [
        [-log_impact(markets, a, sales.units[b, level, a], depth=depth) / window for b in range(drivers)]
        for a in range(drivers)
    ]
    matrix = np.maximum(0.0, np.array(further, dtype=np.float64).reshape(drivers, drivers))
    return Branching(matrix, np.diagonal(matrix).copy(), spectral_radius(matrix))


def together_over(joint: ForcedSales, markets: ImpactColumns, level: int) -> Floats:
    """Return the further move of each market for each unit that all moved together, shape (n_drivers,).

    Of accounts in one market each it is the row sums of the branching matrix. One in several markets may fail
    by the fall of any: it is then in several cells of the matrix, and here once; or only where these fall at
    once: it is then here alone. A market that is moved the other way counts as none.

    Args:
        joint: Of all markets at once.
        level: Place of the window's far end among `joint.moves`.
    """
    window = float(joint.moves[level])
    units = joint.units[0, level]
    further = [-log_impact(markets, place, sold) / window for place, sold in enumerate(units.tolist())]
    return np.maximum(0.0, np.array(further, dtype=np.float64))


def critical_depth(sales: ForcedSales, markets: ImpactColumns, level: int) -> float | None:
    """Return the multiplier of all liquidity below which the spectral radius is 1 or more [1].

    Looked for from a ten-thousandth to ten thousand times of it: the answer is never above that, and None
    where not even a ten-thousandth does it: nothing is sold, or sales move no price.
    """

    def radius(depth: float) -> float:
        return branching_over(sales, markets, level, depth=depth).radius

    low, high = np.log(_DEPTH_MIN), -np.log(_DEPTH_MIN)
    if radius(_DEPTH_MIN) < 1:
        return None
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        low, high = (middle, high) if radius(float(np.exp(middle))) >= 1 else (low, middle)
    return float(np.exp(high))


def _profile(sales: ForcedSales, markets: ImpactColumns, driver: int) -> Floats:
    # n(x) of one market between its levels: the further move of each stretch, per move.
    reached = [0.0, *(log_impact(markets, driver, units) for units in sales.units[driver, :, driver])]
    return np.asarray(-np.diff(reached) / np.diff([0.0, *sales.moves]), dtype=np.float64)


def _room(storm: Storm, moves: Floats) -> list[list[float]]:
    # What may be sold or bought at once before a market has moved so far; no bound where it never moves.
    return [
        [abs(market_room(storm.ground.markets, driver, -move)) * price for move in moves.tolist()]
        for driver, price in enumerate(storm.ground.unit_price.tolist())
    ]


def _first_level(holds: NDArray[np.bool_]) -> float | None:
    return LEVELS[int(holds.argmax())] if holds.any() else None


def _logs(sign: int) -> Floats:
    # Distances of the levels, as logs: a rise of 5 % is shorter than a fall of 5 %.
    logs: Floats = np.abs(np.log1p(sign * np.array(LEVELS)))
    return logs


def _money(value: float) -> str | None:
    return cents(value) if np.isfinite(value) else None
