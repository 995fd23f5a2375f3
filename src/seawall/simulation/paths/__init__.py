"""Price paths: where the fundamental price goes before anyone is liquidated."""

from typing import Annotated

from pydantic import Field

from seawall.simulation.paths.bootstrap import BlockBootstrap
from seawall.simulation.paths.brownian import Diffusion, Gbm
from seawall.simulation.paths.correlation import Correlation
from seawall.simulation.paths.depth import DepthPath, DepthStress, Withdrawal
from seawall.simulation.paths.filtered import FilteredHistorical
from seawall.simulation.paths.garch import GarchAsset, GarchT
from seawall.simulation.paths.given import Given
from seawall.simulation.paths.hawkes import Clusters, Hawkes
from seawall.simulation.paths.heavy_tails import Margin, MultivariateT, TCopula
from seawall.simulation.paths.jump_diffusion import Kou, Merton
from seawall.simulation.paths.jumps import KouJumps, MertonJumps
from seawall.simulation.paths.model import YEAR_S, Chosen, Factors, PathModel, Paths
from seawall.simulation.paths.pegs import Peg, Pegged, Slashes
from seawall.simulation.paths.plain import Plain
from seawall.simulation.paths.shocks import Shock, Shocked, shock_moves

__all__ = [
    "YEAR_S",
    "BlockBootstrap",
    "Chosen",
    "Clusters",
    "Correlation",
    "DepthPath",
    "DepthStress",
    "Diffusion",
    "Factors",
    "FilteredHistorical",
    "GarchAsset",
    "GarchT",
    "Gbm",
    "Given",
    "Hawkes",
    "Kou",
    "KouJumps",
    "Margin",
    "Merton",
    "MertonJumps",
    "MultivariateT",
    "PathModel",
    "Paths",
    "Peg",
    "Pegged",
    "PriceModel",
    "Shock",
    "Shocked",
    "Slashes",
    "TCopula",
    "Withdrawal",
    "shock_moves",
]

PriceModel = Annotated[Plain | Pegged | Shocked, Field(discriminator="kind")]
