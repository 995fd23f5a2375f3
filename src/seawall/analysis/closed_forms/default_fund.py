"""Sizes of a default fund by the largest members: Cover 1, Cover 2, and the European rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seawall.errors import InputError

__all__ = ["Cover", "default_fund_cover"]


@dataclass(frozen=True, slots=True)
class Cover:
    """What a fund must hold, the worst scenario deciding each on its own.

    Attributes:
        largest: Cover 1, the largest loss of one member beyond its margin [money].
        two_largest: Cover 2, the two largest together [money].
        largest_or_next_two: The larger of the first, and the second and third together [money].
    """

    largest: float
    two_largest: float
    largest_or_next_two: float


def default_fund_cover(losses: NDArray[np.float64]) -> Cover:
    """Return the sizes.

    Args:
        losses: Loss of each member beyond its margin in each scenario, shape (n_scenarios, n_members),
            >= 0 [money]; members of one group are one column.

    Raises:
        InputError: No scenario or no member, or a loss that is negative or not finite.

    Source:
        CPMI-IOSCO, Principles for financial market infrastructures (2012), principle 4; Regulation (EU)
        648/2012, article 42(3).

    >>> default_fund_cover(np.array([[10, 25, 5], [30, 2, 12]])).two_largest
    42.0
    """
    table = np.asarray(losses, dtype=np.float64)
    if table.ndim != 2 or not table.size or not np.isfinite(table).all() or table.min() < 0:
        raise InputError(
            f"losses: expected (n_scenarios, n_members) of amounts >= 0, got shape {table.shape}"
            + ("" if table.size == 0 or table.min() >= 0 else f" with {table.min()} in it")
        )
    ranked = np.sort(np.pad(table, ((0, 0), (0, 3))), axis=1)[:, ::-1]
    first, second, third = ranked[:, 0], ranked[:, 1], ranked[:, 2]
    return Cover(
        float(first.max()),
        float((first + second).max()),
        float(np.maximum(first, second + third).max()),
    )
