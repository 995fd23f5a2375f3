"""Where the paths of a run are drawn: around the states that hurt, evenly, or both; and what each weighs.

Of a path only its factors are aimed (`paths.model.Factors`); all else is drawn as ever. A *lobe* is a
normal law around a centre in which some sources jump at least once. Paths are drawn from a mixture of
lobes and of the true law, its defensive part; a path weighs the ratio of its true density to that of the
mixture, which the defensive part keeps below 1 / `defensive`:

    1 / weight = defensive + sum over lobes of share * exp(c.x - |c|^2 / 2) / P(its sources jump), if they do

so the weighted mean of anything over the paths is its mean under the true law, wherever the lobes lie.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import expm1
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seawall.errors import InvariantError
from seawall.simulation.nets import net_normals, net_of, net_points
from seawall.simulation.paths.jumps import jump_counts
from seawall.simulation.paths.model import Chosen, Factors
from seawall.simulation.streams import StreamFamily, stream

__all__ = ["Aim", "Lobe", "WeightedFactors"]

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Lobe:
    """One way to lose.

    Attributes:
        share: Of all paths [1].
        centre: By normal [standard deviations].
        jumps: Whether a source jumps at least once, by count.
    """

    share: float
    centre: tuple[float, ...]
    jumps: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class WeightedFactors:
    """What was chosen of some paths, and what each weighs.

    Attributes:
        chosen: For `Scenario.moves`.
        weights: Likelihood ratio of each path, mean one, shape (n_paths,) [1].
    """

    chosen: Chosen
    weights: Floats


@dataclass(frozen=True, slots=True)
class Aim:
    """How the factors of the paths of a run are drawn.

    Attributes:
        factors: Of the scenario.
        lobes: Around which; their shares and the defensive part come to 1.
        defensive: Share drawn from the true law, above 0 [1].
        nets: How many Sobol nets the paths are points of, in turn; 0 where they are drawn at random.

    Raises:
        InvariantError: Shares do not come to 1, or a lobe has other factors.

    Source:
        Hesterberg, Weighted average importance sampling and defensive mixture distributions (1995); Owen
        and Zhou, Safe and effective importance sampling (2000).
    """

    factors: Factors
    lobes: tuple[Lobe, ...] = ()
    defensive: float = 1.0
    nets: int = 0

    def __post_init__(self) -> None:
        total = self.defensive + sum(lobe.share for lobe in self.lobes)
        if not 0 < self.defensive <= 1 or abs(total - 1) > 1e-9:
            raise InvariantError(f"shares come to {total} and the defensive one is {self.defensive}")
        sizes = len(self.factors.normals), len(self.factors.counts)
        for lobe in self.lobes:
            if (len(lobe.centre), len(lobe.jumps)) != sizes:
                raise InvariantError(f"a lobe has other factors than {sizes}: {lobe}")

    def paths(self, seed: int, first: int, count: int) -> WeightedFactors:
        """Return the factors and weights of paths `first` to `first + count - 1`.

        A path depends on seed and number alone: it is point `number // nets` of its net (`net_of`), or
        the draw of its own stream "aim".
        """
        normals, counts = len(self.factors.normals), len(self.factors.counts)
        if self.nets:
            points = self._points_of_nets(seed, first, count)
            picks, uniforms, z = points[:, 0], points[:, 1 : 1 + counts], net_normals(points[:, 1 + counts :])
        else:
            picks, uniforms, z = np.empty(count), np.empty((count, counts)), np.empty((count, normals))
            generators = StreamFamily(seed, "aim").paths(range(first, first + count))
            for row, generator in enumerate(generators):
                picks[row], uniforms[row] = generator.random(), generator.random(counts)
                z[row] = generator.standard_normal(normals)
        chosen = self.chosen(picks, uniforms, z)
        return WeightedFactors(chosen, self.weights(chosen))

    def chosen(self, picks: Floats, uniforms: Floats, z: Floats) -> Chosen:
        """Turn uniforms and normals into factors.

        Args:
            picks: Which part of the mixture, uniforms, shape (n,).
            uniforms: How often sources jump, shape (n, n_counts).
            z: Standard normals, shape (n, n_normals).
        """
        shares = np.cumsum([self.defensive, *(lobe.share for lobe in self.lobes)])
        part = np.minimum(np.searchsorted(shares, picks, side="right"), len(self.lobes))
        centres = np.array([[0.0] * z.shape[1], *(lobe.centre for lobe in self.lobes)])
        must = np.array([[False] * uniforms.shape[1], *(lobe.jumps for lobe in self.lobes)], dtype=np.bool_)
        never = np.exp(-np.array(self.factors.expected))
        # Given at least one jump, the uniform falls above the chance of none.
        lifted = np.where(must[part], never + uniforms * (1 - never), uniforms)
        counts = jump_counts(lifted, np.array(self.factors.expected))
        return Chosen(z + centres[part], counts)

    def weights(self, chosen: Chosen) -> Floats:
        """Return the likelihood ratio of each path, shape (n_paths,) [1]: at most 1 / `defensive`."""
        density = np.full(len(chosen.normals), self.defensive)
        with np.errstate(over="ignore"):  # a path that far into a lobe weighs nothing
            for lobe in self.lobes:
                along = np.zeros(len(density))
                for column, centre in enumerate(lobe.centre):  # in order: the same bytes in every chunk
                    along += centre * (chosen.normals[:, column] - centre / 2)
                share, here = lobe.share, np.ones(len(density), dtype=np.bool_)
                for column, expected in enumerate(self.factors.expected):
                    if lobe.jumps[column]:
                        share /= -expm1(-expected)
                        here &= chosen.counts[:, column] > 0
                density += np.where(here, share * np.exp(along), 0.0)
        found: Floats = 1 / density
        return found

    def told(self) -> dict[str, Any]:
        """Return the aim as plain data, for the manifest of a run."""
        return {
            "defensive": self.defensive,
            "nets": self.nets,
            "lobes": [
                {
                    "share": lobe.share,
                    "centre": _named(self.factors.normals, lobe.centre),
                    "jumps": [
                        name for name, must in zip(self.factors.counts, lobe.jumps, strict=True) if must
                    ],
                }
                for lobe in self.lobes
            ],
        }

    def _points_of_nets(self, seed: int, first: int, count: int) -> Floats:
        # Columns: which part, how often sources jump, normals. A mixture of one needs no choice.
        chooses = bool(self.lobes)
        dims = chooses + len(self.factors.counts) + len(self.factors.normals)
        points = np.full((count, 1 + dims - chooses), 0.5)
        for net in range(min(self.nets, count)):
            rows = points[net :: self.nets]
            rng = np.random.default_rng(
                int(stream(seed, "nets", net_of(first + net, self.nets)).integers(2**63))
            )
            rows[:, not chooses :] = net_points(dims, rng, first=(first + net) // self.nets, count=len(rows))
        return points


def _named(names: Sequence[str], values: Sequence[float]) -> Mapping[str, float]:
    return dict(zip(names, values, strict=True))
