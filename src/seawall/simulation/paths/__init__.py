"""Price paths: where the fundamental price goes before anyone is liquidated."""

from seawall.simulation.paths.brownian import Diffusion, Gbm
from seawall.simulation.paths.correlation import Correlation
from seawall.simulation.paths.hawkes import Clusters, Hawkes
from seawall.simulation.paths.jump_diffusion import Kou, Merton
from seawall.simulation.paths.jumps import KouJumps, MertonJumps
from seawall.simulation.paths.model import YEAR_S, PathModel

__all__ = [
    "YEAR_S",
    "Clusters",
    "Correlation",
    "Diffusion",
    "Gbm",
    "Hawkes",
    "Kou",
    "KouJumps",
    "Merton",
    "MertonJumps",
    "PathModel",
]
