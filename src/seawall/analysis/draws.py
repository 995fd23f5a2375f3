"""Where to look: standard normals drawn plain, evenly (Sobol), or around the states in which losses happen.

Every way gives points, weights and batches that `estimate_tail` takes as they are: the weighted mean of
anything over the points is its mean under the true law, whatever the way.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seawall.analysis.sample import BATCHES_MIN
from seawall.analysis.tail import TailEstimates, estimate_tail
from seawall.errors import InputError
from seawall.simulation.nets import net_normals, net_points

__all__ = ["Draws", "Loss", "Mixture", "plain_draws", "sobol_draws"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Loss = Callable[[Floats], Floats]
"""Standard normals, shape (n, n_dims), to losses >= 0, shape (n,) [money]."""


@dataclass(frozen=True, slots=True)
class Draws:
    """Points at which a loss is looked at.

    Attributes:
        z: Standard normals, shape (n, n_dims).
        weights: Likelihood ratios, shape (n,) [1]; None where points are drawn from the true law.
        batches: Batch of each point, shape (n,); None where points are independent.
    """

    z: Floats
    weights: Floats | None = None
    batches: Ints | None = None

    def tail(
        self, loss: Loss, *, levels: tuple[float, ...] = (0.99, 0.999), confidence: float = 0.95
    ) -> TailEstimates:
        """Return the tail of a loss over these points."""
        return estimate_tail(
            loss(self.z), weights=self.weights, batches=self.batches, levels=levels, confidence=confidence
        )


@dataclass(frozen=True, slots=True)
class Mixture:
    """One normal around each design point, and a defensive part of the true law.

    A design point is a state in which losses of the size asked for begin; each is drawn in proportion to
    its density exp(-|z|^2 / 2). The defensive part bounds every weight by 1 / `defensive`, so that a way
    to lose that no design point knows costs precision, not truth.

    Attributes:
        centres: Design points, shape (n_centres, n_dims).
        defensive: Share drawn from the true law, above 0 and at most 1 [1].

    Raises:
        InputError: Centres are not a table of finite numbers, or the share is out of its range.

    Source:
        Hesterberg, Weighted average importance sampling and defensive mixture distributions (1995); Owen
        and Zhou, Safe and effective importance sampling (2000).
    """

    centres: Floats
    defensive: float = 0.1

    def __post_init__(self) -> None:
        centres = np.asarray(self.centres)
        if centres.ndim != 2 or not np.isfinite(centres).all():
            raise InputError(f"centres: expected finite numbers (n_centres, n_dims), got {centres.shape}")
        if not 0 < self.defensive <= 1 or (not len(centres) and self.defensive < 1):
            raise InputError(
                f"defensive is {self.defensive}, expected above 0 and at most 1, and 1 without centres"
            )

    def draw(self, n: int, rng: np.random.Generator) -> Draws:
        """Return n independent points with their weights."""
        picks = rng.random(n)
        return self._placed(picks, rng.standard_normal((n, np.shape(self.centres)[1])), None)

    def draw_sobol(self, log2_n: int, rng: np.random.Generator, *, replicates: int = 32) -> Draws:
        """Return `replicates` scrambles of 2^log2_n points; one coordinate more picks the centre.

        Raises:
            UnsupportedFeature: The extra `stats` is not installed.
            InputError: Fewer than 20 replicates.
        """
        uniforms, batches = _sobol(np.shape(self.centres)[1] + 1, log2_n, rng, replicates)
        return self._placed(uniforms[:, 0], net_normals(uniforms[:, 1:]), batches)

    def _placed(self, picks: Floats, z: Floats, batches: Ints | None) -> Draws:
        shares = self._shares()
        centres = np.vstack([np.zeros((1, z.shape[1])), self.centres])
        chosen = np.minimum(np.searchsorted(np.cumsum(shares), picks, side="right"), len(shares) - 1)
        points = z + centres[chosen]
        ratios = points @ centres.T - (centres * centres).sum(axis=1) / 2
        top = ratios.max(axis=1, keepdims=True)  # exp of a far point would overflow
        weights = np.exp(-top[:, 0]) / (np.exp(ratios - top) @ shares)
        return Draws(points, weights, batches)

    def _shares(self) -> Floats:
        squares = (np.asarray(self.centres) ** 2).sum(axis=1)
        each = np.exp(-(squares - squares.min(initial=np.inf)) / 2)
        return np.append(self.defensive, (1 - self.defensive) * each / max(each.sum(), 1e-300))


def plain_draws(n: int, dims: int, rng: np.random.Generator) -> Draws:
    """Return n independent points of the true law."""
    return Draws(rng.standard_normal((n, dims)))


def sobol_draws(dims: int, log2_n: int, rng: np.random.Generator, *, replicates: int = 32) -> Draws:
    """Return `replicates` independent scrambles of 2^log2_n Sobol points, one batch each.

    Points of one scramble fill the space evenly and are not independent; scrambles are.

    Args:
        dims: Normals per point, 1 to 21,201.
        log2_n: Points per scramble, as a power of two.
        rng: Where the scrambles come from.
        replicates: At least 20.

    Raises:
        UnsupportedFeature: The extra `stats` is not installed.
        InputError: Fewer than 20 replicates.

    Source: Sobol (1967); scrambling of Matousek (1998) as in scipy.stats.qmc; Owen (1997).
    """
    uniforms, batches = _sobol(dims, log2_n, rng, replicates)
    return Draws(net_normals(uniforms), None, batches)


def _sobol(dims: int, log2_n: int, rng: np.random.Generator, replicates: int) -> tuple[Floats, Ints]:
    if replicates < BATCHES_MIN:
        raise InputError(f"replicates is {replicates}, expected at least {BATCHES_MIN} for an interval")
    nets = [net_points(dims, rng, first=0, count=2**log2_n) for _ in range(replicates)]
    return np.concatenate(nets), np.repeat(np.arange(replicates), 2**log2_n)
