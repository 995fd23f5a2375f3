"""Brownian motion from the end inwards: the first numbers decide most.

Where z comes from Sobol points or is shifted towards a disaster, its first dimensions should carry
the most. Here the first n_assets are the whole way, the next n_assets the middle given the end, then
the quarters: the Brownian bridge.
"""

from __future__ import annotations

from collections import deque
from math import sqrt

import numpy as np

from seawall.errors import InputError
from seawall.simulation.paths.model import Floats
from seawall.simulation.streams import normals

__all__ = ["all_normals", "bridged"]


def bridged(z: Floats, n_steps: int) -> Floats:
    """Return Brownian motion with steps of variance 1 from normals in bridge order.

    W(mid) given W(left) and W(right) is normal, its mean on the line between them and its variance
    (mid - left)(right - mid)/(right - left).

    Args:
        z: Standard normals, shape (count, n_steps, n_assets): row k of axis 1 is the k-th dimension group.

    Returns:
        W at the end of each step, shape (count, n_steps, n_assets); W at the last is sqrt(n_steps) * z[:, 0].

    Source:
        Glasserman, Monte Carlo Methods in Financial Engineering, 3.1.
    """
    motion = np.zeros((z.shape[0], n_steps + 1, z.shape[2]))
    motion[:, n_steps] = sqrt(n_steps) * z[:, 0]
    gaps, used = deque([(0, n_steps)]), 1
    while gaps:
        left, right = gaps.popleft()
        if right - left < 2:
            continue
        mid = (left + right) // 2
        weight = (mid - left) / (right - left)
        spread = sqrt((mid - left) * (right - mid) / (right - left))
        motion[:, mid] = (1 - weight) * motion[:, left] + weight * motion[:, right] + spread * z[:, used]
        used += 1
        gaps.extend([(left, mid), (mid, right)])
    return motion[:, 1:]


def all_normals(z: Floats, n_assets: int, n_steps: int, *, seed: int | None, first: int) -> Floats:
    """Return z as (count, n_steps, n_assets), what it does not hold filled from the stream "bridge".

    Raises:
        InputError: `z` has another shape, holds a number that is not finite, or lacks dimensions
            and there is no seed to fill them from.
    """
    groups, over = divmod(z.shape[1], n_assets) if z.ndim == 2 else (0, 1)
    if over or not 1 <= groups <= n_steps:
        message = (
            f"z has shape {z.shape}, expected (count, k * {n_assets}) with k from 1 to {n_steps}: "
            "one number per asset and level of the bridge"
        )
        raise InputError(message, code="shape")
    if not np.isfinite(z).all():
        raise InputError("z holds a number that is not finite: check what drew it", code="not_finite")
    given = z.reshape(len(z), groups, n_assets)
    if groups == n_steps:
        return given
    if seed is None:
        message = f"z holds {groups} of {n_steps} levels of the bridge: give a seed for the others"
        raise InputError(message, code="seed_missing")
    others = normals(seed, "bridge", first=first, count=len(z), shape=(n_steps - groups, n_assets))
    return np.concatenate([given, others], axis=1)
