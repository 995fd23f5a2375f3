"""Points that fill the unit cube evenly: scrambled Sobol nets."""

from __future__ import annotations

from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from seawall.errors import UnsupportedFeature

__all__ = ["net_normals", "net_of", "net_points"]

_BITS = 32

Floats = NDArray[np.float64]
_Number = TypeVar("_Number", int, NDArray[np.int64])


def net_points(dims: int, rng: np.random.Generator, *, first: int, count: int) -> Floats:
    """Return points `first` to `first + count - 1` of one scramble, shape (count, dims), each in (0, 1).

    Each point is uniform by itself; together they are not independent, but two scrambles are. They lie on
    a grid of 2^-32, so normals made of them end at 6.3.

    Args:
        dims: Coordinates of a point, 1 to 21,201; the first are spread best.
        rng: Where the scramble comes from; a generator in the same state gives the same net.
        first: Number of the first point.
        count: How many; a power of two from 0 on is spread best.

    Raises:
        UnsupportedFeature: The extra `stats` is not installed.

    Source: Sobol (1967); scrambling of Matousek (1998) as in scipy.stats.qmc; Owen (1997).
    """
    try:
        from scipy.stats import qmc
    except ImportError as missing:
        message = "Sobol points need the extra 'stats': pip install 'seawall[stats]'"
        raise UnsupportedFeature(message, code="extra_missing") from missing
    net = qmc.Sobol(dims, bits=_BITS, rng=rng)
    if first:
        net.fast_forward(first)
        drawn = net.random(count)
    else:
        drawn = net.random_base2(max(0, count - 1).bit_length())[:count]
    points: Floats = drawn + 0.5 / 2**_BITS  # the middle of a cell: never 0
    return points


def net_of(number: _Number, nets: int) -> _Number:
    """Return the net that each path is a point of: paths are shared out in turn.

    >>> net_of(np.arange(40, 45), 32).tolist(), net_of(63, 32)
    ([8, 9, 10, 11, 12], 31)
    """
    return number % nets


def net_normals(points: Floats) -> Floats:
    """Return the standard normals at the ranks of points in (0, 1), same shape."""
    from scipy.special import ndtri

    return np.asarray(ndtri(points), dtype=np.float64)
