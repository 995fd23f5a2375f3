"""The past in blocks: runs of consecutive returns, of random start and length, one after the other.

A block keeps what returns have to do with each other, across assets and over some steps. Blocks have
geometric length, so the drawn series is stationary; past the last row a block goes on at the first.

The drift of the blocks is taken out exactly: the next row is the one after it with chance 1 - 1/L, or
any row with chance 1/L, so E[exp(sum of returns)] follows from the rows alone, step by step.

Stream: "blocks".
"""

from __future__ import annotations

from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pydantic import Field

from seawall.simulation.paths.history import HistoryModel
from seawall.simulation.paths.model import Floats, Paths

__all__ = ["BlockBootstrap", "block_rows", "mean_log_growth"]


class BlockBootstrap(HistoryModel):
    """Stationary block bootstrap.

    Source: Politis and Romano, The Stationary Bootstrap (1994).
    """

    kind: Literal["block_bootstrap"] = "block_bootstrap"
    mean_block: float = Field(ge=1, description="mean length of a block [steps]; 1 draws single rows")

    def _walk(self, returns: Floats, paths: Paths) -> Floats:
        n_steps = paths.n_steps
        key = (*paths.assets, n_steps)
        if key not in self._kept:
            self._kept[key] = mean_log_growth(returns, self.mean_block, n_steps)
        u = paths.uniforms("blocks", n_steps, 2)
        moves = np.cumsum(returns[block_rows(u, len(returns), self.mean_block)], axis=1)
        moves -= self._kept[key]
        return moves


def block_rows(u: Floats, n_rows: int, mean_block: float) -> NDArray[np.int64]:
    """Return the row of each step, shape (count, n_steps).

    Args:
        u: Uniforms in [0, 1), shape (count, n_steps, 2): whether a block begins, and where.
        n_rows: Rows of the history.
        mean_block: Mean length of a block [steps], >= 1.
    """
    steps = np.arange(u.shape[1])
    begins = u[:, :, 0] < 1 / mean_block
    begins[:, :1] = True
    since = np.maximum.accumulate(np.where(begins, steps, 0), axis=1)
    start = np.take_along_axis((u[:, :, 1] * n_rows).astype(np.int64), since, axis=1)
    rows: NDArray[np.int64] = (start + steps - since) % n_rows
    return rows


def mean_log_growth(returns: Floats, mean_block: float, n_steps: int) -> Floats:
    """Return ln E[exp(sum of the returns drawn)] at the end of each step, shape (n_steps, n_assets).

    Args:
        returns: Log returns, shape (n_rows, n_assets).
        mean_block: Mean length of a block [steps].
        n_steps: How many steps.
    """
    n_rows, factor = len(returns), np.exp(returns)
    begins = 1 / mean_block
    # E[price so far; the last row was j], scaled to sum to one so that it stays in range.
    weight = factor / n_rows
    grown = np.empty((n_steps, returns.shape[1]))
    log_scale = np.zeros(returns.shape[1])
    for step in range(n_steps):
        if step:
            weight = factor * ((1 - begins) * np.roll(weight, 1, axis=0) + begins / n_rows)
        total = weight.sum(axis=0)
        log_scale = log_scale + np.log(total)
        grown[step] = log_scale
        weight = weight / total
    return grown
