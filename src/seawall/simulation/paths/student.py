"""Student's t by table: how a t of one number of degrees of freedom becomes one of another.

The map x -> F_to^-1(F_from(x)) is odd, and close to a straight line between arsinh of both, far into
the tails; so it is kept on nodes even in arsinh x and read between them.
"""

from __future__ import annotations

from functools import lru_cache
from math import erfc, lgamma, log, pi, sqrt

import numpy as np

from seawall.simulation.paths.model import Floats

__all__ = ["NU_MAX", "to_margin"]

NU_MAX = 200.0
_STEP = 1e-3  # between nodes, in arsinh x: the map is good to 1e-6 of itself
_END = 38.0
_LEAST = 1e-290  # a tail thinner than this is never drawn
_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(4)


def to_margin(x: Floats, nu_from: float, nu_to: float | None) -> Floats:
    """Map draws of a t with `nu_from` degrees of freedom to one with `nu_to`; None is the normal law.

    Args:
        x: Draws, any shape.
        nu_from, nu_to: Degrees of freedom, above 0, at most 200.

    Returns:
        Values of the same rank, same shape; relative error below 1e-5 from 0.01 outwards.
    """
    if nu_from == nu_to:
        return x.copy()
    mapped = _map(nu_from, nu_to)
    # Nodes are even: the place of a draw among them is a division, not a search.
    place = np.arcsinh(np.abs(x)) / _STEP
    node = np.minimum(place.astype(np.int64), len(mapped) - 2)
    part = np.minimum(place - node, 1.0)
    found: Floats = np.copysign(np.sinh(mapped[node] + part * (mapped[node + 1] - mapped[node])), x)
    return found


@lru_cache(maxsize=64)
def _map(nu_from: float, nu_to: float | None) -> Floats:
    # arsinh of what x becomes, on the nodes of arsinh x from 0 outwards.
    _, tail = _tail(nu_from)
    targets, thinner = _tail(nu_to) if nu_to is not None else _normal_tail()
    mapped: Floats = np.interp(-np.log(tail), -np.log(thinner), targets)
    mapped[0] = 0.0
    return mapped


@lru_cache(maxsize=64)
def _tail(nu: float) -> tuple[Floats, Floats]:
    # P(T > sinh u) on nodes u: the density integrated from the far end, four points a panel.
    nodes = np.arange(0.0, _END, _STEP)
    at = nodes[:-1, None] + _STEP / 2 * (1 + _POINTS)
    x = np.sinh(at)
    height = lgamma((nu + 1) / 2) - lgamma(nu / 2) - log(nu * pi) / 2
    density = np.exp(height - (nu + 1) / 2 * np.log1p(x * x / nu)) * np.cosh(at)
    panels = _STEP / 2 * (density * _WEIGHTS).sum(axis=1)
    # What lies beyond the last node is lost: nothing where draws fall.
    nodes, tail = nodes[:-1], np.cumsum(panels[::-1])[::-1]
    drawn = tail > _LEAST
    return nodes[drawn], tail[drawn]


@lru_cache(maxsize=1)
def _normal_tail() -> tuple[Floats, Floats]:
    nodes = np.arange(0.0, np.arcsinh(36.0), _STEP)
    return nodes, np.array([erfc(x / sqrt(2)) / 2 for x in np.sinh(nodes).tolist()])
