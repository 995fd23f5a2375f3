"""The few numbers that decide most of a path, to be chosen where they hurt in place of drawn.

* *Normals*: how far the Brownian part goes over the whole horizon, along each principal axis of the moves
  (the first number of a Brownian bridge), and how far the jumps of a source go: in
  sum, or of Kou's the first.
* *Counts*: how often each source of jumps jumps. Counts are Poisson.

What is not chosen comes from the streams as ever: given where a motion ends, the way there is the drawn
one, tilted; given how many jumps there are, each falls in any step.

Source:
    Glasserman, Heidelberger and Shahabuddin, Asymptotically Optimal Importance Sampling and
    Stratification for Pricing Path-Dependent Options (1999), for the direction; Glasserman, Monte Carlo
    Methods in Financial Engineering (2003), 3.1 and 4.3.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from math import hypot, sqrt

import numpy as np

from seawall.errors import InputError
from seawall.simulation.paths.correlation import Correlation, mixed
from seawall.simulation.paths.model import Floats, Paths

__all__ = ["check_chosen", "ends_of", "principal_axes", "tied_normals"]

_MOVES = "moves"
_SWEEPS = 30


def tied_normals(correlation: Correlation, vols: Floats, paths: Paths) -> Floats:
    """Draw correlated normals from the stream "moves", shape (count, n_steps, n_assets).

    Args:
        correlation: Of the assets.
        vols: Scale of each asset's moves, which says what the principal axes are, shape (n_assets,).
        paths: Which. The first n_assets normals chosen of them say where the sum over all steps ends, in
            principal axes and units of sqrt(n_steps).
    """
    count, n_steps, n_assets = paths.count, paths.n_steps, len(paths.assets)
    z = paths.normals(_MOVES, n_steps, n_assets)
    factor = correlation.factor(paths.assets)
    if paths.chosen is not None:
        so_far = np.zeros((count, n_assets))
        for step in range(n_steps):  # one after the other: the same bytes in every chunk
            so_far += z[:, step]
        axes = principal_axes(factor, vols)
        ends = np.zeros((count, n_assets))
        for column in range(n_assets):
            ends += paths.chosen.normals[:, column, None] * axes[:, column]
        z += ((ends - so_far / sqrt(n_steps)) / sqrt(n_steps))[:, None, :]
    return mixed(z, factor)


def ends_of(assets: Sequence[str]) -> tuple[str, ...]:
    """Return the names of the normals that `tied_normals` takes."""
    return tuple(f"way/{number}" for number in range(len(assets)))


def check_chosen(paths: Paths, *, normals: int, counts: int) -> None:
    """Refuse what is chosen for other paths or another model; nothing chosen is well.

    Raises:
        InputError: With what was expected.
    """
    chosen, count = paths.chosen, paths.count
    if chosen is None:
        return
    found = chosen.normals.shape, chosen.counts.shape
    if found != ((count, normals), (count, counts)):
        message = f"chosen: shapes are {found}, expected ({count}, {normals}) normals and {counts} counts"
        raise InputError(message, code="shape")
    if not np.isfinite(chosen.normals).all() or (chosen.counts.size and chosen.counts.min() < 0):
        raise InputError("chosen: a normal is not finite or a count is negative", code="out_of_range")


def principal_axes(factor: Floats, vols: Floats) -> Floats:
    """Return the directions in which independent normals move prices most, one a column, orthonormal.

    They are the eigenvectors of F' F with F = diag(vols) `factor`, the largest first, each with the
    sign that lets prices rise in sum: minus the first is the fall of the whole market. By Jacobi's
    rotations in a fixed order, so that every machine finds the same bytes.

    Args:
        factor: Lower triangle of the correlation, shape (n_assets, n_assets).
        vols: Scale of each asset's moves, shape (n_assets,).
    """
    key = (factor.tobytes(), np.asarray(vols, dtype=np.float64).tobytes(), len(vols))
    return _axes(*key).copy()


@lru_cache(maxsize=16)
def _axes(factor: bytes, vols: bytes, size: int) -> Floats:
    scaled = np.frombuffer(vols)[:, None] * np.frombuffer(factor).reshape(size, size)
    square = np.array(
        [[float((scaled[:, a] * scaled[:, b]).sum()) for b in range(size)] for a in range(size)]
    )
    turned, axes = square.reshape(size, size), np.eye(size)
    for _ in range(_SWEEPS):
        off = turned - np.diag(np.diag(turned))
        if not np.abs(off).max(initial=0.0) > 1e-15 * np.abs(turned).max(initial=0.0):
            break
        for a in range(size):
            for b in range(a + 1, size):
                _rotate(turned, axes, a, b)
    order = np.argsort(-np.diag(turned), kind="stable")
    rise = np.array([(scaled * axes[:, column]).sum() for column in order])
    found: Floats = axes[:, order] * np.where(rise < 0, -1.0, 1.0)
    return found


def _rotate(turned: Floats, axes: Floats, a: int, b: int) -> None:
    # Makes turned[a, b] zero; Golub and Van Loan, Matrix Computations, 8.5.2.
    if turned[a, b] == 0:
        return
    tau = float(turned[b, b] - turned[a, a]) / (2 * float(turned[a, b]))
    tangent = (1.0 if tau >= 0 else -1.0) / (abs(tau) + hypot(1.0, tau))
    cosine = 1 / hypot(1.0, tangent)
    sine = tangent * cosine
    for table in (turned.T, turned, axes.T):  # columns of turned, its rows, columns of axes
        table[a], table[b] = cosine * table[a] - sine * table[b], sine * table[a] + cosine * table[b]
