"""What a move of one market alone would have a venue sell, as its own engine sells it.

A market is moved in small steps to one distance after another, all others stand still. Every account that
fails is liquidated at once by the venue's rules, whoever calls: sales move no price, oracles show the
market, pools pay, nobody is away, no borrower acts first. What is left is the answer of the book itself,
of whatever kind its accounts are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from seawall.simulation.engine import Ground, walk_paths
from seawall.simulation.impact import ImpactColumns, LinearImpact, impact_columns
from seawall.simulation.kernels.impact import room, sell
from seawall.simulation.liquidators import Liquidators
from seawall.simulation.oracle import oracle_columns
from seawall.simulation.totals import MICRO

__all__ = ["ForcedSales", "forced_sales", "log_impact", "market_room"]

Floats = NDArray[np.float64]

_STEPS_A_LEVEL = 4
_WHISPER = 1e-5  # log move of a market in which all of the book is sold: it counts units, and moves nobody


@dataclass(frozen=True, eq=False)
class ForcedSales:
    """What stands sold once one market has moved so far, beyond what fails where nothing moves.

    Attributes:
        moves: Log moves of the market, in the order they were asked for, shape (n_levels,).
        units: Of market a where market b moved: sold less bought, shape (n_drivers b, n_levels, n_drivers a)
            [whole units]; b is the one row of all markets where they move together.
        traded: Value sold and bought in all markets, shape (n_drivers b, n_levels) [base currency at the
            price of each sale].
        recognised: Loss recognised, shape (n_drivers b, n_levels) [base currency].
    """

    moves: Floats
    units: Floats
    traded: Floats
    recognised: Floats


def forced_sales(
    ground: Ground, moves: Sequence[float] | Floats, *, together: bool = False, threads: int = 1
) -> ForcedSales:
    """Return what a venue sells when one of its markets moves by each of `moves`, for all markets in turn.

    Args:
        ground: Of the storm; its impact, oracles and liquidators are not asked, and no interest accrues.
        moves: Log moves since the start, all of one sign, each further than the last [1].
        together: Whether all markets move at once in place of each in turn, and stand as a single one.
        threads: How many to use.
    """
    levels, drivers = np.array([0.0, *moves]), len(ground.unit_price)
    still, scale = _still(ground, _STEPS_A_LEVEL * len(moves) + 1)
    ways = np.ones((1, drivers)) if together else np.eye(drivers)
    units = np.zeros((len(ways), len(levels), drivers))
    traded, recognised = np.zeros((2, len(ways), len(levels)))
    for level in range(len(levels)):
        places = np.arange(_STEPS_A_LEVEL * level + 1) / _STEPS_A_LEVEL
        way = np.interp(places, np.arange(len(levels)), levels)
        paths = ways[:, None, :] * way[:, None]
        totals = walk_paths(still, paths, threads=threads)
        units[:, level] = (paths[:, -1] - totals.end_move) / scale
        traded[:, level] = totals.sold.sum(axis=1) / MICRO
        recognised[:, level] = totals.value("recognised")
    return ForcedSales(
        levels[1:],
        units=units[:, 1:] - units[:, :1],
        traded=traded[:, 1:] - traded[:, :1],
        recognised=recognised[:, 1:] - recognised[:, :1],
    )


def log_impact(markets: ImpactColumns, driver: int, units: float, *, depth: float = 1.0) -> float:
    """Return how far a sale of so many units at once takes a market down [log]; below 0 for a purchase.

    Args:
        depth: Multiplier of all liquidity [1].
    """
    return float(sell(markets, np.int64(driver), 0.0, float(units), float(depth))[1])


def market_room(markets: ImpactColumns, driver: int, x: float) -> float:
    """Return how many units take a market down by x [log] at once; below 0 to buy, inf where none does."""
    return float(room(markets, np.int64(driver), 0.0, float(x), 1.0))


def _still(ground: Ground, steps: int) -> tuple[Ground, Floats]:
    # The same venue in markets that only count, and the log move of each unit sold there.
    drivers = [str(number) for number in range(len(ground.unit_price))]
    prices = ground.unit_price.tolist()
    item, storm = ground.storm.codes.item, ground.storm
    worth = np.bincount(
        storm.cohorts.code, weights=np.abs(storm.q) * item.worth[storm.cohorts.code], minlength=len(item)
    )
    most = np.array([worth[item.driver == number].sum() for number in range(len(drivers))]) + 1.0
    whisper = {
        name: LinearImpact(value=float(value), move_bps=_WHISPER * 1e4)
        for name, value in zip(drivers, most, strict=True)
    }
    markets, pools = impact_columns(whisper, drivers, prices), ground.pools.copy()
    markets.item.buys_debt[:] = ground.markets.item.buys_debt
    pools.is_limited[:], pools.exits[:] = False, False
    still = replace(
        ground,
        pools=pools,
        borrowers=None,
        venue=ground.venue._replace(repeats=0, step_s=0.0),  # no time passes: nothing accrues
        markets=markets,
        oracles=oracle_columns({}, drivers, prices, n_steps=steps, step_s=float(ground.venue.step_s)),
        liquidators=Liquidators(asks=False),
    )
    return still, _WHISPER * ground.unit_price / most
