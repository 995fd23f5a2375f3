"""How healthy the accounts of a book are before anything moves."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from seawall.simulation.kernels.health import fill_health
from seawall.simulation.storm_book import StormBook, start_prices

__all__ = ["health_at_start"]

Floats = NDArray[np.float64]


def health_at_start(storm: StormBook, *, is_lending: bool) -> tuple[Floats, Floats]:
    """Return health and size of every account that can fail, shape (N,) each.

    Health is weighted collateral over debt, or margin equity over requirement [1]; size is what is owed,
    or the notional of positions [base currency].
    """
    health, size = np.zeros((2, len(storm)))
    prices = start_prices(storm.codes, storm.grid)
    fill_health(storm.cohorts, storm.codes, prices, storm.q, np.bool_(is_lending), health, size)
    return health, size
