"""How the moves of assets hang together: one number for all pairs, and others for some.

Mixing is done by sums in a fixed order, not by a matrix library: the same bytes whatever the number
of paths in a chunk, the threads of a library or the instructions of a processor.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import sqrt

import numpy as np
from pydantic import Field, field_validator

from seawall.core.curves import Model
from seawall.errors import InputError
from seawall.simulation.paths.model import Floats

__all__ = ["Correlation", "mixed", "triangle"]

_SLACK = 1e-9  # a pivot this far below zero is rounding, not contradiction
_BLOCK = 8  # paths mixed at once: what fits in the cache


class Correlation(Model):
    """Correlation of log moves."""

    between: float = Field(default=0.0, ge=-1, le=1, description="correlation of every pair not named [1]")
    pairs: Mapping[str, float] = Field(
        default_factory=dict, description="'A/B' -> correlation of that pair, in either order [1]"
    )

    @field_validator("pairs")
    @classmethod
    def _two_names(cls, pairs: Mapping[str, float]) -> Mapping[str, float]:
        complaints, seen = [], set()
        for pair, value in pairs.items():
            names = pair.split("/")
            if len(names) != 2 or not all(names) or names[0] == names[1]:
                complaints.append(f"{pair!r} is no pair: write two names as 'A/B'")
            if frozenset(names) in seen:
                complaints.append(f"{pair!r} is given twice: keep one order")
            if not -1 <= value <= 1:
                complaints.append(f"{pair!r} is {value}, expected -1 to 1")
            seen.add(frozenset(names))
        if complaints:
            raise ValueError("; ".join(complaints))
        return pairs

    def matrix(self, assets: Sequence[str]) -> Floats:
        """Return the matrix of some assets, shape (n_assets, n_assets) [1]."""
        found = np.full((len(assets), len(assets)), self.between)
        np.fill_diagonal(found, 1.0)
        row = {name: index for index, name in enumerate(assets)}
        for pair, value in self.pairs.items():
            one, other = pair.split("/")
            if one in row and other in row:
                found[row[one], row[other]] = found[row[other], row[one]] = value
        return found

    def factor(self, assets: Sequence[str]) -> Floats:
        """Return the lower triangle L with L L' = the matrix; see `triangle`."""
        return triangle(self.matrix(assets), assets)


def triangle(matrix: Floats, assets: Sequence[str]) -> Floats:
    """Return the lower triangle L with L L' = `matrix`, shape (n_assets, n_assets).

    Unlike a library's, it takes perfect correlation: a pivot of zero ends its column.

    Raises:
        InputError: No assets can be correlated so (the matrix is not positive semi-definite).
    """
    n_assets = len(matrix)
    found = np.zeros((n_assets, n_assets))
    for column in range(n_assets):
        # What is left of the column after the factors found so far.
        rest = [
            float(matrix[row, column]) - sum(float(found[row, k] * found[column, k]) for k in range(column))
            for row in range(column, n_assets)
        ]
        flat = rest[0] <= _SLACK
        if rest[0] < -_SLACK or (flat and max(map(abs, rest)) > sqrt(_SLACK)):
            message = (
                f"correlations up to {assets[column]!r} contradict each other: no assets can be correlated "
                "so; bring them closer to zero, or fit them together"
            )
            raise InputError(message, code="correlation_impossible")
        if not flat:
            found[column:, column] = np.array(rest) / sqrt(rest[0])
    return found


def mixed(z: Floats, factor: Floats) -> Floats:
    """Correlate independent draws: out[..., a] = sum over k of factor[a, k] * z[..., k].

    Args:
        z: Independent draws, shape (count, n_steps, n_assets).
        factor: Lower triangle, shape (n_assets, n_assets).
    """
    count, _, n_assets = z.shape
    if np.array_equal(factor, np.eye(n_assets)):
        return z.copy()
    out = np.empty_like(z)
    for start in range(0, count, _BLOCK):
        block = z[start : start + _BLOCK]
        columns = np.ascontiguousarray(block.reshape(-1, n_assets).T)
        sums, term = np.zeros_like(columns), np.empty(columns.shape[1])
        for a in range(n_assets):
            for k in range(a + 1):
                if factor[a, k] != 0.0:
                    sums[a] += np.multiply(columns[k], factor[a, k], out=term)
        out[start : start + _BLOCK] = sums.T.reshape(block.shape)
    return out
