"""Means, shares and quantiles of what paths came to, plain or weighted: what pictures and summaries are of.

Means and shares take weights as they are, as `analysis.sample` does. A quantile takes each weight as its
share of all, so that it exists at every level; one deep in the tail, with its interval, comes from
`analysis.tail`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.errors import InputError

__all__ = ["weighted_mean", "weighted_quantile", "weighted_share"]

Floats = NDArray[np.float64]


def weighted_quantile(values: NDArray[Any], weights: Floats | None, levels: Sequence[float]) -> Floats:
    """Return the smallest value that at least a share `level` of the paths stays at or below.

    Args:
        values: Of each path, shape (n_paths, ...).
        weights: Of each path, >= 0, shape (n_paths,) [1]; None where all weigh the same.
        levels: Each from 0 to 1 [1].

    Returns:
        Shape (n_levels, ...), the unit of `values`.

    Raises:
        InputError: There is no path, or weights do not fit.

    >>> weighted_quantile(np.array([3.0, 1.0, 2.0]), np.array([2.0, 1.0, 1.0]), [0.5, 0.51])
    array([2., 3.])
    """
    table, ratio = _checked(values, weights)
    found = np.quantile(table, list(levels), axis=0, weights=ratio, method="inverted_cdf")
    return np.asarray(found, dtype=np.float64)


def weighted_mean(values: NDArray[Any], weights: Floats | None) -> Floats:
    """Return the mean over paths; arguments and errors as for `weighted_quantile`, shape (...).

    >>> float(weighted_mean(np.array([4.0, 1.0]), np.array([0.5, 1.5])))
    1.75
    """
    table, ratio = _checked(values, weights)
    total = table.sum(axis=0) if ratio is None else np.tensordot(ratio, table, axes=1)
    return np.asarray(total / len(table), dtype=np.float64)


def weighted_share(happened: NDArray[np.bool_], weights: Floats | None) -> float:
    """Return the probability of what happened on some paths, at most 1; errors as for `weighted_quantile`.

    >>> weighted_share(np.array([True, False, True, False]), None)
    0.5
    """
    return min(1.0, float(weighted_mean(happened, weights)))


def _checked(values: NDArray[Any], weights: Floats | None) -> tuple[NDArray[Any], Floats | None]:
    table = np.asarray(values)
    if not table.ndim or not len(table):
        raise InputError(f"values: expected one for each of n >= 1 paths, got shape {table.shape}")
    if weights is None:
        return table, None
    ratio = np.asarray(weights, dtype=np.float64)
    is_fit = ratio.shape == (len(table),) and np.isfinite(ratio).all() and ratio.min() >= 0 and ratio.any()
    if not is_fit:
        raise InputError(
            f"weights: expected {len(table)} finite numbers >= 0, not all 0, got shape {ratio.shape}"
            + (f" from {ratio.min()} to {ratio.max()}" if ratio.size else "")
        )
    return table, ratio
